"""What a refusal means: is the recipient bad, this mail, or our mailbox?

The first digit says little: in real bounces "5xx means a dead address" is wrong for every third. So the enhanced status
code (RFC 3463) and the words decide together, the words first where they are plain, because many servers attach a code
that does not fit them.
"""

import re
from enum import StrEnum


class Verdict(StrEnum):
    """Against whom a refusal counts."""

    HARD = "hard"  # the recipient does not exist or never takes mail: do not write there again
    MESSAGE = "message"  # this content, size or form: the person and the mailbox are fine
    POLICY = "policy"  # our mailbox, domain or address is refused, or has used up its quota
    SOFT = "soft"  # the recipient's side has trouble that may pass


_PERSON = r"\b(user|mail ?box|recipient|account|address|alias|e-?mail|person|destination|addressee|local part)s?\b"
_HOST = r"\b(host|domain|mx|server)\b"

# Our own standing at the server that we send by.
SENDER = (
    r"relay(ing)? (access )?(is )?(denied|not (permitted|allowed))",
    r"(unable|not (permitted|allowed)) to relay|relaying (denied|prohibited)",
    r"authentication (is )?required|must (be )?authenticat|authentication (failed|credentials)",
    r"(daily|hourly|sending|outgoing|message|user|rate)[ -](sending )?(quota|limit)[a-z ]*(exceed|reach)",
    r"exceeded [a-z ]*(sending|rate|message|hourly|daily) [a-z ]*(limit|quota)|too many (messages|mails|e-?mails)",
    r"sender (address |domain )?(is )?(rejected|denied|blocked|not allowed|invalid)",
    r"not (allowed|authori[sz]ed|permitted) to send",
)
# This mail and nothing else.
CARGO = (
    r"(size|length)[a-z ]* (exceed|too)|too (large|big)\b|exceeds[a-z ]* (size|maximum)|maximum (message )?size",
    r"virus|malware|infected|attachment|file type|phishing",
)
# The receiving side's opinion of us.
REPUTATION = (
    r"(black|block|black hole|deny)[ -]?list|\brbl\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|uceprotect|senderbase",
    r"reputation|\b(spf|dkim|dmarc|arc)\b|reverse (dns|hostname|lookup)|\br?dns ptr\b|\bptr\b|\brdns\b",
    r"\bspam|unsolicited|junk mail|bulk mail|polic(y|ies)|administrative(ly)? prohibit|access denied",
    r"\b(client|host|ip|server|network|connection|domain|message|mail|access)\b[^.;]{0,50}\b(blocked|banned)\b",
    r"(blocked|rejected|refused) (by|using|due|for) |client host .{0,60}rejected|helo command rejected",
    r"not accepting (mail|connections) from|mail from .{0,60} (rejected|refused)",
)
CONTENT = (
    r"(content|message body|message)( content)? (was |is |has been )?(rejected|refused|not accepted|blocked|denied)",
    r"malformed|invalid (header|mime|line)|bare (lf|cr|newline)|lines? (is )?(too long|longer)",
    r"missing (from|date|message-id|header)|header[a-z ]* missing|rfc ?2?822|rfc ?5322|duplicate header",
    r"too many (hops|received)|(mail|routing) loop|message looping|too many recipients",
)
TROUBLE = (
    _PERSON + r"[^.;]{0,50}\b(full|over ?-?quota|quota|exceed\w*|over (the |its |their )?(limit|maximum|storage))",
    r"over ?-?quota|quota (is )?(exceed|full|reach)|exceeded ([a-z]+ ){0,3}(quota|storage)",
    r"(out of|insufficient( system)?|not enough|no) (storage|disk|space|memory)",
    r"temporar|try (again|later)|gr[ea]y-?list|deferred|timed? ?out|too busy|overload|resources",
    r"service (is )?(currently )?(unavailable|not available)|(system|internal|local) (error|failure|problem)",
    r"configuration (error|problem)|connection (refused|reset|lost)|i/o error|cannot lock",
)
NOBODY = (
    _PERSON + r"[^.;]{0,60}(unknown|invalid|not? (be )?(found|known|exist|valid|listed|active|a valid|here|available))",
    _PERSON + r"[^.;]{0,60}(n't exist|n't have|does not have|no longer|non-?exist|not our|rejected|unavailable)",
    _PERSON + r"[^.;]{0,60}(disabled|deactivated|inactive|suspended|expired|closed|terminated|deleted|removed)",
    _PERSON + r"[^.;]{0,60}(discontinued|undeliverable|unroute?able)",
    r"\b(no such|unknown|invalid|non-?existent|bad|inactive|disabled|undefined|illegal|n't a|not a) (local |virtual )?"
    + _PERSON,
    r"\b(no such|unknown|invalid|non-?existent) (domain|host)|no (mail ?box|account|user)\b",
    r"no longer (with|at|works|employed|here)|(user |has )moved|undeliverable|unroute?able",
    _HOST + r"[^.;]{0,60}(not found|not exist|n't exist|unknown|nxdomain|no (mx|mail)|invalid)|null mx",
    r"not accept (any )?(mail|e-?mail)|account that you tried to reach|mailbox unavailable",
)


