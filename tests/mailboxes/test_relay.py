"""A relay: several connections at once, each a pipeline, against real servers and bad peers."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from fluenzr.mailboxes.models import Account
from fluenzr.mailboxes.transports import Outcome, Parcel, Receipt, TransportDown, Verdict, relay, smtp
from tests.smtp_servers import Certificate, Peer, Sink, bad_peer, bad_peers, make_certificate, sink

CONTENT = b"Subject: Hi\r\n\r\nHello\r\n"


def make_account(port: int, **fields: Any) -> Account:
    password = fields.pop("password", "")
    account = Account(
        email="news@acme.example",
        provider="relay",
        **{"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none", **fields},
    )
    account.seal_secrets({"smtp": password})
    return account


def make_parcels(count: int, content: bytes = CONTENT) -> list[Parcel]:
    keys = [uuid.uuid4() for _number in range(count)]
    return [
        Parcel(key, "news@acme.example", f"p{number}@b.example", content, f"{key}@acme.example", "Hi")
        for number, key in enumerate(keys)
    ]


class Book:
    """What the outbox would note: what was asked to be opened, and which bodies were begun."""

    def __init__(self, stopped: Sequence[uuid.UUID] = ()) -> None:
        self.asked: list[list[uuid.UUID]] = []
        self.begun_ones: list[uuid.UUID] = []
        self._stopped = set(stopped)

    def open(self, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        self.asked.append(list(ids))
        return set(ids) - self._stopped

    def begun(self, key: uuid.UUID) -> None:
        assert any(key in ids for ids in self.asked)
        assert key not in self._stopped
        assert key not in self.begun_ones
        self.begun_ones.append(key)


@contextmanager
def transport_to(port: int, **fields: Any) -> Iterator[relay.RelayTransport]:
    transport = relay.RelayTransport(make_account(port, **fields))
    try:
        yield transport
    finally:
        transport.close()


def send(port: int, parcels: Sequence[Parcel], book: Book | None = None, **fields: Any) -> list[Receipt]:
    book = book or Book()
    with transport_to(port, **fields) as transport:
        return list(transport.deliver(parcels, book.open, book.begun))


def collect(delivery: Iterator[Receipt]) -> tuple[list[Receipt], Exception | None]:
    """Return the receipts that came, and the error that ended them."""
    receipts: list[Receipt] = []
    try:
        for receipt in delivery:
            receipts.append(receipt)  # noqa: PERF402 - what came before an error counts
    except Exception as error:
        return receipts, error
    return receipts, None


def outcomes(receipts: Sequence[Receipt]) -> list[tuple[Outcome, int | None]]:
    return [(receipt.outcome, receipt.code) for receipt in receipts]


class Pipelining(Sink):
    """A server that takes several commands at once."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        lines = await super().handle_EHLO(server, session, envelope, hostname, responses)
        return [*lines[:-1], "250-PIPELINING", lines[-1]]


@pytest.fixture(params=[Pipelining, Sink])
def kind(request: pytest.FixtureRequest) -> Callable[[], Sink]:
    """Servers with PIPELINING and without."""
    return request.param  # type: ignore[no-any-return]


def test_deliver_sends_every_parcel_as_it_is(kind: type[Sink]) -> None:
    parcels = [
        Parcel(parcel.id, parcel.sender, parcel.recipient, CONTENT + b"%d\r\n" % number, "", "")
        for number, parcel in enumerate(make_parcels(100))
    ]
    book = Book()
    with sink(kind=kind) as server:
        receipts = send(server.port, parcels, book)
    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert {receipt.id for receipt in receipts} == {parcel.id for parcel in parcels}
    assert len(receipts) == len(parcels)
    assert sorted(server.contents()) == sorted(parcel.content for parcel in parcels)
    assert sorted(book.begun_ones) == sorted(parcel.id for parcel in parcels)
    assert 1 < server.connections <= relay.CONNECTIONS


