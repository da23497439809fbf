"""Files of contacts: what is in them, whom they are about, and that their length costs no memory."""

import csv
import io
import tracemalloc
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import load_workbook

from contacts import consents, exporting, tagging
from contacts.consents import Basis
from contacts.enums import ConsentSource
from contacts.importing import columns
from contacts.models import Contact
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import AuditEntry, Member, Workspace
from tests.builders import NOW, make_contact, make_field, make_group, make_member, make_stage
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def content(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def read(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(answer).decode("utf-8-sig"))))


def emails(answer: Any) -> list[str]:
    return [row["Email"] for row in read(answer)]


def queries(client: Client) -> int:
    """Return how many a whole file takes."""
    with CaptureQueriesContext(connection) as taken:
        content(client.get("/contacts/export?format=xlsx"))
    return len(taken)


def test_a_row_holds_all_that_is_known(client: Client, workspace: Workspace, teammate: Member) -> None:
    make_field(workspace, "vip", "checkbox", label="Important")
    make_field(workspace, "size", "number", label="Company")
    contact = make_contact(
        workspace,
        "ann@x.example",
        first_name="Ann",
        company='Cat, "Works"',
        custom={"vip": True, "size": 4.5},
        stage=make_stage(workspace, "Proposal"),
        deal_value="1200.50",
        owner=teammate.user,
    )
    make_group(workspace, "Fair", (contact,))
    tagging.add(workspace=workspace, names={contact.pk: ["vip", "hot"]}, now=NOW)
    Contact.objects.update(created_at=NOW)
    for source in (ConsentSource.OTHER, ConsentSource.EVENT):
        consents.add(contact, basis=Basis(source), by="test", now=NOW)
    answer = client.get("/contacts/export")
    assert answer["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    [row] = read(answer)
    expected = {
        "Email": "ann@x.example",
        "First name": "Ann",
        "Last name": "",
        "Company": 'Cat, "Works"',
        "Tags": "hot, vip",
        "Groups": "Fair",
        "Status": "active",
        "Stage": "Proposal",
        "Deal value": "1200.5",
        "Owner": teammate.user.email,
        "Added": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Consent from": "event",
        "Consent given": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Important": "true",
        "size": "4.5",
    }
    assert {name: row[name] for name in expected} == expected


def test_an_import_finds_the_columns_again(client: Client, workspace: Workspace) -> None:
    field = make_field(workspace, "sector", label="Sector")
    head = content(client.get("/contacts/export")).decode("utf-8-sig").strip().split(",")
    found = dict(zip(head, columns.guess(head, [], {"sector": field}), strict=True))
    known = {str(label): target for target, label in columns.LABELS.items() if target != columns.FULL_NAME}
    assert {name: found[name] for name in known} == known
    assert found["Sector"] == "customFields.sector"


def test_cells_are_no_formulas(client: Client, workspace: Workspace) -> None:
    make_field(workspace, "note")
    make_contact(workspace, "a@x.example", first_name='=HYPERLINK("x")', phone="+33 1", custom={"note": "@SUM(1)"})
    [row] = read(client.get("/contacts/export"))
    assert (row["First name"], row["Phone"], row["note"]) == ('\'=HYPERLINK("x")', "'+33 1", "'@SUM(1)")
    book = content(client.get("/contacts/export?format=xlsx"))
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert (b"<f>" in sheet, b"=HYPERLINK" in sheet, b"<hyperlink" in sheet) == (False, True, False)


def test_a_workbook_holds_the_same_rows(client: Client, workspace: Workspace) -> None:
    make_field(workspace, "size", "number")
    make_contact(workspace, "ann@x.example", notes="n" * 50_000, custom={"size": 4.5})
    make_contact(workspace, "bob@x.example")
    answer = client.get("/contacts/export?format=xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="contacts.xlsx"'
    head, *rows = load_workbook(io.BytesIO(content(answer))).get_sheet_by_index(0).to_python()
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["Email"], row["size"]) for row in found] == [("ann@x.example", 4.5), ("bob@x.example", "")]
    assert len(found[0]["Notes"]) == 32_767


