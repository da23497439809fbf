"""The moulds of published versions, which never change: each is made once."""

from functools import lru_cache
from uuid import UUID

from campaigns.graph import Graph, of_version
from campaigns.mail import moulds
from campaigns.mail.moulds import Mould
from campaigns.mail.scanning import TemplateProblem
from campaigns.models import Message


@lru_cache(maxsize=256)
def mould(version_id: UUID, node: str, variant: str) -> Mould:
    """Return the mould of a node of a version.

    Raises:
        KeyError: it has no such node.
        TemplateProblem: a template does not parse.
    """
    graph = of_version(version_id)
    return moulds.make(node, graph.nodes[node].data, is_first=not _may_follow(graph, node))


def _may_follow(graph: Graph, node: str) -> bool:
    """Whether a way leads through a mail to this one."""
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        target = waiting.pop()
        behind = {edge.source for edge in graph.edges if edge.target == target} - seen
        seen |= behind
        waiting.extend(behind)
    return any(graph.nodes[name].kind == "email" for name in seen)


def known(version_id: UUID | None, node: str, variant: str = "") -> Mould | None:
    """Return the mould of a node, or None where the step is gone."""
    if version_id is None:
        return None
    try:
        return mould(version_id, node, variant)
    except (KeyError, TemplateProblem):
        return None


def mould_of(message: Message) -> Mould | None:
    """Return the mould of a mail of a sequence, or None where its step is gone."""
    return known(message.version_id, message.node, message.variant)
