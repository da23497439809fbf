from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns import graph, lifecycle
from campaigns.changes import CampaignChanged
from campaigns.enums import CampaignStatus, EnrolmentStatus, MessageState, Phase
from campaigns.models import Campaign, CampaignAccount, CampaignTotal, Enrolment, Message, WorkflowVersion
from fluenzr.core import bus
from fluenzr.core.errors import Conflict, Invalid, NotFound, PlanLimit
from fluenzr.mailboxes.enums import AccountStatus
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import AuditEntry, Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_email_node,
    make_enrolment,
    make_message,
    make_workflow,
    make_workspace,
)

STATES = tuple(CampaignStatus)
CONDITION = {
    "nodes": [
        {"id": "start", "type": "start"},
        make_email_node("mail_1"),
        {"id": "asked", "type": "condition", "data": {"check": "opened"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"from": "start", "to": "mail_1"},
        {"from": "mail_1", "to": "asked"},
        {"from": "asked", "to": "end", "branch": "yes"},
        {"from": "asked", "to": "end", "branch": "no"},
    ],
}


@pytest.fixture
def account(workspace: Workspace) -> Account:
    return make_account(workspace)


@pytest.fixture
def told() -> Any:
    """What the bus carried about campaigns."""
    found: list[str] = []

    def note(fact: CampaignChanged) -> None:
        found.append(fact.change)

    bus.subscribe(CampaignChanged)(note)
    yield found
    bus._subscribers[CampaignChanged].remove(note)


def create(workspace: Workspace, account: Account, **given: Any) -> Campaign:
    options: dict[str, Any] = {"name": "Q1", "by": "jane@example.com", "now": NOW} | given
    return lifecycle.create(workspace=workspace, account=account, **options)


def update(campaign: Campaign, **changes: Any) -> Campaign:
    return lifecycle.update(campaign, changes=changes, by="jane@example.com", now=NOW)  # type: ignore[arg-type]


def start(campaign: Campaign) -> Campaign:
    return lifecycle.start(campaign, by="jane@example.com", now=NOW)


# --- create ---


def test_create_makes_a_draft_with_defaults_and_an_empty_workflow(workspace: Workspace, account: Account) -> None:
    campaign = create(workspace, account)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.max_emails_per_hour, campaign.timezone) == ("draft", 30, "UTC")
    assert campaign.draft.graph == graph.EMPTY
    assert campaign.version is not None
    assert campaign.version.number == 1
    assert list(campaign.lanes.values_list("account", "position")) == [(account.pk, 0)]
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 0


def test_create_is_told_and_audited(workspace: Workspace, account: Account, told: list[str]) -> None:
    create(workspace, account)
    assert told == ["created"]
    entry = AuditEntry.objects.get(action="campaign.created")
    assert (entry.actor, entry.workspace_id) == ("jane@example.com", workspace.pk)


def test_create_with_a_bad_workflow_changes_nothing(workspace: Workspace, account: Account) -> None:
    with pytest.raises(Invalid) as error:
        create(workspace, account, workflow={"nodes": [{"id": "a", "type": "start"}], "edges": []})
    assert list(error.value.details) == ["workflow.nodes.a"]
    assert Campaign.objects.count() == 0


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_create_refuses_a_name_that_is_none(workspace: Workspace, account: Account, name: str) -> None:
    with pytest.raises(Invalid) as error:
        create(workspace, account, name=name)
    assert list(error.value.details) == ["name"]


def test_create_refuses_an_account_that_is_disabled_or_foreign(workspace: Workspace) -> None:
    disabled = make_account(workspace, status=AccountStatus.DISABLED)
    foreign = make_account(make_workspace())
    for account in (disabled, foreign):
        with pytest.raises(Invalid) as error:
            create(workspace, account)
        assert list(error.value.details) == ["emailAccountId"]


# --- update ---


def test_update_changes_only_what_is_given(workspace: Workspace, account: Account) -> None:
    settings = {"sendHoursStart": 8, "timezone": "Europe/Paris"}
    campaign = create(workspace, account, description="Old", settings=settings)
    campaign = update(campaign, name="Q1 - v2", settings={"maxEmailsPerHour": 50})
    campaign.refresh_from_db()
    assert (campaign.name, campaign.description) == ("Q1 - v2", "Old")
    assert (campaign.send_hours_start, campaign.timezone, campaign.max_emails_per_hour) == (8, "Europe/Paris", 50)


def test_update_with_null_clears_the_description(workspace: Workspace, account: Account) -> None:
    assert update(create(workspace, account, description="Old"), description=None).description is None


def test_update_of_a_workflow_publishes_the_next_version(workspace: Workspace, account: Account) -> None:
    campaign = create(workspace, account)
    campaign = update(campaign, workflow=make_workflow(make_email_node()))
    assert campaign.version is not None
    assert (campaign.version.number, campaign.draft.revision) == (2, 2)
    assert WorkflowVersion.objects.filter(campaign=campaign).count() == 2


