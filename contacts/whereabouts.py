"""Where a person is and what they speak: as given, else inferred, and from what.

Pure functions. Inferring asks, in this order, the country of the phone number, the country field, and the country of
the address's domain.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import phonenumbers
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from fluenzr.core import clock
from fluenzr.core.errors import Text

# The zone in which most people live, where a country has several; others of several zones are not guessed.
_MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}
# Countries where one language serves for business; those that share several (BE, CA, CH, LU, ...) are not guessed.
_COUNTRIES_OF = {
    "ar": "AE BH EG IQ JO KW LB LY OM QA SA SY YE",
    "bg": "BG",
    "cs": "CZ",
    "da": "DK",
    "de": "AT DE LI",
    "el": "GR",
    "en": "AU GB GH IE JM KE NG NZ US ZA ZM ZW",
    "es": "AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PY SV UY VE",
    "et": "EE",
    "fi": "FI",
    "fr": "BF BJ CG CI FR GA GN MC ML NE SN TG",
    "he": "IL",
    "hr": "HR",
    "hu": "HU",
    "id": "ID",
    "is": "IS",
    "it": "IT SM VA",
    "ja": "JP",
    "ko": "KR",
    "lt": "LT",
    "lv": "LV",
    "nb": "NO",
    "nl": "NL",
    "pl": "PL",
    "pt": "AO BR CV MZ PT",
    "ro": "MD RO",
    "ru": "BY RU",
    "sk": "SK",
    "sl": "SI",
    "sr": "RS",
    "sv": "SE",
    "th": "TH",
    "tr": "TR",
    "uk": "UA",
    "vi": "VN",
    "zh": "CN TW",
}
_LANGUAGE_OF = {country: language for language, countries in _COUNTRIES_OF.items() for country in countries.split()}
# Country codes that everybody uses for the sound of them, and those that are no country's.
_NO_PLACE = frozenset(
    [
        "AC",
        "AI",
        "AG",
        "CC",
        "CO",
        "DJ",
        "EU",
        "FM",
        "GG",
        "GL",
        "IM",
        "IO",
        "JE",
        "LA",
        "LY",
        "ME",
        "MS",
        "NU",
        "SC",
        "SH",
        "SO",
        "ST",
        "SU",
        "TK",
        "TM",
        "TO",
        "TV",
        "VC",
        "WS",
    ]
)


@dataclass(frozen=True)
class Known:
    """A zone or a language, "" where nothing tells it; and why it is so, "" where it was given."""

    value: str
    because: Text = ""

    @property
    def is_inferred(self) -> bool:
        """Whether nobody said so."""
        return bool(self.because)


def zone(contact: Contact) -> Known:
    """Return the IANA zone of a contact, whose phone, country and address are loaded."""
    if contact.timezone:
        return Known(contact.timezone)
    return next(
        (Known(found, because) for country, because in _hints(contact) if (found := _zone_in(country))), Known("")
    )


def zone_name(*, timezone: str, phone: str, country: str, email: str) -> str:
    """Return the zone that `zone` finds for a contact with these columns, without its reason."""
    return timezone or _zone_at(phone, country, _ending(email))


@lru_cache(maxsize=4096)
def _zone_at(phone: str, country: str, ending: str) -> str:
    countries = (country_of_phone(phone), country, _country_of_ending(ending))
    return next((found for one in countries if one and (found := _zone_in(one))), "")


def language(contact: Contact) -> Known:
    """Return the language of a contact, by its code of two letters where it is inferred."""
    if contact.language:
        return Known(contact.language)
    found = ((_LANGUAGE_OF.get(country, ""), because) for country, because in _hints(contact))
    return next((Known(code, because) for code, because in found if code), Known(""))


def country_of_phone(phone: str) -> str:
    """Return the country of a number that begins with + or 00, else ""."""
    text = phone.strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    if not text.startswith("+"):
        return ""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number) or ""
    # 001 and the like stand for numbers of the whole world.
    return region if region.isalpha() else ""


def country_of_domain(email: str) -> str:
    """Return the country of the address's top-level domain, else ""."""
    return _country_of_ending(_ending(email))


def _ending(email: str) -> str:
    return email.rpartition(".")[2].upper()


def _country_of_ending(ending: str) -> str:
    country = "GB" if ending == "UK" else ending
    return country if country in _zones_by_country() and country not in _NO_PLACE else ""


def _hints(contact: Contact) -> Iterator[tuple[str, Text]]:
    """Yield the countries that a contact may be in, the best first, each with what says so."""
    if country := country_of_phone(contact.phone):
        yield country, _("from the phone number (%(country)s)") % {"country": country}
    if contact.country:
        yield contact.country, _("from the country (%(country)s)") % {"country": contact.country}
    if country := country_of_domain(contact.email or ""):
        yield country, _("from the domain of the address (%(country)s)") % {"country": country}


def _zone_in(country: str) -> str:
    zones = _zones_by_country().get(country, ())
    return zones[0] if len(zones) == 1 else _MAIN_ZONES.get(country, "")


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    """Return the zones of each country, as the time zone database lists them."""
    found: dict[str, list[str]] = defaultdict(list)
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _where, name, *_more = line.split("\t")
            if name in clock.zone_names():
                found[country].append(name)
    return {country: tuple(names) for country, names in found.items()}
