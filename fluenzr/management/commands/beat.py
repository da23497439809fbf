"""`manage.py beat`: asks each second what is due."""

import logging
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from fluenzr import schedules, watchdog
from fluenzr.beat import Beat
from fluenzr.core import jobs

log = logging.getLogger(__name__)

PERIOD = 1.0
HEARTBEAT_EVERY = 10.0


class Command(BaseCommand):
    help = "Asks each second, by one cheap query a job, what is due, and hands it to the clusters."

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        watchdog.start()
        jobs.sync_timetable(schedules.timetable())
        beat = Beat(schedules.by_beat())
        heartbeat_at = 0.0
        while not (stopped.is_set() or jobs.stopping()):
            close_old_connections()
            if time.monotonic() >= heartbeat_at and _noted():
                heartbeat_at = time.monotonic() + HEARTBEAT_EVERY
            beat.tick(now=timezone.now())
            stopped.wait(PERIOD)


def _noted() -> bool:
    try:
        jobs.heartbeat("beat")
    except DatabaseError:
        log.exception("The database does not answer")
        return False
    return True
