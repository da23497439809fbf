"""Many people are added in the background: all of them, once, whatever happens to the workers."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import additions, audience, candidates, lifecycle
from campaigns.enums import CampaignStatus
from campaigns.models import Addition, Campaign, CampaignTotal, Enrolment
from contacts.models import Group
from fluenzr.core import clock, jobs
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_group

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "CHUNK", 2)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


@pytest.fixture
def group(workspace: Workspace) -> Group:
    statuses = ["active"] * 6 + ["unsubscribed"]
    return make_group(workspace, members=tuple(make_contact(workspace, status=status) for status in statuses))


def begin(campaign: Campaign, group: Group) -> Addition:
    begun = additions.begin(campaign, by="Ann", now=NOW, group_ids=[group.public_id])
    assert begun is not None
    return begun


def counted(addition: Addition) -> tuple[int, int, bool]:
    addition.refresh_from_db()
    return addition.done, addition.skipped, addition.ended_at is not None


def people_in(campaign: Campaign) -> int:
    found = Enrolment.objects.filter(campaign=campaign).count()
    assert CampaignTotal.objects.get(campaign=campaign).contacts == found
    return found


def test_everybody_who_may_be_is_added(campaign: Campaign, group: Group) -> None:
    addition = begin(campaign, group)
    assert (addition.meant, people_in(campaign), additions.due(NOW)) == (7, 0, True)

    assert additions.run_next()
    assert counted(addition) == (6, 1, True)
    assert (people_in(campaign), addition.asked, additions.due(clock.database_now())) == (6, {}, False)
    assert set(Enrolment.objects.values_list("batch", "added_at")) == {(addition.public_id, NOW)}


def test_few_are_left_to_be_added_at_once(campaign: Campaign, workspace: Workspace) -> None:
    two = [make_contact(workspace).public_id for _number in range(2)]
    assert additions.begin(campaign, by="Ann", now=NOW, contact_ids=two) is None
    assert not Addition.objects.exists()


def test_wrong_orders_are_refused_at_once(campaign: Campaign, workspace: Workspace, group: Group) -> None:
    with pytest.raises(Invalid):
        additions.begin(campaign, by="Ann", now=NOW)
    closed = make_campaign(workspace, status=CampaignStatus.CANCELLED)
    with pytest.raises(Conflict):
        additions.begin(closed, by="Ann", now=NOW, group_ids=[group.public_id])


def test_next_worker_goes_on_behind_the_last_thousand(
    campaign: Campaign, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    addition, enrol, calls = begin(campaign, group), audience.enrol, []

    def enrol_or_die(*args: Any, **options: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return enrol(*args, **options)

    monkeypatch.setattr(audience, "enrol", enrol_or_die)
    with pytest.raises(KeyboardInterrupt):
        additions.run_next()
    assert counted(addition) == (4, 0, False)
    # It holds the order until its lease is over.
    assert not additions.run_next()
    Addition.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))

    assert additions.run_next()
    assert (counted(addition), people_in(campaign)) == ((6, 1, True), 6)
    assert len(calls) == 5


def test_worker_whose_lease_went_to_another_writes_nothing(
    campaign: Campaign, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    addition, enrol = begin(campaign, group), audience.enrol

    def enrol_late(*args: Any, **options: Any) -> Any:
        Addition.objects.update(lease_until=NOW)
        return enrol(*args, **options)

    monkeypatch.setattr(audience, "enrol", enrol_late)
    assert additions.run_next()
    assert (counted(addition), people_in(campaign)) == ((0, 0, False), 0)


def test_order_is_free_for_others_when_its_worker_has_to_stop(
    campaign: Campaign, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    addition = begin(campaign, group)
    monkeypatch.setattr(jobs, "stopping", lambda: True)
    assert additions.run_next()
    assert (counted(addition), addition.lease_until) == ((2, 0, False), None)


def test_campaign_that_is_closed_meanwhile_takes_nobody_more(campaign: Campaign, group: Group) -> None:
    addition = begin(campaign, group)
    lifecycle.cancel(campaign, by="Ann", now=NOW)
    assert additions.run_next()
    assert (counted(addition), people_in(campaign)) == ((0, 0, True), 0)
    assert addition.error == "The campaign was cancelled. The people in it are fixed."


def test_outcome_is_told_for_a_while_and_then_forgotten(campaign: Campaign, group: Group) -> None:
    addition = begin(campaign, group)
    assert additions.told(campaign, now=NOW) == [addition]
    additions.run_next()
    ended = Addition.objects.get().ended_at
    assert ended is not None
    assert additions.told(campaign, now=ended) == [addition]
    assert additions.told(campaign, now=ended + additions.TOLD) == []
    additions.forget(now=ended + timedelta(hours=23))
    assert Addition.objects.exists()
    additions.forget(now=ended + timedelta(hours=25))
    assert not Addition.objects.exists()
