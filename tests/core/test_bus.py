from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction

from fluenzr.core import bus
from fluenzr.workspaces.models import Workspace
from tests.builders import make_workspace


@dataclass(frozen=True)
class Rained:
    millimetres: int


@dataclass(frozen=True)
class Poured(Rained):
    pass


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    bus._subscribers.pop(Rained, None)
    bus._subscribers.pop(Poured, None)


def test_subscribers_hear_in_the_order_of_registration() -> None:
    heard: list[tuple[str, int]] = []
    bus.subscribe(Rained)(lambda fact: heard.append(("first", fact.millimetres)))
    bus.subscribe(Rained)(lambda fact: heard.append(("second", fact.millimetres)))
    bus.publish(Rained(3))
    assert heard == [("first", 3), ("second", 3)]


def test_subscriber_registered_twice_hears_once() -> None:
    heard: list[Rained] = []
    for _time in range(2):
        bus.subscribe(Rained)(heard.append)
    bus.publish(Rained(1))
    assert heard == [Rained(1)]


def test_fact_of_another_class_is_not_heard() -> None:
    heard: list[Rained] = []
    bus.subscribe(Rained)(heard.append)
    bus.publish(Poured(1))
    assert heard == []


def test_subscriber_without_anybody_is_fine() -> None:
    bus.publish(Rained(1))


@pytest.mark.django_db
def test_error_of_a_subscriber_rolls_the_fact_back() -> None:
    @bus.subscribe(Rained)
    def fail(fact: Rained) -> None:
        raise RuntimeError("wet")

    def rain() -> None:
        with transaction.atomic():
            make_workspace()
            bus.publish(Rained(1))

    with pytest.raises(RuntimeError, match="wet"):
        rain()
    assert Workspace.objects.count() == 0
