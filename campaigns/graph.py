"""Workflow documents: what a graph is, and whether it may run.

A document is `{"nodes": [{"id", "type", "data"?, "position"?}], "edges": [{"from", "to", "branch"?}]}` (seed 000). An
edge from a node with several ports names one by `branch`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from campaigns import attachments
from campaigns.mail import variables
from campaigns.models import WorkflowVersion
from campaigns.nodes import registry
from campaigns.nodes.base import NEXT, NodeKind, Problems, Surroundings
from contacts.models import Group
from fluenzr.core.errors import Invalid, Text
from fluenzr.workspaces.models import Workspace

# More edges than a node has ways out, on average, are not looked at one by one.
MOST = {"nodes": 500, "edges": 2000}
TOO_MANY = {
    "nodes": _("A workflow has at most %(count)d nodes."),
    "edges": _("A workflow has at most %(count)d edges."),
}
_NODE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_NODE_KEYS = {"id", "type", "data", "position"}
_EDGE_KEYS = {"from", "to", "branch"}
_FAR = 1e9
_FALLBACK = {"unknown": "no"}

# What a campaign without a workflow has (contract A32); `start` refuses it, as it holds no email.
EMPTY: dict[str, Any] = {
    "nodes": [{"id": "start", "type": "start"}, {"id": "end", "type": "end"}],
    "edges": [{"from": "start", "to": "end"}],
}


@dataclass(frozen=True)
class Node:
    """One step: its data holds every key of its form, with defaults."""

    id: str
    kind: str
    data: Mapping[str, Any]

    @property
    def type(self) -> type[NodeKind]:
        """The node type."""
        return registry.kind(self.kind)


@dataclass(frozen=True)
class Edge:
    """From a node, by a port, to a node."""

    source: str
    target: str
    port: str


@dataclass(frozen=True)
class Graph:
    """A workflow that may run."""

    nodes: Mapping[str, Node]
    edges: Sequence[Edge]

    @cached_property
    def _targets(self) -> dict[tuple[str, str], str]:
        return {(edge.source, edge.port): edge.target for edge in self.edges}

    @cached_property
    def start(self) -> Node:
        """The node where journeys begin."""
        return next(node for node in self.nodes.values() if node.kind == "start")

    def follow(self, node: str, port: str) -> str | None:
        """Return the node behind a port, or None; a port without an edge may have a stand-in (unknown: no)."""
        target = self._targets.get((node, port))
        if target is None and port in _FALLBACK:
            return self._targets.get((node, _FALLBACK[port]))
        return target

    def walk(self) -> Iterator[Node]:
        """Yield the nodes from start on, depth first, in the order of their ports: `yes` before `no` (contract A9)."""
        seen: set[str] = set()
        waiting = [self.start.id]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            node = self.nodes[current]
            yield node
            ports = (*node.type.ports, *node.type.optional_ports)
            targets = [self._targets.get((current, port)) for port in ports]
            waiting.extend(target for target in reversed(targets) if target is not None)

    def emails(self) -> list[Node]:
        """Return the email nodes in the order in which they are numbered."""
        return [node for node in self.walk() if node.kind == "email"]

    @cached_property
    def needs(self) -> frozenset[str]:
        """Which facts the nodes of this workflow read."""
        return frozenset().union(*(node.type.needs for node in self.nodes.values()))


@lru_cache(maxsize=512)
def of_version(version_id: UUID) -> Graph:
    """Return the graph of a published version; versions never change, so it is read once."""
    return parse(WorkflowVersion.objects.only("graph").get(pk=version_id).graph)


def parse(document: Mapping[str, Any]) -> Graph:
    """Return the graph of a document that was checked before."""
    nodes = {}
    for item in document["nodes"]:
        data, _found = registry.kind(item["type"]).clean(item.get("data") or {})
        nodes[item["id"]] = Node(item["id"], item["type"], data)
    edges = [Edge(item["from"], item["to"], item.get("branch") or NEXT) for item in document["edges"]]
    return Graph(nodes, edges)


def check(document: Any, *, workspace: Workspace, root: str = "workflow") -> None:
    """Refuse a document that may not run.

    Raises:
        Invalid: its details name every problem by path, nodes by id and edges by index.
    """
    found = problems(document, workspace=workspace, root=root)
    if found:
        first = next(iter(found.values()))[0]
        raise Invalid(first, details=found)


def problems(document: Any, *, workspace: Workspace, root: str = "workflow") -> Problems:
    """Return everything that keeps a document from running, by path; empty when it may run."""
    return _Check(document, workspace, root).run()


class _Check:
    """One pass over a document, from its shape to its meaning; what a stage found unusable the next ones pass over."""

    def __init__(self, document: Any, workspace: Workspace, root: str) -> None:
        self.document, self.workspace, self.root = document, workspace, root
        self.found: dict[str, list[Text]] = defaultdict(list)
        self.kinds: dict[str, type[NodeKind]] = {}
        self.data: dict[str, dict[str, Any]] = {}
        # The keys of each node that its form refused.
        self.refused: dict[str, set[str]] = {}
        # Whether an edge or a node could not be used, so that what seems unreachable may not be.
        self.has_gaps = False
        self.targets: dict[str, dict[str, str]] = defaultdict(dict)
        self.sources: dict[str, set[str]] = defaultdict(set)

    def run(self) -> Problems:
        self._shape()
        if not self.found:
            for stage in (self._nodes, self._edges, self._paths, self._meaning):
                stage()
        return dict(self.found)

    def _say(self, path: str, text: Text) -> None:
        self.found[f"{self.root}.{path}" if path else self.root].append(text)

    def _shape(self) -> None:
        document = self.document
        if not isinstance(document, Mapping):
            self._say("", _("Must be an object with “nodes” and “edges”."))
            return
        for key in document:
            if key not in ("nodes", "edges"):
                self._say(str(key), _("Unknown field."))
        for key, kind in (("nodes", "id"), ("edges", "from")):
            items = document.get(key)
            if not isinstance(items, list):
                self._say(key, _("Must be a list."))
                continue
            for index, item in enumerate(items):
                if not isinstance(item, Mapping):
                    self._say(f"{key}.{index}", _("Must be an object."))
                elif not isinstance(item.get(kind), str):
                    self._say(f"{key}.{index}.{kind}", _("Must be a text."))
            if len(items) > MOST[key]:
                self._say(key, TOO_MANY[key] % {"count": MOST[key]})

    def _nodes(self) -> None:
        if not self.document["nodes"]:
            self._say("nodes", _("The workflow has no nodes."))
        for index, item in enumerate(self.document["nodes"]):
            name = item["id"]
            if not is_node_id(name):
                self._say(f"nodes.{index}.id", _("Use 1 to 64 letters, digits, “_” or “-”."))
            elif name in self.kinds or name in self.data:
                self._say(f"nodes.{name}.id", _("Two nodes have this id."))
            else:
                self._node(name, item)
        starts = [name for name, kind in self.kinds.items() if kind.kind == "start"]
        if self.document["nodes"] and not starts:
            self._say("nodes", _("The workflow has no start."))
        for name in starts[1:]:
            self._say(f"nodes.{name}", _("A workflow has one start only."))

    def _node(self, name: str, item: Mapping[str, Any]) -> None:
        for key in item:
            if key not in _NODE_KEYS:
                self._say(f"nodes.{name}.{key}", _("Unknown field."))
        if not is_position(item.get("position")):
            self._say(f"nodes.{name}.position", _("Must be an object with the numbers “x” and “y”."))
        data = item.get("data")
        self.data[name] = {}
        if data is not None and not isinstance(data, Mapping):
            self._say(f"nodes.{name}.data", _("Must be an object."))
            self.has_gaps = True
            return
        kind = registry.kinds().get(item["type"]) if isinstance(item.get("type"), str) else None
        if kind is None:
            self._say(f"nodes.{name}.type", _("Unknown node type."))
            self.has_gaps = True
            return
        self.kinds[name] = kind
        self.data[name], found = kind.clean(data or {})
        self.refused[name] = set(found)
        self._say_data(name, found)

    def _say_data(self, name: str, found: Problems) -> None:
        for key, texts in found.items():
            for text in texts:
                self._say(f"nodes.{name}.data.{key}" if key else f"nodes.{name}.data", text)

    def _edges(self) -> None:
        for index, item in enumerate(self.document["edges"]):
            before = len(self.found)
            for key in item:
                if key not in _EDGE_KEYS:
                    self._say(f"edges.{index}.{key}", _("Unknown field."))
            for key in ("from", "to"):
                if not isinstance(item.get(key), str) or item[key] not in self.data:
                    self._say(f"edges.{index}.{key}", _("There is no node with this id."))
            if len(self.found) == before and item["from"] in self.kinds:
                self._edge(index, item)
            self.has_gaps |= len(self.found) > before
        # Whoever's edge was refused above knows already that nothing follows.
        tried = {item["from"] for item in self.document["edges"]}
        for name, kind in self.kinds.items():
            for port in kind.ports:
                if port not in self.targets[name] and not (port == NEXT and name in tried):
                    self._say(f"nodes.{name}", _missing_edge(port))

    def _edge(self, index: int, item: Mapping[str, Any]) -> None:
        source, target, branch = item["from"], item["to"], item.get("branch")
        kind = self.kinds[source]
        ports = (*kind.ports, *kind.optional_ports)
        port = branch if branch is not None else NEXT
        if not ports:
            self._say(f"edges.{index}.from", _("Nothing follows an end."))
        elif branch is not None and NEXT in ports:
            self._say(f"edges.{index}.branch", _("This node has no branches."))
        elif port not in ports:
            self._say(f"edges.{index}.branch", _("Must be one of: %(ports)s.") % {"ports": ", ".join(ports)})
        elif port in self.targets[source]:
            self._say(f"edges.{index}", _("This way out of the node is taken already."))
        elif target in self.kinds and self.kinds[target].kind == "start":
            self._say(f"edges.{index}.to", _("Nothing leads to the start."))
        else:
            self.targets[source][port] = target
            self.sources[target].add(source)

    def _paths(self) -> None:
        reached = self._reached()
        for name in self.kinds:
            if name not in reached and reached and not self.has_gaps:
                self._say(f"nodes.{name}", _("Nothing leads here from the start."))
        for name in self._in_loops():
            self._say(f"nodes.{name}", _("This node is part of a loop."))

    def _reached(self) -> set[str]:
        reached = {name for name, kind in self.kinds.items() if kind.kind == "start"}
        waiting = list(reached)
        while waiting:
            for target in self.targets[waiting.pop()].values():
                if target not in reached:
                    reached.add(target)
                    waiting.append(target)
        return reached

    def _in_loops(self) -> list[str]:
        """Return the nodes of loops (and those between two loops) in the order of the document."""
        left = set(self.kinds) - set(self._in_order())
        while dead_ends := {name for name in left if not left.intersection(self.targets[name].values())}:
            left -= dead_ends
        return [name for name in self.kinds if name in left]

    def _in_order(self) -> list[str]:
        """Return the nodes so that each comes after those before it (Kahn); those in or behind a loop are missing."""
        open_sources = {name: set(self.sources[name]) for name in self.kinds}
        ready = [name for name, sources in open_sources.items() if not sources]
        order = []
        while ready:
            name = ready.pop()
            order.append(name)
            for target in set(self.targets[name].values()) & open_sources.keys():
                open_sources[target].discard(name)
                if not open_sources[target]:
                    ready.append(target)
        return order

    def _meaning(self) -> None:
        names = variables.names(self.workspace)
        groups = self._group_ids()
        files = self._files()
        for name, around in self._surroundings(names, groups, files).items():
            kind, refused = self.kinds[name], self.refused[name]
            # A key that was refused does not hide what is wrong with the others.
            found = kind.problems({**kind.form.blanks(), **self._accepted(name)}, around)
            self._say_data(name, {key: texts for key, texts in found.items() if key not in refused})

    def _accepted(self, name: str) -> dict[str, Any]:
        return {key: value for key, value in self.data[name].items() if key not in self.refused[name]}

    def _surroundings(
        self, names: Collection[str], groups: Collection[str], files: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Surroundings]:
        """Return what surrounds each node; where the paths are not clear, the benefit of the doubt."""
        emails = frozenset(name for name in self.kinds if self._is_email(name))
        found = {name: Surroundings(names, emails, True, groups, files) for name in self.kinds}
        reached = self._reached()
        for name in self._in_order():
            if name in reached:
                sources = {source: found[source] for source in self.sources[name] if source in reached}
                mails = [around.emails_before | ({source} & emails) for source, around in sources.items()]
                always = [around.follows_an_email or source in emails for source, around in sources.items()]
                around = Surroundings(names, frozenset().union(*mails), bool(always) and all(always), groups, files)
                found[name] = around
        return found

    def _is_email(self, name: str) -> bool:
        return self.kinds[name].kind == "email"

    def _files(self) -> dict[str, dict[str, Any]]:
        lists = [self._accepted(name).get("attachments") for name in self.kinds if self._is_email(name)]
        return attachments.known(self.workspace, [one["id"] for entries in lists if entries for one in entries])

    def _group_ids(self) -> set[str]:
        asked = {str(data["groupId"]) for data in self.data.values() if data.get("groupId")}
        keys = [key for key in map(Group.key_of, asked) if key is not None]
        rows = Group.objects.in_workspace(self.workspace).filter(pk__in=keys) if keys else []
        return {cast(Group, row).public_id for row in rows}


def is_node_id(value: Any) -> bool:
    """Whether a value may name a node."""
    return isinstance(value, str) and _NODE_ID.match(value) is not None


def is_position(value: Any) -> bool:
    """Whether a value is where the editor draws a node: absent, or finite numbers (JSON knows no others)."""
    if value is None:
        return True
    return (
        isinstance(value, Mapping)
        and set(value) == {"x", "y"}
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in value.values())
        and all(abs(number) < _FAR for number in value.values())
    )


def _missing_edge(port: str) -> Text:
    if port == NEXT:
        return _("Nothing follows this node: every path leads to an end.")
    return _("The branch “%(port)s” leads nowhere: every branch reaches an end.") % {"port": port}
