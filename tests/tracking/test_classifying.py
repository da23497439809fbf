import pytest

from tests.effort import assert_quick
from tests.tracking.mails import complaint, mail, report
from tracking import parsing, quoting
from tracking.classifying import classify


def kind(raw: bytes) -> str:
    return classify(parsing.parse(raw), own_address="me@acme.example").kind


def bounce(raw: bytes) -> tuple[str, str]:
    finding = classify(parsing.parse(raw), own_address="me@acme.example")
    return finding.kind, finding.bounce


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (report("a@b"), ("bounce", "hard")),
        (report("a@b", status="5.2.2", diagnostic="smtp; 552 5.2.2 Mailbox full"), ("bounce", "soft")),
        (report("a@b", status="5.7.1", diagnostic="smtp; 550 5.7.1 blocked by spamhaus"), ("bounce", "soft")),
        (report("a@b", status="5.0.0", diagnostic="smtp; 550 No such user here"), ("bounce", "hard")),
        (report("a@b", status="4.4.7", diagnostic="smtp; 451 timed out"), ("bounce", "soft")),
        (report("a@b", status="5.3.4", diagnostic="smtp; 552 5.3.4 message too large"), ("bounce", "soft")),
        (report("a@b", action="delayed", status="4.4.1", diagnostic="smtp; timed out"), ("auto_reply", "")),
        (report("a@b", action="delivered", status="2.0.0", diagnostic="smtp; 250 ok"), ("auto_reply", "")),
        (report("a@b", action="relayed", status="2.0.0", diagnostic="smtp; 250 ok"), ("auto_reply", "")),
    ],
)
def test_a_delivery_report_is_read_by_action_status_and_words(raw, expected):
    assert bounce(raw) == expected


def test_a_complaint_comes_before_all(db):
    assert kind(complaint("a@b")) == "complaint"


def test_a_bounce_without_a_report_is_known_by_its_words():
    raw = mail(
        "Hi. This is the qmail-send program at mx.globex.example.\nI'm afraid "
        "I wasn't able to deliver your message to the"
        "\nfollowing addresses. This is a permanent error; I've given "
        "up.\n\n<jane@globex.example>:\nSorry, no mailbox here"
        " by that name. (#5.1.1)\n",
        subject="failure notice",
        sender="MAILER-DAEMON@mx.globex.example",
        return_path="<>",
    )

    assert bounce(raw) == ("bounce", "hard")


def test_an_html_bounce_is_known_by_its_words():
    raw = mail(
        html="<p>Your message to <b>jane@globex.example</b> couldn't be "
        "delivered.</p><p>550 5.1.10 RESOLVER.ADR.RecipientNotFound;"
        " Recipient not found by SMTP address lookup</p>",
        subject="Undeliverable: Hello",
        sender="Microsoft Outlook <postmaster@globex.example>",
    )

    assert bounce(raw) == ("bounce", "hard")


def test_a_delay_without_a_report_is_no_bounce():
    raw = mail(
        "This is a warning message only. You do not need to resend your message. It has not been delivered yet.",
        subject="Warning: message delayed 24 hours",
        sender="mailer-daemon@mx.globex.example",
    )

    assert bounce(raw) == ("auto_reply", "")


@pytest.mark.parametrize(
    "raw",
    [
        mail("Back on Monday.", auto_submitted="auto-replied"),
        mail("Back on Monday.", x_autoreply="yes"),
        mail("Back on Monday.", precedence="auto_reply"),
        mail("I am away", subject="Automatic reply: Hello"),
        mail("I am away", subject="Out of Office: Hello"),
        mail("Je suis absent", subject="Réponse automatique : Hello"),
        mail("x", subject="=?utf-8?q?R=C3=A9ponse_automatique?="),
        mail("x", subject="Abwesenheitsnotiz: Hello"),
        mail("x", subject="Respuesta automática: Hello"),
        mail("x", subject="Risposta automatica: Hello"),
        mail("x", subject="Afwezig: Hello"),
        mail("x", subject="Autosvar: Hello"),
        mail("Hello,\n\nI am out of the office until Monday with limited access to my email."),
        mail("Bonjour,\n\nJe suis actuellement en congés jusqu'au 3 mai."),
        mail("Guten Tag,\n\nich bin bis zum 3. Mai nicht im Büro."),
        mail("x", return_path="<>"),
    ],
)
def test_auto_replies_are_recognised(raw):
    assert kind(raw) == "auto_reply"


@pytest.mark.parametrize(
    "raw",
    [
        mail("Sounds good, call me on Monday."),
        mail("My last mail to Bob came back: 550 5.1.1 User unknown. Did yours?", subject="Re: Undeliverable: Hello"),
        mail("Yes.\n\n> I will be out of the office next week, so please answer soon.", subject="Re: Hello"),
        mail("Can we talk about our absence management software?", subject="Re: your offer"),
        mail("Delivery failed? We should look at that.", subject="Delivery failure rates in Q3"),
        mail("I am on holiday, but this interests me. Call me."),
        mail("Thanks!", auto_submitted="no"),
        mail("x", precedence="list"),
        mail("The user does not exist any more, write to bob@globex.example", return_path="<jane@globex.example>"),
    ],
)
def test_people_are_people_whatever_they_write_about(raw):
    assert kind(raw) == "human"


def test_our_own_mail_is_our_own():
    assert kind(mail("x", sender="Me <ME@acme.example>")) == "own"


@pytest.mark.parametrize(
    "piece", ["On a ", "On Mon, x wrote ", "\n", " \n", "--\n", "<a@a", "From: a\nb\n", "> a\n", "_"]
)
@pytest.mark.parametrize("sender", ["jane@globex.example", "MAILER-DAEMON@globex.example"])
def test_no_mail_takes_long(piece: str, sender: str):
    raw = mail(sender=sender, return_path="<>" if "DAEMON" in sender else "") + (piece * 40_000).encode()

    assert_quick(lambda: (kind(raw), quoting.reply_of(parsing.parse(raw))), seconds=2)
