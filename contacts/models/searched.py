"""What a search of people looks through, in the database."""

from django.db.models import Func, TextField

COLUMNS = ("email", "first_name", "last_name", "company", "job_title", "phone")


class Searched(Func):
    """All columns that a search looks through as one text, with spaces between them: no word has one.

    `of` leads to the contact where rows of something else are searched, as in "contact__". On PostgreSQL an index of
    trigrams holds the text in capitals (migration 0009), which `icontains` compares.
    """

    template = "(COALESCE(%(expressions)s, ''))"
    arg_joiner = ", '') || ' ' || COALESCE("
    output_field = TextField()

    def __init__(self, *, of: str = "") -> None:
        super().__init__(*(f"{of}{column}" for column in COLUMNS))
