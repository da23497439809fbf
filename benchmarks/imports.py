"""`python -m benchmarks.imports`: a file of contacts, by `psql \\copy`, by the import, and by django-import-export.

The import validates every address, marks the doubtful ones, notes the consent of everybody and keeps its checkpoint;
`\\copy` writes the same columns as text under a unique key; django-import-export runs its bulk mode on the contacts.
What needs Django set up is imported where it is used: each measurement has a process of its own.
"""

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import packages
from benchmarks.installation import installation
from tests import databases

ROOT = Path(__file__).resolve().parent.parent
HEADER = ("email", "first_name", "last_name", "company", "job_title", "phone", "website")
FIRST = ("Ada", "Grace", "Alan", "Zoë", "Linus", "Tim", "Margaret", "Édouard")
LAST = ("Lovelace", "Hopper", "Turing", "Müller", "O'Neil", "Smith")
SUPPRESSED = 1000
# Its bulk mode takes minutes for all rows; its speed does not change with their number.
ROWS_OF_OTHERS = 20_000
IMPORT_EXPORT = "django-import-export==4.4.3"

COPY_GOAL = 0.12
OTHERS_GOAL = 3.0
MEMORY_GOAL_MB = 300


def write(path: Path, rows: int) -> None:
    """Write a file of contacts, the same each time."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number in range(rows):
            domain = f"company{chance.randrange(20_000)}.com"
            name = f"Company, {domain}" if number % 10 == 0 else f"Company {domain}"
            people = (chance.choice(FIRST), chance.choice(LAST))
            address = f"person.{number}@{domain}"
            out.writerow([address, *people, name, "Head of Sales", "+33 1 23 45 67 89", f"https://{domain}"])


def copy(url: str, path: Path) -> float:
    """Return the seconds that psql takes to copy the file into a table of text with a unique address."""
    columns = ", ".join(f"{name} text" for name in HEADER[1:])
    psql = ["psql", url, "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1"]
    make = f"CREATE TABLE probe (email text UNIQUE, {columns})"
    subprocess.run([*psql, "--command", make], check=True)
    began = time.perf_counter()
    subprocess.run([*psql, "--command", rf"\copy probe FROM '{path}' WITH (FORMAT csv, HEADER)"], check=True)
    return time.perf_counter() - began


def prepare() -> Any:
    """Return a workspace with some suppressed addresses."""
    from contacts import suppression
    from tests import builders

    workspace = builders.make_workspace()
    targets = [f"gone{number}@company{number}.com" for number in range(SUPPRESSED)]
    suppression.suppress(workspace=workspace, targets=targets, now=builders.NOW)
    return workspace


def run_import(path: Path) -> None:
    """Import the file, from its upload to the last row, and print seconds and megabytes."""
    workspace = prepare()
    from django.utils import timezone

    from contacts.importing import lifecycle, running
    from contacts.importing.lifecycle import Choices

    began = time.perf_counter()
    with path.open("rb") as content:
        origin = lifecycle.upload(
            workspace=workspace, content=content, name=path.name, by="bench", now=timezone.now(), by_operator=True
        )
    choices = Choices(mapping=origin.mapping, consent_source="event", certified=True)
    lifecycle.start(origin, choices=choices, by="bench", now=timezone.now())
    running.run(origin)
    took = time.perf_counter() - began
    origin.refresh_from_db()
    if origin.status != "done" or origin.created_rows != origin.total_rows:
        sys.exit(f"The import is wrong: {origin.status}, {origin.created_rows} of {origin.total_rows} created")
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run_others(path: Path) -> None:
    """Import the first rows by django-import-export's bulk mode, and print rows per second and megabytes."""
    workspace = prepare()
    import tablib
    from import_export import fields, resources

    from contacts.models import Contact

    class ContactResource(resources.ModelResource):
        """What its documentation says for speed."""

        workspace = fields.Field(attribute="workspace_id", column_name="workspace")
        email_key = fields.Field(attribute="email_key", column_name="email_key")

        class Meta:
            model = Contact
            fields = (*HEADER, "workspace", "email_key")
            import_id_fields = ("email_key",)
            use_bulk = True
            batch_size = 1000
            force_init_instance = True
            skip_diff = True
            skip_html_diff = True
            use_transactions = True

    table = tablib.Dataset(headers=[*HEADER, "workspace", "email_key"])
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            table.append([*row, str(workspace.pk), row[0].lower()])
    began = time.perf_counter()
    done = ContactResource().import_data(table, dry_run=False, raise_errors=True)
    took = time.perf_counter() - began
    if done.totals["new"] != len(table):
        sys.exit(f"django-import-export is wrong: {done.totals}")
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measured(url: str, what: str, path: Path, *, beside: str = "") -> tuple[float, float]:
    """Run one of the ways in a process of its own; return its seconds and its peak memory in MB."""
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    if beside:
        environment["PYTHONPATH"] = beside
    command = [sys.executable, "-m", "benchmarks.imports", "--do", what, "--file", str(path)]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def main() -> int:
    """The exit code: 0 when both ratios and the memory are as claimed."""
    parser = argparse.ArgumentParser(description="A file of contacts, by three ways.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--do", choices=("import", "others"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.do:
        with installation(on="postgresql", kept=os.environ["DATABASE_URL"]):
            (run_import if arguments.do == "import" else run_others)(arguments.file)
        return 0
    with tempfile.TemporaryDirectory() as name, databases.postgres() as server:
        if server is None:
            sys.exit("This benchmark needs PostgreSQL: none answers, and TEST_DATABASE_URL is not set.")
        return compare(Path(name), server, rows=arguments.rows, rounds=arguments.rounds)


def compare(folder: Path, server: str, *, rows: int, rounds: int) -> int:
    """Measure the three ways in turn and print both ratios."""
    whole, part = folder / "contacts.csv", folder / "part.csv"
    write(whole, rows)
    write(part, min(rows, ROWS_OF_OTHERS))
    # Its own needs but Django, which is ours.
    installed = packages.install(folder, [IMPORT_EXPORT, "tablib==3.10.0", "diff-match-patch==20241021"])
    copied, imported, othered, memory = [], [], [], 0.0
    for number in range(1, rounds + 1):
        for kind, times in (("import", imported), ("others", othered)):
            with databases.fresh(server) as url:
                if kind == "import":
                    copied.append(copy(url, whole))
                    seconds, megabytes = measured(url, "import", whole)
                    memory = max(memory, megabytes)
                else:
                    seconds, _megabytes = measured(url, "others", part, beside=installed)
                times.append(seconds)
        print(f"round {number}: copy {copied[-1]:.2f} s, import {imported[-1]:.2f} s", flush=True)
    by_copy, by_us = rows / min(copied), rows / min(imported)
    by_others = min(rows, ROWS_OF_OTHERS) / min(othered)
    print(f"psql \\copy                  {by_copy:>9,.0f} rows/s")
    print(f"import                      {by_us:>9,.0f} rows/s, at most {memory:.0f} MB")
    print(f"django-import-export, bulk  {by_others:>9,.0f} rows/s")
    print(f"ratio to \\copy: {by_us / by_copy:.3f} (goal {COPY_GOAL})")
    print(f"ratio to django-import-export: {by_us / by_others:.1f} (goal {OTHERS_GOAL:g})")
    good = by_us / by_copy >= COPY_GOAL and by_us / by_others >= OTHERS_GOAL and memory < MEMORY_GOAL_MB
    print("as claimed" if good else "NOT AS CLAIMED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
