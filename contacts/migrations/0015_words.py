"""People are found by the beginnings of words; who is active is in no index of statuses. PostgreSQL alone."""

from django.db import migrations

SEPARATORS = "@._-+/('\"’"


def _replaced(text, signs, by):
    for sign in signs:
        quoted = sign.replace("'", "''")
        text = f"REPLACE({text}, '{quoted}', '{by}')"
    return text


# An index of an expression serves only the same expression: that of `contacts.models.searched.Words`.
COLUMNS = ("email", "first_name", "last_name", "company", "job_title")
JOINED = " || ' ' || ".join(f"COALESCE({column}, '')" for column in COLUMNS)
NUMBER = f"COALESCE(' ~' || NULLIF(REVERSE({_replaced('phone', ' .-', '')}), ''), '')"
PARTED = _replaced(f"UPPER({JOINED})", SEPARATORS, " ")
WORDS = f"ARRAY_TO_TSVECTOR(ARRAY_REMOVE(STRING_TO_ARRAY({PARTED} || {NUMBER}, ' '), ''))"
SEARCHED = " || ' ' || ".join(f"COALESCE({column}, '')" for column in (*COLUMNS, "phone"))

NEW = {
    # The list of what is not sorted in yet is longer than usual: imports bring much at once.
    "contact_words": f"USING gin ({WORDS}) WITH (gin_pending_list_limit = 16384)",
    # Most are active: nobody asks an index for them.
    "contact_status": "(workspace_id, status) WHERE status <> 'active'",
}
OLD = {
    "contact_searched": f"USING gin (UPPER({SEARCHED}) gin_trgm_ops)",
    "contact_status": "(workspace_id, status)",
}


def _replace(editor, before, after):
    """Make indexes beside those in use, without holding up who writes; what an interrupted run left is made anew."""
    if editor.connection.vendor != "postgresql":
        return
    slowly = "" if editor.connection.in_atomic_block else "CONCURRENTLY"
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        has_trigrams = cursor.fetchone() is not None
    for name, definition in after.items():
        if "gin_trgm_ops" in definition and not has_trigrams:
            continue
        editor.execute(f"DROP INDEX {slowly} IF EXISTS {name}_made")
        editor.execute(f"CREATE INDEX {slowly} {name}_made ON contacts_contact {definition}")
    for name in {**before, **after}:
        editor.execute(f"DROP INDEX {slowly} IF EXISTS {name}")
    for name in after:
        editor.execute(f"ALTER INDEX IF EXISTS {name}_made RENAME TO {name}")
    if "contact_words" in after:
        # The planner should know how many meet a beginning, also of words that few have.
        editor.execute("ALTER INDEX contact_words ALTER COLUMN 1 SET STATISTICS 400")
    editor.execute("ANALYZE contacts_contact")


def forward(apps, schema_editor):
    _replace(schema_editor, OLD, NEW)


def back(apps, schema_editor):
    _replace(schema_editor, NEW, OLD)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0014_lighter_imports")]

    operations = [migrations.RunPython(forward, back)]
