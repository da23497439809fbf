from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import lifecycle
from campaigns.models import Campaign
from campaigns.preflight import blanks, checklist
from campaigns.preflight.findings import Level
from contacts import suppression
from fluenzr.core.errors import DomainError
from fluenzr.mailboxes.models import Account
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_email_node,
    make_enrolment,
    make_workflow,
    make_workspace,
)

pytestmark = pytest.mark.django_db

FORK = {
    "nodes": [
        {"id": "start", "type": "start"},
        make_email_node(),
        {"id": "fork", "type": "condition", "data": {"check": "opened"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"from": "start", "to": "mail_1"},
        {"from": "mail_1", "to": "fork"},
        {"from": "fork", "to": "end", "branch": "yes"},
        {"from": "fork", "to": "end", "branch": "no"},
    ],
}


def make_draft(workspace: Workspace, *mails: dict[str, Any], people: int = 1, **fields: Any) -> Campaign:
    campaign = make_campaign(workspace, make_workflow(*(mails or (make_email_node(),))), **fields)
    for _number in range(people):
        make_enrolment(campaign, make_contact(workspace, first_name="Ada"), version=None)
    return campaign


def said(campaign: Campaign, level: Level | None = None, now: datetime = NOW) -> dict[str, str]:
    found = checklist.of(campaign, now=now).findings
    return {finding.code: str(finding.text) for finding in found if level in (None, finding.level)}


def test_sound_campaign_is_ready_and_only_lacks_an_address(workspace: Workspace) -> None:
    campaign = make_draft(workspace)
    found = checklist.of(campaign, now=NOW)
    assert found.is_ready
    assert [finding.code for finding in found.findings] == [
        "address_missing",
        "account_ok",
        "window_ok",
        "contacts_ok",
        "workflow_ok",
        "variables_ok",
        "mails_ok",
        "unsubscribe_ok",
    ]


@pytest.mark.parametrize(
    ("workflow", "account", "plan", "status"),
    [
        (make_workflow(make_email_node()), "connected", "pro", "draft"),
        (make_workflow(make_email_node()), "error", "pro", "draft"),
        (make_workflow(make_email_node()), "disabled", "pro", "draft"),
        (make_workflow(), "connected", "pro", "draft"),
        (make_workflow(make_email_node(subject="", body="{{nothing}}")), "connected", "pro", "draft"),
        (
            make_workflow(make_email_node(body="[x](javascript:alert(1)) <a href='javascript:1'>x</a>")),
            "connected",
            "pro",
            "draft",
        ),
        (FORK, "connected", "free", "draft"),
        (FORK, "connected", "pro", "draft"),
        (make_workflow(make_email_node()), "connected", "pro", "completed"),
        (make_workflow(make_email_node()), "connected", "pro", "active"),
    ],
)
def test_blocks_are_exactly_what_start_refuses(workflow: dict[str, Any], account: str, plan: str, status: str) -> None:
    workspace = make_workspace(plan=plan)
    campaign = make_campaign(workspace, workflow, make_account(workspace, status=account), status=status)
    is_ready = checklist.of(campaign, now=NOW).is_ready
    try:
        lifecycle.start(campaign, by="ada", now=NOW)
    except DomainError:
        assert not is_ready
    else:
        assert is_ready


def test_problem_names_its_node_and_field(workspace: Workspace) -> None:
    finding = checklist.of(make_draft(workspace, make_email_node(body="")), now=NOW).blocks[0]
    assert (finding.node, str(finding.text)) == ("mail_1", "Email 1: Body: This field is required.")


def test_account_in_error_warns_with_its_reason(workspace: Workspace) -> None:
    campaign = make_draft(workspace)
    Account.objects.update(email="me@acme.example", status="error", status_reason="Wrong password.")
    assert said(campaign, Level.WARNS)["account_error"] == "me@acme.example: Wrong password."


def test_other_campaigns_of_the_account_are_counted(workspace: Workspace) -> None:
    account = make_account(workspace)
    make_campaign(workspace, account=account, status="active")
    campaign = make_draft(workspace, account=account)
    assert said(campaign)["account_shared"] == "1 other running campaign sends from this account."


def test_hours_that_never_open_or_open_late_are_said(workspace: Workspace) -> None:
    assert "window_never_opens" in said(make_draft(workspace, send_days=[]))
    mondays = make_draft(workspace, send_days=["monday"], send_hours_start=8, send_hours_end=9)
    assert "window_far" in said(mondays)
    assert "window_ok" in said(mondays, now=NOW + timedelta(days=5))


def test_campaign_without_contacts_only_warns(workspace: Workspace) -> None:
    found = checklist.of(make_draft(workspace, people=0), now=NOW)
    assert found.is_ready
    assert "contacts_none" in {finding.code for finding in found.at(Level.WARNS)}


def test_people_who_get_nothing_are_counted(workspace: Workspace) -> None:
    campaign = make_draft(workspace, people=0)
    for fields in ({"status": "bounced"}, {"hold_until": NOW + timedelta(days=9)}, {"email": None}):
        make_enrolment(campaign, make_contact(workspace, **fields))
    make_enrolment(campaign, make_contact(workspace, "gone@example.com"))
    suppression.suppress(workspace=workspace, targets=["gone@example.com"], now=NOW)
    make_enrolment(campaign, make_contact(workspace))
    found = said(campaign, Level.WARNS)
    assert found["contacts_barred"] == "2 contacts unsubscribed, bounced or are suppressed."
    assert {"contacts_held", "contacts_no_address"} <= found.keys()


def test_blank_variables_name_the_first_people_and_the_mail(workspace: Workspace) -> None:
    campaign = make_draft(workspace, make_email_node(), make_email_node("mail_2", body="At {{company}}"), people=2)
    make_enrolment(campaign, make_contact(workspace, company="Acme"))
    finding = next(one for one in checklist.of(campaign, now=NOW).findings if one.code == "variable_blank")
    assert str(finding.text) == "2 of 3 contacts have no “company”."
    assert str(finding.advice) == (
        "Their sequence stops there. Fill the value, or give a fallback: {{company|your words}}."
    )
    assert (finding.node, [person.company for person in finding.people]) == ("mail_2", ["", ""])


@pytest.mark.parametrize(
    "body", ["{{company|you}}", "{% if company %}{{company}}{% endif %}", "{{company | append: '!'}}"]
)
def test_what_never_shows_a_gap_is_fine(workspace: Workspace, body: str) -> None:
    campaign = make_draft(workspace, make_email_node(body=f"Hello {body}"))
    assert "variables_ok" in said(campaign)


def test_gap_behind_a_tag_is_found_for_each_person(workspace: Workspace) -> None:
    body = "{% if jobTitle == 'Cook' %}{{company}}{% else %}Hello{% endif %}"
    campaign = make_draft(workspace, make_email_node(body=body), people=0)
    for title in ("Cook", "Clerk", "Cook"):
        make_enrolment(campaign, make_contact(workspace, job_title=title))
    assert said(campaign)["variable_blank"] == "2 of 3 contacts have no “company”."


def test_only_the_first_people_are_looked_at(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blanks, "MOST_PEOPLE", 2)
    campaign = make_draft(workspace, make_email_node(body="At {{company}}"), people=3)
    assert said(campaign)["variable_blank"] == "2 of the first 2 contacts have no “company”."


def test_mails_are_judged_as_their_first_reader_gets_them(workspace: Workspace) -> None:
    body = "See http://acme.example/a and https://localhost/x " + "word " * 301
    campaign = make_draft(workspace, make_email_node(subject="s" * 61, body=body))
    found = checklist.of(campaign, now=NOW).at(Level.WARNS)
    texts = [str(one.text) for one in found if one.code == "mail_content"]
    assert texts == [
        "Email 1: The subject has 61 characters; inboxes show about 60.",
        "Email 1: The mail has 308 words; short ones are read.",
        "Email 1: The link “http://acme.example/a” is not encrypted; use https.",
        "Email 1: The link “https://localhost/x” leads to a computer that only your network knows.",
    ]


def test_follow_ups_say_how_they_arrive(workspace: Workspace) -> None:
    campaign = make_draft(
        workspace, make_email_node(), make_email_node("mail_2"), make_email_node("mail_3", subject="")
    )
    assert said(campaign)["threads"] == "1 follow-up begins a thread of its own."


def test_plans_limit_a_day_is_compared() -> None:
    campaign = make_draft(make_workspace(plan="free"), people=51)
    assert said(campaign)["plan_daily"] == "The Free plan sends 50 mails a day; this campaign has up to 51."


def test_postal_address_is_seen() -> None:
    assert "address_ok" in said(make_draft(make_workspace(postal_address="1 Main Street")))


def queries_of(campaign: Campaign) -> int:
    campaign = Campaign.objects.select_related("workspace", "draft", "version").get(pk=campaign.pk)
    with CaptureQueriesContext(
        connection,
    ) as found:
        checklist.of(campaign, now=NOW)
    return len(found)


def test_a_fixed_number_of_queries(workspace: Workspace) -> None:
    mail = make_email_node(body="At {{company}}")
    assert queries_of(make_draft(workspace, mail)) == queries_of(make_draft(workspace, mail, people=3)) <= 24
