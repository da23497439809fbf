"""Templates that users write: Liquid with few tags and filters, fallbacks, spintax, and limits on time and size.

Nothing of ours is within their reach: they see the values that they are given, and these are texts, numbers and dates.
`{{company|your company}}` says `your company` where the company is blank; a blank value without a fallback is `Blank`.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TextIO

from django.utils.translation import gettext_lazy as _
from liquid import Environment, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, OutputStreamLimitError
from liquid.expression import Expression
from liquid.template import BoundTemplate
from liquid.token import Token
from liquid.undefined import UNDEFINED, is_undefined

from campaigns.mail import filters, segments, spintax
from campaigns.mail.filters import FILTERS, TooMuch
from campaigns.mail.scanning import OUTPUT, TAG, Piece, TemplateProblem, scan
from campaigns.mail.segments import Blanks, Segment
from fluenzr.core.errors import Text

MAX_OUTPUT = 1_000_000
TAGS = {"if", "unless", "case", "assign", "capture", "comment", "#"}
FALLBACK = "__fallback"
OURS = "__"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FILTER_CALL = re.compile(r"\s*([A-Za-z_]+)\s*(?::(.*))?", re.DOTALL)


class _Buffer:
    """What a rendering has written so far; stops it when that becomes too long."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self._parts = limit, 0, list[str]()

    def write(self, text: str) -> int:
        self.size += len(text) if text.isascii() else len(text.encode())
        if self.size > self.limit:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        self._parts.append(text)
        return len(text)

    def getvalue(self) -> str:
        return "".join(self._parts)

    def taken(self) -> str:
        """Return what was written since this was called last."""
        text, self._parts = self.getvalue(), []
        return text


class _Context(RenderContext):
    """A rendering that knows what to do with blank variables."""

    blanks = Blanks()
    # The same that its scope leads to, behind what the template set itself.
    said: Mapping[str, Any] = {}

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        name = path[0]
        if len(path) == 1 and isinstance(name, str) and name not in segments.LIQUIDS_OWN:
            if name in self.locals:
                return self.locals[name]
            if name in self.said:
                return self.said[name]
        return super().get(path, token=token, default=default)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        return FILTERS[name] if name in FILTERS else super().filter(name, token)

    def get_buffer(self, buf: Any = None) -> Any:
        return _Buffer(MAX_OUTPUT - (buf.size if isinstance(buf, _Buffer) else 0))


class _OutputNode(OutputNode):
    """`{{ ... }}`, which must not be blank unless it says what then."""

    def __init__(self, token: Any, expression: Expression) -> None:
        super().__init__(token, expression)
        self.name = ""
        if isinstance(expression, FilteredExpression) and isinstance(expression.left, Path):
            called = {call.name for call in expression.filters or ()}
            self.name = "" if "default" in called else str(expression.left.path[0])

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        text = segments.written("" if is_undefined(value) else value, None, markup=context.autoescape)
        if self.name and not text.strip() and isinstance(context, _Context):
            text = context.blanks.met(self.name, text)
        return buffer.write(text)


class _Output(Output):
    node_class = _OutputNode


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 1000
    local_namespace_limit = 1_000_000
    output_stream_limit = MAX_OUTPUT
    suppress_blank_control_flow_blocks = False
    template_class = _Template

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        # What is not named here does not exist: no loops, no includes, no counters.
        inner = {"content", "illegal", "output", "expression"}
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS | inner or not name.isalpha()}
        self.add_tag(_Output)
        self.filters = dict(FILTERS)


_ENVIRONMENTS = {
    markup: _Environment(tolerance=Mode.STRICT, strict_filters=True, autoescape=markup) for markup in (False, True)
}


