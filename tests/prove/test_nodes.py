"""Two web and three worker nodes on one PostgreSQL, each in a network namespace of its own, and what befalls them.

The mail server keeps its own log: *dup* is taken more than once, *lost* is neither taken nor uncertain
(reliability.md, S1 and S9; issue 5).
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from fluenzr.core import signing
from fluenzr.mailboxes.transports import relay
from tests.databases import free_port
from tests.prove import processes
from tests.prove.hosts import Host
from tests.prove.network import Network, missing, network
from tests.prove.nodes import (
    LEASE_SECONDS,
    SENDERS,
    WEB,
    WORKER,
    Node,
    Reader,
    helper,
    lines,
    moved,
    place_of,
)

ACCOUNTS = 20
# How long the mail server takes for a mail: so that what befalls the nodes befalls them while they send.
PACE, PACE_OF_SAMPLE = 0.1, 1.0
# A cut is longer than a lease, and long enough for others to look for what is left behind.
CUT_SECONDS = LEASE_SECONDS + 7.0
# What was opened before a cut leaves in this time.
LAST_MAILS_SECONDS = 5.0
# On the wire of one node at a moment, at most.
ON_THE_WIRE = SENDERS * relay.CONNECTIONS


@dataclass(frozen=True)
class World:
    """The nodes, and what they work with."""

    net: Network
    webs: list[Node]
    workers: list[Node]
    host: Host
    log: Path
    pace: Path
    people: int

    def answer_after(self, seconds: float) -> None:
        """Let the mail server take so long for each mail from now on."""
        new = self.pace.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.pace)

    def taken(self) -> int:
        """How many mails the server took."""
        return len(lines(self.log))

    def taken_from(self, node: Node) -> int:
        """How many of them came from this node."""
        return sum(line[0] == node.machine.outside for line in lines(self.log))

    def wait_for_work(self, node: Node) -> None:
        """Wait until a worker node is in the middle of it."""
        before = self.taken_from(node)
        processes.wait_until(lambda: self.taken_from(node) > before, seconds=180, what="a mail of a node")

    def is_done(self) -> bool:
        return bool(self.host.order("report")["campaigns"] == {"completed": ACCOUNTS})


@pytest.fixture
def whole(rounds: Callable[[int], int]) -> bool:
    """Whether this is more than a sample."""
    return rounds(10) == 10


@pytest.fixture
def world(migrated_database: str, tmp_path: Path, whole: bool) -> Iterator[World]:
    if not migrated_database.startswith("postgres"):
        pytest.skip("many machines need PostgreSQL")
    if reason := missing():
        pytest.skip(reason)
    people, log, pace = 20_000 if whole else 600, tmp_path / "mails", tmp_path / "pace"
    with ExitStack() as stack:
        net = stack.enter_context(network())
        port = free_port()
        database, mail = f"{net.inside}:{port}", f"{net.outside}:{port}"
        forwarding = ("tests.prove.forwarding", database, place_of(migrated_database))
        stack.enter_context(helper(*forwarding, folder=tmp_path))
        stack.enter_context(helper("tests.prove.mail_log", mail, str(log), str(pace), folder=tmp_path))
        url = moved(migrated_database, database)
        parts = [WEB, WEB, WORKER, WORKER, WORKER]
        nodes = [Node(net.add(), part, url=url, folder=tmp_path) for part in parts]
        for node in nodes:
            stack.callback(node.kill)
            node.start()
        host = Host(migrated_database, tmp_path, "tests.prove.nodes_host")
        stack.callback(host.close)
        host.order("setup", address=net.outside, port=port, people=people, accounts=ACCOUNTS)
        yield World(net, nodes[:2], nodes[2:], host, log, pace, people)


def test_nodes_die_come_back_and_lose_nothing(world: World, rounds: Callable[[int], int], whole: bool) -> None:
    for web in world.webs:
        processes.wait_until(web.is_ready, seconds=90, what="a web node")
    processes.wait_until(
        lambda: {"send", "work"} <= set(world.host.order("report")["alive"]), seconds=90, what="the worker nodes"
    )
    world.answer_after(PACE if whole else PACE_OF_SAMPLE)
    world.host.order("start")
    for number in range(rounds(20)):
        roll(world, number)
    assert world.host.order("report")["uncertain"] == []

    befallen = max(2, rounds(8))
    for number in range(befallen):
        # Not the one that was restarted last: it may not be at work yet.
        TROUBLES[number % len(TROUBLES)](world, world.workers[(number + 2) % len(world.workers)])
    world.answer_after(0)
    processes.wait_until(world.is_done, seconds=600, what="the end of all campaigns")
    check(world, most_uncertain=befallen * ON_THE_WIRE)


def roll(world: World, number: int) -> None:
    """Restart a worker node in order, and every other time a web node: the other one answers all the time."""
    worker = world.workers[number % len(world.workers)]
    world.wait_for_work(worker)
    worker.stop()
    worker.start()
    if number % 2:
        return
    web, other = world.webs if number % 4 else world.webs[::-1]
    with Reader(other) as reader:
        web.stop()
        web.start()
        processes.wait_until(web.is_ready, seconds=90, what="a web node that was restarted")
        processes.wait_until(lambda: reader.answers > 0, seconds=30, what="an answer")
    assert reader.failures == []


def kill(world: World, node: Node) -> None:
    """A worker node dies, and its machine starts again."""
    world.wait_for_work(node)
    node.kill()
    node.start()


def cut_off_from_all(world: World, node: Node) -> None:
    """A worker node is alone for longer than a lease: what it held goes to others."""
    cut_off(world, node, "inside", "outside")


def cut_off_from_the_world(world: World, node: Node) -> None:
    """A worker node reaches no mail server."""
    cut_off(world, node, "outside")


def cut_off_from_the_database(world: World, node: Node) -> None:
    """A worker node that cannot ask says nothing new to anybody, though it could. A web node keeps what is read."""
    web = world.webs[0]
    messages = [str(uuid.uuid4()) for _hit in range(5)]
    world.net.cut(web.machine, "inside")
    for message in messages:
        assert web.get(f"/t/o/{signing.sign('open', uuid.UUID(message))}.gif") == 200
    cut_off(world, node, "inside")
    world.net.join(web.machine)
    processes.wait_until(
        lambda: world.host.order("hits", messages=messages) == len(messages), seconds=90, what="the hits of a web node"
    )


def cut_off(world: World, node: Node, *bridges: str) -> None:
    world.wait_for_work(node)
    world.net.cut(node.machine, *bridges)
    time.sleep(LAST_MAILS_SECONDS)
    said = world.taken_from(node)
    time.sleep(CUT_SECONDS - LAST_MAILS_SECONDS)
    assert world.taken_from(node) == said
    world.net.join(node.machine)


TROUBLES = [kill, cut_off_from_all, cut_off_from_the_database, cut_off_from_the_world]


def check(world: World, *, most_uncertain: int) -> None:
    """Nothing twice, nothing lost, doubt bounded, and the numbers are those of the server."""
    log, rows = lines(world.log), world.host.order("report")
    taken = Counter(recipient for _node, recipient, _message_id in log)
    everybody = {f"person{number}@example.com" for number in range(world.people)}
    assert [person for person, count in taken.items() if count > 1] == []
    assert len({message_id for _node, _recipient, message_id in log}) == len(log)
    assert everybody - set(taken) - set(rows["uncertain"]) == set()
    assert len(rows["uncertain"]) <= most_uncertain
    assert set(rows["sent"]) <= set(taken)
    assert rows["messages"].get("sent", 0) + len(rows["uncertain"]) == world.people
    assert rows["totals"]["uncertain"] == len(rows["uncertain"])
    assert rows["totals"]["emails_sent"] == world.people
    assert set(rows["people"]) == {"completed"}
