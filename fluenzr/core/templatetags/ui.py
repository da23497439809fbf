"""Numbers and times as the product writes them, and the fields of forms."""

from datetime import datetime, timedelta
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

# Thin and unbreakable: between groups of digits, and before a percent sign.
THIN = "\u202f"
NOTHING = "-"
_CHECKS = (forms.CheckboxInput,)
_SELECTS = (forms.Select,)
_GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


@register.filter
def count(value: int | None) -> str:
    """Return a whole number with thin spaces between groups: 12 345."""
    return NOTHING if value is None else f"{value:,}".replace(",", THIN)


@register.filter
def counted(value: int, is_more: bool) -> str:
    """Return a whole number, or that there are more where counting stopped there: more than 10 000."""
    return _("more than %(number)s") % {"number": count(value)} if is_more else count(value)


@register.filter
def percent(value: float | None) -> str:
    """Return a percentage (12.34 for 12.34 %) with one decimal; nothing known is a dash."""
    return NOTHING if value is None else f"{value:.1f}{THIN}%"


@register.simple_tag
def when(value: datetime | None, now: datetime | None = None) -> str | SafeString:
    """Return a moment relative to now, with the full time and its zone on hover, in the person's zone."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value)
    full = f"{date_format(local, 'D j M Y, H:i')} ({local.tzname()})"
    words = _relative(local, timezone.localtime(now or timezone.now()))
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full, words)


def _relative(moment: datetime, now: datetime) -> str:
    distance = abs(moment - now)
    minutes, hours = round(distance / timedelta(minutes=1)), round(distance / timedelta(hours=1))
    is_past = moment <= now
    if minutes < 1:
        return _("now")
    if minutes < 60:
        past, future = _("%(number)s min ago"), _("in %(number)s min")
        return (past if is_past else future) % {"number": minutes}
    if hours < 12 and moment.date() == now.date():
        past, future = _("%(number)s h ago"), _("in %(number)s h")
        return (past if is_past else future) % {"number": hours}
    return _by_day(moment, now)


def _by_day(moment: datetime, now: datetime) -> str:
    clock = date_format(moment, "H:i")
    days = (moment.date() - now.date()).days
    named = {-1: _("yesterday %(time)s"), 0: _("today %(time)s"), 1: _("tomorrow %(time)s")}
    if days in named:
        return named[days] % {"time": clock}
    if abs(days) < 7:
        return f"{date_format(moment, 'D')} {clock}"
    return date_format(moment, "j M" if moment.year == now.year else "j M Y")


@register.simple_tag
def days(number: int) -> str:
    """Return a number of days in words."""
    return ngettext("%(number)s day", "%(number)s days", number) % {"number": number}


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """Render the control of a field with the classes of the design, tied to its help and its errors.

    `attributes` are more HTML attributes, with `_` for `-`.
    """
    widget = field.field.widget
    extra = {name.replace("_", "-"): value for name, value in attributes.items()}
    if not isinstance(widget, _GROUPS):
        extra.setdefault("class", f"{_class_of(widget)} {widget.attrs.get('class', '')}".strip())
    if field.errors and not isinstance(widget, _GROUPS):
        extra["class"] += " is-invalid"
    described = [f"{field.auto_id}_error"] if field.errors else []
    described += [f"{field.auto_id}_help"] if field.help_text else []
    if described:
        extra["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=extra)


@register.filter
def kind(field: BoundField) -> str:
    """Return how a field is laid out: `check`, `group` (radio buttons, boxes), `hidden` or `line`."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if isinstance(widget, _GROUPS):
        return "group"
    return "check" if isinstance(widget, _CHECKS) else "line"


@register.simple_tag
def check(choice: BoundWidget) -> SafeString:
    """Render one radio button or box of a group, without its label."""
    choice.data["attrs"] = {**choice.data["attrs"], "class": "form-check-input"}
    return choice.tag()


def _class_of(widget: forms.Widget) -> str:
    if isinstance(widget, _CHECKS):
        return "form-check-input"
    return "form-select" if isinstance(widget, _SELECTS) else "form-control"
