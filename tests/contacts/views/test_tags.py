import re

import pytest
from django.test import Client

from contacts import tagging
from contacts.models import Contact, Segment, Tag
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.builders import NOW, make_contact, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def tagged(workspace: Workspace, **names: list[str]) -> dict[str, Contact]:
    people = {name: make_contact(workspace, f"{name}@x.example") for name in names}
    tagging.add(workspace=workspace, names={people[name].pk: tags for name, tags in names.items()}, now=NOW)
    return people


def page_of(workspace: Workspace, name: str) -> str:
    return f"/tags/{Tag.objects.get(workspace=workspace, name=name).public_id}/"


def tags_of(contact: Contact) -> list[str]:
    return sorted(contact.taggings.values_list("tag__name", flat=True))


def asking(workspace: Workspace, *names: str) -> Segment:
    asked = {"field": "tags", "operator": "has_any", "value": list(names)}
    segment: Segment = workspace.segments.create(name="Warm", rules={"all": [{"any": [asked]}]})
    return segment


def test_list_counts_and_is_searched(client: Client, workspace: Workspace, other_workspace: Workspace) -> None:
    tagged(workspace, ann=["vip", "cold"], bob=["vip"])
    tagged(other_workspace, eve=["vip", "theirs"])
    page = client.get("/tags/?sort=-uses").content.decode()
    assert re.findall(r'class="row-link"[^>]*>([^<]+)<', page) == ["vip", "cold"]
    assert re.findall(r'<td class="number">(\d+)<', page) == ["2", "1"]
    assert "cold" not in client.get("/tags/?q=VIP").content.decode()


def test_list_costs_the_same_for_one_and_three(client: Client, workspace: Workspace) -> None:
    tagged(workspace, ann=["a"])
    one = queries_of(client, "/tags/")
    tagged(workspace, bob=["b", "c"])
    assert queries_of(client, "/tags/") == one


def test_renaming_takes_segments_along(client: Client, workspace: Workspace) -> None:
    people = tagged(workspace, ann=["vip"])
    segment = asking(workspace, "vip", "hot")
    assert client.post(page_of(workspace, "vip"), {"name": " VIP "})["Location"] == "/tags/"
    segment.refresh_from_db()
    assert tags_of(people["ann"]) == ["VIP"]
    assert segment.rules["all"][0]["any"][0]["value"] == ["VIP", "hot"]
    assert AuditEntry.objects.get(action="tag.renamed").changes == {"name": ["vip", "VIP"]}


def test_renaming_follows_a_value_that_stands_alone(client: Client, workspace: Workspace) -> None:
    tagged(workspace, ann=["vip", "vi"])
    rules = {"all": [{"field": "tags", "operator": "has_any", "value": "vip"}]}
    segment = workspace.segments.create(name="Warm", rules=rules)
    client.post(page_of(workspace, "vi"), {"name": "v"})
    client.post(page_of(workspace, "vip"), {"name": "hot"})
    segment.refresh_from_db()
    assert segment.rules["all"][0]["value"] == ["hot"]


def test_a_name_that_is_taken_offers_the_merge(client: Client, workspace: Workspace) -> None:
    tagged(workspace, ann=["vip", "hot"])
    segment = asking(workspace, "vip")
    answer = client.post(page_of(workspace, "vip"), {"name": "hot"})
    assert (answer.status_code, "Merge the two instead" in answer.content.decode()) == (422, True)
    assert Segment.objects.get(pk=segment.pk).rules == segment.rules


def test_merging_gives_each_contact_the_other_tag_once(client: Client, workspace: Workspace) -> None:
    people = tagged(workspace, ann=["vip", "hot"], bob=["vip"], cat=["hot"])
    segment = asking(workspace, "hot", "vip")
    into = Tag.objects.get(name="hot").public_id
    client.post(f"{page_of(workspace, 'vip')}merge", {"into": into})
    segment.refresh_from_db()
    assert "Merged. 1 contact carries hot anew." in client.get("/tags/").content.decode()
    assert {name: tags_of(one) for name, one in people.items()} == {name: ["hot"] for name in people}
    assert segment.rules["all"][0]["any"][0]["value"] == ["hot"]


def test_merging_into_a_foreign_tag_or_itself_is_refused(
    client: Client, workspace: Workspace, other_workspace: Workspace
) -> None:
    tagged(workspace, ann=["vip"])
    tagged(other_workspace, eve=["theirs"])
    for into in Tag.objects.all():
        page = f"{page_of(workspace, 'vip')}merge"
        assert client.post(page, {"into": into.public_id}).status_code == 422
    assert Tag.objects.count() == 2


def test_deleting_says_who_loses_it_and_keeps_them(client: Client, workspace: Workspace) -> None:
    people = tagged(workspace, ann=["vip"], bob=["vip", "hot"])
    asking(workspace, "vip")
    page = client.get(page_of(workspace, "vip")).content.decode()
    assert ("2 contacts lose it" in page, "1 segment names it" in page) == (True, True)
    assert client.post(f"{page_of(workspace, 'vip')}delete").status_code == 303
    assert {name: tags_of(one) for name, one in people.items()} == {"ann": [], "bob": ["hot"]}


def test_viewers_only_look(workspace: Workspace) -> None:
    tagged(workspace, ann=["vip"])
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    assert viewer.get("/tags/").status_code == 200
    assert viewer.get(page_of(workspace, "vip")).status_code == 403
