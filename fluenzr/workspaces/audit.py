"""The append-only record of who did what. Secrets never enter it."""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from fluenzr.workspaces.models import AuditEntry, Workspace

_HIDDEN = ("password", "secret", "token", "key_hash")


@dataclass(frozen=True)
class Origin:
    """Where a call came from; a door sets it, so that no domain function carries it along."""

    ip: str | None = None
    request_id: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)


def address(ip: str | None) -> str | None:
    """Return an IP address as a column keeps it, without a zone; None for what is none, such as a socket's path."""
    try:
        return str(ipaddress.ip_address((ip or "").partition("%")[0]))
    except ValueError:
        return None


@contextmanager
def origin(*, ip: str | None, request_id: str = "") -> Iterator[None]:
    """Let entries recorded inside carry this address and request id."""
    token = _origin.set(Origin(address(ip), request_id[:64]))
    try:
        yield
    finally:
        _origin.reset(token)


def record(
    *,
    workspace: Workspace | None,
    by: str,
    action: str,
    now: datetime,
    obj: models.Model | None = None,
    changes: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry.

    `action` reads `noun.verb` (`api_key.created`). `changes` maps a field to its new value or to `[old, new]`, JSON
    values only; whatever is named like a secret is left out.
    """
    came_from = _origin.get()
    return AuditEntry.objects.create(
        workspace=workspace,
        at=now,
        actor=by[:200],
        action=action,
        object_type=obj._meta.model_name or "" if obj is not None else "",
        object_id=str(getattr(obj, "public_id", obj.pk)) if obj is not None else "",
        changes={name: value for name, value in (changes or {}).items() if not _is_secret(name)},
        ip=came_from.ip,
        request_id=came_from.request_id,
    )


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _HIDDEN)
