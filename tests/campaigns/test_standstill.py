from datetime import timedelta

import pytest

from campaigns import standstill
from campaigns.enums import EnrolmentStatus, Phase
from campaigns.models import CampaignAccount, Enrolment
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_running

pytestmark = pytest.mark.django_db


def test_draft_waits_to_be_started(workspace: Workspace) -> None:
    found = standstill.of(make_campaign(workspace), now=NOW)
    assert (found.at, str(found.text)[:23]) == (None, "The campaign is a draft")


def test_pause_says_its_reason(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused", status_reason="Too many bounces.")
    assert standstill.of(campaign, now=NOW).text == "Too many bounces."


def test_nobody_on_the_way_is_said(workspace: Workspace) -> None:
    campaign = make_running(workspace, people=1)
    Enrolment.objects.update(status=EnrolmentStatus.COMPLETED, phase=Phase.IDLE, next_run_at=None)
    assert str(standstill.of(campaign, now=NOW).text) == "Nobody is on the way. Add contacts, and the campaign goes on."


def test_account_in_error_is_named(workspace: Workspace) -> None:
    campaign = make_running(workspace)
    Enrolment.objects.update(phase=Phase.MAIL, next_run_at=NOW)
    Account.objects.update(status="error")
    assert str(standstill.of(campaign, now=NOW).text) == "The email account is in error; reconnect it."


def test_sending_hours_are_named_with_their_next_moment(workspace: Workspace) -> None:
    campaign = make_running(workspace, send_hours_start=14, send_hours_end=18)
    Enrolment.objects.update(phase=Phase.MAIL, next_run_at=NOW)
    CampaignAccount.objects.update(next_slot_at=None)
    found = standstill.of(campaign, now=NOW)
    assert (found.at, str(found.text)) == (NOW + timedelta(hours=3), "Outside the sending hours of the campaign.")
