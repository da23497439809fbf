"""What machines report about our mails: delivery reports (RFC 3464) and complaints (RFC 5965), read leniently."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message as Mail

from fluenzr.mailboxes import verdicts
from fluenzr.mailboxes.verdicts import Verdict
from tracking.parsing import Parsed, decoded, message_ids, parts

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}\.?[A-Za-z0-9-]{2,63}")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


@dataclass(frozen=True)
class Failure:
    """One recipient of a delivery report: `action` as RFC 3464 names it; `status` such as `5.1.1`."""

    recipients: tuple[str, ...]
    action: str
    status: str
    diagnostic: str

    @property
    def has_failed(self) -> bool:
        """Whether the mail came back for good; `delayed` only says that it still tries."""
        if self.action:
            return self.action == "failed"
        return self.status.startswith("5")


def delivery_failures(parsed: Parsed) -> list[Failure]:
    """Return the recipients of the delivery report in a mail; none when it holds no report."""
    return [_failure(block) for part in _of_type(parsed.mail, "delivery-status") for block in _blocks(part)]


def feedback(parsed: Parsed) -> Mapping[str, str] | None:
    """Return the fields of the complaint in a mail (names in lower case), or None."""
    for part in _of_type(parsed.mail, "feedback-report"):
        fields: dict[str, str] = {}
        for block in _blocks(part, all_blocks=True):
            fields |= block
        return fields
    return None


def own_ids(parsed: Parsed) -> list[str]:
    """Return the Message-IDs that a report may be about: of its returned mail, its thread, its text, in this order."""
    returned = [found for part in _returned(parsed.mail) for found in message_ids(part)]
    threads = [*parsed.in_reply_to, *parsed.references]
    return list(dict.fromkeys([*returned, *threads, *message_ids(_all_text(parsed))]))


def returned_recipients(parsed: Parsed) -> list[str]:
    """Return the addresses that the returned mail was sent to, by its own `To`."""
    found: list[str] = []
    for text in _returned(parsed.mail):
        head = text.partition("\n\n")[0]
        unfolded = re.sub(r"\n[ \t]+", " ", head)
        for line in re.findall(r"(?im)^to:(.{0,1000})$", unfolded):
            found += _ADDRESS.findall(line)
    return found


def addresses_in(text: str) -> list[str]:
    """Return what looks like an address in a text, in its order, each once."""
    return list(dict.fromkeys(match.rstrip(".") for match in _ADDRESS.findall(text)))


def kind_of(failure: Failure, text: str) -> str:
    """Return `hard` when the address itself is bad, else `soft`; the status and the words decide together."""
    words = f"{failure.status} {failure.diagnostic}".strip()
    if failure.status.startswith("4") or (not words and not text):
        return "soft"
    code = re.search(r"(?<!\d)([245]\d\d)(?!\d|\.\d)", failure.diagnostic)
    verdict = verdicts.of_refusal(int(code[1]) if code else None, words or text)
    return "hard" if verdict is Verdict.HARD else "soft"


def status_in(text: str) -> str:
    """Return the first enhanced status code in a text, or `""`."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def _of_type(mail: Mail, subtype: str) -> Iterator[Mail]:
    for part in parts(mail):
        # Some servers send `text/delivery-status` or the international form (RFC 6533).
        kind = part.get_content_type()
        if kind.split("/")[-1] in (subtype, f"global-{subtype}"):
            yield part


def _blocks(part: Mail, *, all_blocks: bool = False) -> list[dict[str, str]]:
    """Return the groups of fields of a report; without those that name no recipient, unless all are asked for."""
    blocks = [_fields(block) for block in re.split(r"\n\s*\n", _source(part))]
    if all_blocks:
        return [block for block in blocks if block]
    return [block for block in blocks if block.keys() & {"final-recipient", "original-recipient", "action", "status"}]


def _source(part: Mail) -> str:
    """Return a report's text: the parser turns `message/delivery-status` into a list of headers."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n\n".join(
            "\n".join(f"{name}: {value}" for name, value in block.raw_items()) + "\n" + str(_inner(block))
            for block in payload
            if isinstance(block, Mail)
        )
    return decoded(part) or str(payload)


def _inner(block: Mail) -> str:
    payload = block.get_payload()
    return payload if isinstance(payload, str) else ""


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", block.replace("\r\n", "\n")).split("\n"):
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,60}", name.strip()):
            fields.setdefault(name.strip().lower(), value.strip()[:2000])
    return fields


def _failure(block: Mapping[str, str]) -> Failure:
    named = [block.get(name, "") for name in ("original-recipient", "final-recipient", "x-actual-recipient")]
    recipients = [address for value in named for address in addresses_in(value.rpartition(";")[2])]
    status = status_in(block.get("status", ""))
    diagnostic = block.get("diagnostic-code", "").partition(";")
    action = re.sub(r"[^a-z].*", "", block.get("action", "").lower())
    return Failure(
        recipients=tuple(dict.fromkeys(recipients)),
        action={"failure": "failed", "fail": "failed"}.get(action, action),
        status=status,
        diagnostic=(diagnostic[2] or diagnostic[0]).strip(),
    )


def _returned(mail: Mail) -> Iterator[str]:
    """Yield the source of each mail, or head of a mail, that is attached."""
    for part in parts(mail):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global") and part.is_multipart():
            for child in part.get_payload():
                if isinstance(child, Mail):
                    yield _head(child)
        elif kind.endswith("rfc822-headers") or kind in ("message/rfc822", "message/global", "message/global-headers"):
            yield decoded(part) or _inner(part)


def _head(mail: Mail) -> str:
    return "\n".join(f"{name}: {value}" for name, value in mail.raw_items()) + "\n\n"


def _all_text(parsed: Parsed) -> str:
    texts = (decoded(part) for part in parts(parsed.mail) if part.get_content_maintype() == "text")
    return "\n".join([parsed.text, *texts])
