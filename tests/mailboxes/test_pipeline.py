"""One connection in a pipeline, without sockets: what is written when, and what each reply or loss means."""

import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluenzr.mailboxes.transports import Outcome, Receipt, Verdict
from fluenzr.mailboxes.transports.pipeline import Letter, Line

GO_ON = b"250 ok\r\n250 ok\r\n354 go on\r\n"


def make_letter(name: str = "bob") -> Letter:
    content = b"To: " + name.encode() + b"\r\n\r\n.dot\r\n"
    return Letter(uuid.uuid4(), "jane@acme.example", f"{name}@b.example", content)


def envelope(name: str = "bob") -> bytes:
    return b"MAIL FROM:<jane@acme.example>\r\nRCPT TO:<" + name.encode() + b"@b.example>\r\nDATA\r\n"


def body(name: str = "bob") -> bytes:
    return b"To: " + name.encode() + b"\r\n\r\n..dot\r\n.\r\n"


def make_line(*, pipelining: bool = True, sizes: bool = False) -> Line:
    return Line(pipelining=pipelining, sizes=sizes)


def written(line: Line, count: int | None = None) -> bytes:
    """Take what the line has to write, or the first bytes of it."""
    raw = bytes(line.out)[:count]
    line.sent(len(raw))
    return raw


def taken(*, pipelining: bool = True) -> tuple[Line, Letter]:
    """A line that has written the envelope of a letter."""
    line, letter = make_line(pipelining=pipelining), make_letter()
    line.take(letter)
    written(line)
    return line, letter


def begun(following: Letter | None = None) -> tuple[Line, Letter]:
    """A line that has written a body, and the envelope of what follows."""
    line, letter = taken()
    line.receive(GO_ON)
    line.begin(following)
    written(line)
    return line, letter


def outcomes(receipts: list[Receipt]) -> list[tuple[Outcome, int | None]]:
    return [(receipt.outcome, receipt.code) for receipt in receipts]


def test_take_writes_the_envelope_at_once() -> None:
    line = make_line()
    line.take(make_letter())
    assert written(line) == envelope()
    assert (line.is_idle, line.is_ready, line.due) == (False, False, "mail")


def test_take_says_the_size_where_the_server_asks_for_it() -> None:
    line = make_line(sizes=True)
    line.take(make_letter())
    assert written(line).startswith(b"MAIL FROM:<jane@acme.example> SIZE=17\r\n")


def test_begin_writes_the_body_with_the_next_envelope_behind_it() -> None:
    line, letter = taken()
    following = make_letter("eve")
    assert line.receive(GO_ON) == []
    assert line.is_ready
    line.begin(following)
    assert written(line) == body() + envelope("eve")
    assert outcomes(line.receive(b"250 2.0.0 queued\r\n")) == [(Outcome.ACCEPTED, 250)]
    assert (line.current, line.is_ready) == (following, False)
    line.receive(GO_ON)
    line.begin(None)
    assert written(line) == body("eve")
    (receipt,) = line.receive(b"250 2.0.0 queued\r\n")
    assert (receipt.id, line.is_idle, letter.id != following.id) == (following.id, True, True)


@pytest.mark.parametrize("replies", [b"", b"250 ok\r\n250 ok\r\n", b"250 ok\r\n250 ok\r\n354 go on"])
def test_begin_needs_the_354(replies: bytes) -> None:
    line, _letter = taken()
    line.receive(replies)
    with pytest.raises(RuntimeError):
        line.begin(None)
    assert written(line) == b""


@pytest.mark.parametrize(
    ("replies", "outcome", "code", "verdict"),
    [
        (b"450 no\r\n503 no\r\n503 no\r\n", Outcome.DEFERRED, 450, None),
        (b"550 5.1.0 no such user\r\n503 no\r\n503 no\r\n", Outcome.REFUSED, 550, Verdict.POLICY),
        (b"250 ok\r\n550 5.1.1 no such user\r\n554 no valid recipients\r\n", Outcome.REFUSED, 550, Verdict.HARD),
        (b"250 ok\r\n452 4.2.2 full\r\n503 no\r\n", Outcome.DEFERRED, 452, None),
        (b"250 ok\r\n250 ok\r\n451 not now\r\n", Outcome.DEFERRED, 451, None),
    ],
)
def test_a_refused_envelope_costs_the_mail_and_not_the_line(
    replies: bytes, outcome: Outcome, code: int, verdict: Verdict | None
) -> None:
    line, letter = taken()
    (receipt,) = line.receive(replies)
    assert (receipt.id, receipt.outcome, receipt.code, receipt.verdict) == (letter.id, outcome, code, verdict)
    assert (line.is_idle, line.is_ready) == (True, False)
    line.take(make_letter("eve"))
    assert written(line) == b"RSET\r\n" + envelope("eve")
    assert line.receive(b"250 reset\r\n" + GO_ON) == []
    assert line.is_ready


