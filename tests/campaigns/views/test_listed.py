from typing import Any

import pytest
from django.test import Client

from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, CampaignTotal
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_account, make_campaign, make_enrolment, make_member
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def names(response: Any) -> list[str]:
    return [line.campaign.name for line in response.context["listing"]]


def test_list_shows_the_numbers_of_each_campaign(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Q1")
    numbers = {"contacts": 5, "sent": 5, "bounced": 1, "opened": 3, "replied": 1}
    CampaignTotal.objects.filter(campaign=campaign).update(**numbers)
    (line,) = client.get("/campaigns/").context["listing"]
    assert (line.progress.people, line.sent, line.open_rate, line.reply_rate) == (5, 5, 75.0, 25.0)


def test_list_has_a_dash_where_nothing_was_sent(client: Client, workspace: Workspace) -> None:
    make_campaign(workspace)
    (line,) = client.get("/campaigns/").context["listing"]
    assert (line.open_rate, line.reply_rate) == (None, None)


def test_list_filters_searches_and_sorts(client: Client, workspace: Workspace) -> None:
    for name, status in (("Beta", "draft"), ("Alpha", "active"), ("Alpine", "draft")):
        make_campaign(workspace, name=name, status=status)
    assert names(client.get("/campaigns/")) == ["Alpine", "Alpha", "Beta"]
    assert names(client.get("/campaigns/?sort=name&status=draft")) == ["Alpine", "Beta"]
    assert names(client.get("/campaigns/?sort=-name&q=alp")) == ["Alpine", "Alpha"]


def test_list_answers_htmx_with_its_table_alone(client: Client, workspace: Workspace) -> None:
    make_campaign(workspace, name="Q1")
    part = client.get("/campaigns/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="list">')
    assert ("Q1" in part, "<html" in part) == (True, False)


def test_list_needs_the_same_queries_for_any_number_of_rows(client: Client, workspace: Workspace) -> None:
    make_campaign(workspace)
    one = queries_of(client, "/campaigns/")
    make_campaign(workspace)
    make_campaign(workspace)
    assert queries_of(client, "/campaigns/") == one


def test_list_without_campaigns_offers_the_first(client: Client, workspace: Workspace) -> None:
    page = client.get("/campaigns/").content.decode()
    assert ('href="/campaigns/new"' in page, "<table" in page) == (True, False)


def test_list_shows_how_far_each_campaign_is(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    for status in ("pending", "completed", "replied", "in_progress"):
        make_enrolment(campaign, status=status)
    CampaignTotal.objects.filter(campaign=campaign).update(contacts=4)
    (line,) = client.get("/campaigns/").context["listing"]
    assert (line.progress.finished, line.progress.share) == (2, 50.0)


def test_list_offers_what_each_status_allows(client: Client, workspace: Workspace) -> None:
    make_campaign(workspace, status="paused")
    (line,) = client.get("/campaigns/").context["listing"]
    assert [deed.value for deed in line.deeds] == ["resume", "duplicate", "cancel"]


def test_list_offers_a_viewer_nothing_but_to_compare(workspace: Workspace) -> None:
    make_campaign(workspace)
    response = signed_in(make_member(workspace, Role.VIEWER)).get("/campaigns/")
    page = response.content.decode()
    assert ("/campaigns/new" in page, "/act" in page) == (False, False)
    assert [value for value, _label, _question in response.context["acts"]] == ["compare"]


def test_list_shows_strangers_nothing(stranger: Member, workspace: Workspace) -> None:
    make_campaign(workspace)
    assert names(signed_in(stranger).get("/campaigns/")) == []


def test_new_makes_a_draft_and_goes_on_in_its_workflow(client: Client, workspace: Workspace, teammate: Member) -> None:
    account = make_account(workspace)
    response = client.post("/campaigns/new", {"name": "Q1", "account": account.pk})
    campaign = Campaign.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/campaigns/{campaign.public_id}/workflow")
    assert (campaign.name, campaign.status, campaign.created_by) == ("Q1", CampaignStatus.DRAFT, teammate.user)
    assert campaign.lanes.get().account == account


def test_new_refuses_an_account_of_another_workspace(client: Client, workspace: Workspace, stranger: Member) -> None:
    make_account(workspace)
    response = client.post("/campaigns/new", {"name": "Q1", "account": make_account(stranger.workspace).pk})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["account"])
    assert Campaign.objects.count() == 0


def test_new_is_for_members(workspace: Workspace) -> None:
    client = signed_in(make_member(workspace, Role.VIEWER))
    assert (client.get("/campaigns/new").status_code, client.post("/campaigns/bulk").status_code) == (403, 403)


def test_bulk_compares_for_whoever_may_look(workspace: Workspace) -> None:
    client = signed_in(make_member(workspace, Role.VIEWER))
    response = client.post("/campaigns/bulk", {"act": "compare", "chosen": ["cmp_a", "cmp_b"]})
    assert (response.status_code, response["Location"]) == (303, "/campaigns/compare?id=cmp_a&id=cmp_b")


def test_bulk_does_nothing_else_than_it_offers(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    client.post("/campaigns/bulk", {"act": "cancel", "chosen": campaign.public_id})
    assert Campaign.objects.get().status == CampaignStatus.DRAFT


def test_bulk_changes_what_may_be_changed(client: Client, workspace: Workspace, other_workspace: Workspace) -> None:
    rows = [make_campaign(workspace, status=status) for status in ("active", "draft")]
    rows.append(make_campaign(other_workspace, status="active"))
    client.post("/campaigns/bulk", {"act": "pause", "chosen": [row.public_id for row in rows]})
    found = [Campaign.objects.get(pk=row.pk).status for row in rows]
    assert found == [CampaignStatus.PAUSED, CampaignStatus.DRAFT, CampaignStatus.ACTIVE]


def test_bulk_archives_drafts(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    client.post("/campaigns/bulk", {"act": "archive", "chosen": campaign.public_id})
    assert Campaign.objects.get().status == CampaignStatus.ARCHIVED