def test_deliver_opens_at_most_fifty_at_once() -> None:
    parcels, book = make_parcels(300), Book()
    with sink(kind=Pipelining) as server:
        send(server.port, parcels, book)
    assert [key for ids in book.asked for key in ids] == [parcel.id for parcel in parcels]
    assert max(map(len, book.asked)) <= relay.MAX_OPEN
    assert len(book.asked) < 30


def test_deliver_says_nothing_of_what_is_not_opened(kind: type[Sink]) -> None:
    parcels = make_parcels(40)
    stopped = [parcel.id for parcel in parcels[::3]]
    with sink(kind=kind) as server:
        receipts = send(server.port, parcels, Book(stopped))
    unopened = {receipt.id for receipt in receipts if receipt.outcome is Outcome.UNOPENED}
    assert (unopened, len(receipts)) == (set(stopped), 40)
    recipients = {parcel.recipient for parcel in parcels if parcel.id not in unopened}
    assert {address for mail in server.mails for address in mail.rcpt_tos} == recipients


def test_deliver_keeps_its_connections(kind: type[Sink]) -> None:
    book = Book()
    with sink(kind=kind) as server, transport_to(server.port) as transport:
        for _round in range(4):
            assert len(list(transport.deliver(make_parcels(20), book.open, book.begun))) == 20
        assert server.connections <= relay.CONNECTIONS


@pytest.fixture
def one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one connection at a time, so that a server's scripts are played in turn."""
    monkeypatch.setattr(relay, "CONNECTIONS", 1)


def take(peer: Peer, answer: str = "250 ok") -> None:
    """Take one mail as it should be."""
    peer.until_data()
    peer.body()
    peer.say(answer)


def take_all(peer: Peer, _number: int = 0) -> None:
    """Take mails until QUIT."""
    peer.greet("PIPELINING")
    while (line := peer.stream.readline().decode()) and not line.startswith("QUIT"):
        peer.say("354 go on" if line.startswith("DATA") else "250 ok")
        if line.startswith("DATA"):
            peer.body()
            peer.say("250 ok")
    if line:
        peer.say("221 bye")


def test_deliver_writes_the_next_envelope_behind_a_body(one_line: None) -> None:
    def play(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.until_data()
        peer.body()
        # The answer is not said yet, and the next mail is here.
        assert [peer.stream.readline()[:4] for _line in range(3)] == [b"MAIL", b"RCPT", b"DATA"]
        for reply in ("250 first", "250 ok", "250 ok", "354 go on"):
            peer.say(reply)
        peer.body()
        peer.say("250 second")
        peer.expect("QUIT", "221 bye")

    with bad_peer(play) as port:
        receipts = send(port, make_parcels(2))
    assert [receipt.text for receipt in receipts] == ["first", "second"]


def test_deliver_goes_on_with_the_connections_that_it_gets() -> None:
    parcels, book = make_parcels(60), Book()

    def play(peer: Peer, number: int) -> None:
        if number in (0, 1):
            take_all(peer)
        else:
            peer.say("421 4.7.0 too many connections")

    with bad_peers(play) as port:
        receipts = send(port, parcels, book)
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250)] * 60


