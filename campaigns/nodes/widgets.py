"""How fields of node forms look in the editor's panel. A node type needs no script of its own: it takes from these."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms

from fluenzr.core.errors import Text


def shown(**when: str | tuple[str, ...]) -> dict[str, str]:
    """Return the attributes that show a field only while another one has one of these values."""
    ((name, values),) = when.items()
    return {"data-shown-when": name, "data-shown-values": " ".join((values,) if isinstance(values, str) else values)}


class Choose(forms.Select):
    """A choice among things of the workspace or of the workflow, which only the panel knows.

    `source` is a key of `campaigns.panels.SOURCES`; `empty` are the words of the blank choice.
    """

    def __init__(self, source: str, *, empty: Text = "-", attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.source, self.empty = source, empty


class Suggest(forms.TextInput):
    """A text with suggestions; `source` as in `Choose`."""

    def __init__(self, source: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.source = source
        self.suggestions: list[str] = []


class Subject(forms.TextInput):
    """One line with variables, and how much of it inboxes show."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-editor": "subject", "autocomplete": "off", **(attrs or {})})


class Body(forms.Textarea):
    """The body of a mail: as it will look, as its source, or as plain text; `format_field` keeps which."""

    def __init__(self, *, format_field: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-editor": "body", "data-format-field": format_field, "rows": 12, **(attrs or {})})


class Files(forms.FileInput):
    """Files that are uploaded at once and removed again; the form holds an input for each, its entry as JSON.

    `files` are the entries for `templates/campaigns/panel_files.html`.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.files: Sequence[Mapping[str, Any]] = ()

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return the entries of a posted panel, or the list of a node's data as it is."""
        posted = getattr(data, "getlist", None)
        return list(_entries(posted(name))) if posted is not None else data.get(name)


def _entries(texts: Sequence[str]) -> Iterator[Any]:
    for text in texts:
        try:
            entry = json.loads(text)
        except ValueError:
            continue  # nothing of ours wrote it
        if isinstance(entry, dict):
            yield entry
