from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    name = "fluenzr.mailboxes"
    label = "mailboxes"
    verbose_name = "Mailboxes"

    def ready(self) -> None:
        """Count for the plan, and say what is kept about people and for how long."""
        from fluenzr.mailboxes import records, retention, usage  # noqa: F401
