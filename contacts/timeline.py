"""All that happened to one person, newest first, from every app that knows something.

Each app registers its sources when it starts, so that a card costs one query for each source, however much there is. A
page ends at a place (time and key), and the next begins behind it: nothing is skipped or shown twice while more
happens.
"""

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from fluenzr.core.errors import Invalid

PAGE = 25


class Kind(TextChoices):
    """What the timeline may be narrowed to."""

    MAIL = "mail", _("Mails")
    REPLY = "reply", _("Replies")
    CAMPAIGN = "campaign", _("Campaigns")
    NOTE = "note", _("Notes and tasks")
    STAGE = "stage", _("Pipeline")
    CHANGE = "change", _("Changes")
    CONSENT = "consent", _("Consent")
    GROUP = "group", _("Groups and tags")


@dataclass(frozen=True)
class Entry:
    """One thing that happened: its word, what it is about, and where that is shown (URL name and public id).

    `form` is the URL name of where those who may edit contacts change it, or delete it.
    """

    word: Any
    text: Any = ""
    detail: Any = ""
    by: str = ""
    tone: str = ""
    page: str = ""
    page_id: str = ""
    form: str = ""
    at: datetime | None = None
    key: uuid.UUID | None = None


@dataclass(frozen=True)
class Source:
    """Rows of one table about a person. `at` is the column of their time; `tell` says a row in words."""

    kind: Kind
    rows: Callable[[Contact], "QuerySet[Any]"]
    at: str
    tell: Callable[[Any], Entry]


@dataclass(frozen=True)
class Place:
    """Where a page ended."""

    at: datetime
    key: uuid.UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.key.hex}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the place that an address names.

        Raises:
            Invalid: it names none.
        """
        moment, _mark, key = text.rpartition("_")
        try:
            place = cls(datetime.fromisoformat(moment), uuid.UUID(key))
        except ValueError as error:
            raise Invalid(_("There is no such place"), field="before") from error
        if place.at.tzinfo is None:
            raise Invalid(_("There is no such place"), field="before")
        return place


@dataclass(frozen=True)
class Timeline:
    """One page of it; `earlier` is the place that the next page begins behind, None on the last."""

    entries: list[Entry]
    earlier: Place | None


_sources: list[Source] = []


def register(source: Source) -> None:
    """Add something that is known of people; done when an app starts."""
    _sources.append(source)


def of(contact: Contact, *, kinds: Collection[str] = (), before: Place | None = None, count: int = PAGE) -> Timeline:
    """Return a page of what happened to a contact, newest first: one query for each source. No `kinds` means all."""
    found = [
        (getattr(row, source.at), row.pk, source, row)
        for source in _sources
        if not kinds or source.kind in kinds
        for row in _page(source, contact, before, count + 1)
    ]
    found.sort(key=lambda one: one[:2], reverse=True)
    entries = [_entry(source, row, at, key) for at, key, source, row in found[:count]]
    at, key = found[count - 1][:2] if len(found) > count else (None, None)
    return Timeline(entries, Place(at, key) if at and key else None)


def _page(source: Source, contact: Contact, before: Place | None, count: int) -> Iterable[Any]:
    rows = source.rows(contact)
    if before is not None:
        behind = Q(**{source.at: before.at, "pk__lt": before.key})
        rows = rows.filter(Q(**{f"{source.at}__lt": before.at}) | behind)
    return rows.order_by(f"-{source.at}", "-pk")[:count]


def _entry(source: Source, row: Any, at: datetime, key: uuid.UUID) -> Entry:
    told = source.tell(row)
    return replace(told, at=at, key=key)
