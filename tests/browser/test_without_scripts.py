"""The pages where no script runs: links lead, forms send, menus open, and what was done is said."""

import pytest
from playwright.sync_api import Page, expect

from campaigns.enums import CampaignStatus
from campaigns.models import Campaign
from contacts import stages
from contacts.importing import running
from contacts.models import Contact, Group, Import, Segment
from fluenzr.core.listing import PER_PAGE
from fluenzr.workspaces.models import ApiKey, Invitation, Member, Workspace
from tests.browsing import Doorman, Visitor, leave
from tests.builders import make_account, make_campaign, make_contact, make_enrolment, make_group

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plain(doorman: Doorman, owner: Member) -> Visitor:
    """The owner, at a browser that runs no scripts."""
    return doorman.let_in(owner, java_script_enabled=False)


def press(page: Page, name: str) -> None:
    """Press the button of the page's own content that is called so."""
    leave(page.locator("#main").get_by_role("button", name=name, exact=True))


def test_a_contact_is_added_and_changed(plain: Visitor) -> None:
    page = plain.goto("/contacts/")
    leave(page.locator("#main").get_by_role("link", name="Add a contact").first)
    press(page, "Add the contact")
    expect(page.locator("[data-summary]")).to_contain_text("Consent from")
    plain.problems.clear()  # the browser itself complains of the status of a refusal
    page.get_by_label("Email").fill("ada@acme.example")
    page.get_by_label("Consent from").select_option("event")
    page.locator("summary", has_text="More fields").click()
    page.get_by_label("Job title").fill("Engineer")
    press(page, "Add the contact")
    leave(page.get_by_role("link", name="Edit", exact=True))
    page.get_by_label("First name").fill("Ada")
    press(page, "Save")
    page.get_by_role("textbox", name="Write a note").fill("Called her")
    press(page, "Add the note")

    expect(page.locator("#main")).to_contain_text("Called her")
    contact = Contact.objects.get()
    assert (contact.email, contact.first_name, contact.job_title) == ("ada@acme.example", "Ada", "Engineer")


def test_a_list_is_filtered_sorted_and_paged(plain: Visitor, workspace: Workspace) -> None:
    for number in range(PER_PAGE + 2):
        make_contact(workspace, f"p{number:02}@acme.example", company="Acme")
    make_contact(workspace, "bob@corp.example")
    page = plain.goto("/contacts/")
    page.get_by_label("Search").last.fill("acme")
    press(page, "Filter")
    expect(page.locator(".chips")).to_contain_text("acme")
    leave(page.get_by_role("columnheader", name="Email").get_by_role("link"))
    leave(page.get_by_role("link", name="Next"))

    rows = page.locator("tbody .row-link")
    expect(rows).to_have_text(["p50@acme.example", "p51@acme.example"])


def test_chosen_contacts_join_a_group_that_was_made_before(plain: Visitor, workspace: Workspace) -> None:
    for number in range(3):
        make_contact(workspace, f"p{number}@acme.example")
    page = plain.goto("/groups/new")
    page.get_by_label("Name", exact=True).fill("Fair")
    press(page, "Make the group")
    expect(page.get_by_role("heading", name="Fair")).to_be_visible()
    page = plain.goto("/contacts/")
    page.get_by_label("Choose p0@acme.example").check()
    page.get_by_label("Choose p2@acme.example").check()
    page.locator(".bulk-bar summary", has_text="Group").click()
    press(page, "Add to the group")

    members = Group.objects.get().memberships.values_list("contact__email", flat=True)
    assert sorted(members) == ["p0@acme.example", "p2@acme.example"]