@dataclass(frozen=True)
class Compiled:
    """A template ready to be filled. `names` are the variables that it uses, `spins` the sizes of its groups.

    `required` are those that must have a value where they stand; `has_tags` is whether they may not stand there for
    everybody. `segments` are its parts (see `campaigns.mail.segments`).
    """

    template: BoundTemplate
    names: frozenset[str]
    spins: tuple[int, ...]
    warnings: tuple[Text, ...] = ()
    required: frozenset[str] = frozenset()
    has_tags: bool = False
    segments: tuple[Segment, ...] = ()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What only Liquid can say."""
        return tuple(segment for segment in self.segments if isinstance(segment, Node))

    @cached_property
    def markup(self) -> bool:
        """Whether it is HTML."""
        return bool(self.template.env.autoescape)

    def render(
        self,
        values: Mapping[str, Any],
        *,
        missing: list[str] | None = None,
        optional: Collection[str] = (),
        with_marks: bool = False,
    ) -> str:
        """Return the text with the values in it; with `missing`, blank variables are noted there and left out.

        Those of `optional` may be blank and are not noted. `with_marks` shows where those that are noted should stand.

        `values` must hold the numbers of `spintax.choose` for a template with spintax.

        Raises:
            Blank: a variable has no value and no fallback, and `missing` was not given.
            TemplateProblem: the template asks for too much, or cannot do with these values what it says.
        """
        blanks = Blanks(missing, optional, with_marks)
        said = None if self.nodes else segments.joined(self.segments, values, blanks, markup=self.markup)
        return "".join(self._by_liquid(self.template.nodes, values, blanks)) if said is None else said

    def said_by_nodes(
        self, values: Mapping[str, Any], *, missing: list[str] | None, optional: Collection[str]
    ) -> list[str]:
        """Return what each of the `nodes` says; see `render`."""
        return self._by_liquid(self.nodes, values, Blanks(missing, optional))

    def _by_liquid(self, nodes: Sequence[Node], values: Mapping[str, Any], blanks: Blanks) -> list[str]:
        context = _Context(self.template, globals=self.template.make_globals(values))
        context.blanks, context.said = blanks, values
        context.scope.push({"partial": False})
        buffer: Any = _Buffer(MAX_OUTPUT)
        spent = filters.budget.set([filters.BUDGET])
        said = []
        try:
            for node in nodes:
                _render(node, context, buffer)
                said.append(buffer.taken())
        except (TooMuch, OutputStreamLimitError):
            raise TemplateProblem(_("The text becomes too long.")) from None
        except (LiquidError, ValueError, ArithmeticError, TypeError, RecursionError) as error:
            raise TemplateProblem(_does_not_parse(error)) from error
        finally:
            filters.budget.reset(spent)
        return said


def _render(node: Node, context: RenderContext, buffer: Any) -> None:
    try:
        node.render(context, buffer)
    except LiquidError as error:
        context.env.error(error, token=node.token)


def problems(text: str, *, names: Collection[str]) -> list[Text]:
    """Return what keeps a template from being used, as sentences: it does not parse, or names unknown variables."""
    try:
        template = compiled(text, markup=True)
    except TemplateProblem as problem:
        return [problem.text]
    return [_unknown(name, names) for name in sorted(template.names - set(names))]


def warnings(text: str) -> list[Text]:
    """Return what is allowed but looks like a slip, as sentences: a fallback that is nearly the name of a filter."""
    try:
        return list(compiled(text, markup=True).warnings)
    except TemplateProblem:
        return []


@lru_cache(maxsize=1024)
def compiled(text: str, *, markup: bool) -> Compiled:
    """Return the template of a text; with `markup` it is HTML and values are escaped.

    Raises:
        TemplateProblem: it does not parse or breaks a limit; the sentence says where.
    """
    pieces, spins = spintax.spread(scan(text))
    return build(pieces, spins=spins, markup=markup)


def build(pieces: Sequence[Piece], *, spins: Sequence[int], markup: bool) -> Compiled:
    """Return the template of pieces whose spintax was spread before; see `compiled`."""
    fallbacks: dict[str, str] = {}
    found: list[Text] = []
    source = "".join(_prepared(piece, fallbacks, found) for piece in pieces)
    try:
        template = _ENVIRONMENTS[markup].from_string(source, globals=_marked(fallbacks, markup))
        variables = frozenset(_variables(template))
    except (LiquidError, ValueError, RecursionError) as error:
        raise TemplateProblem(_does_not_parse(error)) from error
    local = _local(template)
    parts = segments.of(
        template.nodes, _Context(template, globals=template.make_globals({})), local=local, ours=FALLBACK
    )
    named = (node.name for node in _walk(template.nodes, template) if isinstance(node, _OutputNode))
    required = frozenset(name for name in named if name)
    has_tags = bool(spins) or any(piece.kind == TAG for piece in pieces)
    return Compiled(template, variables, tuple(spins), tuple(found), required, has_tags, parts)


def _marked(fallbacks: dict[str, str], markup: bool) -> dict[str, object]:
    # The fallback is written by the author of the mail, like the text around it.
    return {name: filters.Markup(text) if markup else text for name, text in fallbacks.items()}


def _prepared(piece: Piece, fallbacks: dict[str, str], found: list[Text]) -> str:
    """Return the source of a piece in plain Liquid: a fallback becomes a call of `default`."""
    if piece.kind == TAG:
        return piece.source
    if piece.kind != OUTPUT or "|" not in piece.inner:
        return piece.source
    head, calls = _split_bars(piece.inner)
    if not _NAME.fullmatch(head.strip()):
        return piece.source
    is_filter = [_is_filter(call) for call in calls]
    if all(is_filter):
        return piece.source
    first, last = is_filter.index(False), len(calls) - is_filter[::-1].index(False)
    fallback = "|".join(calls[first:last]).strip()
    _check_slip(fallback, found)
    name = f"{FALLBACK}{len(fallbacks)}"
    fallbacks[name] = fallback
    chain = [*calls[:first], f" default: {name} ", *calls[last:]]
    return "{{ " + head + "|" + "|".join(chain) + " }}"


def _split_bars(inner: str) -> tuple[str, list[str]]:
    """Split at bars outside of quotes into the expression and what follows each bar."""
    parts, quote = [""], ""
    for letter in inner:
        if letter == "|" and not quote:
            parts.append("")
            continue
        if letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
        parts[-1] += letter
    if quote:  # an apostrophe of a fallback, not a quote: `{{company|l'entreprise}}`
        parts = inner.split("|")
    return parts[0], parts[1:]


def _is_filter(call: str) -> bool:
    match = _FILTER_CALL.fullmatch(call)
    return match is not None and match[1] in FILTERS


def _check_slip(fallback: str, found: list[Text]) -> None:
    word = fallback.partition(":")[0].strip()
    if not re.fullmatch(r"[A-Za-z_]+", word):
        return
    near = [name for name in FILTERS if word != name and _distance(word.lower(), name) <= 2]
    if near:
        found.append(
            _("“%(word)s” is used as a fallback text; if the filter “%(filter)s” is meant, correct it.")
            % {"word": word, "filter": min(near, key=lambda name: _distance(word.lower(), name))}
        )


def _distance(one: str, other: str) -> int:
    """Return how many letters must be added, dropped or changed to turn one word into the other."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        before, row = row, [at]
        for index, against in enumerate(other):
            row.append(min(before[index + 1] + 1, row[index] + 1, before[index] + (letter != against)))
    return row[-1]


