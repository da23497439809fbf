"""Phone numbers: kept as E.164 has them where they can be read, shown in the international format.

Pure functions. A national number is read by the country of its contact; what cannot be read stays as it was typed.
"""

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

# Fewer digits are a part of many numbers.
_MIN_SEARCHED = 6
_SEARCHED = re.compile(r"\+?[\d\s./()\u00a0\u202f-]+")
_TRUNK = "(0)"
_SIGNS = str.maketrans("", "", " .-/()\u00a0\u202f")
_KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan", "pager")
# The country whose numbers a code stands for, first of all where several share it; 001 stands for the whole world.
_REGIONS = {
    str(code): regions[0] for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if regions[0] != "001"
}
_CODES = {region: code for code, region in _REGIONS.items()}


def normalise(text: str, country: str) -> str:
    """Return a number in E.164; the text itself where it is none, or says more: an extension, a word, a second number.

    `country` (two letters, "" for unknown) is asked only where the number does not name its own by + or 00.
    """
    given = f"+{text[2:]}" if text.startswith("00") else text
    plain = given.replace(_TRUNK, "").replace(" ", "")
    if not plain[1:].isdigit():
        plain = plain.translate(_SIGNS)
    if quick := _quick(plain, country):
        return quick
    number = _read(given, country)
    return text if number is None else phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown(phone: str) -> str:
    """Return a number as people read it: `+33 6 12 34 56 78`; what was kept as it was typed stays so."""
    number = _read(phone, "") if phone.startswith("+") else None
    return phone if number is None else phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def searched(query: str) -> str:
    """Return the digits by which a kept number is found when the whole query is one, however written; else ""."""
    if _SEARCHED.fullmatch(query.strip()) is None:
        return ""
    digits = "".join(filter(str.isdigit, query.replace(_TRUNK, ""))).lstrip("0")
    return digits if len(digits) >= _MIN_SEARCHED else ""


def _quick(digits: str, country: str) -> str:
    """Return an ordinary number in E.164, "" for others: imports bring numbers by the hundred thousand.

    Reading one as the library does takes 50 µs, twice as long as all else that an import does with a row.
    """
    if digits.startswith("+"):
        # No code begins another one.
        code = digits[1:3]
        if code not in _REGIONS:
            code = digits[1:2] if digits[1:2] in _REGIONS else digits[1:4]
        region = _REGIONS.get(code, "")
        national = digits[1 + len(code) :]
    else:
        code, national, region = _CODES.get(country, ""), digits, country
        trunk = phonenumbers.ndd_prefix_for_region(country, True) if code else None
        national = national.removeprefix(trunk or "")
    if not (region and code and national.isascii() and national.isdigit()):
        return ""
    return f"+{code}{national}" if _pattern(region).fullmatch(national) else ""


@cache
def _pattern(region: str) -> re.Pattern[str]:
    """Return what the numbers of a country look like, whatever they are for."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(region)
    kinds = (getattr(known, name) for name in _KINDS)
    return re.compile("|".join(f"(?:{kind.national_number_pattern})" for kind in kinds if kind))


def _read(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    if any(map(str.isalpha, text)):
        return None
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) and number.extension is None else None
