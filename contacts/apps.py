from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    label = "contacts"
    verbose_name = "Contacts"

    def ready(self) -> None:
        """Subscribe to the facts of the apps below, and count for the plan."""
        from contacts import reactions, usage  # noqa: F401