def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_SENDER = _any(SENDER)
# Read top to bottom; the first that fits decides.
_WORDS = (
    (_SENDER, Verdict.POLICY),
    (_any(CARGO), Verdict.MESSAGE),
    (_any(REPUTATION), Verdict.POLICY),
    (_any(CONTENT), Verdict.MESSAGE),
    (_any(TROUBLE), Verdict.SOFT),
    (_any(NOBODY), Verdict.HARD),
)
# The registry of enhanced codes (RFC 3463, RFC 5248): the bad address, so plain that only `_SENDER` outweighs it.
_NO_ADDRESS = {(1, 1), (1, 2), (1, 10)}
_BY_DETAIL = {
    (1, 7): Verdict.POLICY,
    (1, 8): Verdict.POLICY,
    (1, 9): Verdict.POLICY,
    (2, 1): Verdict.HARD,
    (2, 3): Verdict.MESSAGE,
    (3, 4): Verdict.MESSAGE,
    (4, 6): Verdict.MESSAGE,
    (7, 17): Verdict.HARD,
}
_BY_SUBJECT = {
    1: Verdict.HARD,
    2: Verdict.SOFT,
    3: Verdict.SOFT,
    4: Verdict.SOFT,
    5: Verdict.SOFT,
    6: Verdict.MESSAGE,
    7: Verdict.POLICY,
}
_BY_CODE = {
    521: Verdict.HARD,  # accepts no mail at all (RFC 7504)
    530: Verdict.POLICY,
    534: Verdict.POLICY,
    535: Verdict.POLICY,
    538: Verdict.POLICY,
    550: Verdict.HARD,
    551: Verdict.HARD,
    552: Verdict.SOFT,
    553: Verdict.HARD,
    554: Verdict.POLICY,
    556: Verdict.HARD,  # the domain accepts no mail (RFC 7504)
}
_ENHANCED = re.compile(r"(?<![\d.])[45]\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def enhanced(text: str) -> tuple[int, int] | None:
    """Return subject and detail of the first enhanced status code in a reply (`5.1.1` gives `(1, 1)`), or None."""
    found = _ENHANCED.search(text)
    return (int(found[1]), int(found[2])) if found else None


def of_refusal(code: int | None, text: str) -> Verdict:
    """Return what a permanent refusal means. `code` is the SMTP code where there is one; `text` the server's words."""
    status = enhanced(text)
    if status in _NO_ADDRESS and not _SENDER.search(text):
        return Verdict.HARD
    for words, verdict in _WORDS:
        if words.search(text):
            return verdict
    if status is None or status == (0, 0):
        return _BY_CODE.get(code or 0, Verdict.SOFT)
    return _BY_DETAIL.get(status) or _BY_SUBJECT.get(status[0], Verdict.SOFT)
