"""What databases do with JSON and the ORM has no word for."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, JSONField
from django.db.models.sql.compiler import SQLCompiler

_Sql = tuple[str, Any]


class WithoutKey(Func):
    """A JSON object without one of its keys, which consists of letters, digits and underscores."""

    arity = 1
    output_field = JSONField()

    def __init__(self, expression: Any, key: str, **more: Any) -> None:
        if not key.isidentifier():
            raise ValueError(f"{key!r} is no plain key")
        super().__init__(expression, **more)
        self.key = key

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> _Sql:
        """Name the key by a path."""
        return self._removed(compiler, connection, "JSON_REMOVE(%(expressions)s, %%s)", f'$."{self.key}"')

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> _Sql:
        """Say that the key is text, as `jsonb - integer` would be an index."""
        return self._removed(compiler, connection, "(%(expressions)s - %%s::text)", self.key)

    def _removed(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, template: str, named: str) -> _Sql:
        sql, parameters = super().as_sql(compiler, connection, template=template)
        return sql, (*parameters, named)
