from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from campaigns.models import Campaign
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_contact, make_email_node, make_enrolment, make_member, make_workflow
from tests.counting import queries_of

pytestmark = pytest.mark.django_db

START = "2027-03-01T10:00"  # a Monday
REPLY = {"rows": "1", "e1-on": "replied", "e1-email": "mail_1", "e1-count": "2", "e1-unit": "hours"}


@pytest.fixture
def client(workspace: Workspace) -> Client:
    client = Client()
    client.force_login(make_member(workspace, Role.VIEWER).user)
    return client


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    campaign = make_campaign(workspace, make_workflow(make_email_node(body="Hello to {{email}}")))
    for name in ("ada", "grace", "joan", "mary"):
        make_enrolment(campaign, make_contact(workspace, f"{name}@acme.example"))
    return campaign


def page(client: Client, campaign: Campaign, **query: Any) -> Any:
    return client.get(f"/campaigns/{campaign.public_id}/simulator", {"start": START} | query)


def test_first_three_are_played_at_once(client: Client, campaign: Campaign) -> None:
    answer = page(client, campaign)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert [story.path.contact.email for story in answer.context["stories"]] == [
        "ada@acme.example",
        "grace@acme.example",
        "joan@acme.example",
    ]
    assert "3 emails would be sent; nothing is." in text
    assert "Mon 1 Mar 2027, 10:00" in text  # on the clock of Paris


def test_chosen_people_do_what_the_address_says(client: Client, campaign: Campaign, workspace: Workspace) -> None:
    other = make_contact(workspace, "zoe@acme.example")
    answer = page(client, campaign, contact=other.public_id, **REPLY)
    (story,) = answer.context["stories"]
    assert (story.path.contact, story.path.ending, story.ended) == (other, "replied", "Mon 1 Mar 2027, 12:00")


def test_mail_is_shown_in_its_frame(client: Client, campaign: Campaign) -> None:
    answer = page(client, campaign)
    contact = answer.context["stories"][0].path.contact
    address = f"/campaigns/{campaign.public_id}/simulator/mail?start={START}&person={contact.public_id}&node=mail_1"
    assert address.replace("&", "&amp;").replace(":00&", "%3A00&") in answer.content.decode()
    mail = client.get(address)
    assert "Hello to ada@acme.example" in mail.content.decode()
    assert "sandbox" in mail["Content-Security-Policy"]
    assert client.get(address.replace("mail_1", "mail_2")).status_code == 404


def test_search_finds_contacts_beside_those_of_the_campaign(
    client: Client, campaign: Campaign, workspace: Workspace
) -> None:
    make_contact(workspace, "zoe@acme.example")
    choices = page(client, campaign, q="zoe").context["asked"].setup.fields["contact"].choices
    assert [label for _value, label in choices][-2:] == ["zoe@acme.example", "mary@acme.example"]


@pytest.mark.parametrize(
    ("change", "query", "rows"),
    [
        ("add", {}, {"rows": ["1"]}),
        ("add", REPLY, {name: [value] for name, value in (REPLY | {"rows": "2"}).items()}),
        ("drop-1", REPLY, {}),
        ("drop-9", REPLY, {name: [value] for name, value in REPLY.items()}),
    ],
)
def test_changing_the_rows_leads_to_an_address_that_can_be_shared(
    client: Client, campaign: Campaign, change: str, query: dict[str, str], rows: dict[str, list[str]]
) -> None:
    answer = page(client, campaign, change=change, q="", **query)
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query) == {"start": [START], **rows}


def test_new_row_is_ready_to_run(client: Client, campaign: Campaign) -> None:
    answer = page(client, campaign, rows="1")
    assert answer.status_code == 200
    assert {story.path.moments[-1].event for story in answer.context["stories"]} == {"opened"}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"start": "someday"}, "Enter a valid date/time."),
        ({"start": "1999-01-01T10:00"}, "The start must be between 2000 and 2100."),
        (REPLY | {"e1-count": "x"}, "Enter a whole number."),
        (REPLY | {"e1-unit": "day", "e1-count": "0"}, "Must be a day from 1 to 730."),
        (REPLY | {"e1-email": "end"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: Client, campaign: Campaign, query: dict[str, str], text: str
) -> None:
    answer = page(client, campaign, **query)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert answer.context["stories"] == []


def test_workflow_that_cannot_run_says_why(client: Client, workspace: Workspace) -> None:
    make_contact(workspace)
    text = page(client, make_campaign(workspace, make_workflow(make_email_node(subject="")))).content.decode()
    assert "The workflow cannot run yet:" in text
    assert "Email 1: The first email needs a subject." in text


def test_without_anybody_it_asks_for_contacts(client: Client, workspace: Workspace) -> None:
    assert "A simulation needs people" in page(client, make_campaign(workspace)).content.decode()


def test_contact_of_another_workspace_is_not_simulated(
    client: Client, campaign: Campaign, other_workspace: Workspace
) -> None:
    foreign = make_contact(other_workspace, "stranger@acme.example")
    text = page(client, campaign, contact=foreign.public_id, q="stranger").content.decode()
    assert "stranger@acme.example" not in text


def test_too_many_people_are_refused(client: Client, campaign: Campaign, workspace: Workspace) -> None:
    ids = [make_contact(workspace).public_id for _number in range(21)]
    answer = page(client, campaign, contact=ids)
    assert "Choose 1 to 20 contacts." in answer.content.decode()


def test_queries_do_not_grow_with_the_people(client: Client, campaign: Campaign, owner: Member) -> None:
    ids = [str(row.contact.public_id) for row in campaign.enrolments.select_related("contact")]
    base = f"/campaigns/{campaign.public_id}/simulator?start={START}"
    one = queries_of(client, f"{base}&contact={ids[0]}")
    assert queries_of(client, base + "".join(f"&contact={text}" for text in ids[:3])) == one
