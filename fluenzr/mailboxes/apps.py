from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    name = "fluenzr.mailboxes"
    label = "mailboxes"
    verbose_name = "Mailboxes"

    def ready(self) -> None:
        """Count for the plan."""
        from fluenzr.mailboxes import usage  # noqa: F401
