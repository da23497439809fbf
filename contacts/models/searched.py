"""What a search of people looks through, in the database: the words of their names, addresses and companies."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Lookup, TextField
from django.db.models.sql.compiler import SQLCompiler

COLUMNS = ("email", "first_name", "last_name", "company", "job_title")
# What parts two words, beside spaces.
SEPARATORS = "@._-+/('\"’"
# What a number that was kept as it was typed may have between its digits.
_IN_NUMBERS = " .-"
# Begins the one word that is a phone number, back to front. Nobody types it: `typed` takes it for a separator.
_NUMBER = "~"
# The database refuses longer words; no column that is searched holds one.
_LONGEST = 254
_APART = str.maketrans(dict.fromkeys(SEPARATORS, " "))

_Sql = tuple[str, Any]


def _replaced(text: str, signs: str, by: str) -> str:
    for sign in signs:
        quoted = sign.replace("'", "''")
        text = f"REPLACE({text}, '{quoted}', '{by}')"
    return text


class Joined(Func):
    """All columns that a search looks through as one text.

    `of` leads to the contact where rows of something else are searched, as in "contact__".
    """

    template = "(COALESCE(%(expressions)s, ''))"
    arg_joiner = ", '') || ' ' || COALESCE("
    output_field = TextField()

    def __init__(self, *, of: str = "") -> None:
        super().__init__(*(f"{of}{column}" for column in COLUMNS))


class Spelled(Joined):
    """The same, where each word has a space before it."""

    template = "(' ' || " + _replaced("COALESCE(%(expressions)s, '')", SEPARATORS, " ") + ")"


class Number(Func):
    """The phone number without spaces, dots and hyphens; `of` as with `Joined`."""

    template = _replaced("%(expressions)s", _IN_NUMBERS, "")
    output_field = TextField()

    def __init__(self, *, of: str = "") -> None:
        super().__init__(f"{of}phone")


class _WordsField(TextField[str, str]):
    """The type of `Words`, for its lookups."""


class Words(Func):
    """The words that a search looks through, in capitals: those of `Spelled`, and the phone number back to front.

    For PostgreSQL alone, where an index holds them (migration 0015): the words of this expression and of that one
    must be the same.
    """

    arity = len(COLUMNS) + 1
    output_field = _WordsField()

    def __init__(self, *, of: str = "") -> None:
        super().__init__(*(f"{of}{column}" for column in (*COLUMNS, "phone")))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> _Sql:
        """Join, part and sort."""
        return words_of([compiler.compile(expression)[0] for expression in self.source_expressions]), ()


def words_of(columns: Sequence[str]) -> str:
    """Return the expression of the words of columns, of which the last is the phone number."""
    *texts, phone = columns
    joined = " || ' ' || ".join(f"COALESCE({text}, '')" for text in texts)
    number = f"COALESCE(' {_NUMBER}' || NULLIF(REVERSE({_replaced(phone, _IN_NUMBERS, '')}), ''), '')"
    listed = f"STRING_TO_ARRAY({_replaced(f'UPPER({joined})', SEPARATORS, ' ')} || {number}, ' ')"
    return f"ARRAY_TO_TSVECTOR(ARRAY_REMOVE({listed}, ''))"


@_WordsField.register_lookup
class Meets(Lookup[str]):
    """Whether words meet a question as `whole`, `begun` and `ending` put it, several of them joined by ` & `."""

    lookup_name = "meet"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        """Ask the index, in capitals as it has them."""
        words, given = self.process_lhs(compiler, connection)
        asked, more = self.process_rhs(compiler, connection)
        return f"{words} @@ CAST(UPPER({asked}) AS tsquery)", [*given, *more]


def whole(word: str) -> str:
    """Ask for a word."""
    escaped = word[:_LONGEST].replace("\\", "\\\\")
    return f"'{escaped}'"


def begun(word: str) -> str:
    """Ask for a word that begins so."""
    return f"{whole(word)}:*"


def ending(digits: str) -> str:
    """Ask for a phone number that ends so."""
    return begun(_NUMBER + digits[::-1])


def typed(text: str) -> list[str]:
    """Return the words of what somebody typed without spaces: `o'neil` has two, `-` none."""
    return text.translate(_APART).replace(_NUMBER, " ").split()


def within(text: str, *, begins: bool, ends: bool) -> str:
    """Return what the words must meet where a column holds this text, at its beginning, at its end, or as a whole.

    "" where nothing is known: the only word may be a part of another one.
    """
    pieces = text.translate(_APART).split(" ")
    asked = []
    for place, piece in enumerate(pieces):
        if piece and (begins or place):
            is_whole = ends or place < len(pieces) - 1
            asked.append(whole(piece) if is_whole else begun(piece))
    return " & ".join(asked)
