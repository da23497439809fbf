from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    label = "tracking"
    verbose_name = "Tracking"

    def ready(self) -> None:
        """Say what is kept about people, and for how long."""
        from tracking import records, retention  # noqa: F401
