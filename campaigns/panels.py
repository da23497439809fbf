"""What the editor draws of a node type: its entry in the palette, and the form in its panel.

All of it comes from the registry, so that a new node type needs no template and no script.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns import attachments, drafts
from campaigns.mail import variables
from campaigns.models import Campaign
from campaigns.nodes import registry
from campaigns.nodes.base import NEXT, NodeForm, NodeKind, Problems
from campaigns.nodes.widgets import Body, Choose, Files, Suggest
from contacts.models import Group, Tag
from fluenzr.core.errors import Text
from fluenzr.workspaces import plans
from fluenzr.workspaces.models import Workspace

Option = tuple[str, Text]
Source = Callable[[Campaign, Mapping[str, Any], str], Iterable[Option]]
# More would make the panel slow; whoever has more writes a filter.
MOST_OPTIONS = 500

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


def palette(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the node types as the editor needs them; texts are lazy; types that a plan lacks say so in `refusal`."""
    return [_entry(kind, workspace) for kind in sorted(registry.kinds().values(), key=lambda kind: kind.rank)]


def _entry(kind: type[NodeKind], workspace: Workspace) -> dict[str, Any]:
    has_branches = NEXT not in kind.ports
    ports = [(port, True) for port in kind.ports] + [(port, False) for port in kind.optional_ports]
    return {
        "kind": kind.kind,
        "label": kind.label,
        "icon": kind.icon,
        "group": kind.group,
        "ports": [
            {
                "name": port if has_branches else "",
                "label": kind.port_words.get(port, port) if has_branches else "",
                "required": required,
            }
            for port, required in ports
        ],
        "data": kind.begins_with,
        "switches": [
            {"name": name, "label": field.label, "initial": bool(field.initial)}
            for name, field in kind.form.base_fields.items()
            if isinstance(field, forms.BooleanField)
        ],
        "preview": any(isinstance(field.widget, Body) for field in kind.form.base_fields.values()),
        # There is one start, and it is there from the beginning.
        "single": kind.kind == "start",
        "refusal": _refusal(kind, workspace),
    }


def _refusal(kind: type[NodeKind], workspace: Workspace) -> Text:
    if not kind.feature or plans.limits(workspace).allows(plans.Feature(kind.feature)):
        return ""
    return _("Not in your plan")


def form(campaign: Campaign, document: Mapping[str, Any], node: str) -> NodeForm:
    """Return the form of a node filled with its data, ready to be shown; KeyError when there is no such node."""
    item = next((item for item in document["nodes"] if item["id"] == node), None)
    if item is None:
        raise KeyError(node)
    kind = registry.kind(item["type"])
    shown = kind.form(item.get("data") or {}, auto_id="node-%s")
    # What is missing is said beside the field; the browser's own bubbles would hold up the saving of the rest.
    shown.use_required_attribute = False
    for name, field in shown.fields.items():
        _dress(name, field, campaign, document, node, (item.get("data") or {}).get(name, ""))
    return shown


def _dress(
    name: str, field: forms.Field, campaign: Campaign, document: Mapping[str, Any], node: str, value: Any
) -> None:
    widget = field.widget
    widget.attrs["class"] = next(css for kind, css in _CLASSES if isinstance(widget, kind))
    if isinstance(widget, Choose):
        options = list(SOURCES[widget.source](campaign, document, node))
        gone = [(str(value), str(value))] if value and str(value) not in dict(options) else []
        widget.choices = [("", widget.empty), *options, *gone]
    if isinstance(widget, Suggest):
        widget.attrs["list"] = f"node-{name}-options"
        widget.suggestions = [value for value, _label in SOURCES[widget.source](campaign, document, node)]
    if isinstance(widget, Files):
        widget.files = files(campaign.workspace, value)


def files(workspace: Workspace, entries: Any) -> list[dict[str, Any]]:
    """Return the entries of a node's data as its panel lists them: as they are known, `entry` the JSON that it posts.

    One that is not there any more, or never was, stays with what it says of itself.
    """
    given = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    known = attachments.known(workspace, [one.get("id") for one in given])
    found = [known.get(str(one.get("id")), one) for one in given]
    return [{**one, "entry": json.dumps(one, ensure_ascii=False)} for one in found]


def values(kind: str, posted: Mapping[str, Any]) -> tuple[dict[str, Any], Problems]:
    """Return the data of a node as its panel has it, and what is wrong with it by key; KeyError for an unknown kind.

    What cannot be used is in the data as it was typed: the draft keeps everything.
    """
    drawn = registry.kinds()[kind].form
    typed = {name: field.widget.value_from_datadict(posted, {}, name) for name, field in drawn.base_fields.items()}
    typed = {name: value for name, value in typed.items() if value is not None}
    checked = drawn(typed)
    checked.is_valid()
    errors: Problems = {("" if key == "__all__" else key): list(texts) for key, texts in checked.errors.items()}
    data = {**typed, **{name: value for name, value in checked.cleaned_data.items() if name in typed}}
    return {name: _unfinished(value) for name, value in data.items()}, errors


def _unfinished(value: Any) -> Any:
    """Return a value as JSON keeps it; a NUL, which PostgreSQL cannot keep, is left out."""
    return value.replace("\x00", "") if isinstance(value, str) else value


def _emails(campaign: Campaign, document: Mapping[str, Any], node: str) -> Iterable[Option]:
    cards = drafts.cards(campaign, document)
    for name in drafts.before(document, node, kind="email"):
        yield name, f"{cards[name].title}: {cards[name].summary}" if cards[name].summary else cards[name].title


def _groups(campaign: Campaign, document: Mapping[str, Any], node: str) -> Iterable[Option]:
    rows = Group.objects.in_workspace(campaign.workspace_id).order_by("name")[:MOST_OPTIONS]
    return [(group.public_id, group.name) for group in rows]


def _tags(campaign: Campaign, document: Mapping[str, Any], node: str) -> Iterable[Option]:
    names = Tag.objects.in_workspace(campaign.workspace_id).order_by("name").values_list("name", flat=True)
    return [(name, name) for name in names[:MOST_OPTIONS]]


def _fields(campaign: Campaign, document: Mapping[str, Any], node: str) -> Iterable[Option]:
    return variables.field_words(campaign.workspace).items()


SOURCES: dict[str, Source] = {"emails": _emails, "groups": _groups, "tags": _tags, "fields": _fields}
