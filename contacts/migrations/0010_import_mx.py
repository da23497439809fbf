from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0009_pipeline_indexes")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="check_mx",
            field=models.BooleanField(default=False, verbose_name="asks whether the domains take mail"),
        ),
        migrations.AddField(
            model_name="import",
            name="no_mail_rows",
            field=models.PositiveIntegerField(default=0, verbose_name="domains without mail"),
        ),
        migrations.AddField(
            model_name="import",
            name="unchecked_rows",
            field=models.PositiveIntegerField(default=0, verbose_name="domains not checked"),
        ),
    ]
