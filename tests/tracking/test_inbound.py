import pytest

from campaigns.enums import MessageState, Purpose
from campaigns.events import Happened
from campaigns.models import CampaignTotal, Enrolment, Event, Message
from contacts.models import Contact
from fluenzr.core import signing
from fluenzr.mailboxes.inbox import Fetched
from fluenzr.mailboxes.models import Account, RawMail
from tests import builders
from tests.builders import NOW
from tests.listening import answering
from tests.tracking.mails import complaint, mail, report
from tracking import inbound
from tracking.models import Conversation, InboundMail

pytestmark = pytest.mark.django_db


def take(account: Account, raw: bytes, uid: int = 1, validity: int = 7) -> str | None:
    kind = inbound.take_in(account, Fetched(uid, raw, NOW), uid_validity=validity, now=NOW)
    return kind and kind.value


def state(message: Message) -> tuple[str, str]:
    contact = Contact.objects.get(pk=message.contact_id)
    return Enrolment.objects.get(pk=message.enrolment_id).status, contact.status


def test_a_reply_in_the_thread_stops_the_person_everywhere(message: Message):
    other = builders.make_enrolment(builders.make_campaign(message.workspace), message.contact, status="in_progress")
    raw = mail("Yes, call me.\n\nOn Mon, Me <me@acme.example> wrote:\n> Hello", in_reply_to=f"<{message.message_id}>")

    assert take(message.account, raw) == "human"
    assert state(message) == ("replied", "replied")
    assert Enrolment.objects.get(pk=other.pk).status == "replied"
    assert CampaignTotal.objects.get(campaign=message.campaign).replied == 1
    conversation = Conversation.objects.get()
    assert (conversation.preview, conversation.status, conversation.enrolment_id) == (
        "Yes, call me.", "unread", message.enrolment_id,
    )  # fmt: skip


def test_a_reply_is_matched_by_references_too(message: Message):
    raw = mail("Yes", references=f"<{message.message_id}> <other@globex.example>")

    assert (take(message.account, raw), state(message)[0]) == ("human", "replied")


def test_a_reply_is_credited_to_the_mail_that_it_answers(message: Message):
    second = builders.make_sent(message.enrolment, node="mail_2")
    take(message.account, mail("Yes", in_reply_to=f"<{message.message_id}>", references=f"<{second.message_id}>"))

    assert Event.objects.get(type="replied").message_id == message.pk


def test_a_new_mail_of_the_person_counts_for_the_latest_mail(message: Message):
    second = builders.make_sent(message.enrolment, node="mail_2")

    assert take(message.account, mail("Yes", sender="JANE@globex.example", subject="Your offer")) == "human"
    assert Event.objects.get(type="replied").message_id == second.pk


def test_a_colleague_may_answer_in_the_thread(message: Message):
    take(message.account, mail("I take over", sender="bob@globex.example", in_reply_to=f"<{message.message_id}>"))

    assert state(message) == ("replied", "replied")


@pytest.mark.parametrize("sender", ["eve@evil.example", "jane@globex.example.evil.example", "jane@evil.example"])
def test_a_stranger_in_the_thread_is_shown_and_stops_nobody(message: Message, sender: str):
    take(message.account, mail("Ha", sender=sender, in_reply_to=f"<{message.message_id}>"))

    assert (state(message), Event.objects.count()) == (("in_progress", "active"), 0)
    assert InboundMail.objects.get().details["ignored"] is True
    assert Conversation.objects.count() == 1


def test_two_people_of_one_free_mail_provider_are_no_colleagues(message: Message):
    Message.objects.filter(pk=message.pk).update(recipient="jane@gmail.com")
    take(message.account, mail("Ha", sender="eve@gmail.com", in_reply_to=f"<{message.message_id}>"))

    assert state(message)[0] == "in_progress"


def test_private_mail_of_the_mailbox_leaves_no_trace(message: Message):
    assert take(message.account, mail("Dinner?", sender="friend@home.example", subject="Dinner"), uid=5) is None

    assert (InboundMail.objects.count(), RawMail.objects.count()) == (0, 0)
    assert Account.objects.values_list("uid_validity", "last_uid").get(pk=message.account_id) == (7, 5)


def test_a_contact_who_was_never_written_to_is_shown_only(message: Message):
    builders.make_contact(message.workspace, "new@initech.example")

    assert take(message.account, mail("Hello", sender="new@initech.example")) == "human"
    assert (Conversation.objects.get().enrolment_id, Event.objects.count()) == (None, 0)


def test_another_workspace_is_never_matched(message: Message):
    foreign = builders.make_account(builders.make_workspace("Other"))
    take(foreign, mail("Yes", in_reply_to=f"<{message.message_id}>"))
    take(foreign, report(message.message_id), uid=2)

    assert (state(message), InboundMail.objects.count()) == (("in_progress", "active"), 0)


def test_mails_that_never_left_are_not_answered(message: Message):
    Message.objects.filter(pk=message.pk).update(state=MessageState.QUEUED)
    take(message.account, mail("Yes", in_reply_to=f"<{message.message_id}>"))

    assert state(message)[0] == "in_progress"


def test_a_hard_bounce_ends_the_journey_and_bars_the_address(message: Message):
    assert take(message.account, report(message.message_id)) == "bounce"

    message.refresh_from_db()
    assert (state(message), message.bounce_kind) == (("bounced", "bounced"), "hard")


