"""Makes mails: freezes what goes into them, and writes them from that, the same on every call.

`make` does both for fresh messages and fills each once; `prepare` only freezes and `compose` only writes. What freezes
reads the database, in a fixed number of queries for any number of messages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import attachments
from campaigns.graph import Graph, parse
from campaigns.mail import castings, freezing, letters, links, moulds, published
from campaigns.mail.castings import Cast
from campaigns.mail.enclosures import Enclosures
from campaigns.mail.freezing import Frame, Sources
from campaigns.mail.letters import Addresses, Letter, Sheet
from campaigns.mail.moulds import Mould
from campaigns.mail.published import mould_of
from campaigns.mail.scanning import TemplateProblem
from campaigns.mail.segments import Blank
from campaigns.mail.threads import place
from campaigns.models import Campaign, Link, Message, WorkflowVersion
from contacts.models import Contact
from fluenzr.core import bulk
from fluenzr.core.errors import Invalid, Text
from fluenzr.core.ids import uuid7
from fluenzr.mailboxes.envelopes import ascii_address
from fluenzr.mailboxes.models import Account

_BLANK = gettext_lazy("“%(name)s” is blank and has no fallback.")
_NO_SUBJECT = gettext_lazy("The subject is blank.")

# Of the files in mails that are in memory at once.
PORTION_BYTES = 48 * 1024 * 1024


@dataclass(frozen=True)
class Frozen:
    """What a message keeps so that its mail can be made again: see `campaigns.mail.letters` for `values`.

    `links` are the targets, by index, that hold a variable; Message-IDs come without brackets.
    """

    values: dict[str, Any]
    links: dict[str, str] = field(default_factory=dict)
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    # The values as JSON, which is sooner made of what mails have in common.
    written: bulk.Json = field(default_factory=bulk.Json)


@dataclass(frozen=True)
class Unrenderable:
    """Why the mail of this person cannot be made, as a sentence."""

    reason: str


@dataclass(frozen=True)
class Made:
    """A mail that was made: what to freeze, and its bytes as `compose` makes them of that."""

    frozen: Frozen
    content: bytes


@dataclass(frozen=True)
class Preview:
    """What a mail would say; `missing` are the variables that are blank for this person and have no fallback.

    `attachments` are the entries of its files (see `campaigns.attachments.entry`).
    """

    subject: str
    text: str
    html: str
    missing: tuple[str, ...]
    attachments: tuple[Mapping[str, Any], ...] = ()


def make(
    messages: Sequence[Message], files: Enclosures, *, now: datetime, sources: Sources | None = None
) -> dict[UUID, Made | Unrenderable]:
    """Return, for each fresh message of a sequence, what to freeze and its mail, or why it cannot be made.

    The messages need not be saved yet. `sources` are loaded here unless given; `files` must hold theirs.
    """
    sources = sources or freezing.load(messages)
    return {message.id: _made(message, sources, files, now) for message in messages}


def prepare(messages: Sequence[Message], *, now: datetime) -> dict[UUID, Frozen | Unrenderable]:
    """Return, for each message of a sequence, what to freeze, or why its mail cannot be made."""
    sources = freezing.load(messages)
    made = {message.pk: _made(message, sources, None, now) for message in messages}
    return {key: one if isinstance(one, Unrenderable) else one.frozen for key, one in made.items()}


def _made(message: Message, sources: Sources, files: Enclosures | None, now: datetime) -> Made | Unrenderable:
    """Return a mail; without `files` only what to freeze is right, as its bytes lack the files."""
    # Each is asked for once: the keys of other rows are no plain attributes.
    key, contact_id, journey = message.id, message.contact_id, message.enrolment_id
    mould = mould_of(message)
    contact = sources.contacts.get(contact_id) if contact_id else None
    if contact is None or mould is None or message.campaign_id is None or journey is None:
        return Unrenderable(_("The contact or the step of this mail is gone."))
    try:
        before = [one for one in sources.before.get(journey, ()) if one.id != key] if sources.before else []
        where = place(message, mould, before, mould_of=mould_of)
        frame = _frame(message, mould, contact, sources, now)
        values = frame.values(contact, recipient=message.recipient, seed=sources.seeds[journey])
        values["subject"] = where.subject
        sheet = Sheet(key, message.message_id, where.in_reply_to, where.references)
        parts = files.parts(mould.attachments) if files and mould.attachments else ()
        mail = castings.pour(frame.casting, mould, values, sheet, parts) or _written(mould, values, sheet, parts)
    except Blank as blank:
        return Unrenderable(str(_BLANK % {"name": blank.name}))
    except TemplateProblem as problem:
        return Unrenderable(str(problem.text))
    except ValueError:
        return Unrenderable(_("The address of the recipient or of the sender cannot be used in a mail."))
    if not mail.subject:
        return Unrenderable(str(_NO_SUBJECT))
    values["subject"] = mail.subject
    targets = {str(index): url for index, url in mail.targets.items()}
    frozen = Frozen(values, targets, where.in_reply_to, list(where.references), frame.written(values))
    return Made(frozen, mail.content)


def _frame(message: Message, mould: Mould, contact: Any, sources: Sources, now: datetime) -> Frame:
    """Return what the mail has in common with others, made once for all of them."""
    account_id, campaign_id = message.account_id, message.campaign_id
    key = (mould, account_id, campaign_id, contact.language, contact.objected_at is None, now)
    frame = sources.frames.get(key)
    if frame is None:
        assert campaign_id is not None, "mails of a sequence belong to a campaign"
        account = sources.accounts[account_id]
        frame = sources.frames[key] = freezing.frame(
            mould,
            contact=contact,
            account=account,
            workspace=account.workspace,
            fields=sources.fields.get(message.workspace_id, {}),
            zone=sources.campaigns[campaign_id].timezone,
            now=now,
        )
    return frame


def _written(mould: Mould, frozen: Mapping[str, Any], sheet: Sheet, files: Sequence[bytes]) -> Cast:
    """Return the mail of frozen values where there is no casting for it; whether there is depends on these alone.

    Raises:
        Blank: a variable has no value and no fallback.
        TemplateProblem: the template cannot do with these values what it says.
    """
    letter = letters.fill(mould, frozen, sheet.id)
    return Cast(letter.subject, letter.targets, letters.write(sheet, frozen, letter, files))


def enclosures(messages: Sequence[Message]) -> Enclosures:
    """Read the files that these messages carry, each once."""
    return Enclosures({one for message in messages for one in _attached(message)})


def portions(messages: Sequence[Message], files: Enclosures) -> Iterator[list[Message]]:
    """Cut messages, in their order, so that the files in the mails of each portion do not fill the memory."""
    portion: list[Message] = []
    weight = 0
    for message in messages:
        heavy = files.weight(_attached(message))
        if portion and weight + heavy > PORTION_BYTES:
            yield portion
            portion, weight = [], 0
        portion.append(message)
        weight += heavy
    if portion:
        yield portion


def _attached(message: Message) -> tuple[str, ...]:
    if message.content is not None:
        return tuple(message.content.get("attachments") or ())
    mould = mould_of(message)
    return mould.attachments if mould is not None else ()


def compose(messages: Sequence[Message], files: Enclosures | None = None) -> dict[UUID, bytes]:
    """Return the mail of each message as it goes over the wire; made again it is the same, byte for byte.

    Messages of a sequence must carry what `prepare` froze; others have their `content`: `subject`, `text`, `html` and
    `attachments` by public id.
    Their `files` are read here unless given.
    """
    files = files or enclosures(messages)
    return {message.pk: _composed(message, files) for message in messages}


def _composed(message: Message, files: Enclosures) -> bytes:
    sheet = Sheet(message.pk, message.message_id, message.in_reply_to, tuple(message.references))
    if message.content is not None:
        return _plain(message, sheet, files)
    mould = published.mould(_known(message.version_id), message.node, message.variant)
    frozen, parts = message.frozen, files.parts(mould.attachments)
    mail = castings.cast(mould, frozen, sheet, parts) or _written(mould, frozen, sheet, parts)
    return mail.content


def _known(version_id: UUID | None) -> UUID:
    if version_id is None:
        raise ValueError("a mail of a sequence belongs to a version of its workflow")
    return version_id


def _plain(message: Message, sheet: Sheet, files: Enclosures) -> bytes:
    content, account = message.content, message.account
    text, html = content.get("text") or "", content.get("html") or ""
    letter = Letter(
        subject=content.get("subject") or "",
        text=text or links.plain_text(html),
        html=html or links.simple_html(text),
        targets={},
    )
    return letters.write_plain(
        sheet,
        sender=[account.display_name, ascii_address(account.email)],
        recipient=["", ascii_address(message.recipient)],
        letter=letter,
        at=message.created_at,
        files=files.parts(_attached(message)),
    )


def publish_links(version: WorkflowVersion) -> None:
    """Write down where the tracked links of a version lead, so that clicks lead there and nowhere else."""
    rows: list[Link] = []
    for node in parse(version.graph).emails():
        mould = moulds.make(node.id, node.data)
        if mould.track_clicks:
            rows += [
                Link(workspace_id=version.workspace_id, version=version, node=node.id, index=index, url=url)
                for index, url in mould.tracked_urls().items()
            ]
    Link.objects.bulk_create(rows, ignore_conflicts=True)


def preview(
    *, campaign: Campaign, graph: Graph, node_id: str, contact: Contact, now: datetime, with_marks: bool = False
) -> Preview:
    """Return what the mail of a node would say to a contact, without tracking; nothing is written.

    `with_marks` shows where blank variables should stand (see `campaigns.mail.marks`).

    Raises:
        Invalid: the node's templates do not work; KeyError when there is no such email node.
    """
    return Previews(campaign, graph).of(node_id, contact, now=now, with_marks=with_marks)


class Previews:
    """Previews of a workflow's mails for any number of people: what they share is read and compiled once.

    Raises:
        Invalid: as `preview`.
    """

    def __init__(self, campaign: Campaign, graph: Graph) -> None:
        self._campaign, self._graph = campaign, graph
        workspace = campaign.workspace
        lane = campaign.lanes.select_related("account").order_by("position").first()
        self._account = lane.account if lane is not None else Account(workspace=workspace, email="you@example.com")
        self._fields = freezing.fields_of({workspace.pk}).get(workspace.pk, {})
        self._moulds: dict[str, Mould] = {}

    def of(
        self,
        node_id: str,
        contact: Contact,
        *,
        now: datetime,
        account: Account | None = None,
        before: Sequence[str] | None = None,
        with_marks: bool = False,
    ) -> Preview:
        """Return what a mail would say; `with_marks` shows where blank variables should stand.

        `account` sends it, else the campaign's first; `before` are the nodes whose mails came before it, else those
        before it in the walk.
        """
        try:
            return self._preview(node_id, contact, now, account or self._account, before, with_marks)
        except TemplateProblem as problem:
            raise Invalid(problem.text, field=f"workflow.nodes.{node_id}.data.body") from problem

    def read(self) -> "Previews":
        """Read what the mails share at once, so that making them asks no database any more."""
        _names, _files = self._names, self._files
        return self

    def tracked_urls(self, node_id: str) -> list[str]:
        """Return the targets of a mail's links that a click is counted for, as their author wrote them."""
        return list(self._mould(node_id).tracked_urls().values())

    def _preview(
        self,
        node_id: str,
        contact: Contact,
        now: datetime,
        account: Account,
        before: Sequence[str] | None,
        with_marks: bool,
    ) -> Preview:
        mould, message_id, missing = self._mould(node_id), uuid7(), list[str]()
        values = self._values(node_id, contact, now, account)
        earlier = self._before(node_id) if before is None else before
        values["subject"] = self._earlier_subject(earlier, mould, values, message_id)
        letter = letters.fill(mould, values, message_id, missing=missing, with_marks=with_marks)
        files = tuple(self._files[one] for one in mould.attachments if one in self._files)
        return Preview(letter.subject, letter.text, letter.html, tuple(missing), files)

    def _mould(self, node_id: str) -> Mould:
        if node_id not in self._moulds:
            self._moulds[node_id] = moulds.make(node_id, self._graph.nodes[node_id].data)
        return self._moulds[node_id]

    @cached_property
    def _emails(self) -> list[str]:
        return [node.id for node in self._graph.emails()]

    @cached_property
    def _names(self) -> frozenset[str]:
        # A follow-up may say the subject of any mail before it.
        return frozenset().union(*(self._mould(name).names for name in self._emails))

    @cached_property
    def _files(self) -> dict[str, dict[str, Any]]:
        asked = {one for name in self._emails for one in self._mould(name).attachments}
        return attachments.known(self._campaign.workspace, asked)

    def _before(self, node_id: str) -> list[str]:
        return list(takewhile(lambda name: name != node_id, self._emails))

    def _values(self, node_id: str, contact: Contact, now: datetime, account: Account) -> dict[str, Any]:
        frame = freezing.frame(
            self._mould(node_id),
            names=self._names,
            is_tracked=False,
            contact=contact,
            account=account,
            workspace=self._campaign.workspace,
            fields=self._fields,
            zone=self._campaign.timezone,
            now=now,
        )
        return frame.values(contact, recipient="recipient@example.com", seed=contact.pk.int % 2**32)

    def _earlier_subject(self, before: Sequence[str], mould: Mould, values: Mapping[str, Any], message_id: UUID) -> str:
        """Return the subject of a follow-up: that of the last mail before it which has one of its own."""
        if mould.subject_source and not mould.same_thread:
            return ""
        earlier = ""
        for first in map(self._mould, before):
            if first.subject_source and not (first.same_thread and earlier):
                earlier = letters.render_subject(first, values, Addresses(values["base"], message_id), missing=[])
        return f"Re: {earlier}" if earlier else ""


def refusal(mail: Preview, *, blanks_pass: bool) -> Text:
    """Return why a mail like this would not leave, "" when it would; `blanks_pass` is the workspace's choice."""
    if mail.missing and not blanks_pass:
        return _BLANK % {"name": mail.missing[0]}
    return "" if mail.subject else _NO_SUBJECT
