"""Forms of the custom fields: a new one, and what may change of one that exists."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.enums import FieldType
from contacts.models import CustomField

MAX_LABEL = 100
MAX_OPTION = 200
_DEFAULT = _("What mails show where a contact has no value")


class OptionsField(forms.CharField):
    """Options of a dropdown, one in each line; each once."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not blank."""
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        """Refuse what is too long to choose from a list."""
        super().validate(value)
        if any(len(option) > MAX_OPTION for option in value):
            raise forms.ValidationError(_("An option has at most %(max)s characters") % {"max": MAX_OPTION})


class NewFieldForm(forms.Form):
    """A new field. The domain checks the technical name, and the default by the type."""

    label = forms.CharField(label=_("Label"), max_length=MAX_LABEL)
    key = forms.CharField(
        label=_("Technical name"),
        help_text=_("How mails and the API name it, such as sector for {{sector}}. Fixed from now on."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(label=_("Type"), choices=FieldType.choices, help_text=_("Fixed from now on."))
    options = OptionsField(
        label=_("Options"), required=False, help_text=_("Of a dropdown, one in each line. More can be added later.")
    )
    default = forms.CharField(
        label=_("Default"),
        required=False,
        help_text=_("What mails show where a contact has no value. A date as 2026-03-31, a checkbox as true or false."),
    )

    def clean(self) -> dict[str, Any]:
        """Only a dropdown has options; no text is no default."""
        values = super().clean() or {}
        if values.get("kind") != FieldType.DROPDOWN and values.get("options"):
            self.add_error("options", _("Only a dropdown has options"))
        return values | {"default": values.get("default") or None}


class FieldForm(forms.Form):
    """What may change of a field: its label, its default, and more options."""

    label = forms.CharField(label=_("Label"), max_length=MAX_LABEL)

    def __init__(self, *args: Any, field: CustomField, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.update(label=field.label, default=_typed(field.default))
        self.known = list(field.options)
        if field.kind == FieldType.DROPDOWN:
            self.fields["more"] = OptionsField(
                label=_("More options"), required=False, help_text=_("One in each line. Those that exist stay.")
            )
        self.fields["default"] = _default(field)

    def changes(self) -> dict[str, Any]:
        """Return what the domain is to change; call it on a valid form."""
        values = self.cleaned_data
        changes = {"label": values["label"], "default": values["default"] or None}
        if more := values.get("more"):
            changes["options"] = list(dict.fromkeys([*self.known, *more]))
        return changes


def _default(field: CustomField) -> forms.Field:
    common: dict[str, Any] = {"label": _("Default"), "required": False, "help_text": _DEFAULT}
    match field.kind:
        case FieldType.DROPDOWN:
            choices = [("", "---"), *((option, option) for option in field.options)]
            return forms.ChoiceField(choices=choices, **common)
        case FieldType.CHECKBOX:
            return forms.ChoiceField(choices=[("", "---"), ("true", _("Yes")), ("false", _("No"))], **common)
        case FieldType.DATE:
            return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **common)
    return forms.CharField(**common)


def _typed(default: Any) -> Any:
    """Return a default as the control of its type holds it."""
    return str(default).lower() if isinstance(default, bool) else default
