"""What a person may do about a journey that stopped in error, and about a mail that may or may not have arrived."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns import graph, lifecycle, tallies
from campaigns.enums import CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.models import Enrolment, Message
from fluenzr.core.errors import Conflict
from fluenzr.workspaces import audit


def retry(enrolment: Enrolment, *, by: str, now: datetime) -> None:
    """Put a journey that stopped in error back to the step where it stopped (contract A40).

    A mail that failed there is made anew and waits for a slot like any other. A completed campaign is active again.

    Raises:
        Conflict: the journey did not stop in error, or its campaign is over.
    """
    with transaction.atomic():
        campaign = lifecycle.locked(enrolment.campaign)
        if campaign.status in (CampaignStatus.ARCHIVED, CampaignStatus.CANCELLED):
            raise Conflict(_("The campaign is over"))
        row = Enrolment.objects.select_for_update(no_key=True).get(pk=enrolment.pk)
        if row.status != EnrolmentStatus.ERROR or row.version_id is None or not row.node:
            raise Conflict(_("Only a journey that stopped in error can be retried"))
        if campaign.status == CampaignStatus.COMPLETED:
            lifecycle.reopen(campaign, by=by, now=now)
        # Never accepted by anybody: the planner drops it and makes another.
        failed = Message.objects.filter(enrolment=row, node=row.node, state=MessageState.FAILED)
        failed.update(state=MessageState.CANCELLED, sending_at=None, reason="retried")
        node = graph.of_version(row.version_id).nodes[row.node]
        row.status = EnrolmentStatus.IN_PROGRESS if row.first_sent_at else EnrolmentStatus.PENDING
        row.phase = Phase.MAIL if node.kind == "email" else Phase.STEP
        row.reason, row.finished_at, row.next_run_at, row.steps = "", None, now, 0
        row.save(update_fields=["status", "phase", "reason", "finished_at", "next_run_at", "steps"])
        audit.record(workspace=campaign.workspace, by=by, action="enrolment.retried", obj=row, now=now)


def send_again(message: Message, *, by: str, now: datetime) -> None:
    """Send an uncertain mail again, with the same Message-ID and the same bytes; the recipient may get it twice.

    It was counted as sent when the doubt arose, and is not counted again.

    Raises:
        Conflict: the mail is not uncertain.
    """
    with transaction.atomic():
        rows = Message.objects.filter(pk=message.pk, state=MessageState.UNCERTAIN)
        counted_at = message.sent_at or message.sending_at or now
        if not rows.update(
            state=MessageState.QUEUED,
            not_before=now,
            has_slot=True,
            attempts=0,
            reason="",
            settled_at=None,
            sent_at=counted_at,
        ):
            raise Conflict(_("The mail is not uncertain"))
        if message.campaign_id is not None:
            tallies.take_people(message.campaign_id, "uncertain", 1)
        waiting = Enrolment.objects.filter(pk=message.enrolment_id, phase=Phase.STEP, node=message.node)
        waiting.update(phase=Phase.IDLE, next_run_at=None)
        audit.record(workspace=message.workspace, by=by, action="message.sent_again", obj=message, now=now)
