"""The list of companies."""

import re

import pytest
from django.test import Client

from contacts import companies
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


@pytest.fixture(autouse=True)
def people(workspace: Workspace, other_workspace: Workspace) -> None:
    for email, company in (
        ("ann@acme.example", "Acme"),
        ("bob@acme.example", "ACME"),
        ("cid@acme.example", "ACME"),
        ("dot@acme.example", ""),
        ("eve@globex.example", "Globex"),
        ("fay@initech.example", ""),
        ("gus@initech.example", ""),
        ("hal@gmail.com", "Acme"),
        ("ivy@yopmail.com", "Acme"),
    ):
        make_contact(workspace, email, company=company)
    make_contact(workspace, None, company="Acme")
    make_contact(other_workspace, "jim@acme.example")


def shown(client: Client, query: str = "") -> list[tuple[str, ...]]:
    page = client.get(f"/contacts/companies/{query}").content.decode()
    return re.findall(r'class="row-link" href="([^"]+)">([^<]+)</a></td>\s*<td>([^<]*)</td>\s*<td[^>]*>(\d+)<', page)


def test_companies_are_listed_with_their_people_the_largest_first(client: Client) -> None:
    assert shown(client) == [
        ("/contacts/?domain=acme.example", "acme.example", "ACME", "4"),
        ("/contacts/?domain=initech.example", "initech.example", "", "2"),
        ("/contacts/?domain=globex.example", "globex.example", "Globex", "1"),
    ]


@pytest.mark.parametrize(
    ("query", "domains"),
    [
        ("?sort=domain", ["acme.example", "globex.example", "initech.example"]),
        ("?sort=people", ["globex.example", "initech.example", "acme.example"]),
        ("?q=Glob", ["globex.example"]),
        ("?q=gmail", []),
    ],
)
def test_companies_are_ordered_and_searched(client: Client, query: str, domains: list[str]) -> None:
    assert [row[1] for row in shown(client, query)] == domains


def test_companies_of_a_page_are_described_in_one_query(
    workspace: Workspace, django_assert_num_queries: object
) -> None:
    rows = list(companies.counted(workspace))
    assert callable(django_assert_num_queries)
    with django_assert_num_queries(1):
        assert len(companies.described(workspace, rows)) == 3
