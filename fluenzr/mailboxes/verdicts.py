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

# Our own standing at the server that we send by, and who we say we are.
SENDER = (
    r"relay(ing)? (access )?(is )?(denied|prohibited|not (permitted|allowed))|(unable|allowed|permitted) to relay",
    r"mail relay",
    r"rcpthosts|smtp server of your (isp|provider)|requires? authentication|authentication (is )?required",
    r"must (be )?authenticat|authentication (failed|credentials)|password not accepted|issue a starttls",
    r"(daily|hourly|sending|outgoing|message|user|rate)[ -](sending )?(quota|limit)[a-z ]*(exceed|reach)",
    r"rate limit",
    r"exceeded [a-z ]*(sending|rate|message|hourly|daily) [a-z ]*(limit|quota)",
    r"too many (connections|messages (from|in)|mails)",
    r"\bsender\b[^.;]{0,40}(rejected|denied|refused|blocked|spammer|approved|verif|invalid|empty)",
    r"\bsender\b[^.;]{0,40}not (exist|found|allowed)",
    r"(unroute?able|invalid|bogus|null|unknown|bad outbound) (sender|mail from)|mail from (not|is not|command)",
    r"sendas",
    r"(domain|address) of (the )?sender|valid sender|(domain|address) is not verified|to send (mail|e-?mail|as)",
    r"not (allowed|authori[sz]ed|permitted) to send|not (a )?registered|not authori[sz]ed, message refused",
)
# The recipient's mailbox is full.
FULL = (
    r"(mail ?box|in ?box|mail ?folder|mail ?dir|disk|account|user|recipient|storage)\b[^.;]{0,40}\bfull\b",
    r"full mail",
    _PERSON + r"[^.;]{0,50}\b(over ?-?quota|quota|exceed\w*|over (the |its |their )?(disk|limit|maximum|storage))",
    r"over ?-?(disk |the allowed )?quota|(mail|disk|disc|storage) quota|quota (is )?(exceed|full|reach|violat)",
    r"(out of|insufficient( system)?|enough|no) (storage|disk|space)|space (has been )?used up",
    r"exceeded [a-z ]*storage",
    r"too many messages on|quota exceeded|mail ?box[a-z ]* limit",
)
# This mail and nothing else.
CARGO = (
    r"(size|length)[a-z ]* (exceed|too)|too (large|big)\b|exceeds[a-z ]* (size|maximum)",
    r"(maximum|max) (message )?size",
    r"virus|malware|infected|attachment|file type|phishing",
)
# Said of nobody but a recipient, though the words look like a policy.
NOT_LET_IN = (
    r"recipient address(es)? rejected ?: access denied|(mail ?box|account) [^.;]{0,30}unavailable or access denied",
)
# The receiving side's opinion of us.
REPUTATION = (
    r"(black|block|black hole|deny)[ -]?list|\brbl\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|uceprotect|senderbase",
    r"reputation|\b(spf|dkim|dmarc|arc)\b|reverse (dns|hostname|lookup)|\bptr\b|\brdns\b",
    r"(dynamic|generic) (ip|dns)",
    r"spam|unsolicited|\bube\b|junk mail|bulk (e-?)?mail|suspicious|banned|unacceptable|abuse|complaints?",
    r"polic(y|ies)|administrative(ly)? prohibit|access denied|organi[sz]ational settings",
    r"security (settings|reasons)",
    r"\b(client|host|ip|server|network|connection|domain|message|mail|access|address)\b[^;]{0,50}\bblocked\b",
    r"(blocked|rejected|refused) (by|using|due|for|-) |client host .{0,60}rejected|helo command rejected",
    r"your (ip|network|host|hostname|domain|server|mail ?server|address)\b(?! book)|this mail server|mismatches",
    r"not accept(ing)? (mail|connections) from|mail from .{0,60} (rejected|refused)|no access from",
)
CONTENT = (
    r"(content|message body|message)( content)? (was |is |has been )?(rejected|refused|blocked|denied|filtered)",
    r"(content|message) not accepted",
    r"malformed|invalid (header|mime|line)|bare (lf|cr|newline)|lines? (is )?(too long|longer)|8-?bit",
    r"missing (from|date|message-id|header)|headers?[a-z ]* (missing|error|not accepted)|header error",
    r"duplicate header",
    r"rfc ?2?822|rfc ?5322|too many (hops|received|recipients)|\bloops? (back|detected|found|was found)",
    r"(mail|routing) loop",
)
TROUBLE = (
    r"temporar|try (again|later)|gr[ea]y-?list|deferred|time ?out|timed ?out|too busy|overload|resources",
    r"interrupted",
    r"service (is )?(currently )?(unavailable|not available)",
    r"(system|internal|local|write) (error|failure|problem)|ldap",
    r"(configuration|config) (error|problem)|misconfigured|connection (refused|reset|lost)|i/o error",
    r"can(no|')t (lock|create)",
)
NOBODY = (
    _PERSON
    + r"[^.;]{0,60}(unknown|invalid|not? (be )?(found|known|exist|valid|listed|active|local|ok|a valid|here|present))",
    _PERSON + r"[^.;]{0,60}(n't exist|n't have|does not have|not available|not accepted|no longer|non-?exist|not our)",
    _PERSON + r"[^.;]{0,60}(rejected|refused|denied|unava\w+|disabled|deactivated|inactive|suspended|expired|closed)",
    _PERSON + r"[^.;]{0,60}(terminated|deleted|removed|discontinued|undeliverable|unroute?able|frozen|archived)",
    r"\b(no such|unknown|invalid|non-?existent|bad|inactive|deactivated|disabled|undefined|illegal|n't a|not an?)"
    r" (known |valid |active |local |virtual )?" + _PERSON,
    r"\b(no such|unknown|invalid|non-?existent) (domain|host|person|local)",
    r"\bno (mail ?box|mail box|account|user)\b",
    r"no longer (with|at|works|employed|here|valid)|\bhas moved|undeliverable|unroute?able|no valid recipients",
    r"no one at",
    _HOST
    + r"[^.;]{0,60}(not found|not exist|n't exist|unknown|nxdomain|no (mx|mail)|invalid)|null mx|non[ -]?existent",
    r"not accept (any )?(mail|e-?mail)|account that you tried to reach|can'?t accept user|bad ?rcpt ?to",
    r"badrecipient|validrcpt|not our|refuses to accept|home directory",
    r"currently suspended|suspend(ed)? (the|user)|does not exist|was not found|> not found|name directory",
    # The same in French, Italian, Spanish, German.
    r"utilisateur inconnu|destinataire (inconnu|invalide)|nessun utente|no existe|unbekannt|nicht gefunden",
    r"existiert nicht",
)


