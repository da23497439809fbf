"""Many who add, remove and complete at once: one effect each, nobody enrolled twice, nobody left behind (S12, S19)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from campaigns import audience, completion
from campaigns.enums import RUNNING, EnrolmentStatus
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment

pytestmark = pytest.mark.django_db(transaction=True)


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the calls in threads of their own, all from one moment on."""
    ready = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            ready.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [found.result() for found in [threads.submit(run, call) for call in calls]]


def add(campaign: Campaign, people: Sequence[Contact]) -> int:
    ids = [person.public_id for person in people]
    return audience.add(campaign, contact_ids=ids, by="test", batch="test", now=NOW).done


def test_parallel_adds_enrol_everybody_once(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    people = [make_contact(workspace) for _ in range(20)]
    added = together([lambda: add(campaign, people)] * 8)
    assert sorted(added) == [0] * 7 + [20]
    assert Enrolment.objects.filter(campaign=campaign).count() == 20
    assert Event.objects.filter(campaign=campaign, type="added").count() == 20
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 20


def test_parallel_removes_count_everybody_once(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    people = [make_contact(workspace) for _ in range(20)]
    add(campaign, people)
    ids = [person.public_id for person in people]
    removed = together([lambda: audience.remove(campaign, contact_ids=ids, by="test", now=NOW).done] * 4)
    assert sorted(removed) == [0, 0, 0, 20]
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 0


def test_who_is_added_while_a_campaign_completes_is_not_left_behind(workspace: Workspace) -> None:
    for _round in range(30):
        campaign = make_campaign(workspace, status="active")
        make_enrolment(campaign, status=EnrolmentStatus.COMPLETED)
        person = make_contact(workspace)
        together(
            [
                lambda campaign=campaign, person=person: add(campaign, [person]),
                lambda campaign=campaign: completion.complete([campaign.pk], now=NOW),
            ]
        )
        campaign.refresh_from_db()
        assert campaign.status == "active"
        assert Enrolment.objects.get(campaign=campaign, contact=person).status in RUNNING
