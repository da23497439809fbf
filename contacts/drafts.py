"""What a door asks to write about a person, checked and laid onto the row."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from contacts import addresses, deals, fields, phones, tagging
from contacts.models import Contact, CustomField, Group, PipelineStage
from fluenzr.core import clock
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import User


class Draft(TypedDict, total=False):
    """The values of one person by the product's names; what is absent stays, None clears."""

    email: str
    firstName: str | None
    lastName: str | None
    company: str | None
    jobTitle: str | None
    phone: str | None
    website: str | None
    country: str | None
    timezone: str | None
    language: str | None
    notes: str | None
    customFields: Mapping[str, Any] | None
    tags: Sequence[str]
    groups: Sequence[Group]
    stage: PipelineStage | None
    dealValue: Decimal | None
    owner: User | None


# The plain text fields: the product's name and the column.
COLUMNS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "jobTitle": "job_title",
    "phone": "phone",
    "website": "website",
    "country": "country",
    "timezone": "timezone",
    "language": "language",
    "notes": "notes",
}
MAX_NOTES = 50_000

# A field's name (custom ones as `customFields.key`) with its old and new value.
Changes = dict[str, tuple[Any, Any]]


def custom_paths(drafts: Sequence[Draft]) -> dict[str, str]:
    """Return the custom field names of all drafts with the path at which a draft gives them."""
    return {key: f"customFields.{key}" for draft in drafts for key in draft.get("customFields") or {}}


def lay(draft: Draft, contact: Contact, custom: Mapping[str, CustomField]) -> Changes:
    """Write the draft's own fields onto the contact in memory and return what changed.

    `custom` holds every field that the draft names. Tags, groups and stage are rows of their own and left alone.

    Raises:
        Invalid: with all problems, by path; the contact is then to be thrown away.
    """
    problems: dict[str, list[Any]] = {}
    changes: Changes = {}
    values = _clean(draft, custom, problems)
    if values.get("phone"):
        values["phone"] = phones.normalise(values["phone"], values.get("country", contact.country))
    for name, value in values.items():
        old = _read(contact, name)
        if old != value:
            changes[name] = (old, value)
            _write(contact, name, value)
    if "dealValue" in draft and draft["dealValue"] != contact.deal_value:
        changes["dealValue"] = (deals.plain(contact.deal_value), deals.plain(draft["dealValue"]))
        contact.deal_value = draft["dealValue"]
    if "owner" in draft and draft["owner"] != contact.owner:
        changes["owner"] = (_address(contact.owner), _address(draft["owner"]))
        contact.owner = draft["owner"]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], details=problems)
    return changes


def _address(owner: User | None) -> str | None:
    return owner.email if owner else None


def _clean(draft: Draft, custom: Mapping[str, CustomField], problems: dict[str, list[Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    given: Mapping[str, Any] = draft
    for name in [name for name in given if name in COLUMNS or name == "email"]:
        try:
            values[name] = _text(name, given[name])
        except Invalid as error:
            problems |= error.details
    for key, value in (draft.get("customFields") or {}).items():
        path = f"customFields.{key}"
        try:
            values[path] = None if value is None else fields.value_for(custom[key], value, path=path)
        except Invalid as error:
            problems |= error.details
    try:
        tagging.clean(draft.get("tags", ()))
    except Invalid as error:
        problems |= error.details
    return values


def _text(name: str, given: str | None) -> str:
    text = (given or "").strip()
    if name == "email":
        if not text:
            raise Invalid(_("Email is required"), field="email")
        return addresses.normalise(text)
    limit = Contact._meta.get_field(COLUMNS[name]).max_length or MAX_NOTES
    if name == "country" and text:
        text = text.upper()
        if not (len(text) == 2 and text.isascii() and text.isalpha()):
            raise Invalid(_("Country must be a code of two letters, such as FR"), field=name)
    if name == "timezone" and text and text not in clock.zone_names():
        raise Invalid(_("Timezone is not a known time zone"), field=name)
    if len(text) > limit:
        raise Invalid(_("Must have at most %(max)s characters") % {"max": limit}, field=name)
    return text


def _read(contact: Contact, name: str) -> Any:
    section, _dot, key = name.partition(".")
    return contact.custom.get(key) if section == "customFields" else getattr(contact, COLUMNS.get(name, name))


def _write(contact: Contact, name: str, value: Any) -> None:
    section, _dot, key = name.partition(".")
    if section == "customFields":
        contact.custom = {**contact.custom, key: value}
        if value is None:
            del contact.custom[key]
        return
    setattr(contact, COLUMNS.get(name, name), value)
    if name == "email":
        contact.email_key = addresses.key(value)
