from collections.abc import Callable
from typing import Any

import pytest

from campaigns import audience, candidates, tasks
from campaigns.candidates import Unknown
from campaigns.enums import EnrolmentStatus, EventType, MessageState, Phase
from campaigns.models import Campaign, CampaignTotal, Enrolment, Event, Message
from contacts import suppression
from contacts.enums import ContactStatus
from contacts.models import Contact, Group, Membership
from contacts.stages import create_defaults, ordered
from fluenzr.core.errors import Conflict, Invalid
from fluenzr.core.ids import uuid7
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_campaign,
    make_contact,
    make_enrolment,
    make_group,
    make_message,
    make_workspace,
)


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    return make_campaign(workspace)


def add(campaign: Campaign, **asked: Any) -> tuple[int, int, list[str]]:
    result = audience.add(campaign, by="api key Zapier", batch="api", now=NOW, **asked)
    return result.done, result.skipped, [error.id for error in result.errors]


def remove(campaign: Campaign, *people: Contact) -> tuple[int, int, list[str]]:
    ids = [person.public_id for person in people]
    result = audience.remove(campaign, contact_ids=ids, by="api key Zapier", now=NOW)
    return result.done, result.skipped, [error.id for error in result.errors]


def counted(campaign: Campaign) -> int:
    return CampaignTotal.objects.get(campaign=campaign).contacts


# --- add ---


def test_add_by_ids_takes_each_contact_once(campaign: Campaign) -> None:
    one, two = make_contact(campaign.workspace), make_contact(campaign.workspace)
    ids = [one.public_id, two.public_id, one.public_id]
    assert add(campaign, contact_ids=ids) == (2, 0, [])
    assert set(campaign.enrolments.values_list("contact", "batch", "status", "added_at")) == {
        (one.pk, "api", "pending", NOW),
        (two.pk, "api", "pending", NOW),
    }
    assert counted(campaign) == 2


def test_add_by_ids_reports_the_unknown_the_malformed_and_the_foreign(campaign: Campaign) -> None:
    foreign = make_contact(make_workspace()).public_id
    gone = f"con_{Contact.key_of(foreign) and '0' * 22}"
    result = audience.add(campaign, contact_ids=[foreign, gone, "con_x", "", foreign], by="x", batch="api", now=NOW)
    message = "There is no such contact"
    assert (result.done, result.skipped) == (0, 0)
    assert [Unknown(error.id, str(error.message)) for error in result.errors] == [
        Unknown(id, message) for id in (foreign, gone, "con_x", "")
    ]


def test_add_skips_whom_no_campaign_may_write_to(campaign: Campaign) -> None:
    workspace = campaign.workspace
    people = [
        make_contact(workspace, status=status)
        for status in (ContactStatus.UNSUBSCRIBED, ContactStatus.BOUNCED, ContactStatus.BLOCKED)
    ]
    suppression.suppress(workspace=workspace, targets=["barred.example"], kind="domain", source="test", now=NOW)
    people += [make_contact(workspace, "jane@barred.example"), make_contact(workspace, None)]
    assert add(campaign, contact_ids=[person.public_id for person in people]) == (0, 5, [])


def test_add_takes_people_who_replied_to_an_earlier_campaign(campaign: Campaign) -> None:
    person = make_contact(campaign.workspace, status=ContactStatus.REPLIED)
    assert add(campaign, contact_ids=[person.public_id]) == (1, 0, [])


def test_add_skips_who_is_in_already_or_was_removed(campaign: Campaign) -> None:
    inside = make_enrolment(campaign).contact
    removed = make_enrolment(campaign, status=EnrolmentStatus.REMOVED).contact
    assert inside is not None
    assert removed is not None
    assert add(campaign, contact_ids=[inside.public_id, removed.public_id]) == (0, 2, [])


def test_add_by_groups_takes_the_members_of_any(campaign: Campaign) -> None:
    workspace = campaign.workspace
    one, two, three = (make_contact(workspace) for _ in range(3))
    groups = [make_group(workspace, members=(one, two)), make_group(workspace, members=(two, three))]
    make_contact(workspace)
    assert add(campaign, group_ids=[group.public_id for group in groups]) == (3, 0, [])


