"""The numbers of a campaign: of people, of each email and over time, as the API gives them, to see and to keep."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns import periods, statistics, timeline
from campaigns.forms import PeriodForm
from campaigns.models import Campaign
from campaigns.statistics import EmailStats
from campaigns.views import figures, finding
from fluenzr.core import htmx, problems, spreadsheets
from fluenzr.core.charts import Chart, Series
from fluenzr.core.errors import DomainError, Invalid
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

Buckets = list[dict[str, Any]]

_DRAWN = (
    ("sent", gettext_lazy("Sent")),
    ("opened", gettext_lazy("Opened")),
    ("clicked", gettext_lazy("Clicked")),
    ("replied", gettext_lazy("Replied")),
)
_IN_TABLE = (("bounced", gettext_lazy("Bounced")), ("unsubscribed", gettext_lazy("Unsubscribed")))
_RATES = (
    ("openRate", gettext_lazy("Open rate")),
    ("clickRate", gettext_lazy("Click rate")),
    ("replyRate", gettext_lazy("Reply rate")),
)
# A line needs points to lead through.
_FEW = 3
_LONGEST_LABEL = 40


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show the numbers of people, of each email, and of each day of the period that is asked for."""
    campaign = finding.campaign(request.workspace, campaign_id)
    form = PeriodForm(request.GET)
    interval, buckets = _buckets(campaign, form)
    numbers, emails = statistics.overview(campaign), statistics.emails(campaign)
    tiles = figures.tiles(campaign, numbers)
    context = {
        "campaign": campaign,
        "numbers": numbers,
        "tiles": tiles,
        "funnel": figures.funnel(tiles),
        "emails": emails,
        "email_chart": _email_chart(emails) if any(email["sent"] for email in emails) else None,
        "form": form,
        "interval": interval,
        "buckets": buckets,
        "timeline": _timeline_chart(buckets) if buckets else None,
    }
    return htmx.page(request, "campaigns/statistics.html", context, status=422 if form.errors else 200)


@require_GET
@member_required(Role.VIEWER)
def people_file(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the counts of people and their rates as a file."""
    campaign = finding.campaign(request.workspace, campaign_id)
    tiles = figures.tiles(campaign, statistics.overview(campaign))
    rows = [(tile.figure.label, tile.value, tile.rate) for tile in tiles]
    return spreadsheets.answer(_file_name(campaign, "people"), head=("", _("People"), _("Rate (%)")), rows=rows)


@require_GET
@member_required(Role.VIEWER)
def emails_file(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the numbers of each email as a file."""
    campaign = finding.campaign(request.workspace, campaign_id)
    shown = (*_DRAWN, *((name, f"{label} (%)") for name, label in _RATES))
    emails: list[dict[str, Any]] = [dict(email) for email in statistics.emails(campaign)]
    rows = [(email["emailNumber"], email["subject"], *(email[name] for name, _label in shown)) for email in emails]
    head = (_("Email"), _("Subject"), *(label for _name, label in shown))
    return spreadsheets.answer(_file_name(campaign, "emails"), head=head, rows=rows)


@require_GET
@member_required(Role.VIEWER)
def timeline_file(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the numbers of each day of the period that is asked for as a file."""
    campaign = finding.campaign(request.workspace, campaign_id)
    _interval, buckets = _buckets(campaign, PeriodForm(request.GET))
    shown = (*_DRAWN, *_IN_TABLE)
    rows = [(bucket["date"], *(bucket[name] for name, _label in shown)) for bucket in buckets]
    head = (_("Date"), *(label for _name, label in shown))
    return spreadsheets.answer(_file_name(campaign, "timeline"), head=head, rows=rows)


def _file_name(campaign: Campaign, of: str) -> str:
    return f"{campaign.name} {of}"


def _buckets(campaign: Campaign, form: PeriodForm) -> tuple[str, Buckets]:
    """Return the interval and its buckets; none before the start, or where the form is wrong, which it then says."""
    if campaign.started_at is None or not form.is_valid():
        return "day", []
    given = form.cleaned_data
    try:
        period = periods.parse(zone=campaign.timezone, **form.period())
        if given["interval"]:
            return given["interval"], _read(campaign, period, given["interval"])
        return _fitting(campaign, period)
    except DomainError as error:
        problems.add_to(form, error, fields={"from": "since", "to": "until"})
        return "day", []


def _fitting(campaign: Campaign, period: periods.Period) -> tuple[str, Buckets]:
    """Return days, or weeks where the days would be too many."""
    try:
        return "day", _read(campaign, period, "day")
    except Invalid:
        return "week", _read(campaign, period, "week")


def _read(campaign: Campaign, period: periods.Period, interval: str) -> Buckets:
    return timeline.buckets(campaign, period=period, interval=interval, now=timezone.now())


def _timeline_chart(buckets: Buckets) -> Chart:
    def series(name: str, label: Any) -> Series:
        return Series(str(label), [bucket[name] for bucket in buckets])

    return Chart(
        "timeline",
        _("Mails over time"),
        [bucket["date"] for bucket in buckets],
        [series(*one) for one in _DRAWN],
        kind="line" if len(buckets) >= _FEW else "bar",
        more=[series(*one) for one in _IN_TABLE],
    )


def _email_chart(emails: list[EmailStats]) -> Chart:
    lines: list[dict[str, Any]] = [dict(email) for email in emails]
    labels = [
        f"{line['emailNumber']}. {line['subject'] or _('Follow-up in the same thread')}"[:_LONGEST_LABEL]
        for line in lines
    ]
    series = [Series(str(label), [line[name] for line in lines]) for name, label in _DRAWN]
    return Chart("by-email", _("Mails by email"), labels, series, kind="bar")
