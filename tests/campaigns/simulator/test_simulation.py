from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, CampaignAccount, DayCount, WorkflowDraft
from campaigns.simulator import playing, simulation
from campaigns.simulator.scripts import Script
from campaigns.simulator.stories import Path, Simulation
from contacts import suppression
from contacts.models import Contact, Tag, Tagging
from fluenzr.core.errors import Invalid, PlanLimit
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_field,
    make_group,
    make_running,
    make_workflow,
    make_workspace,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WAIT = {"id": "wait", "type": "delay", "data": {"days": 3}}
LINK = "See https://acme.example/tour and https://acme.example/price"


def asking(**data: Any) -> dict[str, Any]:
    """A mail, then a condition: yes to `mail_yes`, no to `mail_no`, both to the end."""
    workflow = make_workflow(make_email_node(body=LINK), {"id": "ask", "type": "condition", "data": data})
    workflow["nodes"] += [make_email_node("mail_yes"), make_email_node("mail_no")]
    workflow["edges"] = [edge for edge in workflow["edges"] if edge["from"] != "ask"] + [
        {"from": "ask", "to": "mail_yes", "branch": "yes"},
        {"from": "ask", "to": "mail_no", "branch": "no"},
        {"from": "mail_yes", "to": "end"},
        {"from": "mail_no", "to": "end"},
    ]
    return workflow


def simulate(campaign: Campaign, *scripts: Script, people: list[Contact] | None = None, **options: Any) -> Simulation:
    contacts = people or [make_contact(campaign.workspace)]
    return simulation.simulate(campaign, contacts=contacts, events=scripts, **{"start": NOW, "now": NOW} | options)


def path_of(campaign: Campaign, *scripts: Script, contact: Contact | None = None) -> Path:
    return simulate(campaign, *scripts, people=[contact] if contact else None).paths[0]


def told(path: Path) -> list[tuple[str, str]]:
    return [(moment.what.value, moment.node) for moment in path.moments]


def rules_of(path: Path) -> list[str]:
    return [moment.rule for moment in path.moments if moment.rule]


def test_path_tells_each_step_in_its_time(workspace: Workspace) -> None:
    path = path_of(make_campaign(workspace, make_workflow(make_email_node(), WAIT, make_email_node("mail_2"))))
    assert [(moment.what.value, moment.title, moment.at) for moment in path.moments] == [
        ("begins", "Start", NOW),
        ("sent", "Email 1", NOW),
        ("waits", "Delay", NOW),
        ("sent", "Email 2", NOW + 3 * DAY),
        ("ends", "End", NOW + 3 * DAY),
    ]
    assert (path.ending, path.ended_at) == ("completed", NOW + 3 * DAY)
    assert (path.moments[2].until, path.moments[2].rule) == (NOW + 3 * DAY, "wait")


def test_mail_waits_for_the_sending_hours_and_says_so(workspace: Workspace) -> None:
    saturday = NOW - 2 * DAY
    path = simulate(make_campaign(workspace), start=saturday).paths[0]
    held, sent = path.moments[1], path.moments[2]
    assert (held.what, held.rule, held.until) == ("queues", "window", sent.at)
    assert sent.at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # Monday at nine in Paris


def test_limits_are_used_up_by_the_simulated_people_together(workspace: Workspace) -> None:
    account = make_account(workspace, daily_limit=2)
    campaign = make_campaign(workspace, account=account, max_emails_per_hour=60)
    people = [make_contact(workspace) for _number in range(3)]
    mails = [path.mails[0] for path in simulate(campaign, people=people).paths]
    rules = [
        [moment.rule for moment in path.moments if moment.rule] for path in simulate(campaign, people=people).paths
    ]
    assert mails[1].at - mails[0].at == timedelta(seconds=61.2)
    assert mails[2].at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert rules == [[], ["campaign_hourly"], ["account_daily"]]


def test_plans_limit_a_day_holds() -> None:
    workspace = make_workspace(plan="free")
    campaign = make_campaign(workspace, max_emails_per_hour=None)
    people = [make_contact(workspace) for _number in range(20)]
    assert {path.mails[0].at for path in simulate(campaign, people=people).paths} == {NOW}
    DayCount.objects.create(workspace=workspace, day=NOW.date(), taken=49)
    rules = [
        [moment.rule for moment in path.moments if moment.rule] for path in simulate(campaign, people=people).paths
    ]
    assert rules == [[], *[["plan_daily"]] * 19]


