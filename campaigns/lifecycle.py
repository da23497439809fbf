"""What may be done with a campaign, and its way from draft to archive.

Every function takes the campaign's row lock first, so of two calls at once the second sees what the first did, and
returns a campaign read under that lock; the object that was passed in is left as it was.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns import campaign_settings, completion, engine, graph, linked_groups, senders, stopping, tallies, workflows
from campaigns.changes import CampaignChanged, Change
from campaigns.enums import CAMPAIGN_MOVES, CAMPAIGN_SENTENCES, EDITABLE, RUNNING, CampaignStatus, EnrolmentStatus
from campaigns.models import Campaign, CampaignAccount, CampaignTotal, Enrolment
from contacts.enums import GroupKind
from contacts.models import Group
from fluenzr.core import bus, states
from fluenzr.core.errors import Conflict, Invalid, NotFound
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces import audit
from fluenzr.workspaces.models import User, Workspace

NAME_LENGTH = 200
# So many people of a draft that is deleted go at once: whoever unsubscribes one of them waits for no more than these.
TAKEN_OUT = 200


class Changes(TypedDict, total=False):
    """What `update` may change; a key that is absent stays as it is (contract A24)."""

    name: str
    description: str | None
    account: Account
    settings: Mapping[str, Any] | None
    workflow: Mapping[str, Any] | None
    feeding: Sequence[Group]
    excluded: Sequence[Group]


def create(
    *,
    workspace: Workspace,
    name: str,
    account: Account,
    by: str,
    now: datetime,
    description: str | None = None,
    settings: Mapping[str, Any] | None = None,
    workflow: Mapping[str, Any] | None = None,
    feeding: Sequence[Group] = (),
    excluded: Sequence[Group] = (),
    author: User | None = None,
) -> Campaign:
    """Create a draft that sends from one account; what is not given has the defaults of contract A32 and A33.

    Raises:
        Invalid: a wrong name, account, setting or group, or a workflow that may not run, with the path of each problem.
    """
    fields = campaign_settings.defaults(workspace) | campaign_settings.parse(settings, workspace=workspace)
    with transaction.atomic():
        campaign = Campaign(workspace=workspace, description=description, created_by=author, **fields)
        campaign.name = _valid_name(name)
        campaign.save(force_insert=True)
        CampaignTotal.objects.create(campaign=campaign, workspace=workspace)
        _send_from(campaign, account)
        workflows.write(campaign, workflow, by=by)
        linked_groups.write(campaign, feeding=feeding, excluded=excluded, now=now)
        _tell(campaign, Change.CREATED, by=by, now=now)
    return campaign


def update(campaign: Campaign, *, changes: Changes, by: str, now: datetime) -> Campaign:
    """Change a draft or a paused campaign; settings merge by key, a workflow is replaced whole (contract A24).

    People in flight stay on their version of the workflow until `resume` is asked to move them.

    Raises:
        Conflict: the campaign is neither draft nor paused.
        Invalid: as `create`; nothing changes then.
    """
    with transaction.atomic():
        campaign = locked(campaign)
        if campaign.status not in EDITABLE:
            raise Conflict(_wrong_state(campaign, _("Only a draft or a paused campaign can be changed.")))
        fields = _changed_fields(campaign, changes)
        for field, value in fields.items():
            setattr(campaign, field, value)
        campaign.save(update_fields=[*fields, "updated_at"])
        if "account" in changes:
            _send_from(campaign, changes["account"])
        if "workflow" in changes:
            workflows.write(campaign, changes["workflow"], by=by)
        linked_groups.write(campaign, feeding=changes.get("feeding"), excluded=changes.get("excluded"), now=now)
        audit.record(
            workspace=campaign.workspace,
            by=by,
            action="campaign.updated",
            obj=campaign,
            now=now,
            changes={"fields": sorted(changes)},
        )
    return campaign


def delete(campaign: Campaign, *, by: str, now: datetime) -> None:
    """Delete a draft with the people in it; nothing of it was ever sent.

    The people go first, some at a time. Cut short, or when the campaign starts meanwhile, those who went are gone.

    Raises:
        Conflict: the campaign is no draft.
    """
    while _take_some_out(campaign):
        pass
    with transaction.atomic():
        campaign = _locked_draft(campaign)
        audit.record(
            workspace=campaign.workspace,
            by=by,
            action="campaign.deleted",
            obj=campaign,
            now=now,
            changes={"name": campaign.name},
        )
        # Both point at a version that goes with the campaign, and would keep it.
        Campaign.objects.filter(pk=campaign.pk).update(version=None)
        Enrolment.objects.filter(campaign=campaign).delete()
        campaign.delete()


def _locked_draft(campaign: Campaign) -> Campaign:
    campaign = locked(campaign)
    if campaign.status != CampaignStatus.DRAFT:
        raise Conflict(_wrong_state(campaign, _("Only a draft can be deleted.")))
    return campaign


def _take_some_out(campaign: Campaign) -> bool:
    """Take some of the people out of a draft, in a transaction of their own; whether there were any."""
    with transaction.atomic():
        rows = Enrolment.objects.filter(campaign=_locked_draft(campaign))
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:TAKEN_OUT])
        Enrolment.objects.filter(pk__in=keys).delete()
        tallies.take_people(campaign.pk, "contacts", len(keys))
    return bool(keys)


def clone(
    campaign: Campaign, *, by: str, now: datetime, name: str | None = None, author: User | None = None
) -> Campaign:
    """Return a new draft with settings, account, groups and workflow of another, and nobody in it (contract A58).

    A workflow that may not run yet is copied as it is, to be finished in the copy.

    Raises:
        Invalid: a wrong name, or the account is disabled.
    """
    suffix = gettext(" (Copy)")
    drawn, linked = workflows.document(campaign), linked_groups.of(campaign)
    is_sound = not graph.problems(drawn, workspace=campaign.workspace)
    with transaction.atomic():
        copy = create(
            workspace=campaign.workspace,
            name=campaign.name[: NAME_LENGTH - len(suffix)] + suffix if name is None else name,
            description=campaign.description,
            account=workflows.sender(campaign),
            settings=campaign_settings.document(campaign),
            workflow=drawn if is_sound else None,
            feeding=[group for group in linked.feeding if group.kind == GroupKind.DYNAMIC],
            excluded=linked.excluded,
            author=author,
            by=by,
            now=now,
        )
        if not is_sound:
            copy.draft.graph = drawn
            copy.draft.save(update_fields=["graph", "updated_at"])
    return copy


def start(campaign: Campaign, *, by: str, now: datetime) -> Campaign:
    """Launch a draft, with or without people (contract A37).

    Raises:
        Conflict: it is no draft; also the second of two starts.
        Invalid: the workflow may not run or has no email; every problem is listed.
        PlanLimit: a node needs a feature that the plan lacks (contract A42).
    """
    with transaction.atomic():
        campaign = locked(campaign)
        _move(campaign, CampaignStatus.ACTIVE, only_from=CampaignStatus.DRAFT, now=now, started_at=now)
        _run(campaign, by=by, now=now)
        _tell(campaign, Change.STARTED, by=by, now=now)
    return campaign


def pause(campaign: Campaign, *, by: str, now: datetime, reason: str = "") -> Campaign:
    """Suspend an active campaign: what is not on the wire when this commits does not leave.

    Raises:
        Conflict: it is not active.
    """
    with transaction.atomic():
        campaign = locked(campaign)
        _move(
            campaign,
            CampaignStatus.PAUSED,
            only_from=CampaignStatus.ACTIVE,
            now=now,
            paused_at=now,
            status_reason=reason,
        )
        stopping.hold_back(campaign, now=now)
        _tell(campaign, Change.PAUSED, by=by, now=now)
    return campaign


def resume(campaign: Campaign, *, by: str, now: datetime, in_flight: Literal["stay", "move"] = "stay") -> Campaign:
    """Let a paused campaign run again, on its draft as it is now; due times are planned anew and do not burst.

    `in_flight="move"` takes people along to the new workflow where their node still exists.

    Raises:
        Conflict: it is not paused.
        Invalid, PlanLimit: as `start`.
    """
    with transaction.atomic():
        campaign = locked(campaign)
        _move(campaign, CampaignStatus.ACTIVE, only_from=CampaignStatus.PAUSED, now=now, status_reason="")
        stopping.release(campaign, now=now)
        _run(campaign, by=by, now=now)
        if in_flight == "move":
            engine.move_in_flight(campaign, now=now)
        _tell(campaign, Change.RESUMED, by=by, now=now)
        # Done with everybody, if a group fed it until now.
        if completion.complete([campaign.pk], now=now):
            campaign.refresh_from_db(fields=["status", "completed_at"])
    return campaign


def reopen(campaign: Campaign, *, by: str, now: datetime) -> None:
    """Make a completed campaign active again, for people who were added; the caller holds its row (contract A37)."""
    _move(campaign, CampaignStatus.ACTIVE, only_from=CampaignStatus.COMPLETED, now=now, completed_at=None)
    _tell(campaign, Change.RESUMED, by=by, now=now)


def archive(campaign: Campaign, *, by: str, now: datetime) -> Campaign:
    """Put a completed campaign, or a draft, away for good.

    Raises:
        Conflict: it is in another state.
    """
    with transaction.atomic():
        campaign = locked(campaign)
        states.move(campaign, CampaignStatus.ARCHIVED, CAMPAIGN_MOVES, updated_at=now)
        _tell(campaign, Change.ARCHIVED, by=by, now=now)
    return campaign


def cancel(campaign: Campaign, *, by: str, now: datetime) -> Campaign:
    """End a campaign for good; everybody still on the way stops where they are.

    Raises:
        Conflict: it is completed, archived or cancelled already.
    """
    running = Enrolment.objects.filter(campaign=campaign, status__in=RUNNING)
    with transaction.atomic():
        # People before the campaign, as the engine takes them: the other way round each would wait for the other.
        list(running.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        campaign = locked(campaign)
        states.move(campaign, CampaignStatus.CANCELLED, CAMPAIGN_MOVES, updated_at=now)
        reason = gettext("The campaign was cancelled.")
        stopping.stop(running.values_list("pk", flat=True), status=EnrolmentStatus.ERROR, reason=reason, now=now)
        _tell(campaign, Change.CANCELLED, by=by, now=now)
    return campaign


def locked(campaign: Campaign) -> Campaign:
    """Return the campaign as it is now, its row locked until the transaction ends.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    # `of`, because PostgreSQL locks no nullable side of a join, and nobody else's rows are meant.
    rows = Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("workspace", "draft", "version")
    found: Campaign | None = rows.filter(pk=campaign.pk).first()
    if found is None:
        raise NotFound(_("There is no such campaign"))
    return found


