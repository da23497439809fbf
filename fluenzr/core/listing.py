"""Lists of pages: filters, order and page come from the address, and the parts in templates/parts show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50


@dataclass(frozen=True)
class Chip:
    """One active filter: what it is, in words, and the query string of the page without it."""

    label: str
    text: str
    without: str


@dataclass(frozen=True)
class Listing:
    """One page of a list. `sort` is a key of the page's sorts, `-` before it reverses."""

    rows: Sequence[Any]
    total: int
    number: int
    pages: int
    first: int
    last: int
    sort: str
    filters: forms.Form | None = None
    chips: list[Chip] = field(default_factory=list)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    @property
    def previous(self) -> int | None:
        """Number of the page before, if any."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """Number of the page after, if any."""
        return self.number + 1 if self.number < self.pages else None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all, so that the page offers the first step instead of a list."""
        return self.total == 0 and not self.chips


def read(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    sorts: Mapping[str, str],
    default: str,
    filters: forms.Form | None = None,
    total: int | None = None,
    per_page: int = PER_PAGE,
) -> Listing:
    """Read order (`?sort=-name`) and page (`?page=2`) from the address, and fetch that page of `rows`.

    `sorts` maps what the address may say to a field; the key decides among equals. `rows` are filtered already:
    `filters` is the bound form that did it, for its chips. `total` spares the count where it is known. Two queries.
    """
    wanted = request.GET.get("sort", default)
    sort = wanted if wanted.removeprefix("-") in sorts else default
    sign = "-" if sort.startswith("-") else ""
    ordered = rows.order_by(f"{sign}{sorts[sort.removeprefix('-')]}", f"{sign}pk")
    paginator = Paginator(ordered, per_page)
    if total is not None:
        paginator.count = total
    page = paginator.get_page(request.GET.get("page"))
    return Listing(
        rows=list(page.object_list),
        total=paginator.count,
        number=page.number,
        pages=paginator.num_pages,
        first=page.start_index(),
        last=page.end_index(),
        sort=sort,
        filters=filters,
        chips=_chips(request, filters) if filters is not None else [],
    )


def _chips(request: HttpRequest, form: forms.Form) -> list[Chip]:
    if not form.is_valid():
        return []
    found = []
    for name, value in form.cleaned_data.items():
        if value in (None, "", [], False):
            continue
        query = request.GET.copy()
        query.pop(name, None)
        query.pop("page", None)
        without = f"?{query.urlencode()}"
        found.append(Chip(str(form[name].label), _words(form.fields[name], value), without))
    return found


def _words(of: forms.Field, value: Any) -> str:
    """Return what a filter is set to, as its field shows it to a person."""
    if isinstance(of, forms.BooleanField):
        return ""
    values = value if isinstance(value, list | tuple | QuerySet) else [value]
    choices: dict[Any, Any] = dict(of.widget.choices) if isinstance(of.widget, forms.Select) else {}
    return ", ".join(str(choices.get(one, one)) for one in values)
