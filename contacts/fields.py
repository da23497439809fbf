"""Custom fields: their definitions, and the values that fit them."""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.criteria import mentions
from contacts.criteria.custom import PREFIX
from contacts.enums import FieldType
from contacts.models import Contact, ContactQuerySet, CustomField, Segment
from fluenzr.core import jobs
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.core.json_functions import WithoutKey
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import Workspace

KEY = re.compile(r"[a-z][A-Za-z0-9_]{0,59}")
MAX_TEXT = 10_000
MAX_FIELDS = 200
# What more contacts hold than a page should wait for is deleted in the background.
MOST_AT_ONCE = 20_000
_PIECE = 5000
# Names that mean something in a template already, so that no field of a workspace can hide them.
RESERVED = frozenset(
    """
    id email firstName lastName company jobTitle phone website country timezone language status tags groups notes
    pipelineStage owner createdAt updatedAt lastPurchase unsubscribe_link preferences_link current_date current_year
    signature sender senderName senderEmail senderFirstName senderCompany senderSignature contact workspace campaign
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def field_keys(workspace: Workspace) -> dict[str, CustomField]:
    """Return the workspace's custom fields by technical name."""
    return {field.key: field for field in CustomField.objects.in_workspace(workspace)}


def create(
    *,
    workspace: Workspace,
    key: str,
    kind: str,
    by: str,
    now: datetime,
    label: str = "",
    default: Any = None,
    options: list[str] | None = None,
) -> CustomField:
    """Define a field; its technical name and type are fixed from now on.

    Raises:
        Invalid: the name, type, options or default do not fit.
        Conflict: the workspace has a field of this name.
    """
    check_key(key, path="key")
    if kind not in FieldType.values:
        raise Invalid(_("Type must be one of %(types)s") % {"types": ", ".join(FieldType.values)}, field="type")
    field = CustomField(workspace=workspace, key=key, label=label.strip() or key, kind=kind, options=options or [])
    if kind == FieldType.DROPDOWN and not field.options:
        raise Invalid(_("A dropdown needs options"), field="options")
    field.default = None if default is None else value_for(field, default, path="default")
    try:
        with transaction.atomic():
            _check_room(workspace, adding=1)
            field.save(force_insert=True)
            changes = {"key": key, "type": kind}
            audit.record(workspace=workspace, by=by, action="field.created", obj=field, changes=changes, now=now)
    except IntegrityError as error:
        raise Conflict(_("A field with this technical name exists already")) from error
    return field


def update(field: CustomField, *, changes: Mapping[str, Any], by: str, now: datetime) -> CustomField:
    """Change `label`, `default` or `options`; options can only be added, since contacts hold the old ones.

    Raises:
        Invalid: an option is taken away, or the default does not fit.
    """
    if "options" in changes:
        if set(field.options) - set(changes["options"]):
            raise Invalid(_("Options can only be added"), field="options")
        field.options = list(changes["options"])
    if "label" in changes:
        field.label = changes["label"].strip() or field.key
    if "default" in changes:
        given = changes["default"]
        field.default = None if given is None else value_for(field, given, path="default")
    with transaction.atomic():
        field.save(update_fields=["label", "default", "options"])
        audit.record(
            workspace=field.workspace, by=by, action="field.updated", obj=field, changes=dict(changes), now=now
        )
    return field


def holders(field: CustomField) -> ContactQuerySet:
    """Return the contacts that have a value of their own in a field."""
    found: ContactQuerySet = Contact.objects.in_workspace(field.workspace_id).filter(custom__has_key=field.key)
    return found


def segments_asking(field: CustomField) -> list[Segment]:
    """Return the segments whose rules ask about a field: they mean nobody once it is gone."""
    name = f"{PREFIX}{field.key}"
    return mentions.segments(field.workspace, lambda asked: asked["field"] == name)


def delete(field: CustomField, *, by: str, now: datetime) -> bool:
    """Delete a field with all that contacts hold in it; False when those are so many that a worker does it."""
    if holders(field)[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
        jobs.enqueue("contacts.tasks.drop_field", str(field.pk), by)
        return False
    _drop_rest(field, by=by, now=now)
    return True


def drop(field: CustomField, *, by: str, now: datetime) -> bool:
    """Delete what contacts hold in a field, piece by piece, and at last the field; False when told to stop before.

    The field goes last, so that nobody makes another of its name, with another type, while old values are there.
    """
    rows, last = holders(field).order_by("pk"), None
    while keys := list((rows.filter(pk__gt=last) if last else rows).values_list("pk", flat=True)[:_PIECE]):
        if jobs.stopping():
            return False
        _clear(Contact.objects.filter(pk__in=keys), field.key, now=now)
        last = keys[-1]
    _drop_rest(field, by=by, now=now)
    return True


def _drop_rest(field: CustomField, *, by: str, now: datetime) -> None:
    changes = {"key": field.key, "type": field.kind}
    with transaction.atomic():
        _clear(holders(field), field.key, now=now)
        audit.record(workspace=field.workspace, by=by, action="field.deleted", obj=field, changes=changes, now=now)
        CustomField.objects.filter(pk=field.pk).delete()


def _clear(rows: ContactQuerySet, key: str, *, now: datetime) -> None:
    rows.update(custom=WithoutKey("custom", key), updated_at=now)


def ensure(
    workspace: Workspace,
    keys: Mapping[str, str],
    *,
    by: str,
    now: datetime,
    known: dict[str, CustomField] | None = None,
) -> dict[str, CustomField]:
    """Return all fields by key after making, as text, those of `keys` that do not exist (contract A66).

    `keys` maps each technical name to the path where it was given.

    Raises:
        Invalid: a new name is not acceptable, or there would be too many fields.
    """
    fields = field_keys(workspace) if known is None else known
    missing = [key for key in keys if key not in fields]
    if not missing:
        return fields
    for key in missing:
        check_key(key, path=keys[key])
    _check_room(workspace, adding=len(missing))
    rows = [CustomField(workspace=workspace, key=key, label=key, kind=FieldType.TEXT) for key in missing]
    # Another writer may make the same field at this moment; its type then holds, so all are read back.
    CustomField.objects.bulk_create(rows, ignore_conflicts=True)
    audit.record(workspace=workspace, by=by, action="field.created", changes={"keys": missing}, now=now)
    return field_keys(workspace)


def value_for(field: CustomField, given: Any, *, path: str) -> Any:
    """Return a value as the field keeps it: text, number, `YYYY-MM-DD`, option, boolean or web address.

    Raises:
        Invalid: it does not fit the field's type; the error names `path`.
    """
    value = _CONVERTERS[FieldType(field.kind)](given)
    if value is None or (field.kind == FieldType.DROPDOWN and value not in field.options):
        wanted = ", ".join(field.options) if field.kind == FieldType.DROPDOWN else FieldType(field.kind).label
        raise Invalid(_("%(label)s must be: %(wanted)s") % {"label": field.label, "wanted": wanted}, field=path)
    return value


def is_acceptable(key: str) -> bool:
    """Whether a field may have this technical name."""
    return key not in RESERVED and KEY.fullmatch(key) is not None


def check_key(key: str, *, path: str) -> None:
    """Raise Invalid, with the reason, when no field may have this technical name."""
    if not KEY.fullmatch(key):
        sentence = _("A technical name starts with a small letter and has only letters, digits and _ (at most 60)")
        raise Invalid(sentence, field=path)
    if key in RESERVED:
        raise Invalid(_("%(key)s is the name of a built-in field") % {"key": key}, field=path)


def _check_room(workspace: Workspace, *, adding: int) -> None:
    if CustomField.objects.in_workspace(workspace).count() + adding > MAX_FIELDS:
        raise Invalid(_("A workspace has at most %(max)s custom fields") % {"max": MAX_FIELDS}, field="customFields")


def _text(given: Any) -> str | None:
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        return str(given)
    return given if isinstance(given, str) and len(given) <= MAX_TEXT else None


def _number(given: Any) -> int | float | None:
    if isinstance(given, str):
        try:
            given = float(given) if re.search(r"[.eE]", given) else int(given)
        except ValueError:
            return None
    if isinstance(given, bool) or not isinstance(given, int | float) or abs(given) > 1e18 or math.isnan(given):
        return None
    return given


def _date(given: Any) -> str | None:
    if not isinstance(given, str):
        return None
    try:
        return date.fromisoformat(given[:10]).isoformat() if len(given) in (10, *range(16, 33)) else None
    except ValueError:
        return None


def _option(given: Any) -> str | None:
    return given if isinstance(given, str) else None


def _flag(given: Any) -> bool | None:
    if isinstance(given, bool):
        return given
    return {"true": True, "false": False}.get(given) if isinstance(given, str) else None


def _url(given: Any) -> str | None:
    if not isinstance(given, str) or len(given) > 2000:
        return None
    try:
        parts = urlsplit(given.strip())
    except ValueError:
        return None
    return given.strip() if parts.scheme in ("http", "https") and parts.hostname else None


_CONVERTERS = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.DROPDOWN: _option,
    FieldType.CHECKBOX: _flag,
    FieldType.URL: _url,
}
