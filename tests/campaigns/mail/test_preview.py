"""What a mail would say."""

import pytest

from campaigns import graph
from campaigns.mail import rendering
from campaigns.models import Campaign, Message
from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_campaign,
    make_contact,
    make_email_node,
    make_workflow,
)

pytestmark = pytest.mark.django_db


def preview(campaign: Campaign, contact: Contact, node: str) -> rendering.Preview:
    assert campaign.version is not None
    return rendering.preview(
        campaign=campaign, graph=graph.parse(campaign.version.graph), node_id=node, contact=contact, now=NOW
    )


def test_preview_shows_what_is_missing(workspace: Workspace) -> None:
    campaign = make_campaign(
        workspace,
        make_workflow(make_email_node("a", subject="{{firstName}}: hi", body="At {{company}}. https://a.example")),
    )
    shown = preview(campaign, make_contact(workspace, first_name="Ann"), "a")
    assert (shown.subject, shown.missing) == ("Ann: hi", ("company",))
    assert shown.text.startswith("At . https://a.example\n")
    assert "/t/c/" not in shown.html
    assert "/t/o/" not in shown.html
    assert Message.objects.count() == 0


def test_preview_of_a_follow_up_has_the_first_subject(workspace: Workspace) -> None:
    campaign = make_campaign(
        workspace, make_workflow(make_email_node("a", subject="Hi {{firstName}}"), make_email_node("b", subject=""))
    )
    assert preview(campaign, make_contact(workspace, first_name="Ann"), "b").subject == "Re: Hi Ann"
