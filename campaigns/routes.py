"""The ways through a workflow: the fewest and the most mails on them, and the longest of them. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.enums import MessageState
from campaigns.graph import Edge, Graph, Node
from campaigns.nodes.base import Facts, Go, Mail, Step, WaitUntil


def mails(graph: Graph) -> dict[str, tuple[int, int]]:
    """Return by node the fewest and the most mails from it on, its own included."""
    found: dict[str, tuple[int, int]] = {}
    for name, targets in _from_the_ends(graph).items():
        own = int(graph.nodes[name].kind == "email")
        behind = [found[target] for target in targets] or [(0, 0)]
        found[name] = (own + min(least for least, _most in behind), own + max(most for _least, most in behind))
    return found


def with_most_mails(graph: Graph, *, zone: str, now: datetime) -> Graph:
    """Return the workflow with only one way from each node: the one with the most mails, then the longest waits."""
    weights = _weights(graph, zone, now)
    return _straight(graph, {name: (float(count), stay.total_seconds()) for name, (count, stay) in weights.items()})


def longest(graph: Graph, *, zone: str, now: datetime) -> Graph:
    """Return the workflow with only one way from each node: the one with the longest waits, then the most mails."""
    weights = _weights(graph, zone, now)
    return _straight(graph, {name: (stay.total_seconds(), float(count)) for name, (count, stay) in weights.items()})


def _straight(graph: Graph, weights: Mapping[str, tuple[float, float]]) -> Graph:
    """Return the graph in which every port of a node leads along the way of the greatest weight."""
    best: dict[str, tuple[float, float]] = {}
    edges: list[Edge] = []
    for name, targets in _from_the_ends(graph).items():
        first, second = weights[name]
        if targets:
            target = max(targets, key=lambda target: best[target])
            first, second = first + best[target][0], second + best[target][1]
            kind = graph.nodes[name].type
            edges += [Edge(name, target, port) for port in (*kind.ports, *kind.optional_ports)]
        best[name] = first, second
    return Graph(graph.nodes, edges)


def _weights(graph: Graph, zone: str, now: datetime) -> dict[str, tuple[int, timedelta]]:
    """Return by node how many mails it is, and how long somebody stays there at most."""
    sent = tuple(Mail(node.id, MessageState.SENT, now, True) for node in graph.emails())
    facts = Facts(mails=sent)
    return {name: (int(node.kind == "email"), _stay(node, facts, zone, now)) for name, node in graph.nodes.items()}


def _stay(node: Node, facts: Facts, zone: str, now: datetime) -> timedelta:
    outcome = node.type.run(Step(node.id, node.data, now, facts, zone, now))
    if isinstance(outcome, WaitUntil):
        return outcome.at - now
    return max((outcome.at or now) - now, timedelta()) if isinstance(outcome, Go) else timedelta()


def _from_the_ends(graph: Graph) -> dict[str, list[str]]:
    """Return what each node leads to; nodes come after all that they lead to."""
    targets: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for edge in graph.edges:
        targets[edge.source].append(edge.target)
    order: dict[str, list[str]] = {}
    waiting = [(name, False) for name in targets]
    seen: set[str] = set()
    while waiting:
        name, is_last = waiting.pop()
        if is_last:
            order[name] = targets[name]
        elif name not in seen:
            seen.add(name)
            waiting.append((name, True))
            waiting += [(target, False) for target in targets[name]]
    return order
