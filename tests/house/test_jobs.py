import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task

from fluenzr.core import jobs
from fluenzr.core.models import Heartbeat, Kick

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=5)


def queued(cluster: str) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(row.func(), tuple(row.task["args"])) for row in OrmQ.objects.filter(key=cluster).order_by("pk")]


def test_enqueue_puts_the_call_on_its_cluster() -> None:
    jobs.enqueue("campaigns.tasks.send_account", "acc", 7, cluster="send")
    assert queued("send") == [("campaigns.tasks.send_account", ("acc", 7))]


def test_enqueue_refuses_an_unknown_cluster() -> None:
    with pytest.raises(ValueError, match="no cluster 'fast'"):
        jobs.enqueue("a.b", cluster="fast")


def test_enqueue_is_undone_with_its_transaction() -> None:
    with transaction.atomic():
        jobs.enqueue("a.b")
        transaction.set_rollback(True)
    assert queued("work") == []


def test_kick_enqueues_once_until_started() -> None:
    asked = [jobs.kick("send:1", "a.b", "1", cluster="send", now=NOW) for _ in range(3)]
    assert asked == [True, False, False]
    assert queued("send") == [("fluenzr.core.jobs.run_kicked", ("send:1", "a.b", "1"))]


def test_kick_asks_again_after_started() -> None:
    jobs.kick("plan", "a.b", now=NOW)
    jobs.started("plan")
    assert jobs.kick("plan", "a.b", now=LATER)
    assert len(queued("work")) == 2


def test_kick_asks_again_when_the_first_is_stale() -> None:
    jobs.kick("plan", "a.b", now=NOW)
    assert not jobs.kick("plan", "a.b", now=NOW + jobs.STALE_AFTER)
    assert jobs.kick("plan", "a.b", now=NOW + jobs.STALE_AFTER + timedelta(seconds=1))


def test_kick_that_waits_costs_one_query(django_assert_num_queries: object) -> None:
    jobs.kick("plan", "a.b", now=NOW)
    with django_assert_num_queries(1):  # type: ignore[operator]
        jobs.kick("plan", "a.b", now=LATER)


def test_kicks_of_other_names_do_not_meet() -> None:
    assert [jobs.kick(name, "a.b", now=NOW) for name in ("send:1", "send:2")] == [True, True]


def test_kick_each_asks_for_one_task_of_those_that_do_not_wait() -> None:
    jobs.kick("send:2", "a.b", "2", cluster="send", now=NOW)
    asked = [jobs.kick_each("send", "a.c", keys, cluster="send", now=NOW) for keys in (["3", "1", "2"], ["1", "2"])]
    assert asked == [True, False]
    assert queued("send")[1:] == [("fluenzr.core.jobs.run_kicked_each", ("send", "a.c", "1", "3"))]


def test_run_kicked_each_lets_its_jobs_be_asked_for_again() -> None:
    jobs.kick_each("beat", "fluenzr.core.jobs.started", ["1", "2"], now=NOW)
    jobs.run_kicked_each("beat", "fluenzr.core.jobs.started", "1", "2")
    assert set(Kick.objects.values_list("name", "kicked_at")) == {("beat:1", None), ("beat:2", None)}


def test_run_kicked_clears_the_kick_before_the_work() -> None:
    jobs.kick("note", "fluenzr.core.jobs.heartbeat", "work", now=NOW)
    jobs.run_kicked("note", "fluenzr.core.jobs.heartbeat", "work")
    assert Kick.objects.get(name="note").kicked_at is None
    assert Heartbeat.objects.filter(name="work").count() == 1


def test_heartbeat_keeps_one_row_a_name() -> None:
    jobs.heartbeat("beat")
    first = Heartbeat.objects.get(name="beat").seen_at
    jobs.heartbeat("beat")
    assert Heartbeat.objects.get(name="beat").seen_at >= first


def test_waiting_counts_one_cluster() -> None:
    jobs.enqueue("a.b", cluster="io")
    jobs.enqueue("a.b", cluster="work")
    assert jobs.waiting("io") == 1


def test_thin_drops_old_failures_only() -> None:
    old, new = NOW - jobs.KEEP_FAILURES - timedelta(days=1), NOW
    for name, stopped in (("old", old), ("new", new)):
        Task.objects.create(id=name, name=name, func="a.b", started=stopped, stopped=stopped, success=False)
    jobs.thin(now=NOW)
    assert [task.name for task in Task.objects.all()] == ["new"]


def test_sync_timetable_adds_changes_and_removes() -> None:
    row = jobs.Timetable(name="plan", path="a.b", cluster="work", minutes=1)
    jobs.sync_timetable([row, jobs.Timetable(name="gone", path="a.c", cluster="work", minutes=1)])
    next_run = Schedule.objects.get(name="plan").next_run
    jobs.sync_timetable([jobs.Timetable(name="plan", path="a.b", cluster="io", minutes=5, args=("x",))])
    found = Schedule.objects.get()
    assert (found.name, found.cluster, found.minutes, found.args) == ("plan", "io", 5, "('x',)")
    assert found.next_run == next_run


@pytest.fixture
def stop_pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The leader's end of a stop pipe that this process watches."""
    reading, writing = os.pipe()
    monkeypatch.setenv(jobs.STOP_FD, str(reading))
    monkeypatch.setenv(jobs.STOP_PIPE, str(os.fstat(reading).st_ino))
    yield writing
    os.close(reading)


def test_stopping_is_false_without_a_leader() -> None:
    assert jobs.stopping() is False


def test_stopping_turns_true_when_the_leader_closes_its_pipe(stop_pipe: int) -> None:
    assert jobs.stopping() is False
    os.close(stop_pipe)
    assert jobs.stopping() is True


def test_stopping_ignores_a_descriptor_that_is_not_the_pipe(stop_pipe: int, monkeypatch: pytest.MonkeyPatch) -> None:
    os.close(stop_pipe)
    monkeypatch.setenv(jobs.STOP_PIPE, "1")
    assert jobs.stopping() is False


def test_a_cluster_is_crowded_when_a_task_waits_for_a_worker_of_any_node() -> None:
    later = timezone.now() + jobs.CROWDED_AFTER
    assert not jobs.is_crowded("send", now=later)
    jobs.enqueue("a.b", cluster="send")
    jobs.enqueue("a.b", cluster="io")
    assert not jobs.is_crowded("send", now=later)
    assert jobs.is_crowded("send", now=later + timedelta(seconds=1))
    jobs.Broker("send").dequeue()
    assert not jobs.is_crowded("send", now=later + timedelta(seconds=1))


def test_a_node_takes_no_more_tasks_than_it_has_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_q.conf.Conf.WORKERS", 2)
    for _task in range(3):
        jobs.enqueue("a.b", cluster="send")
    broker, other = jobs.Broker("send"), jobs.Broker("send")
    first, second = (broker.dequeue() for _worker in range(2))
    assert broker.dequeue() is None
    broker.acknowledge(first[0][0])
    assert [len(other.dequeue()), broker.dequeue()] == [1, None]
    jobs.enqueue("a.b", cluster="send")
    assert len(broker.dequeue()) == 1
    assert second[0][0] != first[0][0]


def test_a_task_that_died_with_its_worker_does_not_count_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_q.conf.Conf.WORKERS", 1)
    for _task in range(2):
        jobs.enqueue("a.b", cluster="send")
    broker = jobs.Broker("send")
    broker.dequeue()
    assert broker.dequeue() is None
    monkeypatch.setattr(jobs, "LONGEST_TASK_SECONDS", 0.0)
    assert len(broker.dequeue()) == 1
