from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.enums import MessageState
from campaigns.events import Happened
from campaigns.models import CampaignTotal, Event, Message, Tally
from contacts import records
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests import builders
from tests.builders import NOW, make_hit
from tests.listening import answering
from tracking import folding
from tracking.models import RawHit

pytestmark = pytest.mark.django_db
AT = NOW + timedelta(minutes=3)


def fold() -> int:
    return folding.fold(now=NOW + timedelta(hours=1))


def events() -> list[tuple[str, bool]]:
    return list(Event.objects.order_by("at", "id").values_list("type", "is_bot"))


def test_fold_records_opens_and_clicks_once(message: Message):
    make_hit(message, "open", AT)
    make_hit(message, "click", AT + timedelta(seconds=9), link=1)

    assert [folding.is_due(NOW), fold(), fold()] == [False, 2, 0]
    assert events() == [("opened", False), ("clicked", False)]
    message.refresh_from_db()
    assert (message.first_opened_at, message.open_count, message.click_count) == (AT, 1, 1)
    assert CampaignTotal.objects.values_list("opened", "clicked").get() == (1, 1)


def test_fold_keeps_who_and_where_in_mode_full(message: Message):
    make_hit(message, "click", AT, link=4)
    fold()

    event = Event.objects.get()
    assert (event.link, event.metadata["ip"], event.metadata["userAgent"][:7]) == (4, "203.0.113.7", "Mozilla")


def test_fold_writes_down_where_a_click_led(message: Message):
    builders.make_link(message, 1, "https://acme.example/price")
    builders.make_link(message, 2, "https://acme.example/{{ company }}")
    Message.objects.filter(pk=message.pk).update(links={"2": "https://acme.example/Globex"})
    for index in (1, 2, 3):
        make_hit(message, "click", AT + timedelta(minutes=index), link=index)
    make_hit(message, "open", AT)
    fold()

    assert [event.metadata.get("linkUrl") for event in Event.objects.order_by("at")] == [
        None,
        "https://acme.example/price",
        "https://acme.example/Globex",
        None,
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_fold_asks_for_all_links_at_once(message: Message, number: int):
    for index in range(number):
        builders.make_link(message, index + 1, f"https://acme.example/{index}")
        make_hit(message, "click", AT + timedelta(minutes=index), link=index + 1)
    with CaptureQueriesContext(connection) as asked:
        fold()

    assert len([one for one in asked if one["sql"].startswith("SELECT") and "campaigns_link" in one["sql"]]) == 1


def test_hits_wait_until_they_have_settled(message: Message, settings):
    settings.FLUENZR_SETTLING_SECONDS = 60
    make_hit(message, "open", AT)

    assert [folding.is_due(AT + timedelta(seconds=59)), folding.is_due(AT + timedelta(seconds=61))] == [False, True]
    assert folding.fold(now=AT + timedelta(seconds=59)) == 0


def test_a_sweep_is_kept_and_not_counted(message: Message):
    for index in range(3):
        builders.make_link(message, index, f"https://globex.example/{index}")
        make_hit(message, "click", AT + timedelta(milliseconds=100 * index), link=index)
    fold()

    assert events() == [("clicked", True)] * 3
    assert Event.objects.first().metadata["machine"] == "sweep"
    assert CampaignTotal.objects.get().clicked == 0
    assert not Tally.objects.filter(clicked__gt=0).exists()


def test_a_sweep_is_seen_across_two_batches(message: Message, monkeypatch):
    monkeypatch.setattr(folding, "BATCH", 2)
    for index in range(3):
        make_hit(message, "click", AT + timedelta(milliseconds=100 * index), link=index)

    assert [fold(), fold()] == [2, 1]
    assert events() == [("clicked", True)] * 3


def test_minimal_records_the_day_of_the_first_open_and_nothing_else(message: Message, workspace: Workspace):
    Workspace.objects.filter(pk=workspace.pk).update(tracking_mode="minimal")
    make_hit(message, "open", AT)
    make_hit(message, "open", AT + timedelta(hours=0, seconds=40))
    fold()
    make_hit(message, "open", AT + timedelta(seconds=80))
    fold()

    assert list(Event.objects.values_list("type", "at", "metadata")) == [
        ("opened", datetime(2026, 3, 2, tzinfo=UTC), {})
    ]
    assert set(RawHit.objects.values_list("ip", "user_agent")) == {("", "")}


@pytest.mark.parametrize("how", ["off", "objection", "erasure"])
def test_nothing_is_recorded_when_tracking_is_off(message: Message, workspace: Workspace, how: str):
    if how == "off":
        Workspace.objects.filter(pk=workspace.pk).update(tracking_mode="off")
    elif how == "objection":
        message.contact.objected_at = NOW
        message.contact.save(update_fields=["objected_at"])
    else:
        # The hit comes out of a spool afterwards.
        records.erase(message.contact, by="Ann", now=NOW)
    make_hit(message, "open", AT)

    assert (fold(), events()) == (1, [])
    assert RawHit.objects.values_list("ip", "user_agent", "folded").get() == ("", "", True)


def test_any_hit_proves_that_an_uncertain_mail_arrived(message: Message):
    Message.objects.filter(pk=message.pk).update(state=MessageState.UNCERTAIN, sent_at=None)
    CampaignTotal.objects.update(uncertain=1)
    make_hit(message, "open", AT, agent="Mozilla/5.0")
    fold()

    message.refresh_from_db()
    assert (message.state, events()) == ("sent", [("opened", True)])


def test_a_message_that_cannot_be_folded_holds_up_no_other(message: Message):
    other = builders.make_sent(builders.make_enrolment(message.campaign))
    make_hit(other, "open", AT)
    make_hit(message, "open", AT)

    def refuse(fact: Happened) -> None:
        if any(event.message_id == other.pk for event in fact.events):
            raise ValueError("no such thing")

    with answering(Happened, refuse):
        assert [fold(), fold()] == [2, 0]
    assert events() == [("opened", False)]


def test_hits_of_unknown_messages_are_folded_away(message: Message):
    make_hit(message, "open", AT)
    RawHit.objects.update(message=builders.make_workspace().pk)

    assert (fold(), events()) == (1, [])


def test_imaginary_readers_may_be_quick(message: Message):
    make_hit(message, "open", NOW + timedelta(seconds=1))
    fold()
    Account.objects.update(provider="smtp")
    make_hit(message, "open", NOW + timedelta(seconds=1))
    fold()

    assert sorted(events()) == [("opened", False), ("opened", True)]


def test_fold_needs_the_same_queries_for_one_message_and_for_three(
    message: Message, django_assert_max_num_queries, workspace: Workspace
):
    others = [builders.make_sent(builders.make_enrolment(message.campaign)) for _ in range(3)]
    for other in others:
        make_hit(other, "open", AT, agent="curl/8")
    with django_assert_max_num_queries(14):
        fold()


@pytest.mark.django_db(transaction=True)
def test_folding_at_once_counts_nothing_twice(message: Message, monkeypatch):
    monkeypatch.setattr(folding, "BATCH", 5)
    for second in range(30):
        make_hit(message, "open", AT + timedelta(seconds=second))

    def work() -> int:
        try:
            return sum(iter(fold, 0))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        folded = sum(done.result() for done in [pool.submit(work) for _worker in range(4)])
    message.refresh_from_db()
    assert (folded, len(events()), message.open_count) == (30, 30, 30)
