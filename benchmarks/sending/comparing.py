"""Medians of the rounds, and whether they reach what is claimed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.sending.contenders import LIMIT
from benchmarks.sending.metering import Measured

Round = Mapping[str, Measured]


@dataclass(frozen=True)
class Claim:
    """A bound of one figure of a contender; `against` is whose rate its own is divided by, "" for a figure alone."""

    of: str
    what: str
    bound: float
    at_most: bool = False
    against: str = ""
    figure: Callable[[Measured], float | None] = lambda measured: measured.rate

    def needs(self) -> set[str]:
        """Return the contenders that must be measured for it."""
        return {self.of, *([self.against] if self.against else [])}

    def found(self, rounds: Sequence[Round]) -> float:
        """Return the median of the figure; a ratio is taken within each round."""
        figures = [self._figure(one) for one in rounds]
        return median(figures)

    def _figure(self, one: Round) -> float:
        own = self.figure(one[self.of])
        assert own is not None, "claims are about what can be measured"
        return own / one[self.against].rate if self.against else own

    def holds(self, found: float) -> bool:
        """Whether the figure is within the bound."""
        return found <= self.bound if self.at_most else found >= self.bound


_ONE, _TWO, _LITE = "fluenzr, 1 sender", "fluenzr, 2 senders", "fluenzr, SQLite, 1 sender"
CLAIMS = (
    Claim(_ONE, "of smtp-source", 0.18, against=LIMIT),
    Claim(_TWO, "of smtp-source", 0.25, against=LIMIT),
    Claim("fluenzr, conditions", "of smtp-source", 0.12, against=LIMIT),
    Claim(_LITE, "of smtp-source", 0.30, against=LIMIT),
    Claim(_ONE, "times django-post-office", 12, against="post_office"),
    Claim(_LITE, "times django-post-office on SQLite", 12, against="post_office, SQLite"),
    Claim(_ONE, "times Celery", 25, against="celery"),
    Claim("fluenzr, careful", "times django-mailer", 3, against="django-mailer"),
    Claim("fluenzr, far", "times smtplib with as many connections", 3, against="smtplib, far"),
    Claim(_ONE, "us of processor time a mail", 150, at_most=True, figure=lambda one: one.microseconds),
    Claim(_ONE, "SQL statements a mail", 0.1, at_most=True, figure=lambda one: (one.statements or 0) / one.mails),
    Claim(_ONE, "MB in the largest process", 150, at_most=True, figure=lambda one: one.megabytes),
)


def table(rounds: Sequence[Round]) -> str:
    """Return the medians of everybody, as rows of Markdown."""
    lines = [
        "| | mails/s | of smtp-source | us a mail | SQL a mail | MB | bytes |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(name, rounds) for name in rounds[0])])


def _row(name: str, rounds: Sequence[Round]) -> str:
    measured = [one[name] for one in rounds]
    ratios = [one[name].rate / one[LIMIT].rate for one in rounds if LIMIT in one]
    stated = [one.statements / one.mails for one in measured if one.statements is not None]
    peaks = [one.megabytes for one in measured if one.megabytes is not None]
    cells = (
        f"{median(one.rate for one in measured):,.0f}",
        f"{median(ratios):.4f}" if ratios else "",
        f"{median(one.microseconds for one in measured):,.0f}",
        f"{median(stated):.2f}" if stated else "",
        f"{max(peaks):.0f}" if peaks else "",
        f"{measured[0].size:,}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def verdict(rounds: Sequence[Round], claims: Sequence[Claim] = CLAIMS) -> bool:
    """Print each claim that can be judged; whether all of these hold."""
    known = [claim for claim in claims if claim.needs() <= rounds[0].keys()]
    good = True
    for claim in known:
        found = claim.found(rounds)
        good &= claim.holds(found)
        word = "at most" if claim.at_most else "at least"
        mark = "" if claim.holds(found) else "   NOT AS CLAIMED"
        print(f"{claim.of}: {found:,.3g} {claim.what} ({word} {claim.bound:g}){mark}")
    rest = f", {len(claims) - len(known)} of {len(claims)} claims not measured" if len(known) < len(claims) else ""
    print(("as claimed" if good else "NOT AS CLAIMED") + rest)
    return good
