"""Which column becomes which field: the targets there are, and a first guess from names in English and French."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.importing.reading import Row
from contacts.importing.values import plain
from contacts.models import CustomField
from fluenzr.core.errors import Invalid

# Left out.
NOTHING = ""
EMAIL = "email"
FULL_NAME = "fullName"
TAGS = "tags"
CUSTOM = "customFields."

LABELS: dict[str, Any] = {
    EMAIL: gettext_lazy("Email"),
    "firstName": gettext_lazy("First name"),
    "lastName": gettext_lazy("Last name"),
    FULL_NAME: gettext_lazy("First and last name"),
    "company": gettext_lazy("Company"),
    "jobTitle": gettext_lazy("Job title"),
    "phone": gettext_lazy("Phone"),
    "website": gettext_lazy("Website"),
    "country": gettext_lazy("Country"),
    "timezone": gettext_lazy("Time zone"),
    "language": gettext_lazy("Language"),
    "notes": gettext_lazy("Notes"),
    TAGS: gettext_lazy("Tags"),
}
# What people and other programs call them, without accents and signs.
_NAMES = {
    EMAIL: "email|e mail|mail|email address|e mail address|mail address|work email|business email|primary email|"
    "adresse email|adresse e mail|adresse mail|courriel|adresse courriel|adresse electronique|adresse de messagerie|"
    "mel|email professionnel|mail professionnel|e mail professionnel|e mail 1 value",
    "firstName": "first name|firstname|given name|forename|fname|first|prenom|prenoms|prenom contact",
    "lastName": "last name|lastname|surname|family name|lname|last|nom|nom de famille|nom contact|patronyme",
    FULL_NAME: "name|full name|fullname|contact name|contact|nom complet|prenom nom|nom prenom|nom et prenom|"
    "prenom et nom",
    "company": "company|company name|organization|organisation|organization name|account|account name|business|"
    "employer|entreprise|societe|raison sociale|nom de l entreprise|nom entreprise|nom de la societe|structure|"
    "organisme|etablissement",
    "jobTitle": "job title|jobtitle|title|job|position|role|poste|fonction|intitule du poste|intitule de poste|"
    "titre|metier|profession",
    "phone": "phone|phone number|telephone|telephone number|mobile|mobile phone|cell|cell phone|tel|work phone|"
    "numero de telephone|telephone portable|portable|telephone mobile|tel portable|gsm",
    "website": "website|web site|web|site|url|homepage|company website|site web|site internet|page web",
    "country": "country|country code|country region|pays|code pays",
    "timezone": "time zone|timezone|tz|fuseau|fuseau horaire",
    "language": "language|lang|locale|langue",
    "notes": "notes|note|comment|comments|remark|remarks|description|commentaire|commentaires|remarque|remarques",
    TAGS: "tags|tag|labels|label|keywords|etiquettes|etiquette|mots cles|libelles",
}
_TARGETS = {name: target for target, names in _NAMES.items() for name in names.split("|")}
_ADDRESS = re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*")


def guess(header: Sequence[str], first: Sequence[Row], custom: Mapping[str, CustomField]) -> list[str]:
    """Return a target for each column: each at most once, and `NOTHING` where the name says nothing.

    Without a name for it, the first column that holds addresses is the email.
    """
    own = {plain(word): f"{CUSTOM}{field.key}" for field in custom.values() for word in (field.label, field.key)}
    taken: set[str] = set()
    found: list[str] = []
    for name in header:
        target = own.get(plain(name)) or _TARGETS.get(plain(name), NOTHING)
        found.append(NOTHING if target in taken else target)
        taken.add(target)
    if EMAIL not in taken:
        for place in range(len(header)):
            cells = [cells[place] for _line, cells in first if place < len(cells) and cells[place].strip()]
            if cells and sum(bool(_ADDRESS.fullmatch(cell)) for cell in cells) * 2 > len(cells):
                found[place] = EMAIL
                break
    return found


def override(header: Sequence[str], guessed: Sequence[str], given: Mapping[str, str | None]) -> list[str]:
    """Return the guessed targets with those that were given by the names of columns; a guess gives way to them.

    Raises:
        Invalid: there is no column of a name; the details name `mapping.<column>`.
    """
    if unknown := [name for name in given if name not in header]:
        message = _("There is no such column; there are: %(names)s") % {"names": ", ".join(header)}
        raise Invalid(message, details={f"mapping.{name}": [message] for name in unknown})
    taken = {target for target in given.values() if target}
    kept = [NOTHING if target in taken else target for target in guessed]
    return [given[name] or NOTHING if name in given else target for name, target in zip(header, kept, strict=True)]


def check(targets: Sequence[str], *, header: Sequence[str], custom: Mapping[str, Any]) -> None:
    """Raise Invalid when the targets cannot be: one for each column, each once, with the email among them.

    `custom` holds the technical names of the fields there are or will be. The details name `mapping.<column>`.
    """
    problems: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    for name, target in zip(header, targets, strict=True):
        path = f"mapping.{name}"
        if target == NOTHING:
            continue
        if target not in LABELS and target.removeprefix(CUSTOM) not in custom:
            problems[path] = [_("There is no field “%(name)s”") % {"name": target}]
        elif target in places:
            problems[path] = [_("Column “%(name)s” is this field already") % {"name": places[target]}]
        places.setdefault(target, name)
    if EMAIL not in places:
        problems["mapping"] = [_("Say which column holds the email addresses")]
    if FULL_NAME in places and {"firstName", "lastName"} & places.keys():
        problems[f"mapping.{places[FULL_NAME]}"] = [_("First and last name are columns of their own already")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], details=problems)


def key_for(name: str, taken: set[str]) -> str:
    """Return a technical name for a column: `Chiffre d'affaires` is `chiffreDAffaires`; a number keeps it apart."""
    words = plain(name).split() or ["field"]
    key = (words[0] + "".join(word.capitalize() for word in words[1:])).lstrip("0123456789")[:50] or "field"
    key = key[0].lower() + key[1:]
    found, number = key, 2
    while found in taken:
        found, number = f"{key}{number}", number + 1
    return found
