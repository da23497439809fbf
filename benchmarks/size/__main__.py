"""`python -m benchmarks.size`: what is asked at 5,000,000 people in campaigns, and as many mails.

What needs Django set up is imported where it is used.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping

from benchmarks.installation import analyse, installation


def main() -> int:
    """The exit code: 0 when every limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="in each of five campaigns")
    parser.add_argument("--only", default="", help="measurements whose name holds this")
    parser.add_argument("--database", default="", help="URL of a database that is filled once, and kept")
    arguments = parser.parse_args()
    with installation(on="postgresql", kept=arguments.database):
        good = run(arguments.people, arguments.only)
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


def run(people: int, only: str) -> bool:
    """Fill the database unless it is, and measure; whether all is within its limit."""
    from django.utils import timezone

    from benchmarks.size import filling, measuring
    from fluenzr.workspaces.models import Workspace

    workspace, now = Workspace.objects.first(), timezone.now()
    if workspace is None:
        began = time.perf_counter()
        filled = filling.fill(people, now=now)
        analyse()
        print(f"filled in {time.perf_counter() - began:.0f} s, at a load of {os.getloadavg()[0]:.1f}", flush=True)
    else:
        filled = filling.of(workspace, now=now)
    good = True
    for name, measure in measuring.ALL.items():
        if only in name:
            good &= tell(name, measure.run(filled), measure.limits)
    return good


def tell(name: str, found: Mapping[str, float], limits: Mapping[str, float]) -> bool:
    """Print figures, with the limits of those that have one; whether all are kept."""
    good = all(found[figure] <= limit for figure, limit in limits.items())
    told = (
        f"{figure} {value:,.2f}" + (f" (at most {limits[figure]:g})" if figure in limits else "")
        for figure, value in found.items()
    )
    mark = "" if good else "   NOT AS CLAIMED"
    print(f"{name}: {', '.join(told)}; load {os.getloadavg()[0]:.1f}{mark}", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