def test_update_with_the_same_workflow_publishes_nothing(workspace: Workspace, account: Account) -> None:
    campaign = create(workspace, account, workflow=make_workflow(make_email_node()))
    campaign = update(campaign, workflow=make_workflow(make_email_node()))
    assert campaign.version is not None
    assert (campaign.version.number, campaign.draft.revision) == (1, 1)


def test_update_with_a_bad_part_changes_nothing(workspace: Workspace, account: Account) -> None:
    campaign = create(workspace, account)
    with pytest.raises(Invalid):
        update(campaign, name="New", workflow={"nodes": [], "edges": []})
    campaign.refresh_from_db()
    assert campaign.name == "Q1"


def test_update_gives_people_on_their_way_to_the_new_account(workspace: Workspace, account: Account) -> None:
    campaign = create(workspace, account)
    waiting = make_enrolment(campaign, account=account)
    done = make_enrolment(campaign, account=account, status=EnrolmentStatus.COMPLETED)
    other = make_account(workspace)
    update(campaign, account=other)
    waiting.refresh_from_db()
    done.refresh_from_db()
    assert (waiting.account_id, done.account_id) == (None, account.pk)
    assert [lane.account_id for lane in CampaignAccount.objects.filter(campaign=campaign)] == [other.pk]


@pytest.mark.parametrize("status", [state for state in STATES if state not in ("draft", "paused")])
def test_update_is_for_drafts_and_paused_campaigns_only(workspace: Workspace, status: str) -> None:
    campaign = make_campaign(workspace, status=status)
    with pytest.raises(Conflict, match=status):
        update(campaign, name="New")


# --- delete and clone ---


