"""Saying which contacts: the filters of the API, of campaigns and of searches (contract A35)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Aggregate, Count, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import companies, fields, phones, segments
from contacts.criteria.custom import as_text, written
from contacts.enums import ContactStatus
from contacts.models import Contact, ContactQuerySet, Group
from contacts.models.searched import Joined, Number, Spelled, Words, begun, ending, typed, whole
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace

Rows = TypeVar("Rows", bound="QuerySet[Any]")
_MOST_WORDS = 10
# Up to so many rows that a search finds are named by their keys.
_FEW = 1000


@dataclass(frozen=True)
class Found(Generic[Rows]):
    """The rows that a search finds, and how many they are where that came with it: at most one more than was asked."""

    rows: Rows
    number: int | None = None


class _Few(Aggregate):
    """The keys, where there are no more than `most` of them. For PostgreSQL alone."""

    template = "CASE WHEN COUNT(*) <= %(most)d THEN ARRAY_AGG(%(expressions)s) END"


def audience(workspace: Workspace, filters: Mapping[str, Any], *, path: str = "filters") -> ContactQuerySet:
    """Return the contacts that meet all filters; without any filter it refuses, so that none enrols everybody.

    Raises:
        Invalid: there is no filter, or one does not fit; the details name its path below `path`.
    """
    if not filters:
        raise Invalid(_("Give at least one filter"), field=path)
    return narrowed(Contact.objects.in_workspace(workspace), workspace, filters, path=path)


def narrowed(
    rows: ContactQuerySet, workspace: Workspace, filters: Mapping[str, Any], *, path: str = "filters"
) -> ContactQuerySet:
    """Keep the rows that meet all filters: `status`, `groups` (ids), `tags`, `companyDomains`, `customFields`
    (equality), `segments` (ids), `rules` (as those of a segment).

    A list means any of its values. Raises Invalid as `audience` does.
    """
    for name, value in filters.items():
        narrow = _FILTERS.get(name)
        if narrow is None:
            raise Invalid(_("Unknown filter"), field=f"{path}.{name}")
        rows = narrow(rows, workspace, value, f"{path}.{name}")
    return rows


def matching(rows: Rows, query: str, *, of: str = "") -> Rows:
    """Keep the rows for which each word of the query begins a word of the address, the names, the company or the title.

    `of` leads to the contact where the rows are something else, as in "contact__". What is typed without a space, as
    in `jane@acme`, must stand one after the other. A query that is a phone number as a whole also finds whose number
    ends so, however it is written. On PostgreSQL it asks at once for the keys of the first rows.
    """
    return search(rows, query, of=of).rows


def search(rows: Rows, query: str, *, most: int = 0, of: str = "") -> Found[Rows]:
    """Keep rows as `matching` does, for who also wants to know how many they are, counted up to `most`.

    PostgreSQL tells it with the keys, as collecting who matches is most of the work; on SQLite it is not counted here.
    """
    if not query.strip():
        return Found(rows)
    words = [parts for word in query.split()[:_MOST_WORDS] if (parts := typed(word))]
    number = phones.searched(query)
    if not (words or number):
        return Found(rows.none(), 0)
    if connection.vendor == "postgresql":
        return _by_index(rows, _asked_of_index(rows, words, number, of), most)
    # To part a text takes SQLite three times as long as to look through it.
    wanted = Q(*(Q(joined__icontains=max(parts, key=len)) for parts in words)) & _as_they_stand(words)
    if number:
        wanted |= Q(number__endswith=number)
    return Found(rows.alias(joined=Joined(of=of), spelled=Spelled(of=of), number=Number(of=of)).filter(wanted))


def _as_they_stand(words: Iterable[Sequence[str]]) -> Q:
    return Q(*(Q(spelled__icontains=f" {' '.join(parts)}") for parts in words))


def _asked_of_index(rows: Rows, words: Sequence[Sequence[str]], number: str, of: str) -> Rows:
    asked = " & ".join(
        [*(whole(part) for parts in words for part in parts[:-1]), *(begun(parts[-1]) for parts in words)]
    )
    if number:
        asked = f"{asked} | {ending(number)}" if asked else ending(number)
    found = rows.alias(words=Words(of=of)).filter(words__meet=asked)
    if several := [parts for parts in words if len(parts) > 1]:
        exactly = _as_they_stand(several)
        if number:
            exactly |= Q(words__meet=ending(number))
        found = found.alias(spelled=Spelled(of=of)).filter(exactly)
    return found


def _by_index(rows: Rows, found: Rows, most: int) -> Found[Rows]:
    """Count who was found, up to `most`; where they are few, keep them by their keys. One query.

    How many meet a beginning PostgreSQL knows only where it is frequent, and not of one workspace. Guessing too many,
    it would walk along the order of the list for the fifty rows of a page, through everybody.
    """
    first = found.order_by().values("pk")[: max(most, _FEW) + 1]
    told = first.aggregate(number=Count("pk"), keys=_Few("pk", most=_FEW))
    if told["number"] > _FEW:
        return Found(found, told["number"])
    return Found(rows.filter(pk__in=told["keys"] or ()), told["number"])


def _status(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    wanted = _texts(value, path)
    if unknown := [status for status in wanted if status not in ContactStatus.values]:
        words = ", ".join(ContactStatus.values)
        raise Invalid(
            _("%(given)s is no status; it must be one of: %(words)s") % {"given": unknown[0], "words": words},
            field=path,
        )
    return rows.filter(status__in=wanted)


def _groups(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    keys = {text: Group.key_of(text) for text in _texts(value, path)}
    wanted = [key for key in keys.values() if key is not None]
    there = set(Group.objects.in_workspace(workspace).filter(pk__in=wanted).values_list("pk", flat=True))
    problems = {
        f"{path}.{index}" if isinstance(value, list) else path: [_("There is no such group")]
        for index, key in enumerate(keys.values())
        if key not in there
    }
    if problems:
        raise Invalid(_("There is no such group"), details=problems)
    return rows.in_groups(there)


def _tags(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    return rows.tagged(_texts(value, path), workspace=workspace)


def _company_domains(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    named = (companies.named(domain) for domain in _texts(value, path))
    return rows.at_domains(company for company in named if company)


def _custom_fields(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    if not isinstance(value, Mapping):
        raise Invalid(_("Must be an object"), field=path)
    known = fields.field_keys(workspace)
    for number, (key, wanted) in enumerate(value.items()):
        at = f"{path}.{key}"
        if key not in known:
            raise Invalid(_("There is no custom field %(key)s") % {"key": key}, field=at)
        # Named by number: the key itself may be the name of a lookup, such as `contains`.
        name = f"custom_{number}"
        rows = rows.alias(**{name: KeyTransform(key, "custom")})
        if wanted is None:
            rows = rows.exclude(custom__has_key=key)
            continue
        given = wanted if isinstance(wanted, list) else [wanted]
        values = [fields.value_for(known[key], item, path=at) for item in given]
        rows = rows.alias(custom_text=as_text())
        any_of = Q()
        for item in values:
            has_text = written(item, within="custom_text") if isinstance(item, str) else Q()
            any_of |= Q(**{name: item}) & has_text
        rows = rows.filter(any_of) if values else rows.none()
    return rows


def _segments(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    found = segments.named(workspace, _texts(value, path), path=path)
    documents = {f"{path}.{at}.rules": segment.rules for at, segment in enumerate(found.values())}
    try:
        return segments.narrowed(rows, workspace, documents, now=timezone.now())
    except Invalid as error:
        names = ", ".join(segment.name for segment in found.values())
        message = _("A segment asks for something that was deleted; change its rules first (%(names)s)")
        raise Invalid(message % {"names": names}, details=error.details) from error


def _rules(rows: ContactQuerySet, workspace: Workspace, value: Any, path: str) -> ContactQuerySet:
    return segments.narrowed(rows, workspace, {path: value}, now=timezone.now())


def _texts(value: Any, path: str) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(item, str) for item in values):
        raise Invalid(_("Must be a text or a list of texts"), field=path)
    return values


_FILTERS: dict[str, Callable[[ContactQuerySet, Workspace, Any, str], ContactQuerySet]] = {
    "status": _status,
    "groups": _groups,
    "tags": _tags,
    "companyDomains": _company_domains,
    "customFields": _custom_fields,
    "segments": _segments,
    "rules": _rules,
}