def test_two_accounts_take_turns_and_a_person_stays_with_its_own(workspace: Workspace) -> None:
    follow_up = make_email_node("mail_2", body="{{senderEmail}}")
    workflow = make_workflow(make_email_node(body="{{senderEmail}}"), WAIT, follow_up)
    campaign = make_campaign(workspace, workflow, make_account(workspace, "one@acme.example", min_gap_seconds=600))
    second = make_account(workspace, "two@acme.example", min_gap_seconds=600)
    CampaignAccount.objects.create(workspace=workspace, campaign=campaign, account=second, position=1)
    people = [make_contact(workspace) for _number in range(2)]
    senders = [[mail.mail.text.split()[0] for mail in path.mails] for path in simulate(campaign, people=people).paths]
    assert senders == [["one@acme.example"] * 2, ["two@acme.example"] * 2]


@pytest.mark.parametrize(
    ("on", "within", "branch", "at"),
    [
        ("opened", 2, "mail_yes", NOW + HOUR),
        ("opened", 0, "mail_no", NOW),
        ("clicked", 2, "mail_no", NOW + 2 * DAY),
    ],
)
def test_condition_goes_where_the_script_leads(
    workspace: Workspace, on: str, within: int, branch: str, at: datetime
) -> None:
    campaign = make_campaign(workspace, asking(check="opened", withinDays=within), max_emails_per_hour=None)
    path = path_of(campaign, Script(on, after=HOUR, node="mail_1"))
    assert (path.mails[1].node, path.mails[1].at) == (branch, at)
    fork = next(moment for moment in path.moments if moment.what == "branches")
    assert (fork.node, str(fork.way), bool(fork.text)) == ("ask", {"mail_yes": "Yes", "mail_no": "No"}[branch], True)


@pytest.mark.parametrize(
    ("url", "branch"),
    [("", "mail_no"), ("https://acme.example/price", "mail_yes"), ("https://acme.example/other", "mail_no")],
)
def test_click_follows_the_link_that_is_named(workspace: Workspace, url: str, branch: str) -> None:
    workflow = asking(check="clicked", url="https://acme.example/price", withinDays=1)
    path = path_of(make_campaign(workspace, workflow), Script("clicked", number=None, node="mail_1", url=url))
    assert path.mails[1].node == branch
    clicked = next(moment for moment in path.moments if moment.event == "clicked")
    assert str(clicked.text) == ("The email has no such link." if "other" in url else "")


def test_opening_that_is_not_tracked_is_not_seen(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, asking(check="opened", withinDays=1))
    contact = make_contact(workspace, objected_at=NOW)
    path = path_of(campaign, Script("opened", node="mail_1"), contact=contact)
    assert [moment.port for moment in path.moments if moment.port] == ["unknown"]
    assert [bool(moment.text) for moment in path.moments if moment.event == "opened"] == [True]


def test_only_the_day_is_known_where_tracking_is_minimal(workspace: Workspace) -> None:
    Workspace.objects.update(tracking_mode="minimal")
    workspace.refresh_from_db()
    campaign = make_campaign(workspace, asking(check="clicked", url="https://acme.example/price", withinDays=1))
    clicked = Script("clicked", node="mail_1", url="https://acme.example/price")
    assert path_of(campaign, clicked).mails[1].node == "mail_no"


@pytest.mark.parametrize(
    ("on", "ending"), [("replied", "replied"), ("bounced", "bounced"), ("unsubscribed", "unsubscribed")]
)
def test_journey_ends_by_what_people_do(workspace: Workspace, on: str, ending: str) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(), WAIT, make_email_node("mail_2")))
    path = path_of(campaign, Script(on, after=DAY, number=1))
    assert (path.ending, path.ended_at, len(path.mails)) == (ending, NOW + DAY, 1)
    assert told(path)[-2:] == [("happens", "mail_1"), ("ends", "mail_1")]


def test_reply_to_the_last_mail_counts_after_the_end(workspace: Workspace) -> None:
    path = path_of(make_campaign(workspace), Script("replied", after=DAY))
    assert (path.ending, path.ended_at) == ("replied", NOW + DAY)
    assert [what for what, _node in told(path)] == ["begins", "sent", "ends", "happens", "ends"]


