from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import engine, events, scheduler
from campaigns.enums import EventType
from campaigns.events import Happened, Happening
from campaigns.models import CampaignTotal, Enrolment, Event, Message, Tally
from campaigns.models.event import ALL_TIME
from fluenzr.core import bus
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, accept, make_email_node, make_message, make_running, make_sent

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASK = {"id": "ask", "type": "condition", "data": {"check": "opened", "withinDays": 3}}
COUNTED = ("opened", "clicked", "replied", "bounced", "unsubscribed")


@pytest.fixture
def heard() -> Iterator[list[Happened]]:
    """The facts that `record` publishes."""
    found: list[Happened] = []
    remember: Callable[[Happened], None] = found.append
    bus.subscribe(Happened)(remember)
    yield found
    bus._subscribers[Happened].remove(remember)


def make_mails(workspace: Workspace, people: int = 1, steps: int = 1) -> list[Message]:
    """Mails of a running campaign that were accepted at NOW: of each person, one a step."""
    campaign = make_running(workspace, *[make_email_node(f"mail_{n}") for n in range(1, steps + 1)], people=people)
    for _step in range(steps):
        scheduler.plan(now=NOW)
        for message in Message.objects.filter(state="queued"):
            accept(message)
        engine.advance_due(now=NOW)
    return list(Message.objects.filter(campaign=campaign).order_by("pk"))


def happen(message: Message, kind: str, at: Any = NOW, **fields: Any) -> list[Event]:
    return events.record([Happening(EventType(kind), at, message=message, **fields)])


def totals() -> dict[str, int]:
    row = CampaignTotal.objects.get()
    return {name: getattr(row, name) for name in ("sent", "emails_sent", *COUNTED)}


def mail_totals() -> dict[str, int]:
    rows = Tally.objects.filter(slot=ALL_TIME).values("sent", *COUNTED)
    return {name: sum(row[name] for row in rows) for name in ("sent", *COUNTED)}


def test_event_says_what_happened_where(workspace: Workspace) -> None:
    message = make_mails(workspace)[0]
    happen(message, "clicked", NOW + HOUR, link=3, metadata={"linkUrl": "https://a.example/"})
    event = Event.objects.get(type="clicked")
    assert (event.message, event.enrolment, event.contact) == (message, message.enrolment, message.contact)
    assert (event.campaign, event.workspace, event.node) == (message.campaign, workspace, "mail_1")
    assert (event.at, event.link, event.is_bot) == (NOW + HOUR, 3, False)
    assert event.metadata == {"linkUrl": "https://a.example/"}


def test_first_open_stamps_message_and_person_and_counts_once(workspace: Workspace) -> None:
    message = make_mails(workspace)[0]
    for number in range(3):
        happen(message, "opened", NOW + number * MINUTE)
    message.refresh_from_db()
    assert (message.first_opened_at, message.open_count) == (NOW, 3)
    assert message.enrolment.first_opened_at == NOW
    assert totals() == {"sent": 1, "emails_sent": 1, **dict.fromkeys(COUNTED, 0), "opened": 1}
    assert mail_totals() == {"sent": 1, **dict.fromkeys(COUNTED, 0), "opened": 1}
    assert Event.objects.filter(type="opened").count() == 3


def test_earliest_of_a_batch_is_the_first(workspace: Workspace) -> None:
    message = make_mails(workspace)[0]
    late, early = (Happening(EventType.OPENED, NOW + n * MINUTE, message=message) for n in (5, 1))
    written = events.record([late, early])
    message.refresh_from_db()
    assert (message.first_opened_at, message.open_count) == (NOW + MINUTE, 2)
    assert [event.at for event in written] == [late.at, early.at]


def test_person_counts_once_whatever_the_number_of_mails(workspace: Workspace) -> None:
    for message in make_mails(workspace, steps=3):
        happen(message, "opened")
    assert (totals()["sent"], totals()["emails_sent"], totals()["opened"]) == (1, 3, 1)
    assert mail_totals()["opened"] == 3


def test_bots_are_kept_and_never_counted(workspace: Workspace) -> None:
    message = make_mails(workspace)[0]
    happen(message, "opened", is_bot=True)
    happen(message, "clicked", is_bot=True)
    message.refresh_from_db()
    assert (message.first_opened_at, message.open_count, message.click_count) == (None, 0, 0)
    assert message.enrolment.first_opened_at is None
    assert mail_totals() == {"sent": 1, **dict.fromkeys(COUNTED, 0)}
    assert Event.objects.filter(is_bot=True).count() == 2


def test_complaint_counts_as_an_unsubscribe_once(workspace: Workspace) -> None:
    message = make_mails(workspace)[0]
    happen(message, "unsubscribed")
    happen(message, "complained")
    assert (totals()["unsubscribed"], mail_totals()["unsubscribed"]) == (1, 1)


def test_refusal_at_the_door_is_in_no_rate(workspace: Workspace) -> None:
    make_running(workspace)
    message = make_message(Enrolment.objects.get(), state="failed")
    happen(message, "bounced")
    assert Enrolment.objects.get().bounced_at == NOW
    assert totals() == dict.fromkeys(("sent", "emails_sent", *COUNTED), 0)
    assert Tally.objects.count() == 0


def test_mail_outside_the_sequence_is_in_no_number(workspace: Workspace) -> None:
    make_running(workspace)
    message = make_sent(Enrolment.objects.get())
    Message.objects.update(enrolment=None, purpose="test")
    message.refresh_from_db()
    for kind in ("sent", "opened", "clicked", "failed"):
        happen(message, kind)
    assert totals() == dict.fromkeys(("sent", "emails_sent", *COUNTED), 0)
    assert Tally.objects.count() == 0


