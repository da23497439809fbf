"""What the DNS says of the addresses of a chunk, asked before its transaction begins: answers may take seconds."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.enums import Doubtful
from contacts.importing import writing
from contacts.importing.laying import Prepared, Rejected
from contacts.importing.writing import Desk
from fluenzr.core import exchanges

# For all domains of a chunk together.
_SECONDS = 20


def asked(desk: Desk, rows: Sequence[Prepared | Rejected]) -> list[Prepared | Rejected]:
    """Return the rows with what is known of their domains; those without mail are rejected where the import says so.

    Never fails: where nobody answers, the rows are not checked.
    """
    # The import is held for a while only, and the rows are to be written yet.
    seconds = min(_SECONDS, settings.FLUENZR_LEASE_SECONDS / 3)
    found = exchanges.take_mail({_domain(row) for row in rows if isinstance(row, Prepared)}, seconds=seconds)
    return [_judged(desk, row, found[_domain(row)]) if isinstance(row, Prepared) else row for row in rows]


def _judged(desk: Desk, row: Prepared, takes_mail: bool | None) -> Prepared | Rejected:
    if takes_mail is False and desk.origin.doubtful == Doubtful.REJECT:
        return Rejected(row.line, _("The domain of the address takes no mail"), writing.cells(desk, row))
    row.takes_mail = takes_mail
    return row


def _domain(row: Prepared) -> str:
    return row.key.rpartition("@")[2]