def test_a_soft_bounce_changes_nobody(message: Message):
    take(message.account, report(message.message_id, status="5.2.2", diagnostic="smtp; 552 mailbox full"))

    message.refresh_from_db()
    assert (state(message), message.bounce_kind) == (("in_progress", "active"), "soft")


def test_a_bounce_that_names_another_address_does_nothing(message: Message):
    take(message.account, report(message.message_id, recipient="boss@globex.example"))

    assert state(message) == ("in_progress", "active")


def test_a_bounce_behind_a_forward_names_the_original_address(message: Message):
    take(message.account, report(message.message_id, recipient="j.doe@hosting.example", original="Jane@Globex.example"))

    assert state(message) == ("bounced", "bounced")


@pytest.mark.parametrize("raw", [report("guessed@acme.example"), complaint("guessed@acme.example")])
def test_forged_reports_do_nothing(message: Message, raw: bytes):
    assert take(message.account, raw) is None

    assert (state(message), Event.objects.count()) == (("in_progress", "active"), 0)


def test_a_complaint_unsubscribes(message: Message):
    assert take(message.account, complaint(message.message_id)) == "complaint"

    assert state(message) == ("unsubscribed", "unsubscribed")
    assert Event.objects.get().type == "complained"


def test_an_auto_reply_is_noted_and_stops_nothing(message: Message):
    raw = mail("Away", subject="Automatic reply: Hello", in_reply_to=f"<{message.message_id}>")

    assert take(message.account, raw) == "auto_reply"
    assert (state(message), Event.objects.get().type) == (("in_progress", "active"), "auto_replied")
    assert Conversation.objects.count() == 0


def test_a_notice_of_delay_changes_nothing_and_one_of_delivery_settles_a_doubt(message: Message):
    Message.objects.filter(pk=message.pk).update(state=MessageState.UNCERTAIN, sent_at=None)
    CampaignTotal.objects.update(uncertain=1)
    take(message.account, report(message.message_id, action="delayed", status="4.4.1"))
    assert Message.objects.get(pk=message.pk).state == "uncertain"
    take(message.account, report(message.message_id, action="relayed", status="2.0.0"), uid=2)

    assert (Message.objects.get(pk=message.pk).state, Event.objects.count()) == ("sent", 0)


@pytest.mark.parametrize("text", ["STOP", "Please unsubscribe me", "Désinscrire"])
def test_words_that_ask_to_leave_act(message: Message, text: str):
    take(message.account, mail(text, in_reply_to=f"<{message.message_id}>"))

    assert state(message) == ("unsubscribed", "unsubscribed")


def test_a_mail_to_the_unsubscribe_address_acts_from_anywhere(message: Message):
    subject = f"unsubscribe {signing.sign('leave', message.pk)}"
    take(message.account, mail("", subject=subject, sender="jane.private@gmail.com"))

    assert state(message) == ("unsubscribed", "unsubscribed")


def test_a_mail_to_the_unsubscribe_address_without_token_acts_for_its_sender(message: Message):
    take(message.account, mail("", subject="unsubscribe"))

    assert state(message) == ("unsubscribed", "unsubscribed")


def test_answers_to_tests_move_nothing(message: Message):
    Message.objects.filter(pk=message.pk).update(purpose=Purpose.TEST)
    take(message.account, mail("Nice", in_reply_to=f"<{message.message_id}>"))

    assert (state(message), Conversation.objects.count()) == (("in_progress", "active"), 1)


def test_the_same_number_is_taken_once(message: Message):
    raw = mail("Yes", in_reply_to=f"<{message.message_id}>")

    assert [take(message.account, raw), take(message.account, raw)] == ["human", None]


def test_the_same_mail_under_new_numbers_is_one_mail(message: Message):
    raw = mail("Yes", in_reply_to=f"<{message.message_id}>", message_id="<r@globex.example>")

    assert [take(message.account, raw), take(message.account, raw, uid=1, validity=8)] == ["human", None]
    assert (Event.objects.count(), InboundMail.objects.count()) == (1, 1)


def test_a_second_reply_joins_the_thread(message: Message):
    take(message.account, mail("Yes", in_reply_to=f"<{message.message_id}>"))
    Conversation.objects.update(status="read")
    take(message.account, mail("And one more thing", in_reply_to=f"<{message.message_id}>"), uid=2)

    conversation = Conversation.objects.get()
    assert (conversation.preview, conversation.status, conversation.mails.count()) == (
        "And one more thing",
        "unread",
        2,
    )


def test_what_cannot_be_read_is_kept_and_the_next_is_taken(message: Message):
    assert take(message.account, b"\xff\xfe no mail", uid=1) == "quarantine"
    assert take(message.account, mail("Yes", in_reply_to=f"<{message.message_id}>"), uid=2) == "human"

    raw = RawMail.objects.get(uid=1)
    assert (raw.outcome, raw.reason, bytes(raw.blob.content)) == ("quarantine", "it has no header", b"\xff\xfe no mail")


def test_what_nobody_foresaw_goes_to_quarantine(message: Message):
    raw = mail("Yes", in_reply_to=f"<{message.message_id}>")

    def refuse(fact: Happened) -> None:
        raise ValueError("no such thing")

    with answering(Happened, refuse):
        assert take(message.account, raw) == "quarantine"
    assert (RawMail.objects.get().reason[:10], Event.objects.count()) == ("ValueError", 0)
