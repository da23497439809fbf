"""One round: each server in turn under the same load."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.ingest import counting, load, servers
from benchmarks.ingest.crowd import Paths
from benchmarks.ingest.load import Load

# So briefly that no mail is asked for twice.
COLD_SECONDS = 2.0


@dataclass(frozen=True)
class Played:
    """The figures of a round, how many hits were answered, and how many at most were asked for."""

    figures: counting.Round
    answers: int
    most: int


def play(folder: Path, paths: Paths, *, seconds: float, number: int) -> Played:
    """Measure everybody once; no answer may be an error."""
    with servers.nginx(folder / f"nginx-{number}") as server:
        nginx = load.full(server.port, paths.image, seconds=seconds)
    with servers.granian(servers.PEER, {"DJANGO_SETTINGS_MODULE": "benchmarks.ingest.peer_settings"}, folder) as server:
        peer = load.full(server.port, paths.pixels, seconds=seconds)
    with servers.granian(servers.OURS, {}, folder) as server:
        load.full(server.port, paths.forged, seconds=1)  # wakes all threads of both; none of it counts
        cold = load.full(server.port, paths.firsts, seconds=COLD_SECONDS)
        clicks = load.full(server.port, paths.links, seconds=seconds)
        pixel = load.full(server.port, paths.pixels, seconds=seconds)
        half = load.at_rate(server.port, paths.pixels, rate=pixel.rate / 2, seconds=seconds)
    figures = {
        counting.NGINX: nginx.rate,
        counting.PEER: peer.rate,
        counting.COLD: cold.rate,
        counting.CLICKS: clicks.rate,
        counting.PIXEL: pixel.rate,
        counting.P99: half.p99,
    }
    print(f"round {number}: " + ", ".join(f"{name} {figure:,.0f}" for name, figure in figures.items()), flush=True)
    print(f"         at half load {half.rate:,.0f} pixels/s", flush=True)
    _without_errors(nginx, peer, cold, clicks, pixel, half)
    assert cold.answers <= len(paths.firsts.read_text().split()), "no mail is asked for twice: take more --mails"
    ours = (cold, clicks, pixel, half)
    answers = sum(one.answers for one in ours)
    return Played(figures, answers, answers + 3 * load.CONNECTIONS + load.SLOW_CONNECTIONS)


def _without_errors(*loads: Load) -> None:
    assert not sum(one.errors for one in loads), "a server answered with an error, or not at all"