def test_event_on_a_day_concerns_the_last_mail_until_then(workspace: Workspace) -> None:
    workflow = make_workflow(make_email_node(), WAIT, make_email_node("mail_2"), WAIT | {"id": "more"})
    path = path_of(make_campaign(workspace, workflow), Script("opened", day=2), Script("opened", day=5))
    happened = [(moment.node, moment.at) for moment in path.moments if moment.event]
    assert happened == [("mail_1", NOW + DAY), ("mail_2", NOW + 4 * DAY)]


def test_event_without_its_mail_is_told_as_missed(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, asking(check="opened"))
    path = path_of(campaign, Script("replied", node="mail_yes"), Script("replied", node="mail_no", after=800 * HOUR))
    missed = [(moment.node, moment.event) for moment in path.moments if moment.what == "misses"]
    assert missed == [("mail_yes", "replied")]


def test_event_of_one_contact_leaves_the_others_alone(workspace: Workspace) -> None:
    people = [make_contact(workspace) for _number in range(2)]
    told = simulate(make_campaign(workspace), Script("replied", contact=people[1].pk), people=people)
    assert [path.ending.value for path in told.paths] == ["completed", "replied"]


def test_blank_variable_without_a_fallback_stops_the_person(workspace: Workspace) -> None:
    workflow = make_workflow(make_email_node(body="Hi {{firstName}} of {{company|yours}}"))
    campaign = make_campaign(workspace, workflow)
    path = path_of(campaign)
    assert (path.ending, str(path.reason)) == ("error", "“firstName” is blank and has no fallback.")
    Workspace.objects.update(send_with_blanks=True)
    campaign.workspace.refresh_from_db()
    passed = path_of(campaign)
    assert (passed.ending, passed.mails[0].mail.missing) == ("completed", ("firstName",))


def test_mail_says_what_was_sent_before_on_this_way(workspace: Workspace) -> None:
    workflow = asking(check="opened", withinDays=1)
    for node in workflow["nodes"]:
        if node["id"] in ("mail_yes", "mail_no"):
            node["data"] |= {"subject": "Way of {{email}}" if node["id"] == "mail_yes" else "", "sameThread": True}
    path = path_of(make_campaign(workspace, workflow))
    assert [mail.mail.subject for mail in path.mails] == ["Subject of mail_1", "Re: Subject of mail_1"]


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "blocked"])
def test_whoever_may_not_be_written_to_is_excluded(workspace: Workspace, status: str) -> None:
    path = path_of(make_campaign(workspace), contact=make_contact(workspace, status=status))
    assert (path.ending, told(path)) == ("excluded", [("ends", "")])


def test_suppressed_and_addressless_people_are_excluded(workspace: Workspace) -> None:
    suppression.write(workspace=workspace, targets=["bad.example"], kind="domain", reason="by_hand", source="")
    people = [make_contact(workspace, email) for email in ("one@bad.example", None, "one@good.example")]
    told = simulate(make_campaign(workspace), Script("opened"), people=people)
    assert [path.ending.value for path in told.paths] == ["excluded", "excluded", "completed"]


def test_person_on_hold_waits_for_its_end(workspace: Workspace) -> None:
    path = path_of(make_campaign(workspace), contact=make_contact(workspace, hold_until=NOW + DAY))
    assert (path.mails[0].at, rules_of(path)) == (NOW + DAY, ["hold"])


def test_reply_ends_the_campaign_for_simulated_colleagues(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(), WAIT, make_email_node("mail_2")))
    people = [make_contact(workspace, email) for email in ("ada@acme.example", "bob@acme.example", "cyd@x.example")]
    scripts = [Script(on="replied", contact=people[0].pk, after=HOUR)]
    assert [len(path.mails) for path in simulate(campaign, *scripts, people=people).paths] == [1, 2, 2]
    campaign.one_per_company = True
    paths = simulate(campaign, *scripts, people=people).paths
    assert [(path.ending, len(path.mails)) for path in paths] == [("replied", 1), ("completed", 1), ("completed", 2)]
    assert str(paths[1].reason) == "Somebody else at acme.example replied."


def test_account_that_cannot_send_leaves_people_on_the_way(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, account=make_account(workspace, status="error"))
    path = path_of(campaign)
    assert (path.ending, str(path.reason)) == ("unfinished", "The email account is in error; reconnect it.")


def test_simulation_ends_at_its_horizon(workspace: Workspace) -> None:
    years = [{"id": f"wait_{number}", "type": "delay", "data": {"days": 365}} for number in range(3)]
    found = simulate(make_campaign(workspace, make_workflow(make_email_node(), *years)))
    assert (found.paths[0].ending, found.last_at) == ("unfinished", NOW + playing.HORIZON)
    assert str(found.cut) == "The simulation ends here: it looks 730 days ahead."


