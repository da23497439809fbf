"""Choices of an account."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    """What kind of door an account is."""

    EMAIL = "email", _("E-mail")
    SANDBOX = "sandbox", _("Sandbox")
    TELEGRAM = "telegram", _("Telegram")


class Provider(TextChoices):
    """Whose servers an account uses; the transport is chosen by it."""

    SMTP = "smtp", _("Mailbox (SMTP)")
    RELAY = "relay", _("Relay or ESP (SMTP)")
    SANDBOX = "sandbox", _("Sandbox")


class AccountStatus(TextChoices):
    """Whether an account may be used."""

    CONNECTED = "connected", _("Connected")
    ERROR = "error", _("Error")
    DISABLED = "disabled", _("Disabled")


ACCOUNT_MOVES: dict[str, tuple[str, ...]] = {
    AccountStatus.CONNECTED: (AccountStatus.ERROR, AccountStatus.DISABLED),
    AccountStatus.ERROR: (AccountStatus.CONNECTED, AccountStatus.DISABLED),
    AccountStatus.DISABLED: (AccountStatus.CONNECTED,),
}


# The reason of a disabled account that a person removed: it keeps the past readable and is shown nowhere.
REMOVED = "removed"


class Encryption(TextChoices):
    """How a connection to a mail server is protected."""

    TLS = "tls", _("STARTTLS")
    SSL = "ssl", _("SSL/TLS")
    NONE = "none", _("None")
