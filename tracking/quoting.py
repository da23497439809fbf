"""What a person wrote anew in a reply, without the mail that it quotes. The full text is kept beside it."""

import re

from mailparser_reply import EmailReplyParser

from tracking import parsing
from tracking.parsing import Parsed

PREVIEW = 1000
LONGEST = 10_000
LONGEST_LINE = 1000
_LANGUAGES = ["en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
_parser = EmailReplyParser(languages=_LANGUAGES)

# From here on stands the old mail: the headers that clients put above it, and their lines of dashes.
_WROTE = r"(wrote|a écrit|schrieb|geschrieben|escribió|ha scritto|escreveu|schreef|skrev|napisał\(?a?\)?)"
_BANNER = (
    r"^[ \t>]*-{2,}\s*(original message|message original|ursprüngliche nachricht|message d'origine|mensaje original|"
    r"messaggio originale|mensagem original|oorspronkelijk bericht|reply message|forwarded message)"
)
_HEADERS = (
    r"^[ \t>]*\*?(from|von|de|da|van|från|fra|od)\s?:\*?[^\n]{1,300}\n(?:[^\n]{0,300}\n){0,2}?"
    r"[ \t>]*\*?(sent|date|gesendet|datum|envoyé|enviado( el)?|fecha|inviato|data|verzonden|skickat|sendt|wysłano)\s?:"
)
_ON_DATE = (
    r"^[ \t>]*(on|le|am|el|il|em|op|den|dnia|w dniu)\b[^\n]{5,200}(?:\n[^\n]{0,200}){0,2}?"
    rf"{_WROTE}[^\n]{{0,100}}:\s*$"
)
_BY_WHOM = rf"^[^\n]{{3,150}}<[^\s<>@]{{1,250}}@[^\s<>]{{1,250}}>[^\n]{{0,30}}{_WROTE}[^\n]{{0,60}}:\s*$"
_CUTS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (_BANNER, r"^[ \t]*_{20,}\s*$", _HEADERS, _ON_DATE, _BY_WHOM)
)
_MARKUP = re.compile(r"gmail_quote|type=[\"']?cite|divRplyFwdMsg|appendonsend|yahoo_quoted|protonmail_quote")
_SIGNATURE = re.compile(
    r"\n(--[ ]?\n|__+\n|(sent from (my|outlook|mail|yahoo|proton)|get outlook for|envoyé (de|depuis|à partir)|"
    r"gesendet (von|mit)|von meinem|"
    r"enviado (desde|do)|inviato da|verstuurd vanaf|verzonden (met|vanaf)|skickat från|sendt fra|"
    r"wysłane z)[^\n]{0,80}(\n|$))",
    re.IGNORECASE,
)


def reply_of(parsed: Parsed) -> str:
    """Return what was written anew; the whole text where nothing seems to be."""
    cut = _by_markup(parsed) or _cut(parsed.text)
    return cut or parsed.text.strip()


def preview_of(text: str) -> str:
    """Return the beginning of a reply, for lists."""
    return text[:PREVIEW].strip()


def _by_markup(parsed: Parsed) -> str:
    """Take the HTML's word where its program marked the quoted mail; that is surer than any text."""
    if not _MARKUP.search(parsed.html):
        return ""
    return _cut(parsing.text_of_html(parsed.html))


def _cut(text: str) -> str:
    text = text.strip()
    end = min((found.start() for cut in _CUTS if (found := cut.search(text)) is not None), default=len(text))
    kept = text[:end]
    lines = kept.split("\n")
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    kept = "\n".join(lines)
    if end == len(text):
        kept = _by_library(kept)
    return _without_signature(kept)


def _by_library(text: str) -> str:
    """Cut what we know no mark of: the library knows more languages. On long lines it takes minutes."""
    if len(text) > LONGEST or max((len(line) for line in text.split("\n")), default=0) > LONGEST_LINE:
        return text
    return _parser.parse_reply(text=text) or text


def _without_signature(text: str) -> str:
    found = _SIGNATURE.search("\n" + text)
    kept = text[: max(0, found.start() - 1)] if found else text
    return kept.strip() or text.strip()
