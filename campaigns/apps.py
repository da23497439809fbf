from importlib import import_module

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        """Subscribe to facts, register what others ask for, and refuse to start when two node types share a kind."""
        import_module("campaigns.reactions")
        import_module("campaigns.records")
        import_module("campaigns.contact_timeline")
        import_module("campaigns.retention")
        import_module("campaigns.criteria")
        import_module("campaigns.usage")
        import_module("campaigns.nodes.registry").kinds()
