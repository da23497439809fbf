"""Files of contacts over the API; what stands in them is tested beside the pages."""

import csv
import io
from typing import Any

from contacts import tagging
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import NOW, make_contact, make_group
from tests.clients import ApiClient


def emails(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.getvalue()
    return [row["Email"] for row in csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))]


def test_everybody_is_meant_where_nothing_is_said(
    api: ApiClient, workspace: Workspace, other_workspace: Workspace
) -> None:
    for name in ("ann", "bob"):
        make_contact(workspace, f"{name}@x.example")
    make_contact(other_workspace, "eve@x.example")
    answer = api.post("/contacts/export")
    assert (answer["Content-Disposition"], answer["Cache-Control"]) == (
        'attachment; filename="contacts.csv"',
        "no-store",
    )
    assert emails(answer) == ["ann@x.example", "bob@x.example"]


def test_words_filters_and_ids_must_all_hold(api: ApiClient, workspace: Workspace) -> None:
    ann, bob, cat = (make_contact(workspace, f"{name}@x.example", company="Acme") for name in ("ann", "bob", "cat"))
    group = make_group(workspace, members=(ann, bob))
    tagging.add(workspace=workspace, names={one.pk: ["vip"] for one in (bob, cat)}, now=NOW)
    asked = {"filters": {"groups": [group.public_id], "tags": "vip"}}
    assert emails(api.post("/contacts/export", asked)) == ["bob@x.example"]
    assert emails(api.post("/contacts/export", {"query": "acme cat"})) == ["cat@x.example"]
    chosen = {"contactIds": [ann.public_id, cat.public_id]}
    assert emails(api.post("/contacts/export", chosen)) == ["ann@x.example", "cat@x.example"]
    assert emails(api.post("/contacts/export", chosen | asked)) == []


def test_the_record_says_who_took_whom(api: ApiClient, workspace: Workspace) -> None:
    ann = make_contact(workspace, "ann@x.example")
    api.post("/contacts/export", {"query": "ann", "filters": {"status": "active"}})
    api.post("/contacts/export", {"contactIds": [ann.public_id]})
    entries = AuditEntry.objects.filter(action="contacts.exported").order_by("pk")
    assert [(entry.actor, entry.changes) for entry in entries] == [
        ("api key Zapier", {"contacts": 1, "format": "csv", "asked": asked})
        for asked in ('{"query": "ann", "filters": {"status": "active"}}', "chosen")
    ]


def test_a_workbook_is_sent_as_one(api: ApiClient, workspace: Workspace) -> None:
    make_contact(workspace)
    answer = api.post("/contacts/export", {"format": "xlsx"})
    assert (answer["Content-Disposition"], answer.getvalue()[:2]) == ('attachment; filename="contacts.xlsx"', b"PK")


def test_a_wrong_question_is_an_error_and_no_file(api: ApiClient, workspace: Workspace) -> None:
    make_contact(workspace)
    wrong = {
        "format": {"format": "pdf"},
        "filters.status": {"filters": {"status": "gone"}},
        "contactIds.0": {"contactIds": ["con_nope"]},
    }
    for path, body in wrong.items():
        answer = api.post("/contacts/export", body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [path])
    assert not AuditEntry.objects.filter(action="contacts.exported").exists()


def test_a_key_that_only_reads_takes_nobody_away(reader: ApiClient) -> None:
    assert reader.post("/contacts/export").status_code == 403
