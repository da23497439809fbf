"""Those who are on hold are found without a look at everybody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0012_former_names")]

    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("hold_until__isnull", False)), fields=["hold_until"], name="contact_hold"
            ),
        ),
    ]
