from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import filters
from contacts.models import Contact
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import make_contact, make_field, make_group

JSON_NAMES = ("in", "range", "exact", "isnull", "contains", "gt", "has_key", "a__b", "startswith")


def test_audience_of_no_filter_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Invalid) as refused:
        filters.audience(workspace, {})

    assert list(refused.value.details) == ["filters"]


def test_audience_meets_all_filters(workspace: Workspace) -> None:
    make_field(workspace, "sector")
    jane = make_contact(workspace, custom={"sector": "Fintech"})
    make_contact(workspace, custom={"sector": "Fintech"}, status="bounced")
    make_contact(workspace, custom={"sector": "Retail"})
    make_contact(workspace)

    found = filters.audience(workspace, {"status": "active", "customFields": {"sector": "Fintech"}})

    assert list(found) == [jane]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("acme.example", ["ann"]),
        (["ACME.example", "@globex.example"], ["ann", "bob"]),
        ("gmail.com", []),
        (["gmail.com", "globex.example"], ["bob"]),
    ],
)
def test_company_domains_mean_who_is_of_any(workspace: Workspace, asked: Any, names: list[str]) -> None:
    for name, domain in (("ann", "acme.example"), ("bob", "globex.example"), ("cid", "gmail.com")):
        make_contact(workspace, f"{name}@{domain}", first_name=name)

    found = filters.audience(workspace, {"companyDomains": asked})

    assert sorted(found.values_list("first_name", flat=True)) == names


def test_audience_stays_in_its_workspace(workspace: Workspace, other_workspace: Workspace) -> None:
    make_contact(other_workspace)

    assert not filters.audience(workspace, {"status": "active"}).exists()


def test_group_of_another_workspace_is_no_filter(workspace: Workspace, other_workspace: Workspace) -> None:
    theirs = make_group(other_workspace)

    with pytest.raises(Invalid) as refused:
        filters.audience(workspace, {"groups": [theirs.public_id]}, path="audience")

    assert list(refused.value.details) == ["audience.groups.0"]


@pytest.mark.parametrize("key", JSON_NAMES)
def test_field_named_like_a_lookup_is_compared(workspace: Workspace, key: str) -> None:
    make_field(workspace, key)
    jane = make_contact(workspace, custom={key: "x"})
    make_contact(workspace, custom={key: "y"})

    assert list(filters.audience(workspace, {"customFields": {key: "x"}})) == [jane]


@pytest.mark.parametrize(
    ("kind", "kept", "asked"), [("number", 5, "5"), ("number", 4.5, 4.5), ("checkbox", True, True), ("text", "5", 5)]
)
def test_value_is_compared_by_the_type_of_its_field(workspace: Workspace, kind: str, kept: Any, asked: Any) -> None:
    make_field(workspace, "x", kind)
    jane = make_contact(workspace, custom={"x": kept})
    make_contact(workspace)

    assert list(filters.audience(workspace, {"customFields": {"x": asked}})) == [jane]
    assert list(filters.audience(workspace, {"customFields": {"x": [asked]}})) == [jane]


@pytest.mark.parametrize("word", ["%", "_", "'", '"', "\\", "a OR 1=1", "); DROP TABLE x; --"])
def test_words_of_a_search_are_only_words(workspace: Workspace, word: str) -> None:
    make_contact(workspace, "jane@example.com", first_name="Jane")

    assert not filters.matching(filters.audience(workspace, {"status": "active"}), word).exists()


def test_each_word_is_found_in_any_column_but_not_across_two(workspace: Workspace) -> None:
    jane = make_contact(workspace, "jane@acme.example", first_name="Jane", last_name="Doe")
    chat_only = make_contact(workspace, None, first_name="Jane")
    everybody = Contact.objects.in_workspace(workspace)

    assert set(filters.matching(everybody, "JAN")) == {jane, chat_only}
    assert list(filters.matching(everybody, "doe ACME.ex")) == [jane]
    assert not filters.matching(everybody, "exampleJane").exists()
    assert set(filters.matching(everybody, " ")) == {jane, chat_only}


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("jane", True),
        ("r.doe@mail.ac", True),
        ("doe@", True),
        ("@acme", True),
        ("globex", True),
        ("uk", True),
        ("neil", True),
        ("o'neil", True),
        ("luc jean", True),
        ("jean-l", True),
        ("Inc sales", True),
        ("- jane", True),
        ("ane", False),
        ("cme", False),
        ("jane doe.acme.jane", False),
        ("r.do@acme", False),
        ("jane.doe", False),
        ("jane smith", False),
        ("jane~r", True),
        ("~r", True),
        ("'jane", True),
        ("-", False),
        ("x" * 300, False),
    ],
)
def test_words_are_found_by_their_beginnings(workspace: Workspace, query: str, is_found: bool) -> None:
    names = {"first_name": "Jean-Luc", "last_name": "O'Neil", "company": 'Globex "Inc" (UK)', "job_title": "Sales/IT"}
    make_contact(workspace, "jane.r.doe@mail.acme.example", **names)

    assert filters.matching(Contact.objects.in_workspace(workspace), query).exists() is is_found


def test_search_of_many_keeps_its_condition(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    people = {make_contact(workspace, first_name=f"Jane{number}") for number in range(3)}
    make_contact(workspace, first_name="Ada")
    monkeypatch.setattr(filters, "_FEW", 2)

    assert set(filters.matching(Contact.objects.in_workspace(workspace), "jane")) == people


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite leaves it to be counted")
@pytest.mark.parametrize(
    ("few", "most", "number"), [(2, 0, 3), (2, 2, 3), (1, 0, 2), (1, 3, 4), (1, 9, 4), (4, 0, 4), (4, 9, 4)]
)
def test_search_tells_how_many_it_finds_with_one_query(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
    few: int,
    most: int,
    number: int,
) -> None:
    people = {make_contact(workspace, first_name=f"Jane{place}") for place in range(4)}
    make_contact(workspace, first_name="Ada")
    monkeypatch.setattr(filters, "_FEW", few)

    with django_assert_num_queries(1):
        found = filters.search(Contact.objects.in_workspace(workspace), "jane", most=most)
    assert (found.number, set(found.rows)) == (number, people)


@pytest.mark.parametrize(("query", "number"), [("", None), ("-", 0)])
def test_search_for_nothing_asks_nothing(
    workspace: Workspace, django_assert_num_queries: Any, query: str, number: int | None
) -> None:
    with django_assert_num_queries(0):
        assert filters.search(Contact.objects.in_workspace(workspace), query, most=9).number == number


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the indexes are those of PostgreSQL")
def test_words_and_own_fields_are_found_by_index(workspace: Workspace) -> None:
    make_field(workspace, "city")
    rules = {"all": [{"field": "customFields.city", "operator": "is", "value": "Oslo"}]}
    with connection.cursor() as cursor:
        # Of so few rows none is found by an index otherwise.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")

    with CaptureQueriesContext(connection) as asked_for:
        list(filters.matching(Contact.objects.all(), "martin smith@acme 0612345678"))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked_for[0]['sql']}")
        assert "contact_words" in str(cursor.fetchall())
    for asked in ({"rules": rules}, {"customFields": {"city": "Oslo"}}, {"customFields": {"city": ["Oslo", "Rome"]}}):
        assert "contact_custom" in filters.narrowed(Contact.objects.all(), workspace, asked).explain()
