"""A contact is written with less: three indexes that hold only who is in question, two checks that prove nothing new."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_parts_as_they_are(apps, schema_editor):
    """Spare PostgreSQL the packing of files that are gone within minutes: it takes longer than to write them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE contacts_importpart ALTER COLUMN content SET STORAGE EXTERNAL")


def pack_parts(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE contacts_importpart ALTER COLUMN content SET STORAGE EXTENDED")


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0013_hold"),
        ("workspaces", "0002_invitations_and_saved_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Nobody asks for an address but in a workspace, which the unique index serves.
        migrations.RemoveIndex(model_name="contact", name="contact_email_key"),
        migrations.AlterField(
            model_name="consent",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="contacts.contact",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="workspace",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contacts",
                to="workspaces.workspace",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="stage",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contacts",
                to="contacts.pipelinestage",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(condition=models.Q(("stage__isnull", False)), fields=["stage"], name="contact_stage"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(condition=models.Q(("owner__isnull", False)), fields=["owner"], name="contact_owner"),
        ),
        migrations.RunPython(keep_parts_as_they_are, pack_parts),
    ]
