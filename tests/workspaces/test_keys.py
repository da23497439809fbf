import re
from datetime import timedelta

import pytest

from fluenzr.core.errors import Invalid, PlanLimit
from fluenzr.workspaces import keys
from fluenzr.workspaces.models import ApiKey, AuditEntry, Workspace
from tests.builders import NOW, make_key, make_workspace


def test_secret_has_the_documented_form(workspace: Workspace) -> None:
    key, secret = keys.create(workspace=workspace, name="Zapier", by="jane@x.org", now=NOW)

    assert re.fullmatch(r"flz_sk_[A-Za-z0-9]{32}", secret)
    assert key.start == secret[:15]


def test_secret_is_stored_nowhere(workspace: Workspace) -> None:
    _key, secret = make_key(workspace)

    rows = [*ApiKey.objects.values(), *AuditEntry.objects.values()]
    assert secret not in repr(rows)


def test_create_needs_a_plan_with_the_api(db: None) -> None:
    with pytest.raises(PlanLimit, match="API access requires Pro plan"):
        keys.create(workspace=make_workspace(plan="free"), name="Zapier", by="jane@x.org", now=NOW)


def test_create_needs_a_name(workspace: Workspace) -> None:
    with pytest.raises(Invalid) as refused:
        keys.create(workspace=workspace, name=" ", by="jane@x.org", now=NOW)

    assert refused.value.details == {"name": ["Name is required"]}


def test_authenticate_finds_the_key(workspace: Workspace) -> None:
    key, secret = make_key(workspace)

    assert keys.authenticate(secret, now=NOW) == key


@pytest.mark.parametrize("secret", ["", "flz_sk_" + "a" * 32, "é", "flz_sk_\x00"])
def test_authenticate_refuses_an_unknown_secret(workspace: Workspace, secret: str) -> None:
    make_key(workspace)

    assert keys.authenticate(secret, now=NOW) is None


def test_authenticate_refuses_a_revoked_key(workspace: Workspace) -> None:
    key, secret = make_key(workspace)
    keys.revoke(key, by="jane@x.org", now=NOW)

    assert keys.authenticate(secret, now=NOW) is None


def test_authenticate_refuses_an_expired_key(workspace: Workspace) -> None:
    _key, secret = make_key(workspace, expires_at=NOW)

    assert keys.authenticate(secret, now=NOW - timedelta(seconds=1)) is not None
    assert keys.authenticate(secret, now=NOW) is None


def test_last_use_is_written_once_a_minute(workspace: Workspace) -> None:
    key, secret = make_key(workspace)
    for seconds in (0, 59, 61):
        keys.authenticate(secret, now=NOW + timedelta(seconds=seconds))
    key.refresh_from_db()

    assert key.last_used_at == NOW + timedelta(seconds=61)