def test_simulation_makes_only_so_many_mails(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "MOST_MAILS", 3)
    people = [make_contact(workspace) for _number in range(6)]
    found = simulate(make_campaign(workspace, max_emails_per_hour=60), people=people)
    assert (found.mails, str(found.cut)) == (3, "The simulation ends here: it makes at most 3 emails.")


def test_draft_is_played_where_it_may_be_edited_and_the_version_where_not(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    WorkflowDraft.objects.update(graph=make_workflow(make_email_node("mail_9")))
    campaign = Campaign.objects.select_related("draft", "version", "workspace").get()
    assert path_of(campaign).mails[0].node == "mail_9"
    campaign.status = "active"
    assert path_of(campaign).mails[0].node == "mail_1"


def test_workflow_that_may_not_run_is_refused_with_its_problems(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, make_workflow(make_email_node(subject="", body="{{nobody}}")))
    with pytest.raises(Invalid) as refused:
        simulate(campaign)
    assert set(refused.value.details) == {"workflow.nodes.mail_1.data.subject", "workflow.nodes.mail_1.data.body"}


def test_plan_without_conditions_simulates_none() -> None:
    with pytest.raises(PlanLimit):
        simulate(make_campaign(make_workspace(plan="free"), asking(check="opened")))


def test_nobody_at_all_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Invalid) as refused:
        simulation.simulate(make_campaign(workspace), now=NOW)
    assert set(refused.value.details) == {"contactId"}


def counted() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_nothing_is_sent_or_stored(workspace: Workspace) -> None:
    campaign = make_running(workspace, make_email_node(body=LINK), WAIT, make_email_node("mail_2"), people=3)
    campaign = Campaign.objects.select_related("draft", "version", "workspace").get(pk=campaign.pk)
    before = counted()
    with CaptureQueriesContext(connection) as queries:
        found = simulation.simulate(campaign, now=NOW, events=[Script("clicked"), Script("replied", number=2)])
    assert found.mails == 6
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert counted() == before


def test_playing_asks_no_database_and_loading_a_fixed_number(workspace: Workspace) -> None:
    make_field(workspace, "employees", "number")
    tag = Tag.objects.create(workspace=workspace, name="vip")
    counts = []
    for people, mails in ((1, 1), (15, 8)):
        steps = [make_email_node(f"more_{number}", body=LINK + " {{employees|many}}") for number in range(mails)]
        workflow = asking(check="tag", tag="vip")
        workflow["nodes"] += steps
        workflow["edges"][-1] = {"from": "mail_no", "to": "more_0"}
        names = [step["id"] for step in steps] + ["end"]
        workflow["edges"] += [{"from": one, "to": two} for one, two in pairwise(names)]
        campaign = make_campaign(workspace, workflow)
        contacts = [make_contact(workspace) for _number in range(people)]
        make_group(workspace, members=tuple(contacts))
        Tagging.objects.create(workspace=workspace, tag=tag, contact=contacts[0], added_at=NOW)
        campaign = Campaign.objects.select_related("draft", "version", "workspace").get(pk=campaign.pk)
        with CaptureQueriesContext(connection) as queries:
            simulate(campaign, Script("opened"), Script("clicked", after=HOUR), people=contacts)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_people_of_the_campaign_come_first(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    make_contact(workspace)
    inside = make_enrolment(campaign).contact
    assert [path.contact for path in simulation.simulate(campaign, now=NOW).paths] == [inside]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"check": "tag", "tag": "vip"}, "The contact does not have the tag."),
        ({"check": "field", "field": "company", "operator": "is_empty"}, "The value of the contact is “Acme”."),
        ({"check": "field", "field": "phone", "operator": "equals", "value": "1"}, "The field is blank."),
        ({"check": "opened"}, "It had not happened by then."),
        ({"check": "opened", "withinDays": 1}, "It did not happen in time."),
    ],
)
def test_fork_says_why(workspace: Workspace, data: dict[str, Any], why: str) -> None:
    path = path_of(make_campaign(workspace, asking(**data)), contact=make_contact(workspace, company="Acme"))
    (fork,) = [moment for moment in path.moments if moment.what == "branches"]
    assert (fork.port, str(fork.text)) == ("no", why)
