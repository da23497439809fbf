"""What the APIs print, made by the database, where a list would spend more on reading it only to write it again."""

from typing import Any

from django.db.models import Func, TextField


class Iso(Func):
    """An instant as `clock.to_iso` prints it: UTC, whole seconds, `Z`; null stays null."""

    output_field = TextField()
    function = "to_char"
    template = """%(function)s(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Cut the text that SQLite keeps, which is UTC; its own functions round."""
        field, parameters = compiler.compile(self.source_expressions[0])
        return f"substr({field}, 1, 10) || 'T' || substr({field}, 12, 8) || 'Z'", [*parameters, *parameters]
