import pytest

from contacts import whereabouts
from contacts.models import Contact
from fluenzr.core import clock


def zone_of(**fields: str) -> tuple[str, str]:
    contact = Contact(**fields)
    found = whereabouts.zone(contact)
    where = {"timezone": contact.timezone, "phone": contact.phone, "country": contact.country}
    assert whereabouts.zone_name(**where, email=contact.email or "") == found.value
    return found.value, str(found.because)


def language_of(**fields: str) -> tuple[str, str]:
    found = whereabouts.language(Contact(**fields))
    return found.value, str(found.because)


def test_what_was_given_wins() -> None:
    assert zone_of(timezone="Asia/Tokyo", phone="+33612345678", country="DE") == ("Asia/Tokyo", "")
    assert language_of(language="pt-BR", country="DE") == ("pt-BR", "")


@pytest.mark.parametrize(
    ("fields", "zone", "because"),
    [
        ({"phone": "+33 6 12 34 56 78", "country": "DE"}, "Europe/Paris", "from the phone number (FR)"),
        ({"phone": "0044 20 7946 0958"}, "Europe/London", "from the phone number (GB)"),
        ({"phone": "06 12 34 56 78", "country": "BE"}, "Europe/Brussels", "from the country (BE)"),
        ({"phone": "+1 415 555 2671"}, "America/New_York", "from the phone number (US)"),
        ({"phone": "+800 1234 5678", "email": "a@x.it"}, "Europe/Rome", "from the domain of the address (IT)"),
        ({"email": "ann@firm.co.uk"}, "Europe/London", "from the domain of the address (GB)"),
        ({"country": "XK", "email": "ann@x.pl"}, "Europe/Warsaw", "from the domain of the address (PL)"),
    ],
)
def test_the_zone_is_inferred_from_the_best_hint(fields: dict[str, str], zone: str, because: str) -> None:
    assert zone_of(**fields) == (zone, because)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": "ann@gmail.com"},
        {"email": "ann@startup.io"},
        {"email": "ann@agency.co"},
        {"phone": "+999 123"},
        {"phone": "+"},
        {"country": "GL"},
    ],
)
def test_without_a_hint_nothing_is_guessed(fields: dict[str, str]) -> None:
    assert zone_of(**fields) == ("", "")


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"country": "FR"}, "fr"),
        ({"phone": "+49 30 123456"}, "de"),
        ({"email": "a@x.com.br"}, "pt"),
        ({"country": "CH", "email": "a@x.fr"}, "fr"),
        ({"country": "BE"}, ""),
        ({}, ""),
    ],
)
def test_the_language_is_inferred_where_a_country_has_one(fields: dict[str, str], language: str) -> None:
    assert language_of(**fields)[0] == language


def test_every_zone_and_country_of_the_tables_exists() -> None:
    zones = whereabouts._zones_by_country()
    assert {zone for zone in whereabouts._MAIN_ZONES.values() if zone not in clock.zone_names()} == set()
    assert {country for country, zone in whereabouts._MAIN_ZONES.items() if zone not in zones[country]} == set()
    assert whereabouts._LANGUAGE_OF.keys() - zones.keys() == set()
