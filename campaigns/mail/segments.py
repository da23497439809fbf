"""A template as what it says to everybody, what is put in as it is, and what Liquid must be asked for.

A text is the same for all. A `Slot` is a variable alone, or with a fallback: what stands there is known without Liquid.
Every other node says for each person something of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.primitive import StringLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.context import RenderContext
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from markupsafe import escape

from campaigns.mail import filters, marks

# Far below what Liquid is allowed to make, so that it need not be asked whether a text is too long.
LONG, MAX_JOINED = 5_000, 200_000
# What Liquid knows by itself.
LIQUIDS_OWN = {"now", "today", "partial"}


class Blank(Exception):
    """A variable without a value and without a fallback; `name` is the variable."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True)
class Blanks:
    """What happens at a blank variable: it stops the mail, or with `missing` is noted there, with a mark if wanted.

    Those of `optional` may be blank.
    """

    missing: list[str] | None = None
    optional: Collection[str] = ()
    with_marks: bool = False

    def met(self, name: str, text: str) -> str:
        """Return what to write for a blank variable instead of this text; raises Blank."""
        if name in self.optional:
            return text
        if self.missing is None:
            raise Blank(name)
        self.missing.append(name)
        return marks.mark(name) if self.with_marks else text


@dataclass(frozen=True)
class Slot:
    """Where a variable stands; the `fallback` is written where it is blank, None says that it must not be."""

    name: str
    fallback: str | None = None


Segment = str | Slot | Node


def of(nodes: Sequence[Node], context: RenderContext, *, local: Collection[str], ours: str) -> tuple[Segment, ...]:
    """Return the segments of a parsed template.

    `local` are the variables that it sets itself; `ours` begins the names of what only `context` knows.
    """
    return tuple(_segment(node, context, local, ours) for node in nodes if not isinstance(node, CommentNode))


def _segment(node: Node, context: RenderContext, local: Collection[str], ours: str) -> Segment:
    if isinstance(node, ContentNode):
        return node.text
    expression = node.expression if isinstance(node, OutputNode) else None
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return node
    name = str(expression.left.path[0])
    if name in LIQUIDS_OWN or name in local or name.startswith(ours):
        return node
    if not expression.filters:
        return Slot(name)
    fallback = _fallback(expression, ours)
    if fallback is None:
        return node
    return Slot(name, to_liquid_string(fallback.evaluate(context), context.autoescape))


def _fallback(expression: FilteredExpression, ours: str) -> Expression | None:
    """Return what stands for a blank value, when that is all that the filters do and it is the same for everybody."""
    calls = expression.filters or []
    if [call.name for call in calls] != ["default"] or len(calls[0].args) != 1:
        return None
    argument = calls[0].args[0]
    value = argument.value if isinstance(argument, PositionalArgument) else None
    if isinstance(value, Path) and str(value.path[0]).startswith(ours):
        return value
    return value if isinstance(value, StringLiteral) else None


def joined(segments: Sequence[Segment], values: Mapping[str, Any], blanks: Blanks, *, markup: bool) -> str | None:
    """Return the text of segments that need no Liquid, or None where Liquid must decide: it might be too long.

    Raises:
        Blank: as Liquid would.
    """
    noted = len(blanks.missing or ())
    parts: list[str] = []
    for segment in segments:
        if not isinstance(segment, Slot):
            parts.append(str(segment))
            continue
        value = values.get(segment.name)
        if type(value) is str and len(value) > LONG:
            break
        text = written(value, segment.fallback, markup=markup)
        if segment.fallback is None and not text.strip():
            text = blanks.met(segment.name, text)
        parts.append(text)
    else:
        said = "".join(parts)
        if len(said) <= MAX_JOINED and (said.isascii() or _is_utf8(said)):
            return said
    # Liquid notes them again.
    if blanks.missing is not None:
        del blanks.missing[noted:]
    return None


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def written(value: Any, fallback: str | None, *, markup: bool) -> str:
    """Return what a value is in a text, as Liquid writes it; `fallback` where it is blank, unless that is None."""
    if type(value) is str:
        if fallback is not None and not value.strip():
            return fallback
        return escape(value) if markup else value
    if fallback is not None and not filters.text_of(value).strip():
        return fallback
    return to_liquid_string(value, markup)
