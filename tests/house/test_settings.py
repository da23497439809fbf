import json
import os
import subprocess
import sys
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"SECRET_KEY": "s" * 60, "FLUENZR_ENV_FILE": os.devnull, "PATH": os.environ["PATH"]}


def read_settings(*names: str, **environment: str) -> dict[str, Any]:
    """The named settings as a fresh process reads them from this environment."""
    program = f"import json, fluenzr.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, env={**KEYS, **environment}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    if done.returncode:
        raise ValueError(done.stderr.splitlines()[-1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_production_is_the_default() -> None:
    found = read_settings(
        "DEBUG",
        "ALLOWED_HOSTS",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_NAME",
        "SECURE_HSTS_SECONDS",
        "SECURE_SSL_REDIRECT",
        "ALLOW_PRIVATE_HOSTS",
        SITE_URL="https://mail.example.com",
        TRACKING_URL="https://t.example.com",
    )
    assert found == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["mail.example.com", "t.example.com"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_SSL_REDIRECT": True,
        "ALLOW_PRIVATE_HOSTS": False,
    }


def test_debug_serves_this_machine_over_http() -> None:
    found = read_settings(
        "SITE_URL", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", DEBUG="1", PORT="9"
    )
    assert found == {
        "SITE_URL": "http://127.0.0.1:9",
        "ALLOWED_HOSTS": ["127.0.0.1", "127.0.0.1", "127.0.0.1", "localhost", "[::1]"],
        "SESSION_COOKIE_SECURE": False,
        "SECURE_HSTS_SECONDS": 0,
    }


def test_sqlite_takes_write_locks_at_once() -> None:
    options = read_settings("DATABASES", DATABASE_URL="sqlite:////tmp/x.db")["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_postgres_limits_locks_and_idle_transactions() -> None:
    url = "postgres://u@h/n?sslmode=require"
    database = read_settings("DATABASES", DATABASE_URL=url)["DATABASES"]["default"]
    assert database["CONN_MAX_AGE"] == 60
    options = database["OPTIONS"]
    assert options["options"] == "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000"
    assert (options["tcp_user_timeout"], options["sslmode"]) == (30_000, "require")


def test_dev_environment_is_read_only_without_a_secret_key(tmp_path: Path) -> None:
    (tmp_path / "dev.env").write_text("SECRET_KEY=from-the-file\nDEBUG=1\n")
    assert read_settings("DEBUG", DATA_DIR=str(tmp_path)) == {"DEBUG": False}
    assert read_settings("DEBUG", "SECRET_KEY", DATA_DIR=str(tmp_path), SECRET_KEY="") == {
        "DEBUG": True,
        "SECRET_KEY": "from-the-file",
    }


def test_bad_value_stops_the_start_and_is_named() -> None:
    with pytest.raises(ValueError, match="FLUENZR_LEASE_SECONDS: this is not a whole number"):
        read_settings("DEBUG", FLUENZR_LEASE_SECONDS="a minute")


def test_time_zones_come_from_the_pinned_package() -> None:
    assert zoneinfo.TZPATH == ()


def test_every_variable_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    source = (ROOT / "fluenzr" / "settings.py").read_text()
    calls = source.split("env.")[1:]
    names = {part.split('"')[1] for part in calls if "(" in part.split('"')[0]}
    assert {name for name in names if f"{name}=" not in example} == set()
