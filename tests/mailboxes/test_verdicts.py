"""What refusals mean."""

import pytest

from fluenzr.mailboxes.verdicts import Verdict, enhanced, of_refusal
from tests.effort import assert_quick

REFUSALS = [
    ("550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking", Verdict.HARD),
    ("550 5.1.1 <bob@b.example>: Recipient address rejected: User unknown in virtual mailbox table", Verdict.HARD),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", Verdict.HARD),
    ("550 5.2.1 The email account that you tried to reach is disabled.", Verdict.HARD),
    ("554 delivery error: dd This user doesn't have a yahoo.com account", Verdict.HARD),
    ("550 Requested action not taken: mailbox unavailable", Verdict.HARD),
    ("550 No such user here", Verdict.HARD),
    ("551 not our user", Verdict.HARD),
    ("556 5.1.10 Recipient address has null MX", Verdict.HARD),
    ("550", Verdict.HARD),
    ("552 5.2.2 The email account that you tried to reach is over quota", Verdict.SOFT),
    ("554 5.2.2 mailbox full", Verdict.SOFT),
    ("550 5.4.1 Recipient address rejected: temporarily unavailable, try again later", Verdict.SOFT),
    ("552 5.3.4 Message size exceeds fixed limit", Verdict.MESSAGE),
    (
        "552-5.7.0 This message was blocked because its content presents a potential security issue (virus).",
        Verdict.MESSAGE,
    ),
    ("550 5.6.0 Lone CR or LF in headers (see RFC2822 section 2.2)", Verdict.MESSAGE),
    ("550 5.7.1 Our system has detected that this message is likely unsolicited mail.", Verdict.POLICY),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", Verdict.POLICY),
    ("550 5.7.26 This mail is unauthenticated: DKIM = did not pass", Verdict.POLICY),
    ("550 5.4.5 Daily user sending quota exceeded.", Verdict.POLICY),
    ("554 5.7.1 <bob@b.example>: Relay access denied", Verdict.POLICY),
    ("530 5.7.0 Must issue a STARTTLS command first", Verdict.POLICY),
    ("550 5.1.8 Sender address rejected: Domain not found", Verdict.POLICY),
    ("550 5.4.1 [bob@b.example]: Recipient address rejected: Access denied", Verdict.HARD),
    ("550 5.1.1 user over quota", Verdict.SOFT),
    ("550 the frobnicator is not amused", Verdict.SOFT),
    ("554 message loops back to myself", Verdict.MESSAGE),
    ("550 sender email address rejected", Verdict.POLICY),
    ("550 utilisateur inconnu", Verdict.HARD),
    ("535 5.7.8 Username and Password not accepted", Verdict.POLICY),
]


@pytest.mark.parametrize(("reply", "verdict"), REFUSALS)
def test_of_refusal_tells_who_is_at_fault(reply: str, verdict: Verdict) -> None:
    assert of_refusal(int(reply[:3]), reply[4:]) == verdict


def test_enhanced_reads_the_first_status_and_no_ip_address() -> None:
    assert enhanced("Client host [5.1.1.8] says 5.7.26 no") == (7, 26)
    assert enhanced("no") is None


def test_of_refusal_finds_the_code_in_the_words() -> None:
    assert of_refusal(None, "smtp; 550 ") == Verdict.HARD
    assert of_refusal(None, "smtp; 530 what") == Verdict.POLICY
    assert of_refusal(None, "what") == Verdict.SOFT


def test_of_refusal_is_quick_with_any_words() -> None:
    for words in ("user " * 20_000, "a" * 100_000, "mailbox address " * 5_000, "blocked; " * 10_000):
        assert_quick(lambda words=words: of_refusal(550, words), seconds=0.1)
