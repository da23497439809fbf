"""Plans and their limits (product.md section 2), and the questions that every write asks of them."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fluenzr.core.errors import PlanLimit
from fluenzr.workspaces.models import Workspace


class Feature(TextChoices):
    """What a plan may include."""

    ROTATION = "rotation", _("Rotation of email accounts")
    AUTOMATIC_ROTATION = "automatic_rotation", _("Automatic rotation of email accounts")
    WARMING = "warming", _("Warming")
    AB_TESTING = "ab_testing", _("A/B testing")
    ADVANCED_ANALYTICS = "advanced_analytics", _("Advanced analytics")
    OWN_SIGNATURE = "own_signature", _("A signature of your own")
    CONDITIONS = "conditions", _("Conditions")
    API = "api", _("API access")
    WEBHOOKS = "webhooks", _("Webhooks")
    TRACKING_DOMAIN = "tracking_domain", _("A tracking domain of your own")


class Limit(TextChoices):
    """What a plan counts; each value is the name of a field of `Plan`."""

    EMAIL_ACCOUNTS = "email_accounts", _("email accounts")
    CONTACTS = "contacts", _("contacts")
    IMPORT_ROWS = "import_rows", _("rows per import")
    EMAILS_PER_DAY = "emails_per_day", _("emails per day")
    MEMBERS = "members", _("members")


@dataclass(frozen=True)
class Plan:
    """What a workspace may do; None is no limit. `api_rate` is requests a minute."""

    key: str
    label: str
    email_accounts: int | None
    contacts: int | None
    import_rows: int | None
    emails_per_day: int | None
    members: int | None
    api_rate: int
    features: frozenset[Feature]

    def allows(self, feature: Feature) -> bool:
        """Whether the plan includes the feature."""
        return feature in self.features


_STARTER = frozenset(
    {Feature.ROTATION, Feature.WARMING, Feature.AB_TESTING, Feature.ADVANCED_ANALYTICS, Feature.OWN_SIGNATURE}
)
_PRO = frozenset(Feature)
# Only pro includes the API; the others carry its rate so that a key of theirs is refused at a bounded pace.
_API_RATE = 1000

PLANS: dict[str, Plan] = {
    plan.key: plan
    for plan in (
        Plan("free", "Free", 1, 300, 300, 50, 1, _API_RATE, frozenset()),
        Plan("starter", "Starter", 3, None, 10_000, None, 1, _API_RATE, _STARTER),
        Plan("pro", "Pro", 12, None, 50_000, None, 5, _API_RATE, _PRO),
    )
}


def limits(workspace: Workspace) -> Plan:
    """Return the plan of a workspace."""
    return PLANS[workspace.plan]


def require(workspace: Workspace, feature: Feature) -> None:
    """Raise PlanLimit, naming the feature and the smallest plan that has it, when the workspace's plan lacks it."""
    if limits(workspace).allows(feature):
        return
    smallest = next(plan for plan in PLANS.values() if plan.allows(feature))
    raise PlanLimit(gettext("%(feature)s requires %(plan)s plan") % {"feature": feature.label, "plan": smallest.label})


def require_room(workspace: Workspace, limit: Limit, *, used: int, adding: int = 1) -> None:
    """Raise PlanLimit, naming the limit and the plan, when `adding` more would exceed it."""
    plan = limits(workspace)
    allowed: int | None = getattr(plan, limit.value)
    if allowed is None or used + adding <= allowed:
        return
    raise PlanLimit(
        gettext("The %(plan)s plan allows %(allowed)s %(limit)s; it has %(used)s and %(adding)s more were asked for")
        % {"plan": plan.label, "allowed": allowed, "limit": limit.label, "used": used, "adding": adding}
    )
