"""System checks: what is wrong with the settings, with a hint; errors stop every command, `up` included."""

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from fluenzr.proxies import networks

SECRET_LENGTH = 50
KEY_LENGTH = 32

RANDOM_TEXT = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
RANDOM_FERNET = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"


@register
def check_secret_key(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """SECRET_KEY signs sessions and tasks: it must be there, and long."""
    if not settings.SECRET_KEY_IS_SET:
        return [Error("SECRET_KEY is not set.", hint=f"Make one: {RANDOM_TEXT}", id="fluenzr.E001")]
    if len(settings.SECRET_KEY) < SECRET_LENGTH or len(set(settings.SECRET_KEY)) < 5:
        hint = f"Use at least {SECRET_LENGTH} random characters: {RANDOM_TEXT}"
        return [Error("SECRET_KEY is too weak.", hint=hint, id="fluenzr.E002")]
    return []


@register
def check_encryption_keys(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """FLUENZR_ENCRYPTION_KEYS seal the passwords of mail accounts; the first seals, all open."""
    keys: Sequence[str] = settings.FLUENZR_ENCRYPTION_KEYS
    if not keys:
        return [Error("FLUENZR_ENCRYPTION_KEYS is not set.", hint=f"Make one: {RANDOM_FERNET}", id="fluenzr.E003")]
    if any(not _is_fernet(key) for key in keys):
        hint = f"Each key of the comma list must be a Fernet key: {RANDOM_FERNET}"
        return [Error("FLUENZR_ENCRYPTION_KEYS holds a value that is no key.", hint=hint, id="fluenzr.E004")]
    return []


@register
def check_tracking_keys(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """FLUENZR_TRACKING_KEYS sign links in mails, FLUENZR_PEPPER keys the hashes of addresses."""
    messages: list[CheckMessage] = []
    keys: Sequence[str] = settings.FLUENZR_TRACKING_KEYS
    if not keys or any(len(key) < KEY_LENGTH for key in keys):
        hint = f"Each key of the comma list needs at least {KEY_LENGTH} characters: {RANDOM_TEXT}"
        messages.append(Error("FLUENZR_TRACKING_KEYS is missing or too short.", hint=hint, id="fluenzr.E005"))
    if len(settings.FLUENZR_PEPPER) < KEY_LENGTH:
        hint = f"At least {KEY_LENGTH} characters, never changed afterwards: {RANDOM_TEXT}"
        messages.append(Error("FLUENZR_PEPPER is missing or too short.", hint=hint, id="fluenzr.E006"))
    return messages


@register
def check_debug(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG shows settings and code to whoever causes an error."""
    if settings.DEBUG and not _is_private(urlsplit(settings.SITE_URL).hostname or ""):
        hint = "Unset DEBUG, or point SITE_URL at an address of your own machine or network."
        return [Error("DEBUG is on for a public host.", hint=hint, id="fluenzr.E007")]
    return []


@register
def check_proxies(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """TRUSTED_PROXIES must be addresses or ranges; behind TLS ended by a proxy it is needed."""
    try:
        networks(settings.TRUSTED_PROXIES)
    except ValueError as error:
        hint = "Write addresses or ranges, such as 127.0.0.1,10.0.0.0/8."
        return [Error(f"TRUSTED_PROXIES cannot be read: {error}.", hint=hint, id="fluenzr.E008")]
    if not settings.DEBUG and settings.SECURE_SSL_REDIRECT and not settings.TRUSTED_PROXIES:
        hint = "Name the proxy that ends TLS in TRUSTED_PROXIES, or every request is redirected for ever."
        return [Warning("HTTPS is expected, but no proxy is trusted to say so.", hint=hint, id="fluenzr.W009")]
    return []


@register
def check_production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What is right on a laptop and wrong in production."""
    if settings.DEBUG:
        return []
    messages: list[CheckMessage] = []
    if not settings.SITE_URL.startswith("https://"):
        hint = "Browsers send no session cookie over plain HTTP: set SITE_URL to the https address."
        messages.append(Warning("SITE_URL is not https.", hint=hint, id="fluenzr.W010"))
    if settings.ALLOW_PRIVATE_HOSTS:
        hint = "Members can make the server connect into your network; unset ALLOW_PRIVATE_HOSTS."
        messages.append(Warning("Private mail hosts are allowed in production.", hint=hint, id="fluenzr.W011"))
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Name the hosts, or leave ALLOWED_HOSTS out: then it is the hosts of SITE_URL and TRACKING_URL."
        messages.append(Warning("Any host name is accepted.", hint=hint, id="fluenzr.W012"))
    if settings.REDIS_URL and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        hint = "SQLite serves one machine only; several nodes need PostgreSQL in DATABASE_URL."
        messages.append(Warning("A shared cache beside a database of one machine.", hint=hint, id="fluenzr.W013"))
    return messages


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _is_private(host: str) -> bool:
    if host in {"localhost", "testserver"} or host.endswith((".localhost", ".local", ".test", ".internal")):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
