"""Why somebody waits: derived from the rows and the two pure functions that the engine itself uses; writes nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from campaigns import facts, graph, scheduler, slots
from campaigns.enums import RUNNING, CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.journey import Journey, advance
from campaigns.models import CampaignAccount, Enrolment, Message
from fluenzr.core.errors import Text

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


@dataclass(frozen=True)
class Explanation:
    """What comes next for one person: when (UTC, None where it is not foreseeable), and the rule that holds it."""

    next_action_at: datetime | None
    rule: str
    reason: Text


def explain(enrolment: Enrolment, *, now: datetime) -> Explanation:
    """Return what one person waits for; its campaign, contact and workspace are loaded."""
    if enrolment.status not in RUNNING:
        return Explanation(None, "finished", enrolment.reason or EnrolmentStatus(enrolment.status).label)
    status = enrolment.campaign.status
    if status != CampaignStatus.ACTIVE:
        label = CampaignStatus(status).label.lower()
        return Explanation(None, "campaign_" + status, _("The campaign is %(state)s.") % {"state": label})
    if enrolment.phase == Phase.MAIL:
        return _waiting_for_slot(enrolment, now)
    if enrolment.phase == Phase.STEP:
        return _waiting_at_step(enrolment, now)
    return _mail_on_its_way(enrolment)


def _waiting_for_slot(enrolment: Enrolment, now: datetime) -> Explanation:
    contact = enrolment.contact
    due = max(now, enrolment.next_run_at or now)
    if contact is not None and contact.hold_until is not None and contact.hold_until > due:
        return Explanation(contact.hold_until, "hold", _("The contact is on hold until then."))
    lanes = CampaignAccount.objects.filter(campaign=enrolment.campaign_id).select_related(
        "account__workspace", "campaign__workspace"
    )
    if enrolment.account_id is not None:
        lanes = lanes.filter(account=enrolment.account_id)
    found = [slots.slot(scheduler.state_of(lane), due) for lane in lanes]
    if not found:
        return Explanation(None, "no_account", _("No email account sends for this person; choose one."))
    best = min(found, key=lambda slot: (slot.at is None, slot.at or due))
    return Explanation(best.at, best.reason, RULES[best.reason])


def _waiting_at_step(enrolment: Enrolment, now: datetime) -> Explanation:
    assert enrolment.version_id is not None and enrolment.entered_at is not None, "people at a step have a position"
    workflow = graph.of_version(enrolment.version_id)
    known = facts.of([enrolment])[enrolment.pk]
    journey = Journey(enrolment.node, enrolment.entered_at, enrolment.steps)
    move = advance(journey, workflow, known, zone=enrolment.campaign.timezone, now=now)
    if move.phase == Phase.STEP:
        return Explanation(move.next_run_at, "wait", move.reason)
    return Explanation(now, "", RULES[""])


def _mail_on_its_way(enrolment: Enrolment) -> Explanation:
    open_states = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.SENDING)
    message = Message.objects.filter(enrolment=enrolment, state__in=open_states).first()
    if message is None:
        return Explanation(enrolment.next_run_at, "", RULES[""])
    if message.attempts:
        text = _("The mail server put the mail off: %(text)s") % {"text": message.smtp_text}
        return Explanation(message.not_before, "deferred", text)
    return Explanation(message.not_before, "sending", _("The mail is on its way."))
