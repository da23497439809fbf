import pytest
from django import forms
from django.test import RequestFactory

from contacts.models import Group
from fluenzr.core import listing
from fluenzr.core.listing import Listing
from fluenzr.workspaces.models import Workspace
from tests.builders import make_group

pytestmark = pytest.mark.django_db
SORTS = {"name": "name", "made": "created_at"}


class Filters(forms.Form):
    q = forms.CharField(label="Search", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any"), ("a", "Kind A")])
    mine = forms.BooleanField(label="Mine", required=False)


@pytest.fixture(autouse=True)
def _groups(workspace: Workspace) -> None:
    for name in ("Cara", "Anna", "Berta"):
        make_group(workspace, name)


def read(query: str, **options: object) -> Listing:
    request = RequestFactory().get(f"/groups/?{query}")
    return listing.read(request, Group.objects.all(), sorts=SORTS, default="name", **options)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Anna", "Berta", "Cara"]),
        ("sort=-name", ["Cara", "Berta", "Anna"]),
        ("sort=made", ["Cara", "Anna", "Berta"]),
        ("sort=secret", ["Anna", "Berta", "Cara"]),
    ],
)
def test_order_comes_from_the_address(query: str, names: list[str]) -> None:
    assert [group.name for group in read(query)] == names


def test_page_comes_from_the_address() -> None:
    page = read("page=2", per_page=2)

    assert [group.name for group in page] == ["Cara"]
    assert (page.first, page.last, page.total, page.pages, page.previous, page.next) == (3, 3, 3, 2, 1, None)


@pytest.mark.parametrize("most", [None, 1, 3, 4, 9])
@pytest.mark.parametrize("per_page", [1, 2, 3])
@pytest.mark.parametrize("sort", ["name", "-name"])
def test_pages_from_either_end_are_in_one_order(most: int | None, per_page: int, sort: str) -> None:
    make_group(Workspace.objects.get(), "Dora")
    pages = [
        read(f"page={number + 1}&sort={sort}", per_page=per_page, most=most) for number in range(-(-4 // per_page))
    ]

    names = [group.name for page in pages for group in page]
    assert names == sorted(["Cara", "Anna", "Berta", "Dora"], reverse=sort == "-name")


@pytest.mark.parametrize(("number", "found"), [("99", 2), ("x", 1), ("0", 2)])
def test_page_that_does_not_exist_is_the_nearest(number: str, found: int) -> None:
    assert read(f"page={number}", per_page=2).number == found


@pytest.mark.parametrize(
    ("query", "most", "total", "is_more", "pages"),
    [("", 3, 3, False, 3), ("", 2, 2, True, 3), ("page=2", 2, 2, True, 3), ("page=3", 2, 3, False, 3)],
)
def test_count_stops_unless_a_page_behind_is_wanted(
    query: str, most: int, total: int, is_more: bool, pages: int
) -> None:
    page = read(query, per_page=1, most=most)

    assert (page.total, page.is_more, page.pages, len(page.rows)) == (total, is_more, pages, 1)


@pytest.mark.parametrize(
    ("query", "told", "total", "is_more"),
    [("", 3, 2, True), ("", 2, 2, False), ("page=2", 2, 2, False), ("page=3", 3, 3, False)],
)
def test_total_that_stopped_is_taken_unless_a_page_behind_is_wanted(
    query: str, told: int, total: int, is_more: bool
) -> None:
    page = read(query, per_page=1, most=2, total=told)

    assert (page.total, page.is_more, len(page.rows)) == (total, is_more, 1)


def test_known_total_spares_the_count(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        page = read("", total=100)
    assert page.pages == 2


def test_filters_that_are_set_are_chips_without_the_page() -> None:
    query = "q=an&kind=a&mine=on&page=2&sort=name"
    form = Filters({"q": "an", "kind": "a", "mine": "on"})
    chips = read(query, filters=form).chips

    assert [(chip.label, chip.text) for chip in chips] == [("Search", "an"), ("Kind", "Kind A"), ("Mine", "")]
    assert chips[0].without == "?kind=a&mine=on&sort=name"


def test_nothing_behind_filters_is_not_empty() -> None:
    Group.objects.all().delete()

    assert read("").is_empty
    assert not read("q=x", filters=Filters({"q": "x"})).is_empty
