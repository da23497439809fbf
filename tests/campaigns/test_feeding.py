"""Dynamic groups that feed campaigns, and groups whose members are kept out."""

from typing import Any

import pytest

from campaigns import audience, completion, lifecycle, linked_groups
from campaigns.enums import CampaignStatus, EnrolmentStatus, EventType, MessageState, Phase
from campaigns.models import Campaign, CampaignGroup, CampaignTotal, Enrolment, Event
from contacts import batches, grouping, people
from contacts.enums import ContactStatus, StageRole
from contacts.models import Contact, Group
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import (
    NOW,
    make_account,
    make_campaign,
    make_contact,
    make_enrolment,
    make_group,
    make_running,
    make_sent,
    make_stage,
)


@pytest.fixture
def group(workspace: Workspace) -> Group:
    return make_group(workspace, "Signed up", kind="dynamic")


def link(campaign: Campaign, group: Group, role: str = "feeds") -> None:
    CampaignGroup.objects.create(workspace=campaign.workspace, campaign=campaign, group=group, role=role)


def fed(workspace: Workspace, group: Group, people: int = 0, **fields: Any) -> Campaign:
    campaign = make_running(workspace, people=people, **fields)
    link(campaign, group)
    return campaign


def join(group: Group, *people: Contact) -> int:
    return grouping.add(group=group, contact_ids=[person.pk for person in people], now=NOW)


def inside(campaign: Campaign) -> list[Any]:
    return list(Enrolment.objects.filter(campaign=campaign).listed().order_by("pk").values_list("contact", flat=True))


# --- feeding ---


def test_who_joins_is_enrolled_at_once_and_on_the_way(workspace: Workspace, group: Group) -> None:
    campaign, jane = fed(workspace, group), make_contact(workspace)
    join(group, jane)
    row = campaign.enrolments.get()

    assert (row.contact, row.phase, row.batch, row.node) == (jane, Phase.MAIL, group.public_id, "mail_1")
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 1
    assert Event.objects.filter(enrolment=row, type=EventType.ADDED).count() == 1


def test_every_active_campaign_is_fed_and_no_other(workspace: Workspace, group: Group) -> None:
    account = make_account(workspace)
    running = [fed(workspace, group, account=account) for _number in range(2)]
    others = [
        make_campaign(workspace, account=account, status=status) for status in CampaignStatus if status != "active"
    ]
    others.append(make_running(workspace, people=0, account=account))
    for campaign in others[:-1]:
        link(campaign, group)
    jane = make_contact(workspace)
    join(group, jane)

    assert [inside(campaign) for campaign in running] == [[jane.pk]] * 2
    assert [inside(campaign) for campaign in others] == [[]] * len(others)


def test_joining_again_or_twice_enrols_once(workspace: Workspace, group: Group) -> None:
    campaign, jane = fed(workspace, group), make_contact(workspace)
    other = make_group(workspace, kind="dynamic")
    link(campaign, other)
    join(group, jane)
    grouping.remove(group=group, contact_ids=[jane.pk])
    join(group, jane)
    join(other, jane)

    assert inside(campaign) == [jane.pk]


def test_who_was_taken_out_or_may_not_be_written_to_stays_out(workspace: Workspace, group: Group) -> None:
    campaign = fed(workspace, group)
    gone = make_enrolment(campaign, status=EnrolmentStatus.REMOVED).contact
    join(group, gone, make_contact(workspace, status=ContactStatus.UNSUBSCRIBED), make_contact(workspace, email=None))

    assert inside(campaign) == []


def test_static_group_feeds_nobody(workspace: Workspace) -> None:
    group = make_group(workspace, "Fair")
    campaign = fed(workspace, group)
    join(group, make_contact(workspace))

    assert inside(campaign) == []


@pytest.mark.parametrize("door", ["create", "bulk", "replace"])
def test_every_door_feeds(workspace: Workspace, group: Group, door: str) -> None:
    campaign = fed(workspace, group)
    draft: Any = {"email": "jane@acme.example", "groups": [group]}
    match door:
        case "create":
            people.create(workspace=workspace, draft=draft, by="ann", now=NOW)
        case "bulk":
            batches.write(workspace=workspace, drafts=[draft], on_duplicate="skip", by="ann", now=NOW)
        case "replace":
            grouping.replace(make_contact(workspace, "jane@acme.example"), groups=[group], now=NOW)

    assert inside(campaign) == [Contact.objects.get(email="jane@acme.example").pk]


def test_being_fed_makes_a_lead(workspace: Workspace, group: Group) -> None:
    fed(workspace, group)
    lead, jane = make_stage(workspace, role=StageRole.LEAD), make_contact(workspace)
    join(group, jane)
    jane.refresh_from_db()

    assert jane.stage == lead


