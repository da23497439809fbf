"""`python -m benchmarks.ingest.serve TARGET --port N --workers N`: granian as `manage.py web` has it."""

import argparse

import django
from django.conf import settings
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    arguments = parser.parse_args()
    django.setup()
    Granian(
        arguments.target,
        address="127.0.0.1",
        port=arguments.port,
        interface=Interfaces.WSGI,
        factory=not arguments.target.endswith(":application"),
        workers=arguments.workers,
        blocking_threads=settings.WEB_THREADS,
        respawn_failed_workers=True,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
