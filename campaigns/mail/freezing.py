"""Gathers what goes into mails, for a whole batch in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings

from campaigns.enums import COUNTED, Purpose
from campaigns.mail import castings, published, variables
from campaigns.mail.castings import Casting
from campaigns.mail.moulds import Mould
from campaigns.models import Campaign, Enrolment, Message
from contacts.models import Contact, CustomField
from fluenzr.core import bulk, clock, ids
from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.envelopes import ascii_address
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import plans
from fluenzr.workspaces.enums import TrackingMode
from fluenzr.workspaces.models import Workspace

_encode = json.JSONEncoder(ensure_ascii=False).encode
# What a mail has of its own among what is frozen.
_OWN = ("seed", "to", "subject", "values")


@dataclass
class Sources:
    """The rows that the mails of a batch are made of, by key; `before` are the mails that a journey sent so far."""

    contacts: Mapping[UUID, Any]  # or rows of their columns
    accounts: Mapping[UUID, Account]
    campaigns: Mapping[UUID, Campaign]
    seeds: Mapping[UUID, int]
    fields: Mapping[UUID, dict[str, CustomField]]
    before: Mapping[UUID, list[Message]] = field(default_factory=dict)
    # What mails have in common, by what it depends on.
    frames: dict[Hashable, "Frame"] = field(default_factory=dict)


def load(messages: Sequence[Message]) -> Sources:
    """Return the sources of these messages, in at most six queries.

    Of contacts only that is read which their mails need. Mails before these are only asked for where there may be one.
    """
    enrolments = {message.enrolment_id for message in messages if message.enrolment_id is not None}
    following = {
        one.enrolment_id for one in messages if one.enrolment_id is not None and may_follow(published.mould_of(one))
    }
    campaigns = Campaign.objects.only("timezone")
    return Sources(
        contacts=_contacts(messages),
        accounts=Account.objects.select_related("workspace").in_bulk({one.account_id for one in messages}),
        campaigns=campaigns.in_bulk({one.campaign_id for one in messages if one.campaign_id is not None}),
        seeds=dict(Enrolment.objects.filter(pk__in=enrolments).values_list("pk", "seed")),
        fields=fields_of({message.workspace_id for message in messages}),
        before=before(following),
    )


def _contacts(messages: Sequence[Message]) -> dict[UUID, Contact]:
    moulds = {(one.version_id, one.node, one.variant): published.mould_of(one) for one in messages}
    names = frozenset[str]().union(*(mould.names for mould in moulds.values() if mould is not None))
    rows = Contact.objects.only(*columns(names))
    return rows.in_bulk({one.contact_id for one in messages if one.contact_id is not None})


def columns(names: frozenset[str]) -> set[str]:
    """Return the columns of a contact that a mail with these variables is made of."""
    own = names - variables.BUILT_IN
    found = {variables.CONTACT[name] for name in names & variables.CONTACT.keys()}
    return found | {"first_name", "last_name", "language", "objected_at"} | ({"custom"} if own else set())


def may_follow(mould: Mould | None) -> bool:
    """Whether the place of a mail depends on those before it: a first mail with a subject of its own has none."""
    return mould is None or not mould.is_first or mould.same_thread or not mould.subject_source


def fields_of(workspaces: set[UUID]) -> dict[UUID, dict[str, CustomField]]:
    """Return the custom fields of workspaces, by key."""
    found: dict[UUID, dict[str, CustomField]] = defaultdict(dict)
    for row in CustomField.objects.filter(workspace__in=workspaces):
        found[row.workspace_id][row.key] = row
    return found


# What the place of a mail is found by (`campaigns.mail.threads`).
_OF_BEFORE = (
    *("enrolment", "account", "version", "node", "variant", "message_id", "provider_message_id", "references"),
    *("frozen", "content", "bounced_at"),
)


def before(enrolments: Collection[UUID]) -> dict[UUID, list[Message]]:
    """Return the mails that these journeys sent so far, in their order; no query for none."""
    if not enrolments:
        return {}
    rows = Message.objects.filter(enrolment__in=enrolments, state__in=COUNTED, purpose=Purpose.SEQUENCE)
    rows = rows.only(*_OF_BEFORE)
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


@dataclass(frozen=True)
class Frame:
    """What the mails of a step to readers of one language have in common, and how the rest of them is found.

    `attributes` are the variables with their columns, `custom` those of custom fields with their defaults.
    """

    mould: Mould
    common: Mapping[str, Any]
    attributes: tuple[tuple[str, str], ...]
    custom: tuple[tuple[str, Any], ...]
    wants_full_name: bool

    def values(self, contact: Any, *, recipient: str, seed: int) -> dict[str, Any]:
        """Return the frozen values of one mail (see `campaigns.mail.letters`), its subject still "".

        The contact may be a row of its `columns`.

        Raises:
            ValueError: the address cannot stand in a mail.
        """
        known: dict[str, Any] = {}
        for name, attribute in self.attributes:
            value = getattr(contact, attribute)
            if value and value.strip():
                known[name] = value
        if self.custom:
            known |= variables.custom_values(contact, self.custom)
        full_name = variables.full_name(contact)
        if self.wants_full_name and full_name:
            known["fullName"] = full_name
        return {**self.common, "seed": seed, "to": [full_name, ascii_address(recipient)], "values": known}

    def written(self, values: Mapping[str, Any]) -> bulk.Json:
        """Return the `values` of one mail as JSON; what is common is written once."""
        return bulk.Json(self._beginning + _encode({name: values[name] for name in _OWN})[1:])

    @cached_property
    def _beginning(self) -> str:
        common = _encode({name: value for name, value in self.common.items() if name not in _OWN})
        return f"{common[:-1]}, "

    @cached_property
    def casting(self) -> Casting | None:
        """What the mails are cast in."""
        return castings.casting(self.mould, self.common)


def frame(
    mould: Mould,
    *,
    names: frozenset[str] | None = None,
    is_tracked: bool = True,
    contact: Contact,
    account: Account,
    workspace: Workspace,
    fields: Mapping[str, CustomField],
    zone: str,
    now: datetime,
) -> Frame:
    """Return the frame of a mail to this contact, and to all with the same language and objection.

    `names` are the variables that it may need, where these are more than those of its mould.

    Raises:
        ValueError: the address of the sender cannot stand in a mail.
    """
    at = now.astimezone(clock.zone(zone)).replace(microsecond=0)
    may_track = is_tracked and workspace.tracking_mode != TrackingMode.OFF and contact.objected_at is None
    sender = ascii_address(account.email)
    names = mould.names if names is None else names
    names |= {variables.ALIASES[name] for name in names & variables.ALIASES.keys()}
    said = variables.sender_values(account, workspace)
    common = {
        "subject": "",
        "at": at.isoformat(),
        "day": at.date().isoformat(),
        "language": language_of(contact, workspace),
        "from": [account.display_name, sender],
        "dated": sorted(variables.dated(fields) & names),
        "sender": {name: said[name] for name in sorted(names & said.keys())},
        "base": tracking_url(workspace),
        "opens": may_track and mould.track_opens,
        "clicks": may_track and mould.track_clicks,
        "mailto": bool(account.imap_host) or account.provider == Provider.SANDBOX,
        "list": f"{ids.encode(workspace.pk)}.{sender.rpartition('@')[2]}",
        "branded": not plans.limits(workspace).allows(plans.Feature.OWN_SIGNATURE),
        "address": workspace.postal_address.strip(),
        "blanks": workspace.send_with_blanks,
    }
    own = sorted(names - variables.BUILT_IN)
    return Frame(
        mould=mould,
        common=common,
        attributes=tuple((name, variables.CONTACT[name]) for name in sorted(names & variables.CONTACT.keys())),
        custom=tuple((name, fields[name].default if name in fields else None) for name in own),
        wants_full_name="fullName" in names,
    )
