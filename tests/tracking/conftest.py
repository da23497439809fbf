import pytest

from campaigns.models import Enrolment, Message
from fluenzr.workspaces.models import Workspace
from tests import builders


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
