"""Where the common providers send and read mail, and how much they let a mailbox send a day."""

from dataclasses import dataclass

from fluenzr.mailboxes.enums import Encryption


@dataclass(frozen=True)
class Preset:
    """Servers of a provider. `daily_limit` is what it allows a mailbox a day, None where it says nothing."""

    name: str
    smtp_host: str
    smtp_port: int
    smtp_encryption: str
    imap_host: str
    daily_limit: int | None = None
    # What a person has to know before the first login succeeds; "" where nothing is special.
    hint: str = ""
    imap_port: int = 993
    imap_encryption: str = Encryption.SSL


GMAIL = Preset("Gmail", "smtp.gmail.com", 587, Encryption.TLS, "imap.gmail.com", 500, "app password")
WORKSPACE = Preset("Google Workspace", "smtp.gmail.com", 587, Encryption.TLS, "imap.gmail.com", 2000, "app password")
OUTLOOK = Preset("Outlook", "smtp-mail.outlook.com", 587, Encryption.TLS, "outlook.office365.com", 300)
MICROSOFT_365 = Preset("Microsoft 365", "smtp.office365.com", 587, Encryption.TLS, "outlook.office365.com", 10_000)
YAHOO = Preset("Yahoo", "smtp.mail.yahoo.com", 465, Encryption.SSL, "imap.mail.yahoo.com", 500, "app password")
ICLOUD = Preset("iCloud", "smtp.mail.me.com", 587, Encryption.TLS, "imap.mail.me.com", 1000, "app password")
ZOHO = Preset("Zoho", "smtp.zoho.com", 465, Encryption.SSL, "imap.zoho.com", 500)
FASTMAIL = Preset("Fastmail", "smtp.fastmail.com", 465, Encryption.SSL, "imap.fastmail.com", None, "app password")
OVH = Preset("OVH", "ssl0.ovh.net", 465, Encryption.SSL, "ssl0.ovh.net")
IONOS = Preset("IONOS", "smtp.ionos.com", 465, Encryption.SSL, "imap.ionos.com")
GANDI = Preset("Gandi", "mail.gandi.net", 465, Encryption.SSL, "mail.gandi.net")

# Services that send in bulk. They give an SMTP login of their own; a host may differ by region.
BREVO = Preset("Brevo", "smtp-relay.brevo.com", 587, Encryption.TLS, "")
MAILGUN = Preset("Mailgun", "smtp.mailgun.org", 587, Encryption.TLS, "")
MAILJET = Preset("Mailjet", "in-v3.mailjet.com", 587, Encryption.TLS, "")
POSTMARK = Preset("Postmark", "smtp-broadcasts.postmarkapp.com", 587, Encryption.TLS, "")
SCALEWAY = Preset("Scaleway", "smtp.tem.scaleway.com", 587, Encryption.TLS, "")
SENDGRID = Preset("SendGrid", "smtp.sendgrid.net", 587, Encryption.TLS, "")
SES = Preset("Amazon SES", "email-smtp.eu-west-1.amazonaws.com", 587, Encryption.TLS, "")

RELAYS = (SES, BREVO, MAILGUN, MAILJET, POSTMARK, SCALEWAY, SENDGRID)
ALL = (GMAIL, WORKSPACE, OUTLOOK, MICROSOFT_365, YAHOO, ICLOUD, ZOHO, FASTMAIL, OVH, IONOS, GANDI)
_BY_DOMAIN = {
    "gmail.com": GMAIL,
    "googlemail.com": GMAIL,
    **dict.fromkeys(
        ("outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com"), OUTLOOK
    ),
    **dict.fromkeys(("yahoo.com", "yahoo.fr", "ymail.com"), YAHOO),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), ICLOUD),
    "zoho.com": ZOHO,
    "fastmail.com": FASTMAIL,
}


def of_domain(domain: str) -> Preset | None:
    """Return the provider whose own domain this is, or None."""
    return _BY_DOMAIN.get(domain.lower())


def of_host(smtp_host: str, domain: str) -> Preset | None:
    """Return the provider behind an SMTP host; a mailbox of a provider's own domain is a private one."""
    own = of_domain(domain)
    if own is not None and own.smtp_host == smtp_host:
        return own
    # Of two presets of one host the later is the one for companies' domains.
    return next((preset for preset in reversed(ALL) if preset.smtp_host == smtp_host), None)
