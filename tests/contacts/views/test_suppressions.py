import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contacts import records, suppression
from contacts.models import Suppression
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import NOW, make_contact, make_member
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def test_list_is_searched_and_narrowed(client: Client, workspace: Workspace) -> None:
    suppression.suppress(workspace=workspace, targets=["ann@x.org"], now=NOW)
    suppression.suppress(workspace=workspace, targets=["spam.example"], kind="domain", now=NOW)
    for query, found in (("q=ANN", (True, False)), ("kind=domain", (False, True)), ("reason=bounced", (False, False))):
        page = client.get(f"/suppressions/?{query}").content.decode()
        assert ("ann@x.org" in page, "spam.example" in page) == found


def test_an_erased_person_has_no_address(client: Client, workspace: Workspace) -> None:
    records.erase(make_contact(workspace, "ann@x.org"), by="x", now=NOW)
    page = client.get("/suppressions/").content.decode()
    assert ("An erased person" in page, "ann@x.org" in page) == (True, False)


def test_typed_and_uploaded_lists_are_added_together(client: Client) -> None:
    file = SimpleUploadedFile("list.csv", b"Email\nbob@x.org\n", content_type="text/csv")
    assert (
        client.post("/suppressions/new", {"targets": "ann@x.org", "file": file, "reason": "bounced"})["Location"]
        == "/suppressions/"
    )
    kept = set(Suppression.objects.values_list("target", "reason"))
    assert kept == {("ann@x.org", "bounced"), ("bob@x.org", "bounced")}


def test_a_wrong_line_keeps_what_was_typed(client: Client) -> None:
    answer = client.post("/suppressions/new", {"targets": "ann@x.org\nnobody", "reason": "by_hand"})
    page = answer.content.decode()
    assert (answer.status_code, "in line 2" in page, "ann@x.org" in page) == (422, True, True)


def test_an_entry_is_taken_back(client: Client, workspace: Workspace, other_workspace: Workspace) -> None:
    for one in (workspace, other_workspace):
        suppression.suppress(workspace=one, targets=["ann@x.org"], now=NOW)
    ours = Suppression.objects.get(workspace=workspace)
    assert client.post(f"/suppressions/{ours.public_id}/lift").status_code == 303
    assert Suppression.objects.get().workspace == other_workspace


def test_export_is_a_table_without_formulas(client: Client, workspace: Workspace) -> None:
    suppression.suppress(workspace=workspace, targets=["=cmd@x.org"], now=NOW)
    answer = client.get("/suppressions/export?kind=address")
    assert answer["Content-Type"].startswith("text/csv")
    assert "'=cmd@x.org,address,by_hand" in answer.content.decode()


def test_viewers_only_look(workspace: Workspace) -> None:
    viewer = signed_in(make_member(workspace, Role.VIEWER))
    assert viewer.get("/suppressions/").status_code == 200
    assert viewer.post("/suppressions/new", {"targets": "ann@x.org"}).status_code == 403
