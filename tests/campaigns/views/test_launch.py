import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.enums import CampaignStatus
from campaigns.models import Campaign
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import (
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_member,
    make_running,
    make_workflow,
)
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def make_draft(workspace: Workspace, people: int = 1, **data: str) -> Campaign:
    campaign = make_campaign(workspace, make_workflow(make_email_node(**data)), name="Spring")
    for _number in range(people):
        make_enrolment(campaign, make_contact(workspace), version=None)
    return campaign


def address(campaign: Campaign) -> str:
    return f"/campaigns/{campaign.public_id}/launch"


def test_page_says_what_will_leave_and_offers_the_launch(client: Client, workspace: Workspace) -> None:
    html = client.get(address(make_draft(workspace, people=2))).content.decode()
    assert "Launch “Spring”" in html
    assert "(Europe/Paris)" in html
    assert '<button class="btn btn-primary">Launch</button>' in html


def test_launch_starts_the_campaign_and_leads_to_its_overview(client: Client, workspace: Workspace) -> None:
    campaign = make_draft(workspace, people=2)
    answer = client.post(address(campaign))
    assert (answer.status_code, answer["Location"]) == (303, f"/campaigns/{campaign.public_id}/")
    assert "Launched: 2 contacts are on the way." in client.get(answer["Location"]).content.decode()
    assert Campaign.objects.get().status == CampaignStatus.ACTIVE


def test_what_blocks_disables_the_launch_and_leads_to_where_it_is_put_right(
    client: Client, workspace: Workspace
) -> None:
    campaign = make_draft(workspace, body="")
    answer = client.get(address(campaign))
    html = answer.content.decode()
    assert '<button class="btn btn-primary" disabled aria-describedby="held">Launch</button>' in html
    assert "1 thing below keeps it from starting." in html
    line = answer.context["checks"][0].lines[0]
    assert (line.url, str(line.label)) == (f"/campaigns/{campaign.public_id}/workflow", "Open the workflow")
    refused = client.post(address(campaign))
    assert (refused.status_code, Campaign.objects.get().status) == (409, CampaignStatus.DRAFT)
    assert "That did not work:" in refused.content.decode()


def test_blank_variables_link_to_the_preview_of_those_people(client: Client, workspace: Workspace) -> None:
    campaign = make_draft(workspace, body="At {{company}}")
    contact = campaign.enrolments.get().contact
    assert contact is not None
    lines = [line for block in client.get(address(campaign)).context["checks"] for line in block.lines]
    people = next(line.people for line in lines if line.people)
    url = f"/campaigns/{campaign.public_id}/preview?mail=mail_1&person={contact.public_id}"
    assert people == [(contact.email, url)]


def test_every_link_of_the_checks_leads_to_a_page(owner: Member, workspace: Workspace) -> None:
    client = Client()
    client.force_login(owner.user)
    campaign = make_draft(workspace, people=1, subject="s" * 70, body="At {{company}}")
    campaign.lanes.get().account.__class__.objects.update(status="error", status_reason="Wrong password.")
    Campaign.objects.update(send_days=[])
    lines = [line for block in client.get(address(campaign)).context["checks"] for line in block.lines]
    urls = {line.url for line in lines if line.url}
    assert len(urls) == 4
    assert {client.get(url).status_code for url in urls} == {200}


def test_what_is_no_draft_leads_to_the_overview(client: Client, workspace: Workspace) -> None:
    campaign = make_running(workspace)
    assert client.get(address(campaign))["Location"] == f"/campaigns/{campaign.public_id}/"


def test_viewers_and_strangers_may_not_launch(workspace: Workspace, stranger: Member) -> None:
    campaign = make_draft(workspace)
    for member, status in ((make_member(workspace, Role.VIEWER), 403), (stranger, 404)):
        client = Client()
        client.force_login(member.user)
        assert client.post(address(campaign)).status_code == status
    assert Campaign.objects.get().status == CampaignStatus.DRAFT


def test_page_asks_as_much_for_three_people_as_for_one(client: Client, workspace: Workspace) -> None:
    counts = []
    for people in (1, 3):
        url = address(make_draft(workspace, people=people))
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            client.get(url)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_everybody_is_added_from_here_where_nobody_is_in_it(client: Client, workspace: Workspace) -> None:
    campaign = make_draft(workspace, people=0)
    assert b"Add a contact" in client.get(address(campaign)).content
    make_contact(workspace)
    make_contact(workspace, status="unsubscribed")
    assert b"Add your 1 active contact" in client.get(address(campaign)).content

    said = {"who": "matching", "status": "active", "act": "add", "next": address(campaign)}
    answer = client.post(f"/campaigns/{campaign.public_id}/contacts/add", said)

    assert answer["Location"] == address(campaign)
    assert campaign.enrolments.count() == 1
    assert b"Nobody is in the campaign yet" not in client.get(address(campaign)).content
