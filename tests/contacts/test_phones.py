"""Phone numbers: what is kept of them, what is shown, and how they are found."""

from typing import Any

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from contacts import filters, people, phones
from contacts.importing import running
from contacts.models import Contact, FieldChange
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_contact, make_import
from tests.clients import signed_in


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+33 (0)6.12.34.56.78", "", "+33612345678"),
        ("0033 6 12 34 56 78", "DE", "+33612345678"),
        ("+39 06 698 12345", "FR", "+390669812345"),
    ],
)
def test_number_is_kept_in_one_spelling(text: str, country: str, kept: str) -> None:
    assert phones.normalise(text, country) == kept
    assert phones.normalise(kept, country) == kept


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("06 12 34 56 78", ""),
        ("06 12 34 56 78", "XX"),
        ("+33 1 23", "FR"),
        ("01 23 45 67 89 / 06 12 34 56 78", "FR"),
        ("+33 1 23 45 67 89 ext. 5", "FR"),
        ("01 23 45 67 89#5", "FR"),
        ("1-800-FLOWERS", "US"),
        ("ask Jo", "FR"),
        ("+", "FR"),
    ],
)
def test_what_cannot_be_read_or_says_more_stays_as_it_was_typed(text: str, country: str) -> None:
    assert (phones.normalise(text, country), phones.shown(text)) == (text, text)


def test_quick_way_reads_as_the_library_does() -> None:
    """An example of each third country in each spelling, and its neighbours: one digit more, less, and another."""
    wrong, quick = [], 0
    for country in sorted(phonenumbers.SUPPORTED_REGIONS)[::3]:
        number = phonenumbers.example_number(country)
        for spelling in (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL):
            written = phonenumbers.format_number(number, spelling)
            for text in (written, written[:-1], f"{written}1", written.replace("2", "7")):
                quick += bool(phones._quick(text.translate(phones._SIGNS), country))
                read = phones._read(text, country)
                wanted = text if read is None else phonenumbers.format_number(read, PhoneNumberFormat.E164)
                if phones.normalise(text, country) != wanted:
                    wrong.append((country, text))
    assert (wrong, quick > 200) == ([], True)


def test_number_is_shown_as_people_read_it() -> None:
    assert phones.shown("+33612345678") == "+33 6 12 34 56 78"


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ("01 23 45 67 89", "123456789"),
        ("0033 1.23.45", "3312345"),
        ("+33 (0)1 23 45", "3312345"),
        ("2026", ""),
        ("Acme 123456", ""),
    ],
)
def test_query_is_a_number_only_as_a_whole(query: str, digits: str) -> None:
    assert phones.searched(query) == digits


# --- the doors ---


def written(contact: Contact, draft: Any) -> str:
    people.update(contact, draft=draft, by="jo", now=NOW)
    return str(Contact.objects.get(pk=contact.pk).phone)


def test_country_of_the_draft_wins_over_that_of_the_contact(workspace: Workspace) -> None:
    contact = make_contact(workspace, country="FR")
    assert written(contact, {"phone": "06 12 34 56 78"}) == "+33612345678"
    assert written(contact, {"phone": "020 7946 0958", "country": "gb"}) == "+442079460958"
    assert written(contact, {"phone": None}) == ""


def test_another_spelling_is_no_change(workspace: Workspace) -> None:
    contact = make_contact(workspace, country="FR", phone="+33612345678")
    written(contact, {"phone": "06.12.34.56.78"})
    assert not FieldChange.objects.exists()


def test_import_reads_numbers_by_the_country_of_their_row(workspace: Workspace) -> None:
    text = "email,phone,country\na@x.org,06 12 34 56 78,France\nb@x.org,06 12 34 56 78,\nc@x.org,+33 1 23 45 67 89,\n"
    running.run(make_import(workspace, text, on_duplicate="skip"))
    kept = dict(Contact.objects.values_list("email", "phone"))
    assert kept == {"a@x.org": "+33612345678", "b@x.org": "06 12 34 56 78", "c@x.org": "+33123456789"}


def test_number_is_found_however_it_is_written(workspace: Workspace) -> None:
    found = make_contact(workspace, phone="+33612345678")
    as_typed = make_contact(workspace, phone="06 12 34 56 78")
    make_contact(workspace, phone="+33612345679")
    rows = Contact.objects.in_workspace(workspace)
    assert set(filters.matching(rows, "06 12 34 56 78")) == {found, as_typed}
    for query in ("0033612345678", "+33 (0)6 12 34 56 78"):
        assert list(filters.matching(rows, query)) == [found]


def test_pages_show_the_international_format(teammate: Member, workspace: Workspace) -> None:
    contact, client = make_contact(workspace, phone="+33612345678"), signed_in(teammate)
    own = f"/contacts/{contact.public_id}/"
    for page in (own, f"{own}edit", "/contacts/?columns=email,phone"):
        assert "+33 6 12 34 56 78" in client.get(page).content.decode()
