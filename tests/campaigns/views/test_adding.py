from typing import Any

import pytest
from django.test import Client

from campaigns import additions, candidates
from campaigns.models import Campaign, Enrolment
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_contact, make_enrolment, make_group, make_member, make_workspace
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def post(client: Client, campaign: Campaign, act: str = "add", **given: Any) -> Any:
    return client.post(f"/campaigns/{campaign.public_id}/contacts/add", {"act": act, **given})


def inside(campaign: Campaign) -> list[str]:
    return list(Enrolment.objects.filter(campaign=campaign).order_by("id").values_list("contact__email", flat=True))


def test_groups_are_added(client: Client, workspace: Workspace) -> None:
    campaign, group = make_campaign(workspace), make_group(workspace, members=(make_contact(workspace, "a@a.example"),))
    response = post(client, campaign, who="groups", groups=group.public_id)
    assert (response.status_code, response["Location"]) == (303, f"/campaigns/{campaign.public_id}/contacts")
    assert inside(campaign) == ["a@a.example"]


def test_addresses_are_added_in_any_spelling(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for email in ("ann@a.example", "bob@a.example"):
        make_contact(workspace, email)
    post(client, campaign, who="addresses", addresses="Ann@A.example,\n bob@a.example")
    assert inside(campaign) == ["ann@a.example", "bob@a.example"]


def test_whoever_matches_is_added_without_those_left_out(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    for name in ("ann", "bob", "zoe"):
        make_contact(workspace, f"{name}@a.example")
    group = make_group(workspace, members=(make_contact(workspace, "out@a.example"),))
    make_contact(workspace, "other@b.example")
    post(client, campaign, who="matching", q="a.example", status="active", without=group.public_id)
    assert inside(campaign) == ["ann@a.example", "bob@a.example", "zoe@a.example"]


def test_count_is_said_before_anybody_is_added(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_enrolment(campaign, make_contact(workspace, "in@a.example"))
    make_contact(workspace, "blocked@a.example", status="blocked")
    make_contact(workspace, "new@a.example")
    response = post(client, campaign, act="count", who="matching", q="a.example")
    estimate = response.context["estimate"]
    assert (estimate.asked, estimate.fit, estimate.skipped) == (3, 1, 2)
    assert inside(campaign) == ["in@a.example"]
    post(client, campaign, **dict(response.context["kept"]))
    assert inside(campaign) == ["in@a.example", "new@a.example"]


def test_change_goes_back_with_what_was_said(client: Client, workspace: Workspace) -> None:
    response = post(client, make_campaign(workspace), act="change", who="matching", q="ann")
    page = response.content.decode()
    assert (response.status_code, 'value="ann"' in page) == (200, True)


def test_plan_that_holds_the_mails_up_is_named() -> None:
    workspace = make_workspace(plan="free")
    for _number in range(51):
        make_contact(workspace)
    client = signed_in(make_member(workspace))
    response = post(client, make_campaign(workspace), act="count", who="matching", status="active")
    assert response.context["limit"] == "The Free plan sends 50 emails a day, so their first mails take 2 days."


def test_address_of_nobody_is_named_and_adds_nobody(client: Client, workspace: Workspace, stranger: Member) -> None:
    campaign = make_campaign(workspace)
    make_contact(workspace, "ann@a.example")
    make_contact(stranger.workspace, "theirs@b.example")
    response = post(client, campaign, who="addresses", addresses="ann@a.example theirs@b.example")
    assert response.status_code == 422
    assert response.context["form"].errors == {"addresses": ["No contact has this address: theirs@b.example"]}
    assert inside(campaign) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"who": "groups"}, "groups"),
        ({"who": "addresses", "addresses": " "}, "addresses"),
        ({"who": "matching"}, "__all__"),
        ({"who": "matching", "q": "a", "tag": "gone since"}, "__all__"),
        ({"who": "chosen"}, "who"),
        ({}, "who"),
    ],
)
def test_adding_needs_somebody(client: Client, workspace: Workspace, given: dict[str, str], field: str) -> None:
    make_group(workspace)
    make_contact(workspace, "ann@a.example")
    response = post(client, make_campaign(workspace), **given)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Enrolment.objects.count() == 0


