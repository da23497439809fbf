from typing import Any

import pytest

from campaigns import drafts, graph, workflows
from campaigns.drafts import Card, Problem, Stale
from campaigns.enums import EDITABLE, CampaignStatus
from campaigns.models import Campaign, WorkflowDraft
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import make_campaign, make_email_node, make_field, make_group, make_workflow, make_workspace

pytestmark = pytest.mark.django_db

START, END = {"id": "start", "type": "start"}, {"id": "end", "type": "end"}
UNFINISHED = {"nodes": [START, {"id": "mail_1", "type": "email"}, END], "edges": [{"from": "start", "to": "mail_1"}]}


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def stored(campaign: Campaign) -> tuple[Any, int]:
    draft = WorkflowDraft.objects.get(campaign=campaign)
    return draft.graph, draft.revision


def test_unfinished_document_is_kept_and_its_revision_rises(campaign: Campaign) -> None:
    drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example")
    assert stored(campaign) == (UNFINISHED, 2)


def test_document_of_another_revision_is_not_overwritten(campaign: Campaign) -> None:
    drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example")
    with pytest.raises(Stale) as refused:
        drafts.save(campaign, document=graph.EMPTY, revision=1, by="ana@acme.example")
    assert (refused.value.draft.graph, refused.value.draft.revision) == (UNFINISHED, 2)
    assert stored(campaign) == (UNFINISHED, 2)


def test_same_document_again_changes_nothing(campaign: Campaign) -> None:
    drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example")
    assert drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example").revision == 2


@pytest.mark.parametrize("status", CampaignStatus.values)
def test_only_drafts_and_paused_campaigns_are_written(workspace: Workspace, status: str) -> None:
    campaign = make_campaign(workspace, status=status)
    if status in EDITABLE:
        assert drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example").revision == 2
        return
    with pytest.raises(Conflict):
        drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example")


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "workflow"),
        ({"nodes": []}, "workflow"),
        ({"nodes": [], "edges": []}, "workflow.nodes"),
        ({"nodes": [START, START], "edges": []}, "workflow.nodes.1"),
        ({"nodes": [START, {"id": "x y", "type": "end"}], "edges": []}, "workflow.nodes.1"),
        ({"nodes": [START, {"id": "x", "type": "nothing"}], "edges": []}, "workflow.nodes.1"),
        ({"nodes": [START, {"id": "x", "type": "end", "data": []}], "edges": []}, "workflow.nodes.1"),
        ({"nodes": [START, {"id": "x", "type": "end", "position": {"x": 1}}], "edges": []}, "workflow.nodes.1"),
        ({"nodes": [START, END], "edges": [{"from": "start", "to": "gone"}]}, "workflow.edges.0"),
        ({"nodes": [START, END], "edges": [{"from": "start", "to": "end", "branch": []}]}, "workflow.edges.0"),
        ({"nodes": [START] * 501, "edges": []}, "workflow.nodes"),
    ],
)
def test_what_cannot_be_drawn_is_refused(campaign: Campaign, document: Any, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        drafts.save(campaign, document=document, revision=1, by="ana@acme.example")
    assert list(refused.value.details) == [path]


def test_problems_stand_at_their_nodes_in_the_order_of_the_document(campaign: Campaign) -> None:
    found = drafts.problems(campaign, UNFINISHED)
    assert [(one.node, one.field, str(one.label), str(one.text)) for one in found] == [
        ("mail_1", "body", "Body", "This field is required."),
        ("mail_1", "", "", "Nothing follows this node: every path leads to an end."),
        ("mail_1", "subject", "Subject", "The first email needs a subject."),
        ("end", "", "", "Nothing leads here from the start."),
    ]


def test_problem_of_an_edge_stands_at_the_node_that_it_leaves(campaign: Campaign) -> None:
    document = make_workflow(make_email_node())
    document["edges"].append({"from": "mail_1", "to": "end"})
    found = drafts.problems(campaign, document)
    assert found == [Problem("mail_1", "", "", "This way out of the node is taken already.")]


def test_workflow_without_a_mail_is_a_problem_of_the_whole(campaign: Campaign) -> None:
    assert drafts.problems(campaign, graph.EMPTY) == [Problem("", "", "", "The workflow has no email")]


def test_step_beyond_the_plan_is_a_problem_where_it_stands() -> None:
    campaign = make_campaign(make_workspace(plan="free"))
    asked = {"id": "asked", "type": "condition", "data": {"check": "opened"}}
    found = drafts.problems(campaign, {"nodes": [START, asked], "edges": []})
    assert Problem("asked", "", "", "Conditions requires Pro plan") in found


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        ({"check": "opened"}, "If opened"),
        ({"check": "opened", "nodeId": "mail_1", "withinDays": 2}, "If opened: “Intro” within 2 days"),
        ({"check": "clicked", "url": "https://a.example"}, "If “https://a.example” clicked"),
        (
            {"check": "clicked", "url": "https://a.example", "nodeId": "mail_1"},
            "If “https://a.example” clicked in “Intro”",
        ),
        ({"check": "email_state"}, ""),
        ({"check": "email_state", "state": "bounced"}, "If bounced"),
        ({"check": "field", "field": "company", "operator": "is_empty"}, "If company is empty"),
        ({"check": "field", "field": "size", "operator": "greater", "value": "5"}, "If Team size is greater than “5”"),
        ({"check": "tag", "tag": "vip"}, "If tagged “vip”"),
        ({"check": "tag"}, ""),
        ({"withinDays": "soon"}, ""),
    ],
)
def test_condition_says_what_it_asks(campaign: Campaign, data: dict[str, Any], summary: str) -> None:
    make_field(campaign.workspace, "size", label="Team size")
    mail, asked = make_email_node(subject="Intro"), {"id": "asked", "type": "condition", "data": data}
    document = {"nodes": [START, mail, asked], "edges": []}
    assert drafts.cards(campaign, document)["asked"] == Card("Condition", summary)


