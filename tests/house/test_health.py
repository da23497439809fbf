import pytest
from django.test import Client
from pytest_django.fixtures import Settings


def test_healthz_answers_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_names_what_it_checked(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": True, "migrations": True, "keys": True}}


@pytest.mark.django_db
def test_readyz_is_503_without_keys(client: Client, settings: Settings) -> None:
    settings.FLUENZR_ENCRYPTION_KEYS = []
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["keys"] is False


def test_pages_carry_the_strict_policy(client: Client) -> None:
    answer = client.get("/healthz")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
