"""Cells as people write them, turned into the values that fields keep: countries, dates, numbers, yes and no."""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from importlib import resources

from contacts.enums import FieldType

# Names that the time zone data does not know: other words of English, and French ones.
_COUNTRIES = {
    "united kingdom": "GB", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "usa": "US", "united states of america": "US", "u s a": "US", "south korea": "KR", "korea": "KR",
    "czechia": "CZ", "holland": "NL", "the netherlands": "NL", "turkiye": "TR",
    "allemagne": "DE", "angleterre": "GB", "royaume uni": "GB", "grande bretagne": "GB", "ecosse": "GB",
    "espagne": "ES", "italie": "IT", "belgique": "BE", "suisse": "CH", "luxembourg": "LU", "pays bas": "NL",
    "autriche": "AT", "pologne": "PL", "tchequie": "CZ", "republique tcheque": "CZ", "slovaquie": "SK",
    "hongrie": "HU", "roumanie": "RO", "bulgarie": "BG", "grece": "GR", "croatie": "HR", "slovenie": "SI",
    "danemark": "DK", "suede": "SE", "norvege": "NO", "finlande": "FI", "islande": "IS", "irlande": "IE",
    "estonie": "EE", "lettonie": "LV", "lituanie": "LT", "chypre": "CY", "malte": "MT", "turquie": "TR",
    "russie": "RU", "ukraine": "UA", "maroc": "MA", "algerie": "DZ", "tunisie": "TN", "egypte": "EG",
    "liban": "LB", "israel": "IL", "cote d ivoire": "CI", "cameroun": "CM", "afrique du sud": "ZA",
    "etats unis": "US", "etats unis d amerique": "US", "mexique": "MX", "bresil": "BR", "argentine": "AR",
    "colombie": "CO", "perou": "PE", "chili": "CL", "japon": "JP", "chine": "CN", "coree du sud": "KR",
    "inde": "IN", "australie": "AU", "nouvelle zelande": "NZ", "singapour": "SG", "thailande": "TH",
    "emirats arabes unis": "AE", "arabie saoudite": "SA",
}  # fmt: skip
_YES = {"true", "yes", "y", "1", "x", "on", "oui", "o", "vrai"}
_NO = {"false", "no", "n", "0", "off", "non", "faux"}
_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T].*)?")
_SPACES = re.compile(r"[\s\u00a0\u202f']")
_SIGNS = re.compile(r"[^a-z0-9]+")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def plain(text: str) -> str:
    """Return the words of a name in small letters, without accents and signs: `Prénom(s)` is `prenom s`."""
    letters = unicodedata.normalize("NFKD", _HUMPS.sub(" ", text).casefold())
    return _SIGNS.sub(" ", "".join(letter for letter in letters if not unicodedata.combining(letter))).strip()


@lru_cache(maxsize=4096)
def country(text: str) -> str:
    """Return the code of a country given by code or by name in English or French; the text itself when unknown."""
    if len(text) == 2:
        return text.upper()
    return _names_of_countries().get(plain(text), text)


def convert(kind: str, text: str, *, day_first: bool) -> str | bool:
    """Return a cell as `fields.value_for` takes it for a field of this kind; what is not understood stays as it is.

    Of 03/04/2026 the first number is the day with `day_first`, else the month, unless only one of them can be.
    """
    if kind == FieldType.DATE:
        return _date(text, day_first)
    if kind == FieldType.NUMBER:
        return _number(text)
    if kind == FieldType.CHECKBOX:
        word = text.casefold()
        return True if word in _YES else False if word in _NO else text
    if kind == FieldType.URL and "://" not in text and "." in text and " " not in text:
        return f"https://{text}"
    return text


def _date(text: str, day_first: bool) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    one, two, year = map(int, found.groups())
    day, month = (one, two) if (day_first and two <= 12) or one > 12 else (two, one)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def _number(text: str) -> str:
    digits = _SPACES.sub("", text)
    if "," in digits:
        # The last sign parts the fraction: 1.234,56 and 1,234.56; a comma with three digits behind parts thousands.
        comma_is_point = digits.rfind(",") > digits.rfind(".") and not re.fullmatch(r"-?\d{1,3}(,\d{3})+", digits)
        digits = digits.replace(".", "").replace(",", ".") if comma_is_point else digits.replace(",", "")
    return digits


@lru_cache(maxsize=1)
def _names_of_countries() -> dict[str, str]:
    text = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {plain(name): code for code, name in rows} | _COUNTRIES
