"""The application of `benchmarks.ingest.peer`."""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler


def make() -> WSGIHandler:
    """Return it, without any middleware: nothing is to slow it down but the row."""
    django.setup()
    # Only now, as an installed application asks for its own at the start.
    settings.MIDDLEWARE = []
    return WSGIHandler()
