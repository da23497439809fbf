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
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from campaigns.mail import footers, links, marks, mime, variables
from campaigns.mail.moulds import Mould
from campaigns.mail.segments import Blank
from fluenzr.core import signing

OPTIONAL = variables.OPTIONAL | {links.TAIL}


@dataclass(frozen=True)
class Addresses:
    """The addresses of ours that a mail may hold; `click` gives the one of a link."""

    base: str
    message_id: uuid.UUID

    def token(self, purpose: str, link: int = 0) -> str:
        """Return the token of the message for a purpose."""
        return signing.sign(purpose, self.message_id, link)

    @property
    def pixel(self) -> str:
        """Loaded when the mail is opened."""
        return f"{self.base}/t/o/{self.token('open')}.gif"

    @property
    def leave(self) -> str:
        """The unsubscribe page, and the target of the one-click POST."""
        return f"{self.base}/t/u/{self.leave_token}"

    @property
    def prefer(self) -> str:
        """The preferences page."""
        return f"{self.base}/t/p/{self.leave_token}"

    @cached_property
    def leave_token(self) -> str:
        """Stands in these addresses, and in the subject of the mail that `mailto:` asks for."""
        return self.token("leave")

    def click(self, index: int) -> str:
        """Leads to the target of a link."""
        return f"{self.base}/t/c/{self.token('click', index)}"


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
    values = said_to_all(frozen, ours)
    subject = frozen["subject"] or render_subject(mould, frozen, ours, missing=missing, with_marks=with_marks)
    body_values = values | mould.spins(frozen["seed"])
    addresses, targets = links_of(mould, frozen, ours, body_values)
    footer = footer_of(mould, frozen, ours)
    text_signature, html_signature = footers.signature(frozen["sender"].get("signature", ""))
    shared = {**body_values, **addresses, **footers.labels(frozen["language"])}
    try:
        said = shared | {"signature": text_signature}
        text = mould.text.render(said, missing=missing, optional=OPTIONAL, with_marks=with_marks)
        said = shared | {"signature": html_signature, links.TAIL: Markup(footer.html)}
        unheard: list[str] | None = [] if missing is not None else None
        html = mould.html.render(said, missing=unheard, optional=OPTIONAL, with_marks=with_marks)
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
    values = said_to_all(frozen, ours) | mould.subject_spins(frozen["seed"])
    said = mould.subject.render(values, missing=missing, optional=OPTIONAL, with_marks=with_marks)
    return mime.clean(said)


def footer_of(mould: Mould, frozen: Mapping[str, Any], ours: Addresses) -> footers.Footer:
    """Return the footer of a mail."""
    return footers.make(
        frozen,
        leave=ours.leave,
        prefer=ours.prefer,
        pixel=ours.pixel if frozen["opens"] else "",
        has_unsubscribe=mould.has_unsubscribe,
    )


def said_to_all(frozen: Mapping[str, Any], ours: Addresses) -> dict[str, Any]:
    """Return the values that every template of a mail may name."""
    language = frozen["language"]
    values = variables.with_days(frozen["values"], frozenset(frozen["dated"]), language)
    values |= frozen["sender"] | _date_values(frozen["day"], language)
    return variables.with_aliases(values | {"unsubscribe_link": ours.leave, "preferences_link": ours.prefer})


@lru_cache(maxsize=64)
def _date_values(day: str, language: str) -> dict[str, Any]:
    return variables.date_values(date.fromisoformat(day), language)


def links_of(
    mould: Mould, frozen: Mapping[str, Any], ours: Addresses, values: Mapping[str, Any]
) -> tuple[dict[str, str | None], dict[int, str]]:
    """Return what each link of the bodies is, by its variable, and the targets to keep for this person."""
    addresses: dict[str, str | None] = {}
    kept: dict[int, str] = {}
    for index, target in mould.targets.items():
        if index in mould.fixed:
            addresses[f"{links.LINK}{index}"] = link(frozen, ours, index, mould.fixed[index])
            continue
        blank: list[str] = []
        url = links.completed(target.render(values, missing=blank, optional=OPTIONAL))
        # Only a mail that shows this link stops at it: it may stand inside of an `if`.
        addresses[f"{links.LINK}{index}"] = None if blank else link(frozen, ours, index, url)
        if is_tracked(frozen, url) and not blank:
            kept[index] = url
    return addresses, kept


def link(frozen: Mapping[str, Any], ours: Addresses, index: int, url: str) -> str:
    """Return what stands in a mail for a link to `url`, which is "" where it leads nowhere."""
    return ours.click(index) if is_tracked(frozen, url) else url or "#"


def is_tracked(frozen: Mapping[str, Any], url: str) -> bool:
    """Whether clicks on a link to `url` are counted."""
    return bool(frozen["clicks"]) and url.lower().startswith(("http://", "https://"))


def _cause(mould: Mould, name: str, values: Mapping[str, Any]) -> str:
    """Return the variable behind a blank one: a link is blank because one in its target is."""
    if not name.startswith(links.LINK):
        return name
    blank: list[str] = []
    mould.targets[int(name.removeprefix(links.LINK))].render(values, missing=blank, optional=OPTIONAL)
    return blank[0] if blank else name


@dataclass(slots=True)
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
    own = own_headers(frozen, Addresses(frozen["base"], sheet.id))
    people = (mime.mailbox("From", *frozen["from"]), mime.mailbox("To", *frozen["to"]))
    return _written(sheet, people, letter, date=dated(frozen["at"]), own=own, files=files)


def own_headers(frozen: Mapping[str, Any], ours: Addresses) -> list[mime.Header]:
    """Return the headers that mail to many should carry."""
    leave = f"<{ours.leave}>"
    if frozen["mailto"]:
        leave += f", <mailto:{quote(frozen['from'][1], safe='@')}?subject=unsubscribe%20{ours.leave_token}>"
    return [
        # On one line: folding it broke signatures at some servers (semantics.md, section 8).
        ("List-Unsubscribe", leave),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", f"<{frozen['list']}>"),
    ]


@lru_cache(maxsize=64)
def dated(at: str) -> mime.Header:
    """Return the Date header of an instant that was frozen."""
    return mime.date(datetime.fromisoformat(at))


def boundary(key: uuid.UUID) -> str:
    """Return what stands between the parts of a mail."""
    return f"=_{key.hex}"


def names_of(sheet: Sheet) -> list[mime.Header]:
    """Return the headers that say which mail it is, and which it answers."""
    headers = [mime.ids("Message-ID", [sheet.message_id])]
    if sheet.in_reply_to:
        headers.append(mime.ids("In-Reply-To", [sheet.in_reply_to]))
        headers.append(mime.ids("References", sheet.references or (sheet.in_reply_to,)))
    return headers


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
    people = (mime.mailbox("From", *sender), mime.mailbox("To", *recipient))
    return _written(sheet, people, letter, date=mime.date(at), own=[], files=files)


def _written(
    sheet: Sheet,
    people: Sequence[mime.Header],
    letter: Letter,
    *,
    date: mime.Header,
    own: list[mime.Header],
    files: Sequence[bytes] = (),
) -> bytes:
    headers = [*people, mime.unstructured("Subject", letter.subject), date, *names_of(sheet), *own]
    return mime.alternative(headers, text=letter.text, html=letter.html, boundary=boundary(sheet.id), files=files)
