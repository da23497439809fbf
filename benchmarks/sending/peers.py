"""`python -m benchmarks.sending.peers NAME MAILS`: what others use to send, in a process of its own.

Each renders its mails for each person by compiled templates (`benchmarks.sending.letter`), queues them as its
documentation says, sends what is queued, and prints what that took.
"""

import os
import smtplib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import django
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.management import call_command

from benchmarks.sending import letter
from benchmarks.sending.metering import Meter

# The packages that each needs, and the apps of its own.
PACKAGES = {
    "loop": (),
    "smtplib": (),
    "post_office": ("django-post-office==3.12.0", "nh3==0.3.8"),
    "mailer": ("django-mailer==2.3.2", "lockfile==0.12.2"),
}
APPS = {"loop": "", "smtplib": "", "post_office": "post_office", "mailer": "mailer"}
QUEUED_AT_ONCE = 500
# As many as the product has to a relay.
CONNECTIONS = 8


def message(number: int, connection: object = None) -> EmailMultiAlternatives:
    """Return the mail of a person as Django has it."""
    one = letter.write(number)
    mail = EmailMultiAlternatives(
        one.subject, one.text, letter.SENDER, [one.recipient], connection=connection, headers=dict(one.headers)
    )
    mail.attach_alternative(one.html, "text/html")
    return mail


def loop(mails: int) -> None:
    """Send over one connection, and remember nothing."""
    with get_connection() as connection:
        for number in range(mails):
            message(number, connection).send()


def threads(mails: int) -> None:
    """Send by the standard library's client over several connections, each in a thread."""

    def send(first: int) -> None:
        with smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_SMTP_PORT"])) as server:
            for number in range(first, mails, CONNECTIONS):
                mail = message(number)
                server.sendmail(letter.SENDER, mail.to, mail.message().as_bytes())

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(send, range(CONNECTIONS)))


def post_office(mails: int) -> None:
    """Queue in bulk, and send with its defaults: one process, five threads."""
    from post_office import mail

    for first in range(0, mails, QUEUED_AT_ONCE):
        letters = [letter.write(number) for number in range(first, min(first + QUEUED_AT_ONCE, mails))]
        mail.send_many(
            [
                {
                    "sender": letter.SENDER,
                    "recipients": [one.recipient],
                    "subject": one.subject,
                    "message": one.text,
                    "html_message": one.html,
                    "headers": dict(one.headers),
                }
                for one in letters
            ]
        )
    call_command("send_queued_mail", processes=1)


def mailer(mails: int) -> None:
    """Queue one by one, as its only way is, and send over one connection."""
    from mailer import send_html_mail

    for number in range(mails):
        one = letter.write(number)
        send_html_mail(one.subject, one.text, one.html, letter.SENDER, [one.recipient], headers=dict(one.headers))
    call_command("send_mail", verbosity=0)


WAYS = {"loop": loop, "smtplib": threads, "post_office": post_office, "mailer": mailer}


def main() -> None:
    """Send, and print what it took."""
    name, mails = sys.argv[1], int(sys.argv[2])
    django.setup()
    call_command("migrate", verbosity=0)
    size = len(message(1).message().as_bytes(linesep="\r\n"))
    meter, began = Meter(lambda: (os.getpid(),)), time.perf_counter()
    WAYS[name](mails)
    took = time.perf_counter() - began
    print(meter.read(mails=mails, seconds=took, size=size).dump())


if __name__ == "__main__":
    main()
