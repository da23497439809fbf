"""The first things to do in a new workspace: each ticks itself, and leads to its page."""

from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.enums import CampaignStatus
from campaigns.models import Campaign
from fluenzr.workspaces import choices
from fluenzr.workspaces.models import Member, Workspace

_CHOICE = "first_steps_dismissed"


@dataclass(frozen=True)
class Step:
    """One step: what to do, why, and the word and page that lead to it; blank while there is none."""

    text: str
    why: str
    action: str
    url: str
    is_done: bool


@dataclass(frozen=True)
class Begun:
    """What is there of campaigns."""

    made: int
    launched: int


def begun(workspace: Workspace) -> Begun:
    """Return how many campaigns there are, and how many ever ran. One query."""
    rows = Campaign.objects.in_workspace(workspace)
    return Begun(**rows.aggregate(made=Count("pk"), launched=Count("started_at")))


def of(member: Member, *, has_accounts: bool, has_contacts: bool, begun: Begun) -> list[Step]:
    """Return the steps of a workspace that has not launched anything, none where the member put them away.

    One query, for the draft to launch, where there is one.
    """
    if begun.launched or member.choices.get(_CHOICE):
        return []
    return [
        Step(
            _("Connect an email account"),
            _("Your mails leave from it. A sandbox account needs no mail server and is good for a first try."),
            _("Connect"),
            _and_back("mailboxes:new"),
            has_accounts,
        ),
        Step(
            _("Add contacts"),
            _("The people that you write to, each with where the right to do so comes from."),
            _("Add"),
            _and_back("contacts:new"),
            has_contacts,
        ),
        Step(
            _("Create a campaign"),
            _("A sequence of mails and waits, drawn as steps."),
            _("Create"),
            reverse("campaigns:new"),
            bool(begun.made),
        ),
        Step(
            _("Launch it"),
            _("A reply, an unsubscribe or a bounce stops it for that person by itself."),
            _("Open the draft"),
            _draft(member.workspace) if begun.made else "",
            False,
        ),
    ]


def dismiss(member: Member) -> None:
    """Put the first steps away, for this member."""
    choices.keep(member, _CHOICE, True)


def _and_back(page: str) -> str:
    """Return the address of a page that leads back to the dashboard, where the step is ticked."""
    return f"{reverse(page)}?next={reverse('home')}"


def _draft(workspace: Workspace) -> str:
    drafts = Campaign.objects.in_workspace(workspace).filter(status=CampaignStatus.DRAFT)
    draft: Campaign | None = drafts.order_by("-created_at").first()
    return reverse("campaigns:workflow", args=[draft.public_id]) if draft else reverse("campaigns:list")
