import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from pytest_django import DjangoAssertNumQueries

from contacts.models import Contact
from fluenzr.core import clock
from fluenzr.core.prepared import SENT_BEFORE_KEPT, Prepared
from fluenzr.core.printed import Iso
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_workspace

PEOPLE = Prepared(lambda keys: Contact.objects.filter(pk__in=keys).values_list("id", "email", "custom", Value("kept")))
BY_ADDRESS = Prepared(
    lambda addresses: (
        Contact.objects.filter(email_key__in=addresses)
        .values_list("id", "status")
        .union(Contact.objects.filter(email_key__in=addresses).values_list("id", "email"), all=True)
    )
)


def test_each_call_gets_its_own_rows(workspace: Workspace) -> None:
    rows = [make_contact(workspace, custom={"number": number}) for number in range(5)]

    for asked in (rows[:2], rows[2:4], rows[1:], rows[:1]):
        expected = {(row.pk, row.email, row.custom["number"], "kept") for row in asked}
        found = PEOPLE.rows([row.pk for row in asked])
        assert {(key, email, custom["number"], kept) for key, email, custom, kept in found} == (expected)


def test_value_that_is_named_twice_is_set_twice(workspace: Workspace) -> None:
    first, second = make_contact(workspace), make_contact(workspace)

    for row in (first, second):
        assert sorted(map(tuple, BY_ADDRESS.rows([row.email_key]))) == sorted([(row.pk, "active"), (row.pk, row.email)])


@pytest.mark.django_db
def test_no_values_ask_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert PEOPLE.rows([]) == []
    with django_assert_num_queries(1):
        assert PEOPLE.rows([uuid.uuid4()]) == []


def test_shape_makes_another_query_and_moments_are_values(workspace: Workspace) -> None:
    def ask(values: Any, order: str, most: int) -> Any:
        rows = Contact.objects.filter(workspace=values[0], created_at__lt=values[1])
        return rows.order_by(order).values_list("email")[:most]

    since = Prepared(ask)
    emails = [make_contact(workspace).email for _number in range(3)]
    for number, email in enumerate(emails):
        Contact.objects.filter(email=email).update(created_at=NOW + timedelta(days=number))

    for days, order, most in ((9, "created_at", 2), (1, "created_at", 2), (9, "-created_at", 1), (9, "created_at", 2)):
        expected = [email for number, email in enumerate(emails) if number < days]
        found = since.rows((workspace.pk, NOW + timedelta(days=days)), order, most)
        assert [email for (email,) in found] == (expected[::-1] if order[0] == "-" else expected)[:most]
    assert since.rows((make_workspace().pk, NOW), "created_at", 2) == []


@pytest.mark.parametrize("is_pooled", [False, True])
def test_plans_are_kept_unless_connections_are_pooled(
    workspace: Workspace, is_pooled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL keeps plans")
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", is_pooled)
    named = Prepared(lambda keys: Contact.objects.filter(pk__in=keys).values_list("last_name", "phone"))
    row = make_contact(workspace)
    for _number in range(SENT_BEFORE_KEPT + 2):
        named.rows([row.pk])

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%last_name%phone%'")
        assert cursor.fetchone() == (0 if is_pooled else 1,)


@pytest.mark.django_db(transaction=True)
def test_plan_that_a_migration_made_stale_is_made_anew() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL keeps plans")
    row = make_contact(make_workspace(), first_name="Ada")
    named = Prepared(lambda keys: Contact.objects.filter(pk__in=keys).values_list("first_name"))
    try:
        for kind in ("text", "varchar(400)"):
            for _number in range(SENT_BEFORE_KEPT + 2):
                assert [tuple(found) for found in named.rows([row.pk])] == [("Ada",)]
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE contacts_contact ALTER first_name TYPE {kind}")
        assert [tuple(found) for found in named.rows([row.pk])] == [("Ada",)]
    finally:
        length = Contact._meta.get_field("first_name").max_length
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE contacts_contact ALTER first_name TYPE varchar({length})")


@pytest.mark.parametrize(
    "at", [NOW, datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), datetime(1999, 1, 1, 0, 0, 0, 1, tzinfo=UTC)]
)
def test_database_prints_instants_as_the_api_does(workspace: Workspace, at: datetime) -> None:
    row = make_contact(workspace)
    Contact.objects.filter(pk=row.pk).update(created_at=at)

    assert list(Contact.objects.values_list(Iso("created_at"), Iso("hold_until"))) == [(clock.to_iso(at), None)]