def test_a_354_for_nobody_ends_the_line_without_a_byte() -> None:
    line, letter = taken()
    (receipt,) = line.receive(b"250 ok\r\n550 5.1.1 no such user\r\n354 go on\r\n")
    assert (receipt.id, receipt.outcome, receipt.verdict) == (letter.id, Outcome.REFUSED, Verdict.HARD)
    assert (line.is_over, line.ran_ahead, line.returned, bytes(line.out)) == (True, True, [], b"")


def test_a_refused_envelope_behind_a_body_leaves_the_body_alone() -> None:
    following = make_letter("eve")
    line, letter = begun(following)
    receipts = line.receive(b"250 queued\r\n250 ok\r\n550 5.1.1 no such user\r\n503 no\r\n")
    assert [(receipt.id, receipt.code) for receipt in receipts] == [(letter.id, 250), (following.id, 550)]
    assert line.is_idle


def test_without_pipelining_each_command_waits_for_its_reply() -> None:
    line = make_line(pipelining=False)
    line.take(make_letter())
    said = [written(line)]
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        line.receive(reply)
        said.append(written(line))
    assert said == [*envelope().splitlines(keepends=True), b""]
    with pytest.raises(RuntimeError):
        line.begin(make_letter("eve"))


def test_without_pipelining_nothing_follows_a_refusal() -> None:
    line, _letter = taken(pipelining=False)
    line.receive(b"250 ok\r\n")
    written(line)
    assert outcomes(line.receive(b"550 5.1.1 no such user\r\n")) == [(Outcome.REFUSED, 550)]
    line.take(make_letter("eve"))
    assert written(line) == b"RSET\r\n"
    line.receive(b"250 reset\r\n")
    assert written(line).startswith(b"MAIL")


@pytest.mark.parametrize("before", [b"", b"250 ok\r\n", b"250 ok\r\n250 ok\r\n", GO_ON])
def test_a_421_before_the_body_gives_the_letter_back(before: bytes) -> None:
    line, letter = taken()
    assert line.receive(before + b"421 4.3.2 closing\r\n") == []
    assert (line.is_over, line.returned, line.code, line.reason) == (True, [letter], 421, "4.3.2 closing")
    assert not line.is_ready


def test_a_421_to_the_dot_defers_the_mail_and_gives_the_next_back() -> None:
    following = make_letter("eve")
    line, _letter = begun(following)
    assert outcomes(line.receive(b"421 4.3.2 closing\r\n")) == [(Outcome.DEFERRED, 421)]
    assert (line.is_over, line.returned) == (True, [following])


def test_a_refusal_counts_though_the_line_is_lost_after_it() -> None:
    line, _letter = taken()
    assert line.receive(b"250 ok\r\n550 5.1.1 no such user\r\n") == []
    assert outcomes(line.end("reset")) == [(Outcome.REFUSED, 550)]
    assert line.returned == []


def test_a_line_lost_after_a_body_leaves_one_mail_in_doubt() -> None:
    following = make_letter("eve")
    line, letter = begun(following)
    (receipt,) = line.end("reset")
    assert (receipt.id, receipt.outcome, receipt.text) == (letter.id, Outcome.UNKNOWN, "after the mail was sent: reset")
    assert line.returned == [following]
    assert line.end("reset") == []


def test_a_line_lost_after_the_354_leaves_no_doubt() -> None:
    line, letter = taken()
    line.receive(GO_ON)
    assert (line.end("reset"), line.returned, line.is_ready) == ([], [letter], False)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"554 5.7.1 spam\r\n", (Outcome.REFUSED, 554)),
        (b"452 4.3.1 disk full\r\n", (Outcome.DEFERRED, 452)),
        (b"250 queued\r\n", (Outcome.UNKNOWN, 250)),
        (b"", (Outcome.UNKNOWN, None)),
    ],
)
def test_an_answer_in_the_midst_of_a_body_ends_the_line(reply: bytes, expected: Any) -> None:
    line, _letter = taken()
    following = make_letter("eve")
    line.receive(GO_ON)
    line.begin(following)
    written(line, len(body()) - 1)
    receipts = line.receive(reply)
    receipts += line.end("reset")
    assert outcomes(receipts) == [expected]
    assert (line.is_over, line.returned, bytes(line.out)) == (True, [following], b"")


