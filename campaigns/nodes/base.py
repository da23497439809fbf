"""What a node type is: one file with a kind, its ports, its form and `run`.

`run` decides and never writes: it gets a `Step`, plain data about one person at one node, and returns what should
happen. The engine, the explanation and the simulator call the same function.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.nodes.fields import FilesField
from fluenzr.core.errors import Text

NEXT = "next"


@dataclass(frozen=True)
class Go:
    """Leave by a port, at a logical time (the time of entry unless given)."""

    port: str = NEXT
    at: datetime | None = None


@dataclass(frozen=True)
class WaitUntil:
    """Look again at this instant, or sooner when something happens; `reason` is shown to people."""

    at: datetime
    reason: Text


@dataclass(frozen=True)
class Send:
    """Send the mail of this node as soon as a slot is free."""


@dataclass(frozen=True)
class Stop:
    """End the journey with a status (`campaigns.enums.EnrolmentStatus`) and the reason."""

    status: str
    reason: Text = ""


Outcome = Go | WaitUntil | Send | Stop


@dataclass(frozen=True)
class Mail:
    """What became of the mail of one node, for one person. Times are UTC instants or None."""

    node: str
    state: str
    at: datetime
    final: bool
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    clicks: Mapping[str, datetime] = field(default_factory=dict)
    replied_at: datetime | None = None
    bounced_at: datetime | None = None
    opens_tracked: bool = True
    clicks_tracked: bool = True


@dataclass(frozen=True)
class Facts:
    """What is known of one person: fields by variable name, tags, public group ids, and mails in the order sent."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    mails: Sequence[Mail] = ()

    def mail_of(self, node: str) -> Mail | None:
        """Return the mail of a node, or None when none was made yet."""
        return next((mail for mail in self.mails if mail.node == node), None)


@dataclass(frozen=True)
class Step:
    """One person at one node: its data with defaults, when the node was entered, the campaign's zone, and the time."""

    node: str
    data: Mapping[str, Any]
    entered_at: datetime
    facts: Facts
    zone: str
    now: datetime


@dataclass(frozen=True)
class Surroundings:
    """What the check of a node may ask about the rest of the workflow and the workspace; `files` as `attachments`."""

    names: Collection[str]
    emails_before: frozenset[str]
    follows_an_email: bool
    group_ids: Collection[str] = ()
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """What a step's words may call by name: other nodes by id, groups by public id, contact fields by key."""

    nodes: Mapping[str, Text] = field(default_factory=dict)
    groups: Mapping[str, Text] = field(default_factory=dict)
    fields: Mapping[str, Text] = field(default_factory=dict)


Problems = dict[str, list[Text]]

# What a JSON value must be for each kind of form field; a bool is no number here.
_JSON_TYPES: tuple[tuple[type[forms.Field], tuple[type, ...], Text], ...] = (
    (forms.BooleanField, (bool,), _("Must be true or false.")),
    (forms.IntegerField, (int,), _("Must be a whole number.")),
    (forms.CharField, (str,), _("Must be a text.")),
    (forms.ChoiceField, (str,), _("Must be a text.")),
)


class NodeForm(forms.Form):
    """The config schema of a node type; its field names are the keys of the node's `data`."""

    def __init__(self, values: Mapping[str, Any], **options: Any) -> None:
        # An absent key keeps its default, also for a checkbox.
        super().__init__(data={**self.defaults(), **values}, **options)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return the value of each key that has one when absent."""
        return {name: item.initial for name, item in cls.base_fields.items() if item.initial is not None}

    @classmethod
    def blanks(cls) -> dict[str, Any]:
        """Return the default of each key, or a blank of its type."""
        return {name: _blank(item) if item.initial is None else item.initial for name, item in cls.base_fields.items()}

    @classmethod
    def type_problems(cls, values: Mapping[str, Any]) -> Problems:
        """Return what is wrong with the keys and the JSON types, by key."""
        problems: Problems = {}
        for key, value in values.items():
            item = cls.base_fields.get(key)
            if item is None:
                problems[key] = [_("Unknown field.")]
            elif value is None:
                if item.required:
                    problems[key] = [_("Must not be null.")]
            else:
                message = _wrong_type(item, value)
                if message is not None:
                    problems[key] = [message]
        return problems


def _blank(item: forms.Field) -> Any:
    if isinstance(item, forms.BooleanField):
        return False
    return 0 if isinstance(item, forms.IntegerField) else ""


def _wrong_type(item: forms.Field, value: Any) -> Text | None:
    if isinstance(item, FilesField):
        return item.problem_of(value)
    for kind, types, message in _JSON_TYPES:
        if isinstance(item, kind):
            fits = isinstance(value, types) and not (isinstance(value, bool) and bool not in types)
            return None if fits else message
    return None


class NodeKind:
    """A node type. Subclasses fill the attributes and `run`; `campaigns.nodes` finds them."""

    kind: ClassVar[str]
    label: ClassVar[Text]
    icon: ClassVar[str]
    group: ClassVar[Text]
    # Its place in the palette, from the top.
    rank: ClassVar[int] = 50
    # The plan feature that it needs, or "" (fluenzr.workspaces.plans).
    feature: ClassVar[str] = ""
    # Ports that must have an edge, and those that may.
    ports: ClassVar[tuple[str, ...]] = (NEXT,)
    optional_ports: ClassVar[tuple[str, ...]] = ()
    # The words of the ports, where the node has several.
    port_words: ClassVar[Mapping[str, Text]] = {}
    form: ClassVar[type[NodeForm]] = NodeForm
    # The data of a node that was just drawn, beside the defaults of its form.
    begins_with: ClassVar[Mapping[str, Any]] = {}
    # Which facts `run` reads: any of "mails", "clicks", "fields", "tags", "groups".
    needs: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def run(cls, step: Step) -> Outcome:
        """Decide what this person does at this node now."""
        raise NotImplementedError(cls.kind)

    @classmethod
    def why(cls, data: Mapping[str, Any], facts: Facts, port: str) -> Text:
        """Return why somebody of whom this is known left by a port, as a sentence; "" where there was no choice."""
        return ""

    @classmethod
    def problems(cls, data: Mapping[str, Any], around: Surroundings) -> Problems:
        """Return what the form alone cannot see, by key of `data`."""
        return {}

    @classmethod
    def summary(cls, data: Mapping[str, Any], names: Names) -> str:
        """Return in a few words what the node will do; its data may be incomplete, but has every key."""
        return ""

    @classmethod
    def usable(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the data of an unfinished node: every key, with its default where the value cannot be used."""
        wrong = cls.form.type_problems(values)
        form = cls.form({key: value for key, value in values.items() if value is not None and key not in wrong})
        form.is_valid()
        return {**dict.fromkeys(cls.form.base_fields, ""), **cls.form.defaults(), **form.cleaned_data}

    @classmethod
    def clean(cls, values: Mapping[str, Any]) -> tuple[dict[str, Any], Problems]:
        """Return the data with defaults and what is wrong with it, by key."""
        problems = cls.form.type_problems(values)
        if problems:
            return dict(values), problems
        form = cls.form({key: value for key, value in values.items() if value is not None})
        form.is_valid()
        errors = {("" if key == "__all__" else key): list(texts) for key, texts in form.errors.items()}
        return form.cleaned_data, errors
