"""Contacts as a table, whatever their number: what files of them hold, read piece by piece."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _

from contacts import consents, fields
from contacts.drafts import COLUMNS
from contacts.importing.columns import LABELS, TAGS
from contacts.models import ContactQuerySet, CustomField, Membership, Tagging
from fluenzr.core import clock, spreadsheets
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

CSV, XLSX = "csv", "xlsx"
FORMATS = tuple(spreadsheets.WRITERS)
# A workbook is written to its end before it is sent: more rows take longer than a person, or a proxy, waits.
MOST_IN_WORKBOOK = 100_000
_CHUNK = 1000


@dataclass(frozen=True)
class Table:
    """The names of the columns, and the rows, which are read while somebody takes them."""

    head: Sequence[str]
    rows: Iterator[Sequence[Any]]


def table(*, workspace: Workspace, contacts: ContactQuerySet, form: str, asked: str, by: str, now: datetime) -> Table:
    """Return contacts of the workspace, the oldest first, for a file of the `form`, and record who took them.

    Columns have the names by which an import finds them, so that a file can come back. `asked` says in the record which
    contacts were meant.

    Raises:
        Invalid: the form is unknown, or a workbook would be too long.
    """
    if form not in FORMATS:
        raise Invalid(_("Must be one of: %(words)s") % {"words": ", ".join(FORMATS)}, field="format")
    number = contacts.count()
    if form == XLSX and number > MOST_IN_WORKBOOK:
        message = _("An XLSX file takes up to %(most)s contacts. Export these %(number)s as CSV.")
        raise Invalid(message % {"most": MOST_IN_WORKBOOK, "number": number}, field="format")
    custom = sorted(fields.field_keys(workspace).values(), key=lambda field: (field.label, field.key))
    changes = {"contacts": number, "format": form, "asked": asked}
    audit.record(workspace=workspace, by=by, action="contacts.exported", changes=changes, now=now)
    return Table(_head(custom), _rows(contacts, [field.key for field in custom]))


def _head(custom: Sequence[CustomField]) -> list[str]:
    known = [str(LABELS[name]) for name in ("email", *COLUMNS)]
    more = [str(LABELS[TAGS]), _("Groups"), _("Status"), _("Stage"), _("Deal value"), _("Owner"), _("Added")]
    more += [_("Consent from"), _("Consent given")]
    head = [*known, *more]
    for field in custom:
        # The technical name, where the label is that of another column.
        head.append(field.key if field.label in head else field.label)
    return head


def _rows(contacts: ContactQuerySet, custom: Sequence[str]) -> Iterator[list[Any]]:
    """Yield a row for each contact; the database is asked for a thousand at a time.

    Plain values, not models: those hold each other in circles, and stay in memory until the collector comes by.
    """
    more = ("status", "stage__name", "deal_value", "owner__email", "created_at", "custom")
    found = contacts.order_by("pk").values_list("pk", "email", *COLUMNS.values(), *more)
    waiting = found.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(waiting, _CHUNK)):
        keys = [row[0] for row in chunk]
        tags = _names(Tagging.objects.filter(contact__in=keys).values_list("contact", "tag__name"))
        groups = _names(Membership.objects.filter(contact__in=keys).values_list("contact", "group__name"))
        agreed = consents.latest_of(keys)
        for key, *known, status, stage, value, owner, created_at, own in chunk:
            marks = [", ".join(tags.get(key, ())), ", ".join(groups.get(key, ()))]
            deal = None if value is None else float(value)
            last = [status, stage, deal, owner, clock.to_iso(created_at)]
            basis = agreed.get(key)
            last += [basis and basis.source, basis and clock.to_iso(basis.given_at)]
            yield [*known, *marks, *last, *(_cell(own.get(name)) for name in custom)]


def _names(rows: Iterable[tuple[uuid.UUID, str]]) -> dict[uuid.UUID, list[str]]:
    """Return the names that belong to each contact, in their order."""
    found: dict[uuid.UUID, list[str]] = {}
    for key, name in sorted(rows, key=itemgetter(1)):
        found.setdefault(key, []).append(name)
    return found


def _cell(value: Any) -> Any:
    """Return a value of a custom field as an import reads it back."""
    return str(value).lower() if isinstance(value, bool) else value
