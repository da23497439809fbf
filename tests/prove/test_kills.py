"""At most once, and nothing lost, whatever kills the sender (reliability.md S1; design.md, the send protocol).

The sink keeps its own log of accepted Message-IDs, independent of ours: *dup* is accepted more than once, *lost* is
neither accepted nor uncertain.
"""

import functools
import os
import random
import signal
import time
from collections.abc import Callable

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from fluenzr.mailboxes.enums import Provider
from fluenzr.mailboxes.transports import relay
from tests.prove import processes
from tests.prove.hosts import Host, accepted, check
from tests.smtp_servers import Sink, sink

# How many mails are on their way at once, at most.
AT_ONCE = {Provider.SMTP: 1, Provider.RELAY: relay.CONNECTIONS}
PROVIDERS = list(AT_ONCE)
# Every function that commits or says something, and the call of it at which the sender dies.
STEPS = [
    (provider, f"{name}:{moment}:{call}")
    for provider, functions in (
        (
            Provider.SMTP,
            (
                ("scheduler.plan_lane", 1),
                ("outbox.claim", 1),
                ("mail.rendering.make", 1),
                ("outbox._freeze", 1),
                ("outbox.Sender._open", 2),
                ("journal.Journal.begun", 2),
                ("journal.Journal.answered", 2),
                ("settling.settle_all", 1),
                ("acceptance.record", 1),
                ("engine.advance_due", 1),
            ),
        ),
        (
            Provider.RELAY,
            (
                ("scheduler.take", 1),
                ("births.make", 1),
                ("births.write", 1),
                ("outbox.Sender._open", 1),
                ("journal.Journal.begun", 2),
                ("journal.Journal.answered", 2),
                ("settling.settle_all", 1),
                ("acceptance.record", 1),
            ),
        ),
    )
    for name, call in functions
    for moment in ("before", "after")
]


@pytest.mark.parametrize(("provider", "step"), STEPS)
def test_killed_at_a_step_nothing_is_doubled_or_lost(host: Host, provider: Provider, step: str) -> None:
    with sink() as told:
        host.order("setup", port=told.port, people=6, provider=provider)
        status = host.wait(host.spawn(kill=step))
        assert os.WIFSIGNALED(status)
        host.wait(host.spawn())
        begun = any(place in step for place in ("begun:after", "answered:before", "answered:after"))
        # Before a relay begins its second body, the first may be unanswered on another connection.
        begun = begun or (provider == Provider.RELAY and "begun:before" in step)
        check(host, told, people=6, most_uncertain=AT_ONCE[provider] if begun else 0)


class Killer(Sink):
    """A sink that has the sender killed while it is in the middle of a mail."""

    def arm(self, moment: str, kill: Callable[[], None]) -> None:
        self.moment, self.kill = moment, kill

    def _strike(self, moment: str) -> None:
        if getattr(self, "moment", "") == moment and len(self.mails) >= 2:
            self.moment = ""
            self.kill()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._strike("rcpt")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._strike("dot")
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("moment", ["rcpt", "dot"])
def test_killed_by_the_server_in_the_middle(host: Host, moment: str, provider: Provider) -> None:
    doubts = AT_ONCE[provider] if moment == "dot" or provider == Provider.RELAY else 0
    people = 6 * AT_ONCE[provider]
    with sink(kind=Killer) as told:
        assert isinstance(told, Killer)
        host.order("setup", port=told.port, people=people, provider=provider)
        pid = host.spawn()
        told.arm(moment, lambda: os.kill(pid, signal.SIGKILL))
        assert os.WIFSIGNALED(host.wait(pid))
        host.wait(host.spawn())
        check(host, told, people=people, most_uncertain=doubts)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("senders", [1, 2])
def test_killed_at_random_during_many_sends(
    host: Host, rounds: Callable[[int], int], senders: int, provider: Provider
) -> None:
    people = max(100, rounds(500))
    chance = random.Random(people + senders)
    # Each has an account of its own to begin with, but mailboxes may be sent from by one.
    at_once = AT_ONCE[provider] * senders
    kills = 0
    with sink() as told:
        host.order("setup", port=told.port, people=people, accounts=senders, provider=provider)
        deadline = time.monotonic() + 240
        pids = [host.spawn() for _number in range(senders)]
        while len(set(accepted(told))) < people - kills * at_once and time.monotonic() < deadline:
            time.sleep(chance.uniform(0.1, 0.6))
            host.kill(pids.pop(chance.randrange(len(pids))))
            kills += 1
            pids.append(host.spawn())
        for pid in pids:
            host.wait(pid)
        assert kills >= 5
        check(host, told, people=people, most_uncertain=kills * at_once)


def test_killed_with_many_mailboxes_each_is_in_doubt_by_one_mail(host: Host, rounds: Callable[[int], int]) -> None:
    people, mailboxes, kills = max(200, rounds(1000)), 8, 5
    with sink() as told:
        host.order("setup", port=told.port, people=people, accounts=mailboxes)
        for number in range(kills):
            pid = host.spawn()
            processes.wait_until(
                functools.partial(_has_taken, told, number * people // (kills + 1) + 20), seconds=60, what="mails"
            )
            host.kill(pid)
        host.wait(host.spawn())
        check(host, told, people=people, most_uncertain=kills * mailboxes)


def test_fifty_kills_in_ten_thousand_sends(host: Host, rounds: Callable[[int], int]) -> None:
    people = max(600, rounds(10_000))
    apart = 200
    with sink() as told:
        host.order("setup", port=told.port, people=people, provider=Provider.RELAY)
        kills = people // apart
        for number in range(kills):
            pid = host.spawn()
            reached = functools.partial(_has_taken, told, number * apart + apart // 2)
            processes.wait_until(reached, seconds=30, what=f"kill {number + 1}")
            host.kill(pid)
        host.wait(host.spawn())
        check(host, told, people=people, most_uncertain=kills * AT_ONCE[Provider.RELAY])


def _has_taken(told: Sink, mails: int) -> bool:
    return len(told.mails) >= mails


@pytest.mark.parametrize("provider", PROVIDERS)
def test_two_senders_share_the_work_without_doubling(
    host: Host, rounds: Callable[[int], int], provider: Provider
) -> None:
    people = max(60, rounds(500))
    with sink() as told:
        host.order("setup", port=told.port, people=people, accounts=2, provider=provider)
        for pid in [host.spawn(), host.spawn()]:
            host.wait(pid)
        check(host, told, people=people, most_uncertain=0)


def test_a_sleeping_sender_is_not_taken_for_dead(host: Host) -> None:
    """SIGSTOP for longer than the lease, while a mail is open: nobody else sends it, and the late 250 counts (S2)."""
    with sink() as told:
        host.order("setup", port=told.port, people=10)
        first = host.spawn()
        processes.wait_until(lambda: len(told.mails) >= 3, seconds=20, what="three mails")
        os.kill(first, signal.SIGSTOP)
        second = host.spawn()
        time.sleep(3)
        os.kill(first, signal.SIGCONT)
        for pid in (first, second):
            host.wait(pid)
        check(host, told, people=10, most_uncertain=0)
