"""What a person wants wins at the next send, in every campaign, by whatever door it was said."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import engine, outbox, scheduler
from campaigns.models import Campaign, Message
from contacts import people
from contacts.models import Contact
from fluenzr.core import clock, signing
from fluenzr.mailboxes.inbox import Fetched
from fluenzr.mailboxes.models import SandboxMail
from fluenzr.workspaces.models import Member, Workspace
from tests.browsing import confirmed
from tests.builders import (
    make_contact,
    make_email_node,
    make_enrolment,
    make_key,
    make_running,
    make_sent,
    make_user,
)
from tests.clients import ApiClient
from tests.tracking.mails import complaint, mail, report
from tracking import inbound

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "jane@globex.example"
MAIL = {"body": "See https://acme.example/offer", "trackOpens": True, "trackClicks": True}
# One campaign that wrote already, one whose mail is planned, one that has not looked yet.
CAMPAIGNS = 3


@dataclass
class Scene:
    """Jane in three campaigns, and whoever may say something about her."""

    workspace: Workspace
    contact: Contact
    message: Message
    campaigns: list[Campaign]
    member: Member

    def page(self, path: str, **form: str) -> None:
        """Send a form of a page as a member."""
        assert confirmed(self.member.user).post(path, form).status_code == 303

    def card(self, path: str, **form: str) -> None:
        """Send a form of Jane's card."""
        self.page(f"/contacts/{self.contact.public_id}/{path}", **form)

    def list(self, targets: str) -> None:
        """Put addresses or domains onto the list of the suppressed."""
        self.page("/suppressions/new", reason="by_hand", targets=targets)

    def api(self, method: str, path: str, body: object = None) -> None:
        """Call the API."""
        answer = ApiClient(make_key(self.workspace)[1]).request(method, path, body)
        assert answer.status_code in (200, 201), answer.content

    def admin(self, action: str) -> None:
        """Run an action of the admin on Jane."""
        client = Client()
        client.force_login(make_user(is_staff=True, is_superuser=True))
        form = {"action": action, "_selected_action": [self.contact.pk]}
        assert client.post(reverse("admin:contacts_contact_changelist"), form).status_code == 302

    def link(self, page: str, form: object) -> None:
        """Use a link of the mail that Jane got."""
        path = f"/t/{page}/{signing.sign('leave', self.message.pk)}"
        assert Client(enforce_csrf_checks=True).post(path, form).status_code == 200

    def receive(self, raw: bytes) -> None:
        """Have the mailbox receive a mail."""
        now = timezone.now()
        inbound.take_in(self.message.account, Fetched(1, raw, now), uid_validity=7, now=now)

    def tick(self) -> None:
        """Plan and send until nothing moves."""
        for _tick in range(20):
            at = clock.database_now()
            moved, born = engine.advance_due(now=at), scheduler.plan(now=at)
            Message.objects.filter(state="queued", attempts=0, not_before__gt=at).update(not_before=at)
            sent = sum(outbox.send_account(one.lanes.get().account.pk) for one in self.campaigns)
            if not (moved or born or sent):
                return


def start(workspace: Workspace, contact: Contact) -> Campaign:
    campaign = make_running(workspace, make_email_node(**MAIL), people=0)
    make_enrolment(campaign, contact, version=None)
    engine.begin(campaign, now=clock.database_now())
    return campaign


@pytest.fixture
def scene(workspace: Workspace, owner: Member) -> Scene:
    contact = make_contact(workspace, ADDRESS)
    first = start(workspace, contact)
    scene = Scene(workspace, contact, Message(), [first], owner)
    scene.tick()
    scene.message = Message.objects.get()
    scene.campaigns.append(start(workspace, contact))
    now = clock.database_now()
    engine.advance_due(now=now)
    scheduler.plan(now=now)
    scene.campaigns.append(start(workspace, contact))
    return scene


def test_without_a_word_every_campaign_writes_and_tracks(scene: Scene) -> None:
    scene.tick()
    assert SandboxMail.objects.count() == CAMPAIGNS
    assert all(is_tracked(one) for one in SandboxMail.objects.all())


def is_tracked(one: SandboxMail) -> bool:
    return b"/t/o/" in bytes(one.raw) or b"/t/c/" in bytes(one.raw)


