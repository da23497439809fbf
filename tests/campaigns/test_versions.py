from typing import Any

import pytest

from campaigns import drafts, versions, workflows
from campaigns.drafts import Stale
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, WorkflowDraft
from campaigns.versions import Kind
from fluenzr.core.errors import NotFound
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_campaign, make_email_node, make_workflow

pytestmark = pytest.mark.django_db

WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}
OLD = make_workflow(make_email_node(), WAIT)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace, OLD)


def told(campaign: Campaign, after: dict[str, Any]) -> list[tuple[str, str, str, list[str]]]:
    found = versions.changes(campaign, OLD, after)
    return [(one.kind, one.node, one.summary, [str(field) for field in one.fields]) for one in found]


def test_same_workflow_drawn_elsewhere_has_no_changes(campaign: Campaign) -> None:
    moved = {**OLD, "nodes": [{**node, "position": {"x": 1, "y": 2}} for node in OLD["nodes"]]}
    assert told(campaign, moved) == []


@pytest.mark.parametrize("default", [{}, {"trackOpens": True, "attachments": []}])
def test_cards_that_only_moved_make_no_version_and_stay_where_they_were_put(
    campaign: Campaign, default: dict[str, Any]
) -> None:
    before = campaign.version
    given = make_workflow(make_email_node(**default), WAIT)
    moved = {**given, "nodes": [{**node, "position": {"x": 1, "y": 2}} for node in given["nodes"]]}
    assert workflows.write(campaign, moved, by="jane@acme.example") == before
    campaign.status = CampaignStatus.ACTIVE
    shown = drafts.shown(campaign)
    assert [node["position"] for node in shown["nodes"]] == [{"x": 1, "y": 2}] * 4
    assert shown["edges"] == OLD["edges"]


def test_default_that_is_written_out_is_no_change(campaign: Campaign) -> None:
    assert told(campaign, make_workflow(make_email_node(trackOpens=True), WAIT)) == []


def test_changed_fields_are_named(campaign: Campaign) -> None:
    after = make_workflow(make_email_node(subject="New", trackOpens=False), WAIT)
    assert told(campaign, after) == [(Kind.CHANGED, "mail_1", "New", ["Subject", "Track opens"])]


def test_added_and_removed_nodes_are_told_with_what_follows_differently(campaign: Campaign) -> None:
    after = make_workflow(make_email_node(), make_email_node("mail_2"))
    assert told(campaign, after) == [
        (Kind.CHANGED, "mail_1", "Subject of mail_1", ["What follows"]),
        (Kind.ADDED, "mail_2", "Subject of mail_2", []),
        (Kind.REMOVED, "wait", "Wait 3 days", []),
    ]


def test_history_is_listed_newest_first_with_its_changes(campaign: Campaign) -> None:
    workflows.write(campaign, make_workflow(make_email_node(subject="New"), WAIT), by="jane@acme.example")
    newest, oldest = versions.published(campaign)
    assert (newest.version.number, newest.version.created_by, newest.is_current) == (2, "jane@acme.example", True)
    assert [change.node for change in newest.changes] == ["mail_1"]
    assert [change.kind for change in oldest.changes] == [Kind.ADDED] * 4
    assert versions.unpublished(campaign) == []


def test_draft_that_differs_is_not_published_yet(campaign: Campaign) -> None:
    drafts.save(
        campaign, document=make_workflow(make_email_node(subject="New"), WAIT), revision=1, by="ana@acme.example"
    )
    campaign.draft.refresh_from_db()
    assert [change.node for change in versions.unpublished(campaign)] == ["mail_1"]


def test_restored_version_becomes_the_draft_and_is_recorded(campaign: Campaign) -> None:
    drafts.save(campaign, document=make_workflow(make_email_node(subject="New")), revision=1, by="ana")
    restored = versions.restore(campaign, number=1, revision=2, by="jane@acme.example", now=NOW)
    assert (restored.graph, restored.revision) == (OLD, 3)
    assert AuditEntry.objects.get().changes == {"version": 1}


def test_restoring_over_unseen_changes_or_from_nowhere_is_refused(campaign: Campaign) -> None:
    drafts.save(campaign, document=make_workflow(make_email_node(subject="New")), revision=1, by="ana")
    with pytest.raises(Stale):
        versions.restore(campaign, number=1, revision=1, by="jane@acme.example", now=NOW)
    with pytest.raises(NotFound):
        versions.restore(campaign, number=9, revision=2, by="jane@acme.example", now=NOW)
    assert WorkflowDraft.objects.get().revision == 2