def test_many_join_in_queries_by_the_thousand(
    workspace: Workspace, group: Group, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    fed(workspace, group)
    people = [make_contact(workspace) for _number in range(3)]
    with django_assert_max_num_queries(40) as first:
        join(group, people[0])
    with django_assert_num_queries(len(first)):
        join(group, *people[1:])


# --- the end ---


def finished(workspace: Workspace, group: Group) -> Campaign:
    """A fed campaign whose only person is through."""
    campaign = fed(workspace, group)
    make_enrolment(campaign, status=EnrolmentStatus.COMPLETED)
    return campaign


def status(campaign: Campaign) -> str:
    return str(Campaign.objects.values_list("status", flat=True).get(pk=campaign.pk))


def test_fed_campaign_does_not_complete_by_itself(workspace: Workspace, group: Group) -> None:
    campaign = finished(workspace, group)
    assert completion.complete([campaign.pk], now=NOW) == []
    Group.objects.update(kind="static")
    assert completion.complete([campaign.pk], now=NOW) == [campaign.pk]


def test_campaign_completes_when_its_group_becomes_static(workspace: Workspace, group: Group) -> None:
    campaign = finished(workspace, group)
    grouping.update(group, changes={"name": "New", "kind": "dynamic"}, by="ann", now=NOW)
    assert status(campaign) == "active"
    grouping.update(group, changes={"kind": "static"}, by="ann", now=NOW)
    assert status(campaign) == "completed"


def test_campaign_completes_when_its_group_is_deleted(workspace: Workspace, group: Group) -> None:
    campaign = finished(workspace, group)
    grouping.delete(group, by="ann", now=NOW)
    assert (status(campaign), CampaignGroup.objects.count()) == ("completed", 0)


def test_campaign_that_nobody_feeds_any_more_completes_when_it_resumes(workspace: Workspace, group: Group) -> None:
    campaign = lifecycle.pause(finished(workspace, group), by="ann", now=NOW)
    lifecycle.update(campaign, changes={"feeding": []}, by="ann", now=NOW)
    assert lifecycle.resume(campaign, by="ann", now=NOW).status == CampaignStatus.COMPLETED


# --- excluded groups ---


def test_members_of_an_excluded_group_are_not_added(workspace: Workspace, group: Group) -> None:
    campaign, jane, bob = fed(workspace, group), make_contact(workspace), make_contact(workspace)
    link(campaign, make_group(workspace, "Customers", (jane,)), "excluded")
    ids = [jane.public_id, bob.public_id]
    outcome = audience.add(campaign, contact_ids=ids, by="ann", now=NOW, batch="ann")
    join(group, jane)

    assert (outcome.done, outcome.skipped, inside(campaign)) == (1, 1, [bob.pk])


def test_who_joins_an_excluded_group_leaves_and_gets_no_more_mail(workspace: Workspace) -> None:
    campaign = make_campaign(workspace, status=CampaignStatus.ACTIVE)
    customers = make_group(workspace, "Customers")
    link(campaign, customers, "excluded")
    mailed, fresh, done, other = (make_contact(workspace) for _number in range(4))
    was_mailed = make_enrolment(campaign, mailed, emails_sent=1, first_sent_at=NOW)
    make_sent(was_mailed)
    waiting = make_sent(was_mailed, "mail_2")
    type(waiting).objects.filter(pk=waiting.pk).update(state=MessageState.QUEUED)
    make_enrolment(campaign, fresh)
    make_enrolment(campaign, done, status=EnrolmentStatus.COMPLETED)
    make_enrolment(campaign, other)
    CampaignTotal.objects.filter(campaign=campaign).update(contacts=4)
    join(customers, mailed, fresh, done)
    was_mailed.refresh_from_db()
    waiting.refresh_from_db()

    assert (was_mailed.status, waiting.state) == (EnrolmentStatus.REMOVED, MessageState.CANCELLED)
    assert was_mailed.reason == "Is in the group “Customers”, which the campaign excludes."
    assert inside(campaign) == [done.pk, other.pk]
    assert CampaignTotal.objects.get(campaign=campaign).contacts == 3


def test_excluding_a_group_takes_its_members_out(workspace: Workspace) -> None:
    campaign, jane, bob = make_campaign(workspace), make_contact(workspace), make_contact(workspace)
    audience.add(campaign, contact_ids=[jane.public_id, bob.public_id], by="ann", now=NOW, batch="ann")
    customers = make_group(workspace, "Customers", (jane,))
    lifecycle.update(campaign, changes={"excluded": [customers]}, by="ann", now=NOW)

    assert inside(campaign) == [bob.pk]


# --- which groups ---


def test_links_are_written_whole_and_cloned(workspace: Workspace, group: Group) -> None:
    campaign, out = make_campaign(workspace), make_group(workspace)
    lifecycle.update(campaign, changes={"feeding": [group], "excluded": [out]}, by="ann", now=NOW)
    lifecycle.update(campaign, changes={"name": "New"}, by="ann", now=NOW)
    copy = lifecycle.clone(campaign, by="ann", now=NOW)
    assert [linked_groups.of(one) for one in (campaign, copy)] == [linked_groups.Linked([group], [out])] * 2
    lifecycle.update(campaign, changes={"feeding": [], "excluded": [group]}, by="ann", now=NOW)
    assert linked_groups.of(Campaign.objects.get(pk=campaign.pk)) == linked_groups.Linked([], [group])


def test_static_group_is_refused_but_stays_where_it_was(workspace: Workspace, group: Group) -> None:
    campaign, static = make_campaign(workspace), make_group(workspace, "Fair")
    with pytest.raises(Invalid) as refused:
        lifecycle.update(campaign, changes={"feeding": [static]}, by="ann", now=NOW)
    assert list(refused.value.details) == ["groupIds"]
    lifecycle.update(campaign, changes={"feeding": [group]}, by="ann", now=NOW)
    grouping.update(group, changes={"kind": "static"}, by="ann", now=NOW)
    lifecycle.update(Campaign.objects.get(), changes={"feeding": [group]}, by="ann", now=NOW)
    assert [one.pk for one in linked_groups.of(Campaign.objects.get()).feeding] == [group.pk]


def test_group_that_feeds_is_not_excluded(workspace: Workspace, group: Group) -> None:
    with pytest.raises(Invalid) as refused:
        lifecycle.update(make_campaign(workspace), changes={"feeding": [group], "excluded": [group]}, by="ann", now=NOW)
    assert list(refused.value.details) == ["excludeGroupIds"]