def test_a_link_means_what_its_filters_leave(client: Client, workspace: Workspace, other_workspace: Workspace) -> None:
    ann, _bob = (make_contact(workspace, f"{name}@x.example") for name in ("ann", "bob"))
    make_contact(other_workspace, "eve@x.example")
    group = make_group(workspace, "Fair", (ann,))
    rules = {"all": [{"field": "email", "operator": "contains", "value": "bob"}]}
    segment = workspace.segments.create(name="Bobs", rules=rules)
    assert emails(client.get("/contacts/export")) == ["ann@x.example", "bob@x.example"]
    assert emails(client.get("/contacts/export?q=bob")) == ["bob@x.example"]
    assert emails(client.get(f"/contacts/export?group={group.public_id}")) == ["ann@x.example"]
    assert emails(client.get(f"/contacts/export?segment={segment.public_id}")) == ["bob@x.example"]


def test_the_bulk_bar_means_the_chosen_or_all_that_match(
    client: Client, workspace: Workspace, other_workspace: Workspace
) -> None:
    ann = make_contact(workspace, "ann@x.example")
    make_contact(workspace, "ann2@x.example")
    make_contact(workspace, "bob@x.example")
    eve = make_contact(other_workspace, "eve@x.example")
    chosen = {"chosen": [ann.public_id, eve.public_id], "query": "q=ann", "format": "csv"}
    assert emails(client.post("/contacts/export", chosen)) == ["ann@x.example"]
    assert emails(client.post("/contacts/export", chosen | {"all": "1"})) == ["ann@x.example", "ann2@x.example"]


def test_the_record_says_who_took_whom(client: Client, workspace: Workspace, teammate: Member) -> None:
    make_contact(workspace, "ann@x.example")
    content(client.get("/contacts/export?q=ann"))
    entry = AuditEntry.objects.get(action="contacts.exported")
    assert (entry.actor, entry.changes) == (
        teammate.user.email,
        {"contacts": 1, "format": "csv", "asked": "q=ann"},
    )


def test_a_workbook_that_takes_too_long_is_refused_with_the_way_out(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_IN_WORKBOOK", 1)
    for name in ("ann", "bob"):
        make_contact(workspace, f"{name}@x.example")
    answer = client.get("/contacts/export?format=xlsx")
    assert (answer.status_code, "as CSV" in answer.content.decode()) == (422, True)
    assert client.get("/contacts/export?format=pdf").status_code == 422
    assert not AuditEntry.objects.filter(action="contacts.exported").exists()


def test_rows_are_not_held_while_they_are_sent(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_CHUNK", 100)
    people = [
        Contact(workspace=workspace, email=f"{number}@x.example", email_key=f"{number}@x.example", notes="n" * 1000)
        for number in range(2000)
    ]
    Contact.objects.bulk_create(people, batch_size=500)
    del people
    rows = Contact.objects.in_workspace(workspace)
    table = exporting.table(workspace=workspace, contacts=rows, form="csv", asked="", by="x", now=NOW)
    tracemalloc.start()
    number = sum(1 for _row in table.rows)
    _current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The notes alone are 2 MB.
    assert (number, peak < 1_000_000) == (2000, True)


def test_one_row_and_three_cost_the_same(client: Client, workspace: Workspace) -> None:
    contact = make_contact(workspace)
    make_group(workspace, members=(contact,))
    tagging.add(workspace=workspace, names={contact.pk: ["vip"]}, now=NOW)
    one = queries(client)
    more = (make_contact(workspace), make_contact(workspace))
    make_group(workspace, members=more)
    tagging.add(workspace=workspace, names={one.pk: ["hot"] for one in more}, now=NOW)
    assert queries(client) == one


def test_members_export_viewers_do_not(workspace: Workspace) -> None:
    make_contact(workspace)
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    assert viewer.get("/contacts/export").status_code == 403
    assert "/contacts/export" not in viewer.get("/contacts/").content.decode()
