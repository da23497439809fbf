"""What a run found, and whether it is as claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

# A figure by its name; of one round.
Round = Mapping[str, float]
NGINX, PEER = "nginx, a file", "Django view, a row each"
PIXEL, CLICKS, COLD = "pixel", "clicks", "clicks on mails not asked for before"
P99 = "ms p99 of the pixel at half load"


@dataclass(frozen=True)
class Claim:
    """A bound of one figure; `against` is the one that it is divided by, "" for a figure alone."""

    of: str
    what: str
    bound: float
    against: str = ""
    at_most: bool = False

    def found(self, rounds: Sequence[Round]) -> float:
        """Return the median; a ratio is taken within each round."""
        return median(one[self.of] / (one[self.against] if self.against else 1) for one in rounds)

    def holds(self, found: float) -> bool:
        """Whether the figure is within the bound."""
        return found <= self.bound if self.at_most else found >= self.bound


CLAIMS = (
    Claim(PIXEL, "of nginx", 0.30, NGINX),
    Claim(PIXEL, "times the view", 8, PEER),
    Claim(CLICKS, "times the view", 3, PEER),
    Claim(P99, "ms", 25, at_most=True),
)


def table(rounds: Sequence[Round]) -> str:
    """Return the medians as rows of Markdown."""
    lines = ["| | a second | of nginx | times the view |", "|---|---|---|---|"]
    for name in (NGINX, PEER, PIXEL, CLICKS, COLD):
        rate, of_nginx, of_peer = (Claim(name, "", 0, against).found(rounds) for against in ("", NGINX, PEER))
        lines.append(f"| {name} | {rate:,.0f} | {of_nginx:.3f} | {of_peer:.1f} |")
    return "\n".join(lines)


def verdict(rounds: Sequence[Round]) -> bool:
    """Print each claim; whether all hold."""
    good = True
    for claim in CLAIMS:
        found = claim.found(rounds)
        good &= claim.holds(found)
        word, mark = "at most" if claim.at_most else "at least", "" if claim.holds(found) else "   NOT AS CLAIMED"
        print(f"{claim.of}: {found:,.3g} {claim.what} ({word} {claim.bound:g}){mark}")
    return good
