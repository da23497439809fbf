"""Thousands of rows into one table at once: by COPY or from arrays on PostgreSQL, by one prepared statement elsewhere.

Nothing of the ORM's per-row work is done: no defaults, no validation, no signals. On PostgreSQL an empty text in a
column that may be null becomes null.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState

Values = Sequence[Any]
Row = TypeVar("Row", bound=models.Model)
_encode = json.JSONEncoder(ensure_ascii=False).encode
# Rows that are written and sent to the server at once.
_PART = 500
# What stands for no value in a COPY, and what it wants a sign before.
_NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_find_special = re.compile(r"[\\\t\n\r]").search


def insert(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Values], *, same: Mapping[str, Any] | None = None
) -> None:
    """Insert rows; `names` are columns in the order of a row's values, `same` what all rows have in common.

    Raises:
        IntegrityError: a key is there already; the transaction can only be rolled back.
    """
    same = same or {}
    fields = _fields(model, [*names, *same])
    if connection.vendor == "postgresql":
        table = _quoted(model._meta.db_table)
        if all(map(_is_bare, fields[: len(names)])):
            _unnest(table, fields, rows, tuple(same.values()))
        else:
            _copy(table, fields, rows, tuple(same.values()))
        return
    converted = list(_converted(fields, rows, tuple(same.values())))
    columns, marks = ", ".join(_columns(fields)), ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 - our names
    with connection.cursor() as cursor:
        cursor.executemany(statement, converted)


def insert_like(sample: models.Model, names: Sequence[str], rows: Iterable[Values]) -> None:
    """Insert rows that are as the sample, itself unsaved, in all but the columns `names`; raises as `insert`."""
    columns = (field.attname for field in sample._meta.concrete_fields if not field.generated)
    same = {column: getattr(sample, column) for column in columns if column not in names}
    insert(type(sample), names, rows, same=same)


def like(sample: Row, **values: Any) -> Row:
    """Return an unsaved row that is as the sample, itself unsaved, in all but these columns.

    A tenth of what the constructor takes of a model with many columns.
    """
    row = object.__new__(type(sample))
    row.__dict__.update(sample.__dict__, _state=ModelState(), **values)
    return row


def loaded(model: type[Row], values: Mapping[str, Any]) -> Row:
    """Return a row of which these columns were read; any other is fetched when somebody asks for it."""
    row = object.__new__(model)
    state = ModelState()
    state.adding, state.db = False, connection.alias
    row.__dict__.update(values, _state=state)
    return row


def update(model: type[models.Model], names: Sequence[str], rows: Iterable[Values]) -> None:
    """Change the columns `names` of the rows whose key is the last value of each, in one statement."""
    update_where(model, names, rows)


def update_where(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Values],
    *,
    matching: Sequence[str] = (),
    where: Mapping[str, Any] | None = None,
    same: Mapping[str, Any] | None = None,
) -> set[uuid.UUID]:
    """Change rows, in one statement, where they still are as expected; return the keys of those that were changed.

    Each of `rows` holds the values of `names`, then those that its columns `matching` must have, then its key. All of
    them must be as `where` says (None: null), and get the values of `same`.
    """
    where, same = where or {}, same or {}
    key = model._meta.pk
    assert key is not None
    given = _records(_fields(model, [*names, *matching, str(key.attname)]), rows)
    if not given:
        return set()
    held = tuple((name, value is None) for name, value in where.items())
    order = _update_order(connection.vendor, model, tuple(names), tuple(matching), held, tuple(same))
    expected = {name: value for name, value in where.items() if value is not None}
    values = [*_adapted(model, same), _encode(given), *_adapted(model, expected)]
    with connection.cursor() as cursor:
        cursor.execute(order, values)
        return {_key(found) for (found,) in cursor.fetchall()}


@lru_cache(maxsize=256)
def _update_order(
    vendor: str,
    model: type[models.Model],
    names: tuple[str, ...],
    matching: tuple[str, ...],
    where: tuple[tuple[str, bool], ...],
    same: tuple[str, ...],
) -> str:
    """Return the SQL of `update_where`; `where` says of each column whether it must be null.

    A sender that opens one mail at a time asks for it before each.
    """
    key = model._meta.pk
    assert key is not None
    fields = _fields(model, [*names, *matching, str(key.attname)])
    table, columns = _quoted(model._meta.db_table), _columns(fields)
    source, cells = _given(fields)
    pairs = [f"{column} = {cell}" for column, cell in zip(columns, cells, strict=True)]
    changes = [*pairs[: len(names)], *(f"{column} = %s" for column in _columns(_fields(model, same)))]
    held = [
        f"{table}.{column} {'IS NULL' if is_null else '= %s'}"
        for column, (_name, is_null) in zip(_columns(_fields(model, [name for name, _ in where])), where, strict=True)
    ]
    bound = [f"{table}.{pair}" for pair in pairs[len(names) :]]
    return (
        f"UPDATE {table} SET {', '.join(changes)} FROM {source} "  # noqa: S608 - our names
        f"WHERE {' AND '.join([*bound, *held])} RETURNING {table}.{columns[-1]}"
    )


def _adapted(model: type[models.Model], values: Mapping[str, Any]) -> list[Any]:
    """Return the values of columns as the driver takes them."""
    fields = _fields(model, list(values))
    return [field.get_db_prep_save(value, connection) for field, value in zip(fields, values.values(), strict=True)]


def _given(fields: Sequence["models.Field[Any, Any]"]) -> tuple[str, list[str]]:
    """Return rows of a JSON list as a source of a statement, and how each of their values is named in it.

    No temporary table: people are moved each second, and each would leave its traces in the catalogues.
    """
    if connection.vendor == "postgresql":
        shape = ", ".join(f"c{at} {field.db_type(connection)}" for at, field in enumerate(fields))
        return f"json_to_recordset(%s::json) AS fresh({shape})", [f"fresh.c{at}" for at in range(len(fields))]
    return "json_each(%s) AS fresh", [f"json_extract(fresh.value, '$.c{at}')" for at in range(len(fields))]


def _key(found: Any) -> uuid.UUID:
    return found if isinstance(found, uuid.UUID) else uuid.UUID(found)


def _records(fields: Sequence["models.Field[Any, Any]"], rows: Iterable[Values]) -> list[dict[str, Any]]:
    """Return rows as objects for JSON; values that are JSON themselves stay what they are."""
    converters = [None if isinstance(field, models.JSONField) else _converter(field) for field in fields]
    names = [f"c{at}" for at in range(len(fields))]
    return [
        {
            name: value if convert is None or value is None else convert(value)
            for name, value, convert in zip(names, row, converters, strict=True)
        }
        for row in rows
    ]


def commit_lazily() -> None:
    """Let the commit of this transaction not wait for the disk: for work that goes on from its own checkpoint.

    After a crash of the server the last moments may be missing, always whole transactions, and are done again. A commit
    of the usual kind behind it makes all of them last.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def _copy(table: str, fields: Sequence["models.Field[Any, Any]"], rows: Iterable[Values], same: Values) -> None:
    """Send rows as the text of a COPY, written column by column, so that what is done for each value is done in C.

    What all rows have in common is written once, as the end of each line. The server takes in a part of the rows while
    the next one is written.
    """
    varying, common = fields[: len(fields) - len(same)], fields[len(fields) - len(same) :]
    tail = "".join(f"\t{_written(field, [value])[0]}" for field, value in zip(common, same, strict=True)) + "\n"
    left = iter(rows)
    order = f"COPY {table} ({', '.join(_columns(fields))}) FROM STDIN"
    # The driver's COPY is not Django's: without this its errors would not be, either.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(order) as copy:
        while part := list(islice(left, _PART)):
            columns = [_written(field, values) for field, values in zip(varying, zip(*part, strict=True), strict=True)]
            copy.write(tail.join(map("\t".join, zip(*columns, strict=True))) + tail)


