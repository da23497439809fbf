"""The domain of an address, in the database."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Func
from django.db.models.sql.compiler import SQLCompiler

_Sql = tuple[str, Any]


class Domain(Func):
    """What follows the `@` of an address key; null where there is no address.

    An index holds it, so it is written without parameters: SQLite uses the index of an expression only for the same
    words.
    """

    arity = 1
    output_field = CharField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> _Sql:
        """Cut behind the only `@` that a key has."""
        return super().as_sql(compiler, connection, template="SUBSTR(%(expressions)s, INSTR(%(expressions)s, '@') + 1)")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> _Sql:
        """Take the second part."""
        return super().as_sql(compiler, connection, template="SPLIT_PART(%(expressions)s, '@', 2)")
