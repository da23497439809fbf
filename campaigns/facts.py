"""Loads what is known of people, for a whole batch in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns import graph
from campaigns.enums import EventType, MessageState
from campaigns.mail import variables
from campaigns.models import Enrolment, Event, Link, Message
from campaigns.nodes.base import Facts, Mail
from contacts import tagging
from contacts.models import Contact, CustomField, Group, Membership
from fluenzr.core import ids
from fluenzr.workspaces.enums import TrackingMode
from fluenzr.workspaces.models import Workspace

_FINAL = (MessageState.SENT, MessageState.UNCERTAIN, MessageState.FAILED)


def of(enrolments: Sequence[Enrolment]) -> dict[UUID, Facts]:
    """Return the facts of each enrolment by its key; only what their workflows read is loaded.

    The enrolments come with their `contact` and `workspace` loaded.
    """
    needs = _needs(enrolments)
    contacts = [row.contact_id for row in enrolments if row.contact_id is not None]
    tags = _tags(contacts) if "tags" in needs else {}
    groups = _groups(contacts) if "groups" in needs else {}
    mails = _mails(enrolments, with_clicks="clicks" in needs) if "mails" in needs else {}
    own = _own_fields(enrolments) if "fields" in needs else {}
    return {
        row.pk: Facts(
            fields=_fields(row, own.get(row.workspace_id, {})) if "fields" in needs else {},
            tags=tags.get(row.contact_id, frozenset()),
            groups=groups.get(row.contact_id, frozenset()),
            mails=mails.get(row.pk, ()),
        )
        for row in enrolments
    }


def of_contacts(contacts: Collection[Contact], *, needs: frozenset[str], workspace: Workspace) -> dict[UUID, Facts]:
    """Return the facts of contacts of a workspace who got no mail yet, by key; only what `needs` names is loaded."""
    keys = [contact.pk for contact in contacts]
    tags = _tags(keys) if "tags" in needs else {}
    groups = _groups(keys) if "groups" in needs else {}
    own = CustomField.objects.in_workspace(workspace) if "fields" in needs else ()
    fields = {item.key: item for item in own}
    return {
        contact.pk: Facts(
            fields=variables.contact_values(contact, fields) if "fields" in needs else {},
            tags=tags.get(contact.pk, frozenset()),
            groups=groups.get(contact.pk, frozenset()),
        )
        for contact in contacts
    }


def tracked(contact: Contact | None, workspace: Workspace, data: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether opens and clicks of a mail to a contact are seen; `data` is that of its node."""
    seen = workspace.tracking_mode != TrackingMode.OFF and (contact is None or contact.objected_at is None)
    return seen and bool(data.get("trackOpens", True)), seen and bool(data.get("trackClicks", True))


def _needs(enrolments: Sequence[Enrolment]) -> frozenset[str]:
    versions = {row.version_id for row in enrolments if row.version_id is not None}
    return frozenset().union(*(graph.of_version(version).needs for version in versions))


def _own_fields(enrolments: Sequence[Enrolment]) -> dict[UUID, dict[str, CustomField]]:
    """Return the custom fields of each workspace by key: a blank one has its default, here as in a template."""
    found: dict[UUID, dict[str, CustomField]] = defaultdict(dict)
    for item in CustomField.objects.filter(workspace__in={row.workspace_id for row in enrolments}):
        found[item.workspace_id][item.key] = item
    return found


def _fields(enrolment: Enrolment, own: Mapping[str, CustomField]) -> Mapping[str, Any]:
    return variables.contact_values(enrolment.contact, own) if enrolment.contact is not None else {}


def _tags(contacts: Collection[UUID]) -> dict[UUID | None, frozenset[str]]:
    return {contact: frozenset(names) for contact, names in tagging.meant(contacts).items()}


def _groups(contacts: Collection[UUID]) -> dict[UUID | None, frozenset[str]]:
    found: dict[UUID | None, set[str]] = defaultdict(set)
    for contact, group in Membership.objects.filter(contact__in=contacts).values_list("contact", "group"):
        found[contact].add(f"{Group.prefix()}_{ids.encode(group)}")
    return {contact: frozenset(names) for contact, names in found.items()}


def _mails(enrolments: Sequence[Enrolment], *, with_clicks: bool) -> dict[UUID, tuple[Mail, ...]]:
    rows = list(Message.objects.filter(enrolment__in=[row.pk for row in enrolments]).order_by("created_at", "id"))
    clicks = _clicks(rows) if with_clicks else {}
    owners = {row.pk: row for row in enrolments}
    found: dict[UUID, list[Mail]] = defaultdict(list)
    for row in rows:
        if row.enrolment_id is not None:
            found[row.enrolment_id].append(_mail(row, owners[row.enrolment_id], clicks.get(row.pk, {})))
    return {key: tuple(mails) for key, mails in found.items()}


def _mail(row: Message, enrolment: Enrolment, clicks: Mapping[str, datetime]) -> Mail:
    node = graph.of_version(row.version_id).nodes.get(row.node) if row.version_id is not None else None
    data = node.data if node is not None else {}
    opens_tracked, clicks_tracked = tracked(enrolment.contact, enrolment.workspace, data)
    return Mail(
        node=row.node,
        state=row.state,
        at=row.sent_at or row.sending_at or row.settled_at or row.not_before,
        final=row.state in _FINAL,
        opened_at=row.first_opened_at,
        clicked_at=row.first_clicked_at,
        clicks=clicks,
        replied_at=row.replied_at,
        bounced_at=row.bounced_at,
        opens_tracked=opens_tracked,
        clicks_tracked=clicks_tracked,
    )


def _clicks(messages: Sequence[Message]) -> dict[UUID, dict[str, datetime]]:
    """Return by message when each link was first clicked by a person: two queries.

    A link is known by where it led, and by how its author wrote it, which is the same for everybody.
    """
    rows = Event.objects.filter(
        message__in=[row.pk for row in messages], type=EventType.CLICKED, is_bot=False, link__isnull=False
    )
    clicked = list(rows.order_by("-at").values_list("message", "link", "at", "metadata"))
    written = _written({row.version_id for row in messages})
    mails = {row.pk: row for row in messages}
    found: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    for message, index, at, metadata in clicked:
        mail = mails[message]
        for url in (metadata.get("linkUrl"), written.get((mail.version_id, mail.node, mail.variant, index))):
            if url:
                found[message][url] = at
    return found


def _written(versions: Collection[UUID | None]) -> dict[tuple[UUID | None, str, str, int], str]:
    """Return the targets of links as they stand in the mails of these versions."""
    rows = Link.objects.filter(version__in=versions).values_list("version", "node", "variant", "index", "url")
    return {(version, node, variant, index): url for version, node, variant, index, url in rows}
