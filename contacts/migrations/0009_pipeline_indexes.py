import django.db.models.deletion
from django.db import DatabaseError, migrations, models, transaction

# As `icontains` compares them: an index of an expression serves only the same expression.
SEARCHED = " || ' ' || ".join(
    f"COALESCE({column}, '')" for column in ("email", "first_name", "last_name", "company", "job_title", "phone")
)
EXPRESSIONS = {"contact_searched": SEARCHED, "contact_custom": "custom::text"}


def add_trigrams(apps, schema_editor):
    """Let PostgreSQL find parts of words by index. Without the extension, or the right to it, searches read all rows."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return
    for name, expression in EXPRESSIONS.items():
        schema_editor.execute(f"CREATE INDEX {name} ON contacts_contact USING gin (UPPER({expression}) gin_trgm_ops)")


def drop_trigrams(apps, schema_editor):
    for name in EXPRESSIONS:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0008_companies"),
        ("workspaces", "0002_invitations_and_saved_views"),
    ]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="contacts.group",
            ),
        ),
        migrations.AlterField(
            model_name="stagemove",
            name="workspace",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workspaces.workspace"
            ),
        ),
        migrations.AlterField(
            model_name="tagging",
            name="tag",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="taggings", to="contacts.tag"
            ),
        ),
        migrations.RunPython(add_trigrams, drop_trigrams),
    ]
