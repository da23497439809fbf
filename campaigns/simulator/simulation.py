"""The door: sends people through a campaign's workflow by a fake clock, and tells what would become of them."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from campaigns import previews
from campaigns.models import Campaign
from campaigns.simulator import loading, playing, scripts
from campaigns.simulator.scripts import Script
from campaigns.simulator.stories import Simulation
from contacts.models import Contact
from fluenzr.core.errors import Invalid

MOST_PEOPLE = 20
# So many people are simulated when nobody is named.
FEW = 3
FIRST_YEAR, LAST_YEAR = 2000, 2100


def simulate(
    campaign: Campaign,
    *,
    now: datetime,
    contacts: Sequence[Contact] | None = None,
    start: datetime | None = None,
    events: Sequence[Script] = (),
) -> Simulation:
    """Return what would become of contacts who are added at `start` (UTC; else now); nothing is sent or stored.

    The draft is played, or the version that runs where nothing may be changed; every rule of the real thing holds, and
    the limits are used up by these people alone. Without contacts they are the first of whom previews are shown. The
    campaign's workspace is loaded; the contacts are of it.

    Raises:
        Invalid: the workflow may not run, there is nobody or there are too many, the start is out of range, or an
            event is wrong; its details name `workflow...`, `contactIds`, `startAt`, `events.<index>.<key>`.
        PlanLimit: a step of the draft needs a feature that the plan lacks.
    """
    workflow = loading.workflow(campaign)
    people = previews.people(campaign)[:FEW] if contacts is None else list(dict.fromkeys(contacts))
    if not 1 <= len(people) <= MOST_PEOPLE:
        message = _("Choose 1 to %(count)d contacts.") % {"count": MOST_PEOPLE}
        raise Invalid(message, field="contactIds")
    if start is not None and not FIRST_YEAR <= start.year < LAST_YEAR:
        message = _("The start must be between %(first)d and %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise Invalid(message, field="startAt")
    checked = scripts.checked(events, workflow=workflow, contacts={one.pk for one in people})
    return playing.play(loading.load(campaign, workflow, people), checked, start=start or now)
