from datetime import timedelta

import pytest

from campaigns import stopping
from campaigns.enums import EnrolmentStatus, MessageState, Phase
from campaigns.models import Campaign, Enrolment, Message
from contacts import facts, standing
from fluenzr.core import bus
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_enrolment, make_message

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace, status="active")


@pytest.mark.parametrize(
    ("state", "after"),
    [("queued", "cancelled"), ("claimed", "cancelled"), ("sending", "sending"), ("sent", "sent"), ("failed", "failed")],
)
def test_stop_takes_back_only_what_is_not_on_the_wire(campaign: Campaign, state: str, after: str) -> None:
    message = make_message(make_enrolment(campaign), state=state)
    stopping.stop([message.enrolment_id], status=EnrolmentStatus.REMOVED, reason="by hand", now=NOW)
    message.refresh_from_db()
    assert message.state == after


def test_stop_ends_running_journeys_and_completes_the_campaign(campaign: Campaign) -> None:
    running = make_enrolment(campaign, status="in_progress", phase=Phase.STEP, next_run_at=NOW)
    done = make_enrolment(campaign, status="completed")
    keys = [running.pk, done.pk]
    assert stopping.stop(keys, status=EnrolmentStatus.REPLIED, reason="Replied", now=NOW) == 1
    running.refresh_from_db()
    done.refresh_from_db()
    campaign.refresh_from_db()
    assert (running.status, running.phase, running.next_run_at) == ("replied", "", None)
    assert (done.status, campaign.status) == ("completed", "completed")


def test_paused_mails_wait_for_a_slot_again_after_release(campaign: Campaign) -> None:
    enrolment = make_enrolment(campaign, status="in_progress", node="mail_1")
    make_message(enrolment)
    assert stopping.hold_back(campaign, now=NOW) == 1
    assert stopping.release(campaign, now=LATER) == 1
    enrolment.refresh_from_db()
    assert (enrolment.phase, enrolment.next_run_at, Message.objects.count()) == (Phase.MAIL, LATER, 0)


def test_release_keeps_a_mail_that_a_server_has_put_off(campaign: Campaign) -> None:
    message = make_message(make_enrolment(campaign, status="in_progress"), sending_at=NOW, attempts=1)
    stopping.hold_back(campaign, now=NOW)
    stopping.release(campaign, now=LATER)
    message.refresh_from_db()
    assert (message.state, message.not_before, message.reason) == (MessageState.QUEUED, LATER, "")


@pytest.mark.parametrize("opened", [{}, {"sending_at": NOW, "attempts": 1}])
def test_release_gives_nothing_to_who_was_stopped_meanwhile(campaign: Campaign, opened: dict[str, object]) -> None:
    message = make_message(make_enrolment(campaign, status="in_progress"), **opened)
    stopping.hold_back(campaign, now=NOW)
    standing.unsubscribe(contacts=[message.contact], source="test", now=NOW)
    assert stopping.release(campaign, now=LATER) == 0
    assert not Message.objects.exclude(state=MessageState.CANCELLED).exists()


def test_objection_has_waiting_mails_made_anew(campaign: Campaign) -> None:
    message = make_message(make_enrolment(campaign), state="claimed", frozen={"subject": "Hi"}, fence=3)
    standing.object_to_tracking(contacts=[message.contact], now=NOW)
    message.refresh_from_db()
    assert (message.state, message.frozen, message.fence) == (MessageState.QUEUED, None, 3)


def test_deleted_people_leave_and_their_mails_stay_unsent(campaign: Campaign) -> None:
    message = make_message(make_enrolment(campaign, status="in_progress"))
    bus.publish(facts.ContactsDeleted(campaign.workspace_id, (message.contact_id,), NOW))
    message.refresh_from_db()
    assert (message.state, Enrolment.objects.get().status) == (MessageState.CANCELLED, "removed")