def _run(campaign: Campaign, *, by: str, now: datetime) -> None:
    """Put the draft of a campaign that just became active to work."""
    workflows.require_runnable(campaign)
    workflows.publish(campaign, by=by)
    engine.begin(campaign, now=now)
    senders.wake(campaign, now=now)


def _move(campaign: Campaign, to: CampaignStatus, *, only_from: CampaignStatus, now: datetime, **changes: Any) -> None:
    states.move(campaign, to, {only_from: CAMPAIGN_MOVES[only_from]}, updated_at=now, **changes)


def _tell(campaign: Campaign, change: Change, *, by: str, now: datetime) -> None:
    audit.record(workspace=campaign.workspace, by=by, action=f"campaign.{change}", obj=campaign, now=now)
    bus.publish(CampaignChanged(campaign.workspace_id, campaign.pk, change, now))


def _wrong_state(campaign: Campaign, rule: Any) -> str:
    return f"{CAMPAIGN_SENTENCES[campaign.status]} {rule}"


def _valid_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise Invalid(_("Name is required"), field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("Name has at most %(most)d characters") % {"most": NAME_LENGTH}, field="name")
    return name


def _changed_fields(campaign: Campaign, changes: Changes) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "name" in changes:
        fields["name"] = _valid_name(changes["name"])
    if "description" in changes:
        fields["description"] = changes["description"]
    if "settings" in changes:
        fields |= campaign_settings.parse(changes["settings"], workspace=campaign.workspace)
    return fields


def _send_from(campaign: Campaign, account: Account) -> None:
    """Make an account the campaign's only lane; whoever is still on the way is given to it at the next mail."""
    if account.workspace_id != campaign.workspace_id or account.status == AccountStatus.DISABLED:
        raise Invalid(_("There is no such email account"), field="emailAccountId")
    CampaignAccount.objects.filter(campaign=campaign).exclude(account=account).delete()
    CampaignAccount.objects.get_or_create(
        campaign=campaign, account=account, defaults={"workspace": campaign.workspace}
    )
    people = Enrolment.objects.filter(campaign=campaign, status__in=RUNNING)
    people.exclude(account=account).update(account=None)
