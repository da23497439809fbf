from typing import Any

import pytest
from django.test import Client

from campaigns import linked_groups
from campaigns.models import Campaign
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_account, make_campaign, make_group, make_member, make_workspace
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign) -> str:
    return f"/campaigns/{campaign.public_id}/settings"


def form(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    given = {
        "name": "Q2",
        "description": "",
        "account": campaign.lanes.get().account_id,
        "send_days": ["saturday", "monday"],
        "send_hours_start": "8",
        "send_hours_end": "24",
        "timezone": "Asia/Tokyo",
        "max_emails_per_hour": "",
    }
    return given | changes


@pytest.mark.parametrize("status", ["draft", "paused"])
def test_settings_are_saved(client: Client, workspace: Workspace, status: str) -> None:
    campaign, account = make_campaign(workspace, status=status), make_account(workspace)
    response = client.post(address(campaign), form(campaign, account=account.pk, one_per_company="on"))
    assert (response.status_code, response["Location"]) == (303, address(campaign))
    campaign.refresh_from_db()
    assert (campaign.name, campaign.send_days, campaign.timezone) == ("Q2", ["monday", "saturday"], "Asia/Tokyo")
    assert (campaign.send_hours_start, campaign.send_hours_end, campaign.max_emails_per_hour) == (8, 24, None)
    assert (campaign.lanes.get().account, campaign.one_per_company) == (account, True)


def test_groups_that_feed_and_that_are_excluded_are_saved_and_shown(client: Client, workspace: Workspace) -> None:
    campaign, dynamic, static = make_campaign(workspace), make_group(workspace, kind="dynamic"), make_group(workspace)
    make_group(make_workspace("Other"))
    client.post(address(campaign), form(campaign, feeding=[dynamic.pk], excluded=[static.pk]))
    shown = client.get(address(campaign)).context["form"]

    assert linked_groups.of(campaign) == linked_groups.Linked([dynamic], [static])
    assert (shown["feeding"].value(), shown["excluded"].value()) == ([dynamic.pk], [static.pk])
    assert list(shown.fields["feeding"].queryset) == [dynamic]
    client.post(address(campaign), form(campaign))
    assert linked_groups.of(campaign) == linked_groups.Linked([], [])


def test_group_that_feeds_and_is_excluded_is_refused_at_its_field(client: Client, workspace: Workspace) -> None:
    campaign, group = make_campaign(workspace), make_group(workspace, kind="dynamic")
    response = client.post(address(campaign), form(campaign, feeding=[group.pk], excluded=[group.pk]))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["excluded"])


def test_page_shows_what_is_set(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Q1", send_hours_start=7)
    shown = client.get(address(campaign)).context["form"]
    assert (shown["name"].value(), shown["send_hours_start"].value(), shown["timezone"].value()) == (
        "Q1",
        7,
        "Europe/Paris",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("send_days", []), ("send_hours_start", "24"), ("timezone", "Mars"), ("max_emails_per_hour", "0")],
)
def test_wrong_settings_are_refused_at_their_field(
    client: Client, workspace: Workspace, field: str, value: Any
) -> None:
    campaign = make_campaign(workspace, name="Q1")
    response = client.post(address(campaign), form(campaign, **{field: value}))
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Campaign.objects.get().name == "Q1"


def test_limit_beyond_the_domain_is_refused_at_its_field(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    response = client.post(address(campaign), form(campaign, max_emails_per_hour="1000001"))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["max_emails_per_hour"])


def test_account_of_another_workspace_is_refused(client: Client, workspace: Workspace, stranger: Member) -> None:
    campaign = make_campaign(workspace)
    response = client.post(address(campaign), form(campaign, account=make_account(stranger.workspace).pk))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["account"])


def test_running_campaign_shows_and_does_not_save(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Q1", status="active")
    page = client.get(address(campaign))
    assert (page.context["may_edit"], page.context["form"].fields["name"].disabled) == (False, True)
    assert (client.post(address(campaign), form(campaign)).status_code, Campaign.objects.get().name) == (422, "Q1")


def test_account_in_error_stays_chosen(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, account=make_account(workspace, status="error"))
    assert client.post(address(campaign), form(campaign)).status_code == 303


def test_viewers_see_and_may_not_save(workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(make_member(workspace, Role.VIEWER))
    assert client.get(address(campaign)).context["may_edit"] is False
    assert client.post(address(campaign), form(campaign)).status_code == 403


def test_strangers_find_nothing(stranger: Member, workspace: Workspace) -> None:
    campaign, client = make_campaign(workspace), signed_in(stranger)
    assert [client.get(address(campaign)).status_code, client.post(address(campaign)).status_code] == [404, 404]