def _variables(template: BoundTemplate) -> Iterator[str]:
    """Yield the variables that a template reads; refuses unknown filters, and what reaches into values or counts up."""
    local = _local(template)
    for node in _walk(template.nodes, template):
        for expression in node.expressions():
            for part in _parts(expression):
                _check_part(part)
                if isinstance(part, Path) and part.path[0] not in local and not str(part.path[0]).startswith(OURS):
                    yield str(part.path[0])


def _local(template: BoundTemplate) -> set[str]:
    return {str(name) for node in _walk(template.nodes, template) for name in node.template_scope()}


def _check_part(part: Expression) -> None:
    if isinstance(part, RangeLiteral):
        raise ValueError("ranges are not allowed")
    if isinstance(part, Path) and (len(part.path) > 1 or not isinstance(part.path[0], str)):
        raise ValueError(f"there is no variable '{part}'")
    if isinstance(part, FilteredExpression):
        unknown = [call.name for call in part.filters or () if call.name not in FILTERS]
        if unknown:
            raise ValueError(f"there is no filter '{unknown[0]}'")


def _walk(nodes: Sequence[Node], template: BoundTemplate) -> Iterator[Node]:
    context = _Context(template)
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children(context))


def _parts(expression: Expression) -> Iterator[Expression]:
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(part.children())


def _unknown(name: str, names: Collection[str]) -> Text:
    near = difflib.get_close_matches(name, [known for known in names if not known.startswith(OURS)], n=1)
    if near:
        return _("“%(name)s” is no variable; did you mean “%(near)s”?") % {"name": name, "near": near[0]}
    return _("“%(name)s” is no variable.") % {"name": name}


def _does_not_parse(error: Exception) -> Text:
    reason = str(error.args[0]) if error.args else type(error).__name__
    token = getattr(error, "token", None)
    if token is None or token.start_index < 0:
        return _("The template does not work: %(reason)s.") % {"reason": reason}
    line = token.source.count("\n", 0, token.start_index) + 1
    return _("The template does not work in line %(line)d: %(reason)s.") % {"line": line, "reason": reason}
