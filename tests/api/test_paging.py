"""Pages of lists: exact totals, and the same rows however far back, at a cost that does not grow with the list."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from fluenzr.api.v1 import paging
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_workspace
from tests.clients import ApiClient

SIZE = 5


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of more than two rows are long."""
    monkeypatch.setattr(paging, "FEW", 2)


def people(workspace: Workspace, number: int = 23) -> list[Contact]:
    """Contacts of which several came at the same moment, as those of an import do, the newest first."""
    rows = [make_contact(workspace, first_name=f"N{at % 4}") for at in range(number)]
    for at, row in enumerate(rows):
        Contact.objects.filter(pk=row.pk).update(created_at=NOW + timedelta(seconds=at // 6))
    return rows[::-1]


def page(api: ApiClient, number: int, more: str = "") -> Any:
    return api.get(f"/contacts?perPage={SIZE}&page={number}{more}").json()


def shown(api: ApiClient, number: int, more: str = "") -> list[str]:
    return [item["id"] for item in page(api, number, more)["data"]]


def statements(api: ApiClient, number: int) -> list[str]:
    """Return the statements about contacts that a page takes."""
    with CaptureQueriesContext(connection) as captured:
        page(api, number)
    return [query["sql"] for query in captured.captured_queries if 'FROM "contacts_contact"' in query["sql"]]


def test_pages_read_in_turn_show_each_row_once(few: None, workspace: Workspace, api: ApiClient) -> None:
    expected = [row.public_id for row in people(workspace)]

    assert [one for number in range(1, 6) for one in shown(api, number)] == expected


@pytest.mark.parametrize("number", [5, 3, 4, 2])
def test_page_that_nobody_came_near_shows_its_rows(
    few: None, workspace: Workspace, api: ApiClient, number: int
) -> None:
    expected = [row.public_id for row in people(workspace)]

    assert shown(api, number) == expected[SIZE * (number - 1) : SIZE * number]


@pytest.mark.parametrize("order", ["sort=createdAt", "sort=firstName&order=desc", "sort=firstName", "sort=email"])
def test_pages_of_any_order_follow_each_other(few: None, workspace: Workspace, api: ApiClient, order: str) -> None:
    people(workspace)
    whole = [item["id"] for item in api.get(f"/contacts?perPage=100&{order}").json()["data"]]

    assert [one for number in range(1, 6) for one in shown(api, number, f"&{order}")] == whole


def test_page_beyond_the_end_is_empty_and_tells_the_total(few: None, workspace: Workspace, api: ApiClient) -> None:
    people(workspace)

    for number in (6, 10**30):
        answer = page(api, number)
        assert (answer["data"], answer["meta"]["total"]) == ([], 23)


def test_long_list_is_counted_once_while_it_is_read(few: None, workspace: Workspace, api: ApiClient) -> None:
    people(workspace)
    assert [sum("COUNT(" in one for one in statements(api, number)) for number in (1, 2, 1)] == [1, 0, 0]


def test_next_page_begins_at_a_key_and_skips_nothing(few: None, workspace: Workspace, api: ApiClient) -> None:
    people(workspace)
    page(api, 3)

    [statement] = statements(api, 4)

    assert "OFFSET" not in statement


def test_rows_that_come_meanwhile_move_no_page_that_is_read_on(few: None, workspace: Workspace, api: ApiClient) -> None:
    expected = [row.public_id for row in people(workspace)]
    page(api, 3)
    make_contact(workspace)

    assert shown(api, 4) == expected[15:20]


def test_place_that_has_expired_is_looked_for_anew(
    few: None, workspace: Workspace, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PLACE_SECONDS", 0)
    expected = [row.public_id for row in people(workspace)]
    page(api, 3)
    newest = make_contact(workspace)

    assert shown(api, 4) == [newest.public_id, *expected][15:20]


def test_short_list_is_exact_at_once(workspace: Workspace, api: ApiClient) -> None:
    people(workspace, 7)
    assert page(api, 1)["meta"]["total"] == 7
    make_contact(workspace)

    assert page(api, 1)["meta"]["total"] == 8


def test_page_that_is_not_full_needs_no_count(workspace: Workspace, api: ApiClient) -> None:
    people(workspace, 7)

    assert [len(statements(api, number)) for number in (1, 2)] == [2, 1]
    assert page(api, 2)["meta"] == {"page": 2, "perPage": SIZE, "total": 7, "totalPages": 2}


def test_totals_of_filters_and_workspaces_are_kept_apart(few: None, workspace: Workspace, api: ApiClient) -> None:
    people(workspace)
    people(make_workspace(), 9)

    found = [page(api, 1, more)["meta"]["total"] for more in ("", "&email=contact", "&status=replied", "&sort=email")]

    assert found == [23, 23, 0, 23]


def test_search_remembers_each_question(few: None, workspace: Workspace, api: ApiClient) -> None:
    people(workspace)

    def total(**body: Any) -> int:
        return int(api.post("/contacts/search", {"perPage": SIZE, **body}).json()["meta"]["total"])

    assert (total(), total(query="n1"), total(page=4), total(query="n3", page=2)) == (23, 6, 23, 5)
