"""Counts queries of requests."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from fluenzr.workspaces.models import RateWindow


def queries(call: Callable[[], object]) -> list[str]:
    """The SQL of what the call asked, without the rate limit, whose leases come and go with the time."""
    with CaptureQueriesContext(connection) as found:
        call()
    left_out = (RateWindow._meta.db_table, "SELECT clock_timestamp()", "SAVEPOINT")
    return [query["sql"] for query in found if not any(part in query["sql"] for part in left_out)]
