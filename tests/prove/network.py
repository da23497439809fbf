"""Machines of a proof: network namespaces on two bridges, one to the database and one to the world.

The links to a machine can be cut at the bridge, as by a cable that is pulled: nothing is refused, nothing answers.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BRIDGES = ("inside", "outside")


@dataclass(frozen=True)
class Machine:
    """A namespace with an address on each bridge."""

    name: str
    inside: str
    outside: str

    @property
    def entry(self) -> list[str]:
        """The command that runs the one behind it on this machine."""
        return ["ip", "netns", "exec", self.name]


class Network:
    """The bridges, where this process listens at `inside` and `outside`, and the machines on them."""

    def __init__(self) -> None:
        self._key = secrets.token_hex(3)
        self._net = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(127)}"
        self.inside, self.outside = self._address("inside", 1), self._address("outside", 1)
        self.machines: list[Machine] = []

    def _address(self, bridge: str, number: int) -> str:
        return f"{self._net}.{128 * BRIDGES.index(bridge) + number}"

    def _bridge(self, bridge: str) -> str:
        return f"fz{self._key}{bridge[0]}"

    def _port(self, machine: Machine, bridge: str) -> str:
        return f"fz{self._key}{bridge[0]}{self.machines.index(machine)}"

    def open(self) -> None:
        """Make the bridges.

        Raises:
            CalledProcessError: this machine does not allow it.
        """
        for bridge in BRIDGES:
            name = self._bridge(bridge)
            ip(f"link add {name} type bridge")
            ip(f"address add {self._address(bridge, 1)}/25 dev {name}")
            ip(f"link set {name} up")

    def add(self) -> Machine:
        """Make a machine and connect it."""
        number = len(self.machines)
        addresses = (self._address(bridge, number + 2) for bridge in BRIDGES)
        machine = Machine(f"fz{self._key}n{number}", *addresses)
        ip(f"netns add {machine.name}")
        self.machines.append(machine)
        ip(f"-n {machine.name} link set lo up")
        for bridge in BRIDGES:
            port = self._port(machine, bridge)
            ip(f"link add {port} type veth peer name {bridge} netns {machine.name}")
            ip(f"link set {port} master {self._bridge(bridge)} up")
            ip(f"-n {machine.name} address add {getattr(machine, bridge)}/25 dev {bridge}")
            ip(f"-n {machine.name} link set {bridge} up")
        return machine

    def cut(self, machine: Machine, *bridges: str) -> None:
        """Pull the cables of a machine to these bridges."""
        for bridge in bridges:
            ip(f"link set {self._port(machine, bridge)} down")

    def join(self, machine: Machine) -> None:
        """Put all cables of a machine back."""
        for bridge in BRIDGES:
            ip(f"link set {self._port(machine, bridge)} up")

    def close(self) -> None:
        """Take all away, however far it was made."""
        for machine in self.machines:
            ip(f"netns delete {machine.name}", check=False)
        for bridge in BRIDGES:
            ip(f"link delete {self._bridge(bridge)}", check=False)


def ip(arguments: str, *, check: bool = True) -> None:
    """Run iproute2."""
    subprocess.run(["ip", *arguments.split()], check=check, capture_output=True)


def missing() -> str:
    """Return why no network can be made here, or nothing."""
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    try:
        with network() as net:
            net.add()
    except subprocess.CalledProcessError as error:
        return f"network namespaces cannot be made here: {error.stderr.decode().strip()}"
    return ""


@contextmanager
def network() -> Iterator[Network]:
    """A network of its own, taken away afterwards."""
    net = Network()
    try:
        net.open()
        yield net
    finally:
        net.close()
