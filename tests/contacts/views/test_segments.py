"""Segments: the list, the builder with and without scripts, groups made of one."""

import pytest
from django.test import Client

from contacts import grouping, segments, tasks
from contacts.models import Contact, Group, Segment
from fluenzr.core import listing
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_campaign, make_contact, make_field, make_group, make_member
from tests.clients import signed_in
from tests.contacts.views.test_people import shown
from tests.counting import queries_of

pytestmark = pytest.mark.django_db
ACME = {"all": [{"field": "company", "operator": "is", "value": "Acme"}]}
FORM = {"name": "Acme", "r-match": "all", "r-0-field": "company", "r-0-operator": "is", "r-0-value": "Acme"}


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def make(workspace: Workspace, name: str = "Acme people", rules: object = ACME) -> Segment:
    return Segment.objects.create(workspace=workspace, name=name, rules=rules)


def post(client: Client, url: str, *, htmx: bool = False, **form: object) -> str:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(url, form, headers=headers).content.decode()


def test_segment_is_built_changed_and_deleted(client: Client) -> None:
    made = client.post("/segments/new", {**FORM, "act": "save"})
    segment = Segment.objects.get()
    assert (made["Location"], segment.name, segment.rules) == (f"/segments/{segment.public_id}/", "Acme", ACME)
    client.post(f"/segments/{segment.public_id}/edit", {**FORM, "act": "save", "name": "New", "r-match": "any"})
    segment.refresh_from_db()
    assert (segment.name, segment.rules) == ("New", {"any": ACME["all"]})
    client.post(f"/segments/{segment.public_id}/delete")
    assert not Segment.objects.exists()


def test_every_kind_of_value_is_kept(client: Client, workspace: Workspace) -> None:
    make_field(workspace, "staff", "number")
    group, other = make_group(workspace), make_group(workspace)
    form = {
        "name": "All",
        "act": "save",
        "r-match": "all",
        "r-0-field": "customFields.staff",
        "r-0-operator": "at_least",
        "r-0-value": "2,5",
        "r-2-match": "any",
        "r-2-0-field": "createdAt",
        "r-2-0-operator": "in_last_days",
        "r-2-0-value": "30",
        "r-2-1-field": "groups",
        "r-2-1-operator": "has_none",
        "r-2-1-value": [group.public_id, other.public_id],
        "r-4-field": "opened",
        "r-4-operator": "never",
        "r-4-scope": "",
    }
    client.post("/segments/new", form)
    segment = Segment.objects.get()
    assert segment.rules == {
        "all": [
            {"field": "customFields.staff", "operator": "at_least", "value": 2.5},
            {
                "any": [
                    {"field": "createdAt", "operator": "in_last_days", "value": 30},
                    {"field": "groups", "operator": "has_none", "value": [group.public_id, other.public_id]},
                ]
            },
            {"field": "opened", "operator": "never"},
        ]
    }
    page = client.get(f"/segments/{segment.public_id}/edit").content.decode()
    kept = ['name="r-1-1-value" value="' + group.public_id + '" checked', 'value="2.5"', 'name="r-2-scope"']
    assert [part in page for part in kept] == [True] * 3


def test_buttons_work_without_scripts(client: Client) -> None:
    added = post(client, "/segments/new", **FORM, act="add:r")
    assert ("<html" in added, 'name="r-1-field"' in added, 'value="Acme"' in added) == (True, True, True)
    nested = post(client, "/segments/new", **FORM, act="nest:r")
    assert ('name="r-1-match"' in nested, 'name="r-1-0-field"' in nested) == (True, True)
    removed = post(client, "/segments/new", **FORM, act="remove:r-0")
    assert 'name="r-0-field"' not in removed
    other = post(client, "/segments/new", **{**FORM, "r-0-field": "createdAt"}, act="show")
    assert 'type="date"' in other
    assert not Segment.objects.exists()


