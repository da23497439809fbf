"""Where a journey is complete."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from campaigns.enums import EnrolmentStatus
from campaigns.nodes.base import NodeKind, Outcome, Step, Stop


class End(NodeKind):
    """The end of a path."""

    kind = "end"
    label = _("End")
    icon = "flag"
    group = _("Flow")
    rank = 90
    ports: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def run(cls, step: Step) -> Outcome:
        """The journey is complete."""
        return Stop(EnrolmentStatus.COMPLETED)
