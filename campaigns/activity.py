"""What happened in a campaign, event by event (contract A23)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from campaigns.models import Campaign, Event
from campaigns.periods import Period
from contacts.models import Contact
from fluenzr.core import ids
from fluenzr.core.printed import Iso
from fluenzr.workspaces.enums import TrackingMode

# Who opened or clicked, as seen on the wire: shown only while the workspace tracks in full (product.md section 8).
PERSONAL = frozenset({"ip", "userAgent"})
# What `line` needs of an event.
LINE = ("id", "type", "contact_id", "contact__email", "node", Iso("at"), "metadata")


def events(
    campaign: Campaign,
    *,
    types: Collection[str] = (),
    contact_id: UUID | None = None,
    period: Period | None = None,
    bots: bool = False,
) -> "QuerySet[Any]":
    """Return the events of a campaign that match, newest first, with their contacts.

    No `types` means all; machines' opens and clicks are left out unless `bots`.
    """
    period = period or Period()
    wanted = Q(campaign=campaign)
    if types:
        wanted &= Q(type__in=list(types))
    if contact_id is not None:
        wanted &= Q(contact_id=contact_id)
    if period.start is not None:
        wanted &= Q(at__gte=period.start)
    if period.end is not None:
        wanted &= Q(at__lt=period.end)
    if not bots:
        wanted &= Q(is_bot=False)
    return Event.objects.filter(wanted).select_related("contact").order_by("-at", "-id")


def line(row: Sequence[Any], *, mode: str) -> dict[str, Any]:
    """Return one line of `/activity` as seed 001 prints it, of the values of `LINE`.

    The contact's address is null once the contact is gone. `mode` is the workspace's tracking mode.
    """
    key, kind, contact, email, node, at, metadata = row
    return {
        "id": ids.public("evt", key),
        "type": kind,
        "contactId": ids.public("con", contact),
        "contactEmail": email,
        "emailNodeId": node or None,
        "timestamp": at,
        "metadata": shown(metadata, mode=mode),
    }


def shown(metadata: Mapping[str, Any], *, mode: str) -> dict[str, Any]:
    """Return what may be told of an event in this tracking mode. What is not known is absent, never null."""
    hidden = frozenset() if mode == TrackingMode.FULL else PERSONAL
    return {key: value for key, value in metadata.items() if value is not None and key not in hidden}


def of_contact(contact: Contact, *, bots: bool = False) -> "QuerySet[Any]":
    """Return what happened to a contact in all campaigns, with the campaigns; those that are gone are None."""
    wanted = Q(workspace=contact.workspace_id, contact=contact)
    if not bots:
        wanted &= Q(is_bot=False)
    return Event.objects.filter(wanted).select_related("campaign", "message")
