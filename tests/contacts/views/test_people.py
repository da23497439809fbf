"""The list of contacts, and what is done to the chosen ones."""

import re

import pytest
from django.test import Client

from contacts import filters, tagging
from contacts.enums import ContactStatus
from contacts.models import Contact
from contacts.views import people as people_views
from fluenzr.core import listing
from fluenzr.workspaces import lists
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_contact, make_group, make_member, make_stage
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def shown(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/contacts/{query}").content.decode()
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', page)


def test_list_narrows_by_search_status_group_and_tag(client: Client, workspace: Workspace) -> None:
    ann = make_contact(workspace, "ann@x.example", company="Cat Works")
    bob = make_contact(workspace, "bob@x.example", status=ContactStatus.BOUNCED)
    group = make_group(workspace, "Fair", (bob,))
    tagging.add(workspace=workspace, names={ann.pk: ["vip"]}, now=NOW)
    assert shown(client, "?sort=email") == ["ann@x.example", "bob@x.example"]
    assert shown(client, "?sort=-email") == ["bob@x.example", "ann@x.example"]
    assert shown(client, "?q=cat") == ["ann@x.example"]
    assert shown(client, "?status=bounced") == ["bob@x.example"]
    assert shown(client, f"?group={group.public_id}") == ["bob@x.example"]
    assert shown(client, "?tag=vip") == ["ann@x.example"]
    assert shown(client, "?domain=X.example&q=cat") == ["ann@x.example"]
    assert shown(client, "?domain=example") == []


def test_list_ignores_filters_that_mean_nothing(
    client: Client, workspace: Workspace, other_workspace: Workspace
) -> None:
    make_contact(workspace, "ann@x.example")
    foreign = make_group(other_workspace).public_id
    assert shown(client, f"?status=purple&group={foreign}&tag=none&sort=x&page=99") == ["ann@x.example"]


def test_list_pages_by_fifty(client: Client, workspace: Workspace) -> None:
    for _number in range(51):
        make_contact(workspace)
    assert (len(shown(client)), len(shown(client, "?page=2"))) == (50, 1)


def test_list_asks_as_many_queries_for_three_rows_as_for_one(client: Client, workspace: Workspace) -> None:
    tagging.add(workspace=workspace, names={make_contact(workspace).pk: ["a"]}, now=NOW)
    one = queries_of(client, "/contacts/")
    tagging.add(
        workspace=workspace, names={make_contact(workspace).pk: ["a", "b"], make_contact(workspace).pk: ["b"]}, now=NOW
    )
    assert queries_of(client, "/contacts/") == one


def test_search_asks_as_many_queries_for_many_as_for_one(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagging.add(workspace=workspace, names={make_contact(workspace, first_name="Jane").pk: ["a"]}, now=NOW)
    one = queries_of(client, "/contacts/?q=jane")
    for _number in range(2):
        make_contact(workspace, first_name="Jane")
    monkeypatch.setattr(filters, "_FEW", 1)
    assert (queries_of(client, "/contacts/?q=jane"), len(shown(client, "?q=jane"))) == (one, 3)


@pytest.mark.parametrize(
    ("page", "numbers"), [("", [2, True, 3]), ("&page=2", [2, True, 3]), ("&page=3", [3, False, 3])]
)
def test_search_is_counted_so_far(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, page: str, numbers: list[object]
) -> None:
    for _number in range(3):
        make_contact(workspace, first_name="Jane")
    make_contact(workspace, first_name="Ada")
    monkeypatch.setattr(filters, "_FEW", 1)
    monkeypatch.setattr(listing, "MOST_COUNTED", 2)
    monkeypatch.setitem(lists.read.__kwdefaults__, "per_page", 1)

    found = client.get(f"/contacts/?q=jane{page}").context["listing"]

    assert ([found.total, found.is_more, found.pages], len(found.rows)) == (numbers, 1)


def test_list_gives_htmx_the_part_only(client: Client, workspace: Workspace) -> None:
    make_contact(workspace)
    part = client.get("/contacts/", headers={"HX-Request": "true"}).content.decode()
    assert (part.strip().startswith('<div id="list">'), "<html" in part) == (True, False)


def test_list_has_no_inline_style_or_script(client: Client, workspace: Workspace) -> None:
    make_contact(workspace)
    page = client.get("/contacts/").content.decode()
    assert re.findall(r"<[^>]+\s(?:style|onclick)=", page) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag] == []


def test_a_stranger_sees_and_changes_none(workspace: Workspace, stranger: Member) -> None:
    contact = make_contact(workspace)
    client = signed_in(stranger)
    assert shown(client) == []
    client.post("/contacts/bulk", {"act": "delete", "chosen": [contact.public_id]})
    assert Contact.objects.filter(pk=contact.pk).count() == 1


def test_a_viewer_reads_and_changes_nothing(workspace: Workspace) -> None:
    contact = make_contact(workspace)
    client = signed_in(make_member(workspace, Role.VIEWER))
    page = client.get("/contacts/").content.decode()
    assert [word in page for word in (contact.email, "data-bulk", "/contacts/new")] == [True, False, False]
    assert client.post("/contacts/bulk", {"act": "delete", "chosen": [contact.public_id]}).status_code == 403


def test_bulk_puts_into_a_group_and_takes_out(client: Client, workspace: Workspace) -> None:
    people, group = [make_contact(workspace), make_contact(workspace)], make_group(workspace)
    form = {"group": group.public_id, "chosen": [one.public_id for one in people], "next": "/contacts/?q=x"}
    response = client.post("/contacts/bulk", {"act": "join", **form})
    assert (response.status_code, response["Location"]) == (303, "/contacts/?q=x")
    assert group.memberships.count() == 2
    client.post("/contacts/bulk", {"act": "part", **form, "chosen": people[0].public_id})
    assert list(group.memberships.values_list("contact", flat=True)) == [people[1].pk]


def test_bulk_tags_and_untags(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    form = {"tag": " vip ", "chosen": [contact.public_id]}
    client.post("/contacts/bulk", {"act": "tag", **form})
    assert list(contact.taggings.values_list("tag__name", flat=True)) == ["vip"]
    client.post("/contacts/bulk", {"act": "untag", **form})
    assert contact.taggings.count() == 0


def test_bulk_deletes(client: Client, workspace: Workspace) -> None:
    gone, stays = make_contact(workspace), make_contact(workspace)
    client.post("/contacts/bulk", {"act": "delete", "chosen": [gone.public_id]})
    assert list(Contact.objects.values_list("pk", flat=True)) == [stays.pk]


def test_bulk_moves_unsubscribes_and_blocks(client: Client, workspace: Workspace) -> None:
    one, two, three = (make_contact(workspace) for _number in range(3))
    stage = make_stage(workspace)
    client.post("/contacts/bulk", {"act": "move", "stage": stage.public_id, "chosen": [one.public_id]})
    client.post("/contacts/bulk", {"act": "unsubscribe", "chosen": [two.public_id]})
    client.post("/contacts/bulk", {"act": "block", "chosen": [three.public_id]})

    rows = Contact.objects.order_by("pk").values_list("stage", "status")
    assert list(rows) == [(stage.pk, "active"), (None, "unsubscribed"), (None, "blocked")]


def test_bulk_takes_all_that_match_beyond_the_page(client: Client, workspace: Workspace, stranger: Member) -> None:
    people = [make_contact(workspace, company="Initech") for _number in range(3)]
    make_contact(workspace, company="Globex")
    make_contact(stranger.workspace, company="Initech")
    group = make_group(workspace)
    form = {"act": "join", "group": group.public_id, "all": "1", "query": "q=initech", "chosen": people[0].public_id}

    client.post("/contacts/bulk", form)

    assert set(group.memberships.values_list("contact", flat=True)) == {one.pk for one in people}


def test_bulk_refuses_too_many_at_once(client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_views, "MOST", 1)
    for _number in range(2):
        make_contact(workspace)

    answer = client.post("/contacts/bulk", {"act": "unsubscribe", "all": "1", "query": ""})

    assert answer.status_code == 422
    assert "At most 1 contacts at once" in answer.content.decode()
    assert not Contact.objects.filter(status="unsubscribed").exists()
    assert client.post("/contacts/bulk", {"act": "delete", "all": "1", "query": ""}).status_code == 303
    assert not Contact.objects.exists()


def test_a_stage_of_others_is_unknown(client: Client, workspace: Workspace, stranger: Member) -> None:
    form = {"act": "move", "stage": make_stage(stranger.workspace).public_id}
    assert client.post("/contacts/bulk", {**form, "chosen": make_contact(workspace).public_id}).status_code == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"act": "paint"}, 422),
        ({"act": "tag", "tag": " "}, 422),
        ({"act": "join", "group": "grp_x"}, 404),
        ({"act": "delete", "chosen": "nobody", "next": "//evil.example"}, 303),
    ],
)
def test_bulk_refuses_what_does_not_fit(
    client: Client, workspace: Workspace, form: dict[str, str], status: int
) -> None:
    contact = make_contact(workspace)
    response = client.post("/contacts/bulk", {"chosen": contact.public_id, **form})
    assert response.status_code == status
    assert response.get("Location", "/contacts/") == "/contacts/"
    assert Contact.objects.count() == 1
