"""A contact on hold, and campaigns that go on when it ends."""

from datetime import timedelta

import pytest

from campaigns.enums import MessageState, Phase
from campaigns.models import Message
from contacts import holds
from contacts.models import FieldChange
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_message

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_hold_is_kept_in_the_history(workspace: Workspace) -> None:
    contact = make_contact(workspace)
    holds.change(contact, until=NOW + DAY, by="jo", now=NOW)
    contact.refresh_from_db()
    change = FieldChange.objects.get()
    assert (contact.hold_until, change.field, change.old, change.by) == (NOW + DAY, "holdUntil", None, "jo")


def test_hold_in_the_past_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Invalid, match="later than now"):
        holds.change(make_contact(workspace), until=NOW, by="jo", now=NOW)


def test_hold_puts_off_a_queued_mail(workspace: Workspace) -> None:
    enrolment = make_enrolment(make_campaign(workspace), status="in_progress")
    make_message(enrolment, state=MessageState.QUEUED)
    assert enrolment.contact is not None
    holds.change(enrolment.contact, until=NOW + DAY, by="jo", now=NOW)
    enrolment.refresh_from_db()
    assert (enrolment.phase, enrolment.next_run_at, Message.objects.count()) == (Phase.MAIL, NOW + DAY, 0)


def test_hold_leaves_what_a_sender_holds(workspace: Workspace) -> None:
    enrolment = make_enrolment(make_campaign(workspace), status="in_progress")
    make_message(enrolment, state=MessageState.CLAIMED)
    assert enrolment.contact is not None
    holds.change(enrolment.contact, until=NOW + DAY, by="jo", now=NOW)
    assert Message.objects.get().state == MessageState.CLAIMED


def test_hold_lifted_early_lets_the_journey_go_on_at_once(workspace: Workspace) -> None:
    contact = make_contact(workspace, hold_until=NOW + DAY)
    held = {"status": "in_progress", "phase": Phase.MAIL, "next_run_at": NOW + DAY}
    waiting = make_enrolment(make_campaign(workspace), contact, **held)
    later = make_enrolment(make_campaign(workspace), contact, **(held | {"next_run_at": NOW + 2 * DAY}))
    holds.change(contact, until=None, by="jo", now=NOW)
    waiting.refresh_from_db()
    later.refresh_from_db()
    assert (waiting.next_run_at, later.next_run_at) == (NOW, NOW + 2 * DAY)
