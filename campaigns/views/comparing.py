"""Several campaigns side by side."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns import comparison
from campaigns.comparison import Compared
from campaigns.views.figures import FIGURES, Figure, rate_of
from campaigns.views.wording import campaign_tone
from fluenzr.core import htmx, spreadsheets
from fluenzr.core.charts import Chart, Series
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

_DRAWN = ("openRate", "clickRate", "replyRate", "bounceRate")


@dataclass(frozen=True)
class Cell:
    """A number of one campaign; `is_best` of a rate by which no other does better."""

    count: int
    rate: float | None
    is_best: bool


@dataclass(frozen=True)
class Row:
    """One figure of all the campaigns."""

    figure: Figure
    cells: list[Cell]


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest) -> HttpResponse:
    """Show the campaigns that `id` names, once each, as a page or as a file (`?as=csv`)."""
    try:
        compared = comparison.of(request.workspace, request.GET.getlist("id"))
    except Invalid as error:
        return htmx.go(request, "campaigns:list", said=str(error.message), tone="amber")
    rows = [Row(figure, [_cell(figure, one) for one in compared]) for figure in FIGURES]
    if request.GET.get("as") == "csv":
        return _file(compared, rows)
    heads = [(one.campaign, campaign_tone(one.campaign.status)) for one in compared]
    context = {"heads": heads, "rows": rows, "chart": _chart(compared)}
    return htmx.page(request, "campaigns/compare.html", context)


def _cell(figure: Figure, one: Compared) -> Cell:
    return Cell(int(one.numbers[figure.key]), rate_of(figure, one.numbers), figure.rate in one.best)


def _file(compared: list[Compared], rows: list[Row]) -> HttpResponse:
    lines: list[list[Any]] = []
    for row in rows:
        lines.append([row.figure.label, *(cell.count for cell in row.cells)])
        if row.figure.rate:
            lines.append([f"{row.figure.rate_label} (%)", *(cell.rate for cell in row.cells)])
    return spreadsheets.answer("campaigns", head=["", *(one.campaign.name for one in compared)], rows=lines)


def _chart(compared: list[Compared]) -> Chart:
    drawn = [figure for figure in FIGURES if figure.rate in _DRAWN]
    series = [Series(str(figure.rate_label), [rate_of(figure, one.numbers) for one in compared]) for figure in drawn]
    return Chart("rates", _("Rates"), [one.campaign.name for one in compared], series, kind="bar", unit="%")
