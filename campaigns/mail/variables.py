"""The variables that templates may name, and what they stand for."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from campaigns.mail.dates import Day
from contacts.drafts import COLUMNS
from contacts.enums import FieldType
from contacts.models import Contact, CustomField
from fluenzr.core.errors import Text
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace

CONTACT = {"email": "email", **COLUMNS}
# Not about the recipient: a blank one stops nobody.
SENDER = ("senderName", "senderFirstName", "senderEmail", "senderCompany", "signature")
LINKS = ("unsubscribe_link", "preferences_link")
DATES = ("current_date", "current_year")
# The same in the other spelling.
ALIASES = {
    "sender_name": "senderName",
    "sender_first_name": "senderFirstName",
    "sender_email": "senderEmail",
    "sender_company": "senderCompany",
    "unsubscribeLink": "unsubscribe_link",
    "preferencesLink": "preferences_link",
    "currentDate": "current_date",
    "currentYear": "current_year",
}
OPTIONAL = frozenset({*SENDER, *LINKS, *DATES, *ALIASES})
BUILT_IN = frozenset({*CONTACT, "fullName", *OPTIONAL})


def names(workspace: Workspace) -> frozenset[str]:
    """Return every name that a template of the workspace may use: what is built in and its custom fields."""
    own = CustomField.objects.in_workspace(workspace).values_list("key", flat=True)
    return BUILT_IN | frozenset(own)


# What pages call the variables; those of the contact have the names of its fields.
WORDS: dict[str, Text] = {
    "fullName": _("full name"),
    "senderName": _("sender: name"),
    "senderFirstName": _("sender: first name"),
    "senderEmail": _("sender: e-mail"),
    "senderCompany": _("sender: company"),
    "signature": _("signature"),
    "unsubscribe_link": _("unsubscribe link"),
    "preferences_link": _("preferences link"),
    "current_date": _("today's date"),
    "current_year": _("this year"),
}


def field_words(workspace: Workspace) -> dict[str, Text]:
    """Return what pages call each variable that is about the contact: built-in fields, then its custom ones."""
    built_in = {name: Contact._meta.get_field(attribute).verbose_name for name, attribute in CONTACT.items()}
    own = CustomField.objects.in_workspace(workspace).order_by("label", "key").values_list("key", "label")
    return {**built_in, "fullName": WORDS["fullName"], **dict(own)}


def words(workspace: Workspace) -> dict[str, Text]:
    """Return what pages call each variable that a template may use; the other spellings are left out."""
    return {**field_words(workspace), **WORDS}


def contact_values(contact: Contact, fields: Mapping[str, CustomField] | None = None) -> dict[str, Any]:
    """Return what is known of a contact by variable name: texts, numbers, booleans, dates as ISO texts; None is blank.

    With the workspace's `fields` by key, a field without a value has its default.
    """
    defaults = {key: field.default for key, field in (fields or {}).items()}
    values = {key: _plain(value) for key, value in (defaults | _known(contact.custom)).items()}
    values |= {name: _plain(getattr(contact, attribute)) for name, attribute in CONTACT.items()}
    values["fullName"] = full_name(contact) or None
    return values


def full_name(contact: Contact) -> str:
    """Return what a contact is called, "" where that is not known."""
    first, last = contact.first_name, contact.last_name
    return f"{first} {last}" if first and last else first or last


def custom_values(contact: Contact, defaults: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the values of these custom fields as `contact_values` does, without those that are blank."""
    found = {}
    for name, default in defaults:
        value = contact.custom.get(name)
        value = _plain(default if value in (None, "") else value)
        if value is not None:
            found[name] = value
    return found


def _known(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in custom.items() if value not in (None, "")}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or None
    return value if isinstance(value, bool | int | float) else None


def sender_values(account: Account | None, workspace: Workspace) -> dict[str, Any]:
    """Return what is known of the sender by variable name, all texts; the signature as its author wrote it."""
    name = account.display_name if account else ""
    own = account.signature if account else ""
    return {
        "senderName": name,
        "senderFirstName": name.partition(" ")[0],
        "senderEmail": account.email if account else "",
        "senderCompany": workspace.name,
        "signature": own or workspace.default_signature,
    }


def date_values(day: date, language: str) -> dict[str, Any]:
    """Return the values of the date of a mail, in its reader's language."""
    return {"current_date": Day.of(day, language), "current_year": day.year}


def with_aliases(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, also under their names in the other spelling."""
    return {**values, **{alias: values[name] for alias, name in ALIASES.items() if name in values}}


def with_days(values: Mapping[str, Any], dated: frozenset[str], language: str) -> dict[str, Any]:
    """Return the values with those of `dated` turned from ISO texts into dates that speak the language."""
    found = dict(values)
    for name in dated & found.keys():
        day = parse_date(found[name]) if isinstance(found[name], str) else None
        if day is not None:
            found[name] = Day.of(day, language)
    return found


def dated(fields: Mapping[str, CustomField]) -> frozenset[str]:
    """Return the keys of the fields that hold dates."""
    return frozenset(key for key, field in fields.items() if field.kind == FieldType.DATE)
