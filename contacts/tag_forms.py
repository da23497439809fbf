"""Forms of the tags: another name, and one tag for two."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.forms import MAX_TAGS
from contacts.models import Tag
from contacts.tagging import MAX_LENGTH
from fluenzr.workspaces.models import Workspace


class TagFilters(forms.Form):
    """What the list of tags is narrowed to."""

    q = forms.CharField(label=_("Search"), required=False, widget=forms.SearchInput)


class RenameForm(forms.Form):
    """The name of a tag."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_LENGTH,
        help_text=_(
            "Segments follow. Workflows that ask for the old name mean this tag until another one gets that name."
        ),
    )


class MergeForm(forms.Form):
    """The tag that takes the place of another."""

    into = forms.ChoiceField(label=_("Merge into"), help_text=_("Who carries this tag carries that one instead."))

    def __init__(self, *args: Any, workspace: Workspace, tag: Tag, **options: Any) -> None:
        super().__init__(*args, **options)
        others = Tag.objects.in_workspace(workspace).exclude(pk=tag.pk).order_by("name")
        self.rows: dict[str, Tag] = {one.public_id: one for one in others[:MAX_TAGS]}
        self.fields["into"].choices = [  # type: ignore[attr-defined]
            ("", "---"),
            *((key, one.name) for key, one in self.rows.items()),
        ]

    def target(self) -> Tag:
        """Return what was chosen; call it on a valid form."""
        return self.rows[self.cleaned_data["into"]]
