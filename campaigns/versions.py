"""The history of a workflow: what each published version changed, and the way back to one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from campaigns import drafts
from campaigns.models import Campaign, WorkflowDraft, WorkflowVersion
from campaigns.nodes import registry
from campaigns.nodes.base import Names
from fluenzr.core.errors import NotFound, Text
from fluenzr.workspaces import audit

# So many are listed; older ones stay, as mails point at them.
LISTED = 50


class Kind(TextChoices):
    """What became of a node."""

    ADDED = "added", _("Added")
    REMOVED = "removed", _("Removed")
    CHANGED = "changed", _("Changed")


@dataclass(frozen=True)
class Change:
    """What became of one node: `fields` are the labels of what is different in it."""

    kind: Kind
    node: str
    title: str
    summary: str
    fields: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Published:
    """A version with what it changed against the one before it."""

    version: WorkflowVersion
    changes: tuple[Change, ...]
    is_current: bool


def published(campaign: Campaign) -> list[Published]:
    """Return the newest versions, newest first; three queries."""
    rows = list(WorkflowVersion.objects.filter(campaign=campaign).order_by("-number")[: LISTED + 1])
    before: list[Any] = [*(row.graph for row in rows[1:]), {"nodes": [], "edges": []}]
    known = drafts.names(campaign, [row.graph for row in rows])
    return [
        Published(row, tuple(changes(campaign, old, row.graph, known)), row.pk == campaign.version_id)
        for row, old in zip(rows, before, strict=True)
    ][:LISTED]


def unpublished(campaign: Campaign) -> list[Change]:
    """Return what the draft changes against the version that runs; nothing where there is none yet."""
    if campaign.version is None:
        return []
    return changes(campaign, campaign.version.graph, campaign.draft.graph)


def find(campaign: Campaign, number: int) -> WorkflowVersion:
    """Return one version.

    Raises:
        NotFound: the campaign has none with that number.
    """
    version: WorkflowVersion | None = WorkflowVersion.objects.filter(campaign=campaign, number=number).first()
    if version is None:
        raise NotFound(_("There is no such version"))
    return version


def restore(campaign: Campaign, *, number: int, revision: int, by: str, now: datetime) -> WorkflowDraft:
    """Make the document of a version the draft; it runs only when the campaign is started or resumed.

    Raises:
        NotFound: there is no such version.
        Stale, Conflict: as `drafts.save`.
    """
    version = find(campaign, number)
    with transaction.atomic():
        draft = drafts.save(campaign, document=version.graph, revision=revision, by=by)
        audit.record(
            workspace=campaign.workspace,
            by=by,
            action="campaign.workflow_restored",
            obj=campaign,
            now=now,
            changes={"version": number},
        )
    return draft


def changes(
    campaign: Campaign, before: Mapping[str, Any], after: Mapping[str, Any], known: Names | None = None
) -> list[Change]:
    """Return what differs between two documents, in the order of the later one; where a node is drawn says nothing.

    `known` are the `drafts.names` of both, which spare the queries.
    """
    old, new = ({item["id"]: item for item in document["nodes"]} for document in (before, after))
    old_ways, new_ways = _ways(before), _ways(after)
    found = [
        (Kind.CHANGED if name in old else Kind.ADDED, name, _fields(old[name], new[name]) if name in old else ())
        for name in drafts.walk(after)
    ]
    found = [(kind, name, _with_way(fields, old_ways, new_ways, name, kind)) for kind, name, fields in found]
    found = [(kind, name, fields) for kind, name, fields in found if fields or kind == Kind.ADDED]
    known = known or drafts.names(campaign, [before, after])
    now, then = (drafts.cards(campaign, document, known) for document in (after, before))
    listed = [Change(kind, name, now[name].title, now[name].summary, fields) for kind, name, fields in found]
    gone = [name for name in drafts.walk(before) if name not in new]
    return listed + [Change(Kind.REMOVED, name, then[name].title, then[name].summary) for name in gone]


def _ways(document: Mapping[str, Any]) -> dict[str, set[tuple[str | None, str]]]:
    ways: dict[str, set[tuple[str | None, str]]] = {item["id"]: set() for item in document["nodes"]}
    for item in document["edges"]:
        ways[item["from"]].add((item.get("branch"), item["to"]))
    return ways


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Text, ...]:
    if old["type"] != new["type"]:
        return (_("Type of step"),)
    form = registry.kind(new["type"]).form
    was, now = ({**form.defaults(), **(item.get("data") or {})} for item in (old, new))
    keys = [key for key in {**form.base_fields, **was, **now} if was.get(key) != now.get(key)]
    return tuple(form.base_fields[key].label or key if key in form.base_fields else key for key in keys)


def _with_way(
    fields: tuple[Text, ...],
    old: Mapping[str, set[tuple[str | None, str]]],
    new: Mapping[str, set[tuple[str | None, str]]],
    name: str,
    kind: Kind,
) -> tuple[Text, ...]:
    if kind == Kind.CHANGED and old[name] != new[name]:
        return (*fields, _("What follows"))
    return fields
