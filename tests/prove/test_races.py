"""Two at once: starts, senders, and those who stop against those who send (reliability.md S12 and S13)."""

import os
import random
import time
from collections.abc import Callable

from tests.prove import processes
from tests.prove.hosts import Host, accepted, check
from tests.smtp_servers import sink


def test_parallel_starts_have_one_effect(host: Host) -> None:
    with sink() as told:
        host.order("setup", port=told.port, people=20, status="draft")
        moment = time.time() + 0.5
        starters = [host.order("start", moment=moment) for _number in range(8)]
        results = sorted(os.waitstatus_to_exitcode(host.order("wait", pid=pid)) for pid in starters)
        assert results == [0, *[3] * 7]
        host.wait(host.spawn())
        check(host, told, people=20, most_uncertain=0)


def test_pause_lets_no_mail_out_until_resume(host: Host, rounds: Callable[[int], int]) -> None:
    people, chance = max(100, rounds(500)), random.Random(7)
    with sink() as told:
        host.order("setup", port=told.port, people=people)
        sender = host.spawn()
        for _round in range(5):
            enough = min(len(told.mails) + 5, people)
            processes.wait_until(lambda: len(told.mails) >= enough, seconds=30, what="mails")  # noqa: B023
            if len(told.mails) >= people:
                break
            gone = host.order("pause")["gone"]
            time.sleep(chance.uniform(0.2, 0.5))
            assert host.order("resume")["gone"] == gone
        host.wait(sender)
        check(host, told, people=people, most_uncertain=0)


def test_who_leaves_gets_nothing_after_the_commit(host: Host, rounds: Callable[[int], int]) -> None:
    people, chance = max(100, rounds(500)), random.Random(11)
    with sink() as told:
        host.order("setup", port=told.port, people=people, mails=2)
        senders = [host.spawn()]
        processes.wait_until(lambda: len(told.mails) >= 3, seconds=30, what="the first mails")
        left = {}
        for number in chance.sample(range(people), people // 2):
            person = f"person{number}@example.com"
            left[person] = host.order("leave", person=person)["gone"]
        for pid in senders:
            host.wait(pid)
        taken = accepted(told)
        # What was on the wire when the stop was committed may arrive; nothing after it.
        assert {person: taken[person] for person in left} == left
        stayed = {f"person{number}@example.com" for number in range(people)} - set(left)
        assert {taken[person] for person in stayed} == {2}
        assert host.order("report")["campaign"] == "completed"
