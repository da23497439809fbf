from collections.abc import Callable
from datetime import timedelta

import pytest

from contacts import facts, standing, suppression
from contacts.enums import ContactStatus
from contacts.models import Suppression
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact
from tests.listening import heard


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        (standing.unsubscribe, "unsubscribed", "unsubscribed"),
        (standing.bounced, "bounced", "bounced"),
        (standing.complained, "unsubscribed", "complained"),
    ],
)
def test_stop_sets_status_suppresses_and_tells(
    workspace: Workspace, stop: Callable[..., int], status: str, reason: str
) -> None:
    jane = make_contact(workspace, "jane@example.com")

    with heard(facts.ContactsStopped) as told:
        assert stop(contacts=[jane], source="mail", now=NOW) == 1

    jane.refresh_from_db()
    assert (jane.status, jane.status_at) == (status, NOW)
    assert Suppression.objects.values_list("reason", flat=True).get() == reason
    assert told == [
        facts.ContactsStopped(
            workspace_id=workspace.pk, contact_ids=(jane.pk,), status=ContactStatus(status), reason=reason, at=NOW
        )
    ]


def test_stop_twice_does_nothing(workspace: Workspace) -> None:
    jane = make_contact(workspace)
    standing.unsubscribe(contacts=[jane], source="mail", now=NOW)

    with heard(facts.ContactsStopped) as told:
        assert standing.unsubscribe(contacts=[jane], source="mail", now=NOW + timedelta(days=1)) == 0

    jane.refresh_from_db()
    assert (jane.status_at, told) == (NOW, [])


def test_stop_works_for_people_without_address(workspace: Workspace) -> None:
    assert standing.unsubscribe(contacts=[make_contact(workspace, None)], source="chat", now=NOW) == 1
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [("active", "replied"), ("unsubscribed", "unsubscribed"), ("bounced", "bounced"), ("blocked", "blocked")],
)
def test_replied_changes_only_active_people(workspace: Workspace, before: str, after: str) -> None:
    jane = make_contact(workspace, status=before)

    with heard(facts.ContactsStopped) as told:
        standing.replied(contacts=[jane], now=NOW)

    jane.refresh_from_db()
    assert (jane.status, told) == (after, [])


def test_block_bars_without_suppressing(workspace: Workspace) -> None:
    jane = make_contact(workspace)

    with heard(facts.ContactsStopped) as told:
        standing.block(contacts=[jane], source="jane@x.org", now=NOW)

    jane.refresh_from_db()
    assert (jane.status, len(told), Suppression.objects.count()) == ("blocked", 1, 0)


def test_restore_lifts_the_own_suppression(workspace: Workspace) -> None:
    jane = make_contact(workspace, "jane@example.com")
    standing.unsubscribe(contacts=[jane], source="mail", now=NOW)

    standing.restore(contacts=[jane], by="jane@x.org", now=NOW)

    jane.refresh_from_db()
    assert jane.status == "active"
    assert suppression.barred(workspace, ["jane@example.com"]) == set()


def test_object_to_tracking_keeps_the_first_moment(workspace: Workspace) -> None:
    jane = make_contact(workspace)

    with heard(facts.TrackingObjected) as told:
        standing.object_to_tracking(contacts=[jane], now=NOW)
        standing.object_to_tracking(contacts=[jane], now=NOW + timedelta(days=1))

    jane.refresh_from_db()
    assert (jane.objected_at, len(told)) == (NOW, 1)
