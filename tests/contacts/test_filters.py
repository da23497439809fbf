from typing import Any

import pytest
from django.db import connection

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


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the indexes are those of PostgreSQL")
def test_parts_of_words_are_found_by_index(workspace: Workspace) -> None:
    make_field(workspace, "city")
    rules = {"all": [{"field": "customFields.city", "operator": "is", "value": "Oslo"}]}
    with connection.cursor() as cursor:
        # Of so few rows none is found by an index otherwise.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")

    assert "contact_searched" in filters.matching(Contact.objects.all(), "martin").explain()
    for asked in ({"rules": rules}, {"customFields": {"city": "Oslo"}}, {"customFields": {"city": ["Oslo", "Rome"]}}):
        assert "contact_custom" in filters.narrowed(Contact.objects.all(), workspace, asked).explain()
