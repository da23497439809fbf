"""Checks of how the mails leave: the account, the sending hours, the plan, and how long it takes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from campaigns.forecast import Forecast
from campaigns.models import Campaign, CampaignAccount
from campaigns.preflight.findings import Finding, Level, Topic
from fluenzr.core.errors import Text
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import plans

# A first mail later than this is worth a word: longer than a weekend.
FAR = timedelta(days=3)


def account(campaign: Campaign, sender: Account) -> Iterator[Finding]:
    """Yield how the account stands; one that is disabled is a problem of the workflow and stands there."""
    if sender.status == AccountStatus.ERROR:
        text: Text = format_lazy("{}: {}", sender.email, sender.status_reason or _("The account is in error."))
        yield Finding("account_error", Level.WARNS, Topic.ACCOUNT, text, _("Reconnect it: until then nothing leaves."))
    elif sender.status == AccountStatus.CONNECTED and sender.retry_at is not None:
        text = _("%(email)s could not connect; it is tried again.") % {"email": sender.email}
        yield Finding("account_retry", Level.WARNS, Topic.ACCOUNT, text, _("Test the connection of the account."))
    elif sender.status == AccountStatus.CONNECTED:
        yield Finding("account_ok", Level.OK, Topic.ACCOUNT, _("%(email)s is connected.") % {"email": sender.email})
    others = (
        CampaignAccount.objects.filter(account=sender, campaign__status="active").exclude(campaign=campaign).count()
    )
    if others:
        text = ngettext_lazy(
            "%(count)d other running campaign sends from this account.",
            "%(count)d other running campaigns send from this account.",
            "count",
        )
        yield Finding(
            "account_shared",
            Level.WARNS,
            Topic.ACCOUNT,
            text % {"count": others},
            _("They share its limits, so the end is later than estimated."),
        )


def hours(campaign: Campaign, told: Forecast, *, now: datetime) -> Iterator[Finding]:
    """Yield whether the sending hours ever open, and soon."""
    opening = campaign.window().next_open(now)
    if opening is None:
        yield Finding(
            "window_never_opens",
            Level.WARNS,
            Topic.HOURS,
            _("The campaign has no sending hours in the next two weeks."),
            _("Choose days and hours, else nothing leaves."),
        )
    elif opening - now > FAR:
        yield Finding(
            "window_far",
            Level.WARNS,
            Topic.HOURS,
            _("The sending hours open in more than three days."),
            _("Check days and hours if the first mail should leave sooner."),
        )
    else:
        text = ngettext_lazy(
            "Mails leave on %(count)d day a week, from %(start)02d:00 to %(end)02d:00 (%(zone)s).",
            "Mails leave on %(count)d days a week, from %(start)02d:00 to %(end)02d:00 (%(zone)s).",
            "count",
        )
        names = {"start": campaign.send_hours_start, "end": campaign.send_hours_end, "zone": campaign.timezone}
        yield Finding("window_ok", Level.OK, Topic.HOURS, text % {"count": len(campaign.send_days), **names})
    if told.contacts and told.ends_at is None and told.first_at is not None:
        yield Finding(
            "pace_too_slow",
            Level.WARNS,
            Topic.HOURS,
            told.held_by,
            _("Raise the limits of the campaign or the account, or take fewer contacts."),
        )


def plan(campaign: Campaign, told: Forecast) -> Iterator[Finding]:
    """Yield what the plan's limit a day means for this many mails."""
    known = plans.limits(campaign.workspace)
    if known.emails_per_day is not None and told.mails_most > known.emails_per_day:
        text = _("The %(plan)s plan sends %(limit)d mails a day; this campaign has up to %(mails)d.")
        values = {"plan": known.label, "limit": known.emails_per_day, "mails": told.mails_most}
        yield Finding(
            "plan_daily", Level.WARNS, Topic.PLAN, text % values, _("They spread over days; a larger plan is faster.")
        )
