import pytest

from tests.tracking.mails import mail
from tracking import matching, parsing, quoting


def reply(raw: bytes) -> str:
    return quoting.reply_of(parsing.parse(raw))


@pytest.mark.parametrize(
    "quote",
    [
        "On Mon, 2 Mar 2026 at 10:00, Me <me@acme.example> wrote:\n> Hello Jane\n> How are you?",
        "On Mon, 2 Mar 2026 at 10:00, Me Surname With A Long Name\n<me@acme.example> wrote:\n> Hello Jane",
        "Le lun. 2 mars 2026 à 10:00, Me <me@acme.example> a écrit :\n> Hello Jane",
        "Am Mo., 2. März 2026 um 10:00 Uhr schrieb Me <me@acme.example>:\n> Hello Jane",
        "El lun, 2 mar 2026 a las 10:00, Me (<me@acme.example>) escribió:\n> Hello Jane",
        "Il giorno lun 2 mar 2026 alle ore 10:00 Me <me@acme.example> ha scritto:\n> Hello Jane",
        "Op ma 2 mrt 2026 om 10:00 schreef Me <me@acme.example>:\n> Hello Jane",
        "Em seg., 2 de mar. de 2026 às 10:00, Me <me@acme.example> escreveu:\n> Hello Jane",
        "-----Original Message-----\nFrom: Me\nSent: Monday\nTo: Jane\nSubject: Hello\n\nHello Jane",
        "________________________________\nFrom: Me <me@acme.example>\nSent: Monday\nTo: Jane\n\nHello Jane",
        "De : Me <me@acme.example>\nEnvoyé : lundi 2 mars 2026\nÀ : Jane\nObjet : Hello\n\nHello Jane",
        "Von: Me <me@acme.example>\nGesendet: Montag\nAn: Jane\nBetreff: Hello\n\nHello Jane",
        "> Hello Jane\n> How are you?",
        "--\nJane Doe\nGlobex",
        "Sent from my iPhone\n\n> Hello Jane",
    ],
)
def test_the_quoted_mail_is_cut(quote: str):
    assert reply(mail(f"Yes, please.\nCall me.\n\n{quote}\n")) == "Yes, please.\nCall me."


def test_the_quoted_mail_is_cut_from_html():
    html = (
        '<div dir="ltr">Yes, <b>please</b>.</div><br><div class="gmail_quote"><div>On Mon, Me wrote:</div>'
        '<blockquote class="gmail_quote">Hello Jane</blockquote></div>'
    )

    assert reply(mail(html=html)) == "Yes, please."


def test_outlook_html_is_cut_at_its_mark():
    html = (
        '<div>Fine.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: Me</div><div>Hello Jane</div>'
    )

    assert reply(mail(html=html)) == "Fine."


def test_a_reply_that_is_all_quote_is_shown_whole():
    assert reply(mail("> Hello Jane\n> answer below?")) == "> Hello Jane\n> answer below?"


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop.", "Unsubscribe", "unsubscribe me please", "Please remove me from your mailing list", "Remove me",
        "Désinscrire", "désinscription", "Me désabonner", "Merci de me désinscrire", "Ne me contactez plus", "Abmelden",
        "Bitte abmelden", "Stop emailing me!", "Don't email me again", "opt out", "Baja",
    ],
)  # fmt: skip
def test_words_that_ask_to_leave(text: str):
    assert matching.wants_to_leave(parsing.parse(mail(text)), text)


@pytest.mark.parametrize(
    "text",
    [
        "Please stop by our office on Monday", "We want to stop our contract with X, tell me more",
        "Can I unsubscribe later?",
        "How do I remove a user in your tool?", "", "I stopped using it. What is new?",
    ],
)  # fmt: skip
def test_words_that_only_sound_like_leaving(text: str):
    assert not matching.wants_to_leave(parsing.parse(mail(text or "x")), text)


def test_the_address_of_list_unsubscribe_asks_to_leave():
    assert matching.wants_to_leave(parsing.parse(mail("", subject="unsubscribe")), "")
    assert not matching.wants_to_leave(parsing.parse(mail("", subject="Re: unsubscribe rates")), "hello")
