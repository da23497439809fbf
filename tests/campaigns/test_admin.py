from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns import attachments, snippets
from campaigns import models as campaign_models
from campaigns.enums import EnrolmentStatus, MessageState
from campaigns.models import Campaign, CampaignGroup, CampaignTotal, Enrolment, Event, Link, Message, Passage, Tally
from fluenzr.workspaces.models import User, Workspace
from tests.builders import NOW, make_campaign, make_claim, make_enrolment, make_group, make_message, make_user

MODELS = [getattr(campaign_models, name) for name in campaign_models.__all__]


@pytest.fixture
def staff(db: None) -> User:
    return make_user("staff@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def page(model: type[Model], name: str = "changelist", *args: object) -> str:
    return reverse(f"admin:campaigns_{model._meta.model_name}_{name}", args=args)


def run(client: Client, model: type[Model], action: str, *rows: Model) -> list[str]:
    """Run an action on rows and return what the page said."""
    body = {"action": action, "_selected_action": [row.pk for row in rows]}
    response = client.post(page(model), body)
    return [str(message) for message in get_messages(response.wsgi_request)]


def queries(client: Client, model: type[Model]) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(page(model))
    return len(captured)


def something_of_everything(workspace: Workspace) -> Campaign:
    campaign = make_campaign(workspace, status="active")
    message = make_message(make_enrolment(campaign))
    make_claim(message, NOW)
    common = {"workspace": workspace, "campaign": campaign}
    Event.objects.create(**common, contact=message.contact, message=message, type="sent", at=NOW)
    # Facts outlive what they speak of.
    Event.objects.create(**common, contact_id=campaign.pk, message_id=campaign.pk, type="opened", at=NOW)
    Tally.objects.create(**common, node="mail_1", slot=NOW)
    Passage.objects.create(**common, node="start", port="next")
    CampaignGroup.objects.create(**common, group=make_group(workspace), role="feeds")
    Link.objects.create(workspace=workspace, version=campaign.version, node="mail_1", index=1, url="https://a.example")
    campaign_models.Addition.objects.create(**common, by="test", meant=2000, created_at=NOW)
    snippets.create(workspace=workspace, name="Offer", body="Hello", by="test", now=NOW)
    attachments.add(workspace=workspace, name="offer.pdf", content=b"Offer")
    campaign_models.DayCount.objects.create(workspace=workspace, day=NOW.date())
    return campaign


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_list_a_search_and_a_page(client: Client, workspace: Workspace, model: type[Model]) -> None:
    something_of_everything(workspace)
    assert client.get(page(model)).status_code == 200
    assert client.get(page(model) + "?q=acme").status_code == 200
    row = model._default_manager.first()
    assert row is not None
    assert client.get(page(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_added_edited_or_deleted_by_hand(client: Client, workspace: Workspace, model: type[Model]) -> None:
    something_of_everything(workspace)
    row = model._default_manager.first()
    assert row is not None
    assert client.post(page(model, "add"), {}).status_code == 403
    assert client.post(page(model, "change", row.pk), {}).status_code == 403
    assert client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", [Campaign, Enrolment, Message, Event])
def test_lists_make_as_many_queries_for_three_as_for_one(
    client: Client, workspace: Workspace, model: type[Model]
) -> None:
    something_of_everything(workspace)
    client.get(page(model))
    one = queries(client, model)
    for _ in range(2):
        something = make_campaign(workspace)
        message = make_message(make_enrolment(something))
        Event.objects.create(
            workspace=workspace, campaign=something, contact=message.contact, message=message, type="sent", at=NOW
        )
    assert queries(client, model) == one


def test_a_public_id_finds_its_row(client: Client, workspace: Workspace) -> None:
    wanted, other = make_campaign(workspace, name="Wanted"), make_campaign(workspace, name="Other")
    response = client.get(page(Campaign) + f"?q={wanted.public_id}")
    assert shown(response, wanted, other) == [True, False]


def shown(response: HttpResponse, *rows: Model) -> list[bool]:
    text = response.content.decode()
    return [str(row.pk) in text for row in rows]


def test_a_campaign_leads_to_its_people_and_mails(client: Client, workspace: Workspace) -> None:
    campaign = something_of_everything(workspace)
    make_message(make_enrolment(make_campaign(workspace)))
    for model in (Enrolment, Message, Event):
        url = f"{page(model)}?campaign__id__exact={campaign.pk}"
        assert url in client.get(page(Campaign, "change", campaign.pk)).content.decode()
        rows = client.get(url).context["cl"].result_count
        assert rows == model._default_manager.filter(campaign=campaign).count()


def test_a_mail_shows_its_reason(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_message(make_enrolment(campaign), state=MessageState.FAILED, reason="550 no such <user>")
    assert "550 no such &lt;user&gt;" in client.get(page(Message)).content.decode()


def test_campaigns_are_started_and_paused_through_the_domain(client: Client, workspace: Workspace) -> None:
    draft, done = make_campaign(workspace, name="Q1"), make_campaign(workspace, name="Q2", status="completed")
    found = run(client, Campaign, "start", draft, done)
    assert len(found) == 2
    assert found[0].startswith("Q2: ")
    assert found[1] == "Done: 1"
    draft.refresh_from_db()
    assert draft.status == "active"
    run(client, Campaign, "pause", draft)
    draft.refresh_from_db()
    assert draft.status == "paused"


def test_actions_need_the_right_to_change(client: Client, workspace: Workspace, staff: User) -> None:
    staff.is_superuser = False
    staff.save(update_fields=["is_superuser"])
    draft = make_campaign(workspace)
    assert client.post(page(Campaign), {"action": "start", "_selected_action": [draft.pk]}).status_code == 403
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_people_are_taken_out_by_hand(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    CampaignTotal.objects.update(contacts=1)
    person = make_enrolment(campaign, status=EnrolmentStatus.IN_PROGRESS, emails_sent=1)
    assert run(client, Enrolment, "remove", person) == ["Done: 1"]
    person.refresh_from_db()
    assert (person.status, person.reason) == ("removed", "Removed by staff@example.com.")


def test_a_doubt_is_settled_by_hand(client: Client, workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    CampaignTotal.objects.update(uncertain=1)
    fields = {"state": MessageState.UNCERTAIN, "sending_at": NOW, "settled_at": NOW + timedelta(minutes=10)}
    doubtful, queued = make_message(make_enrolment(campaign), **fields), make_message(make_enrolment(campaign))
    found = run(client, Message, "it_arrived", doubtful, queued)
    assert sorted(found) == sorted([f"{queued}: The mail is not uncertain", "Done: 1"])
    doubtful.refresh_from_db()
    assert (doubtful.state, doubtful.sent_at) == ("sent", NOW)


def test_every_model_is_registered() -> None:
    registered = {model for model in admin.site._registry if model._meta.app_label == "campaigns"}
    assert registered == set(MODELS)
