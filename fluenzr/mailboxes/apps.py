from django.apps import AppConfig


class MailboxesConfig(AppConfig):
    name = "fluenzr.mailboxes"
    label = "mailboxes"
    verbose_name = "Mailboxes"
