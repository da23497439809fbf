"""A DNS server at the wire: real questions over UDP on this machine, answered as a test chooses."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

# Keeps its mouth shut.
SILENCE = "silence"


@dataclass
class Zone:
    """What the server knows: records by name and kind, or one word for a name: an error of the DNS, or `SILENCE`."""

    port: int = 0
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, raw: bytes) -> bytes | None:
        """The answer to one question: a name that nothing is said of does not exist."""
        query = dns.message.from_wire(raw)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
        self.asked.append((name, kind))
        word = self.words.get(name) or (
            "NOERROR" if any(name == known for known, _kind in self.records) else "NXDOMAIN"
        )
        if word == SILENCE:
            return None
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        reply.set_rcode(dns.rcode.from_text(word))
        if rows := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *rows))
        return reply.to_wire()


@contextlib.contextmanager
def serving(zone: Zone) -> Iterator[Zone]:
    """Answer on a free port of this machine until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        zone.port = server.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(server, zone))
        thread.start()
        try:
            yield zone
        finally:
            # An empty packet is the end.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"", ("127.0.0.1", zone.port))
            thread.join()


def _serve(server: socket.socket, zone: Zone) -> None:
    while True:
        raw, sender = server.recvfrom(4096)
        if not raw:
            return
        reply = zone.answer(raw)
        if reply is not None:
            server.sendto(reply, sender)
