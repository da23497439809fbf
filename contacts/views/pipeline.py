"""The pipeline: the board, what is done on it, and its statistics."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from contacts import contact_settings, deals, people, pipeline, stages
from contacts.models import Contact, ContactQuerySet, PipelineStage
from contacts.pipeline_forms import DEFAULT_PERIOD, BoardFilters, PeriodForm
from contacts.views import finding
from fluenzr.core import htmx, listing
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required


@dataclass(frozen=True)
class Card:
    """A contact as the board shows it."""

    contact: Contact
    name: str
    value: str


@dataclass(frozen=True)
class Lane:
    """A column with its first cards; `more` is the address of the next ones, if any.

    Where `is_more`, `number` is that of the cards, and how many there are in all is told later.
    """

    stage: PipelineStage
    number: int
    value: str
    cards: list[Card]
    more: str
    is_more: bool


@require_GET
@member_required(Role.VIEWER)
def board(request: MemberRequest) -> HttpResponse:
    """Show the stages with the first cards of each; with `stage` and `from`, the next cards of that one.

    With `heads` only what stands over the columns, all counted: where that takes long, the page asks for it afterwards.
    """
    if "heads" in request.GET:
        return _heads(request, is_late=True)
    form = BoardFilters(request.GET, workspace=request.workspace)
    wanted, only = form.people(), request.GET.get("stage", "")
    found = [_next(request, wanted, only)] if only else pipeline.board(request.workspace, wanted)
    currency = contact_settings.of(request.workspace).currency
    # One stage that has no more cards says nothing of the others.
    total = sum(column.number for column in found) or len(only)
    context = {
        "lanes": [_lane(request, column, currency=currency, start=_start(request)) for column in found],
        "only": only,
        "is_more": any(column.is_more for column in found),
        "listing": listing.Listing((), total, 1, 1, 0, 0, "", filters=form, chips=listing.chips(request, form)),
        "may_edit": access.allows(request.member.role, Role.MEMBER),
    }
    return htmx.page(request, "contacts/pipeline.html", context, part="more" if only else "list")


@require_GET
@member_required(Role.MEMBER)
def chosen(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Offer what may be done with a card: beside the board, or as a page of its own."""
    contact = finding.contact(request.workspace, contact_id)
    context = {
        "contact": contact,
        "name": _name(contact),
        "stages": stages.ordered(request.workspace),
        "currency": contact_settings.of(request.workspace).currency,
        "next": request.GET.get("next", ""),
    }
    return htmx.page(request, "contacts/pipeline_chosen.html", context, part="forms")


@require_POST
@member_required(Role.MEMBER)
def move(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Put a contact into the stage `to` (blank: out of the pipeline); htmx gets the heads of the columns anew."""
    contact = finding.contact(request.workspace, contact_id)
    to = request.POST.get("to", "")
    stage = finding.stage(request.workspace, to) if to else None
    pipeline.place(contact, to=stage, by=access.actor(request.member), now=timezone.now())
    if not htmx.is_htmx(request):
        said = _("Moved to %(stage)s.") % {"stage": stage.name} if stage else _("Taken out of the pipeline.")
        return htmx.go(request, htmx.way_back(request, "pipeline:board"), said=said)
    return _heads(request)


@require_POST
@member_required(Role.MEMBER)
def appraise(request: MemberRequest, contact_id: str) -> HttpResponse:
    """Note what the deal with a contact may be worth."""
    contact = finding.contact(request.workspace, contact_id)
    value = deals.read(request.POST.get("value"))
    people.update(contact, draft={"dealValue": value}, by=access.actor(request.member), now=timezone.now())
    return htmx.go(request, htmx.way_back(request, "pipeline:board"), said=_("Saved."))


@require_GET
@member_required(Role.VIEWER)
def statistics(request: MemberRequest) -> HttpResponse:
    """Show how people got on through the stages, and what was won."""
    form, now = PeriodForm({"days": request.GET.get("days", DEFAULT_PERIOD)}), timezone.now()
    course = pipeline.course(request.workspace, since=form.since(now), until=now)
    found = pipeline.columns(request.workspace, Contact.objects.in_workspace(request.workspace))
    standing = {column.stage.pk: column for column in found}
    currency = contact_settings.of(request.workspace).currency
    open_deals = [column for column in found if column.stage.role not in ("won", "lost")]
    context = {
        "form": form,
        "course": course,
        "rows": [
            {
                "passage": one,
                "stayed": _days(one.stayed),
                "now": standing[one.stage.pk],
                "value": deals.words(standing[one.stage.pk].value, currency),
            }
            for one in course.passages
        ],
        "won": deals.words(course.won.value, currency),
        "lost": deals.words(course.lost.value, currency),
        "open": deals.words(sum((column.value for column in open_deals), Decimal(0)), currency),
        "open_number": sum(column.number for column in open_deals),
        "most": max((one.reached for one in course.passages), default=0),
    }
    return htmx.page(request, "contacts/pipeline_statistics.html", context, part="list")


def _heads(request: MemberRequest, *, is_late: bool = False) -> HttpResponse:
    """Return what stands over the columns; `is_late`: it finds its own place in a page that is there already."""
    wanted = BoardFilters(request.GET, workspace=request.workspace).people()
    currency = contact_settings.of(request.workspace).currency
    found = pipeline.columns(request.workspace, wanted)
    context = {"lanes": [_lane(request, column, currency=currency) for column in found], "is_late": is_late}
    return htmx.page(request, "contacts/pipeline.html#heads", context)


def _next(request: MemberRequest, wanted: ContactQuerySet, stage_id: str) -> pipeline.Column:
    """Return the next cards of one stage."""
    stage = finding.stage(request.workspace, stage_id)
    rows, is_more = pipeline.cards(wanted, stage, start=_start(request))
    return pipeline.Column(stage, len(rows), Decimal(0), cards=rows, is_more=is_more)


def _start(request: MemberRequest) -> int:
    given = request.GET.get("from", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


def _lane(request: MemberRequest, column: pipeline.Column, *, currency: str, start: int = 0) -> Lane:
    more = ""
    if column.cards and column.has_more:
        query = request.GET.copy()
        query["stage"], query["from"] = column.stage.public_id, str(start + len(column.cards))
        more = f"{request.path}?{query.urlencode()}"
    cards = [Card(contact, _name(contact), deals.words(contact.deal_value, currency)) for contact in column.cards]
    value = deals.words(column.value, currency)
    return Lane(column.stage, column.number, value, cards, more, column.is_more)


def _name(contact: Contact) -> str:
    return f"{contact.first_name} {contact.last_name}".strip() or str(contact)


def _days(stayed: timedelta | None) -> str:
    """Return a length of time in words, in days with one decimal or in hours below one day."""
    if stayed is None:
        return "-"
    if stayed < timedelta(days=1):
        return _("%(number)s h") % {"number": f"{stayed / timedelta(hours=1):.1f}"}
    return _("%(number)s days") % {"number": f"{stayed / timedelta(days=1):.1f}"}
