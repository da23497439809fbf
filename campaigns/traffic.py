"""How a running campaign flows through its workflow: who waits where, what left each node and by which way."""

from typing import TypedDict

from django.db.models import Count, Sum

from campaigns.enums import RUNNING
from campaigns.models import Campaign, Enrolment, Passage, Tally
from campaigns.models.event import ALL_TIME


class NodeTraffic(TypedDict):
    """People who wait at a node, those who left it by each port, and its mails."""

    waiting: int
    passed: dict[str, int]
    sent: int
    opened: int
    replied: int


def of(campaign: Campaign) -> dict[str, NodeTraffic]:
    """Return the traffic by node, of all versions together; nodes without any are left out. Three queries."""
    found: dict[str, NodeTraffic] = {}

    def at(name: str) -> NodeTraffic:
        return found.setdefault(name, {"waiting": 0, "passed": {}, "sent": 0, "opened": 0, "replied": 0})

    people = Enrolment.objects.filter(campaign=campaign, status__in=RUNNING).exclude(node="")
    for name, waiting in people.values_list("node").annotate(waiting=Count("pk")).order_by("node"):
        at(name)["waiting"] = waiting
    for name, port, passed in Passage.objects.filter(campaign=campaign).values_list("node", "port", "passed"):
        at(name)["passed"][port] = passed
    mails = Tally.objects.filter(campaign=campaign, slot=ALL_TIME).values("node").order_by("node")
    for row in mails.annotate(sent_=Sum("sent"), opened_=Sum("opened"), replied_=Sum("replied")):
        node = at(row["node"])
        node["sent"], node["opened"], node["replied"] = row["sent_"], row["opened_"], row["replied_"]
    return found
