"""Fields of node forms that Django has not: lists of things, as the JSON of a node's data holds them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.attachments import MAX_FILES
from campaigns.nodes.widgets import Files
from fluenzr.core.errors import Text

_KEYS = {"id": str, "name": str, "size": int, "type": str}


class FilesField(forms.Field):
    """The files of a mail: `[{"id", "name"?, "size"?, "type"?}]`, each once. Whether they are there, the node asks."""

    widget = Files

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        """Return the entries; raises ValidationError where they cannot be any."""
        problem = self.problem_of(value or [])
        if problem is not None:
            raise forms.ValidationError(str(problem))
        return value or []

    def problem_of(self, value: Any) -> Text | None:
        """Return what keeps a value from being a list of entries, or None."""
        if not isinstance(value, list) or not all(_is_entry(one) for one in value):
            return _("Must be a list of files: objects with “id”.")
        if len(value) > MAX_FILES:
            return _("A mail carries at most %(count)d files.") % {"count": MAX_FILES}
        if len({one["id"] for one in value}) < len(value):
            return _("A file stands here twice.")
        return None


def _is_entry(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and "id" in value
        and value.keys() <= _KEYS.keys()
        and all(type(one) is _KEYS[key] for key, one in value.items())
    )