def test_condition_names_its_group(campaign: Campaign) -> None:
    group = make_group(campaign.workspace, "Clients")
    asked = {"id": "asked", "type": "condition", "data": {"check": "group", "groupId": group.public_id}}
    assert (
        drafts.cards(campaign, {"nodes": [START, asked], "edges": []})["asked"].summary == "If in the group “Clients”"
    )


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        ({}, ""),
        ({"days": 1}, "Wait 1 day"),
        ({"days": 3, "businessDays": True}, "Wait 3 business days"),
        ({"hours": 1, "minutes": 30}, "Wait 1 hour, 30 minutes"),
    ],
)
def test_delay_says_how_long_it_waits(campaign: Campaign, data: dict[str, Any], summary: str) -> None:
    document = {"nodes": [START, {"id": "wait", "type": "delay", "data": data}], "edges": []}
    assert drafts.cards(campaign, document)["wait"] == Card("Delay", summary)


def test_mails_are_numbered_in_walk_order(campaign: Campaign) -> None:
    document = make_workflow(make_email_node("mail_b"), make_email_node("mail_a", subject="", body="Again"))
    document["nodes"].sort(key=lambda node: node["id"])
    cards = drafts.cards(campaign, document)
    assert cards["mail_b"] == Card("Email 1", "Subject of mail_b")
    assert cards["mail_a"] == Card("Email 2", "Follow-up in the same thread")


def test_walk_ends_with_what_nothing_leads_to_and_survives_loops() -> None:
    nodes = [{"id": "lost", "type": "end"}, START, {"id": "wait", "type": "delay"}, END]
    edges = [{"from": "start", "to": "wait"}, {"from": "wait", "to": "start"}]
    assert drafts.walk({"nodes": nodes, "edges": edges}) == ["start", "wait", "lost", "end"]


def test_running_campaign_shows_the_version_that_runs(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    WorkflowDraft.objects.filter(campaign=campaign).update(graph=UNFINISHED)
    campaign.draft.refresh_from_db()
    shown = []
    for status in (CampaignStatus.DRAFT, CampaignStatus.ACTIVE):
        campaign.status = status
        shown.append(drafts.shown(campaign))
    assert campaign.version is not None
    assert shown == [UNFINISHED, campaign.version.graph]


def test_draft_says_who_saved_it_last_over_any_door(campaign: Campaign) -> None:
    assert drafts.save(campaign, document=UNFINISHED, revision=1, by="ana@acme.example").saved_by == "ana@acme.example"
    workflows.write(campaign, graph.EMPTY, by="api key Zapier")
    assert WorkflowDraft.objects.get().saved_by == "api key Zapier"
