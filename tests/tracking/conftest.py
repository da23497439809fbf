import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from campaigns.models import Enrolment, Message
from fluenzr.workspaces.models import Workspace
from tests import builders
from tracking import bounded


@pytest.fixture(autouse=True)
def _no_waiting_connections() -> Iterator[None]:
    """Close the connections of the threads that ask for us: the test database could not be dropped under them."""
    yield
    threads = len(bounded._pool._threads)
    together = threading.Barrier(threads) if threads else None

    def close() -> None:
        if together is not None:
            together.wait(5)  # so that each thread takes one
        connections.close_all()

    for done in [bounded._pool.submit(close) for _thread in range(threads)]:
        done.result()


@pytest.fixture
def enrolment(workspace: Workspace) -> Enrolment:
    """A journey in progress, of jane@globex.example."""
    contact = builders.make_contact(workspace, "jane@globex.example")
    campaign = builders.make_campaign(workspace, status="active")
    return builders.make_enrolment(campaign, contact, status="in_progress", first_sent_at=builders.NOW)


@pytest.fixture
def message(enrolment: Enrolment) -> Message:
    """The mail that Jane got."""
    return builders.make_sent(enrolment)
