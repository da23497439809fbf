"""SMTP servers at the wire: a real one (aiosmtpd) whose answers a test chooses, and one that plays a bad peer."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.databases import free_port


@dataclass
class Sink:
    """What a real server was told, and what it answers: by address at RCPT, by number of the mail at the dot."""

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    at_mail: str = ""
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_dot: list[str] = field(default_factory=list)
    hang_up_at_dot: bool = False

    def contents(self) -> list[bytes]:
        return [bytes(mail.content or b"") for mail in self.mails]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.at_dot.pop(0) if self.at_dot else "250 2.0.0 queued"
        if answer.startswith("250") or self.hang_up_at_dot:
            self.mails.append(envelope)
        if self.hang_up_at_dot:
            server.transport.abort()
        return answer


@contextlib.contextmanager
def sink(
    *, password: str = "", tls: ssl.SSLContext | None = None, kind: type[Sink] = Sink, **options: Any
) -> Iterator[Sink]:
    """A real server on 127.0.0.1. With a password it demands a login; with a context it offers STARTTLS."""
    told = kind()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        told.logins.append(mechanism)
        return AuthResult(success=data.password == password.encode(), handled=False)

    if password:
        options |= {
            "authenticator": authenticate,
            "auth_required": tls is not None,
            "auth_require_tls": tls is not None,
        }
    if tls is not None:
        options |= {"tls_context": tls}
    controller = Controller(told, hostname="127.0.0.1", port=free_port(), server_hostname="sink.test", **options)
    told.port = controller.port
    controller.start()
    try:
        yield told
    finally:
        controller.stop()


@dataclass
class Peer:
    """A connection to the bad peer: reads and writes lines."""

    stream: Any
    sock: socket.socket

    def say(self, line: str) -> None:
        self.stream.write(line.encode() + b"\r\n")
        self.stream.flush()

    def expect(self, verb: str, answer: str) -> None:
        line = self.stream.readline().decode()
        assert line.upper().startswith(verb), line
        self.say(answer)

    def greet(self, extension: str = "") -> None:
        self.say("220 bad peer")
        self.expect("EHLO", f"250-bad peer\r\n250 {extension}" if extension else "250 bad peer")

    def until_data(self) -> None:
        self.expect("MAIL", "250 ok")
        self.expect("RCPT", "250 ok")
        self.expect("DATA", "354 go on")

    def body(self) -> bytes:
        lines = []
        while (line := self.stream.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def gone(self) -> bool:
        """Whether the client hung up without another byte."""
        return self.stream.read() == b""


@contextlib.contextmanager
def bad_peer(*plays: Callable[[Peer], None]) -> Iterator[int]:
    """A server that plays one script a connection, then hangs up; yields its port. A failed script fails the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    failures: list[BaseException] = []

    def serve() -> None:
        for play in plays:
            connection, _address = listener.accept()
            connection.settimeout(10)
            with connection, connection.makefile("rwb") as stream:
                try:
                    play(Peer(stream, connection))
                except BaseException as error:
                    failures.append(error)
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
        thread.join(10)
        assert not failures, failures
        assert not thread.is_alive()
    finally:
        listener.close()


@contextlib.contextmanager
def bad_peers(play: Callable[[Peer, int], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that plays a script on each of its connections at once; the script is told the number of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    failures: list[BaseException] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket, number: int) -> None:
        connection.settimeout(10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock = connection if tls is None else tls.wrap_socket(connection, server_side=True)
            with sock, sock.makefile("rwb") as stream:
                play(Peer(stream, sock), number)
        except BaseException as error:
            failures.append(error)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                threads.append(threading.Thread(target=serve, args=(connection, len(threads)), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(10)
        listener.close()
        for thread in threads:
            thread.join(10)
    assert not failures, failures
    assert not any(thread.is_alive() for thread in threads)


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1 and `localhost`."""

    path: Path
    server: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """Write certificate and key into the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(time.time()))
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return Certificate(path, context)
