"""What is too old is dropped each night, in every app, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Event, Message
from contacts import contact_settings, people, retention
from contacts.models import Contact, ContactSettings, Suppression
from fluenzr.core import blobs
from fluenzr.core.errors import Invalid
from fluenzr.core.ids import earliest, uuid7
from fluenzr.core.models import Blob
from fluenzr.mailboxes.models import RawMail, SandboxMail
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_contact, make_enrolment, make_hit, make_sent
from tracking.models import InboundMail, RawHit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def drop(now: datetime) -> bool:
    return retention.drop_old(now=now, seconds=60)


def keep(workspace: Workspace, now: datetime, **days: int | None) -> None:
    contact_settings.change(workspace, by="ann", now=now, **days)


def make_opened(workspace: Workspace, at: datetime, **fields: Any) -> Message:
    """A mail of an ended journey that was opened at that time, with the raw hit folded."""
    enrolment = make_enrolment(make_campaign(workspace), status="completed")
    message = make_sent(enrolment, frozen={"subject": "Hello"}, **fields)
    make_hit(message, at=at, folded=True, id=earliest(at))
    metadata = {"ip": "203.0.113.9", "userAgent": "Firefox", "openCount": 1}
    Event.objects.create(id=earliest(at), workspace=workspace, message=message, type="opened", at=at, metadata=metadata)
    return message


def test_keys_of_a_time_are_a_range() -> None:
    before = datetime.now(tz=timezone.get_current_timezone()) - timedelta(milliseconds=2)
    assert earliest(before) < uuid7() < earliest(before + timedelta(minutes=1))


def test_traces_go_after_thirty_days_unless_chosen_otherwise(workspace: Workspace, now: datetime) -> None:
    make_opened(workspace, now - 31 * DAY)
    fresh = make_opened(workspace, now - 29 * DAY)
    assert drop(now)
    assert RawHit.objects.get().message == fresh.pk
    assert [event.metadata.get("ip") for event in Event.objects.order_by("at")] == [None, "203.0.113.9"]
    assert Event.objects.order_by("at")[0].metadata == {"openCount": 1}


def test_the_next_night_goes_on_where_the_last_ended(workspace: Workspace, now: datetime) -> None:
    make_opened(workspace, now - 29 * DAY)
    drop(now)
    drop(now + 2 * DAY)
    assert not RawHit.objects.exists()
    assert ContactSettings.objects.get(workspace=workspace).hits_dropped_to == now - 28 * DAY


def test_each_workspace_keeps_as_it_chose(workspace: Workspace, other_workspace: Workspace, now: datetime) -> None:
    keep(workspace, now, hits_days=None)
    make_opened(workspace, now - 100 * DAY)
    make_opened(other_workspace, now - 101 * DAY)
    drop(now)
    assert Message.objects.get(pk=RawHit.objects.get().message).workspace == workspace


def test_hits_that_nobody_counted_yet_stay(workspace: Workspace, now: datetime) -> None:
    make_hit(make_opened(workspace, now), at=now - 60 * DAY, id=earliest(now - 60 * DAY))
    drop(now)
    assert RawHit.objects.filter(folded=False).count() == 1


def test_contents_stay_for_ever_by_default(workspace: Workspace, now: datetime) -> None:
    make_opened(workspace, now)
    drop(now + 1000 * DAY)
    assert Message.objects.get().frozen == {"subject": "Hello"}


def test_contents_go_but_not_of_who_is_on_the_way(workspace: Workspace, now: datetime) -> None:
    keep(workspace, now, contents_days=10)
    ended = make_opened(workspace, now)
    running = make_sent(make_enrolment(make_campaign(workspace), status="in_progress"), frozen={"subject": "Hi"})
    raw = RawMail.objects.create(
        workspace=workspace, account=ended.account, uid_validity=1, uid=1, blob=blobs.put(b"raw"), fetched_at=now
    )
    InboundMail.objects.create(
        workspace=workspace, account=ended.account, raw=raw, kind="human", text="Yes", subject="Re", received_at=now
    )
    SandboxMail.objects.create(
        workspace=workspace, account=ended.account, recipient="x@y.org", raw=b"x", received_at=now
    )
    drop(now + 11 * DAY)
    ended.refresh_from_db()
    running.refresh_from_db()
    assert (ended.frozen, running.frozen) == (None, {"subject": "Hi"})
    mail = InboundMail.objects.get()
    assert (mail.text, mail.subject, mail.raw) == ("", "Re", None)
    assert (RawMail.objects.count(), Blob.objects.count(), SandboxMail.objects.count()) == (0, 0, 0)


def test_idle_contacts_go_without_being_barred(workspace: Workspace, now: datetime) -> None:
    keep(workspace, now, idle_days=90)
    later = now + 91 * DAY
    make_contact(workspace, "idle@x.org")
    mailed, running = make_contact(workspace, "mailed@x.org"), make_contact(workspace, "running@x.org")
    message = make_sent(make_enrolment(make_campaign(workspace), mailed, status="completed"))
    Message.objects.filter(pk=message.pk).update(created_at=later - DAY)
    make_enrolment(make_campaign(workspace), running)
    drop(later)
    assert set(Contact.objects.values_list("email", flat=True)) == {"mailed@x.org", "running@x.org"}
    assert not Suppression.objects.exists()
    assert people.create(workspace=workspace, draft={"email": "idle@x.org"}, by="x", now=later).status == "active"


def test_a_night_that_is_too_short_says_so(workspace: Workspace, now: datetime) -> None:
    make_opened(workspace, now - 31 * DAY)
    assert not retention.drop_old(now=now, seconds=-1)
    assert drop(now)
    assert not RawHit.objects.exists()


@pytest.mark.parametrize(
    ("days", "path"),
    [({"hits_days": 0}, "hitsDays"), ({"contents_days": 4000}, "contentsDays"), ({"idle_days": 89}, "idleDays")],
)
def test_days_that_do_not_fit_are_refused(workspace: Workspace, now: datetime, days: dict[str, int], path: str) -> None:
    with pytest.raises(Invalid) as error:
        keep(workspace, now, **days)
    assert list(error.value.details) == [path]
