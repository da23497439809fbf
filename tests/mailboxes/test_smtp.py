"""Careful SMTP against a real server and against bad peers."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import Outcome, Parcel, Receipt, TransportDown, Verdict, session, smtp
from tests.smtp_servers import Certificate, Peer, bad_peer, make_certificate, sink

CONTENT = b"Subject: Hi\r\n\r\nHello\r\n"


def make_account(port: int, **fields: Any) -> Account:
    password = fields.pop("password", "")
    account = Account(
        email="jane@acme.example",
        **{"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none", **fields},
    )
    account.seal_secrets({"smtp": password})
    return account


def make_parcel(recipient: str = "bob@b.example", content: bytes = CONTENT) -> Parcel:
    key = uuid.uuid4()
    return Parcel(key, "jane@acme.example", recipient, content, f"{key}@acme.example", "Hi")


def let_all(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(ids)


def send(port: int, *parcels: Parcel, open_: Callable[..., Any] = let_all, **fields: Any) -> list[Receipt]:
    transport = smtp.SmtpTransport(make_account(port, **fields))
    try:
        return list(transport.deliver(parcels or (make_parcel(),), open_, lambda key: None))
    finally:
        transport.close()


def outcomes(receipts: Sequence[Receipt]) -> list[tuple[Outcome, int | None]]:
    return [(receipt.outcome, receipt.code) for receipt in receipts]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_deliver_hands_the_mail_over_as_it_is() -> None:
    with sink() as server:
        receipts = send(server.port)
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250)]
    assert receipts[0].text == "2.0.0 queued"
    assert (server.mails[0].mail_from, server.mails[0].rcpt_tos) == ("jane@acme.example", ["bob@b.example"])
    assert server.contents() == [CONTENT]


def test_deliver_sends_many_on_one_connection() -> None:
    with sink() as server:
        receipts = send(server.port, *[make_parcel(f"p{n}@b.example") for n in range(5)])
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 5
    assert (server.connections, len(server.mails)) == (1, 5)


def test_deliver_writes_the_envelope_at_once_where_that_is_offered() -> None:
    def play(peer: Peer) -> None:
        peer.greet("PIPELINING")
        for refused in (True, False):
            assert [peer.stream.readline()[:4] for _line in range(3)] == [b"MAIL", b"RCPT", b"DATA"]
            for reply in ("250 ok", "550 5.1.1 No such user", "503 no") if refused else ("250 ok", "250 ok", "354 go"):
                peer.say(reply)
            if refused:
                peer.expect("RSET", "250 ok")
        peer.body()
        peer.say("250 ok")
        peer.expect("QUIT", "221 bye")

    with bad_peer(play) as port:
        receipts = send(port, make_parcel(), make_parcel())
    assert outcomes(receipts) == [(Outcome.REFUSED, 550), (Outcome.ACCEPTED, 250)]


def test_deliver_hangs_up_when_data_is_taken_for_nobody() -> None:
    def lax(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "250 ok")
        peer.expect("RCPT", "550 5.1.1 No such user")
        peer.expect("DATA", "354 go on")
        assert peer.gone()

    def drop(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "550 5.1.0 not you")

    with bad_peer(lax, drop) as port:
        receipts = send(port, make_parcel(), make_parcel())
    assert outcomes(receipts) == [(Outcome.REFUSED, 550), (Outcome.REFUSED, 550)]


def test_deliver_changes_a_worn_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "MAX_MAILS", 2)
    with sink() as server:
        send(server.port, *[make_parcel() for _n in range(5)])
    assert (server.connections, len(server.mails)) == (3, 5)


def test_deliver_asks_open_once_for_each_and_only_after_the_354() -> None:
    asked: list[uuid.UUID] = []

    def open_(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        asked.extend(ids)
        return set(ids)

    refused, good = make_parcel("nobody@b.example"), make_parcel()
    with sink() as server:
        server.at_rcpt["nobody@b.example"] = "550 5.1.1 User unknown"
        receipts = send(server.port, refused, good, open_=open_)
    assert asked == [good.id]
    assert outcomes(receipts) == [(Outcome.REFUSED, 550), (Outcome.ACCEPTED, 250)]
    assert receipts[0].verdict == Verdict.HARD


def test_deliver_says_nothing_of_a_parcel_that_is_not_opened_and_goes_on() -> None:
    stopped, good = make_parcel(), make_parcel("c@c.example")
    with sink() as server:
        receipts = send(server.port, stopped, good, open_=lambda ids: set(ids) - {stopped.id})
    assert outcomes(receipts) == [(Outcome.UNOPENED, None), (Outcome.ACCEPTED, 250)]
    assert [mail.rcpt_tos for mail in server.mails] == [["c@c.example"]]


def test_deliver_hangs_up_when_open_fails() -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.until_data()
        assert peer.gone()

    def fail(_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        raise RuntimeError("the database is away")

    with bad_peer(play) as port, pytest.raises(RuntimeError):
        send(port, open_=fail)


@pytest.mark.parametrize(
    ("answer", "code"), [("450 4.2.0 Greylisted", 450), ("452 4.2.2 Mailbox full", 452), ("421 4.7.0 Slow down", 421)]
)
def test_deliver_defers_a_4xx_at_rcpt(answer: str, code: int) -> None:
    with sink() as server:
        server.at_rcpt["bob@b.example"] = answer
        receipts = send(server.port, make_parcel(), make_parcel("c@c.example"))
    assert outcomes(receipts) == [(Outcome.DEFERRED, code), (Outcome.ACCEPTED, 250)]


@pytest.mark.parametrize(
    ("answer", "outcome", "verdict"),
    [
        ("451 4.3.0 Try again later", Outcome.DEFERRED, None),
        ("421 4.3.2 Closing", Outcome.DEFERRED, None),
        ("554 5.7.1 Message rejected as spam", Outcome.REFUSED, Verdict.POLICY),
        ("552 5.3.4 Message too large", Outcome.REFUSED, Verdict.MESSAGE),
        ("550 5.1.1 No such user", Outcome.REFUSED, Verdict.HARD),
        ("550 5.2.2 Mailbox full", Outcome.REFUSED, Verdict.SOFT),
    ],
)
def test_deliver_reads_the_reply_to_the_dot(answer: str, outcome: Outcome, verdict: Verdict | None) -> None:
    with sink() as server:
        server.at_dot = [answer]
        first, second = send(server.port, make_parcel(), make_parcel())
    assert (first.outcome, first.code, first.verdict) == (outcome, int(answer[:3]), verdict)
    assert second.outcome == Outcome.ACCEPTED


def test_deliver_counts_a_refused_sender_against_the_mailbox() -> None:
    with sink() as server:
        server.at_mail = "550 5.1.0 No such account"
        (receipt,) = send(server.port)
    assert (receipt.outcome, receipt.verdict) == (Outcome.REFUSED, Verdict.POLICY)


def test_deliver_is_in_doubt_when_the_server_hangs_up_after_the_dot() -> None:
    with sink() as server:
        server.hang_up_at_dot = True
        receipts = send(server.port)
    assert outcomes(receipts) == [(Outcome.UNKNOWN, None)]
    assert len(server.mails) == 1


@pytest.mark.parametrize("answer", ["", "250", "hello", "354 more", "250-half"])
def test_deliver_takes_only_a_reply_for_a_reply(answer: str) -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.until_data()
        peer.body()
        if answer:
            peer.say(answer)

    with bad_peer(play) as port:
        (receipt,) = send(port)
    assert receipt.outcome == (Outcome.ACCEPTED if answer == "250" else Outcome.UNKNOWN)


def test_deliver_is_in_doubt_when_the_line_breaks_inside_the_body() -> None:
    def play(peer: Peer) -> None:
        peer.greet()
        peer.until_data()
        peer.stream.readline()

    with bad_peer(play) as port:
        (receipt,) = send(port, make_parcel(content=b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 500_000))
    assert receipt.outcome == Outcome.UNKNOWN


def test_deliver_is_in_doubt_after_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DOT_SECONDS", 0.2)

    def play(peer: Peer) -> None:
        peer.greet()
        peer.until_data()
        peer.body()
        assert peer.gone()

    with bad_peer(play) as port:
        receipts = send(port)
    assert outcomes(receipts) == [(Outcome.UNKNOWN, None)]


def test_deliver_waits_no_longer_for_a_server_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DOT_SECONDS", 0.3)

    def slow(peer: Peer) -> None:
        peer.sock.settimeout(0.1)
        peer.greet()
        peer.until_data()
        peer.body()
        for letter in b"250 ok but slowly":
            try:
                peer.sock.sendall(bytes([letter]))
                peer.sock.recv(1)
            except TimeoutError:
                continue
            except OSError:
                return

    with bad_peer(slow) as port:
        (receipt,) = send(port)
    assert receipt.outcome == Outcome.UNKNOWN


def test_deliver_defers_when_the_line_is_lost_before_the_354_and_goes_on() -> None:
    def drop(peer: Peer) -> None:
        peer.greet()
        peer.expect("MAIL", "250 ok")
        peer.stream.readline()

    def work(peer: Peer) -> None:
        peer.greet()
        peer.until_data()
        peer.body()
        peer.say("250 ok")
        peer.expect("QUIT", "221 bye")

    with bad_peer(drop, work) as port:
        receipts = send(port, make_parcel(), make_parcel())
    assert outcomes(receipts) == [(Outcome.DEFERRED, None), (Outcome.ACCEPTED, 250)]


def test_deliver_dials_again_when_an_idle_server_hung_up() -> None:
    def one(peer: Peer) -> None:
        peer.greet()
        peer.until_data()
        peer.body()
        peer.say("250 ok")
        peer.say("421 idle")

    with bad_peer(one, one) as port:
        receipts = send(port, make_parcel(), make_parcel())
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250), (Outcome.ACCEPTED, 250)]


@pytest.mark.parametrize(
    "recipient", ["a@b.example> SIZE=1", "a\r\nRCPT TO:<x@y.z>@b", "é@b.example", "a", "x" * 65 + "@b.example"]
)
def test_deliver_refuses_an_envelope_that_cannot_be(recipient: str) -> None:
    with sink() as server:
        (receipt,) = send(server.port, make_parcel(recipient))
    assert (receipt.outcome, receipt.verdict, server.mails) == (Outcome.REFUSED, Verdict.HARD, [])


def test_deliver_refuses_what_the_server_finds_too_large_without_sending_it() -> None:
    with sink(data_size_limit=10) as server:
        (receipt,) = send(server.port)
    assert (receipt.outcome, receipt.verdict, server.mails) == (Outcome.REFUSED, Verdict.MESSAGE, [])


def test_deliver_stuffs_dots_and_never_ends_the_mail_early() -> None:
    body = b"Subject: x\r\n\r\n.\r\n..two\r\nend\n.\nMAIL FROM:<evil@x>\r.\rQUIT\r\n"
    with sink() as server:
        send(server.port, make_parcel(content=body))
    expected = b"Subject: x\r\n\r\n.\r\n..two\r\nend\r\n.\r\nMAIL FROM:<evil@x>\r\n.\r\nQUIT\r\n"
    assert server.contents() == [expected]


def test_connect_says_when_nobody_listens() -> None:
    with bad_peer() as port:
        pass
    with pytest.raises(TransportDown) as caught:
        send(port)
    assert (caught.value.kind, caught.value.permanent) == ("connect", False)


@pytest.mark.parametrize(
    ("greeting", "kind", "permanent"),
    [("421 too many connections", "limit", False), ("554 no", "limit", True), ("SSH-2.0-x", "connect", False)],
)
def test_connect_says_when_the_server_does_not_want_us(greeting: str, kind: str, permanent: bool) -> None:
    with bad_peer(lambda peer: peer.say(greeting)) as port, pytest.raises(TransportDown) as caught:
        send(port)
    assert (caught.value.kind, caught.value.permanent) == (kind, permanent)


def test_connect_gives_up_on_a_banner_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SETUP_SECONDS", 0.3)
    with bad_peer(lambda peer: peer.stream.read()) as port, pytest.raises(TransportDown) as caught:
        send(port)
    assert (caught.value.kind, caught.value.permanent) == ("connect", False)


def test_connect_refuses_a_private_host(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = False
    with sink() as server, pytest.raises(TransportDown) as caught:
        send(server.port)
    assert (caught.value.kind, caught.value.permanent) == ("connect", True)


@pytest.mark.parametrize("mechanisms", [[], ["PLAIN"]])
def test_login_succeeds_with_the_password(mechanisms: list[str]) -> None:
    with sink(password="sécret", auth_exclude_mechanism=mechanisms) as server:
        (receipt,) = send(server.port, smtp_username="jane", password="sécret")
    assert receipt.outcome == Outcome.ACCEPTED
    assert server.logins == ["LOGIN" if mechanisms else "PLAIN"]


def test_login_is_tried_once() -> None:
    with sink(password="right") as server, pytest.raises(TransportDown) as caught:
        send(server.port, smtp_username="jane", password="wrong")
    assert (caught.value.kind, caught.value.permanent, len(server.logins)) == ("auth", True, 1)
    assert "wrong" not in caught.value.text


def test_tls_protects_and_checks_the_certificate(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"smtp_encryption": "tls", "smtp_username": "jane", "password": "right"}
    with sink(password="right", tls=certificate.server) as server:
        with pytest.raises(TransportDown) as caught:
            send(server.port, **fields)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
        (receipt,) = send(server.port, **fields)
    assert (caught.value.kind, caught.value.permanent) == ("tls", True)
    assert receipt.outcome == Outcome.ACCEPTED


def test_tls_is_demanded_of_a_server_without_it() -> None:
    with sink() as server, pytest.raises(TransportDown) as caught:
        send(server.port, smtp_encryption="tls")
    assert (caught.value.kind, caught.value.permanent, server.mails) == ("tls", True, [])


def test_ssl_from_the_first_byte(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))

    def play(peer: Peer) -> None:
        with certificate.server.wrap_socket(peer.sock, server_side=True) as secure, secure.makefile("rwb") as stream:
            inner = Peer(stream, secure)
            inner.greet()
            inner.until_data()
            inner.body()
            inner.say("250 ok")
            inner.expect("QUIT", "221 bye")

    with bad_peer(play) as port:
        (receipt,) = send(port, smtp_encryption="ssl")
    assert receipt.outcome == Outcome.ACCEPTED


def test_ssl_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SETUP_SECONDS", 0.3)
    with bad_peer(lambda peer: peer.stream.read()) as port, pytest.raises(TransportDown) as caught:
        send(port, smtp_encryption="ssl")
    assert (caught.value.kind, caught.value.permanent) == ("tls", False)


def test_replies_hold_no_control_characters() -> None:
    with sink() as server:
        server.at_rcpt["bob@b.example"] = "550 5.1.1 a\x00b\tc"
        (receipt,) = send(server.port)
    assert receipt.text == "5.1.1 a b c"
