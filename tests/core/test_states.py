import pytest

from campaigns.enums import CAMPAIGN_MOVES, CampaignStatus
from campaigns.models import Campaign
from fluenzr.core import states
from fluenzr.core.errors import Conflict, NotFound
from fluenzr.workspaces.models import Workspace
from tests.builders import NOW, make_campaign

pytestmark = pytest.mark.django_db


def test_move_changes_row_and_object(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    states.move(campaign, CampaignStatus.ACTIVE, CAMPAIGN_MOVES, started_at=NOW)
    stored = Campaign.objects.get()
    assert (campaign.status, campaign.started_at) == (stored.status, stored.started_at) == ("active", NOW)


def test_second_of_two_moves_is_a_conflict_that_names_the_state(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    twin = Campaign.objects.get()
    states.move(campaign, CampaignStatus.ACTIVE, CAMPAIGN_MOVES)
    with pytest.raises(Conflict, match="Campaign is active already"):
        states.move(twin, CampaignStatus.ACTIVE, {CampaignStatus.DRAFT: [CampaignStatus.ACTIVE]})
    assert twin.status == "active"


def test_refused_move_changes_nothing(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    with pytest.raises(Conflict):
        states.move(campaign, CampaignStatus.COMPLETED, CAMPAIGN_MOVES, completed_at=NOW)
    assert Campaign.objects.get().completed_at is None
    assert campaign.completed_at is None


def test_move_of_a_deleted_row_is_not_found(workspace: Workspace) -> None:
    campaign = make_campaign(workspace)
    Campaign.objects.filter(pk=campaign.pk).update(version=None)
    Campaign.objects.get().delete()
    with pytest.raises(NotFound):
        states.move(campaign, CampaignStatus.ACTIVE, CAMPAIGN_MOVES)
