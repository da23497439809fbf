"""`manage.py demo`: something to see at the first `make run`."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from fluenzr import demo
from fluenzr.demo import Access


class Command(BaseCommand):
    help = "Makes what is missing of the demo (a workspace with a campaign into a sandbox), and prints how to get in."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--json", action="store_true", help="Print JSON for scripts.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the demo; what is printed here is remembered in DATA_DIR/demo.json, readable only by its owner."""
        path = Path(settings.DATA_DIR) / "demo.json"
        access = demo.prepare(known=remembered(path), is_admin=settings.DEBUG, now=timezone.now())
        remember(path, access)
        if options["json"]:
            shown = {"url": settings.SITE_URL, "email": access.email, "password": access.password}
            self.stdout.write(json.dumps(shown | {"apiKey": access.api_key}))
            return
        self.stdout.write(
            f"  The demo's mail  {settings.SITE_URL}/sandbox/\n"
            f"  Login            {access.email}  {access.password}\n"
            f"  API key          {access.api_key}\n"
            f'  Try              curl -H "Authorization: Bearer {access.api_key}" {settings.SITE_URL}/v1/campaigns\n'
        )


def remembered(path: Path) -> Access | None:
    """Return what an earlier run printed, or None where there is no such file or it cannot be understood."""
    try:
        return Access(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remember(path: Path, access: Access) -> None:
    """Keep it for the next run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(access), file)
    new.replace(path)
