"""Fills the mould of a node with the frozen values of one mail, and writes the mail.

All that differs from mail to mail is in `frozen`, so a mail made again is the same, whatever became of the contact,
the account or the settings since:

`subject`, `at` (ISO, local offset), `day`, `language`, `seed`, `from` and `to` (name and ASCII address), `values` of
contact variables, `dated` (which of them are dates), `sender` values, `base` (of tracking addresses), `opens`, `clicks`
(what is tracked), `mailto` (whether the mailbox is read), `list` (its id), `branded`, `address` (of the workspace),
`blanks` (whether blank variables are let pass).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from campaigns.mail import footers, links, marks, mime, variables
from campaigns.mail.moulds import Mould
from campaigns.mail.templating import Blank
from fluenzr.core import ids, signing

_OPTIONAL = variables.OPTIONAL | {links.TAIL}


@dataclass(frozen=True)
class Addresses:
    """The addresses of ours that a mail may hold; `click` gives the one of a link."""

    base: str
    message_id: uuid.UUID

    @property
    def pixel(self) -> str:
        """Loaded when the mail is opened."""
        return f"{self.base}/t/o/{signing.sign('open', self.message_id)}.gif"

    @property
    def leave(self) -> str:
        """The unsubscribe page, and the target of the one-click POST."""
        return f"{self.base}/t/u/{self.leave_token}"

    @property
    def prefer(self) -> str:
        """The preferences page."""
        return f"{self.base}/t/p/{self.leave_token}"

    @property
    def leave_token(self) -> str:
        """Stands in these addresses, and in the subject of the mail that `mailto:` asks for."""
        return signing.sign("leave", self.message_id)

    def click(self, index: int) -> str:
        """Leads to the target of a link."""
        return f"{self.base}/t/c/{signing.sign('click', self.message_id, index)}"


@dataclass(frozen=True)
class Letter:
    """What a mail says; `targets` are the filled targets of its tracked links that differ from person to person."""

    subject: str
    text: str
    html: str
    targets: dict[int, str]


def fill(
    mould: Mould,
    frozen: Mapping[str, Any],
    message_id: uuid.UUID,
    *,
    missing: list[str] | None = None,
    with_marks: bool = False,
) -> Letter:
    """Return what the mail of one person says. With `missing`, blank variables are noted there and left out.

    `with_marks` shows where they should stand (see `campaigns.mail.marks`).

    Raises:
        Blank: a variable has no value and no fallback.
        TemplateProblem: the template cannot do with these values what it says.
    """
    if frozen["blanks"] and missing is None:
        missing = []
    ours = Addresses(frozen["base"], message_id)
    values = _values(frozen, ours)
    subject = frozen["subject"] or render_subject(mould, frozen, ours, missing=missing, with_marks=with_marks)
    body_values = values | mould.spins(frozen["seed"])
    addresses, targets = _links(mould, frozen, ours, body_values)
    footer = footers.make(
        frozen,
        leave=ours.leave,
        prefer=ours.prefer,
        pixel=ours.pixel if frozen["opens"] else "",
        has_unsubscribe=mould.has_unsubscribe,
    )
    text_signature, html_signature = footers.signature(frozen["sender"].get("signature", ""))
    shared = body_values | addresses | footers.labels(frozen["language"])
    try:
        said = shared | {"signature": text_signature}
        text = mould.text.render(said, missing=missing, optional=_OPTIONAL, with_marks=with_marks)
        said = shared | {"signature": html_signature, links.TAIL: Markup(footer.html)}
        unheard: list[str] | None = [] if missing is not None else None
        html = mould.html.render(said, missing=unheard, optional=_OPTIONAL, with_marks=with_marks)
    except Blank as blank:
        raise Blank(_cause(mould, blank.name, body_values)) from None
    if missing is not None:
        for name in missing if with_marks else ():
            text = text.replace(marks.mark(name), marks.mark(_cause(mould, name, body_values)))
        missing[:] = dict.fromkeys(_cause(mould, name, body_values) for name in missing)
    return Letter(subject, text.rstrip("\n") + "\n" + footer.text, html, targets)


def render_subject(
    mould: Mould,
    frozen: Mapping[str, Any],
    ours: Addresses,
    *,
    missing: list[str] | None = None,
    with_marks: bool = False,
) -> str:
    """Return the subject of a mail that begins a thread, on one line; see `fill`."""
    values = _values(frozen, ours) | mould.subject_spins(frozen["seed"])
    said = mould.subject.render(values, missing=missing, optional=_OPTIONAL, with_marks=with_marks)
    return mime.clean(said)


def _values(frozen: Mapping[str, Any], ours: Addresses) -> dict[str, Any]:
    language = frozen["language"]
    values = variables.with_days(frozen["values"], frozenset(frozen["dated"]), language)
    values |= frozen["sender"] | variables.date_values(date.fromisoformat(frozen["day"]), language)
    return variables.with_aliases(values | {"unsubscribe_link": ours.leave, "preferences_link": ours.prefer})


def _links(
    mould: Mould, frozen: Mapping[str, Any], ours: Addresses, values: Mapping[str, Any]
) -> tuple[dict[str, str | None], dict[int, str]]:
    """Return what each link of the bodies is, by its variable, and the targets to keep for this person."""
    addresses: dict[str, str | None] = {}
    kept: dict[int, str] = {}
    for index, target in mould.targets.items():
        blank: list[str] = []
        url = links.completed(target.render(values, missing=blank, optional=_OPTIONAL))
        if frozen["clicks"] and url.lower().startswith(("http://", "https://")):
            addresses[f"{links.LINK}{index}"] = ours.click(index)
            if not links.is_fixed(mould.urls[index]):
                kept[index] = url
        else:
            addresses[f"{links.LINK}{index}"] = None if blank else url or "#"
        if blank:
            # Only a mail that shows this link stops at it: it may stand inside of an `if`.
            addresses[f"{links.LINK}{index}"] = None
            kept.pop(index, None)
    return addresses, kept


def _cause(mould: Mould, name: str, values: Mapping[str, Any]) -> str:
    """Return the variable behind a blank one: a link is blank because one in its target is."""
    if not name.startswith(links.LINK):
        return name
    blank: list[str] = []
    mould.targets[int(name.removeprefix(links.LINK))].render(values, missing=blank, optional=_OPTIONAL)
    return blank[0] if blank else name


@dataclass(frozen=True)
class Sheet:
    """What the head of a mail needs to know of its message."""

    id: uuid.UUID
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]


def write(sheet: Sheet, frozen: Mapping[str, Any], letter: Letter, files: Sequence[bytes] = ()) -> bytes:
    """Return the bytes of a mail of a sequence, with the headers that mail to many should carry.

    `files` are its attachments as `mime.attached` makes them.
    """
    ours = Addresses(frozen["base"], sheet.id)
    leave = f"<{ours.leave}>"
    if frozen["mailto"]:
        leave += f", <mailto:{quote(frozen['from'][1], safe='@')}?subject=unsubscribe%20{ours.leave_token}>"
    own = [
        # On one line: folding it broke signatures at some servers (semantics.md, section 8).
        ("List-Unsubscribe", leave),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", f"<{frozen['list']}>"),
    ]
    at = datetime.fromisoformat(frozen["at"])
    return _written(sheet, frozen["from"], frozen["to"], letter, at=at, own=own, files=files)


def write_plain(
    sheet: Sheet,
    *,
    sender: list[str],
    recipient: list[str],
    letter: Letter,
    at: datetime,
    files: Sequence[bytes] = (),
) -> bytes:
    """Return the bytes of a mail from person to person: nothing of ours in it. `files` as for `write`."""
    return _written(sheet, sender, recipient, letter, at=at, own=[], files=files)


def _written(
    sheet: Sheet,
    sender: list[str],
    recipient: list[str],
    letter: Letter,
    *,
    at: datetime,
    own: list[mime.Header],
    files: Sequence[bytes] = (),
) -> bytes:
    headers = [
        mime.mailbox("From", *sender),
        mime.mailbox("To", *recipient),
        mime.unstructured("Subject", letter.subject),
        mime.date(at),
        mime.ids("Message-ID", [sheet.message_id]),
    ]
    if sheet.in_reply_to:
        headers.append(mime.ids("In-Reply-To", [sheet.in_reply_to]))
        headers.append(mime.ids("References", sheet.references or (sheet.in_reply_to,)))
    boundary = f"=_{ids.encode(sheet.id)}"
    return mime.alternative(headers + own, text=letter.text, html=letter.html, boundary=boundary, files=files)
