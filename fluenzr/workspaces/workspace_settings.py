"""What a workspace says about itself: its name, address, zone, language, tracking and signature."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fluenzr.core import clock
from fluenzr.core.errors import Invalid, Text
from fluenzr.workspaces import audit, plans
from fluenzr.workspaces.enums import TrackingMode
from fluenzr.workspaces.models import Workspace

FIELDS = ("name", "postal_address", "timezone", "language", "tracking_mode", "default_signature")


def change(workspace: Workspace, *, by: str, now: datetime, **values: str) -> None:
    """Change some of `FIELDS`; texts lose the blanks around them, and the record holds what differs.

    Raises:
        Invalid: the name is blank, or the zone, the language or the tracking mode unknown; by field.
        PlanLimit: a signature is new and the plan has none of its own.
    """
    if unknown := sorted(values.keys() - set(FIELDS)):
        raise ValueError(f"no settings of a workspace: {unknown}")
    wanted = {name: value.strip() for name, value in values.items()}
    _check(wanted)
    with transaction.atomic():
        current = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        changes = {
            name: [getattr(current, name), value] for name, value in wanted.items() if getattr(current, name) != value
        }
        if wanted.get("default_signature") and "default_signature" in changes:
            plans.require(current, plans.Feature.OWN_SIGNATURE)
        for name, (_before, value) in changes.items():
            setattr(workspace, name, value)
        if changes:
            workspace.save(update_fields=[*changes, "updated_at"])
            audit.record(
                workspace=workspace, by=by, action="workspace.changed", obj=workspace, changes=changes, now=now
            )


def _check(values: dict[str, str]) -> None:
    details: dict[str, list[Text]] = {}
    if values.get("name", "-") == "":
        details["name"] = [_("Name is required")]
    elif len(values.get("name", "")) > 200:
        details["name"] = [_("Name is too long")]
    if values.get("timezone", "UTC") not in clock.zone_names():
        details["timezone"] = [_("Timezone is not a known time zone")]
    if values.get("language", "en") not in dict(settings.LANGUAGES):
        details["language"] = [_("There is no such language")]
    if values.get("tracking_mode", TrackingMode.FULL) not in TrackingMode.values:
        details["tracking_mode"] = [_("There is no such tracking mode")]
    if details:
        raise Invalid(_("The settings are not valid"), details=details)
