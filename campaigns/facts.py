"""Loads what is known of people, for a whole batch in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns import graph
from campaigns.enums import EventType, MessageState
from campaigns.mail import variables
from campaigns.models import Enrolment, Event, Message
from campaigns.nodes.base import Facts, Mail
from contacts.models import CustomField, Group, Membership, Tagging
from fluenzr.core import ids
from fluenzr.workspaces.enums import TrackingMode

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
    found: dict[UUID | None, set[str]] = defaultdict(set)
    for contact, name in Tagging.objects.filter(contact__in=contacts).values_list("contact", "tag__name"):
        found[contact].add(name)
    return {contact: frozenset(names) for contact, names in found.items()}


def _groups(contacts: Collection[UUID]) -> dict[UUID | None, frozenset[str]]:
    found: dict[UUID | None, set[str]] = defaultdict(set)
    for contact, group in Membership.objects.filter(contact__in=contacts).values_list("contact", "group"):
        found[contact].add(f"{Group.prefix()}_{ids.encode(group)}")
    return {contact: frozenset(names) for contact, names in found.items()}


def _mails(enrolments: Sequence[Enrolment], *, with_clicks: bool) -> dict[UUID, tuple[Mail, ...]]:
    rows = list(Message.objects.filter(enrolment__in=[row.pk for row in enrolments]).order_by("created_at", "id"))
    clicks = _clicks([row.pk for row in rows]) if with_clicks else {}
    owners = {row.pk: row for row in enrolments}
    found: dict[UUID, list[Mail]] = defaultdict(list)
    for row in rows:
        if row.enrolment_id is not None:
            found[row.enrolment_id].append(_mail(row, owners[row.enrolment_id], clicks.get(row.pk, {})))
    return {key: tuple(mails) for key, mails in found.items()}


def _mail(row: Message, enrolment: Enrolment, clicks: Mapping[str, datetime]) -> Mail:
    node = graph.of_version(row.version_id).nodes.get(row.node) if row.version_id is not None else None
    data = node.data if node is not None else {}
    contact = enrolment.contact
    tracked = enrolment.workspace.tracking_mode != TrackingMode.OFF
    tracked = tracked and (contact is None or contact.objected_at is None)
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
        opens_tracked=tracked and bool(data.get("trackOpens", True)),
        clicks_tracked=tracked and bool(data.get("trackClicks", True)),
    )


def _clicks(messages: Collection[UUID]) -> dict[UUID | None, dict[str, datetime]]:
    """Return by message when each link was first clicked by a person."""
    found: dict[UUID | None, dict[str, datetime]] = defaultdict(dict)
    rows = Event.objects.filter(message__in=messages, type=EventType.CLICKED, is_bot=False).order_by("-at")
    for message, at, metadata in rows.values_list("message", "at", "metadata"):
        if metadata.get("linkUrl"):
            found[message][metadata["linkUrl"]] = at
    return found
