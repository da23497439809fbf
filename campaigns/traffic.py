"""How a running campaign flows through its workflow: who waits where, what left each node and by which way."""

from typing import TypedDict

from django.db.models import Count, Q, Sum

from campaigns.enums import RUNNING
from campaigns.models import Campaign, Enrolment, Passage, Tally
from campaigns.models.event import ALL_TIME
from campaigns.nodes.base import NEXT


class NodeTraffic(TypedDict):
    """People who wait at a node, those who left it by each port, and its mails."""

    waiting: int
    passed: dict[str, int]
    sent: int
    opened: int
    replied: int


def of(campaign: Campaign) -> dict[str, NodeTraffic]:
    """Return the traffic by node, of all versions together; nodes without any are left out. Three queries.

    Who is put at their first step at once leaves no passage behind, so those who left the start are all who stand
    somewhere else.
    """
    found: dict[str, NodeTraffic] = {}

    def at(name: str) -> NodeTraffic:
        return found.setdefault(name, {"waiting": 0, "passed": {}, "sent": 0, "opened": 0, "replied": 0})

    start, begun = _start(campaign), 0
    people = Enrolment.objects.filter(campaign=campaign).exclude(node="").values_list("node").order_by("node")
    for name, here, waiting in people.annotate(here=Count("pk"), waiting=Count("pk", Q(status__in=RUNNING))):
        begun += here if name != start else 0
        if waiting:
            at(name)["waiting"] = waiting
    for name, port, passed in Passage.objects.filter(campaign=campaign).values_list("node", "port", "passed"):
        at(name)["passed"][port] = passed
    if begun:
        at(start)["passed"][NEXT] = begun
    mails = Tally.objects.filter(campaign=campaign, slot=ALL_TIME).values("node").order_by("node")
    for row in mails.annotate(sent_=Sum("sent"), opened_=Sum("opened"), replied_=Sum("replied")):
        node = at(row["node"])
        node["sent"], node["opened"], node["replied"] = row["sent_"], row["opened_"], row["replied_"]
    return found


def _start(campaign: Campaign) -> str:
    nodes = campaign.version.graph["nodes"] if campaign.version is not None else []
    return next((item["id"] for item in nodes if item["type"] == "start"), "")
