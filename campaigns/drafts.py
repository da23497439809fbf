"""The document that the editor writes: it may be incomplete, is saved whole, and answers what is missing.

Whoever saves says which revision they began with, so that nobody overwrites what they have not seen (contract A32).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns import graph, lifecycle, workflows
from campaigns.enums import EDITABLE
from campaigns.mail import variables
from campaigns.models import Campaign, WorkflowDraft
from campaigns.nodes import registry
from campaigns.nodes.base import Names, NodeKind
from contacts.models import Group
from fluenzr.core.errors import Conflict, Invalid, PlanLimit, Text
from fluenzr.workspaces import plans

_NODE_KEYS, _EDGE_KEYS = {"id", "type", "data", "position"}, {"from", "to", "branch"}
_NODE_PATH = re.compile(r"workflow\.nodes\.(?P<node>[A-Za-z0-9_-]+)(?:\.data)?(?:\.(?P<field>.+))?\Z")
_EDGE_PATH = re.compile(r"workflow\.edges\.(?P<index>\d+)")


class Stale(Conflict):
    """Somebody saved another document since; `draft` is what is there now."""

    def __init__(self, draft: WorkflowDraft) -> None:
        super().__init__(_("The workflow was changed in another window or by somebody else"))
        self.draft = draft


@dataclass(frozen=True)
class Problem:
    """Something that keeps a document from running; `node` and `field` are "" where it is about none, `label` too."""

    node: str
    field: str
    label: Text
    text: Text


@dataclass(frozen=True)
class Card:
    """What a node shows of itself: the name of its type, numbered for e-mails, and what it does in words."""

    title: str
    summary: str


def save(campaign: Campaign, *, document: Any, revision: int, by: str) -> WorkflowDraft:
    """Keep a document, complete or not, in place of the one with that revision; return the draft as it is now.

    Saving what is there already changes nothing, whatever the revision: an answer may have been lost.

    Raises:
        Stale: another revision is there, with another document; nothing is changed.
        Conflict: the campaign is neither draft nor paused.
        Invalid: it could not be drawn: no nodes and edges, unknown types, edges that end nowhere.
    """
    require_drawable(document)
    with transaction.atomic():
        campaign = lifecycle.locked(campaign)
        draft: WorkflowDraft = campaign.draft
        if draft.graph == document:
            return draft
        if campaign.status not in EDITABLE:
            raise Conflict(_("Only a draft or a paused campaign can be changed"))
        if draft.revision != revision:
            raise Stale(draft)
        draft.graph, draft.revision, draft.saved_by = document, revision + 1, by
        draft.save(update_fields=["graph", "revision", "saved_by", "updated_at"])
    return draft


def shown(campaign: Campaign) -> dict[str, Any]:
    """Return the document that the editor shows: the draft, or the version that runs where nothing may be changed.

    Its cards stand where the draft has them, as moving them makes no version.
    """
    drawn = workflows.document(campaign)
    if campaign.is_editable or campaign.version is None:
        return drawn
    places = {item["id"]: item["position"] for item in drawn["nodes"] if "position" in item}
    running = campaign.version.graph
    nodes = [{**item, "position": places[item["id"]]} if item["id"] in places else item for item in running["nodes"]]
    return {**running, "nodes": nodes}


def problems(campaign: Campaign, document: Mapping[str, Any]) -> list[Problem]:
    """Return all that would keep a document from running, in the order of its nodes, then what is about the whole."""
    found = workflows.problems(campaign, document)
    placed = [_placed(document, path, text) for path, texts in found.items() for text in texts]
    placed += _beyond_the_plan(campaign, document)
    order = {item["id"]: number for number, item in enumerate(document["nodes"])}
    return sorted(placed, key=lambda problem: order.get(problem.node, len(order)))


def sentence(problem: Problem, drawn: Mapping[str, Card]) -> str:
    """Return a problem in one line, with the step and the field that it is about; `drawn` is what `cards` told."""
    place = [drawn[problem.node].title] if problem.node in drawn else []
    return ": ".join(str(part) for part in (*place, problem.label, problem.text) if part)


def _beyond_the_plan(campaign: Campaign, document: Mapping[str, Any]) -> list[Problem]:
    """Return what `start` refuses because of the plan, at each node that needs more."""
    refused: dict[str, Text] = {}
    for feature in {kind.feature for kind in _kinds(document).values()} - {""}:
        try:
            plans.require(campaign.workspace, plans.Feature(feature))
        except PlanLimit as error:
            refused[feature] = error.message
    kinds = _kinds(document).items()
    return [Problem(name, "", "", refused[kind.feature]) for name, kind in kinds if kind.feature in refused]


def _placed(document: Mapping[str, Any], path: str, text: Text) -> Problem:
    """Return the problem at a path of `graph.problems`; one of an edge belongs to the node that it leaves."""
    edge = _EDGE_PATH.match(path)
    if edge:
        return Problem(document["edges"][int(edge["index"])]["from"], "", "", text)
    place = _NODE_PATH.match(path)
    kind = _kinds(document).get(place["node"]) if place else None
    if place is None or kind is None:
        return Problem("", "" if path.startswith("workflow") else path, "", text)
    field = place["field"] or ""
    drawn = kind.form.base_fields.get(field)
    return Problem(place["node"], field, drawn.label or "" if drawn else "", text)


def names(campaign: Campaign, documents: Iterable[Mapping[str, Any]]) -> Names:
    """Return what cards of these documents call by name, but for their own nodes; at most two queries for all."""
    data = [_usable(item) for document in documents for item in document["nodes"]]
    return Names(groups=_group_names(campaign, data), fields=variables.field_words(campaign.workspace))


def cards(campaign: Campaign, document: Mapping[str, Any], known: Names | None = None) -> dict[str, Card]:
    """Return what each node shows of itself, by node; no query where `names` of the document are `known` already."""
    data = {item["id"]: _usable(item) for item in document["nodes"]}
    kinds, titles = _kinds(document), _titles(document)
    mails = {name: data[name].get("subject", "").strip() or titles[name] for name in data}
    called = replace(known or names(campaign, [document]), nodes=mails)
    return {name: Card(titles[name], kinds[name].summary(data[name], called)) for name in data}


def _titles(document: Mapping[str, Any]) -> dict[str, str]:
    numbers = {node: number for number, node in enumerate(walk(document, kind="email"), start=1)}
    return {
        name: f"{kind.label} {numbers[name]}" if name in numbers else str(kind.label)
        for name, kind in _kinds(document).items()
    }


def walk(document: Mapping[str, Any], *, kind: str = "") -> list[str]:
    """Return the nodes from the start on as `Graph.walk` does, then those that nothing leads to; or those of a kind."""
    kinds = _kinds(document)
    targets = {(item["from"], item.get("branch")): item["to"] for item in document["edges"]}
    starts = [name for name in kinds if kinds[name].kind == "start"]
    found: dict[str, None] = {}
    for first in (*starts, *kinds):
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                ports = (*kinds[name].ports, *kinds[name].optional_ports, None)
                waiting.extend(targets[name, port] for port in reversed(ports) if (name, port) in targets)
    return [name for name in found if kind in ("", kinds[name].kind)]


def before(document: Mapping[str, Any], node: str, *, kind: str = "") -> list[str]:
    """Return the nodes on any way to a node, in walk order; or those of a kind."""
    sources: dict[str, set[str]] = {}
    for item in document["edges"]:
        sources.setdefault(item["to"], set()).add(item["from"])
    found, waiting = set[str](), [node]
    while waiting:
        new = sources.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return [name for name in walk(document, kind=kind) if name in found - {node}]


def _kinds(document: Mapping[str, Any]) -> dict[str, type[NodeKind]]:
    return {item["id"]: registry.kind(item["type"]) for item in document["nodes"]}


def _usable(item: Mapping[str, Any]) -> dict[str, Any]:
    return registry.kind(item["type"]).usable(item.get("data") or {})


def _group_names(campaign: Campaign, data: Iterable[Mapping[str, Any]]) -> dict[str, Text]:
    asked = {Group.key_of(values.get("groupId")) for values in data} - {None}
    rows = Group.objects.in_workspace(campaign.workspace_id).filter(pk__in=asked) if asked else []
    return {group.public_id: group.name for group in cast("list[Group]", rows)}


def require_drawable(document: Any) -> None:
    """Refuse what no editor could show: this is no unfinished workflow, but none at all.

    Raises:
        Invalid: with the path of the first problem.
    """
    if not isinstance(document, Mapping) or set(document) != {"nodes", "edges"}:
        raise Invalid(_("Must be an object with “nodes” and “edges”."), field="workflow")
    for key, most in graph.MOST.items():
        if not isinstance(document[key], list):
            raise Invalid(_("Must be a list."), field=f"workflow.{key}")
        if len(document[key]) > most:
            raise Invalid(graph.TOO_MANY[key] % {"count": most}, field=f"workflow.{key}")
    names: set[str] = set()
    for index, item in enumerate(document["nodes"]):
        if not _is_node(item) or item["id"] in names:
            raise Invalid(_("This is no node."), field=f"workflow.nodes.{index}")
        names.add(item["id"])
    for index, item in enumerate(document["edges"]):
        if not _is_edge(item, names):
            raise Invalid(_("This is no edge between two nodes."), field=f"workflow.edges.{index}")
    if sum(item["type"] == "start" for item in document["nodes"]) != 1:
        raise Invalid(_("A workflow has one start."), field="workflow.nodes")


def _is_node(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and set(item) <= _NODE_KEYS
        and graph.is_node_id(item.get("id"))
        and isinstance(item.get("type"), str)
        and item["type"] in registry.kinds()
        and isinstance(item.get("data"), Mapping | None)
        and graph.is_position(item.get("position"))
    )


def _is_edge(item: Any, names: set[str]) -> bool:
    if not isinstance(item, Mapping) or not set(item) <= _EDGE_KEYS:
        return False
    ends = (item.get("from"), item.get("to"))
    return all(isinstance(end, str) and end in names for end in ends) and isinstance(item.get("branch"), str | None)
