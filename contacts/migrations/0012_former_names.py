import django.db.models.deletion
from django.db import migrations, models

import fluenzr.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0011_note_ids"),
        ("workspaces", "0002_invitations_and_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerName",
            fields=[
                ("id", fluenzr.core.ids.KeyField(prefix="", serialize=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="former_names", to="contacts.tag"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("workspace", "name"), name="former_name_unique")],
            },
        ),
    ]
