import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import DateTimeField, Value
from pytest_django import DjangoAssertNumQueries

from fluenzr.core.errors import RateLimited
from fluenzr.workspaces.models import RateWindow, Workspace
from fluenzr.workspaces.throttle import Throttle
from tests.builders import NOW, make_workspace

LIMIT = 1000


class Clock:
    """The time of the database and of one process, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> Value:
        return Value(NOW + timedelta(seconds=self.seconds), output_field=DateTimeField())

    def ticks(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def process(clock: Clock) -> Throttle:
    """The throttle of one process."""
    return Throttle(now=clock.now, ticks=clock.ticks)


def passed(throttle: Throttle, workspace: Workspace, requests: int, limit: int = LIMIT) -> int:
    return sum(throttle.take(workspace.pk, limit=limit).is_allowed for _number in range(requests))


def test_limit_is_exact_in_one_process(workspace: Workspace, clock: Clock) -> None:
    assert passed(process(clock), workspace, 1100) == LIMIT


def test_remaining_counts_down_one_by_one(workspace: Workspace, clock: Clock) -> None:
    throttle = process(clock)

    assert [throttle.take(workspace.pk, limit=LIMIT).remaining for _number in range(50)] == list(range(999, 949, -1))


def test_refusal_says_when_to_come_back(workspace: Workspace, clock: Clock) -> None:
    throttle = process(clock)
    passed(throttle, workspace, LIMIT)
    clock.seconds = 12.5

    standing = throttle.take(workspace.pk, limit=LIMIT)

    assert (standing.is_allowed, standing.remaining, standing.retry_after) == (False, 0, 48)
    assert standing.reset == int((NOW + timedelta(seconds=60)).timestamp())
    with pytest.raises(RateLimited):
        standing.enforce()


def test_window_is_fixed_from_the_first_request(workspace: Workspace, clock: Clock) -> None:
    throttle = process(clock)
    passed(throttle, workspace, 600)
    clock.seconds = 59.9
    assert passed(throttle, workspace, 600) == 400
    clock.seconds = 60

    assert passed(throttle, workspace, 1100) == LIMIT


def test_rest_of_a_lease_ends_with_its_window(workspace: Workspace, clock: Clock) -> None:
    idle, busy = process(clock), process(clock)
    passed(idle, workspace, 40)
    clock.seconds = 61

    assert passed(busy, workspace, 2000) + passed(idle, workspace, 100) == LIMIT


@pytest.mark.parametrize("processes", [2, 4])
def test_limit_holds_over_processes(workspace: Workspace, clock: Clock, processes: int) -> None:
    throttles = [process(clock) for _number in range(processes)]

    total = sum(passed(throttles[number % processes], workspace, 1) for number in range(1500))

    assert 990 <= total <= LIMIT


def test_most_of_the_limit_passes_when_all_but_one_process_fall_silent(workspace: Workspace, clock: Clock) -> None:
    silent = [process(clock) for _number in range(4)]
    total = sum(passed(throttle, workspace, 30) for throttle in silent)

    total += passed(process(clock), workspace, 2000)

    assert 0.95 * LIMIT <= total <= LIMIT


def test_fast_requests_are_served_from_memory(
    workspace: Workspace, clock: Clock, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(100):
        passed(process(clock), workspace, 400)


def test_slow_requests_take_no_more_than_they_need(workspace: Workspace, clock: Clock) -> None:
    throttle = process(clock)
    for _number in range(5):
        clock.seconds += 1
        passed(throttle, workspace, 1)

    assert RateWindow.objects.get().taken == 5


def test_workspaces_do_not_share(workspace: Workspace, other_workspace: Workspace, clock: Clock) -> None:
    throttle = process(clock)
    passed(throttle, workspace, 1100)

    assert throttle.take(other_workspace.pk, limit=LIMIT).remaining == 999


def test_clock_set_back_begins_a_window(workspace: Workspace, clock: Clock) -> None:
    RateWindow.objects.create(workspace=workspace, started_at=NOW + timedelta(hours=1), taken=LIMIT)

    assert passed(process(clock), workspace, 1) == 1


def test_ended_windows_are_forgotten(db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluenzr.workspaces.throttle.REMEMBERED", 2)
    throttle = process(clock)
    for _number in range(5):
        passed(throttle, make_workspace(), 1)
        clock.seconds += 61

    assert len(throttle._slots) <= 3


@pytest.mark.django_db(transaction=True)
def test_threads_and_processes_at_once_never_exceed_the_limit() -> None:
    workspace = make_workspace()
    counts: list[int] = []

    def run(throttle: Throttle, workspace_id: uuid.UUID) -> None:
        try:
            counts.append(sum(throttle.take(workspace_id, limit=200).is_allowed for _number in range(150)))
        finally:
            connection.close()

    shared = [Throttle(), Throttle()]
    threads = [threading.Thread(target=run, args=(throttle, workspace.pk)) for throttle in shared * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(counts), 198 <= sum(counts) <= 200) == (4, True)
