"""Answers of servers that wait to be written down."""

from typing import Any

import pytest

from campaigns import answers
from campaigns.answers import Answers
from campaigns.overlap import Aside


def test_error_is_told_once_and_later_answers_are_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []

    def settle(given: list[Any]) -> None:
        if "bad" in given:
            raise ValueError("bad")
        written.extend(given)

    monkeypatch.setattr(answers, "_settle", settle)
    kept = Answers(Aside(is_apart=False))
    kept.add("bad")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bad"):
        kept.settle()
    kept.add("good")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bad"):
        kept.settle()
    kept.settle()
    assert written == ["good"]


def test_few_answers_wait_for_more_and_many_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[list[Any]] = []
    monkeypatch.setattr(answers, "_settle", lambda given: written.append(list(given)))
    monkeypatch.setattr(answers, "SETTLE_AT", 3)
    monkeypatch.setattr(answers, "SETTLE_AFTER_SECONDS", 60.0)
    kept = Answers(Aside(is_apart=False))
    for answer in ("a", "b", "c", "d"):
        kept.add(answer)  # type: ignore[arg-type]
    assert written == [["a", "b", "c"]]
    kept.settle()
    assert written == [["a", "b", "c"], ["d"]]
