"""What a workspace chose about its people: the currency of deals, and how long what is known is kept."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactSettings
from fluenzr.core.errors import Invalid, Text
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

# Fields of days (null keeps for good), and how errors name them.
DAYS = {"hits_days": "hitsDays", "contents_days": "contentsDays", "idle_days": "idleDays"}
MAX_DAYS = 3650
# An idle contact is deleted whole, so nobody is to be gone within a quarter by a slip of the hand.
MIN_IDLE_DAYS = 90
_CURRENCY = re.compile(r"[A-Z]{3}")


def of(workspace: Workspace) -> ContactSettings:
    """Return the settings of a workspace; as they are by default, and unsaved, where nobody changed any."""
    found: ContactSettings | None = ContactSettings.objects.in_workspace(workspace).first()
    return found or ContactSettings(workspace=workspace)


def change(workspace: Workspace, *, by: str, now: datetime, **values: str | int | None) -> ContactSettings:
    """Change `currency` (ISO 4217) or some of `DAYS` (whole days, None for ever); the record holds what differs.

    Raises:
        Invalid: a value does not fit; by field, in camelCase.
    """
    if unknown := sorted(values.keys() - {"currency", *DAYS}):
        raise ValueError(f"no settings of contacts: {unknown}")
    if isinstance(code := values.get("currency"), str):
        values["currency"] = code.strip().upper()
    _check(values)
    with transaction.atomic():
        ContactSettings.objects.bulk_create([ContactSettings(workspace=workspace)], ignore_conflicts=True)
        row: ContactSettings = ContactSettings.objects.select_for_update(no_key=True).get(workspace=workspace)
        changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
        for name, (_before, value) in changes.items():
            setattr(row, name, value)
        if changes:
            row.save(update_fields=list(changes))
            action = "contact_settings.changed"
            audit.record(workspace=workspace, by=by, action=action, obj=row, changes=changes, now=now)
    return row


def _check(values: dict[str, str | int | None]) -> None:
    details: dict[str, list[Text]] = {}
    if not _CURRENCY.fullmatch(str(values.get("currency", "EUR"))):
        details["currency"] = [_("Currency must be a code of three letters, such as EUR")]
    for name, path in DAYS.items():
        days, least = values.get(name), MIN_IDLE_DAYS if name == "idle_days" else 1
        if days is not None and not least <= int(days) <= MAX_DAYS:
            details[path] = [_("Must be between %(least)s and %(most)s days") % {"least": least, "most": MAX_DAYS}]
    if details:
        raise Invalid(_("The settings are not valid"), details=details)
