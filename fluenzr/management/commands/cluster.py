"""`Q_CLUSTER_NAME=send manage.py cluster`: one of the three task clusters."""

import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from fluenzr import watchdog
from fluenzr.core import jobs


class Command(BaseCommand):
    help = "Runs the task cluster named by Q_CLUSTER_NAME (send, io or work). `manage.py up` starts all three."

    def handle(self, *args: Any, **options: Any) -> None:
        name = os.environ.get("Q_CLUSTER_NAME")
        if name not in jobs.CLUSTERS:
            raise CommandError(f"Q_CLUSTER_NAME must be one of {', '.join(jobs.CLUSTERS)}; it is {name!r}")
        watchdog.start()
        watchdog.announce()
        call_command("qcluster")