def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


_SENDER, _FULL = _any(SENDER), _any(FULL)
# Read top to bottom; the first that fits decides.
_WORDS = (
    (_SENDER, Verdict.POLICY),
    (_FULL, Verdict.SOFT),
    (_any(CARGO), Verdict.MESSAGE),
    (_any(NOT_LET_IN), Verdict.HARD),
    (_any(REPUTATION), Verdict.POLICY),
    (_any(CONTENT), Verdict.MESSAGE),
    (_any(TROUBLE), Verdict.SOFT),
    (_any(NOBODY), Verdict.HARD),
)
# The registry of enhanced codes (RFC 3463, RFC 5248): the bad address, so plain that little outweighs it.
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
MAX_TEXT = 2000
_CODE = re.compile(r"(?<![\d.])5[0-5]\d(?=[ -])")
_ENHANCED = re.compile(r"(?<![\d.])[45]\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def enhanced(text: str) -> tuple[int, int] | None:
    """Return subject and detail of the first enhanced status code in a reply (`5.1.1` gives `(1, 1)`), or None."""
    found = _ENHANCED.search(text)
    return (int(found[1]), int(found[2])) if found else None


def of_refusal(code: int | None, text: str) -> Verdict:
    """Return what a permanent refusal means. `code` is the SMTP code; without one it is looked for in the words."""
    text = text[:MAX_TEXT]
    if code is None and (found := _CODE.search(text)):
        code = int(found[0])
    status = enhanced(text)
    if status in _NO_ADDRESS and not _SENDER.search(text) and not _FULL.search(text):
        return Verdict.HARD
    for words, verdict in _WORDS:
        if words.search(text):
            return verdict
    if status is None or status == (0, 0):
        verdict = _BY_CODE.get(code or 0, Verdict.SOFT)
        # Words that say nothing we know are no proof against a person.
        said = re.sub(r"\bsmtp\b|[^A-Za-z]+", "", text, flags=re.IGNORECASE)
        return Verdict.SOFT if verdict is Verdict.HARD and len(said) > len("rejected") else verdict
    return _BY_DETAIL.get(status) or _BY_SUBJECT.get(status[0], Verdict.SOFT)