def test_deliver_gives_an_answer_away_before_it_begins_the_next_body(one_line: None) -> None:
    def play(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.until_data()
        peer.body()
        assert [peer.stream.readline()[:4] for _line in range(3)] == [b"MAIL", b"RCPT", b"DATA"]
        peer.say("250 first\r\n250 ok\r\n250 ok\r\n354 go on")  # in one packet
        peer.body()
        peer.say("250 second")
        peer.expect("QUIT", "221 bye")

    book, answered = Book(), set[uuid.UUID]()
    in_doubt: list[int] = []

    def begun(key: uuid.UUID) -> None:
        book.begun(key)
        in_doubt.append(len(set(book.begun_ones) - answered))

    with bad_peer(play) as port, transport_to(port) as transport:
        for receipt in transport.deliver(make_parcels(2), book.open, begun):
            answered.add(receipt.id)
    assert in_doubt == [1, 1]


def test_deliver_is_down_when_nobody_listens() -> None:
    book = Book()
    with bad_peer() as port:
        pass
    with pytest.raises(TransportDown) as caught:
        send(port, make_parcels(20), book)
    assert (caught.value.kind, caught.value.permanent, book.asked) == ("connect", False, [])


def test_deliver_tries_a_wrong_password_once() -> None:
    book = Book()
    with sink(password="right", kind=Pipelining) as server, pytest.raises(TransportDown) as caught:
        send(server.port, make_parcels(20), book, smtp_username="news", password="wrong")
    assert (caught.value.kind, caught.value.permanent, len(server.logins), book.asked) == ("auth", True, 1, [])


def test_deliver_is_down_when_no_connection_takes_a_mail(one_line: None) -> None:
    def play(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "421 4.7.0 slow down")

    book = Book()
    with bad_peer(*[play] * relay.FRUITLESS) as port, transport_to(port) as transport:
        receipts, error = collect(transport.deliver(make_parcels(10), book.open, book.begun))
    assert isinstance(error, TransportDown)
    assert (error.kind, error.text) == ("limit", "421 4.7.0 slow down")
    assert (outcomes(receipts), book.begun_ones) == ([(Outcome.DEFERRED, 421)], [])


def test_deliver_goes_on_elsewhere_after_a_421_in_the_middle(one_line: None) -> None:
    def tired(peer: Peer) -> None:
        peer.greet("PIPELINING")
        take(peer)
        peer.expect("MAIL", "421 4.3.2 closing")

    with bad_peer(tired, tired, take_all) as port:
        receipts = send(port, make_parcels(5), book := Book())
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250)] * 5
    assert len(book.begun_ones) == 5


def test_deliver_defers_after_a_421_to_the_dot(one_line: None) -> None:
    def tired(peer: Peer) -> None:
        peer.greet("PIPELINING")
        take(peer, "421 4.3.2 closing")

    parcels = make_parcels(3)
    with bad_peer(tired, take_all) as port:
        receipts = send(port, parcels)
    assert outcomes(receipts) == [(Outcome.DEFERRED, 421), *[(Outcome.ACCEPTED, 250)] * 2]


def test_deliver_defers_a_mail_with_which_connections_are_lost(one_line: None) -> None:
    def drop(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "250 ok")

    parcels = make_parcels(3)
    with bad_peer(drop, drop, take_all) as port:
        receipts = send(port, parcels)
    assert outcomes(receipts) == [(Outcome.DEFERRED, None), *[(Outcome.ACCEPTED, 250)] * 2]
    assert receipts[0].id == parcels[0].id


def test_deliver_refuses_one_and_sends_the_rest() -> None:
    parcels = make_parcels(30)
    with sink(kind=Pipelining) as server:
        server.at_rcpt = {"p3@b.example": "550 5.1.1 User unknown", "p7@b.example": "450 4.2.0 Greylisted"}
        receipts = {receipt.id: receipt for receipt in send(server.port, parcels)}
    assert (receipts[parcels[3].id].outcome, receipts[parcels[3].id].verdict) == (Outcome.REFUSED, Verdict.HARD)
    assert (receipts[parcels[7].id].outcome, receipts[parcels[7].id].code) == (Outcome.DEFERRED, 450)
    assert (len(receipts), len(server.mails)) == (30, 28)


