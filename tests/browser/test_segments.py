import pytest

from contacts.models import Segment
from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import DESKTOP, PHONE, Doorman, Visitor, at_rest
from tests.builders import make_campaign, make_contact, make_group


def test_segment_is_built_by_keyboard_and_counted_meanwhile(marketer: Visitor, workspace: Workspace) -> None:
    for company in ("Acme", "Acme Labs", "Ajax"):
        make_contact(workspace, company=company, country="FR")
    page = marketer.goto("/segments/new")
    page.get_by_label("Name").fill("Acme people")
    page.get_by_label("Value").focus()
    page.keyboard.type("acme")
    page.locator(".segment-count").get_by_text("2 contacts").wait_for()
    page.get_by_role("button", name="Add a condition").press("Enter")
    page.locator("#r-1-field").wait_for()
    at_rest(page)
    page.locator("#r-1-field").select_option("createdAt")
    at_rest(page)
    page.locator("#r-1-operator").select_option("in_last_days")
    at_rest(page)
    page.get_by_label("days").fill("7")
    page.locator(".segment-count").get_by_text(
        "Company contains “acme” and Date added is in the last 7 days"
    ).wait_for()
    page.get_by_role("button", name="Remove Company").press("Enter")
    page.locator(".segment-count").get_by_text("3 contacts").wait_for()
    # A page that is left while something is on its way to it complains of that on the console.
    at_rest(page)
    page.get_by_label("Name").press("Enter")
    page.get_by_text("Segment saved.").wait_for()

    rules = {"all": [{"field": "createdAt", "operator": "in_last_days", "value": 7}]}
    assert Segment.objects.get().rules == rules


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_builder_has_no_barriers(
    doorman: Doorman, owner: Member, workspace: Workspace, viewport: dict[str, int], scheme: str
) -> None:
    group = make_group(workspace, "Customers of the year before last")
    make_campaign(workspace, name="Spring")
    rules = {
        "all": [
            {"field": "company", "operator": "contains", "value": "acme"},
            {"any": [{"field": "groups", "operator": "has_none", "value": [group.public_id]}]},
            {"field": "sent", "operator": "not_in_last_days", "value": 30},
        ]
    }
    segment = Segment.objects.create(workspace=workspace, name="Acme in peace", rules=rules)
    visitor = doorman.let_in(owner, viewport=viewport, color_scheme=scheme)
    visitor.goto(f"/segments/{segment.public_id}/edit")

    assert visitor.barriers() == []
