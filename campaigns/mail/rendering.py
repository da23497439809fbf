"""Makes mails: freezes what goes into them, and writes them from that, the same on every call.

`prepare` reads the database, in a fixed number of queries for any number of messages; `compose` only works.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from campaigns.graph import Graph, of_version, parse
from campaigns.mail import freezing, letters, links, moulds
from campaigns.mail.freezing import Sources
from campaigns.mail.letters import Addresses, Letter, Sheet
from campaigns.mail.moulds import Mould
from campaigns.mail.scanning import TemplateProblem
from campaigns.mail.templating import Blank
from campaigns.mail.threads import Place, place
from campaigns.models import Campaign, Link, Message, WorkflowVersion
from contacts.models import Contact
from fluenzr.core.errors import Invalid
from fluenzr.core.ids import uuid7
from fluenzr.mailboxes.envelopes import ascii_address
from fluenzr.mailboxes.models import Account


@dataclass(frozen=True)
class Frozen:
    """What a message keeps so that its mail can be made again: see `campaigns.mail.letters` for `values`.

    `links` are the targets, by index, that hold a variable; Message-IDs come without brackets.
    """

    values: dict[str, Any]
    links: dict[str, str] = field(default_factory=dict)
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Unrenderable:
    """Why the mail of this person cannot be made, as a sentence."""

    reason: str


@dataclass(frozen=True)
class Preview:
    """What a mail would say; `missing` are the variables that are blank for this person and have no fallback."""

    subject: str
    text: str
    html: str
    missing: tuple[str, ...]


def prepare(messages: Sequence[Message], *, now: datetime) -> dict[UUID, Frozen | Unrenderable]:
    """Return, for each message of a sequence, what to freeze, or why its mail cannot be made."""
    sources = freezing.load(messages)
    return {message.pk: _prepared(message, sources, now) for message in messages}


def _prepared(message: Message, sources: Sources, now: datetime) -> Frozen | Unrenderable:
    contact = sources.contacts.get(message.contact_id) if message.contact_id else None
    mould = _mould_of(message)
    if contact is None or mould is None or message.campaign_id is None or message.enrolment_id is None:
        return Unrenderable(_("The contact or the step of this mail is gone."))
    account = sources.accounts[message.account_id]
    before = [one for one in sources.before.get(message.enrolment_id, ()) if one.pk != message.pk]
    try:
        values = freezing.values(
            mould.names,
            tracked=(mould.track_opens, mould.track_clicks),
            contact=contact,
            recipient=message.recipient,
            account=account,
            workspace=account.workspace,
            fields=sources.fields.get(message.workspace_id, {}),
            zone=sources.campaigns[message.campaign_id].timezone,
            seed=sources.seeds[message.enrolment_id],
            now=now,
        )
        return _frozen(message, mould, values, place(message, mould, before, mould_of=_mould_of))
    except Blank as blank:
        return Unrenderable(_("“%(name)s” is blank and has no fallback.") % {"name": blank.name})
    except TemplateProblem as problem:
        return Unrenderable(str(problem.text))
    except ValueError:
        return Unrenderable(_("The address of the recipient or of the sender cannot be used in a mail."))


def _frozen(message: Message, mould: Mould, values: dict[str, Any], where: Place) -> Frozen:
    values["subject"] = where.subject
    letter = letters.fill(mould, values, message.pk)
    if not letter.subject:
        raise TemplateProblem(_("The subject is blank."))
    values["subject"] = letter.subject
    targets = {str(index): url for index, url in letter.targets.items()}
    return Frozen(values, targets, where.in_reply_to, list(where.references))


@lru_cache(maxsize=256)
def _published_mould(version_id: UUID, node: str, variant: str) -> Mould:
    """Return the mould of a node of a version, which never changes; KeyError when it has no such node."""
    return moulds.make(node, of_version(version_id).nodes[node].data)


def _mould_of(message: Message) -> Mould | None:
    if message.version_id is None:
        return None
    try:
        return _published_mould(message.version_id, message.node, message.variant)
    except (KeyError, TemplateProblem):
        return None


def compose(messages: Sequence[Message]) -> dict[UUID, bytes]:
    """Return the mail of each message as it goes over the wire; made again it is the same, byte for byte.

    Messages of a sequence must carry what `prepare` froze; others have their `content` (`subject`, `text`, `html`).
    """
    return {message.pk: _composed(message) for message in messages}


def _composed(message: Message) -> bytes:
    sheet = Sheet(message.pk, message.message_id, message.in_reply_to, tuple(message.references))
    if message.content is not None:
        return _plain(message, sheet)
    mould = _published_mould(_known(message.version_id), message.node, message.variant)
    return letters.write(sheet, message.frozen, letters.fill(mould, message.frozen, message.pk))


def _known(version_id: UUID | None) -> UUID:
    if version_id is None:
        raise ValueError("a mail of a sequence belongs to a version of its workflow")
    return version_id


def _plain(message: Message, sheet: Sheet) -> bytes:
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


def preview(*, campaign: Campaign, graph: Graph, node_id: str, contact: Contact, now: datetime) -> Preview:
    """Return what the mail of a node would say to a contact, without tracking; nothing is written.

    Raises:
        Invalid: the node's templates do not work; KeyError when there is no such email node.
    """
    try:
        mould = moulds.make(node_id, graph.nodes[node_id].data)
        values = _preview_values(campaign, contact, now, names=_names(graph))
        message_id, missing = uuid7(), list[str]()
        values["subject"] = _earlier_subject(graph, node_id, mould, values, message_id)
        letter = letters.fill(mould, values, message_id, missing=missing)
    except TemplateProblem as problem:
        raise Invalid(problem.text, field=f"workflow.nodes.{node_id}.data.body") from problem
    return Preview(letter.subject, letter.text, letter.html, tuple(missing))


def _names(graph: Graph) -> frozenset[str]:
    # A follow-up may say the subject of any mail before it.
    return frozenset().union(*(moulds.make(node.id, node.data).names for node in graph.emails()))


def _preview_values(campaign: Campaign, contact: Contact, now: datetime, *, names: frozenset[str]) -> dict[str, Any]:
    workspace = campaign.workspace
    lane = campaign.lanes.select_related("account").order_by("position").first()
    account = lane.account if lane is not None else Account(workspace=workspace, email="you@example.com")
    return freezing.values(
        names,
        tracked=(False, False),
        contact=contact,
        recipient="recipient@example.com",
        account=account,
        workspace=workspace,
        fields=freezing.fields_of({workspace.pk}).get(workspace.pk, {}),
        zone=campaign.timezone,
        seed=contact.pk.int % 2**32,
        now=now,
    )


def _earlier_subject(graph: Graph, node_id: str, mould: Mould, values: Mapping[str, Any], message_id: UUID) -> str:
    """Return the subject of a follow-up: that of the mail before it in the walk which has one of its own."""
    if mould.subject_source and not mould.same_thread:
        return ""
    earlier = ""
    for node in graph.emails():
        if node.id == node_id:
            break
        if node.data["subject"].strip() and not (node.data["sameThread"] and earlier):
            first = moulds.make(node.id, node.data)
            earlier = letters.render_subject(first, values, Addresses(values["base"], message_id), missing=[])
    return f"Re: {earlier}" if earlier else ""