@pytest.mark.parametrize("act", ["count", "add"])
def test_adding_to_an_archived_campaign_is_refused(client: Client, workspace: Workspace, act: str) -> None:
    campaign, contact = make_campaign(workspace, status="archived"), make_contact(workspace, "ann@a.example")
    response = post(client, campaign, act=act, who="addresses", addresses=contact.email)
    assert response.context["form"].non_field_errors() == ["The campaign is archived. The people in it are fixed."]
    assert (response.status_code, inside(campaign)) == (422, [])


def test_adding_is_for_members_of_the_workspace(workspace: Workspace, stranger: Member) -> None:
    campaign = make_campaign(workspace)
    viewer = make_member(workspace, Role.VIEWER)
    assert [post(signed_in(one), campaign).status_code for one in (viewer, stranger)] == [403, 404]


def test_chosen_contacts_go_to_the_campaign_that_is_chosen(
    client: Client, workspace: Workspace, stranger: Member
) -> None:
    campaign, contact = make_campaign(workspace), make_contact(workspace, "ann@a.example")
    theirs = make_contact(stranger.workspace)
    chosen = [contact.public_id, theirs.public_id]
    page = client.post("/campaigns/add-contacts", {"chosen": chosen})
    assert [row.pk for row in page.context["form"].fields["campaign"].queryset] == [campaign.pk]
    counted = client.post("/campaigns/add-contacts", {"chosen": chosen, "campaign": campaign.pk})
    assert counted.context["estimate"].fit == 1
    post(client, campaign, who="chosen", chosen=chosen)
    assert inside(campaign) == ["ann@a.example"]


def test_contacts_of_a_filter_are_kept_until_the_campaign_is_chosen(client: Client, workspace: Workspace) -> None:
    make_campaign(workspace)
    make_contact(workspace, "ann@a.example")
    page = client.get("/campaigns/add-contacts?q=ann&status=active&sort=name")
    assert page.context["kept"] == [("who", "matching"), ("q", "ann"), ("status", "active")]


def test_nobody_chosen_leads_back(client: Client, workspace: Workspace) -> None:
    make_campaign(workspace)
    response = client.post("/campaigns/add-contacts", {"sort": "name"})
    assert (response.status_code, response["Location"]) == (303, "/contacts/")


def test_campaigns_that_are_over_or_of_others_are_not_offered(
    client: Client, workspace: Workspace, stranger: Member
) -> None:
    make_campaign(workspace, status="archived")
    theirs = make_campaign(stranger.workspace)
    response = client.post("/campaigns/add-contacts", {"chosen": "con_x", "campaign": theirs.pk})
    assert (response.status_code, response.context["form"].fields["campaign"].queryset.count()) == (422, 0)


def test_many_are_added_in_the_background_with_a_bar(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "CHUNK", 2)
    campaign, bar = make_campaign(workspace), 'hx-trigger="every 1s, refresh"'
    for name in ("ann", "bob", "zoe"):
        make_contact(workspace, f"{name}@a.example")
    people, more = f"/campaigns/{campaign.public_id}/contacts", f"/campaigns/{campaign.public_id}/contacts/added"

    response = post(client, campaign, who="matching", status="active", next=f"/campaigns/{campaign.public_id}/launch")
    assert (response["Location"], inside(campaign)) == (f"/campaigns/{campaign.public_id}/launch", [])
    for path in (response["Location"], people, more):
        page = client.get(path).content.decode()
        assert [word in page for word in (bar, '<progress value="0" max="3"')] == [True, True], path

    additions.run_next()
    polled = client.get(more, headers={"HX-Request": "true"})
    assert (polled["HX-Refresh"], bar in polled.content.decode()) == ("true", False)
    assert "3 contacts added." in client.get(people).content.decode()
    assert inside(campaign) == ["ann@a.example", "bob@a.example", "zoe@a.example"]
