"""Two chunks of an import written at once: the second only ever counts behind the first."""

from typing import Any

import pytest
from django.db import connection

from contacts.importing import laying, running, writing
from contacts.importing.writing import Chunk, Counts, Desk
from contacts.models import Contact, Import
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_contact, make_import

TEXT = "email\n" + "".join(f"p{number}@b.org\n" for number in range(14))


@pytest.fixture(autouse=True)
def postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one chunk after the other")


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows behind which chunks were written by the second connection, three rows a chunk."""
    monkeypatch.setattr(running, "CHUNK", 3)
    begun: list[int] = []
    original = running._behind

    def noted(desk: Desk, chunk: Chunk, **options: Any) -> Counts:
        begun.append(options["begins"])
        return original(desk, chunk, **options)

    monkeypatch.setattr(running, "_behind", noted)
    return begun


def emails() -> list[str]:
    return list(Contact.objects.order_by("created_at", "pk").values_list("email", flat=True))


@pytest.mark.django_db(transaction=True)
def test_two_chunks_at_once_come_in_the_order_of_the_file(workspace: Workspace, behind: list[int]) -> None:
    origin = make_import(workspace, TEXT, consent_source="event")
    running.run(origin)
    origin.refresh_from_db()
    assert (origin.status, origin.done_rows, origin.created_rows, behind) == ("done", 14, 14, [6, 12])
    assert emails() == TEXT.split()[1:]


@pytest.mark.django_db(transaction=True)
def test_known_address_in_the_second_is_looked_for(workspace: Workspace, behind: list[int]) -> None:
    make_contact(workspace, "p7@b.org")
    origin = make_import(workspace, TEXT, consent_source="event")
    running.run(origin)
    origin.refresh_from_db()
    assert (origin.status, origin.done_rows, origin.created_rows, origin.skipped_rows) == ("done", 14, 13, 1)
    assert behind == [6]


@pytest.mark.django_db(transaction=True)
def test_address_of_the_chunk_before_is_looked_for_in_both(workspace: Workspace, behind: list[int]) -> None:
    # Rows 3 to 5 and 6 to 8 share one, so they go in turn; rows 6 to 8 then meet it, and rows 9 to 11 go with them.
    origin = make_import(workspace, TEXT.replace("p6@", "p4@"), consent_source="event")
    running.run(origin)
    origin.refresh_from_db()
    assert (origin.status, origin.done_rows, origin.created_rows, origin.skipped_rows) == ("done", 14, 13, 1)
    assert behind[0] == 9
    assert emails() == TEXT.replace("p6@b.org\n", "").split()[1:]


def test_chunks_that_share_an_address_are_not_apart() -> None:
    def chunk(*emails: str) -> Chunk:
        return writing.chunk_of([laying.Prepared(2, email, email, [], {}, []) for email in emails])

    one = chunk("a@b.org", "b@b.org")
    assert chunk("c@b.org").is_apart_from(one)
    assert not chunk("c@b.org", "b@b.org").is_apart_from(one)
    assert not chunk().is_apart_from(one)


@pytest.mark.django_db
@pytest.mark.parametrize("moved", [{"done_rows": 3}, {"fence": 7}, {"status": "cancelled"}])
def test_chunk_whose_turn_it_is_not_is_taken_back(workspace: Workspace, moved: dict[str, Any]) -> None:
    origin = make_import(workspace, TEXT, consent_source="event")
    desk = writing.desk_of(origin, laying.plan_of(origin, {}))
    row = desk.plan.lay((2, ["p0@b.org"]))
    Import.objects.update(**moved)
    with pytest.raises(running.Lost):
        running._behind(desk, writing.chunk_of([row]), begins=0, now=NOW)
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_import_within_a_transaction_goes_in_turn(workspace: Workspace, behind: list[int]) -> None:
    running.run(make_import(workspace, TEXT, consent_source="event"))
    assert (Contact.objects.count(), behind) == (14, [])
