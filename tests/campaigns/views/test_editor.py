import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from campaigns import attachments, drafts, graph
from campaigns.enums import CampaignStatus
from campaigns.models import Campaign, WorkflowDraft
from campaigns.nodes import registry
from fluenzr.workspaces.enums import Role
from fluenzr.workspaces.models import Member, Workspace
from tests.builders import make_campaign, make_contact, make_email_node, make_member, make_workflow, make_workspace
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

START, END = {"id": "start", "type": "start"}, {"id": "end", "type": "end"}
UNFINISHED = {"nodes": [START, {"id": "mail_1", "type": "email"}, END], "edges": []}


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


@pytest.fixture
def client(teammate: Member) -> Client:
    return signed_in(teammate)


def address(campaign: Campaign, rest: str = "") -> str:
    return f"/campaigns/{campaign.public_id}/workflow{rest}"


def post(client: Client, campaign: Campaign, rest: str, body: Any) -> HttpResponse:
    content = body if isinstance(body, str) else json.dumps(body)
    return client.post(address(campaign, rest), content, content_type="application/json")


def config(client: Client, campaign: Campaign) -> Any:
    page = client.get(address(campaign)).content.decode()
    found = re.search(r'<script id="editor-config" type="application/json">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_page_holds_all_that_the_editor_draws(client: Client, campaign: Campaign) -> None:
    found = config(client, campaign)
    assert found["document"] == campaign.draft.graph
    assert (found["revision"], found["editable"], found["live"], found["problems"]) == (1, True, False, [])
    assert found["cards"]["mail_1"] == {"title": "Email 1", "summary": "Subject of mail_1"}
    assert {entry["kind"] for entry in found["palette"]} == set(registry.kinds())
    assert all(found["icons"][entry["icon"]].startswith("<svg") for entry in found["palette"])


def test_page_carries_no_style_and_no_script_of_its_own(client: Client, campaign: Campaign) -> None:
    page = client.get(address(campaign)).content.decode()
    assert re.findall(r"<[^>]+\sstyle=", page) == []
    assert [
        tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag and "application/json" not in tag
    ] == []


@pytest.mark.parametrize(
    ("role", "status", "editable"),
    [
        (Role.VIEWER, CampaignStatus.DRAFT, False),
        (Role.MEMBER, CampaignStatus.PAUSED, True),
        (Role.OWNER, CampaignStatus.ACTIVE, False),
        (Role.OWNER, CampaignStatus.COMPLETED, False),
    ],
)
def test_editing_needs_a_member_and_a_campaign_that_rests(
    workspace: Workspace, role: Role, status: str, editable: bool
) -> None:
    campaign = make_campaign(workspace, status=status)
    found = config(signed_in(make_member(workspace, role)), campaign)
    assert (found["editable"], found["go"] is not None) == (editable, editable)


def test_strangers_find_nothing_anywhere(stranger: Member, campaign: Campaign) -> None:
    client = signed_in(stranger)
    gets = ["", "/draft", "/palette", "/counts", "/preview", "/mail", "/versions", "/resume"]
    posts = ["/draft", "/problems", "/panel", "/values/email", "/versions/1/restore", "/resume", "/attach"]
    answers = [client.get(address(campaign, rest)).status_code for rest in gets]
    answers += [client.post(address(campaign, rest)).status_code for rest in posts]
    assert set(answers) == {404}


def test_who_is_not_signed_in_is_sent_there(campaign: Campaign) -> None:
    assert Client().get(address(campaign, "/draft")).status_code == 302


def test_saving_answers_what_the_document_lacks(client: Client, campaign: Campaign) -> None:
    answer = post(client, campaign, "/draft", {"document": UNFINISHED, "revision": 1})
    found = answer.json()
    assert (answer.status_code, found["revision"]) == (200, 2)
    assert found["problems"][0] == {
        "node": "start",
        "field": "",
        "label": "",
        "text": "Nothing follows this node: every path leads to an end.",
    }
    assert WorkflowDraft.objects.get().graph == UNFINISHED


def test_late_save_gets_the_document_that_is_there(client: Client, campaign: Campaign) -> None:
    post(client, campaign, "/draft", {"document": UNFINISHED, "revision": 1})
    answer = post(client, campaign, "/draft", {"document": graph.EMPTY, "revision": 1})
    assert answer.status_code == 409
    theirs = answer.json()["theirs"]
    assert (theirs["document"], theirs["revision"]) == (UNFINISHED, 2)
    assert theirs["savedBy"] == config(client, campaign)["me"] != ""
    assert WorkflowDraft.objects.get().graph == UNFINISHED


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ("{", 400),
        ('{"document": {"nodes": [], "edges": []}, "revision": 1}', 400),
        ('{"document": {"nodes": [{"id": "a\\u0000", "type": "start"}], "edges": []}, "revision": 1}', 400),
        ({"document": UNFINISHED}, 409),
        ({"document": UNFINISHED, "revision": "1"}, 409),
    ],
)
def test_what_cannot_be_saved_is_refused(client: Client, campaign: Campaign, body: Any, status: int) -> None:
    assert post(client, campaign, "/draft", body).status_code == status
    assert WorkflowDraft.objects.get().revision == 1


