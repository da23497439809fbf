"""`manage.py web`: one node's web server."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from fluenzr import watchdog

# How long a worker may take to answer what it was asked before the end.
KILL_AFTER_SECONDS = 20


class Command(BaseCommand):
    help = "Serves the site with granian. `manage.py up` starts it beside the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        # The workers are forks: they must not share a connection with this process.
        connections.close_all()
        watchdog.start()
        Granian(
            "fluenzr.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=settings.WEB_WORKERS,
            blocking_threads=settings.WEB_THREADS,
            respawn_failed_workers=True,
            # One that was forked just before the end may not hear of it.
            workers_kill_timeout=KILL_AFTER_SECONDS,
            websockets=False,
            log_level=LogLevels.warning,
        ).serve()
