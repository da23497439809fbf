from datetime import UTC, datetime, timedelta

import pytest
from django_q.models import OrmQ

from fluenzr.beat import PAUSE_AFTER_ERROR, Beat, ask
from fluenzr.core.models import Heartbeat
from fluenzr.schedules import Entry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEARTBEAT = "fluenzr.core.jobs.heartbeat"


def always(now: datetime) -> bool:
    return True


def never(now: datetime) -> bool:
    return False


def after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_ask_kicks_what_is_due() -> None:
    assert ask(Entry("job", HEARTBEAT, "io", 1, due=f"{__name__}.always", args=("x",)), now=NOW)
    assert OrmQ.objects.get().key == "io"


def test_ask_leaves_what_is_not_due() -> None:
    assert not ask(Entry("job", HEARTBEAT, "io", 1, due=f"{__name__}.never"), now=NOW)
    assert OrmQ.objects.count() == 0


def test_ask_runs_a_local_job_here() -> None:
    assert ask(Entry("job", HEARTBEAT, "work", 1, local=True, args=("here",)), now=NOW)
    assert [row.name for row in Heartbeat.objects.all()] == ["here"]
    assert OrmQ.objects.count() == 0


def test_beat_asks_each_job_at_its_own_pace() -> None:
    beat = Beat([Entry("fast", HEARTBEAT, "work", 1, local=True, args=("f",)), Entry("slow", HEARTBEAT, "work", 3)])
    asked = [beat.tick(now=after(second)) for second in range(4)]
    # The second time "slow" still waits in the queue, so it is not enqueued again.
    assert asked == [["fast", "slow"], ["fast"], ["fast"], ["fast"]]


def test_beat_goes_on_after_an_error_and_asks_again_later() -> None:
    broken = Entry("broken", "no.such.module", "work", 1, local=True)
    beat = Beat([broken, Entry("fine", HEARTBEAT, "work", 1, local=True, args=("f",))])
    assert beat.tick(now=NOW) == ["fine"]
    assert beat.next_at["broken"] == NOW + PAUSE_AFTER_ERROR
