"""The numbers of a campaign as its pages name them: word, formula, rate, and the people behind each."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.enums import Did
from campaigns.models import Campaign
from fluenzr.core.errors import Text


@dataclass(frozen=True)
class Figure:
    """A count of people by its key in `/stats`; `rate` is the key of its share of `base`, `did` finds the people."""

    key: str
    label: Text
    formula: Text
    did: str = ""
    rate: str = ""
    rate_label: Text = ""
    base: str = ""


FIGURES = (
    Figure("totalContacts", _("People"), _("People in the campaign, now or before")),
    Figure("sent", _("Sent"), _("People who got a mail"), Did.SENT),
    Figure("delivered", _("Delivered"), _("People who got a mail, without those whose mail bounced"), Did.DELIVERED),
    Figure(
        "opened",
        _("Opened"),
        _("People who opened, of those delivered"),
        Did.OPENED,
        "openRate",
        _("Open rate"),
        "delivered",
    ),
    Figure(
        "clicked",
        _("Clicked"),
        _("People who clicked, of those delivered"),
        Did.CLICKED,
        "clickRate",
        _("Click rate"),
        "delivered",
    ),
    Figure(
        "replied",
        _("Replied"),
        _("People who replied, of those delivered"),
        Did.REPLIED,
        "replyRate",
        _("Reply rate"),
        "delivered",
    ),
    Figure(
        "bounced",
        _("Bounced"),
        _("People whose mail bounced, of those sent"),
        Did.BOUNCED,
        "bounceRate",
        _("Bounce rate"),
        "sent",
    ),
    Figure(
        "unsubscribed",
        _("Unsubscribed"),
        _("People who unsubscribed, of those delivered"),
        Did.UNSUBSCRIBED,
        "unsubscribeRate",
        _("Unsubscribe rate"),
        "delivered",
    ),
)
# From all people to those who answered, each a part of the one before it or nearly so.
_FUNNEL = ("totalContacts", "sent", "delivered", "opened", "clicked", "replied")


@dataclass(frozen=True)
class Tile:
    """A number with its rate (in percent; None where there is no base), and where its people are listed."""

    figure: Figure
    value: int
    rate: float | None
    url: str


@dataclass(frozen=True)
class Stage:
    """One bar of the funnel; `share` is the percentage of all people, None where there are none."""

    tile: Tile
    share: float | None


def tiles(campaign: Campaign, numbers: Mapping[str, int | float]) -> list[Tile]:
    """Return the numbers of `statistics.overview` as tiles."""
    people = reverse("campaigns:contacts", args=[campaign.public_id])
    return [
        Tile(
            figure=figure,
            value=int(numbers[figure.key]),
            rate=rate_of(figure, numbers),
            url=f"{people}?did={figure.did}" if figure.did else people,
        )
        for figure in FIGURES
    ]


def rate_of(figure: Figure, numbers: Mapping[str, int | float]) -> float | None:
    """Return the rate of a figure in percent; None where it has none, or nothing to be a part of."""
    return numbers[figure.rate] if figure.rate and numbers[figure.base] else None


def funnel(shown: list[Tile]) -> list[Stage]:
    """Return the bars of the funnel out of all tiles."""
    most = shown[0].value
    return [Stage(tile, 100 * tile.value / most if most else None) for tile in shown if tile.figure.key in _FUNNEL]
