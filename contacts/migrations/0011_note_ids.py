from django.db import migrations

import fluenzr.core.ids


class Migration(migrations.Migration):
    dependencies = [("contacts", "0010_import_mx")]

    # Nothing of the table changes: the prefix belongs to the ids that the outside sees.
    operations = [
        migrations.AlterField(model_name="note", name="id", field=fluenzr.core.ids.KeyField(prefix="note", serialize=False)),
    ]
