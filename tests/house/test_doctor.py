import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from fluenzr import diagnosis
from fluenzr.core import jobs
from fluenzr.core.models import Heartbeat
from tests.builders import make_campaign, make_enrolment, make_message, make_workspace

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def make_heartbeats(*names: str, seen_at: datetime = NOW) -> None:
    Heartbeat.objects.bulk_create([Heartbeat(name=name, seen_at=seen_at) for name in names])


def doctor() -> tuple[int, dict[str, bool]]:
    """The exit code of the command, and which check passed."""
    out, code = StringIO(), 0
    try:
        call_command("doctor", "--json", stdout=out)
    except SystemExit as stop:
        code = int(str(stop.code))
    return code, {check["name"]: check["ok"] for check in json.loads(out.getvalue())["checks"]}


def test_check_clusters_names_the_silent_ones() -> None:
    make_heartbeats("beat", "send", "io")
    make_heartbeats("work", seen_at=NOW - diagnosis.SILENT_AFTER - timedelta(seconds=1))
    finding = diagnosis.check_clusters(now=NOW)
    assert (finding.ok, finding.detail) == (False, "no sign of life from work")


def test_check_clusters_passes_when_all_live() -> None:
    make_heartbeats("beat", *jobs.CLUSTERS)
    assert diagnosis.check_clusters(now=NOW).ok


def test_check_backlog_is_fine_without_mail() -> None:
    assert diagnosis.check_backlog(now=NOW).detail == "the oldest due mail has waited 0 s"


def test_check_backlog_tells_how_long_the_oldest_due_mail_waits() -> None:
    enrolment = make_enrolment(make_campaign(make_workspace()))
    make_message(enrolment, state="queued", not_before=NOW - timedelta(minutes=10))
    finding = diagnosis.check_backlog(now=NOW)
    assert (finding.ok, finding.detail) == (False, "the oldest due mail has waited 600 s")


def test_check_data_dir_names_one_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file"
    assert not diagnosis.check_data_dir().ok


def test_check_keys_refuses_what_is_no_key(settings: Settings) -> None:
    settings.FLUENZR_ENCRYPTION_KEYS = ["secret"]
    assert not diagnosis.check_keys().ok


def test_doctor_fails_while_nothing_runs() -> None:
    code, checks = doctor()
    assert code == 1
    assert [name for name, ok in checks.items() if not ok] == ["clusters"]


def test_doctor_passes_a_healthy_installation() -> None:
    for name in ("beat", *jobs.CLUSTERS):
        jobs.heartbeat(name)
    code, checks = doctor()
    assert (code, set(checks.values())) == (0, {True})


def test_doctor_speaks_to_people() -> None:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)
    assert "BAD clusters: no sign of life from beat, send, io, work. Start `manage.py up`" in out.getvalue()
