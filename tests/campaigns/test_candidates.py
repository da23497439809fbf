import pytest

from campaigns import candidates
from campaigns.candidates import Estimate
from campaigns.models import Campaign
from contacts import suppression
from fluenzr.core.errors import Invalid
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign, make_contact, make_enrolment, make_group, make_workspace


@pytest.fixture
def campaign(workspace: Workspace) -> Campaign:
    campaign = make_campaign(workspace)
    make_enrolment(campaign, make_contact(workspace, "in@a.example"))
    for email in ("new@a.example", "barred@a.example", None):
        make_contact(workspace, email)
    suppression.suppress(workspace=workspace, targets=["barred@a.example"], now=NOW)
    return campaign


def test_estimate_of_few_looks_at_each_address(campaign: Campaign) -> None:
    assert candidates.estimate(campaign, filters={"status": "active"}) == Estimate(4, 1)


def test_estimate_of_many_is_at_most(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "CHUNK", 3)
    assert candidates.estimate(campaign, filters={"status": "active"}) == Estimate(4, 2, is_exact=False)


def test_members_of_groups_are_left_out_of_any_choice(campaign: Campaign) -> None:
    contact = make_contact(campaign.workspace, "member@a.example")
    group = make_group(campaign.workspace, members=(contact,)).public_id
    out = {"without_group_ids": [group]}
    assert candidates.estimate(campaign, filters={"status": "active"}, **out).asked == 4
    assert candidates.estimate(campaign, contact_ids=[contact.public_id], **out) == Estimate(0, 0)
    assert candidates.estimate(campaign, group_ids=[group], **out) == Estimate(0, 0)


def test_group_of_others_cannot_be_left_out(campaign: Campaign) -> None:
    theirs = make_group(make_workspace()).public_id
    with pytest.raises(Invalid) as refused:
        candidates.estimate(campaign, filters={"status": "active"}, without_group_ids=[theirs])
    assert list(refused.value.details) == ["withoutGroupIds"]
