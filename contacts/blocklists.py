"""Lists of addresses and domains that somebody pastes or uploads, to be barred all at once."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts import addresses, facts, suppression
from contacts.enums import SuppressionKind, SuppressionReason
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace

MAX_BYTES = 5 * 1024 * 1024
MAX_LINES = 100_000
# So many lines are named when some are wrong.
_NAMED = 10
# Each domain is looked for at the end of every address, so few at once.
_DOMAINS_AT_ONCE = 50
_CELLS = re.compile(r"[\s,;|]+")
_QUOTES = "\"'<>"
_DOMAIN = re.compile(r"@?[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class Barred:
    """What became of a list: how many were new, and how many were barred before."""

    added: int
    known: int


def bar(
    *, workspace: Workspace, text: str, source: str, now: datetime, reason: str = SuppressionReason.BY_HAND
) -> Barred:
    """Bar what a text names, an address or a domain in each line; of a table, the first such cell of each line counts.

    The first line may be a heading. All is written or nothing.

    Raises:
        Invalid: nothing is named, the text is too long, or a line names neither; the details name `targets`.
    """
    found = _read(text)
    emails = list(dict.fromkeys(name for name in found if "@" in name.lstrip("@")))
    domains = list(dict.fromkeys(addresses.domain_key(name) for name in found if "@" not in name.lstrip("@")))
    added = 0
    with transaction.atomic():
        for kind, names, size in (
            (SuppressionKind.ADDRESS, emails, facts.CHUNK),
            (SuppressionKind.DOMAIN, domains, _DOMAINS_AT_ONCE),
        ):
            for start in range(0, len(names), size):
                added += suppression.suppress(
                    workspace=workspace,
                    targets=names[start : start + size],
                    kind=kind,
                    reason=reason,
                    source=source,
                    now=now,
                )
    return Barred(added, len(emails) + len(domains) - added)


def decode(content: bytes) -> str:
    """Return the text of an uploaded file: UTF-8, else Latin-1.

    Raises:
        Invalid: it is too large or no text; the details name `file`.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 5 MB"), field="file")
    if b"\0" in content:
        raise Invalid(_("The file is no text; save the table as CSV"), field="file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _read(text: str) -> list[str]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise Invalid(_("At most %(max)s lines at once") % {"max": MAX_LINES}, field="targets")
    found, wrong = [], []
    for place, (number, line) in enumerate(lines):
        name = _named(line)
        if name:
            found.append(name)
        elif place or len(lines) == 1:
            wrong.append(str(number))
    if wrong:
        numbers = ", ".join(wrong[:_NAMED]) + (", ..." if len(wrong) > _NAMED else "")
        raise Invalid(
            _("There is no address and no domain in line %(numbers)s") % {"numbers": numbers}, field="targets"
        )
    if not found:
        raise Invalid(_("Give at least one address or domain"), field="targets")
    return found


def _named(line: str) -> str:
    """Return the first address of a line, as it is kept, else its first domain, else ""."""
    cells = [cell.strip(_QUOTES) for cell in _CELLS.split(line)]
    for cell in cells:
        if "@" in cell.lstrip("@"):
            try:
                return addresses.normalise(cell)
            except Invalid:
                continue
    return next((cell for cell in cells if _DOMAIN.fullmatch(cell) and suppression.is_domain(cell)), "")
