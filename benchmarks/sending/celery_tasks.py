"""A task per mail, as most applications with Celery do it; loaded by its workers."""

import os

from celery import Celery
from django.db import connection

app = Celery("bench", broker=os.environ["BENCH_BROKER"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@app.task
def send(number: int) -> None:
    """Send the mail of one person, unless somebody has begun to."""
    from benchmarks.sending.peers import message

    with connection.cursor() as cursor:
        cursor.execute("UPDATE person SET state = 'sending' WHERE id = %s AND state = 'queued'", [number])
        if not cursor.rowcount:
            return
        message(number).send()
        cursor.execute("UPDATE person SET state = 'sent', sent_at = now() WHERE id = %s", [number])
