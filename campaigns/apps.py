from importlib import import_module

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        """Subscribe to facts, count for the plan, and refuse to start when two node types share a kind."""
        import_module("campaigns.reactions")
        import_module("campaigns.usage")
        import_module("campaigns.nodes.registry").kinds()
