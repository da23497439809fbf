"""Whoever stops a person against whoever moves or plans for it, at once (reliability.md S13)."""

from contextlib import suppress

import pytest

from campaigns import audience, engine, lifecycle, scheduler, stopping
from campaigns.enums import RUNNING, STOPPABLE, EnrolmentStatus, Phase
from campaigns.models import Campaign, CampaignTotal, Enrolment, Message
from contacts import people as contacts
from contacts import records
from contacts.models import Contact
from fluenzr.core.errors import Conflict
from fluenzr.mailboxes.enums import Provider
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_account, make_campaign, make_enrolment, make_running
from tests.prove.test_parallel_adds import together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 20


def make_open_campaign(workspace: Workspace) -> Campaign:
    """One that may send at any hour, as fast as it can."""
    window = {"send_days": ["monday"], "send_hours_start": 0, "send_hours_end": 24, "timezone": "UTC"}
    return make_campaign(workspace, status="active", max_emails_per_hour=None, **window)


def make_people(campaign: Campaign, node: str, phase: Phase) -> list[Enrolment]:
    fields = {"node": node, "phase": phase, "next_run_at": NOW, "entered_at": NOW}
    people = [make_enrolment(campaign, status=EnrolmentStatus.IN_PROGRESS, **fields) for _ in range(10)]
    CampaignTotal.objects.filter(campaign=campaign).update(contacts=10)
    return people


def test_no_mail_that_is_planned_meanwhile_outlives_a_stop(workspace: Workspace) -> None:
    for _round in range(ROUNDS):
        campaign = make_open_campaign(workspace)
        contacts = [row.contact_id for row in make_people(campaign, "mail_1", Phase.MAIL)]
        lane = campaign.lanes.get().pk
        together(
            [
                lambda lane=lane: scheduler.plan_lane(lane, now=NOW),
                lambda contacts=contacts: stopping.stop_people(
                    contacts, status=EnrolmentStatus.REPLIED, reason="replied", now=NOW
                ),
            ]
        )
        assert not Message.objects.filter(campaign=campaign, state__in=STOPPABLE).exists()


@pytest.mark.parametrize("provider", [Provider.SMTP, Provider.RELAY])
@pytest.mark.parametrize("verb", ["delete", "erase", "remove"])
def test_no_mail_is_made_for_whom_is_deleted_meanwhile(workspace: Workspace, verb: str, provider: Provider) -> None:
    """The database does not check whom a mail points at: who makes it and who deletes meet on the journey's row."""
    for _round in range(ROUNDS // 2):
        campaign = make_running(workspace, people=10, account=make_account(workspace, provider=provider))
        window = {"send_days": ["monday"], "send_hours_start": 0, "send_hours_end": 24, "timezone": "UTC"}
        Campaign.objects.filter(pk=campaign.pk).update(max_emails_per_hour=None, **window)
        people = [row.contact for row in campaign.enrolments.select_related("contact") if row.contact is not None]
        together(
            [
                lambda campaign=campaign: make_mails(campaign, provider),
                lambda campaign=campaign, people=people: forget(verb, campaign, people),
            ]
        )
        mails = Message.objects.filter(campaign=campaign)
        known = mails.filter(contact__in=Contact.objects.all(), enrolment__in=Enrolment.objects.all())
        if verb == "remove":
            assert known.count() == mails.count()
        else:
            assert not mails.exclude(contact=None).exists()
            assert not mails.exclude(enrolment__in=Enrolment.objects.all()).exists()
        assert not mails.filter(state__in=STOPPABLE).exists()


def make_mails(campaign: Campaign, provider: Provider) -> None:
    lane = campaign.lanes.get()
    if provider == Provider.RELAY:
        scheduler.take(lane.account_id, owner="me", lease_until=NOW, now=NOW, count=500)
    else:
        scheduler.plan_lane(lane.pk, now=NOW)


def forget(verb: str, campaign: Campaign, people: list[Contact]) -> None:
    if verb == "remove":
        audience.remove(campaign, contact_ids=[one.public_id for one in people], by="test", now=NOW)
    elif verb == "delete":
        contacts.delete(workspace=campaign.workspace, contact_ids=[one.pk for one in people], by="test", now=NOW)
    else:
        for one in people:
            records.erase(one, by="test", now=NOW)


@pytest.mark.parametrize("verb", ["cancel", "remove"])
def test_stops_and_the_engine_never_wait_for_each_other_in_a_circle(workspace: Workspace, verb: str) -> None:
    for _round in range(ROUNDS):
        campaign = make_campaign(workspace, status="active")
        people = make_people(campaign, "end", Phase.STEP)
        together(
            [
                lambda: engine.advance_due(now=NOW),
                lambda campaign=campaign, people=people: stop(verb, campaign, people),
            ]
        )
        assert not Enrolment.objects.filter(campaign=campaign, status__in=RUNNING).exists()


def stop(verb: str, campaign: Campaign, people: list[Enrolment]) -> None:
    if verb == "remove":
        ids = [row.contact.public_id for row in people if row.contact is not None]
        audience.remove(campaign, contact_ids=ids, by="test", now=NOW)
    else:
        with suppress(Conflict):  # the engine may have completed it first
            lifecycle.cancel(campaign, by="test", now=NOW)
