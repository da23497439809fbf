"""The numbers of a campaign (contract A1 to A9), read from `CampaignTotal` and `Tally` only, never from events.

Totals count people; the figures of an e-mail count its mails, which are people too, since nobody gets one twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypedDict

from django.db.models import QuerySet, Sum

from campaigns import graph
from campaigns.models import Campaign, CampaignTotal, Tally, WorkflowVersion
from campaigns.models.event import ALL_TIME

COUNTS = ("sent", "opened", "replied", "clicked", "bounced", "unsubscribed")


class EmailStats(TypedDict):
    """One line of `/stats/emails`, as seed 001 prints it."""

    nodeId: str
    emailNumber: int
    subject: str
    sent: int
    opened: int
    openRate: float
    clicked: int
    clickRate: float
    replied: int
    replyRate: float


def rate(count: int, base: int) -> float:
    """Return a percentage with one decimal, half up, at most 100.0, and 0.0 over nothing (contract A3, A7)."""
    if base <= 0:
        return 0.0
    # In whole numbers: 4.45 has no binary form, so rounding a quotient would be half down now and then.
    tenths = (2 * 1000 * count + base) // (2 * base)
    return min(tenths, 1000) / 10


def delivered(*, sent: int, bounced: int) -> int:
    """Return how many of the sent arrived: all that did not bounce (contract A2)."""
    return max(sent - bounced, 0)


def people(total: CampaignTotal | None) -> dict[str, int]:
    """Return the eight counts of people in `Campaign.stats`; all 0 where nothing was counted yet."""
    total = total or CampaignTotal()
    return {
        "totalContacts": total.contacts,
        "sent": total.sent,
        "delivered": delivered(sent=total.sent, bounced=total.bounced),
        "opened": total.opened,
        "clicked": total.clicked,
        "replied": total.replied,
        "bounced": total.bounced,
        "unsubscribed": total.unsubscribed,
    }


def overview(campaign: Campaign) -> dict[str, int | float]:
    """Return `/stats`: people with their rates, then our extras.

    `openRateTracked` is the share of the delivered mails with a pixel that were opened: `openRate` has everybody in
    its base, also those whose mail carries none (contract M20).
    """
    total = CampaignTotal.objects.filter(campaign=campaign).first()
    return {
        **rates(total),
        "emailsSent": total.emails_sent if total else 0,
        "uncertain": total.uncertain if total else 0,
        "openRateTracked": _tracked_open_rate(campaign),
    }


def rates(total: CampaignTotal | None) -> dict[str, int | float]:
    """Return the counts of people, each with its rate; all 0 where nothing was counted yet."""
    count = people(total)
    base = count["delivered"]
    return {
        "totalContacts": count["totalContacts"],
        "sent": count["sent"],
        "delivered": base,
        "opened": count["opened"],
        "openRate": rate(count["opened"], base),
        "clicked": count["clicked"],
        "clickRate": rate(count["clicked"], base),
        "replied": count["replied"],
        "replyRate": rate(count["replied"], base),
        "bounced": count["bounced"],
        "bounceRate": rate(count["bounced"], count["sent"]),
        "unsubscribed": count["unsubscribed"],
        "unsubscribeRate": rate(count["unsubscribed"], base),
    }


def _tracked_open_rate(campaign: Campaign) -> float:
    nodes = {node.id for node in _emails_of(campaign) if node.data["trackOpens"]}
    rows = [counts for node, counts in _node_totals(campaign).items() if node in nodes]
    base = sum(delivered(sent=row["sent"], bounced=row["bounced"]) for row in rows)
    return rate(sum(row["opened"] for row in rows), base)


def emails(campaign: Campaign) -> list[EmailStats]:
    """Return `/stats/emails`: the e-mails in walk order, then those taken out of the workflow that had sent (A9).

    Rates are over the e-mail's own `sent`; the subject is the template as it was written.
    """
    totals = _node_totals(campaign)
    lines = [(node.id, node.data["subject"]) for node in _emails_of(campaign)]
    gone = sorted(totals.keys() - {node for node, _subject in lines})
    lines += _removed(campaign, [node for node in gone if totals[node]["sent"]])
    return [_line(number, node, subject, totals[node]) for number, (node, subject) in enumerate(lines, start=1)]


def _line(number: int, node: str, subject: str, counts: dict[str, int]) -> EmailStats:
    sent = counts["sent"]
    return {
        "nodeId": node,
        "emailNumber": number,
        "subject": subject,
        "sent": sent,
        "opened": counts["opened"],
        "openRate": rate(counts["opened"], sent),
        "clicked": counts["clicked"],
        "clickRate": rate(counts["clicked"], sent),
        "replied": counts["replied"],
        "replyRate": rate(counts["replied"], sent),
    }


def _node_totals(campaign: Campaign) -> dict[str, dict[str, int]]:
    rows = summed(Tally.objects.filter(campaign=campaign, slot=ALL_TIME), by="node")
    return defaultdict(lambda: dict.fromkeys(COUNTS, 0), {row["node"]: row for row in rows})


def summed(tallies: "QuerySet[Any]", *, by: str) -> Iterable[dict[str, Any]]:
    """Return the sums of `COUNTS` for each value of one field, which is in the rows by its name."""
    rows: QuerySet[Any] = tallies.values(by).annotate(**{name: Sum(name) for name in COUNTS})
    return rows.order_by(by)


def _emails_of(campaign: Campaign) -> list[graph.Node]:
    """Return the e-mails of the published workflow, in walk order."""
    return graph.of_version(campaign.version_id).emails() if campaign.version_id else []


def _removed(campaign: Campaign, nodes: list[str]) -> list[tuple[str, str]]:
    """Return (node, subject) of nodes that only older versions have, in the order of the newest that had them."""
    if not nodes:
        return []
    found: dict[str, str] = {}
    versions = WorkflowVersion.objects.filter(campaign=campaign).order_by("-number")
    for document in versions.values_list("graph", flat=True):
        for node in graph.parse(document).emails():
            if node.id in nodes:
                found.setdefault(node.id, node.data["subject"])
        if len(found) == len(nodes):
            break
    return [*found.items(), *((node, "") for node in nodes if node not in found)]
