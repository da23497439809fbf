"""One connection that sends in a pipeline (RFC 2920), without its socket: bytes in, bytes out, receipts.

MAIL, RCPT and DATA go in one write, and the body of a mail together with the envelope of the next. What keeps it safe:
a body is written only after its own 354 was read; so at most one body is unanswered at any time, and what a lost
connection leaves in doubt is that one mail. A server without PIPELINING gets the same commands one by one.
"""

import uuid
from collections import deque

from fluenzr.mailboxes.transports import answers
from fluenzr.mailboxes.transports.answers import Stage
from fluenzr.mailboxes.transports.base import Outcome, Receipt
from fluenzr.mailboxes.transports.session import MAX_LINE, MAX_LINES, clean

NO_SMTP = "the server speaks no SMTP"
OUT_OF_STEP = "the server is out of step"
_CODES = {str(code).encode(): code for code in range(200, 600)}
_GRANTED = (Stage.MAIL, Stage.RCPT)
_ENVELOPE = (Stage.MAIL, Stage.RCPT, Stage.DATA)


class Letter:
    """A parcel as a line takes it: addresses in ASCII, and how often its envelope went out in vain."""

    __slots__ = ("content", "id", "recipient", "sender", "tries")

    def __init__(self, key: uuid.UUID, sender: str, recipient: str, content: bytes) -> None:
        self.id = key
        self.sender = sender
        self.recipient = recipient
        self.content = content
        self.tries = 0


