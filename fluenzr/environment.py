"""Typed readers of the process environment: every one names the variable when its value is bad.

`NAME_FILE` (path of a file that holds the value, as secret stores mount them) wins over `NAME`.
"""

import ipaddress
import os
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Reads typed values out of `values`; raises ImproperlyConfigured on anything it cannot read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        """The value, stripped; `default` where it is absent or empty."""
        path = self.values.get(f"{name}_FILE", "")
        if not path:
            return self.values.get(name, "").strip() or default
        try:
            return Path(path).read_text(encoding="utf-8").strip() or default
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}") from error

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean: 1, true, yes, on or 0, false, no, off, in any case."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in _TRUE | _FALSE:
            raise ImproperlyConfigured(f"{name}: {value!r} is neither yes nor no; write 1 or 0")
        return value in _TRUE

    def integer(self, name: str, default: int, *, at_least: int = 0) -> int:
        """A whole number of at least `at_least`."""
        value = self.text(name)
        if not value:
            return default
        number = self._parsed(name, value, int, "a whole number")
        if number < at_least:
            raise ImproperlyConfigured(f"{name}: {number} is too small; it must be at least {at_least}")
        return number

    def items(self, name: str, default: str = "") -> list[str]:
        """A comma list, stripped, without empty items."""
        return [item.strip() for item in self.text(name, default).split(",") if item.strip()]

    def servers(self, name: str, *, port: int) -> list[tuple[str, int]]:
        """A comma list of IP addresses, each with its port: `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`."""
        return [self._parsed(name, item, lambda text: _server(text, port), "an address") for item in self.items(name)]

    def web_address(self, name: str, default: str) -> str:
        """An http or https address without a trailing slash."""
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ImproperlyConfigured(f"{name}: {value!r} must look like https://mail.example.com")
        return value

    def path(self, name: str, default: Path) -> Path:
        """An absolute path; a relative one counts from the working directory."""
        return Path(self.text(name) or default).expanduser().resolve()

    def database(self, name: str, default: str) -> dict[str, Any]:
        """A Django DATABASES entry out of a URL (sqlite:///path or postgres://user:password@host/name)."""
        value = self.text(name, default)
        config: dict[str, Any] = self._parsed(name, value, environ.Env.db_url_config, "a database URL")
        if config.get("ENGINE") not in _ENGINES:
            raise ImproperlyConfigured(f"{name}: unknown scheme {value.split(':')[0]!r}; use sqlite or postgres")
        return config

    def mail_server(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_* settings out of a URL (smtp+tls://user:password@host:587); empty when unset."""
        value = self.text(name)
        if not value:
            return {}
        config: dict[str, Any] = self._parsed(name, value, environ.Env.email_url_config, "a mail server URL")
        return config

    @staticmethod
    def _parsed(name: str, value: str, parse: Callable[[str], T], what: str) -> T:
        try:
            return parse(value)
        except (ValueError, KeyError, ImproperlyConfigured) as error:
            # The value is not repeated: a URL may hold a password.
            raise ImproperlyConfigured(f"{name}: this is not {what}") from error


def _server(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    return str(ipaddress.ip_address(parts.hostname or "")), parts.port or port


def load_file(path: Path, values: MutableMapping[str, str] = os.environ) -> None:
    """Lay the NAME=value lines of `path` under `values`: what is set already stays. A missing file is no error."""
    if not path.is_file():
        return
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name.strip().isidentifier():
            raise ImproperlyConfigured(f"{path.name}, line {number}: expected NAME=value")
        # What is set but empty counts as unset everywhere, so here too.
        values[name.strip()] = values.get(name.strip()) or value.strip().strip("\"'")
