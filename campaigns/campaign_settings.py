"""The `settings` of a campaign: days and hours of sending, its zone, mails an hour (seeds 000 and 001), stop rules."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.models.campaign import working_week
from fluenzr.core import clock
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace

# The field of the model behind each key of the document.
FIELDS = {
    "sendDays": "send_days",
    "sendHoursStart": "send_hours_start",
    "sendHoursEnd": "send_hours_end",
    "timezone": "timezone",
    "maxEmailsPerHour": "max_emails_per_hour",
    "oneConversationPerCompany": "one_per_company",
}
MOST_PER_HOUR = 1_000_000


def document(campaign: Campaign) -> dict[str, Any]:
    """Return the settings of a campaign: what both seeds print, and last what is ours."""
    return {key: getattr(campaign, field) for key, field in FIELDS.items()}


def defaults(workspace: Workspace) -> dict[str, Any]:
    """Return the model's fields for what nobody said (contract A33)."""
    return {
        "send_days": working_week(),
        "send_hours_start": 9,
        "send_hours_end": 18,
        "timezone": workspace.timezone,
        "max_emails_per_hour": 30,
        "one_per_company": False,
    }


def parse(given: object, *, workspace: Workspace) -> dict[str, Any]:
    """Return the model's fields that a `settings` document sets; keys that it leaves out are left out (contract A24).

    Null puts a key back to its default, and the whole document back to all defaults; only `maxEmailsPerHour: null`
    means "no cap but the account's" (contract A33).

    Raises:
        Invalid: with the path of each wrong key, such as `settings.sendDays`.
    """
    if given is None:
        return defaults(workspace)
    if not isinstance(given, Mapping):
        raise Invalid(_("Settings must be an object"), field="settings")
    fields: dict[str, Any] = {}
    details: dict[str, list[Any]] = {}
    for key, value in given.items():
        try:
            if key not in FIELDS:
                raise Invalid(_("Unknown field"))
            field = FIELDS[key]
            blank = value is None and key != "maxEmailsPerHour"
            fields[field] = defaults(workspace)[field] if blank else _CHECKS[key](value)
        except Invalid as error:
            details[f"settings.{key}"] = [error.message]
    if details:
        raise Invalid(next(iter(details.values()))[0], details=details)
    return fields


def _days(value: object) -> list[str]:
    if not isinstance(value, list) or not value:
        raise Invalid(_("Name at least one day of the week"))
    wrong = [day for day in value if day not in clock.DAY_NAMES]
    if wrong:
        raise Invalid(_("Days are monday, tuesday, wednesday, thursday, friday, saturday and sunday"))
    return [name for name in clock.DAY_NAMES if name in value]


def _whole(value: object, *, least: int, most: int) -> int:
    # `type`, because True is an int to Python and 9.5 hours belong to no documented field (contract M17).
    if type(value) is not int or not least <= value <= most:
        raise Invalid(_("Give a whole number from %(least)d to %(most)d") % {"least": least, "most": most})
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid(_("Must be true or false."))
    return value


def _zone(value: object) -> str:
    if not isinstance(value, str) or value not in clock.zone_names():
        raise Invalid(_("This is no time zone of the IANA database, such as Europe/Paris"))
    return value


_CHECKS: dict[str, Callable[[object], Any]] = {
    "sendDays": _days,
    "sendHoursStart": lambda value: _whole(value, least=0, most=23),
    "sendHoursEnd": lambda value: _whole(value, least=1, most=24),
    "timezone": _zone,
    "maxEmailsPerHour": lambda value: None if value is None else _whole(value, least=1, most=MOST_PER_HOUR),
    "oneConversationPerCompany": _flag,
}
