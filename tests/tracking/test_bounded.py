"""Questions that are answered soon or not at all, also where several wait at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import OperationalError

from tracking import bounded
from tracking.bounded import Together, Unavailable


class Question:
    """Keeps what it was asked; the first time it answers only when it is let."""

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []
        self.begun, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, keys: Sequence[int]) -> dict[int, str]:
        self.asked.append(keys)
        if len(self.asked) == 1:
            self.begun.set()
            assert self.may_answer.wait(5)
        if 13 in keys:
            raise OperationalError("the database is down")
        return {key: str(key) for key in keys if key}


@pytest.fixture
def question() -> Iterator[Question]:
    """A question that answers at the latest when the test is over."""
    found = Question()
    yield found
    found.may_answer.set()


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    """Those who ask, each in a thread."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def together(question: Question) -> Together[int, str]:
    return Together(question)


def ask_behind(
    together: Together[int, str], question: Question, people: ThreadPoolExecutor, keys: Sequence[int]
) -> tuple["Future[str | None]", list["Future[str | None]"]]:
    """Who asks first, for 1, and those who wait behind, for `keys`."""
    first = people.submit(together.ask, 1, seconds=5)
    assert question.begun.wait(5)
    behind = [people.submit(together.ask, key, seconds=5) for key in keys]
    until(lambda: len(together._waiting) == len(keys))
    return first, behind


def until(condition: Callable[[], bool]) -> None:
    for _time in range(5000):
        if condition():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it did not come to that")


def test_run_gives_up_in_time():
    finished = threading.Event()
    with pytest.raises(Unavailable):
        bounded.run(finished.wait, seconds=0.05)
    finished.set()


def test_all_who_wait_are_asked_for_at_once(together, question: Question, people: ThreadPoolExecutor, monkeypatch):
    monkeypatch.setattr(bounded, "PATIENCE_SECONDS", 60)
    first, behind = ask_behind(together, question, people, [2, 3, 2, 0])
    question.may_answer.set()

    assert [first.result(5), *(one.result(5) for one in behind)] == ["1", "2", "3", "2", None]
    assert [question.asked[0], sorted(question.asked[1])] == [[1], [0, 2, 3]]
    assert len(question.asked) == 2


def test_nobody_waits_behind_a_question_that_is_slow(together, question: Question, monkeypatch):
    monkeypatch.setattr(bounded, "PATIENCE_SECONDS", -1)
    with pytest.raises(Unavailable):
        together.ask(1, seconds=0.01)

    assert together.ask(2, seconds=5) == "2"


def test_error_is_that_of_all_who_asked_and_the_next_are_answered(
    together, question: Question, people: ThreadPoolExecutor, monkeypatch
):
    monkeypatch.setattr(bounded, "PATIENCE_SECONDS", 60)
    first, behind = ask_behind(together, question, people, [13, 2])
    question.may_answer.set()

    assert first.result(5) == "1"
    assert [type(one.exception(5)) for one in behind] == [Unavailable, Unavailable]
    assert together.ask(2, seconds=5) == "2"


def test_who_gave_up_is_not_asked_for(together, question: Question, people: ThreadPoolExecutor, monkeypatch):
    monkeypatch.setattr(bounded, "PATIENCE_SECONDS", 60)
    first = people.submit(together.ask, 1, seconds=5)
    assert question.begun.wait(5)
    with pytest.raises(Unavailable):
        together.ask(2, seconds=0.01)
    question.may_answer.set()

    assert first.result(5) == "1"
    assert together.ask(3, seconds=5) == "3"
    assert question.asked == [[1], [3]]


def test_more_than_may_wait_are_refused(together, question: Question, people: ThreadPoolExecutor, monkeypatch):
    monkeypatch.setattr(bounded, "PATIENCE_SECONDS", 60)
    monkeypatch.setattr(bounded, "MOST_WAITING", 1)
    first = people.submit(together.ask, 1, seconds=5)
    assert question.begun.wait(5)
    second = people.submit(together.ask, 2, seconds=5)
    until(lambda: len(together._waiting) == 1)
    with pytest.raises(Unavailable):
        together.ask(3, seconds=5)
    question.may_answer.set()

    assert [first.result(5), second.result(5)] == ["1", "2"]