@pytest.mark.parametrize("reply", [b"354 more\r\n", b"hello\r\n", b"25\r\n", b"199 x\r\n", b"600 x\r\n", b"250\rx\r\n"])
def test_nonsense_to_the_dot_leaves_doubt(reply: bytes) -> None:
    line, _letter = begun()
    (receipt,) = line.receive(reply)
    assert (receipt.outcome, line.is_over) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize("reply", [b"354 go on\r\n", b"hello\r\n", b"250 ok\r\n250 ok\r\n250 ok\r\n", b"x" * 5000])
def test_nonsense_to_the_envelope_gives_the_letter_back(reply: bytes) -> None:
    line, letter = taken()
    assert (line.receive(reply), line.is_over, line.returned) == ([], True, [letter])


def test_a_reply_of_many_lines_is_one() -> None:
    line, _letter = begun()
    (receipt,) = line.receive(b"250-2.0.0 queued \r\n250-as\x00\t7\n250\r\n")
    assert (receipt.outcome, receipt.text) == (Outcome.ACCEPTED, "2.0.0 queued as 7")


def test_a_reply_without_end_is_none() -> None:
    line, _letter = begun()
    assert outcomes(line.receive(b"250-again\r\n" * 300)) == [(Outcome.UNKNOWN, None)]


def test_leave_says_quit_and_ends_with_the_answer() -> None:
    line = make_line()
    line.leave()
    assert (written(line), line.is_idle) == (b"QUIT\r\n", False)
    assert (line.receive(b"221 bye\r\n"), line.is_over) == ([], True)


@dataclass
class Manner:
    """How the server takes one mail."""

    mail: int = 250
    rcpt: int = 250
    data: int = 354
    dot: int = 250
    is_lax: bool = False  # says 354 also to who was refused


@dataclass
class Server:
    """A server that demands the order of RFC 5321 and answers in the manner of each mail in turn."""

    manners: list[Manner]
    mails: list[bytes] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    _unread: bytes = b""
    _sender: bool = False
    _recipients: int = 0
    _manner: Manner | None = None
    _lines: list[bytes] | None = None

    def hear(self, raw: bytes) -> bytes:
        *lines, self._unread = (self._unread + raw).split(b"\r\n")
        return b"".join(b"%d said\r\n" % code for code in map(self._line, lines) if code)

    def _line(self, line: bytes) -> int:
        if self._lines is not None:
            if line != b".":
                self._lines.append(line[1:] if line.startswith(b".") else line)
                return 0
            assert self._manner is not None
            self.mails.append(b"\r\n".join([*self._lines, b""]))
            if self._manner.dot == 250:
                self.accepted.append(self.mails[-1])
            self._lines, self._sender, self._recipients = None, False, 0
            return self._manner.dot
        self.commands.append(line)
        return self._command(line)

    def _command(self, line: bytes) -> int:
        if line == b"RSET":
            self._sender, self._recipients = False, 0
            return 250
        if line.startswith(b"MAIL"):
            assert not self._sender, "a second sender in one transaction"
            self._manner = self.manners.pop(0) if self.manners else Manner()
            self._sender = self._manner.mail == 250
            return self._manner.mail
        assert self._manner is not None
        if line.startswith(b"RCPT"):
            self._recipients += self._sender and self._manner.rcpt == 250
            return self._manner.rcpt if self._sender else 503
        assert line == b"DATA", line
        if not self._recipients and not self._manner.is_lax:
            return 503
        if self._manner.data == 354:
            self._lines = []
        return self._manner.data


REFUSALS = (421, 450, 550)
MANNERS = st.builds(
    Manner,
    mail=st.sampled_from((250, 250, 250, *REFUSALS)),
    rcpt=st.sampled_from((250, 250, 250, *REFUSALS)),
    data=st.sampled_from((354, 354, 354, *REFUSALS)),
    dot=st.sampled_from((250, 250, 250, 354, *REFUSALS)),
    is_lax=st.sampled_from((False, False, False, True)),
)


@dataclass
class Run:
    """What came of a run: receipts and letters in the order of the letters."""

    server: Server
    line: Line
    receipts: list[Receipt]
    begun: list[Letter]
    left: list[Letter]


