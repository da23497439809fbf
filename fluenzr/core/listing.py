"""Lists of pages: filters, order and page come from the address, and the parts in templates/parts show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

PER_PAGE = 50
# So far the rows of a list that may be very long are counted: to count a hundred times as many takes a second.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Chip:
    """One active filter: what it is, in words, and the query string of the page without it."""

    label: str
    text: str
    without: str


@dataclass(frozen=True)
class Column:
    """A column that a person may show or hide. `sort` is a key of the page's sorts, `hint` explains on hover."""

    key: str
    label: Any
    sort: str = ""
    hint: Any = ""
    is_numeric: bool = False
    is_fixed: bool = False
    """Always shown: it names the row."""
    is_extra: bool = False
    """Hidden until it is chosen."""


@dataclass(frozen=True)
class Look:
    """How somebody likes a list: the keys of its columns (None: as the page has them), and close rows or airy ones."""

    columns: Sequence[str] | None = None
    is_dense: bool = False


AS_IT_IS = Look()


@dataclass(frozen=True)
class Listing:
    """One page of a list. `sort` is a key of the page's sorts, `-` before it reverses; `shown` are keys of columns.

    Where `is_more`, `total` is as far as was counted, and there is at least one row more.
    """

    rows: Sequence[Any]
    total: int
    number: int
    pages: int
    first: int
    last: int
    sort: str
    filters: forms.Form | None = None
    chips: list[Chip] = field(default_factory=list)
    columns: Sequence[Column] = ()
    shown: Sequence[str] = ()
    is_dense: bool = False
    views: Sequence[Any] = ()
    view: Any = None
    """The saved view that the address names."""
    query: str = ""
    """The filters, order and columns of the address, as a saved view keeps them."""
    may_share: bool = False
    is_more: bool = False

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
    def heads(self) -> list[Column]:
        """The columns that are shown, in their order."""
        return [column for column in self.columns if column.key in self.shown]

    @property
    def is_changed(self) -> bool:
        """Whether the address says something else than the saved view that it names."""
        return self.view is not None and self.view.query != self.query

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
    most: int | None = None,
    per_page: int = PER_PAGE,
    columns: Sequence[Column] = (),
    look: Look = AS_IT_IS,
    key: str = "pk",
) -> Listing:
    """Read order (`?sort=-name`) and page (`?page=2`) from the address, and fetch that page of `rows`.

    `sorts` maps what the address may say to a field; the key decides among equals. `rows` are filtered already:
    `filters` is the bound form that did it, for its chips. `total` spares the count where it is known. With `most` the
    count stops there, unless a page further back is asked for; so may `total` have done, when it is one more. At most
    three queries.
    Which of the `columns` are shown says the address (`?columns=name,company`), else `look`. Rows that are groups of
    rows name their `key`.
    """
    wanted = request.GET.get("sort", default)
    sort = wanted if wanted.removeprefix("-") in sorts else default
    sign = "-" if sort.startswith("-") else ""
    ordered = rows.order_by(f"{sign}{sorts[sort.removeprefix('-')]}", f"{sign}{key}")
    paginator = Paginator(ordered, per_page)
    number, is_more, is_told = request.GET.get("page", "1"), False, total is not None and most is None
    if most is not None and not _is_beyond(number, most // per_page):
        total, is_more = counted(rows, most=most) if total is None else _stopped(total, most)
    elif most is not None and total is not None and total > most:
        total = None
    if total is not None:
        paginator.count = total + is_more
    page = paginator.get_page(number)
    fetched, is_backward = _on(page, ordered, is_counted=not (is_more or is_told))
    shown = _whole(rows, fetched) if key == "pk" else list(fetched)
    return Listing(
        rows=shown[::-1] if is_backward else shown,
        total=paginator.count - is_more,
        number=page.number,
        pages=paginator.num_pages,
        first=page.start_index(),
        last=page.end_index(),
        sort=sort,
        filters=filters,
        chips=chips(request, filters) if filters is not None else [],
        columns=columns,
        shown=_shown(request, columns, look),
        is_dense=look.is_dense,
        query=query_of(request.GET),
        is_more=is_more,
    )


def _on(page: Page[Any], ordered: QuerySet[Any], *, is_counted: bool) -> tuple[Any, bool]:
    """Return what to fetch for a page, and whether it comes back to front.

    Where it is the only one, all is fetched, as for a few PostgreSQL walks along the order. Behind the middle of rows
    that were counted, the way from the end is shorter.
    """
    total = page.paginator.count
    if not total:
        return ordered.none(), False
    if page.paginator.num_pages == 1:
        return ordered, False
    if not is_counted or page.start_index() <= total - page.end_index():
        return page.object_list, False
    return ordered.reverse()[total - page.end_index() : total - page.start_index() + 1], True


def counted(rows: QuerySet[Any], *, most: int) -> tuple[int, bool]:
    """Return how many rows there are, and whether there are more than `most`: then no more are counted."""
    return _stopped(rows.order_by()[: most + 1].count(), most)


def _stopped(found: int, most: int) -> tuple[int, bool]:
    return min(found, most), found > most


def _is_beyond(number: str, pages: int) -> bool:
    return number.isdecimal() and int(number) > pages


def _whole(rows: QuerySet[Any], page: Any) -> list[Any]:
    """Return the rows of a page: first their keys, so that what is sorted and skipped is narrow, then all of each."""
    keys = list(page.values_list("pk", flat=True))
    found = {row.pk: row for row in rows.filter(pk__in=keys)} if keys else {}
    return [found[key] for key in keys if key in found]


def query_of(address: QueryDict) -> str:
    """Return what an address says about a list, without the page and the name of a saved view, in a fixed order."""
    kept = address.copy()
    for name in ("page", "view"):
        kept.pop(name, None)
    pairs = [(name, value) for name, values in sorted(kept.lists()) for value in values if value]
    return urlencode(pairs)


def _shown(request: HttpRequest, columns: Sequence[Column], look: Look) -> list[str]:
    said = request.GET.get("columns")
    wanted = look.columns if said is None else said.split(",")
    return [
        column.key
        for column in columns
        if column.is_fixed or (column.key in wanted if wanted is not None else not column.is_extra)
    ]


def chips(request: HttpRequest, form: forms.Form) -> list[Chip]:
    """Return the filters of the address that are set, each with the address without it."""
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
