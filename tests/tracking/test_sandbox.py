from datetime import timedelta

import pytest
from django.test import Client

from campaigns.mail import mime
from campaigns.models import Enrolment, Event, Message
from contacts.models import Contact
from fluenzr.core import signing
from fluenzr.core.errors import Invalid
from fluenzr.mailboxes.models import Account, SandboxMail, SandboxReply
from fluenzr.workspaces.models import Member
from tests import builders
from tests.builders import NOW
from tracking import folding, polling, sandbox
from tracking.models import InboundMail, RawHit
from tracking.sandbox import Act

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


def stored(message: Message, *, links: int = 2, tracked: bool = True) -> SandboxMail:
    """The mail as the sandbox keeps it, with a pixel, links and the unsubscribe header."""
    clicks = "".join(f'<a href="http://t/t/c/{signing.sign("click", message.pk, n)}">x</a>' for n in range(links))
    pixel = f'<img src="http://t/t/o/{signing.sign("open", message.pk)}.gif">'
    links_and_pixel = clicks + pixel if tracked else ""
    raw = (
        f"From: Me <{message.account.email}>\r\nTo: jane@globex.example\r\nSubject: Hello\r\n"
        f"Message-ID: <{message.message_id}>\r\nMIME-Version: 1.0\r\n"
        f"List-Unsubscribe: <http://t/t/u/{signing.sign('leave', message.pk)}>\r\n"
        f"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>Jane</b></p>{links_and_pixel}\r\n"
    )
    for index in range(links):
        builders.make_link(message, index, f"https://globex.example/{index}")
    return SandboxMail.objects.create(
        workspace=message.workspace,
        account=message.account,
        message_id=message.message_id,
        recipient=message.recipient,
        subject="Hello",
        raw=raw.encode(),
        received_at=NOW,
    )


def play(message: Message, act: Act, **options) -> list[tuple[str, bool]]:
    """Let the recipient act, then let everything run that would run."""
    sandbox.play(stored(message, **options), act, now=SOON)
    folding.fold(now=SOON)
    polling.visit(message.account_id, now=SOON)
    return list(Event.objects.order_by("at", "id").values_list("type", "is_bot"))


def state(message: Message) -> tuple[str, str]:
    contact = Contact.objects.get(pk=message.contact_id)
    return Enrolment.objects.get(pk=message.enrolment_id).status, contact.status


@pytest.mark.parametrize(
    ("act", "events", "after"),
    [
        (Act.OPEN, [("opened", False)], ("in_progress", "active")),
        (Act.CLICK, [("opened", False), ("clicked", False)], ("in_progress", "active")),
        (Act.SCAN, [("clicked", True), ("clicked", True)], ("in_progress", "active")),
        (Act.REPLY, [("replied", False)], ("replied", "replied")),
        (Act.OUT_OF_OFFICE, [("auto_replied", False)], ("in_progress", "active")),
        (Act.HARD_BOUNCE, [("bounced", False)], ("bounced", "bounced")),
        (Act.SOFT_BOUNCE, [("bounced", False)], ("in_progress", "active")),
        (Act.UNSUBSCRIBE, [("unsubscribed", False)], ("unsubscribed", "unsubscribed")),
        (Act.COMPLAIN, [("complained", False)], ("unsubscribed", "unsubscribed")),
    ],
)
def test_each_act_takes_the_way_of_a_real_recipient(message: Message, act: Act, events, after):
    assert play(message, act) == events
    assert state(message) == after
    assert SandboxMail.objects.get().played == [act]


def test_a_gateway_that_meets_one_link_is_known_by_its_method(message: Message):
    assert play(message, Act.SCAN, links=1) == [("clicked", True)]


def test_a_reply_is_shown_without_the_quoted_mail(message: Message):
    play(message, Act.REPLY)

    mail = InboundMail.objects.get()
    assert (mail.subject, mail.kind, "Hello Jane" in mail.preview, "> Hello Jane" in mail.text) == (
        "Re: Hello", "human", False, True,
    )  # fmt: skip


@pytest.mark.parametrize("act", [Act.OPEN, Act.CLICK, Act.SCAN])
def test_nothing_can_be_followed_in_a_mail_without_tracking(message: Message, act: Act):
    with pytest.raises(Invalid):
        play(message, act, tracked=False)
    assert SandboxMail.objects.get().played == []


def test_lively_sandboxes_play_once_and_always_the_same(message: Message):
    mail = stored(message)
    Account.objects.update(sandbox_play="lively")
    assert [sandbox.is_due(SOON), sandbox.play_lively(now=NOW), sandbox.play_lively(now=SOON)] == [True, 0, 1]
    assert (sandbox.play_lively(now=SOON), sandbox.is_due(SOON)) == (0, False)

    mail.refresh_from_db()
    assert mail.played == ([*sandbox.plan(sandbox.read(mail).number)] or ["nothing"])


def test_a_lively_list_looks_like_a_list():
    plans = [sandbox.plan(number * 7919) for number in range(20_000)]
    shares = {act: sum(act in plan for plan in plans) / len(plans) for act in Act}

    assert 0.01 < shares[Act.HARD_BOUNCE] < 0.03
    assert 0.2 < shares[Act.OPEN] < 0.5
    assert 0.05 < shares[Act.CLICK] < 0.15
    assert 0.03 < shares[Act.REPLY] < 0.1
    assert sandbox.plan(12345) == sandbox.plan(12345)


