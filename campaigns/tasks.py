"""What runs by itself (`fluenzr/schedules.py`): each fetches by id or time and makes one call."""

from datetime import datetime
from uuid import UUID

from campaigns import additions, audience, engine, fleet, outbox, recovery, scheduler, senders
from campaigns.models import Campaign
from fluenzr.core import clock, jobs

# Rounds of one run: enough to keep up, short enough to stop.
_ROUNDS = 20
# So few people are left to the next second: those whose mails are being settled come one by one.
_CRUMBS = 50


def plan_due(now: datetime) -> bool:
    """Whether anybody's step is due or a lane may send."""
    return engine.steps_due(now) or scheduler.lanes_due(now).exists()


def plan() -> None:
    """Move whoever is due and give out slots, until little is left or it is time to let others work."""
    for _round in range(_ROUNDS):
        now = clock.database_now()
        moved = engine.advance_due(now=now)
        born = scheduler.plan(now=now)
        if born:
            send()
        if (moved < _CRUMBS and not born) or jobs.stopping():
            break


def send_due(now: datetime) -> bool:
    """Whether any message may be sent now."""
    return senders.wanted(now).exists()


def send() -> None:
    """Ask for a sender for each account with due mail."""
    senders.ask(senders.wanted(clock.database_now()))


def send_account(account_id: str) -> None:
    """Send what is due from one account, and ask for the next sender where the time was up before the mails were."""
    outbox.send_account(UUID(account_id))
    if not jobs.stopping():
        senders.ask(senders.wanted(clock.database_now()).filter(pk=account_id))


def send_mailboxes(*account_ids: str) -> None:
    """Send what is due from some mailboxes at once, and ask for senders where the time was up before the mails were."""
    fleet.send([UUID(account) for account in account_ids])
    if not jobs.stopping():
        send()


def recover() -> None:
    """Clean up after senders that died."""
    recovery.recover()


def lead(campaign_id: str, added_at: str, by: str) -> None:
    """Put the many people who were added to a campaign at that moment into the pipeline."""
    campaign = Campaign.objects.filter(pk=UUID(campaign_id)).first()
    if campaign is not None:
        audience.lead(campaign, added_at=datetime.fromisoformat(added_at), by=by)


def additions_due(now: datetime) -> bool:
    """Whether many people wait to be added to a campaign."""
    return additions.due(now)


def run_additions() -> None:
    """Add the people who were meant to be added in the background."""
    while not jobs.stopping() and additions.run_next():
        pass


def forget_additions() -> None:
    """Drop the orders to add people that ended."""
    additions.forget(now=clock.database_now())