def test_add_by_groups_reports_an_unknown_group(campaign: Campaign) -> None:
    group = make_group(campaign.workspace, members=(make_contact(campaign.workspace),))
    foreign = make_group(make_workspace()).public_id
    assert add(campaign, group_ids=[group.public_id, foreign]) == (1, 0, [foreign])


def test_add_by_filters_takes_who_matches(campaign: Campaign) -> None:
    make_contact(campaign.workspace)
    make_contact(campaign.workspace, status=ContactStatus.REPLIED)
    make_contact(make_workspace())
    assert add(campaign, filters={"status": "active"}) == (1, 0, [])


@pytest.mark.parametrize("asked", [{}, {"contact_ids": [], "group_ids": []}, {"group_ids": [], "filters": {}}])
def test_add_wants_exactly_one_way_of_naming_people(campaign: Campaign, asked: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        add(campaign, **asked)


@pytest.mark.parametrize("status", ["archived", "cancelled"])
def test_add_to_a_campaign_that_is_over_is_a_conflict(workspace: Workspace, status: str) -> None:
    with pytest.raises(Conflict, match=status):
        add(make_campaign(workspace, status=status), contact_ids=[])


def test_add_to_a_running_campaign_begins_at_once(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    add(campaign, contact_ids=[make_contact(workspace).public_id])
    person = Enrolment.objects.get()
    assert (person.node, person.phase, person.next_run_at) == ("mail_1", Phase.MAIL, NOW)
    assert person.version_id == campaign.version_id


def test_add_to_a_paused_campaign_waits(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="paused")
    add(campaign, contact_ids=[make_contact(workspace).public_id])
    assert list(Enrolment.objects.values_list("node", "phase", "next_run_at")) == [("", "", None)]


def test_add_to_a_completed_campaign_reopens_it(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="completed", completed_at=NOW)
    add(campaign, contact_ids=[make_contact(workspace).public_id])
    campaign.refresh_from_db()
    assert (campaign.status, campaign.completed_at) == ("active", None)
    assert Enrolment.objects.get().phase == Phase.MAIL


def test_add_of_nobody_leaves_a_completed_campaign_completed(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="completed")
    assert add(campaign, contact_ids=[make_contact(workspace, None).public_id]) == (0, 1, [])
    campaign.refresh_from_db()
    assert campaign.status == "completed"


def test_add_is_written_down_for_each_person(campaign: Campaign) -> None:
    person = make_contact(campaign.workspace)
    add(campaign, contact_ids=[person.public_id])
    assert list(Event.objects.values_list("type", "contact", "at")) == [(EventType.ADDED, person.pk, NOW)]


def test_add_gives_everybody_a_seed_of_their_own(campaign: Campaign) -> None:
    people = [make_contact(campaign.workspace) for _ in range(3)]
    add(campaign, contact_ids=[person.public_id for person in people])
    assert len(set(Enrolment.objects.values_list("seed", flat=True))) == 3


def big_group(workspace: Workspace, size: int) -> Group:
    people = Contact.objects.bulk_create(
        Contact(id=uuid7(), workspace=workspace, email=f"{uuid7()}@example.com") for _ in range(size)
    )
    Contact.objects.filter(workspace=workspace, email_key=None).update(email_key=None)
    group = make_group(workspace)
    Membership.objects.bulk_create(
        Membership(workspace=workspace, group=group, contact=person, added_at=NOW) for person in people
    )
    return group


def test_add_takes_a_large_group_in_chunks(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "CHUNK", 4)
    group = big_group(campaign.workspace, 11)
    assert add(campaign, group_ids=[group.public_id]) == (11, 0, [])
    assert add(campaign, group_ids=[group.public_id]) == (0, 11, [])
    assert counted(campaign) == 11


def test_add_makes_as_many_queries_for_three_as_for_one(
    workspace: Workspace, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for size in (1, 3):
        campaign, group = make_campaign(workspace, status="active"), big_group(workspace, size)
        with django_assert_num_queries(14):
            audience.add(campaign, group_ids=[group.public_id], by="x", batch="api", now=NOW)


# --- remove ---


def test_remove_of_one_never_mailed_leaves_no_trace_but_an_event(campaign: Campaign) -> None:
    person = make_contact(campaign.workspace)
    add(campaign, contact_ids=[person.public_id])
    assert remove(campaign, person) == (1, 0, [])
    assert (Enrolment.objects.count(), counted(campaign)) == (0, 0)
    assert set(Event.objects.values_list("type", flat=True)) == {"added", "removed"}
    assert add(campaign, contact_ids=[person.public_id]) == (1, 0, [])


def test_remove_takes_back_a_mail_that_waits(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    CampaignTotal.objects.update(contacts=1)
    person = make_enrolment(campaign)
    make_message(person, state=MessageState.CLAIMED)
    assert person.contact is not None
    assert remove(campaign, person.contact) == (1, 0, [])
    assert (Enrolment.objects.count(), Message.objects.count()) == (0, 0)


@pytest.mark.parametrize("state", [MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN])
def test_remove_of_one_who_was_mailed_keeps_the_numbers(workspace: Workspace, state: str) -> None:
    campaign = make_campaign(workspace, status="active")
    CampaignTotal.objects.update(contacts=1)
    person = make_enrolment(campaign, status=EnrolmentStatus.IN_PROGRESS)
    message = make_message(person, state=state)
    assert person.contact is not None
    assert remove(campaign, person.contact) == (1, 0, [])
    person.refresh_from_db()
    message.refresh_from_db()
    assert (person.status, person.reason, person.finished_at) == ("removed", "Removed by api key Zapier.", NOW)
    assert (message.state, counted(campaign)) == (state, 1)
    assert list(audience.people(campaign)) == []


def test_remove_skips_who_is_not_in_and_reports_the_unknown(campaign: Campaign) -> None:
    foreign = make_contact(make_workspace())
    assert remove(campaign, make_contact(campaign.workspace), foreign) == (0, 1, [foreign.public_id])


def test_remove_of_the_last_one_on_the_way_completes_the_campaign(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status="active")
    make_enrolment(campaign, status=EnrolmentStatus.COMPLETED)
    CampaignTotal.objects.update(contacts=2)
    person = make_enrolment(campaign)
    assert person.contact is not None
    remove(campaign, person.contact)
    campaign.refresh_from_db()
    assert campaign.status == "completed"


# --- people ---


def test_people_come_in_the_order_of_adding_and_by_status(campaign: Campaign) -> None:
    first, second, third = (make_enrolment(campaign, status=status) for status in ("pending", "replied", "error"))
    assert list(audience.people(campaign)) == [first, second, third]
    assert list(audience.people(campaign, statuses=["replied", "error"])) == [second, third]


def test_people_leave_out_the_removed_and_the_erased(campaign: Campaign) -> None:
    make_enrolment(campaign, status=EnrolmentStatus.REMOVED)
    erased = make_enrolment(campaign)
    Enrolment.objects.filter(pk=erased.pk).update(contact=None)
    assert list(audience.people(campaign)) == []


def test_many_are_put_into_the_pipeline_by_a_job(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    create_defaults(workspace.pk)
    monkeypatch.setattr(audience, "CHUNK", 1)
    campaign, group = make_campaign(workspace), make_group(workspace, members=(make_contact(workspace),))
    inside = make_contact(workspace, stage=ordered(workspace)[3])
    Membership.objects.create(workspace=workspace, group=group, contact=inside, added_at=NOW)
    audience.add(campaign, group_ids=[group.public_id], by="ann", now=NOW, batch="test")
    assert not Contact.objects.filter(stage__role="lead").exists()
    tasks.lead(str(campaign.pk), NOW.isoformat(), "ann")
    assert sorted(Contact.objects.values_list("stage__name", flat=True)) == ["Lead", "Negotiation"]