def test_old_mails_of_a_sandbox_that_becomes_lively_stay_alone(message: Message):
    stored(message)
    Account.objects.update(sandbox_play="lively")

    assert not sandbox.is_due(NOW + timedelta(days=2))


@pytest.fixture
def member(client: Client, owner: Member) -> Client:
    client.force_login(owner.user)
    return client


def test_the_sandbox_lists_and_shows_mails(member: Client, message: Message):
    mail = stored(message)

    assert mail.public_id in member.get("/sandbox/").text
    shown = member.get(f"/sandbox/{mail.public_id}/").text
    assert f'<iframe sandbox="allow-popups" src="/sandbox/{mail.public_id}/body/"' in shown
    assert "style=" not in shown.replace("&quot;", "")


def test_mails_are_found_by_subject_and_recipient(member: Client, message: Message):
    mail = stored(message)
    words = f"hello {message.recipient[:6]}"

    assert list(member.get("/sandbox/", {"q": words}).context["listing"]) == [mail]
    assert "Nothing matches" in member.get("/sandbox/", {"q": "goodbye"}).text


def test_the_body_stands_in_a_frame_that_runs_nothing(member: Client, message: Message):
    answer = member.get(f"/sandbox/{stored(message).public_id}/body/")

    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups"
    )
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "<p>Hello <b>Jane</b></p>" in answer.text
    assert ("/t/c/" in answer.text, "<img" in answer.text) == (True, False)


def test_the_buttons_play(member: Client, message: Message):
    mail = stored(message)
    answer = member.post(f"/sandbox/{mail.public_id}/play/", {"act": "reply"})

    assert (answer.status_code, answer["Location"]) == (303, f"/sandbox/{mail.public_id}/")
    mail.refresh_from_db()
    assert mail.played == ["reply"]
    assert "Reply" in member.get(answer["Location"]).text


def test_a_reply_says_what_was_typed(member: Client, message: Message):
    mail = stored(message)
    member.post(f"/sandbox/{mail.public_id}/play/", {"act": "reply", "words": "Call me on Friday."})

    assert b"Call me on Friday." in bytes(SandboxReply.objects.get().raw)
    long = member.post(f"/sandbox/{mail.public_id}/play/", {"act": "reply", "words": "x" * 10_001})
    assert (long.status_code, "at most 10000" in long.text) == (422, True)


def test_each_link_is_clicked_by_itself(member: Client, message: Message):
    mail = stored(message)
    links = sandbox.read(mail).links
    assert len(links) == 2
    assert links[1].url in member.get(f"/sandbox/{mail.public_id}/").text

    member.post(f"/sandbox/{mail.public_id}/play/", {"act": "click", "link": str(links[1].number)})

    assert RawHit.objects.get(kind="click").link == links[1].number
    answer = member.post(f"/sandbox/{mail.public_id}/play/", {"act": "click", "link": "99"})
    assert (answer.status_code, "no such link" in answer.text) == (422, True)


def test_viewers_only_see(client: Client, message: Message):
    mail = stored(message)
    client.force_login(builders.make_member(mail.workspace, "viewer").user)

    assert "/play/" not in client.get(f"/sandbox/{mail.public_id}/").text.replace("your role only sees", "")
    assert client.post(f"/sandbox/{mail.public_id}/play/", {"act": "reply"}).status_code == 403


def test_what_cannot_be_played_is_said(member: Client, message: Message):
    answer = member.post(f"/sandbox/{stored(message, tracked=False).public_id}/play/", {"act": "open"})

    assert (answer.status_code, "no pixel" in answer.text) == (422, True)


@pytest.mark.parametrize("part", ["", "body/", "play/"])
def test_strangers_see_nothing_of_it(client: Client, message: Message, part: str):
    mail = stored(message)
    stranger = builders.make_member(builders.make_workspace("Other"))
    path = f"/sandbox/{mail.public_id}/{part}"
    assert client.get(path).status_code in (302, 405)

    client.force_login(stranger.user)
    answer = client.post(path, {"act": "reply"}) if part == "play/" else client.get(path)
    assert answer.status_code == 404
    assert mail.public_id not in client.get("/sandbox/").text
    mail.refresh_from_db()
    assert mail.played == []


def test_a_sandbox_mail_with_scripts_is_escaped_on_its_page(member: Client, message: Message):
    mail = stored(message)
    mail.subject = "<script>alert(1)</script>"
    mail.save(update_fields=["subject"])

    assert "<script>alert" not in member.get(f"/sandbox/{mail.public_id}/").text + member.get("/sandbox/").text


def test_files_of_a_mail_are_named_and_only_saved(member: Client, message: Message):
    mail = stored(message)
    part = mime.attached("été.html", "text/html", b"<script>alert(1)</script>")
    mixed = b'Content-Type: multipart/mixed; boundary="=_=x"\r\n'
    mail.raw = b"Subject: Hello\r\n" + mixed + b"\r\n--=_=x\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    mail.raw += b"\r\n--=_=x\r\n" + part + b"\r\n--=_=x--\r\n"
    mail.save(update_fields=["raw"])
    page = f"/sandbox/{mail.public_id}/"

    assert f'<a href="{page}files/1/">été.html</a>' in member.get(page).text
    answer = member.get(f"{page}files/1/")
    assert (answer.content, answer["Content-Type"]) == (b"<script>alert(1)</script>", "application/octet-stream")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%C3%A9t%C3%A9.html"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert [member.get(f"{page}files/{number}/").status_code for number in (0, 2)] == [404, 404]
