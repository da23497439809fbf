"""The default stages of workspaces that are there already get their meaning, where nobody renamed them."""

from typing import Any

from django.db import migrations

ROLES = {"Lead": "lead", "Qualified": "qualified", "Won": "won", "Lost": "lost"}


def give_roles(apps: Any, schema_editor: Any) -> None:
    stages = apps.get_model("contacts", "PipelineStage").objects
    for name, role in ROLES.items():
        stages.filter(name=name, role="").update(role=role)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0004_pipeline_and_privacy")]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
