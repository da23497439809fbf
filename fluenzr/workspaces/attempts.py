"""Bad API keys: each is in the audit log, and an address that sends many of them is slowed down.

A good key is never held up by them, since guessing one of 190 bits is hopeless whatever the pace: the limit only keeps
the guesses cheap.
"""

import math
from datetime import datetime, timedelta

from fluenzr.workspaces import audit
from fluenzr.workspaces.models import AuditEntry
from fluenzr.workspaces.throttle import Standing

LIMIT = 10
WINDOW = timedelta(seconds=60)
ACTION = "api_key.refused"


def bad_key(*, ip: str, now: datetime) -> Standing:
    """Note one refused key from an address, and say whether it may try on: ten within any 60 seconds."""
    standing = look(ip=ip, now=now)
    if not standing.is_allowed:
        return standing
    with audit.origin(ip=ip):
        audit.record(workspace=None, by="unknown", action=ACTION, now=now)
    return look(ip=ip, now=now, is_allowed=True)


def look(*, ip: str, now: datetime, is_allowed: bool | None = None) -> Standing:
    """Say how an address stands without counting anything."""
    recent = AuditEntry.objects.filter(workspace=None, action=ACTION, ip=ip, at__gt=now - WINDOW, at__lte=now)
    times = sorted(recent.values_list("at", flat=True))
    ends = (times[0] if times else now) + WINDOW
    return Standing(
        is_allowed=len(times) < LIMIT if is_allowed is None else is_allowed,
        limit=LIMIT,
        remaining=max(0, LIMIT - len(times)),
        reset=math.ceil(ends.timestamp()),
        retry_after=max(1, math.ceil((ends - now).total_seconds())),
    )