def play(
    letters: list[Letter], manners: list[Manner], *, pipelining: bool, cuts: list[int], steps: list[int], lost_at: int
) -> Run:
    """Drive a line as the relay does; the server's bytes come in pieces of `cuts`, ours go in pieces of `steps`."""
    line, server, waiting = make_line(pipelining=pipelining), Server(list(manners)), deque(letters)
    run = Run(server, line, [], [], [])
    cuts, steps, heard = cuts or [10_000], steps or [10_000], 0
    turn = 0
    while not line.is_over:
        if line.is_idle:
            if not waiting:
                break
            line.take(waiting.popleft())
        raw = b""
        while line.out:
            turn += 1
            raw += server.hear(written(line, steps[turn % len(steps)]))
        raw = raw[: max(0, lost_at - heard)]
        heard += len(raw)
        is_lost = heard >= lost_at or not raw
        while raw:
            turn += 1
            size = cuts[turn % len(cuts)]
            run.receipts += line.receive(raw[:size])
            raw = raw[size:]
        if is_lost:
            run.receipts += line.end("reset")
        if line.is_ready:
            answered = {receipt.id for receipt in run.receipts}
            assert all(letter.id in answered for letter in run.begun), "two bodies in flight"
            assert line.current is not None
            run.begun.append(line.current)
            line.begin(waiting.popleft() if waiting and pipelining else None)
    run.left = [*line.returned, *waiting]
    return run


SIZES = st.lists(st.integers(1, 60), max_size=5)


@given(
    manners=st.lists(MANNERS, max_size=8),
    pipelining=st.booleans(),
    cuts=SIZES,
    steps=SIZES,
    lost_at=st.one_of(st.just(10_000), st.integers(0, 500)),
)
def test_whatever_the_server_does_each_letter_has_one_end(
    manners: list[Manner], pipelining: bool, cuts: list[int], steps: list[int], lost_at: int
) -> None:
    letters = [make_letter(f"p{number}") for number in range(8)]
    run = play(letters, manners, pipelining=pipelining, cuts=cuts, steps=steps, lost_at=lost_at)
    by_outcome: dict[Outcome, list[uuid.UUID]] = {}
    for receipt in run.receipts:
        by_outcome.setdefault(receipt.outcome, []).append(receipt.id)
    assert sorted([receipt.id for receipt in run.receipts] + [letter.id for letter in run.left]) == sorted(
        letter.id for letter in letters
    )
    # A body is sent of what was begun, whole and once; of nothing else.
    contents = {letter.content: letter.id for letter in letters}
    begun_ones = [letter.id for letter in run.begun]
    received = [contents[mail] for mail in run.server.mails]
    assert received == begun_ones[: len(received)]
    # What was accepted is known or in doubt, and in doubt is one mail at most.
    doubt = by_outcome.get(Outcome.UNKNOWN, [])
    sure = by_outcome.get(Outcome.ACCEPTED, [])
    accepted = [contents[mail] for mail in run.server.accepted]
    assert set(sure) <= set(accepted) <= {*sure, *doubt}
    assert len(doubt) <= 1
    assert not {letter.id for letter in run.left} & set(begun_ones)


@given(
    manners=st.lists(MANNERS, max_size=8),
    pipelining=st.booleans(),
    cuts=SIZES,
    lost_at=st.one_of(st.just(10_000), st.integers(0, 500)),
)
def test_however_replies_are_cut_they_mean_the_same(
    manners: list[Manner], pipelining: bool, cuts: list[int], lost_at: int
) -> None:
    letters = [make_letter(f"p{number}") for number in range(8)]
    whole = play(letters, manners, pipelining=pipelining, cuts=[], steps=[], lost_at=lost_at)
    cut = play(letters, manners, pipelining=pipelining, cuts=cuts, steps=[], lost_at=lost_at)
    assert (cut.receipts, cut.left, cut.begun) == (whole.receipts, whole.left, whole.begun)
    assert cut.server.commands == whole.server.commands


@given(noise=st.binary(max_size=200), cuts=SIZES)
def test_noise_is_never_taken_for_an_acceptance_of_what_was_not_begun(noise: bytes, cuts: list[int]) -> None:
    line, letter = taken()
    receipts: list[Receipt] = []
    for size in cuts or [200]:
        receipts += line.receive(noise[:size])
        noise = noise[size:]
    receipts += line.end("reset")
    assert Outcome.ACCEPTED not in {receipt.outcome for receipt in receipts}
    assert [receipt.id for receipt in receipts] + [one.id for one in line.returned] == [letter.id]
