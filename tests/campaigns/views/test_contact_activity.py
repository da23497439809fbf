"""What was sent to a contact, and what happened."""

import pytest
from django.test import Client

from campaigns.enums import EventType
from campaigns.models import Event
from contacts.models import Contact
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_sent
from tests.counting import queries_of

pytestmark = pytest.mark.django_db


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def happen(contact: Contact, kind: str, **fields: object) -> None:
    message = make_sent(
        make_enrolment(make_campaign(contact.workspace, name="Spring"), contact), content={"subject": "Hello Ann"}
    )
    Event.objects.create(
        workspace=contact.workspace,
        campaign=message.campaign,
        contact=contact,
        message=message,
        type=kind,
        at=NOW,
        **fields,
    )


def test_page_shows_what_happened_to_this_contact_but_no_machines(workspace: Workspace, teammate: Member) -> None:
    contact = make_contact(workspace)
    happen(contact, EventType.CLICKED)
    happen(contact, EventType.OPENED, is_bot=True)
    happen(make_contact(workspace), EventType.BOUNCED)
    page = signed_in(teammate).get(f"/contacts/{contact.public_id}/activity").content.decode()
    found = [word in page for word in ("Clicked", "Hello Ann", "Spring", "Opened", "Bounced")]
    assert found == [True, True, True, False, False]


def test_page_asks_as_many_queries_for_three_events_as_for_one(workspace: Workspace, teammate: Member) -> None:
    client, contact = signed_in(teammate), make_contact(workspace)
    url = f"/contacts/{contact.public_id}/activity"
    happen(contact, EventType.SENT)
    one = queries_of(client, url)
    happen(contact, EventType.OPENED)
    happen(contact, EventType.CLICKED)
    assert queries_of(client, url) == one


def test_card_asks_for_the_part(workspace: Workspace, teammate: Member) -> None:
    client, url = signed_in(teammate), f"/contacts/{make_contact(workspace).public_id}"
    assert f'hx-get="{url}/activity"' in client.get(f"{url}/").content.decode()
    part = client.get(f"{url}/activity", headers={"HX-Request": "true"}).content.decode()
    assert ("Nothing was sent to this contact yet." in part, "<html" in part) == (True, False)


def test_a_stranger_gets_404(workspace: Workspace, stranger: Member) -> None:
    contact = make_contact(workspace)
    assert signed_in(stranger).get(f"/contacts/{contact.public_id}/activity").status_code == 404