def test_a_campaign_is_made_set_and_filled(plain: Visitor, workspace: Workspace) -> None:
    make_account(workspace)
    make_group(workspace, "Fair", (make_contact(workspace),))
    page = plain.goto("/campaigns/new")
    page.get_by_label("Name", exact=True).fill("Spring")
    press(page, "Create and draw its workflow")
    campaign = Campaign.objects.get()
    page = plain.goto(f"/campaigns/{campaign.public_id}/settings")
    page.get_by_label("Description").fill("To those of the fair")
    press(page, "Save")
    page = plain.goto(f"/campaigns/{campaign.public_id}/contacts/add")
    page.get_by_label("Groups", exact=True).check()
    page.get_by_label("Fair").first.check()
    press(page, "Count them")
    press(page, "Add 1 contact")

    campaign.refresh_from_db()
    assert (campaign.name, campaign.description) == ("Spring", "To those of the fair")
    assert campaign.enrolments.count() == 1


def test_a_campaign_is_launched_and_paused(plain: Visitor, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, name="Spring")
    make_enrolment(campaign, version=None)
    page = plain.goto(f"/campaigns/{campaign.public_id}/")
    leave(page.get_by_role("link", name="Launch"))
    press(page, "Launch")
    expect(page.get_by_text("Launched: 1 contact is on the way.")).to_be_visible()
    press(page, "Pause")

    campaign.refresh_from_db()
    assert campaign.status == CampaignStatus.PAUSED


def test_somebody_is_invited_and_a_key_is_made_and_revoked(plain: Visitor) -> None:
    page = plain.goto("/settings/members")
    page.get_by_label("Email").fill("ann@acme.example")
    press(page, "Invite")
    link = page.get_by_label("The link, good for").input_value()
    page = plain.goto("/settings/api-keys")
    page.get_by_label("Name", exact=True).fill("Zapier")
    press(page, "Create key")
    secret = page.get_by_label("This is the key.").input_value()
    press(page, "Revoke Zapier")

    assert Invitation.objects.get().email == "ann@acme.example"
    assert "/invitations/" in link
    assert len(secret) >= 20
    assert ApiKey.objects.get().revoked_at is not None


def test_a_file_is_imported(plain: Visitor) -> None:
    page = plain.goto("/imports/new")
    content = b"Email,First name\nada@acme.example,Ada\n"
    page.get_by_label("File").set_input_files({"name": "leads.csv", "mimeType": "text/csv", "buffer": content})
    press(page, "Upload and look")
    page.get_by_label("First name").select_option("lastName")
    press(page, "Show the first rows again")
    expect(page.locator("#preview")).to_contain_text("Last name")
    page.get_by_label("Consent from").select_option("event")
    page.locator('[name="certified"]').check()
    press(page, "Import 1 row")
    running.run_next()
    leave(page.get_by_role("link", name="Look again"))

    expect(page.locator("#main")).to_contain_text("1 of 1 row was read.")
    assert Import.objects.get().created_rows == 1
    assert Contact.objects.get().last_name == "Ada"


def test_a_segment_is_built(plain: Visitor, workspace: Workspace) -> None:
    make_contact(workspace, company="Acme", country="FR")
    page = plain.goto("/segments/new")
    page.get_by_label("Name", exact=True).fill("Acme in France")
    page.get_by_label("Value").fill("acme")
    press(page, "Add a condition")
    page.locator("#r-1-field").select_option("country")
    press(page, "Count")
    page.locator("#r-1-value").fill("FR")
    press(page, "Count")
    expect(page.locator(".segment-count")).to_contain_text("1 contact")
    press(page, "Save")

    expect(page.get_by_text("Segment saved.")).to_be_visible()
    assert [rule["field"] for rule in Segment.objects.get().rules["all"]] == ["company", "country"]


def test_a_card_of_the_pipeline_moves(plain: Visitor, workspace: Workspace) -> None:
    stages.create_defaults(workspace.pk)
    card = make_contact(workspace, first_name="Ann", last_name="Lee", stage=stages.ordered(workspace)[0])
    page = plain.goto("/pipeline/")
    leave(page.get_by_role("link", name="Move or appraise: Ann Lee"))
    press(page, "Proposal")

    expect(page.locator('[data-name="Proposal"] [data-deal]')).to_have_count(1)
    card.refresh_from_db()
    assert card.stage is not None
    assert card.stage.name == "Proposal"
