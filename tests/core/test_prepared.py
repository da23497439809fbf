import uuid

import pytest
from django.db.models import Value
from pytest_django import DjangoAssertNumQueries

from contacts.models import Contact
from fluenzr.core.prepared import Prepared
from fluenzr.workspaces.models import Workspace
from tests.builders import make_contact

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
