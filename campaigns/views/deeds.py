"""What may be done with a campaign as it stands: its buttons, and the question before each that has consequences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import lifecycle
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign

# What moves a campaign from one state to another.
MOVES: Mapping[str, Callable[..., Campaign]] = {
    "start": lifecycle.start,
    "pause": lifecycle.pause,
    "archive": lifecycle.archive,
    "cancel": lifecycle.cancel,
}


@dataclass(frozen=True)
class Deed:
    """A button: what it posts (or where it leads), its word, and the question that names what follows.

    What is not in the open stands in the menu; `is_grave` cannot be taken back.
    """

    value: str
    label: str
    question: str = ""
    url: str = ""
    is_main: bool = False
    is_open: bool = False
    is_grave: bool = False


def of(campaign: Campaign, *, people: int, under_way: int) -> list[Deed]:
    """Return what the status allows; `people` are in the campaign, `under_way` those who are not at their end."""
    copy = Deed("duplicate", _("Duplicate"))
    match campaign.status:
        case CampaignStatus.DRAFT:
            return [_launch(campaign), copy, _archive(campaign, people), _delete(campaign, people)]
        case CampaignStatus.ACTIVE:
            return [_pause(campaign, under_way), copy, _cancel(campaign, under_way)]
        case CampaignStatus.PAUSED:
            return [_resume(campaign), copy, _cancel(campaign, under_way)]
        case CampaignStatus.COMPLETED:
            return [copy, _archive(campaign, people)]
    return [copy]


def _launch(campaign: Campaign) -> Deed:
    url = reverse("campaigns:launch", args=[campaign.public_id])
    return Deed("launch", _("Launch"), url=url, is_main=True, is_open=True)


def _resume(campaign: Campaign) -> Deed:
    url = reverse("campaigns:workflow-resume", args=[campaign.public_id])
    return Deed("resume", _("Resume"), url=url, is_main=True, is_open=True)


def _pause(campaign: Campaign, under_way: int) -> Deed:
    question = ngettext(
        "Pause “%(name)s”? %(people)d contact waits where they are until you resume.",
        "Pause “%(name)s”? %(people)d contacts wait where they are until you resume.",
        under_way,
    )
    return Deed("pause", _("Pause"), _filled(question, campaign, under_way), is_open=True)


def _cancel(campaign: Campaign, under_way: int) -> Deed:
    question = ngettext(
        "Cancel “%(name)s” for good? %(people)d contact stops where they are and gets no more of its emails."
        " The numbers stay.",
        "Cancel “%(name)s” for good? %(people)d contacts stop where they are and get no more of its emails."
        " The numbers stay.",
        under_way,
    )
    return Deed("cancel", _("Cancel the campaign"), _filled(question, campaign, under_way), is_grave=True)


def _archive(campaign: Campaign, people: int) -> Deed:
    question = ngettext(
        "Archive “%(name)s”? It cannot be started again. Its %(people)d contact and its numbers stay.",
        "Archive “%(name)s”? It cannot be started again. Its %(people)d contacts and its numbers stay.",
        people,
    )
    return Deed("archive", _("Archive"), _filled(question, campaign, people), is_grave=True)


def _delete(campaign: Campaign, people: int) -> Deed:
    question = ngettext(
        "Delete “%(name)s” with its workflow? %(people)d contact leaves it; nobody was written to.",
        "Delete “%(name)s” with its workflow? %(people)d contacts leave it; nobody was written to.",
        people,
    )
    return Deed("delete", _("Delete"), _filled(question, campaign, people), is_grave=True)


def _filled(question: str, campaign: Campaign, people: int) -> str:
    return question % {"name": campaign.name, "people": people}
