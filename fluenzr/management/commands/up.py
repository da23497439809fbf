"""`manage.py up`: the whole installation on this machine, in one terminal."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from campaigns import journal
from campaigns.enums import MessageState
from campaigns.models import Message
from fluenzr import diagnosis
from fluenzr.core import jobs
from fluenzr.supervisor import Part, Supervisor


class Command(BaseCommand):
    help = "Starts web, beat and the three task clusters, and keeps them running; Ctrl-C or SIGTERM stops all."

    def add_arguments(self, parser: CommandParser) -> None:
        default = f"127.0.0.1:{settings.PORT}"
        parser.add_argument("--bind", default=default, help=f"HOST:PORT of the web server (default {default})")

        parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this ends")

    def handle(self, *args: Any, bind: str, with_parent: bool, **options: Any) -> None:
        parent = os.getppid() if with_parent else None
        host, port = parse_bind(bind)
        finding = diagnosis.check_migrations()
        if not finding.ok:
            raise CommandError(f"{finding.detail}. {finding.hint}")
        refuse_taken_port(host, port)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        connection.close()
        self.say(f"FluenzR is starting on {settings.SITE_URL} (bound to {host}:{port}); Ctrl-C stops it")
        Supervisor(parts(host=host, port=port), say=self.say, owes_answer=owes_answer, parent=parent).run()

    def say(self, text: str) -> None:
        """One line to the terminal, at once."""
        self.stdout.write(text)
        self.stdout.flush()


def parse_bind(bind: str) -> tuple[str, int]:
    """HOST:PORT as its two halves; an IPv6 host stands in brackets."""
    host, separator, port = bind.rpartition(":")
    if not separator or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise CommandError(f"--bind: {bind!r} is not HOST:PORT, such as 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError when nobody could listen there."""
    family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            advice = "choose another with PORT=... or --bind HOST:PORT"
            raise CommandError(f"Cannot listen on {host}:{port} ({error.strerror}); {advice}") from error


def parts(*, host: str, port: int) -> list[Part]:
    """The processes of one node."""
    manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
    return [
        Part("web", [*manage, "web", "--host", host, "--port", str(port)]),
        Part("beat", [*manage, "beat"]),
        # django-q2 reads which cluster it is when it is imported, so before any command begins.
        *(Part(f"cluster {name}", [*manage, "cluster"], {"Q_CLUSTER_NAME": name}) for name in jobs.CLUSTERS),
    ]


def owes_answer() -> bool:
    """Whether a body is on the wire and its sender, of this node, alive: killing it now would leave doubt."""
    ours = Message.objects.held().filter(state=MessageState.SENDING, owner__startswith=f"{journal.node_id()}/")
    try:
        return ours.filter(claim__lease_until__gt=timezone.now()).exists()
    except DatabaseError:
        # Unknown: wait as if it did.
        connection.close()
        return True
