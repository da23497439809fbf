import pytest

from contacts.importing import columns, values
from contacts.models import CustomField
from fluenzr.core.errors import Invalid


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["Email", "First Name", "last_name", "Job Title"], ["email", "firstName", "lastName", "jobTitle"]),
        (
            ["Adresse e-mail", "PRÉNOM", "Nom", "Société", "Fonction"],
            ["email", "firstName", "lastName", "company", "jobTitle"],
        ),
        (["emailAddress", "Nom complet", "Étiquettes", "Fuseau horaire"], ["email", "fullName", "tags", "timezone"]),
        (["E-mail", "Mail", "Sector of work"], ["email", "", "customFields.sector"]),
    ],
)
def test_names_of_columns_are_understood(header: list[str], found: list[str]) -> None:
    custom = {"sector": CustomField(key="sector", label="Sector of work")}
    assert columns.guess(header, [], custom) == found


def test_column_of_addresses_is_the_email_whatever_its_name() -> None:
    first = [(2, ["Ada", "ada@example.com"]), (3, ["Bob", "bob@example.com"])]
    assert columns.guess(["Who", "Where"], first, {}) == ["", "email"]


def test_what_was_given_takes_the_place_of_a_guess() -> None:
    found = columns.override(["a", "b", "c"], ["email", "company", ""], {"b": "email", "c": None})
    assert found == ["", "email", ""]


@pytest.mark.parametrize(
    ("targets", "path"),
    [
        (["", ""], "mapping"),
        (["email", "email"], "mapping.b"),
        (["email", "customFields.none"], "mapping.b"),
        (["email", "status"], "mapping.b"),
    ],
)
def test_mapping_that_cannot_be_is_refused_at_its_column(targets: list[str], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        columns.check(targets, header=["a", "b"], custom={})
    assert list(refused.value.details) == [path]


def test_technical_names_are_made_of_the_columns() -> None:
    taken = {"size"}
    names = ["Chiffre d'affaires", "Size", "2nd phone", "???"]
    assert [columns.key_for(name, taken) for name in names] == ["chiffreDAffaires", "size2", "ndPhone", "field"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("fr", "FR"), ("France", "FR"), ("Royaume-Uni", "GB"), ("États-Unis", "US"), ("Germany", "DE"), ("Mars", "Mars")],
)
def test_countries_are_known_by_name(text: str, code: str) -> None:
    assert values.country(text) == code


@pytest.mark.parametrize(
    ("kind", "text", "day_first", "value"),
    [
        ("date", "03/04/2026", True, "2026-04-03"),
        ("date", "03/04/2026", False, "2026-03-04"),
        ("date", "25.12.2026", False, "2026-12-25"),
        ("date", "2026-12-25", True, "2026-12-25"),
        ("date", "soon", True, "soon"),
        ("number", "1 234,5", True, "1234.5"),
        ("number", "1,234.5", True, "1234.5"),
        ("number", "1.234,5", True, "1234.5"),
        ("number", "1,234", True, "1234"),
        ("checkbox", "Oui", True, True),
        ("checkbox", "no", True, False),
        ("checkbox", "perhaps", True, "perhaps"),
        ("url", "acme.com", True, "https://acme.com"),
        ("text", "=1+1", True, "=1+1"),
    ],
)
def test_cells_are_read_as_people_write_them(kind: str, text: str, day_first: bool, value: object) -> None:
    assert values.convert(kind, text, day_first=day_first) == value
