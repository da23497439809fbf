"""`python -m benchmarks.million`: how long contacts and the pipeline take with 1,000,000 contacts, on PostgreSQL.

What needs Django set up is imported where it is used.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import pages
from benchmarks.installation import installation

# What many have and what few have: a database finds them by other ways.
PAGES = (
    "/contacts/",
    "/contacts/?page=1000",
    "/contacts/?page=19000",
    "/contacts/?q=martin",
    "/contacts/?q=ada+martin",
    "/contacts/?q=person99999",
    "/contacts/?q=c",
    "/contacts/?q=example",
    "/contacts/?q=nobody",
    "/contacts/?q=company4321.ex",
    "/contacts/?status=active",
    "/contacts/?status=replied",
    "/contacts/?sort=-email",
    "/contacts/?group={group_id}",
    "/contacts/?tag=tag-3",
    "/contacts/?tag=few",
    "/contacts/?tag=tag-3&status=active",
    "/contacts/?segment={segment_field_many}",
    "/contacts/?segment={segment_field_few}",
    "/contacts/{contact_id}/",
    "/contacts/{contact_id}/timeline",
    "/groups/{group_id}/",
    "/pipeline/",
    "/pipeline/?q=martin",
    "/pipeline/?q=person99999",
    "/pipeline/?owner=none",
    "/pipeline/?group={group_id}",
    "/pipeline/?tag=tag-3",
    "/pipeline/?tag=few",
    "/search?q=martin",
)
# The exact numbers that pages ask for when they are there already: they take as long as they take.
AFTERWARDS = ("/pipeline/?heads=1", "/pipeline/?q=martin&heads=1", "/pipeline/?owner=none&heads=1")


def main() -> int:
    """The exit code: 0 when every page and every count of a segment is quick enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--queries", action="store_true", help="show the slow queries of each page")
    parser.add_argument("--database", default="", help="URL of a database that is filled once, and kept")
    arguments = parser.parse_args()
    with installation(on="postgresql", kept=arguments.database):
        good = run(arguments)
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


def run(arguments: argparse.Namespace) -> bool:
    """Fill the database, and measure; whether all that people wait for is below the limit."""
    from django.utils import timezone

    from benchmarks import multitude

    def settle(workspace: Any) -> dict[str, str]:
        return multitude.settle(workspace, people=arguments.contacts, now=timezone.now())

    parts = pages.filled(settle, f"{arguments.contacts:,} contacts")
    client = pages.visitor(parts)
    paths = {path.format(**parts): path for path in PAGES}
    asked = {name: lambda path=path: client.get(path) for path, name in paths.items()} | dict(counts(client, parts))
    good = pages.are_quick(
        {name: ask for name, ask in asked.items() if arguments.only in name}, shows_queries=arguments.queries
    )
    print("What comes after the page:")
    late = {path: lambda path=path: client.get(path) for path in AFTERWARDS} | dict(counts(client, parts, exact=True))
    pages.are_quick(
        {name: ask for name, ask in late.items() if arguments.only in name}, shows_queries=arguments.queries
    )
    return good


def counts(client: Any, parts: dict[str, str], *, exact: bool = False) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield how the builder of segments counts whom each segment of the multitude means, by name."""
    from benchmarks.multitude import SEGMENTS

    path = "/segments/count" + ("?exact=1" if exact else "")
    for name, rule in SEGMENTS.items():
        controls = {"r-match": "all"} | {f"r-0-{key}": value for key, value in rule.items()}
        yield f"{path} {name}", lambda form=controls: client.post(path, form)


if __name__ == "__main__":
    sys.exit(main())