class Line:
    """The state of one connection that is signed in.

    Its driver writes `out` to the socket and says so by `sent`; gives what it reads to `receive`; calls `take` when
    the line `is_idle` and `begin` when it `is_ready`. `receive` and `end` return the receipts that are known by them.
    When the line `is_over`, `returned` holds the letters of which no body was begun, and `code` and `reason` say why.
    """

    def __init__(self, *, pipelining: bool, sizes: bool) -> None:
        self.pipelining = pipelining
        self.out: memoryview = memoryview(b"")
        self.taken = self.answered = self.replies = 0
        self.is_ready = self.is_over = self.is_leaving = False
        # The server said 354 though it had refused the recipient: better not to run ahead of it any more.
        self.ran_ahead = False
        self.returned: list[Letter] = []
        self.code: int | None = None
        self.reason = ""
        self._sizes = sizes
        self._unread = b""
        self._said: list[bytes] = []
        self._due: deque[Stage] = deque()
        self._held: deque[tuple[Stage, bytes]] = deque()  # without PIPELINING: what waits for the reply before it
        self._current: Letter | None = None
        self._next: Letter | None = None
        self._is_begun = False
        self._refusal: Receipt | None = None
        self._must_reset = False
        self._to_dot = 0  # bytes of `out` up to the end of the final dot

    @property
    def is_idle(self) -> bool:
        """Whether a letter may be taken."""
        return self._current is None and not self._due and not self.is_over and not self.is_leaving

    @property
    def due(self) -> Stage | None:
        """What the server owes an answer to."""
        return self._due[0] if self._due else None

    @property
    def current(self) -> Letter | None:
        """The letter whose envelope or body is on its way."""
        return self._current

    def take(self, letter: Letter) -> None:
        """Write the envelope of a letter on an idle line."""
        self._current = letter
        self._begin_envelope(letter)

    def begin(self, following: Letter | None) -> None:
        """Write the body of the current letter, and behind it the envelope of the one that follows."""
        letter = self._current
        if letter is None or not self.is_ready:
            raise RuntimeError("a body needs its own 354")
        self.is_ready = False
        self._is_begun = True
        self._due.append(Stage.DOT)
        body = answers.wire(letter.content)
        self._to_dot = len(self.out) + len(body)
        if following is None:
            self._write(body)
        elif self.pipelining:
            self.taken += 1
            self._next = following
            self._due.extend(_ENVELOPE)
            self._write(body + self._envelope(following))
        else:
            raise RuntimeError("this server takes one letter after the other")

    def leave(self) -> None:
        """Say good-bye on an idle line."""
        self.is_leaving = True
        self._due.append(Stage.QUIT)
        self._write(b"QUIT\r\n")

    def sent(self, count: int) -> None:
        """Note that so many bytes of `out` were given to the network."""
        self.out = self.out[count:]
        self._to_dot -= count

    def receive(self, raw: bytes) -> list[Receipt]:
        """Read what the server said, in pieces of any size."""
        receipts: list[Receipt] = []
        lines = (self._unread + raw).split(b"\n") if self._unread else raw.split(b"\n")
        self._unread = lines.pop()
        for line in lines:
            if self.is_over:
                return receipts
            if line[:4] == b"250 " and self._due and self._due[0] in _GRANTED and len(line) < 100 and not self._said:
                # What nearly every reply says; the words do not matter.
                self._due.popleft()
                self.replies += 1
                self._go_on()
                continue
            code = _CODES.get(line[:3])
            mark = line[3:4]
            if code is None or len(line) > MAX_LINE or not (mark == b" " or mark == b"-" or not line[3:].rstrip(b"\r")):
                return receipts + self.end(NO_SMTP)
            if mark == b"-":
                self._said.append(line[4:])
                if len(self._said) >= MAX_LINES:
                    return receipts + self.end(NO_SMTP)
            else:
                self._reply(code, line[4:], receipts)
        if len(self._unread) > MAX_LINE and not self.is_over:
            receipts += self.end(NO_SMTP)
        return receipts

    def end(self, reason: str, code: int | None = None) -> list[Receipt]:
        """The connection is lost, or of no more use: say what that means for the letters on it."""
        if self.is_over:
            return []
        letter, refusal = self._current, self._refusal
        begun, following = self._is_begun, self._next
        self._forget_current()
        self._next = None
        self.is_over = True
        self.is_ready = False
        self.out = memoryview(b"")
        self.code, self.reason = code, reason
        receipts = []
        if letter is not None and begun:
            when = "while" if self._to_dot > 0 else "after"
            receipts.append(Receipt(letter.id, Outcome.UNKNOWN, code, f"{when} the mail was sent: {reason}"))
        elif refusal is not None:
            receipts.append(refusal)
        elif letter is not None:
            self.returned.append(letter)
        if following is not None:
            self.returned.append(following)
        return receipts

    def _reply(self, code: int, raw: bytes, receipts: list[Receipt]) -> None:
        said, self._said = [*self._said, raw], []
        self.replies += 1
        stage = self._due.popleft() if self._due else None
        if stage is Stage.DOT:
            self._answer(code, _text(said), receipts)
        elif code == 421 or stage is None or stage is Stage.QUIT:
            receipts += self.end(_text(said), code)
        elif stage is Stage.DATA:
            self._answer_data(code, said, receipts)
        elif 200 <= code < 300:
            self._go_on()
        elif stage is Stage.RESET or code < 400:
            receipts += self.end(_text(said), code)
        else:
            self._refuse(code, _text(said), stage, receipts)

    def _refuse(self, code: int, text: str, stage: Stage, receipts: list[Receipt]) -> None:
        letter = self._current
        if letter is not None and self._refusal is None:
            self._refusal = answers.receipt(letter.id, code, text, stage)
        self._must_reset = True
        if not self.pipelining:
            self._held.clear()
            self._close_envelope(receipts)

    def _answer_data(self, code: int, said: list[bytes], receipts: list[Receipt]) -> None:
        letter = self._current
        if code == 354 and self._refusal is None and not self.out:
            self.is_ready = True
        elif code == 354 and self._refusal is not None:
            # RFC 2920, 3.1 advises a lone dot. But who says 354 to nobody may take it for a mail, and without it none
            # is delivered: so hang up, and send to this server in lock-step.
            self.ran_ahead = True
            receipts += self.end(OUT_OF_STEP)
        elif code < 400 or letter is None:
            receipts += self.end(_text(said) if code != 354 else OUT_OF_STEP, code)
        else:
            self._refusal = self._refusal or answers.receipt(letter.id, code, _text(said), Stage.DATA)
            self._must_reset = True
            self._close_envelope(receipts)

    def _close_envelope(self, receipts: list[Receipt]) -> None:
        """The letter was refused before its body: its receipt is known."""
        if self._refusal is not None:
            receipts.append(self._refusal)
        self._forget_current()

    def _answer(self, code: int, text: str, receipts: list[Receipt]) -> None:
        """The reply to a final dot, or to a body in the midst of it."""
        letter = self._current
        is_early = self._to_dot > 0
        answer = answers.receipt(letter.id, code, text, Stage.DOT) if letter else None
        if letter is None or answer is None or (is_early and answer.outcome is Outcome.ACCEPTED):
            # What was said of a mail that was not yet whole means nothing.
            receipts += self.end(text if not is_early else OUT_OF_STEP, code)
            return
        receipts.append(answer)
        self.answered += 1
        self._forget_current()
        self._current, self._next = self._next, None
        if is_early or code == 421:
            receipts += self.end(text, code)

    def _forget_current(self) -> None:
        self._current = self._refusal = None
        self._is_begun = False

    def _begin_envelope(self, letter: Letter) -> None:
        self.taken += 1
        reset, self._must_reset = self._must_reset, False
        if self.pipelining:
            if reset:
                self._due.append(Stage.RESET)
            self._due.extend(_ENVELOPE)
            self._write((b"RSET\r\n" if reset else b"") + self._envelope(letter))
            return
        if reset:
            self._held.append((Stage.RESET, b"RSET\r\n"))
        self._held.extend(zip(_ENVELOPE, self._envelope(letter).splitlines(keepends=True), strict=True))
        self._go_on()

    def _go_on(self) -> None:
        if self._held:
            stage, command = self._held.popleft()
            self._due.append(stage)
            self._write(command)

    def _envelope(self, letter: Letter) -> bytes:
        size = f" SIZE={len(letter.content)}" if self._sizes else ""
        return f"MAIL FROM:<{letter.sender}>{size}\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode("ascii")

    def _write(self, raw: bytes) -> None:
        self.out = memoryview(bytes(self.out) + raw if self.out else raw)


def _text(said: list[bytes]) -> str:
    return " ".join(clean(part) for part in said).strip()
