"""Why somebody waits: derived from the rows and the two pure functions that the engine itself uses; writes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from campaigns import colleagues, facts, graph, scheduler, slots
from campaigns.enums import CAMPAIGN_SENTENCES, RUNNING, CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.journey import Journey, advance
from campaigns.models import CampaignAccount, Enrolment, Message
from campaigns.nodes.base import Facts
from fluenzr.core import prepared
from fluenzr.core.errors import Text
from fluenzr.mailboxes.models import Account

# The words for each rule that may hold a lane.
RULES: dict[str, Text] = {
    "": _("Goes out at the next moment."),
    "window": _("Outside the sending hours of the campaign."),
    "window_never_opens": _("The campaign has no sending hours in the next two weeks."),
    "campaign_hourly": _("The campaign's limit of emails an hour is used up for now."),
    "account_hourly": _("The email account's limit of emails an hour is used up for now."),
    "account_daily": _("The email account's limit of emails a day is used up."),
    "account_retry": _("The email account could not connect; it is tried again."),
    "plan_daily": _("The plan's limit of emails a day is used up."),
    "account_error": _("The email account is in error; reconnect it."),
    "account_disabled": _("The email account is disabled."),
}

_OF_LANE = prepared.columns(CampaignAccount)
_LANES = prepared.Prepared(
    lambda campaigns: CampaignAccount.objects.filter(campaign__in=campaigns).values_list(
        *_OF_LANE, *prepared.reached("account", prepared.columns(Account))
    )
)


@dataclass(frozen=True)
class Explanation:
    """What comes next for one person: when (UTC, None where it is not foreseeable), and the rule that holds it."""

    next_action_at: datetime | None
    rule: str
    reason: Text


def explain(enrolment: Enrolment, *, now: datetime) -> Explanation:
    """Return what one person waits for; its campaign, contact and workspace are loaded."""
    return explain_all([enrolment], now=now)[enrolment.pk]


def explain_all(enrolments: Sequence[Enrolment], *, now: datetime) -> dict[UUID, Explanation]:
    """Return what each of these people waits for, in a fixed number of queries for the people of one campaign.

    Their campaigns, contacts and workspaces are loaded.
    """
    found = {row.pk: rest for row in enrolments if (rest := _at_rest(row)) is not None}
    moving = [row for row in enrolments if row.pk not in found]
    lanes = _lanes([row for row in moving if row.phase == Phase.MAIL])
    known = facts.of([row for row in moving if row.phase == Phase.STEP])
    mails = _mails([row for row in moving if row.phase == Phase.IDLE])
    for row in moving:
        if row.phase == Phase.MAIL:
            found[row.pk] = _waiting_for_slot(row, lanes[row.campaign_id], now)
        elif row.phase == Phase.STEP:
            found[row.pk] = _waiting_at_step(row, known[row.pk], now)
        else:
            found[row.pk] = _mail_on_its_way(row, mails.get(row.pk), lanes[row.campaign_id], now)
    return found | _to_end(moving, found)


def _to_end(moving: Sequence[Enrolment], found: Mapping[UUID, Explanation]) -> dict[UUID, Explanation]:
    """Return, for those who will get no more mail as a colleague replied before they came, that they end instead."""
    campaigns = {row.campaign_id: row.campaign for row in moving}
    return {
        key: replace(found[key], rule="company", reason=colleagues.reason(company))
        for campaign in campaigns.values()
        for key, company in colleagues.answered(
            campaign, [row for row in moving if row.campaign_id == campaign.pk]
        ).items()
    }


def _at_rest(enrolment: Enrolment) -> Explanation | None:
    """Return why nothing comes next, or None when something does."""
    if enrolment.status not in RUNNING:
        return Explanation(None, "finished", enrolment.reason or EnrolmentStatus(enrolment.status).label)
    status = enrolment.campaign.status
    if status != CampaignStatus.ACTIVE:
        return Explanation(None, "campaign_" + status, CAMPAIGN_SENTENCES[status])
    return None


def _lanes(enrolments: Sequence[Enrolment]) -> dict[UUID, list[tuple[UUID, slots.Lane]]]:
    """Return (account, what decides its slots) by campaign; it is the same for all of a campaign's people."""
    found: dict[UUID, list[tuple[UUID, slots.Lane]]] = defaultdict(list)
    campaigns = {row.campaign_id: (row.campaign, row.workspace) for row in enrolments}
    for row in _LANES.rows(sorted(campaigns)):
        lane = prepared.instance(CampaignAccount, row[: len(_OF_LANE)])
        lane.account = prepared.instance(Account, row[len(_OF_LANE) :])
        lane.campaign, lane.campaign.workspace = campaigns[lane.campaign_id]
        found[lane.campaign_id].append((lane.account_id, scheduler.state_of(lane)))
    return found


def _mails(enrolments: Sequence[Enrolment]) -> dict[UUID, Message]:
    """Return the mail of each of these people that is not final."""
    if not enrolments:
        return {}
    open_states = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.SENDING)
    rows = Message.objects.filter(enrolment__in=[row.pk for row in enrolments], state__in=open_states)
    return {row.enrolment_id: row for row in rows}


def _waiting_for_slot(enrolment: Enrolment, lanes: Sequence[tuple[UUID, slots.Lane]], now: datetime) -> Explanation:
    contact = enrolment.contact
    due = max(now, enrolment.next_run_at or now)
    if contact is not None and contact.hold_until is not None and contact.hold_until > due:
        return Explanation(contact.hold_until, "hold", _("The contact is on hold until then."))
    own = enrolment.account_id
    found = [slots.slot(lane, due) for account, lane in lanes if own is None or account == own]
    if not found:
        return Explanation(None, "no_account", _("No email account sends for this person; choose one."))
    best = min(found, key=lambda slot: (slot.at is None, slot.at or due))
    return Explanation(best.at, best.reason, RULES[best.reason])


def _waiting_at_step(enrolment: Enrolment, known: Facts, now: datetime) -> Explanation:
    assert enrolment.version_id is not None, "people at a step have a workflow"
    assert enrolment.entered_at is not None, "people at a step have a position"
    workflow = graph.of_version(enrolment.version_id)
    journey = Journey(enrolment.node, enrolment.entered_at, enrolment.steps)
    move = advance(journey, workflow, known, zone=enrolment.campaign.timezone, now=now)
    if move.phase == Phase.STEP:
        return Explanation(move.next_run_at, "wait", move.reason)
    return Explanation(now, "", RULES[""])


def _mail_on_its_way(
    enrolment: Enrolment, message: Message | None, lanes: Sequence[tuple[UUID, slots.Lane]], now: datetime
) -> Explanation:
    if message is None:
        return Explanation(enrolment.next_run_at, "", RULES[""])
    if not message.has_slot and message.not_before <= now:
        return _waiting_for_slot(enrolment, lanes, now)
    if message.attempts:
        text = _("The mail server put the mail off: %(text)s") % {"text": message.smtp_text}
        return Explanation(message.not_before, "deferred", text)
    return Explanation(message.not_before, "sending", _("The mail is on its way."))
