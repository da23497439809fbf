import pytest
from pytest_django.fixtures import Settings

from fluenzr import checks


def ids(messages: list[object]) -> list[str]:
    return [message.id for message in messages]  # type: ignore[attr-defined]


def test_checks_accept_the_settings_of_the_tests() -> None:
    found = [*checks.check_secret_key(), *checks.check_encryption_keys(), *checks.check_tracking_keys()]
    assert found == []


def test_check_secret_key_misses_an_unset_one(settings: Settings) -> None:
    settings.SECRET_KEY_IS_SET = False
    assert ids(checks.check_secret_key()) == ["fluenzr.E001"]


@pytest.mark.parametrize("key", ["short", "a" * 80])
def test_check_secret_key_refuses_a_weak_one(settings: Settings, key: str) -> None:
    settings.SECRET_KEY = key
    assert ids(checks.check_secret_key()) == ["fluenzr.E002"]


def test_check_encryption_keys_misses_them(settings: Settings) -> None:
    settings.FLUENZR_ENCRYPTION_KEYS = []
    assert ids(checks.check_encryption_keys()) == ["fluenzr.E003"]


def test_check_encryption_keys_refuses_what_is_no_key(settings: Settings) -> None:
    settings.FLUENZR_ENCRYPTION_KEYS = [*settings.FLUENZR_ENCRYPTION_KEYS, "secret"]
    assert ids(checks.check_encryption_keys()) == ["fluenzr.E004"]


def test_check_tracking_keys_wants_long_keys_and_a_pepper(settings: Settings) -> None:
    settings.FLUENZR_TRACKING_KEYS = ["short"]
    settings.FLUENZR_PEPPER = ""
    assert ids(checks.check_tracking_keys()) == ["fluenzr.E005", "fluenzr.E006"]


@pytest.mark.parametrize(
    ("site", "found"),
    [("http://127.0.0.1:8000", []), ("http://10.1.2.3", []), ("https://fluenzr.example.com", ["fluenzr.E007"])],
)
def test_check_debug_refuses_a_public_host(settings: Settings, site: str, found: list[str]) -> None:
    settings.DEBUG, settings.SITE_URL = True, site
    assert ids(checks.check_debug()) == found


def test_check_proxies_refuses_what_is_no_address(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["proxy.local"]
    assert ids(checks.check_proxies()) == ["fluenzr.E008"]


def test_check_proxies_warns_of_endless_redirects(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert ids(checks.check_proxies()) == ["fluenzr.W009"]


def test_check_production_warns_of_a_laptops_settings(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.REDIS_URL = "redis://127.0.0.1"
    settings.DATABASES["default"] = {**settings.DATABASES["default"], "ENGINE": "django.db.backends.sqlite3"}
    found = ids(checks.check_production())
    assert found == ["fluenzr.W010", "fluenzr.W011", "fluenzr.W012", "fluenzr.W013"]


def test_check_production_says_nothing_on_a_laptop(settings: Settings) -> None:
    settings.DEBUG = True
    assert checks.check_production() == []
