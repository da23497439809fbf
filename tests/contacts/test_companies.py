"""Whose colleague somebody is, by the address alone."""

import pytest
from django.db import connection

from contacts import companies
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import make_contact


@pytest.mark.parametrize(
    ("email", "company"),
    [
        ("ada@acme.example", "acme.example"),
        ("Ada@ACME.Example.", "acme.example"),
        ("ada@fr.acme.example", "fr.acme.example"),
        ("ada@bücher.example", "xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ada@gmail.com", ""),
        ("ada@Hotmail.FR", ""),
        ("ada@sfr.fr", ""),
        ("ada@mailinator.com", ""),
        ("ada@box.mailinator.com", ""),
        ("acme.example", ""),
        ("ada@", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_company_is_the_domain_that_nobody_else_shares(email: str | None, company: str) -> None:
    assert companies.of(email) == company


def test_people_are_those_of_the_company_in_the_workspace(workspace: Workspace, other_workspace: Workspace) -> None:
    ada = make_contact(workspace, "ada@acme.example")
    grace = make_contact(workspace, "Grace@Acme.Example")
    make_contact(workspace, "ada@acme.example.org")
    make_contact(workspace, "ada@sub.acme.example")
    make_contact(workspace, None)
    make_contact(other_workspace, "eve@acme.example")
    assert set(companies.people("acme.example", workspace=workspace)) == {ada, grace}


def test_nobody_is_of_no_company(workspace: Workspace) -> None:
    make_contact(workspace, None)
    assert not companies.people("", workspace=workspace).exists()


def test_people_are_found_by_an_index(workspace: Workspace) -> None:
    rows = companies.people("acme.example", workspace=workspace)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which scans a table that is nearly empty
            cursor.execute("SET LOCAL enable_seqscan TO off")
            cursor.execute("SET LOCAL enable_bitmapscan TO off")
        assert "contact_domain" in rows.explain()


def test_an_address_that_changes_changes_the_company(workspace: Workspace) -> None:
    ada = make_contact(workspace, "ada@acme.example")
    Contact.objects.filter(pk=ada.pk).update(email="ada@globex.example", email_key="ada@globex.example")
    assert list(companies.people("globex.example", workspace=workspace)) == [ada]
    assert not companies.people("acme.example", workspace=workspace).exists()
