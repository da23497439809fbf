"""All that happened to a person, in one order, page by page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.enums import EventType
from campaigns.models import Event
from contacts import notes, people, stages, timeline, todo
from contacts.models import Consent, Contact
from contacts.timeline import Kind, Place
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_campaign, make_contact, make_group, make_stage
from tests.clients import signed_in
from tests.counting import queries_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def write(contact: Contact, *hours: int) -> None:
    for hour in hours:
        notes.write(contact, text=f"n{hour}", by="jo", now=NOW + hour * HOUR)


def test_pages_follow_each_other_without_gap_or_double(workspace: Workspace) -> None:
    contact = make_contact(workspace)
    write(contact, 1, 2, 2, 2, 3)
    seen: list[Any] = []
    before = None
    for _page in range(3):
        page = timeline.of(contact, kinds=[Kind.NOTE], before=before, count=2)
        seen += page.entries
        before = page.earlier and Place.read(str(page.earlier))
    assert ([entry.detail for entry in seen], before) == (["n3", "n2", "n2", "n2", "n1"], None)
    assert len({entry.key for entry in seen}) == 5


def test_everything_is_told(workspace: Workspace) -> None:
    draft: Any = {"email": "jane@x.example", "tags": ["vip"], "groups": [make_group(workspace, "News")]}
    contact = people.create(workspace=workspace, draft=draft, by="jo", now=NOW)
    people.update(contact, draft={"company": "Acme"}, by="jo", now=NOW)
    stages.move([contact], to=make_stage(workspace, "Hot"), by="jo", now=NOW)
    Consent.objects.create(workspace=workspace, contact=contact, source="event", by="jo", given_at=NOW)
    write(contact, 1)
    todo.finish(todo.add(contact, text="Call", owner=None, due=None, by="jo", now=NOW), now=NOW)
    campaign = make_campaign(workspace)
    for kind in (EventType.SENT, EventType.REPLIED, EventType.ADDED):
        Event.objects.create(workspace=workspace, campaign=campaign, contact=contact, type=kind, at=NOW)
    Contact.objects.filter(pk=contact.pk).update(objected_at=NOW)
    words = {str(entry.word) for entry in timeline.of(contact).entries}
    assert words == {
        "Contact added",
        "Tagged",
        "Joined a group",
        "Company",
        "Stage",
        "Consent",
        "Note",
        "Task done",
        "Sent",
        "Replied",
        "Added",
        "Objected to tracking",
    }


@pytest.mark.parametrize("text", ["", "x", "2025-01-01T00:00:00_" + "0" * 32, "2025-01-01T00:00:00+00:00_zz"])
def test_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Place.read(text)


def test_page_narrows_and_leads_on(teammate: Member, workspace: Workspace) -> None:
    contact, client = make_contact(workspace), signed_in(teammate)
    write(contact, *range(30))
    page = client.get(f"/contacts/{contact.public_id}/timeline?kind=note").content.decode()
    assert (page.count("<li><span"), "Show earlier" in page) == (25, True)
    assert "Nothing of this kind" in client.get(f"/contacts/{contact.public_id}/timeline?kind=mail").content.decode()


def test_card_takes_the_same_queries_for_one_and_three(teammate: Member, workspace: Workspace) -> None:
    client: Client = signed_in(teammate)
    counts = []
    stage = make_stage(workspace)
    for hours in ((1,), (1, 2, 3)):
        contact = make_contact(workspace, stage=stage, deal_value=500, owner=teammate.user, hold_until=NOW + HOUR)
        write(contact, *hours)
        todo.add(contact, text="Call", owner=teammate.user, due=None, by="jo", now=NOW)
        counts.append(queries_of(client, f"/contacts/{contact.public_id}/"))
    assert counts[0] == counts[1]


def test_what_is_done_on_the_card(teammate: Member, workspace: Workspace) -> None:
    contact, client = make_contact(workspace), signed_in(teammate)
    page, me = f"/contacts/{contact.public_id}", teammate.user.public_id
    client.post(f"{page}/note", {"text": "Met in Lyon"})
    client.post(f"{page}/task", {"text": "Call", "due": "2030-01-02", "owner": me})
    client.post(f"{page}/owner", {"owner": me})
    client.post(f"{page}/hold", {"until": "2030-01-02"})
    contact.refresh_from_db()
    task = contact.tasks.get()
    assert (contact.owner, str(contact.hold_until), task.owner) == (
        teammate.user,
        "2030-01-02 00:00:00+00:00",
        teammate.user,
    )
    card = client.get(f"{page}/").content.decode()
    assert [word in card for word in ("Met in Lyon", "Call", "2 Jan 2030", "Lift the hold")] == [True] * 4
    client.post(f"/tasks/{task.public_id}/done")
    client.post(f"{page}/hold", {"act": "lift"})
    contact.refresh_from_db()
    assert (contact.hold_until, contact.tasks.open().count()) == (None, 0)


@pytest.mark.parametrize(
    ("door", "form"), [("note", {"text": ""}), ("task", {"text": ""}), ("hold", {"until": "soon"}), ("hold", {})]
)
def test_what_does_not_fit_is_refused(teammate: Member, workspace: Workspace, door: str, form: dict[str, str]) -> None:
    contact = make_contact(workspace)
    response = signed_in(teammate).post(f"/contacts/{contact.public_id}/{door}", form)
    assert response.status_code == 422
