from datetime import timedelta
from typing import Any

import pytest

from campaigns import activity
from campaigns.enums import EventType
from campaigns.models import Campaign, Event
from campaigns.periods import Period
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def happen(campaign: Campaign, type: str = EventType.SENT, minutes: int = 0, **fields: Any) -> Event:
    at = NOW + timedelta(minutes=minutes)
    return Event.objects.create(workspace=campaign.workspace, campaign=campaign, type=type, at=at, **fields)


def test_events_come_newest_first(campaign: Campaign) -> None:
    first, second, third = (happen(campaign, minutes=minute) for minute in (0, 5, 5))
    assert list(activity.events(campaign)) == [third, second, first]


def test_events_of_other_campaigns_are_not_shown(campaign: Campaign) -> None:
    happen(make_campaign(campaign.workspace))
    assert list(activity.events(campaign)) == []


def test_events_are_filtered_by_type_contact_and_time(campaign: Campaign) -> None:
    person = make_contact(campaign.workspace)
    wanted = happen(campaign, EventType.CLICKED, 10, contact=person)
    happen(campaign, EventType.OPENED, 10, contact=person)
    happen(campaign, EventType.CLICKED, 10)
    happen(campaign, EventType.CLICKED, 9, contact=person)
    happen(campaign, EventType.CLICKED, 11, contact=person)
    period = Period(NOW + timedelta(minutes=10), NOW + timedelta(minutes=11))
    found = activity.events(campaign, types=["clicked", "sent"], contact_id=person.pk, period=period)
    assert list(found) == [wanted]


def test_machines_are_shown_only_when_asked_for(campaign: Campaign) -> None:
    human, machine = happen(campaign), happen(campaign, EventType.OPENED, 1, is_bot=True)
    assert list(activity.events(campaign)) == [human]
    assert list(activity.events(campaign, bots=True)) == [machine, human]


def line(campaign: Campaign, *, mode: str) -> dict[str, Any]:
    return activity.line(activity.events(campaign).values_list(*activity.LINE).get(), mode=mode)


def test_line_is_printed_as_the_seed_does(campaign: Campaign) -> None:
    person = make_contact(campaign.workspace, "john@example.com")
    metadata = {"userAgent": "Mozilla/5.0", "ip": "192.168.1.1", "linkUrl": None}
    happen(campaign, EventType.OPENED, contact=person, node="node_2", metadata=metadata)
    assert list(line(campaign, mode="full").items()) == [
        ("id", Event.objects.get().public_id),
        ("type", "opened"),
        ("contactId", person.public_id),
        ("contactEmail", "john@example.com"),
        ("emailNodeId", "node_2"),
        ("timestamp", "2026-03-02T10:00:00Z"),
        ("metadata", {"userAgent": "Mozilla/5.0", "ip": "192.168.1.1"}),
    ]


def test_line_hides_who_it_was_unless_the_workspace_tracks_in_full(campaign: Campaign) -> None:
    happen(campaign, EventType.OPENED, metadata={"ip": "192.168.1.1", "userAgent": "x", "linkUrl": "https://a"})
    assert line(campaign, mode="minimal")["metadata"] == {"linkUrl": "https://a"}


def test_line_outlives_its_contact(campaign: Campaign) -> None:
    person = make_contact(campaign.workspace)
    happen(campaign, contact=person)
    Contact.objects.filter(pk=person.pk).delete()
    found = line(campaign, mode="full")
    assert (found["contactId"], found["contactEmail"], found["emailNodeId"]) == (person.public_id, None, None)
