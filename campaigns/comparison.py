"""Several campaigns side by side: the numbers of each, and which of them does best by each rate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from campaigns import statistics
from campaigns.models import Campaign
from fluenzr.core.errors import Invalid, NotFound
from fluenzr.workspaces.models import Workspace

LEAST, MOST = 2, 5
# What is better of each rate.
_BETTER: Mapping[str, Callable[[Iterable[float]], float]] = {
    "openRate": max,
    "clickRate": max,
    "replyRate": max,
    "bounceRate": min,
    "unsubscribeRate": min,
}


@dataclass(frozen=True)
class Compared:
    """A campaign with the counts and rates of `/stats`, and the rates by which none of the others does better."""

    campaign: Campaign
    numbers: Mapping[str, int | float]
    best: frozenset[str]


def of(workspace: Workspace, campaign_ids: Sequence[str]) -> list[Compared]:
    """Return the campaigns with these public ids, in their order; one query.

    A rate has a best only among campaigns that sent, and only where they differ.

    Raises:
        Invalid: fewer than two campaigns, or more than five.
        NotFound: one of them is not in the workspace.
    """
    asked = list(dict.fromkeys(campaign_ids))
    if not LEAST <= len(asked) <= MOST:
        text = _("Choose %(least)d to %(most)d campaigns to compare.")
        raise Invalid(text % {"least": LEAST, "most": MOST}, field="id")
    keys = [Campaign.key_of(text) for text in asked]
    rows = Campaign.objects.in_workspace(workspace).select_related("total")
    found = {row.pk: row for row in rows.filter(pk__in=[key for key in keys if key])}
    if len(found) < len(asked):
        raise NotFound(_("There is no such campaign"))
    campaigns = [found[key] for key in keys]
    numbers = [statistics.rates(getattr(campaign, "total", None)) for campaign in campaigns]
    best = {name: _best(name, [one[name] for one in numbers if one["sent"]]) for name in _BETTER}
    return [
        Compared(campaign, one, frozenset(name for name in _BETTER if one["sent"] and one[name] == best[name]))
        for campaign, one in zip(campaigns, numbers, strict=True)
    ]


def _best(name: str, values: Sequence[float]) -> float | None:
    """Return the best of the values, or None where there is nothing to choose between."""
    return _BETTER[name](values) if len(set(values)) > 1 else None
