"""A file of contacts as a person takes it: from the bulk bar, and from the link below the list."""

from contacts.models import Contact
from fluenzr.workspaces.models import Workspace
from tests.browsing import Visitor
from tests.builders import make_contact


def test_chosen_rows_and_the_whole_list_become_files(marketer: Visitor, workspace: Workspace) -> None:
    ann: Contact = make_contact(workspace, "ann@x.example")
    make_contact(workspace, "bob@x.example")
    page = marketer.goto("/contacts/?sort=email")
    page.get_by_role("checkbox", name=str(ann)).check()
    page.locator("#bulk summary", has_text="More").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Export as CSV").click()
    chosen = taken.value.path().read_text(encoding="utf-8-sig")
    with page.expect_download() as taken:
        page.get_by_text("Export all 2 contacts as").get_by_role("link", name="XLSX").click()

    assert ("ann@x.example" in chosen, "bob@x.example" in chosen) == (True, False)
    assert taken.value.suggested_filename == "contacts.xlsx"
