"""The mails of a campaign as real contacts would get them, one person and one mail at a time, and test mails."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns import drafts, previews, trials
from campaigns.forms import TrialForm
from campaigns.mail import marks
from campaigns.mail.rendering import Preview
from campaigns.models import Campaign
from campaigns.views import finding
from contacts.models import Contact
from fluenzr.core import frames, htmx, problems
from fluenzr.core.errors import DomainError, Invalid, Text
from fluenzr.workspaces import access
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.guards import MemberRequest, member_required

DEVICES = ("desktop", "mobile", "text")


@dataclass(frozen=True)
class Choice:
    """One of several that may be shown: its words, where it leads, and whether it is the one."""

    label: Text
    url: str
    is_current: bool
    note: str = ""


@dataclass(frozen=True)
class Asked:
    """What the address asks for, put right where it names nothing: person, mail and device."""

    campaign: Campaign
    people: list[Contact]
    person: Contact | None
    nodes: list[str]
    node: str
    device: str

    def url(self, name: str = "preview", **changes: str) -> str:
        """Return the address of what is shown, with some of it changed."""
        state = {"person": self.person.public_id if self.person else "", "mail": self.node, "device": self.device}
        query = urlencode({key: value for key, value in (state | changes).items() if value})
        return f"{reverse(f'campaigns:{name}', args=[self.campaign.public_id])}?{query}"

    def mail(self) -> Preview:
        """Return the mail with its marks; Invalid where it cannot be made yet."""
        assert self.person is not None, "the page asks for a mail only where there is somebody"
        return previews.draft_mail(
            self.campaign,
            document=drafts.shown(self.campaign),
            node=self.node,
            contact=self.person,
            now=timezone.now(),
            with_marks=True,
        )


@require_GET
@member_required(Role.VIEWER)
def page(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Show one mail of the sequence for one person; who, which and how is in the address."""
    asked = _asked(request, finding.campaign(request.workspace, campaign_id))
    form = TrialForm(initial={"recipient": request.user.email, "scope": "one"})
    return _answer(request, asked, form)


@require_GET
@member_required(Role.VIEWER)
def mail(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Return the HTML of that mail, for the frame."""
    asked = _asked(request, finding.campaign(request.workspace, campaign_id))
    if asked.person is None or not asked.node:
        raise Http404
    try:
        return frames.mail(marks.in_html(asked.mail().html))
    except Invalid as error:
        raise Http404 from error


@require_POST
@member_required(Role.MEMBER)
def test(request: MemberRequest, campaign_id: str) -> HttpResponse:
    """Send the shown mail, or all of them, as the shown person would get them, to an address."""
    asked = _asked(request, finding.campaign(request.workspace, campaign_id))
    form = TrialForm(request.POST)
    if form.is_valid():
        try:
            trial = trials.send(
                asked.campaign,
                nodes=asked.nodes if form.cleaned_data["scope"] == "all" else [asked.node],
                recipient=form.cleaned_data["recipient"],
                contact=asked.person,
                by=access.actor(request.member),
                now=timezone.now(),
            )
        except DomainError as error:
            problems.add_to(form, error, fields={"email": "recipient"})
        else:
            return htmx.go(request, asked.url(), said=_said_of(trial))
    return _answer(request, asked, form, status=422)


def _asked(request: HttpRequest, campaign: Campaign) -> Asked:
    given = request.GET
    people = previews.leafed_through(campaign, given.get("person", ""))
    person = next((one for one in people if one.public_id == given.get("person")), people[0] if people else None)
    nodes = drafts.walk(drafts.shown(campaign), kind="email")
    node = given.get("mail", "")
    device = given.get("device", "")
    return Asked(
        campaign=campaign,
        people=people,
        person=person,
        nodes=nodes,
        node=node if node in nodes else (nodes[0] if nodes else ""),
        device=device if device in DEVICES else DEVICES[0],
    )


def _answer(request: MemberRequest, asked: Asked, form: TrialForm, *, status: int = 200) -> HttpResponse:
    context = {
        "campaign": asked.campaign,
        "asked": asked,
        "form": form,
        "may_send": access.allows(request.member.role, Role.MEMBER),
        "test_url": asked.url("preview-test"),
        "frame_url": asked.url("preview-mail"),
        **_people(asked),
        "mails": _mails(asked),
        "devices": _devices(asked),
        **_shown(asked),
    }
    return htmx.page(request, "campaigns/preview.html", context, part="preview", status=status)


def _people(asked: Asked) -> dict[str, Any]:
    """Return the place of the person among those one may leaf through, and the ways to the next."""
    at = asked.people.index(asked.person) if asked.person is not None else 0
    around = {"before": at - 1, "after": at + 1}
    ways = {
        name: asked.url(person=asked.people[number].public_id) if 0 <= number < len(asked.people) else ""
        for name, number in around.items()
    }
    return {"person": asked.person, "number": at + 1, "count": len(asked.people), **ways}


def _mails(asked: Asked) -> list[Choice]:
    cards = drafts.cards(asked.campaign, drafts.shown(asked.campaign))
    return [
        Choice(cards[node].title, asked.url(mail=node), node == asked.node, cards[node].summary) for node in asked.nodes
    ]


def _devices(asked: Asked) -> list[Choice]:
    words = {"desktop": _("Desktop"), "mobile": _("Mobile"), "text": _("Plain text")}
    return [Choice(words[name], asked.url(device=name), name == asked.device) for name in DEVICES]


def _shown(asked: Asked) -> dict[str, Any]:
    """Return the mail as the page shows it, or why it cannot be made yet."""
    if asked.person is None or not asked.node:
        return {}
    try:
        found = asked.mail()
    except Invalid as error:
        return {"problem": error.message}
    return {
        "subject": marks.in_text(found.subject),
        "text": marks.in_text(found.text),
        "missing": found.missing,
        "files": [one["name"] for one in found.attachments],
    }


def _said_of(trial: trials.Trial) -> str:
    count = len(trial.messages)
    text = ngettext(
        "%(count)d test mail is on its way to %(email)s.", "%(count)d test mails are on their way to %(email)s.", count
    )
    said = text % {"count": count, "email": trial.recipient}
    if trial.missing:
        said += " " + _("Blank in it: %(names)s.") % {"names": ", ".join(trial.missing)}
    return said
