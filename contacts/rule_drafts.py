"""Rules while a person builds them in a form: unfinished, with the errors at their places.

Every block and criterion has a path of numbers (`r`, `r-0`, `r-0-1`), by which its controls are named: `r-match`,
`r-0-field`, `r-0-operator`, `r-0-value`, `r-0-scope`. The paths are those of the last answer; a new one counts anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from contacts.criteria import registry
from contacts.criteria.base import Choices, Field, Operator, Takes
from contacts.criteria.rules import ALL, ANY, MAX_CRITERIA, MAX_DEPTH
from fluenzr.core.errors import Text
from fluenzr.workspaces.models import Workspace

ROOT = "r"
FIRST = "company"


@dataclass
class Catalogue:
    """The fields that may be asked about."""

    workspace: Workspace
    fields: Mapping[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = registry.fields(self.workspace)

    def headings(self) -> list[tuple[Text, list[Field]]]:
        """Return the fields below their headings."""
        found: dict[Text, list[Field]] = {}
        for one in self.fields.values():
            found.setdefault(one.heading, []).append(one)
        return list(found.items())

    def offered(self, choices: Choices, kept: Sequence[str] = ()) -> list[tuple[str, Text]]:
        """Return the values to choose among, and with them those that are chosen already."""
        pairs = choices.offered()
        missing = set(kept) - {value for value, _label in pairs}
        more = choices.known(sorted(missing)) if missing else {}
        return [*pairs, *((one.value, one.label) for one in more.values())]


@dataclass
class CriterionDraft:
    """One criterion: what its controls say, all of it text."""

    catalogue: Catalogue
    field_key: str = FIRST
    operator_key: str = ""
    values: list[str] = field(default_factory=list)
    scope: str = ""
    path: str = ""
    errors: list[Text] = field(default_factory=list)
    is_new: bool = False

    is_block = False

    @property
    def asked(self) -> Field:
        """What is asked about."""
        return self.catalogue.fields.get(self.field_key) or self.catalogue.fields[FIRST]

    @property
    def operator(self) -> Operator:
        """The way to ask; the first of the field's where another field's was chosen."""
        operators = self.asked.operators
        return operators.get(self.operator_key) or next(iter(operators.values()))

    @property
    def value(self) -> str:
        """What stands in a control of one value."""
        return self.values[0] if self.values else ""

    @property
    def choices(self) -> list[tuple[str, Text]]:
        """The values to tick."""
        return self.catalogue.offered(self.asked.choices, self.values) if self.asked.choices is not None else []

    @property
    def scopes(self) -> list[tuple[str, Text]]:
        """What narrows the field down."""
        if self.asked.scope is None:
            return []
        kept = [self.scope] if self.scope else []
        return [("", self.asked.scope.anything), *self.catalogue.offered(self.asked.scope.choices, kept)]

    def document(self) -> dict[str, Any]:
        """Return it as rules have it; what cannot be read stays text, and is refused by them."""
        found: dict[str, Any] = {"field": self.asked.key, "operator": self.operator.key}
        match self.operator.takes:
            case Takes.CHOICES:
                found["value"] = self.values
            case Takes.NUMBER | Takes.DAYS:
                found["value"] = _number(self.value)
            case Takes.TEXT | Takes.DAY:
                found["value"] = self.value
        if self.asked.scope is not None and self.scope:
            found[self.asked.scope.key] = self.scope
        return found


@dataclass
class BlockDraft:
    """A block of criteria and blocks."""

    match: str = ALL
    parts: "list[CriterionDraft | BlockDraft]" = field(default_factory=list)
    path: str = ROOT
    depth: int = 1
    errors: list[Text] = field(default_factory=list)

    is_block = True

    @property
    def may_nest(self) -> bool:
        """Whether another block may lie in it."""
        return self.depth < MAX_DEPTH

    def document(self) -> dict[str, Any]:
        """Return it as rules have it."""
        return {self.match: [part.document() for part in self.parts]}

    def number(self, path: str = ROOT, depth: int = 1) -> None:
        """Give everything below its path."""
        self.path, self.depth = path, depth
        for at, part in enumerate(self.parts):
            if isinstance(part, BlockDraft):
                part.number(f"{path}-{at}", depth + 1)
            else:
                part.path = f"{path}-{at}"

    def walk(self) -> "Iterator[CriterionDraft | BlockDraft]":
        """Yield it and everything below."""
        yield self
        for part in self.parts:
            if isinstance(part, BlockDraft):
                yield from part.walk()
            else:
                yield part


def begin(catalogue: Catalogue) -> BlockDraft:
    """Return rules with one criterion to fill in."""
    draft = BlockDraft(parts=[CriterionDraft(catalogue, operator_key="contains")])
    draft.number()
    return draft


def of_document(catalogue: Catalogue, document: Mapping[str, Any]) -> BlockDraft:
    """Return saved rules as a draft."""
    draft = _block_of(catalogue, document)
    draft.number()
    return draft


def _block_of(catalogue: Catalogue, document: Mapping[str, Any]) -> BlockDraft:
    (match, inside) = next(iter(document.items()), (ALL, []))
    parts = [_criterion_of(catalogue, one) if "field" in one else _block_of(catalogue, one) for one in inside]
    return BlockDraft(match, parts)


def _criterion_of(catalogue: Catalogue, document: Mapping[str, Any]) -> CriterionDraft:
    given = document.get("value")
    values = [] if given is None else [str(one) for one in (given if isinstance(given, list) else [given])]
    draft = CriterionDraft(catalogue, document["field"], document.get("operator", ""), values)
    if draft.asked.scope is not None:
        draft.scope = document.get(draft.asked.scope.key) or ""
    return draft


def of_form(catalogue: Catalogue, form: QueryDict) -> BlockDraft:
    """Return what the controls of a form say, under the paths that they have there."""
    return _block_in(catalogue, form, ROOT, depth=1)


def _block_in(catalogue: Catalogue, form: QueryDict, path: str, *, depth: int) -> BlockDraft:
    match = ANY if form.get(f"{path}-match") == ANY else ALL
    block = BlockDraft(match, path=path, depth=depth)
    for at in range(MAX_CRITERIA):
        below = f"{path}-{at}"
        if f"{below}-field" in form:
            one = CriterionDraft(
                catalogue, form.get(f"{below}-field", ""), form.get(f"{below}-operator", ""), path=below
            )
            one.values = [value for value in form.getlist(f"{below}-value") if value.strip()]
            one.scope = form.get(f"{below}-scope", "")
            block.parts.append(one)
        elif f"{below}-match" in form and depth < MAX_DEPTH:
            block.parts.append(_block_in(catalogue, form, below, depth=depth + 1))
    return block


def act(draft: BlockDraft, catalogue: Catalogue, deed: str) -> BlockDraft:
    """Do what a button says: `add:r-0`, `nest:r-0` or `remove:r-0-1`; count the paths anew. Others change nothing."""
    verb, _colon, path = deed.partition(":")
    for block in [one for one in draft.walk() if isinstance(one, BlockDraft)]:
        if verb == "remove":
            block.parts = [part for part in block.parts if part.path != path]
        elif block.path == path and verb == "add":
            block.parts.append(CriterionDraft(catalogue, operator_key="contains", is_new=True))
        elif block.path == path and verb == "nest" and block.may_nest:
            inside = CriterionDraft(catalogue, operator_key="contains", is_new=True)
            block.parts.append(BlockDraft(ANY if block.match == ALL else ALL, [inside]))
    _drop_empty(draft)
    draft.number()
    return draft


def _drop_empty(block: BlockDraft) -> None:
    for part in block.parts:
        if isinstance(part, BlockDraft):
            _drop_empty(part)
    block.parts = [part for part in block.parts if not (isinstance(part, BlockDraft) and not part.parts)]


def place(draft: BlockDraft, problems: Mapping[str, Sequence[Text]]) -> None:
    """Put the problems of rules (`rules.all.0.value`) at the criteria that they are about."""
    by_path = {part.path: part for part in draft.walk()}
    for at, sentences in problems.items():
        numbers = [word for word in at.split(".") if word.isdigit()]
        # The place of a value in a list is none of a criterion: the longest path that is there counts.
        while "-".join([ROOT, *numbers]) not in by_path:
            numbers.pop()
        known = by_path["-".join([ROOT, *numbers])].errors
        known.extend(sentence for sentence in sentences if sentence not in known)


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text.replace(",", "."))
        except ValueError:
            return text