def test_uncertain_mail_counts_as_sent_and_shows(workspace: Workspace) -> None:
    make_running(workspace)
    message = make_message(Enrolment.objects.get(), state="uncertain", sending_at=NOW)
    happen(message, "uncertain")
    assert CampaignTotal.objects.values_list("sent", "emails_sent", "uncertain").get() == (1, 1, 1)
    assert Enrolment.objects.get().emails_sent == 1


def test_failed_mail_counts_by_node(workspace: Workspace) -> None:
    make_running(workspace)
    happen(make_message(Enrolment.objects.get(), state="failed"), "failed")
    assert Tally.objects.get(slot=ALL_TIME).failed == 1


def test_journey_has_events_of_its_own(workspace: Workspace) -> None:
    make_running(workspace)
    enrolment = Enrolment.objects.get()
    events.record([Happening(EventType.ADDED, NOW, enrolment=enrolment)])
    event = Event.objects.get()
    assert (event.enrolment, event.contact, event.message, event.node) == (enrolment, enrolment.contact, None, "mail_1")


def test_events_are_told_in_their_order(workspace: Workspace, heard: list[Happened]) -> None:
    one, two = make_mails(workspace, people=2)
    heard.clear()
    written = events.record([Happening(EventType.OPENED, NOW, message=message) for message in (two, one)])
    assert [list(fact.events) for fact in heard] == [written]
    assert [event.message for event in written] == [two, one]


def test_open_wakes_who_waits_for_it(workspace: Workspace) -> None:
    campaign = make_running(workspace, make_email_node())
    campaign.version.graph["nodes"].insert(2, ASK)
    campaign.version.graph["edges"] = [
        {"from": "start", "to": "mail_1"},
        {"from": "mail_1", "to": "ask"},
        {"from": "ask", "to": "end", "branch": "yes"},
        {"from": "ask", "to": "end", "branch": "no"},
    ]
    campaign.version.save()
    engine.graph.of_version.cache_clear()
    scheduler.plan(now=NOW)
    message = Message.objects.get()
    accept(message)
    engine.advance_due(now=NOW)
    assert Enrolment.objects.get().next_run_at == NOW + 3 * DAY
    happen(message, "opened", NOW + HOUR, is_bot=True)
    assert Enrolment.objects.get().next_run_at == NOW + 3 * DAY
    happen(message, "opened", NOW + 2 * HOUR)
    assert Enrolment.objects.get().next_run_at == NOW + 2 * HOUR
    engine.advance_due(now=NOW + 2 * HOUR)
    assert Enrolment.objects.get().status == "completed"
    assert list(campaign.passages.filter(node="ask").values_list("port", "passed")) == [("yes", 1)]


def test_open_leaves_a_mail_on_its_way_and_a_finished_journey_alone(workspace: Workspace) -> None:
    first = make_mails(workspace, steps=2)[0]
    Enrolment.objects.update(status="in_progress", phase="mail", next_run_at=NOW + DAY)
    happen(first, "opened")
    assert Enrolment.objects.get().next_run_at == NOW + DAY


script = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["opened", "clicked", "replied", "bounced", "unsubscribed", "complained"]),
        st.booleans(),
        st.integers(0, 600),
    ),
    max_size=12,
)


@given(script)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_equal_a_count_of_rows(workspace: Workspace, happened: list[tuple[int, str, bool, int]]) -> None:
    for model in (Event, Tally, Message, Enrolment, CampaignTotal):
        model.objects.all().delete()
    mails = make_mails(workspace, people=2, steps=2)
    events.record(
        [
            Happening(EventType(kind), NOW + minutes * MINUTE, message=mails[number], is_bot=bot)
            for number, kind, bot, minutes in happened
        ]
    )
    stamps = {"opened": "first_opened_at", "clicked": "first_clicked_at"}
    for name in COUNTED:
        stamp = stamps.get(name, f"{name}_at")
        people = Enrolment.objects.filter(**{f"{stamp}__isnull": False}).count()
        counted = Message.objects.filter(**{f"{stamp}__isnull": False}).count()
        assert (totals()[name], mail_totals()[name]) == (people, counted)
    by_slot = Tally.objects.exclude(slot=ALL_TIME).values("sent", *COUNTED)
    assert {name: sum(row[name] for row in by_slot) for name in ("sent", *COUNTED)} == mail_totals()


@pytest.mark.parametrize("people", [1, 3])
def test_returns_take_as_many_statements_for_many(
    workspace: Workspace, people: int, django_assert_num_queries: Any
) -> None:
    kinds = (EventType.OPENED, EventType.CLICKED, EventType.OPENED, EventType.REPLIED)
    happenings = [Happening(kind, NOW, message=one) for one in make_mails(workspace, people=people) for kind in kinds]
    # A savepoint and its release; the events; mails and people, locked and changed; tallies and totals.
    with django_assert_num_queries(9):
        events.record(happenings)


def test_returns_of_a_mail_that_was_deleted_meanwhile_are_kept_as_facts(workspace: Workspace) -> None:
    message = make_mails(workspace)[0]
    kept = Message.objects.get()
    message.delete()
    happen(kept, "opened")

    assert Event.objects.filter(type="opened").count() == 1
    assert mail_totals()["opened"] == 0
