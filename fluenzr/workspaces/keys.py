"""API keys: shown once, kept as a keyed hash, looked up by it."""

import secrets
import string
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fluenzr.core import prepared
from fluenzr.core.crypto import keyed_hash
from fluenzr.core.errors import Invalid
from fluenzr.workspaces import audit, plans
from fluenzr.workspaces.enums import Scope
from fluenzr.workspaces.models import ApiKey, User, Workspace

PREFIX = "flz_sk_"
LENGTH = 32
SHOWN = len(PREFIX) + 8
_LETTERS = string.ascii_letters + string.digits
# "Last used" is written at most so often, so that reading the API does not mean writing the database.
USED_EVERY = timedelta(minutes=1)

_COLUMNS = prepared.columns(ApiKey)
_KEYS = prepared.Prepared(
    lambda hashes: ApiKey.objects.filter(key_hash__in=hashes).values_list(
        *_COLUMNS, *prepared.reached("workspace", prepared.columns(Workspace))
    )
)


def create(
    *,
    workspace: Workspace,
    name: str,
    by: str,
    now: datetime,
    scope: str = Scope.ALL,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for a workspace whose plan has the API; return it and its secret, which exists nowhere else.

    Raises:
        PlanLimit: the plan has no API.
        Invalid: the name is blank or the scope unknown.
    """
    plans.require(workspace, plans.Feature.API)
    return issue(
        workspace=workspace, name=name, by=by, now=now, scope=scope, created_by=created_by, expires_at=expires_at
    )


def issue(
    *,
    workspace: Workspace,
    name: str,
    by: str,
    now: datetime,
    scope: str = Scope.ALL,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Like `create`, whatever the plan: for the operator. The key works only while the plan has the API.

    Raises:
        Invalid: the name is blank or the scope unknown.
    """
    if not name.strip():
        raise Invalid(_("Name is required"), field="name")
    if scope not in Scope.values:
        raise Invalid(_("Scope must be all or read"), field="scope")
    secret = PREFIX + "".join(secrets.choice(_LETTERS) for _letter in range(LENGTH))
    with transaction.atomic():
        key = ApiKey.objects.create(
            workspace=workspace,
            name=name.strip()[:100],
            start=secret[:SHOWN],
            key_hash=_hash(secret),
            scope=scope,
            created_by=created_by,
            expires_at=expires_at,
        )
        changes = {"name": key.name, "scope": key.scope}
        audit.record(workspace=workspace, by=by, action="api_key.created", obj=key, changes=changes, now=now)
    return key, secret


def authenticate(secret: str, *, now: datetime) -> ApiKey | None:
    """Return the key, with its workspace, that this secret opens; None when it is unknown, revoked or expired."""
    key = _find(_hash(secret))
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return key


def revoke(key: ApiKey, *, by: str, now: datetime) -> None:
    """End a key at once; revoking it again changes nothing."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            key.revoked_at = now
            audit.record(workspace=key.workspace, by=by, action="api_key.revoked", obj=key, now=now)


def _find(key_hash: str) -> ApiKey | None:
    """Return the key of a hash with its workspace: one query, which each request of the API asks."""
    for row in _KEYS.rows([key_hash]):
        key: ApiKey = prepared.instance(ApiKey, row[: len(_COLUMNS)])
        key.workspace = prepared.instance(Workspace, row[len(_COLUMNS) :])
        return key
    return None


def _hash(secret: str) -> str:
    return keyed_hash("api key", secret)
