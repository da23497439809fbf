import pytest
from django.test import Client

from contacts import fields, tasks
from contacts.models import Contact, CustomField
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_contact, make_field, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(owner)


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "Fintech", "Fintech"),
        ("number", "4.5", 4.5),
        ("date", "2026-03-31", "2026-03-31"),
        ("checkbox", "false", False),
        ("url", "https://x.example/", "https://x.example/"),
    ],
)
def test_a_field_of_each_type_is_added(client: Client, kind: str, given: str, kept: object) -> None:
    form = {"label": "Mine", "key": "mine", "kind": kind, "default": given}
    assert client.post("/settings/fields/new", form)["Location"] == "/settings/fields"
    assert CustomField.objects.values_list("key", "label", "kind", "default").get() == ("mine", "Mine", kind, kept)


def test_a_dropdown_takes_its_options_line_by_line(client: Client) -> None:
    form = {"label": "Size", "key": "size", "kind": "dropdown", "options": " S \n\nM\nS", "default": "M"}
    assert client.post("/settings/fields/new", form).status_code == 303
    assert CustomField.objects.values_list("options", "default").get() == (["S", "M"], "M")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key": "Sector"}, "starts with a small letter"),
        ({"key": "email"}, "the name of a built-in field"),
        ({"kind": "dropdown"}, "A dropdown needs options"),
        ({"options": "S"}, "Only a dropdown has options"),
        ({"kind": "number", "default": "many"}, "Mine must be: Number"),
    ],
)
def test_what_does_not_fit_keeps_what_was_typed(client: Client, wrong: dict[str, str], said: str) -> None:
    answer = client.post("/settings/fields/new", {"label": "Mine", "key": "mine", "kind": "text"} | wrong)
    page = answer.content.decode()
    assert (answer.status_code, said in page, 'value="Mine"' in page) == (422, True, True)
    assert not CustomField.objects.exists()


def test_label_default_and_more_options_change_but_nothing_else(client: Client, workspace: Workspace) -> None:
    field = make_field(workspace, "size", "dropdown", options=["S"])
    page = f"/settings/fields/{field.public_id}"
    assert "<h1>size</h1>" in client.get(page).content.decode()
    form = {"label": "Size", "more": "M\nS", "default": "S", "key": "other", "kind": "text"}
    assert client.post(page, form)["Location"] == "/settings/fields"
    kept = CustomField.objects.values_list("key", "label", "kind", "options", "default").get()
    assert kept == ("size", "Size", "dropdown", ["S", "M"], "S")


def test_a_checkbox_shows_its_default(client: Client, workspace: Workspace) -> None:
    field = make_field(workspace, "vip", "checkbox", default=False)
    page = client.get(f"/settings/fields/{field.public_id}").content.decode()
    assert '<option value="false" selected>No</option>' in page


def test_deleting_names_what_is_lost_and_takes_it(
    client: Client, workspace: Workspace, other_workspace: Workspace
) -> None:
    field = make_field(workspace, "size", label="Size")
    ours = make_contact(workspace, custom={"size": "S", "sector": "Fintech"})
    theirs = make_contact(other_workspace, custom={"size": "S"})
    workspace.segments.create(
        name="Small", rules={"any": [{"all": [{"field": "customFields.size", "operator": "is", "value": "S"}]}]}
    )
    workspace.segments.create(
        name="Others", rules={"all": [{"field": "company", "operator": "is_blank", "value": None}]}
    )
    page = client.get(f"/settings/fields/{field.public_id}/delete").content.decode()
    found = [word in page for word in ("1 contact loses", "1 segment asks", "Small", "Others", "{{size}}")]
    assert found == [True, True, True, False, True]
    assert client.post(f"/settings/fields/{field.public_id}/delete").status_code == 303
    customs = dict(Contact.objects.values_list("pk", "custom"))
    assert customs == {ours.pk: {"sector": "Fintech"}, theirs.pk: {"size": "S"}}
    assert not CustomField.objects.exists()


def test_a_field_that_many_hold_is_deleted_by_a_worker(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "MOST_AT_ONCE", 0)
    field = make_field(workspace, "size")
    contact = make_contact(workspace, custom={"size": "S"})
    client.post(f"/settings/fields/{field.public_id}/delete")
    assert CustomField.objects.exists()
    tasks.drop_field(str(field.pk), "ann@x.example")
    contact.refresh_from_db()
    assert (contact.custom, CustomField.objects.exists()) == ({}, False)


def test_the_list_costs_the_same_for_one_and_three(client: Client, workspace: Workspace) -> None:
    make_field(workspace, "a")
    one = queries_of(client, "/settings/fields")
    make_field(workspace, "b")
    make_field(workspace, "c", "dropdown", options=["S"])
    assert queries_of(client, "/settings/fields") == one


def test_members_change_admins_delete_viewers_look(workspace: Workspace) -> None:
    page = f"/settings/fields/{make_field(workspace, 'size').public_id}"
    member, viewer = (signed_in(make_member(workspace, role)) for role in (Role.MEMBER, Role.VIEWER))
    assert [one.get("/settings/fields").status_code for one in (member, viewer)] == [200, 200]
    assert [one.get(page).status_code for one in (member, viewer)] == [200, 403]
    assert [one.post(f"{page}/delete").status_code for one in (member, viewer)] == [403, 403]