def test_document_that_is_too_long_is_refused_in_words(client: Client, campaign: Campaign, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = post(client, campaign, "/draft", {"document": UNFINISHED, "revision": 1})
    assert (answer.status_code, answer.json()["message"]) == (400, "The workflow is too long to be saved")


def test_viewers_and_running_campaigns_save_nothing(workspace: Workspace) -> None:
    running = make_campaign(workspace, status=CampaignStatus.ACTIVE)
    resting = make_campaign(workspace)
    body = {"document": UNFINISHED, "revision": 1}
    answers = [
        post(signed_in(make_member(workspace, Role.MEMBER)), running, "/draft", body).status_code,
        post(signed_in(make_member(workspace, Role.VIEWER)), resting, "/draft", body).status_code,
    ]
    assert answers == [409, 403]


def test_problems_of_what_is_not_saved(client: Client, campaign: Campaign) -> None:
    found = post(client, campaign, "/problems", {"document": UNFINISHED}).json()
    assert found["cards"]["mail_1"] == {"title": "Email 1", "summary": ""}
    assert WorkflowDraft.objects.get().revision == 1


def test_panel_is_the_form_of_its_node(client: Client, campaign: Campaign) -> None:
    document = make_workflow(make_email_node(subject='"><b>'))
    answer = client.post(address(campaign, "/panel"), {"node": "mail_1", "document": json.dumps(document)})
    html = answer.content.decode()
    assert 'name="subject" value="&quot;&gt;&lt;b&gt;"' in html
    assert [name for name in ("subject", "body", "bodyFormat", "trackOpens") if f'name="{name}"' not in html] == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"node": "gone"}, 404), ({"node": "mail_1", "document": "{"}, 404), ({"node": "mail_1", "document": "[]"}, 400)],
)
def test_panel_of_what_is_not_there(client: Client, campaign: Campaign, fields: Any, status: int) -> None:
    given = {"document": json.dumps(campaign.draft.graph)} | fields
    assert client.post(address(campaign, "/panel"), given).status_code == status


def test_values_are_read_by_the_form_of_the_type(client: Client, campaign: Campaign) -> None:
    answer = client.post(address(campaign, "/values/delay"), {"days": "2", "hours": "x", "minutes": "0"})
    assert answer.json() == {
        "data": {"days": 2, "hours": "x", "minutes": 0, "businessDays": False},
        "errors": {"hours": ["Enter a whole number."]},
    }
    assert client.post(address(campaign, "/values/nothing")).status_code == 404


def test_preview_leafs_through_people(client: Client, campaign: Campaign) -> None:
    document = make_workflow(make_email_node(subject="Hi {{firstName}}", body="<p>Hello</p>"))
    drafts.save(campaign, document=document, revision=1, by="ana@acme.example")
    for name in ("Jane", "Joe"):
        make_contact(campaign.workspace, first_name=name)
    ask = {"node": "mail_1"}
    answers = [client.get(address(campaign, "/preview"), {**ask, "person": number}).json() for number in (0, 1, 7)]
    assert [answer["subject"] for answer in answers] == ["Hi Joe", "Hi Jane", "Hi Jane"]
    assert answers[0]["people"] == 2
    frame = client.get(address(campaign, "/mail"), ask)
    assert "<p>Hello</p>" in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("default-src 'none'")


def test_preview_says_why_there_is_none(client: Client, campaign: Campaign) -> None:
    answer = client.get(address(campaign, "/preview"), {"node": "mail_1"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Add a contact first: a preview is for somebody")
    assert client.get(address(campaign, "/mail"), {"node": "mail_1"}).status_code == 404


def test_counts_and_palette_are_there_to_be_asked(client: Client, campaign: Campaign) -> None:
    assert client.get(address(campaign, "/counts")).json() == {}
    assert len(client.get(address(campaign, "/palette")).json()["palette"]) == len(registry.kinds())


def attach(client: Client, campaign: Campaign, *names: str, kept: tuple[str, ...] = (), content: bytes = b"x") -> str:
    files = [SimpleUploadedFile(name, content) for name in names]
    answer = client.post(address(campaign, "/attach"), {"field": "attachments", "attachments": kept, "file": files})
    assert answer.status_code == 200
    return answer.content.decode()


def entries(page: str) -> list[str]:
    """What the inputs of a panel hold, as they are posted again."""
    return [html.unescape(value) for value in re.findall(r'name="attachments" value="([^"]*)"', page)]


def test_uploaded_files_join_those_of_the_panel_and_become_its_data(client: Client, campaign: Campaign) -> None:
    first = entries(attach(client, campaign, "one.pdf"))
    both = entries(attach(client, campaign, "two.pdf", "one.pdf", kept=tuple(first)))
    assert [json.loads(one)["name"] for one in both] == ["one.pdf", "two.pdf"]
    posted = {"subject": "Hi", "body": "Hello", "attachments": both}
    data = client.post(address(campaign, "/values/email"), posted).json()["data"]
    assert data["attachments"] == [json.loads(one) for one in both]
    document = make_workflow({"id": "mail_1", "type": "email", "data": data})
    panel = client.post(address(campaign, "/panel"), {"node": "mail_1", "document": json.dumps(document)})
    assert entries(panel.content.decode()) == both


def test_file_that_cannot_be_kept_is_told_and_the_others_stay(client: Client, campaign: Campaign) -> None:
    page = attach(client, campaign, "setup.exe", "one.pdf")
    assert [json.loads(one)["name"] for one in entries(page)] == ["one.pdf"]
    assert "Mail servers refuse files that end in .exe" in page


def test_attached_file_is_only_saved_never_shown(client: Client, workspace: Workspace) -> None:
    row = attachments.add(workspace=workspace, name="été.html", content=b"<script>", media_type="text/html")
    answer = client.get(f"/attachments/{row.public_id}")
    assert (answer.content, answer["Content-Type"]) == (b"<script>", "application/octet-stream")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%C3%A9t%C3%A9.html"
    assert answer["X-Content-Type-Options"] == "nosniff"
    foreign = attachments.add(workspace=make_workspace(), name="x.pdf", content=b"x")
    assert client.get(f"/attachments/{foreign.public_id}").status_code == 404
