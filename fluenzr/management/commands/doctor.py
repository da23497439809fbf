"""`manage.py doctor`: says what is wrong with an installation, and what to do about it."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fluenzr import diagnosis


class Command(BaseCommand):
    help = "Checks database, migrations, keys, data directory, time zones, clusters, backlog; exit code 1 on a fault."
    # It must be able to speak about a broken installation.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = diagnosis.full()
        healthy = all(finding.ok for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": healthy, "checks": [asdict(finding) for finding in findings]}))
        else:
            for finding in findings:
                self.stdout.write(line(finding))
        if not healthy:
            sys.exit(1)


def line(finding: diagnosis.Finding) -> str:
    """A finding as one line for the terminal."""
    hint = f". {finding.hint}" if finding.hint else ""
    return f"{'ok ' if finding.ok else 'BAD'} {finding.name}: {finding.detail}{hint}"
