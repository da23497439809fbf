"""The time machine: what the campaign would do with some of its people, and the mails that they would get."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from campaigns import drafts, previews
from campaigns.models import Campaign
from campaigns.simulator import simulation
from campaigns.simulator.forms import EVENT_FIELDS, VERBS, EventForm, Rows, SetupForm
from campaigns.simulator.stories import Moment, Path, Simulation, What
from campaigns.views import finding
from campaigns.views.wording import person_tone
from contacts import filters
from contacts.models import Contact
from fluenzr.core import clock, frames, htmx
from fluenzr.core.errors import DomainError, Invalid
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

# So many of the campaign's people are offered, and as many that a search finds.
OFFERED = 10
_ICONS = {What.QUEUES: "pause", What.HAPPENS: "cursor-arrow-rays", What.MISSED: "no-symbol", What.ENDS: "flag"}


@dataclass(frozen=True)
class Line:
    """A moment as the page tells it; times are on the clock of its person."""

    moment: Moment
    icon: str
    at: str
    until: str
    verb: Any


@dataclass(frozen=True)
class Story:
    """A person's path as the page tells it."""

    path: Path
    tone: str
    place: str
    ended: str
    lines: Sequence[Line]


@dataclass
class Asked:
    """What an address asks for, and what comes of it: a simulation, or what is wrong."""

    campaign: Campaign
    setup: SetupForm
    rows: Rows
    events: list[EventForm]
    found: Simulation | None = None
    problems: list[Any] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether a field is wrong."""
        return not all(form.is_valid() for form in (self.setup, *self.events))


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show what the address asks for; `change` adds or drops a row of events and leads to the address without it."""
    campaign = finding.campaign(request.workspace, campaign_id)
    if "change" in request.GET:
        return HttpResponseRedirect(f"{request.path}?{_changed(request.GET)}")
    asked = _asked(campaign, request.GET)
    context = {
        "campaign": campaign,
        "asked": asked,
        "stories": [_story(path) for path in asked.found.paths] if asked.found else [],
        "place": _place(campaign.timezone),
        "query": request.GET.urlencode(),
    }
    return htmx.page(request, "campaigns/simulator.html", context, part="all", status=422 if asked.has_errors else 200)


@require_GET
@member_required(Role.VIEWER)
def mail(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the HTML of the mail that `person` gets at `node` in the simulation of the address, for the frame."""
    asked = _asked(finding.campaign(request.workspace, campaign_id), request.GET)
    person, node = request.GET.get("person"), request.GET.get("node")
    for path in asked.found.paths if asked.found else ():
        for moment in path.mails:
            if path.contact.public_id == person and moment.node == node and moment.mail is not None:
                return frames.mail(moment.mail.html)
    raise Http404


def _changed(query: QueryDict) -> str:
    """Return the query with its rows changed, without what is blank."""
    rows = Rows(query)
    rows.changed(query.get("change", ""))
    kept = QueryDict(mutable=True)
    for name in SetupForm.base_fields:
        kept.setlist(name, [value for value in query.getlist(name) if value])
    kept.update(rows.query())
    return kept.urlencode()


def _asked(campaign: Campaign, query: QueryDict) -> Asked:
    """Read an address and play what it asks for."""
    chosen = _contacts(campaign, query.getlist("contact"))
    rows = Rows(query)
    try:
        first = previews.people(campaign)[:OFFERED]
    except Invalid:
        first = []
    people = chosen or first[: simulation.FEW]
    offered = list(dict.fromkeys([*people, *_matching(campaign, query.get("q", "")), *first]))
    data = query.copy()
    data.setlist("contact", [one.public_id for one in people])
    asked = Asked(
        campaign=campaign,
        setup=SetupForm(data, offered=offered, zone=campaign.timezone),
        rows=rows,
        events=rows.forms(emails=_emails(campaign), people=people),
    )
    if people and not asked.has_errors:
        _play(asked, people)
    return asked


def _play(asked: Asked, people: Sequence[Contact]) -> None:
    try:
        asked.found = simulation.simulate(
            asked.campaign,
            now=timezone.now(),
            contacts=people,
            start=asked.setup.cleaned_data["start"],
            events=[form.script() for form in asked.events],
        )
    except DomainError as error:
        _refuse(asked, error)


def _refuse(asked: Asked, error: DomainError) -> None:
    """Put each problem where it is: at its field, or in the list of what keeps the workflow from running."""
    fields = {"startAt": "start", "contactIds": "contact"}
    placed = False
    for path, texts in error.details.items():
        kind, _dot, rest = path.partition(".")
        number, _dot, key = rest.partition(".")
        if kind == "events" and number.isdigit():
            asked.events[int(number)].add_error(EVENT_FIELDS.get(key.partition(".")[0]), list(texts))
            placed = True
        elif path in fields:
            asked.setup.add_error(fields[path], list(texts))
            placed = True
    if not placed:
        document = drafts.shown(asked.campaign)
        cards = drafts.cards(asked.campaign, document)
        asked.problems = [
            {"title": cards[one.node].title if one.node in cards else "", "text": one.text}
            for one in drafts.problems(asked.campaign, document)
        ] or [{"title": "", "text": error.message}]


def _contacts(campaign: Campaign, public_ids: Sequence[str]) -> list[Contact]:
    """Return the workspace's contacts with these ids, in this order; others are passed over."""
    keys = [key for text in public_ids[: simulation.MOST_PEOPLE + 1] if (key := Contact.key_of(text)) is not None]
    found: dict[UUID, Contact] = Contact.objects.in_workspace(campaign.workspace_id).in_bulk(keys) if keys else {}
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def _matching(campaign: Campaign, query: str) -> list[Contact]:
    if not query.strip():
        return []
    rows = Contact.objects.in_workspace(campaign.workspace_id)
    return list(filters.matching(rows, query).order_by("email_key", "pk")[:OFFERED])


def _emails(campaign: Campaign) -> dict[str, str]:
    """Return the emails of the workflow by node, each with its number and subject."""
    document = drafts.shown(campaign)
    cards = drafts.cards(campaign, document)
    found = ((node, cards[node]) for node in drafts.walk(document, kind="email"))
    return {node: f"{card.title}: {card.summary}" if card.summary else card.title for node, card in found}


def _story(path: Path) -> Story:
    return Story(
        path=path,
        tone=person_tone(path.ending) or ("amber" if path.ending in ("excluded", "unfinished") else ""),
        place=_place(path.zone),
        ended=_local(path.ended_at, path.zone),
        lines=[_line(moment, path.zone) for moment in path.moments],
    )


def _line(moment: Moment, zone: str) -> Line:
    return Line(
        moment=moment,
        icon=_ICONS.get(moment.what, moment.icon),
        at=_local(moment.at, zone),
        until=_local(moment.until, zone) if moment.until is not None else "",
        verb=VERBS.get(moment.event, ""),
    )


def _local(at: datetime, zone: str) -> str:
    """Return a time on a person's clock; near enough that the year goes without saying, or with it."""
    local = at.astimezone(clock.zone(zone))
    same_year = local.year == timezone.now().astimezone(clock.zone(zone)).year
    return date_format(local, "D j M, H:i" if same_year else "D j M Y, H:i")


def _place(zone: str) -> str:
    """Return the city of a zone, as people name its time."""
    return zone.rpartition("/")[2].replace("_", " ")
