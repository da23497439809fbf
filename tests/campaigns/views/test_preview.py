from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from campaigns import previews
from campaigns.models import Campaign, Message
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_contact, make_email_node, make_enrolment, make_member, make_workflow
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def make_draft(workspace: Workspace, *names: str) -> Campaign:
    mails = (make_email_node(subject="Hi {{firstName}}", body="At {{company}}"), make_email_node("mail_2"))
    campaign = make_campaign(workspace, make_workflow(*mails))
    for name in names:
        make_enrolment(campaign, make_contact(workspace, first_name=name))
    return campaign


def address(campaign: Campaign, rest: str = "") -> str:
    return f"/campaigns/{campaign.public_id}/preview{rest}"


def test_first_mail_is_shown_for_the_first_person_with_its_gaps_marked(client: Client, workspace: Workspace) -> None:
    answer = client.get(address(make_draft(workspace, "Ada", "Bo")))
    shown = answer.context
    assert (shown["subject"], shown["missing"], shown["number"], shown["count"]) == ("Hi Ada", ("company",), 1, 2)
    assert "At <mark>company</mark>" in shown["text"]
    assert "Blank for this person, without a fallback: company" in answer.content.decode()


def test_links_lead_through_people_mails_and_devices(client: Client, workspace: Workspace) -> None:
    campaign = make_draft(workspace, "Ada", "Bo")
    first = client.get(address(campaign)).context
    assert first["before"] == ""
    second = client.get(first["after"]).context
    assert (second["subject"], second["after"]) == ("Hi Bo", "")
    other = client.get(second["mails"][1].url).context
    assert (other["subject"], other["person"].first_name) == ("Subject of mail_2", "Bo")
    text = client.get(other["devices"][2].url)
    state = {"person": [other["person"].public_id], "mail": ["mail_2"], "device": ["text"]}
    assert parse_qs(urlsplit(other["devices"][2].url).query) == state
    assert '<pre class="source"' in text.content.decode()


def test_frame_holds_the_mail_with_its_marks_and_runs_nothing(client: Client, workspace: Workspace) -> None:
    answer = client.get(client.get(address(make_draft(workspace, "Ada"))).context["frame_url"])
    assert "At <mark>company</mark>" in answer.content.decode()
    assert "sandbox" in answer["Content-Security-Policy"]


def test_person_behind_the_first_hundred_can_be_asked_for(
    client: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST_PEOPLE", 1)
    campaign = make_draft(workspace, "Ada", "Bo")
    bo = campaign.enrolments.get(contact__first_name="Bo").contact
    assert bo is not None
    assert client.get(address(campaign, f"?person={bo.public_id}")).context["subject"] == "Hi Bo"


def test_others_cannot_be_asked_for(client: Client, workspace: Workspace, other_workspace: Workspace) -> None:
    campaign, other = make_draft(workspace, "Ada"), make_contact(other_workspace)
    assert client.get(address(campaign, f"?person={other.public_id}&mail=x&device=y")).context["subject"] == "Hi Ada"


def test_mail_that_cannot_be_made_yet_says_why(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(body="{{nothing}}")))
    make_enrolment(campaign)
    answer = client.get(address(campaign))
    assert "“nothing” is no variable." in answer.content.decode()
    assert client.get(answer.context["frame_url"]).status_code == 404


def test_empty_campaigns_name_the_next_step(client: Client, workspace: Workspace) -> None:
    assert "Add a contact first" in client.get(address(make_draft(workspace))).content.decode()
    empty = make_campaign(workspace, make_workflow())
    assert "The workflow has no email yet." in client.get(address(empty)).content.decode()
    assert client.get(address(empty, "/mail")).status_code == 404


def test_test_mail_goes_to_the_member_as_the_shown_person(
    client: Client, workspace: Workspace, teammate: Member
) -> None:
    shown = client.get(address(make_draft(workspace, "Ada", "Bo"))).context
    form, person = shown["form"], client.get(shown["after"]).context
    answer = client.post(person["test_url"], {**form.initial})
    page = client.get(answer["Location"]).content.decode()
    assert f"1 test mail is on its way to {teammate.user.email}. Blank in it: company." in page
    message = Message.objects.get()
    assert (message.recipient, message.subject) == (teammate.user.email, "Hi Bo")


def test_all_mails_can_be_tested_at_once(client: Client, workspace: Workspace) -> None:
    url = client.get(address(make_draft(workspace, "Ada"))).context["test_url"]
    client.post(url, {"recipient": "me@acme.example", "scope": "all"})
    assert Message.objects.count() == 2


def test_what_keeps_a_test_from_leaving_stands_in_the_form(client: Client, workspace: Workspace) -> None:
    url = client.get(address(make_draft(workspace, "Ada"))).context["test_url"]
    wrong = client.post(url, {"recipient": "nobody", "scope": "one"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["recipient"])
    Account.objects.update(status="error", status_reason="Wrong password.")
    held = client.post(url, {"recipient": "me@acme.example", "scope": "one"})
    assert "The email account is in error; reconnect it. Wrong password." in held.content.decode()
    assert not Message.objects.exists()


def test_viewers_look_and_do_not_send(workspace: Workspace) -> None:
    client = Client()
    client.force_login(make_member(workspace, Role.VIEWER).user)
    shown = client.get(address(make_draft(workspace, "Ada")))
    assert "Send a test" not in shown.content.decode()
    assert client.post(shown.context["test_url"], {"recipient": "me@acme.example", "scope": "one"}).status_code == 403
