"""Where every journey begins."""

from django.utils.translation import gettext_lazy as _

from campaigns.nodes.base import Go, NodeKind, Outcome, Step


class Start(NodeKind):
    """The one entry of a workflow; it passes everybody on at once."""

    kind = "start"
    label = _("Start")
    icon = "play"
    group = _("Flow")

    @classmethod
    def run(cls, step: Step) -> Outcome:
        """Go on."""
        return Go()
