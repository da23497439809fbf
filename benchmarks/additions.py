"""`python -m benchmarks.additions`: how long it takes until a group of 100,000 contacts is in an active campaign.

What needs Django set up is imported where it is used: each measurement has a process of its own.
"""

import argparse
import itertools
import os
import sys
import time
from typing import Any

from benchmarks.installation import analyse, installation, on_each

LIMIT_SECONDS = 10.0
BATCH = 2000
SUPPRESSED = 1000


def fill(people: int) -> tuple[Any, Any]:
    """Make contacts that are all in one group; return an active campaign and the group."""
    from contacts import suppression
    from contacts.models import Contact, Membership
    from tests import builders

    workspace = builders.make_workspace()
    group = builders.make_group(workspace)
    numbers = iter(range(people))
    while chunk := list(itertools.islice(numbers, BATCH)):
        addresses = [f"person{number}@company{number % 5000}.example" for number in chunk]
        found = Contact.objects.bulk_create(Contact(workspace=workspace, email=one, email_key=one) for one in addresses)
        rows = (Membership(workspace=workspace, group=group, contact=one, added_at=builders.NOW) for one in found)
        Membership.objects.bulk_create(rows)
    gone = [f"gone{number}@company{number}.example" for number in range(SUPPRESSED)]
    suppression.suppress(workspace=workspace, targets=gone, now=builders.NOW)
    builders.make_stage(workspace, "Lead", role="lead")
    return builders.make_running(workspace, people=0), group


def run(on: str, people: int) -> bool:
    """Measure on one database; whether it is as claimed."""
    with installation(on=on):
        from django.utils import timezone

        from campaigns import audience

        campaign, group = fill(people)
        analyse()
        now, began, worked = timezone.now(), time.perf_counter(), time.process_time()
        outcome = audience.add(campaign, by="benchmark", now=now, batch="benchmark", group_ids=[group.public_id])
        took, of_python = time.perf_counter() - began, time.process_time() - worked
        began = time.perf_counter()
        led = audience.lead(campaign, added_at=now, by="benchmark")
        led_in = time.perf_counter() - began
    good = outcome.done == led == people and took < LIMIT_SECONDS
    print(f"{on}: {outcome.done:,} contacts in {took:.1f} s ({of_python:.1f} s of it in Python), ", end="")
    print(f"{took / LIMIT_SECONDS:.2f} of the limit; then into the pipeline in {led_in:.1f} s", end="")
    print(f"; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return good


def main() -> int:
    """The exit code: 0 when everything is as claimed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), help="measure on this one only")
    arguments = parser.parse_args()
    if arguments.on is None:
        return on_each("benchmarks.additions")
    good = run(arguments.on, arguments.people)
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