def test_a_part_is_enough_for_scripts(client: Client) -> None:
    answer = client.post("/segments/new", {**FORM, "act": "add:r"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert (page.startswith('<div id="rules">'), answer["HX-Trigger-After-Swap"]) == (True, '{"rules-changed": {}}')


def test_live_count(client: Client, workspace: Workspace) -> None:
    make_contact(workspace, company="acme")
    assert "<strong>1 contact</strong>" in post(client, "/segments/count", **FORM)
    assert "Complete each condition" in post(client, "/segments/count", **{**FORM, "r-0-value": ""})
    assert "Complete each condition" in post(client, "/segments/count")


def test_count_of_very_many_says_so_until_it_is_exact(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 1)
    for _number in range(3):
        make_contact(workspace, company="Acme")
    said = post(client, "/segments/count", **FORM)
    assert ("more than 1 contact<" in said, 'hx-post="/segments/count?exact=1"' in said) == (True, True)
    assert "<strong>3 contacts</strong>" in post(client, "/segments/count?exact=1", **FORM)
    made = client.post(f"/segments/{make(workspace).public_id}/group", {"name": "Fair", "kind": "static"})
    assert "Whoever is in the segment now joins it." in client.get(made["Location"]).content.decode()


def test_problem_stands_at_its_condition(client: Client, workspace: Workspace) -> None:
    form = {**FORM, "act": "save", "r-3-field": "createdAt", "r-3-operator": "is", "r-3-value": "soon"}
    answer = client.post("/segments/new", form)
    page = answer.content.decode()
    assert (answer.status_code, Segment.objects.exists()) == (422, False)
    assert ('id="r-1_error"' in page, 'id="r-0_error"' in page, "Give a date as YYYY-MM-DD" in page) == (
        True,
        False,
        True,
    )
    for form in ({**FORM, "name": " "}, {"name": "x", "r-match": "all"}):
        assert client.post("/segments/new", {**form, "act": "save"}).status_code == 422


def test_a_taken_name_keeps_the_rules(client: Client, workspace: Workspace) -> None:
    make(workspace, "Acme")
    answer = client.post("/segments/new", {**FORM, "act": "save"})
    page = answer.content.decode()
    assert (answer.status_code, "exists already" in page, 'value="Acme"' in page) == (422, True, True)


def test_list_asks_as_many_queries_for_three_segments_as_for_one(client: Client, workspace: Workspace) -> None:
    rules = [
        {"all": [{"field": "groups", "operator": "has_any", "value": [make_group(workspace).public_id]}]}
        for _number in range(3)
    ]
    make(workspace, "1", rules[0])
    one = queries_of(client, "/segments/")
    make(workspace, "2", rules[1])
    make(workspace, "3", rules[2])
    assert queries_of(client, "/segments/") == one


def test_segment_narrows_the_list_of_contacts(client: Client, workspace: Workspace) -> None:
    inside, _outside = make_contact(workspace, "in@x.example", company="Acme"), make_contact(workspace)
    segment = make(workspace)
    assert shown(client, f"?segment={segment.public_id}") == [inside.email]
    page = client.get(f"/segments/{segment.public_id}/").content.decode()
    assert (inside.email in page, "Company is “Acme”." in page) == (True, True)


def test_segment_of_a_deleted_group_finds_nobody_and_says_so(client: Client, workspace: Workspace) -> None:
    make_contact(workspace)
    group = make_group(workspace)
    segment = make(workspace, rules={"all": [{"field": "groups", "operator": "has_none", "value": [group.public_id]}]})
    grouping.delete(group, by="ann", now=NOW)
    assert "was deleted" in client.get(f"/segments/{segment.public_id}/").content.decode()
    assert "Needs new rules" in client.get("/segments/").content.decode()
    assert client.get(f"/contacts/?segment={segment.public_id}").status_code == 422
    assert client.get(f"/segments/{segment.public_id}/edit").status_code == 200


def test_group_is_made_of_a_segment(client: Client, workspace: Workspace) -> None:
    jane = make_contact(workspace, company="Acme")
    make_contact(workspace)
    segment = make(workspace)
    client.post(f"/segments/{segment.public_id}/group", {"name": "Fair", "kind": "static"})
    group = Group.objects.get()
    assert list(Contact.objects.in_groups([group.pk])) == [jane]
    assert client.post(f"/segments/{segment.public_id}/group", {"name": "Fair", "kind": "static"}).status_code == 422


def test_a_large_group_is_filled_in_the_background(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_contact(workspace, company="Acme")
    segment = make(workspace)
    monkeypatch.setattr(segments, "MOST_AT_ONCE", 0)
    group = segments.make_group(segment, name="Fair", by="ann", now=NOW)
    assert group.memberships.count() == 0
    keys = (str(group.pk), str(segment.pk))
    tasks.fill_group(*keys)
    assert group.memberships.count() == 1
    group.delete()
    tasks.fill_group(*keys)


def test_segment_is_added_to_a_campaign(client: Client, workspace: Workspace) -> None:
    jane, campaign = make_contact(workspace, company="Acme"), make_campaign(workspace)
    make_contact(workspace)
    form = {"who": "matching", "segment": make(workspace).public_id, "act": "add"}
    client.post(f"/campaigns/{campaign.public_id}/contacts/add", form)
    assert list(campaign.enrolments.values_list("contact", flat=True)) == [jane.pk]


@pytest.mark.parametrize("rest", ["", "edit", "group", "delete"])
def test_a_stranger_gets_404_and_a_viewer_403(workspace: Workspace, stranger: Member, rest: str) -> None:
    url = f"/segments/{make(workspace).public_id}/{rest}"
    ask = "get" if not rest else "post"
    assert getattr(signed_in(stranger), ask)(url).status_code == 404
    assert getattr(signed_in(make_member(workspace, Role.VIEWER)), ask)(url).status_code == (403 if rest else 200)
    assert Segment.objects.count() == 1


@pytest.mark.parametrize(
    "junk",
    [
        "r-0-field=x",
        "r-0-field=company&r-0-operator=x",
        "r-0-match=any",
        "act=nest:r-9",
        "r-0-field=opened&r-0-scope=x",
    ],
)
def test_junk_breaks_nothing(client: Client, junk: str) -> None:
    body = f"name=x&act=save&r-match=all&{junk}"
    answer = client.post("/segments/new", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 422)
