import pytest

from fluenzr.core.errors import PlanLimit
from fluenzr.workspaces import plans
from fluenzr.workspaces.plans import Feature, Limit
from tests.builders import make_workspace

pytestmark = pytest.mark.django_db


def test_limits_are_those_of_the_product() -> None:
    table = {
        plan.key: (plan.email_accounts, plan.contacts, plan.import_rows, plan.emails_per_day, plan.members)
        for plan in plans.PLANS.values()
    }

    assert table == {
        "free": (1, 300, 300, 50, 1),
        "starter": (3, None, 10_000, None, 1),
        "pro": (12, None, 50_000, None, 5),
    }


@pytest.mark.parametrize(
    ("plan", "missing"),
    [
        ("free", set(Feature)),
        (
            "starter",
            {
                Feature.AUTOMATIC_ROTATION,
                Feature.CONDITIONS,
                Feature.API,
                Feature.WEBHOOKS,
                Feature.TRACKING_DOMAIN,
            },
        ),
        ("pro", set()),
    ],
)
def test_features_missing_from_a_plan(plan: str, missing: set[Feature]) -> None:
    assert {feature for feature in Feature if not plans.PLANS[plan].allows(feature)} == missing


def test_require_names_the_feature_and_the_plan() -> None:
    with pytest.raises(PlanLimit, match="^API access requires Pro plan$"):
        plans.require(make_workspace(plan="starter"), Feature.API)


def test_require_room_allows_up_to_the_limit() -> None:
    plans.require_room(make_workspace(plan="free"), Limit.CONTACTS, used=299)


def test_require_room_names_limit_and_plan() -> None:
    with pytest.raises(PlanLimit, match="The Free plan allows 300 contacts"):
        plans.require_room(make_workspace(plan="free"), Limit.CONTACTS, used=300)
