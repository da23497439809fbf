from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    label = "contacts"
    verbose_name = "Contacts"

    def ready(self) -> None:
        """Subscribe to the facts of the apps below, count for the plan, and say what segments may ask."""
        from contacts import own_records, own_timeline, reactions, usage  # noqa: F401
        from contacts.criteria import standard  # noqa: F401
