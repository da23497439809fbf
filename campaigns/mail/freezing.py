"""Gathers what goes into mails, for a whole batch in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from campaigns.enums import COUNTED, Purpose
from campaigns.mail import variables
from campaigns.models import Campaign, Enrolment, Message
from contacts.models import Contact, CustomField
from fluenzr.core import clock, ids
from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.envelopes import ascii_address
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import plans
from fluenzr.workspaces.enums import TrackingMode
from fluenzr.workspaces.models import Workspace


@dataclass
class Sources:
    """The rows that the mails of a batch are made of, by key; `before` are the mails that a journey sent so far."""

    contacts: Mapping[UUID, Contact]
    accounts: Mapping[UUID, Account]
    campaigns: Mapping[UUID, Campaign]
    seeds: Mapping[UUID, int]
    fields: Mapping[UUID, dict[str, CustomField]]
    before: Mapping[UUID, list[Message]] = field(default_factory=dict)


def load(messages: Sequence[Message]) -> Sources:
    """Return the sources of these messages, in six queries."""
    enrolments = {message.enrolment_id for message in messages if message.enrolment_id is not None}
    return Sources(
        contacts=Contact.objects.in_bulk({one.contact_id for one in messages if one.contact_id is not None}),
        accounts=Account.objects.select_related("workspace").in_bulk({one.account_id for one in messages}),
        campaigns=Campaign.objects.in_bulk({one.campaign_id for one in messages if one.campaign_id is not None}),
        seeds=dict(Enrolment.objects.filter(pk__in=enrolments).values_list("pk", "seed")),
        fields=fields_of({message.workspace_id for message in messages}),
        before=_before(enrolments),
    )


def fields_of(workspaces: set[UUID]) -> dict[UUID, dict[str, CustomField]]:
    """Return the custom fields of workspaces, by key."""
    found: dict[UUID, dict[str, CustomField]] = defaultdict(dict)
    for row in CustomField.objects.filter(workspace__in=workspaces):
        found[row.workspace_id][row.key] = row
    return found


def _before(enrolments: set[UUID]) -> dict[UUID, list[Message]]:
    rows = Message.objects.filter(enrolment__in=enrolments, state__in=COUNTED, purpose=Purpose.SEQUENCE)
    found: dict[UUID, list[Message]] = defaultdict(list)
    for row in rows.order_by("sending_at", "id"):
        if row.enrolment_id is not None:
            found[row.enrolment_id].append(row)
    return found


def language_of(contact: Contact, workspace: Workspace) -> str:
    """Return the language in which our own words in a mail to this contact are."""
    known = {code for code, _name in settings.LANGUAGES}
    for language in (contact.language, workspace.language):
        if language[:2].lower() in known:
            return language[:2].lower()
    return settings.LANGUAGE_CODE


def tracking_url(workspace: Workspace) -> str:
    """Return where the tracking addresses of a workspace begin: at its own domain, else at the installation's."""
    return f"https://{workspace.tracking_domain}" if workspace.tracking_domain else settings.TRACKING_URL


def values(
    names: frozenset[str],
    *,
    tracked: tuple[bool, bool],
    contact: Contact,
    recipient: str,
    account: Account,
    workspace: Workspace,
    fields: Mapping[str, CustomField],
    zone: str,
    seed: int,
    now: datetime,
) -> dict[str, Any]:
    """Return the frozen values of a mail (see `campaigns.mail.letters`), its subject still "".

    `names` are the variables that it may need, `tracked` whether its author wants opens and clicks tracked.

    Raises:
        ValueError: an address cannot stand in a mail.
    """
    at = now.astimezone(clock.zone(zone)).replace(microsecond=0)
    may_track = workspace.tracking_mode != TrackingMode.OFF and contact.objected_at is None
    sender = ascii_address(account.email)
    known = variables.contact_values(contact, fields)
    names = names | {variables.ALIASES[name] for name in names & variables.ALIASES.keys()}
    said = variables.sender_values(account, workspace)
    return {
        "subject": "",
        "at": at.isoformat(),
        "day": at.date().isoformat(),
        "language": language_of(contact, workspace),
        "seed": seed,
        "from": [account.display_name, sender],
        "to": [known["fullName"] or "", ascii_address(recipient)],
        "values": {name: known[name] for name in sorted(names) if known.get(name) is not None},
        "dated": sorted(variables.dated(fields) & names),
        "sender": {name: said[name] for name in sorted(names & said.keys())},
        "base": tracking_url(workspace),
        "opens": may_track and tracked[0],
        "clicks": may_track and tracked[1],
        "mailto": bool(account.imap_host) or account.provider == Provider.SANDBOX,
        "list": f"{ids.encode(workspace.pk)}.{sender.rpartition('@')[2]}",
        "branded": not plans.limits(workspace).allows(plans.Feature.OWN_SIGNATURE),
        "address": workspace.postal_address.strip(),
        "blanks": workspace.send_with_blanks,
    }