STOPS: dict[str, Callable[[Scene], object]] = {
    "page: unsubscribe": lambda scene: scene.card("status", act="unsubscribe"),
    "page: block": lambda scene: scene.card("status", act="block"),
    "page: delete": lambda scene: scene.card("delete"),
    "page: erase": lambda scene: scene.card("erase"),
    "page: suppress the address": lambda scene: scene.list(ADDRESS),
    "page: suppress the domain": lambda scene: scene.list("globex.example"),
    "page: suppress by a pasted table": lambda scene: scene.list(f"Name;Email\nJane;{ADDRESS.upper()}"),
    "list: unsubscribe": lambda scene: scene.page("/contacts/bulk", act="unsubscribe", chosen=scene.contact.public_id),
    "list: block": lambda scene: scene.page("/contacts/bulk", act="block", chosen=scene.contact.public_id),
    "api: unsubscribe": lambda scene: scene.api("POST", f"/contacts/{scene.contact.public_id}/unsubscribe"),
    "api: block": lambda scene: scene.api("POST", f"/contacts/{scene.contact.public_id}/block"),
    "api: erase": lambda scene: scene.api("POST", f"/contacts/{scene.contact.public_id}/erase"),
    "api: delete": lambda scene: scene.api("DELETE", f"/contacts/{scene.contact.public_id}"),
    "api: suppress the address": lambda scene: scene.api("POST", "/suppressions", {"emails": [ADDRESS]}),
    "api: suppress the domain": lambda scene: scene.api("POST", "/suppressions", {"domains": ["example"]}),
    "admin: unsubscribe": lambda scene: scene.admin("unsubscribe"),
    "admin: block": lambda scene: scene.admin("block"),
    "admin: erase": lambda scene: scene.admin("erase"),
    "mail: one click": lambda scene: scene.link("u", {"List-Unsubscribe": "One-Click"}),
    "mail: page of the link": lambda scene: scene.link("u", {"wish": "leave"}),
    "mail: preferences": lambda scene: scene.link("p", {"wish": "leave"}),
    "mail: a reply that says stop": lambda scene: scene.receive(
        mail("STOP", in_reply_to=f"<{scene.message.message_id}>")
    ),
    "mail: a human reply": lambda scene: scene.receive(
        mail("Call me tomorrow", in_reply_to=f"<{scene.message.message_id}>")
    ),
    "mail: a complaint": lambda scene: scene.receive(complaint(scene.message.message_id)),
    "mail: a hard bounce": lambda scene: scene.receive(report(scene.message.message_id)),
}
OBJECTS: dict[str, Callable[[Scene], object]] = {
    "page: object": lambda scene: scene.card("object"),
    "api: object": lambda scene: scene.api("POST", f"/contacts/{scene.contact.public_id}/object"),
    "admin: object": lambda scene: scene.admin("object_to_tracking"),
    "mail: preferences": lambda scene: scene.link("p", {"wish": "object"}),
}


@pytest.mark.parametrize("door", STOPS)
def test_who_wants_no_mail_gets_none(scene: Scene, door: str) -> None:
    SandboxMail.objects.all().delete()
    STOPS[door](scene)
    scene.tick()
    assert not SandboxMail.objects.exists()


@pytest.mark.parametrize("sender", ["john@globex.example", "boss@globex.example"])
@pytest.mark.parametrize("campaign", [1, 2])
def test_who_has_a_colleague_in_conversation_gets_none_of_that_campaign(
    scene: Scene, sender: str, campaign: int
) -> None:
    SandboxMail.objects.all().delete()
    Campaign.objects.update(one_per_company=True)
    john = make_contact(scene.workspace, "john@globex.example")
    sent = make_sent(make_enrolment(scene.campaigns[campaign], john))
    scene.receive(mail("Call me tomorrow", sender=sender, in_reply_to=f"<{sent.message_id}>"))
    scene.tick()
    other = scene.campaigns[3 - campaign].lanes.get().account
    assert [(one.recipient, one.account) for one in SandboxMail.objects.all()] == [(ADDRESS, other)]


@pytest.mark.parametrize("door", OBJECTS)
def test_who_wants_no_tracking_gets_mails_without(scene: Scene, door: str) -> None:
    SandboxMail.objects.all().delete()
    OBJECTS[door](scene)
    scene.tick()
    rows = list(SandboxMail.objects.all())
    assert (len(rows), [is_tracked(one) for one in rows]) == (CAMPAIGNS - 1, [False] * (CAMPAIGNS - 1))


@pytest.mark.parametrize("door", ["page: unsubscribe", "page: erase", "mail: one click", "mail: a hard bounce"])
def test_whoever_comes_back_gets_none_either(scene: Scene, door: str) -> None:
    STOPS[door](scene)
    SandboxMail.objects.all().delete()
    now = timezone.now()
    Contact.objects.filter(email_key=ADDRESS).delete()
    again = people.create(workspace=scene.workspace, draft={"email": ADDRESS}, by="import", now=now)
    scene.campaigns.append(start(scene.workspace, again))
    scene.tick()
    assert not SandboxMail.objects.exists()