def test_delete_takes_a_draft_and_its_people_away(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_enrolment(campaign)
    lifecycle.delete(campaign, by="jane@example.com", now=NOW)
    assert (Campaign.objects.count(), Enrolment.objects.count(), WorkflowVersion.objects.count()) == (0, 0, 0)


def test_delete_takes_people_out_some_at_a_time(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "TAKEN_OUT", 2)
    campaign = make_campaign(workspace)
    for _person in range(5):
        make_enrolment(campaign)
    CampaignTotal.objects.update(contacts=5)
    lifecycle._take_some_out(campaign)

    assert (campaign.enrolments.count(), CampaignTotal.objects.get().contacts) == (3, 3)
    lifecycle.delete(campaign, by="jane@example.com", now=NOW)
    assert not Enrolment.objects.exists()


def test_delete_twice_finds_nothing_the_second_time(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    lifecycle.delete(campaign, by="jane@example.com", now=NOW)
    with pytest.raises(NotFound):
        lifecycle.delete(campaign, by="jane@example.com", now=NOW)


@pytest.mark.parametrize("status", [state for state in STATES if state != "draft"])
def test_delete_is_for_drafts_only(workspace: Workspace, status: str) -> None:
    with pytest.raises(Conflict, match=status):
        lifecycle.delete(make_campaign(workspace, status=status), by="jane@example.com", now=NOW)


def test_clone_copies_all_but_the_people(workspace: Workspace, account: Account) -> None:
    workflow = make_workflow(make_email_node())
    settings = {"maxEmailsPerHour": 7, "oneConversationPerCompany": True}
    source = create(workspace, account, description="D", settings=settings, workflow=workflow)
    make_enrolment(source)
    copy = lifecycle.clone(source, by="jane@example.com", now=NOW)
    assert (copy.name, copy.description, copy.status, copy.max_emails_per_hour) == ("Q1 (Copy)", "D", "draft", 7)
    assert copy.one_per_company
    assert copy.draft.graph == workflow
    assert [lane.account_id for lane in copy.lanes.all()] == [account.pk]
    assert copy.enrolments.count() == 0


def test_clone_keeps_a_workflow_that_is_not_finished(workspace: Workspace) -> None:
    source = make_campaign(workspace)
    unfinished = {"nodes": [{"id": "start", "type": "start"}], "edges": []}
    source.draft.graph = unfinished
    source.draft.save(update_fields=["graph"])
    assert lifecycle.clone(source, by="jane@example.com", now=NOW).draft.graph == unfinished


def test_clone_of_a_long_name_still_fits(workspace: Workspace) -> None:
    copy = lifecycle.clone(make_campaign(workspace, name="x" * 200), by="jane@example.com", now=NOW)
    assert copy.name == "x" * 193 + " (Copy)"


# --- start ---


def test_start_puts_everybody_at_the_entry(workspace: Workspace, told: list[str]) -> None:
    campaign = make_campaign(workspace)
    person = make_enrolment(campaign, version=None)
    campaign = start(campaign)
    person.refresh_from_db()
    assert (campaign.status, campaign.started_at) == ("active", NOW)
    assert (person.node, person.phase, person.version_id) == ("mail_1", Phase.MAIL, campaign.version_id)
    assert told == ["started"]


def test_start_runs_what_the_draft_says_now(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    drawn = make_workflow(make_email_node("other"))
    campaign.draft.graph = drawn
    campaign.draft.save(update_fields=["graph"])
    campaign = start(campaign)
    assert campaign.version is not None
    assert (campaign.version.number, campaign.version.graph) == (2, drawn)


def test_start_twice_is_a_conflict(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    start(campaign)
    with pytest.raises(Conflict, match="active"):
        start(campaign)


def test_start_without_an_email_is_refused(workspace: Workspace, account: Account) -> None:
    campaign = create(workspace, account)
    with pytest.raises(Invalid) as error:
        start(campaign)
    assert list(error.value.details) == ["workflow"]
    campaign.refresh_from_db()
    assert (campaign.status, campaign.started_at) == ("draft", None)


def test_start_lists_every_problem(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    first, second = make_email_node("one", subject=""), make_email_node("two", body="")
    campaign.draft.graph = make_workflow(first, second)
    campaign.draft.save(update_fields=["graph"])
    Account.objects.update(status=AccountStatus.DISABLED)
    with pytest.raises(Invalid) as error:
        start(campaign)
    assert set(error.value.details) >= {"workflow.nodes.two.data.body", "emailAccountId"}


def test_start_asks_the_plan_about_conditions(workspace: Workspace) -> None:
    workspace.plan = "free"
    workspace.save(update_fields=["plan"])
    campaign = make_campaign(workspace, CONDITION)
    with pytest.raises(PlanLimit, match="Pro"):
        start(campaign)
    campaign.refresh_from_db()
    assert campaign.status == "draft"


# --- pause, resume, archive, cancel ---


def test_pause_takes_back_what_is_not_on_the_wire(workspace: Workspace, told: list[str]) -> None:
    campaign = make_campaign(workspace, status="active")
    queued = make_message(make_enrolment(campaign))
    sending = make_message(make_enrolment(campaign), state=MessageState.SENDING)
    campaign = lifecycle.pause(campaign, by="jane@example.com", now=NOW)
    assert (campaign.status, campaign.paused_at) == ("paused", NOW)
    assert set(Message.objects.values_list("pk", "state")) == {(queued.pk, "cancelled"), (sending.pk, "sending")}
    assert told == ["paused"]


def test_resume_gives_people_a_slot_anew(workspace: Workspace, told: list[str]) -> None:
    campaign = make_campaign(workspace, status="active")
    person = make_enrolment(campaign, status=EnrolmentStatus.IN_PROGRESS, node="mail_1")
    make_message(person)
    campaign = lifecycle.pause(campaign, by="jane@example.com", now=NOW)
    campaign = lifecycle.resume(campaign, by="jane@example.com", now=NOW + timedelta(hours=1))
    person.refresh_from_db()
    assert campaign.status == "active"
    assert (person.phase, person.next_run_at) == (Phase.MAIL, NOW + timedelta(hours=1))
    assert told == ["paused", "resumed"]


def test_resume_starts_people_who_were_added_meanwhile(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused", started_at=NOW)
    person = make_enrolment(campaign, version=None)
    lifecycle.resume(campaign, by="jane@example.com", now=NOW)
    person.refresh_from_db()
    assert person.node == "mail_1"


def test_resume_moves_people_in_flight_only_when_asked(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused")
    first = campaign.version_id
    person = make_enrolment(campaign, node="mail_1", phase=Phase.IDLE)
    campaign = update(campaign, workflow=make_workflow(make_email_node("mail_1"), make_email_node("mail_2")))
    campaign = lifecycle.resume(campaign, by="jane@example.com", now=NOW)
    person.refresh_from_db()
    assert person.version_id == first
    campaign = lifecycle.pause(campaign, by="jane@example.com", now=NOW)
    lifecycle.resume(campaign, by="jane@example.com", now=NOW, in_flight="move")
    person.refresh_from_db()
    assert person.version_id == campaign.version_id != first


def test_cancel_stops_everybody_on_the_way(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    person = make_enrolment(campaign)
    message = make_message(person)
    campaign = lifecycle.cancel(campaign, by="jane@example.com", now=NOW)
    person.refresh_from_db()
    message.refresh_from_db()
    assert (campaign.status, person.status, person.finished_at) == ("cancelled", EnrolmentStatus.ERROR, NOW)
    assert message.state == MessageState.CANCELLED


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (lifecycle.start, {"draft"}),
        (lifecycle.pause, {"active"}),
        (lifecycle.resume, {"paused"}),
        (lifecycle.archive, {"draft", "completed"}),
        (lifecycle.cancel, {"draft", "active", "paused"}),
    ],
)
def test_a_move_from_any_other_state_is_a_conflict_that_names_it(
    workspace: Workspace, action: Callable[..., Campaign], allowed: set[str]
) -> None:
    for status in STATES:
        campaign = make_campaign(workspace, status=status)
        if status in allowed:
            action(campaign, by="jane@example.com", now=NOW)
        else:
            with pytest.raises(Conflict, match=status):
                action(campaign, by="jane@example.com", now=NOW)
            campaign.refresh_from_db()
            assert campaign.status == status