def _written(field: "models.Field[Any, Any]", values: Sequence[Any]) -> Sequence[str]:
    """Return values of one column as they stand in a COPY."""
    convert = _converter(field)
    if convert is None and not isinstance(field, (models.CharField, models.TextField)):
        convert = str
    texts: Sequence[Any] = values
    if convert is not None:
        texts = [None if value is None else convert(value) for value in values]
    # Neither digits nor times have a sign that must be escaped; of texts hardly any has.
    if convert not in (_hex, _moment) and _find_special("".join(filter(None, texts))):
        texts = [text and text.translate(_ESCAPES) for text in texts]
    if None in texts or (field.null and "" in texts):
        texts = [text or _NULL for text in texts]
    return texts


def _unnest(table: str, fields: Sequence["models.Field[Any, Any]"], rows: Iterable[Values], same: Values) -> None:
    """Send columns of keys and numbers as an array each, and what the rows have in common once."""
    columns = list(zip(*rows, strict=True))
    if not columns:
        return
    varying, common = fields[: len(columns)], fields[len(columns) :]
    arrays = [f"{{{','.join(map(_bare, values))}}}" for values in columns]
    shapes = ", ".join(f"%s::{field.db_type(connection)}[]" for field in varying)
    given = ", ".join(f"g{at}" for at in range(len(columns)))
    # A cast to a type of limited length would cut a text that is too long; without one it is refused.
    constants = "".join(
        ", %s" if isinstance(field, (models.CharField, models.TextField)) else f", %s::{field.db_type(connection)}"
        for field in common
    )
    order = (
        f"INSERT INTO {table} ({', '.join(_columns(fields))}) "  # noqa: S608 - our names
        f"SELECT {given}{constants} FROM unnest({shapes}) AS given ({given})"
    )
    values = [field.get_db_prep_save(value, connection) for field, value in zip(common, same, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(order, [*values, *arrays])


def _is_bare(field: "models.Field[Any, Any]") -> bool:
    """Whether the values of a column stand in an array without quotes."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return isinstance(target, (models.UUIDField, models.IntegerField))


def _bare(value: Any) -> str:
    return "NULL" if value is None else _hex(value) if isinstance(value, (str, uuid.UUID)) else str(value)


def _converted(fields: Sequence["models.Field[Any, Any]"], rows: Iterable[Values], same: Values) -> Iterable[Values]:
    """Return rows as the driver takes them; columns of plain text go through untouched, `same` is converted once."""
    first = len(fields) - len(same)
    tail = list(next(iter(_converted(fields[first:], [same], ())))) if same else []
    varying = [(at, found) for at, field in enumerate(fields[:first]) if (found := _converter(field)) is not None]
    for row in rows:
        values = list(row)
        for at, convert in varying:
            if values[at] is not None:
                values[at] = convert(values[at])
        yield values + tail if tail else values


def _converter(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.UUIDField):
        return _hex
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField):
        return _moment
    return None


def _hex(value: uuid.UUID | str) -> str:
    if isinstance(value, str):
        return value
    # What its property `hex` does, without the way there.
    return "%032x" % value.int  # noqa: UP031 - a third faster


class Json(str):
    """A value of a JSON column that is written already."""

    __slots__ = ()


def _json(value: Any) -> str:
    if type(value) is Json:
        return value
    return "{}" if value == {} else _encode(value)


def _moment(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))


def _fields(model: type[models.Model], names: Sequence[str]) -> "list[models.Field[Any, Any]]":
    known = _known(model)
    return [known[name] for name in names]


@cache
def _known(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    return {name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)}


def _columns(fields: Sequence["models.Field[Any, Any]"]) -> list[str]:
    return [_quoted(str(field.column)) for field in fields]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
