"""Rows of a file as contacts: each cell checked and turned into the value of its field, or the row refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from contacts import fields, phones, tagging
from contacts.drafts import COLUMNS, MAX_NOTES
from contacts.enums import Doubtful
from contacts.importing import addressing, columns, values
from contacts.importing.reading import Row
from contacts.models import Contact, CustomField, Import
from fluenzr.core import clock
from fluenzr.core.errors import Invalid

# How the doubtful addresses are tagged.
ROLE = "role address"
DISPOSABLE = "disposable address"
NO_MAIL = "domain without mail"
UNCHECKED = "domain not checked"
SUPPRESSED = "suppressed"


@dataclass(slots=True)
class Prepared:
    """A row that can be written. `texts` are in the order of `Plan.columns`; blank ones say nothing.

    `takes_mail` is what the DNS says of the domain, None where it could not be asked, True where nobody asked.
    """

    line: int
    email: str
    key: str
    texts: list[str]
    custom: dict[str, Any]
    tags: list[str]
    is_role: bool = False
    is_disposable: bool = False
    takes_mail: bool | None = True


@dataclass(slots=True)
class Rejected:
    """A row that cannot be written, and why."""

    line: int
    reason: str
    cells: list[str]


@dataclass
class Plan:
    """What becomes of each column, worked out once for all rows of an import."""

    columns: list[str]
    names: list[str]
    width: int
    _email: int
    _places: list[int]
    _limits: list[int]
    _converted: list[tuple[int, Callable[[str], str]]]
    _shortest_limit: int
    _phone: int | None
    _country: int | None
    _custom: list[tuple[int, CustomField]]
    _full_name: int | None
    _tags: int | None
    _day_first: bool
    _rejects_doubtful: bool
    _labels: list[str] = field(default_factory=list)

    @property
    def has_own(self) -> bool:
        """Whether a column goes into a custom field."""
        return bool(self._custom)

    @property
    def has_tags(self) -> bool:
        """Whether a column holds tags."""
        return self._tags is not None

    def lay(self, row: Row) -> Prepared | Rejected:
        """Return the row as a contact, or why it cannot be one."""
        line, cells = row
        try:
            return self._prepared(line, cells)
        except Invalid as error:
            # The reasons are kept, so they are in the language of the workspace.
            return Rejected(line, str(error.message), cells)

    def _prepared(self, line: int, cells: list[str]) -> Prepared:
        if len(cells) != self.width:
            cells = self._squared(cells)
        email, key = self._address(cells[self._email].strip())
        texts = [cells[place].strip() for place in self._places]
        for at, convert in self._converted:
            if texts[at]:
                texts[at] = convert(texts[at])
        if self._phone is not None and texts[self._phone]:
            country = "" if self._country is None else texts[self._country]
            texts[self._phone] = phones.normalise(texts[self._phone], country)
        # Long texts are rare: only a row that has one is looked at closely.
        if texts and max(map(len, texts)) > self._shortest_limit:
            self._check_lengths(texts)
        if self._full_name is not None:
            first, _space, last = cells[self._full_name].strip().partition(" ")
            texts += [first[:200], last.strip()[:200]]
        custom = self._own(cells) if self._custom else {}
        tags = [] if self._tags is None else _tags(cells[self._tags])
        local, _at, domain = key.rpartition("@")
        role, disposable = addressing.is_role(local), addressing.is_disposable(domain)
        if self._rejects_doubtful and (role or disposable):
            raise Invalid(_("The address belongs to a role") if role else _("The address is of a throw-away mailbox"))
        return Prepared(line, email, key, texts, custom, tags, role, disposable)

    def _check_lengths(self, texts: Sequence[str]) -> None:
        for text, limit, label in zip(texts, self._limits, self._labels, strict=False):
            if len(text) > limit:
                raise Invalid(_("%(name)s has more than %(max)s characters") % {"name": label, "max": limit})

    def _squared(self, cells: list[str]) -> list[str]:
        if any(map(str.strip, cells[self.width :])):
            message = _("The row has %(given)s cells, but there are %(wanted)s columns")
            raise Invalid(message % {"given": len(cells), "wanted": self.width})
        return (cells + [""] * self.width)[: self.width]

    def _address(self, text: str) -> tuple[str, str]:
        if not text:
            raise Invalid(_("Email is required"))
        try:
            return addressing.normalise(text)
        except Invalid as error:
            raise Invalid(_("“%(email)s” is not a valid address") % {"email": text[:100]}) from error

    def _own(self, cells: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for place, one in self._custom:
            text = cells[place].strip()
            if text:
                given = values.convert(one.kind, text, day_first=self._day_first)
                found[one.key] = fields.value_for(one, given, path=one.key)
        return found


def plan_of(origin: Import, custom: Mapping[str, CustomField]) -> Plan:
    """Work out the plan of an import whose mapping was checked; `custom` holds its workspace's fields."""
    places = {target: place for place, target in enumerate(origin.mapping) if target != columns.NOTHING}
    named = [name for name in COLUMNS if name in places]
    limits = [_limit(name) for name in named]
    converted = [(at, _CHECKS[name]) for at, name in enumerate(named) if name in _CHECKS]
    texts = [places[name] for name in named]
    phone, country = (named.index(name) if name in named else None for name in ("phone", "country"))
    full_name = places.get(columns.FULL_NAME)
    if full_name is not None:
        named += ["firstName", "lastName"]
    own = [
        (place, custom[target.removeprefix(columns.CUSTOM)])
        for target, place in places.items()
        if target.startswith(columns.CUSTOM) and target.removeprefix(columns.CUSTOM) in custom
    ]
    return Plan(
        columns=[COLUMNS[name] for name in named],
        names=named,
        width=len(origin.header),
        _email=places[columns.EMAIL],
        _places=texts,
        _limits=limits,
        _converted=converted,
        # What is converted has its length by then.
        _shortest_limit=min((limit for limit in limits if limit > 2), default=0),
        _phone=phone,
        _country=country,
        _custom=own,
        _full_name=full_name,
        _tags=places.get(columns.TAGS),
        _day_first=origin.day_first,
        _rejects_doubtful=origin.doubtful == Doubtful.REJECT,
        _labels=[str(columns.LABELS[name]) for name in named],
    )


def _limit(name: str) -> int:
    return Contact._meta.get_field(COLUMNS[name]).max_length or MAX_NOTES


def _tags(text: str) -> list[str]:
    names = [name.strip() for name in text.replace(";", ",").split(",")]
    return tagging.clean([name for name in names if name])


def _country(text: str) -> str:
    found = values.country(text)
    if not (len(found) == 2 and found.isascii() and found.isalpha()):
        raise Invalid(_("“%(text)s” is no country: write its name or its code of two letters") % {"text": text[:60]})
    return found


def _timezone(text: str) -> str:
    if text not in clock.zone_names():
        raise Invalid(_("“%(text)s” is no time zone such as Europe/Paris") % {"text": text[:60]})
    return text


_CHECKS: dict[str, Callable[[str], str]] = {"country": _country, "timezone": _timezone}
