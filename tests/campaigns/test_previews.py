from typing import Any

import pytest

from campaigns import previews
from campaigns.models import Campaign
from contacts.models import Contact
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_email_node, make_workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


@pytest.fixture
def jane(workspace: Workspace) -> Contact:
    return make_contact(workspace, first_name="Jane")


def draft_mail(campaign: Campaign, jane: Contact, document: dict[str, Any], node: str = "mail_1") -> Any:
    return previews.draft_mail(campaign, document=document, node=node, contact=jane, now=NOW)


def test_mail_of_an_unfinished_workflow_is_shown(campaign: Campaign, jane: Contact) -> None:
    nodes = [{"id": "start", "type": "start"}, make_email_node(subject="Hi {{firstName}}", body="At {{company}}")]
    mail = draft_mail(campaign, jane, {"nodes": [*nodes, {"id": "mail_2", "type": "email"}], "edges": []})
    assert (mail.subject, mail.missing) == ("Hi Jane", ("company",))


def test_follow_up_takes_the_subject_of_the_mail_on_its_way(campaign: Campaign, jane: Contact) -> None:
    broken = make_email_node("mail_2", subject="{{nobody}}")
    document = make_workflow(make_email_node(subject="Intro"), broken, make_email_node("mail_3", subject=""))
    assert draft_mail(campaign, jane, document, "mail_3").subject == "Re: Intro"


@pytest.mark.parametrize(
    ("data", "path"),
    [({"body": " "}, "body"), ({"subject": "{{nobody}}"}, "subject"), ({"body": "{{"}, "body"), ({"body": 5}, "body")],
)
def test_mail_that_cannot_be_made_yet_says_why(
    campaign: Campaign, jane: Contact, data: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        draft_mail(campaign, jane, make_workflow(make_email_node(**data)))
    assert list(refused.value.details) == [path]


def test_node_that_is_no_mail_has_no_preview(campaign: Campaign, jane: Contact) -> None:
    with pytest.raises(Invalid):
        draft_mail(campaign, jane, make_workflow(), "start")