def test_deliver_hangs_up_on_a_354_for_nobody_and_stays_in_step_then(one_line: None) -> None:
    def lax(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "250 ok")
        peer.expect("RCPT", "550 5.1.1 User unknown")
        peer.expect("DATA", "354 go on")
        assert peer.gone()

    def strict(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.expect("MAIL", "550 5.1.0 not you")
        peer.expect("RSET", "250 ok")  # no RCPT and no DATA: they waited
        take(peer)
        peer.expect("QUIT", "221 bye")

    with bad_peer(lax, strict) as port:
        receipts = send(port, make_parcels(3))
    assert outcomes(receipts) == [(Outcome.REFUSED, 550), (Outcome.REFUSED, 550), (Outcome.ACCEPTED, 250)]


LARGE = b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * 16_000


def test_deliver_is_in_doubt_when_a_connection_is_lost_in_a_body(one_line: None) -> None:
    def drop(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.until_data()
        peer.stream.readline()

    large, (small,) = make_parcels(1, LARGE), make_parcels(1)
    with bad_peer(drop, take_all) as port:
        receipts = send(port, [*large, small])
    assert outcomes(receipts) == [(Outcome.UNKNOWN, None), (Outcome.ACCEPTED, 250)]


def test_deliver_hears_a_refusal_in_the_midst_of_a_body(one_line: None) -> None:
    def refuse(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.until_data()
        peer.stream.readline()
        peer.say("552 5.3.4 Message too big")
        assert len(peer.stream.read()) < len(LARGE) - 1_000_000  # the rest is not sent

    with bad_peer(refuse) as port:
        (receipt,) = send(port, make_parcels(1, LARGE))
    assert (receipt.outcome, receipt.verdict) == (Outcome.REFUSED, Verdict.MESSAGE)


def test_deliver_is_in_doubt_after_silence(one_line: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DOT_SECONDS", 0.2)

    def silent(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.until_data()
        peer.body()
        peer.stream.read()

    parcels = make_parcels(2)
    with bad_peer(silent, take_all) as port:
        receipts = send(port, parcels)
    assert outcomes(receipts) == [(Outcome.UNKNOWN, None), (Outcome.ACCEPTED, 250)]
    assert receipts[0].text == "after the mail was sent: the server did not answer in time"


def test_deliver_waits_for_what_is_on_its_way_when_open_fails() -> None:
    book = Book()

    def fail(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        if len(book.asked) == 3:
            raise RuntimeError("the database is away")
        return book.open(ids)

    with sink(kind=Pipelining) as server, transport_to(server.port) as transport:
        receipts, error = collect(transport.deliver(make_parcels(100), fail, book.begun))
    assert str(error) == "the database is away"
    assert {receipt.id for receipt in receipts} == set(book.begun_ones)
    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert len(server.mails) == len(receipts)


def test_deliver_sends_no_body_that_could_not_be_noted() -> None:
    book = Book()

    def fail(key: uuid.UUID) -> None:
        if len(book.begun_ones) == 10:
            raise OSError("no space left")
        book.begun(key)

    with sink(kind=Pipelining) as server, transport_to(server.port) as transport:
        receipts, error = collect(transport.deliver(make_parcels(40), book.open, fail))
    assert str(error) == "no space left"
    assert sorted(receipt.id for receipt in receipts) == sorted(book.begun_ones)
    assert (len(book.begun_ones), len(server.mails)) == (10, 10)


def test_deliver_that_is_left_hangs_up_and_can_be_called_again(one_line: None) -> None:
    def wait(peer: Peer) -> None:
        peer.greet("PIPELINING")
        take(peer)
        assert peer.stream.read().startswith(b"MAIL")  # and never an answer

    book = Book()
    with bad_peer(wait, take_all) as port, transport_to(port) as transport:
        left = transport.deliver(make_parcels(2), book.open, book.begun)
        assert next(left).outcome is Outcome.ACCEPTED
        left.close()
        again = list(transport.deliver(make_parcels(3), book.open, book.begun))
    assert outcomes(again) == [(Outcome.ACCEPTED, 250)] * 3


def test_deliver_says_quit_to_a_worn_connection(one_line: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MAX_MAILS", 4)
    with sink(kind=Pipelining) as server:
        receipts = send(server.port, make_parcels(10))
    assert (len(receipts), server.connections, len(server.mails)) == (10, 3, 10)


def test_deliver_dials_again_when_the_server_hung_up_meanwhile(one_line: None) -> None:
    def brief(peer: Peer) -> None:
        peer.greet("PIPELINING")
        take(peer)

    book = Book()
    with bad_peer(brief, brief) as port, transport_to(port) as transport:
        receipts = [list(transport.deliver(make_parcels(1), book.open, book.begun)) for _round in range(2)]
    assert [outcomes(one) for one in receipts] == [[(Outcome.ACCEPTED, 250)]] * 2


def test_deliver_opens_nothing_that_cannot_be_sent() -> None:
    parcels, book = make_parcels(2, CONTENT * 10), Book()
    bad = Parcel(uuid.uuid4(), "news@acme.example", "a@b.example> SIZE=1", CONTENT, "", "")
    (small,) = make_parcels(1)
    with sink(kind=Pipelining, data_size_limit=100) as server:
        receipts = {receipt.id: receipt for receipt in send(server.port, [*parcels, bad, small], book)}
    assert book.asked == [[small.id]]
    assert [receipts[parcel.id].verdict for parcel in (*parcels, bad)] == [
        Verdict.MESSAGE,
        Verdict.MESSAGE,
        Verdict.HARD,
    ]
    assert receipts[small.id].outcome is Outcome.ACCEPTED


def test_deliver_ends_when_nothing_is_opened() -> None:
    parcels = make_parcels(120)
    with sink(kind=Pipelining) as server:
        receipts = send(server.port, parcels, Book([parcel.id for parcel in parcels]))
    assert outcomes(receipts) == [(Outcome.UNOPENED, None)] * 120
    assert server.mails == []


def test_deliver_waits_for_nobody_when_the_last_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    (parcel,) = make_parcels(1)
    waits: list[float] = []
    with sink(kind=Pipelining) as server, transport_to(server.port) as transport:
        monkeypatch.setattr(transport._selector, "select", lambda patience: waits.append(patience) or [])
        receipts = list(transport.deliver([parcel], Book([parcel.id]).open, lambda key: None))
        monkeypatch.undo()
    assert outcomes(receipts) == [(Outcome.UNOPENED, None)]
    assert set(waits) == {0.0}


def test_deliver_makes_each_line_end_whole_and_stuffs_dots() -> None:
    with sink(kind=Pipelining) as server:
        send(server.port, make_parcels(1, b"Subject: x\r\n\r\n.\r\nend\n.\nMAIL FROM:<evil@x>\r.\rQUIT"))
    assert server.contents() == [b"Subject: x\r\n\r\n.\r\nend\r\n.\r\nMAIL FROM:<evil@x>\r\n.\r\nQUIT\r\n"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_tls_and_login_come_before_the_pipeline(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    parcels = make_parcels(12, b"Subject: x\r\n\r\n" + (b"x" * 900 + b"\r\n") * 300)
    with sink(password="right", tls=certificate.server, kind=Pipelining) as server:
        receipts = send(server.port, parcels, smtp_encryption="tls", smtp_username="news", password="right")
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250)] * 12
    assert {len(content) for content in server.contents()} == {len(parcels[0].content)}


def test_tls_is_demanded_of_a_server_without_it() -> None:
    with sink(kind=Pipelining) as server, pytest.raises(TransportDown) as caught:
        send(server.port, make_parcels(3), smtp_encryption="tls")
    assert (caught.value.kind, server.mails) == ("tls", [])


def test_ssl_from_the_first_byte(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with bad_peers(take_all, certificate.server) as port:
        receipts = send(port, make_parcels(50), smtp_encryption="ssl")
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250)] * 50


def test_probe_signs_in_and_its_connection_is_used(one_line: None) -> None:
    book = Book()
    with sink(kind=Pipelining) as server, transport_to(server.port) as transport:
        transport.probe()
        assert server.connections == 1
        list(transport.deliver(make_parcels(1), book.open, book.begun))
        assert (server.connections, len(server.mails)) == (1, 1)


def test_close_gives_up_what_is_being_dialled() -> None:
    closed = threading.Event()

    def play(peer: Peer, number: int) -> None:
        if number:
            closed.wait(5)
            peer.say("220 late")
            peer.expect("EHLO", "250 late")
            assert peer.gone()
        else:
            take_all(peer)

    with bad_peers(play) as port:
        receipts = send(port, make_parcels(20))
        closed.set()
    assert outcomes(receipts) == [(Outcome.ACCEPTED, 250)] * 20
