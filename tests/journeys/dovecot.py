"""A real IMAP server: Debian's Dovecot, with a small config, in a temporary folder, on a free port."""

import contextlib
import imaplib
import os
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from tests.databases import free_port
from tests.smtp_servers import Certificate

# One word: Dovecot parts the arguments of its static list by blanks.
PASSWORD = "imap-secret"
MISSING = (
    "*** THE JOURNEY WAS NOT MADE: there is no IMAP server here. Install Debian's package dovecot-imapd; "
    ".ci/run does it by itself. ***"
)
# Dovecot never lets root sign in, so a test that runs as root gives everything to nobody.
_AS_NOBODY = {"user": "nobody", "group": "nogroup", "extra_groups": []}
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = required
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """Mailboxes that can be read over IMAPS with PASSWORD; an address is a user."""

    port: int
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def deliver(self, address: str, content: bytes) -> None:
        """File a mail in somebody's inbox as a mail server does: written aside, then renamed."""
        box = self.folder / "mail" / address
        name = f"{time.time():.6f}.{next(self._numbers)}.test"
        for part in ("tmp", "new", "cur"):
            (box / part).mkdir(parents=True, exist_ok=True)
        (box / "tmp" / name).write_bytes(content)
        if os.getuid() == 0:
            for path in (box, *box.rglob("*")):
                shutil.chown(path, "nobody", "nogroup")
        (box / "tmp" / name).rename(box / "new" / name)


@contextlib.contextmanager
def dovecot(certificate: Certificate) -> Iterator[Dovecot]:
    """Start the server; without one the test is skipped loudly, and fails in CI."""
    binary = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    # "/tmp", because the path of a socket may have at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="fluenzr-imap-", dir="/tmp"))
    server = Dovecot(free_port(), folder)
    process = None
    try:
        process = _start(binary, server, certificate)
        _wait(server, process)
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _start(binary: str, server: Dovecot, certificate: Certificate) -> subprocess.Popen[bytes]:
    is_root = os.getuid() == 0
    user = "nobody" if is_root else _own_name("-un")
    group = "nogroup" if is_root else _own_name("-gn")
    (server.folder / "mail").mkdir()
    # The folder of the test's own certificate may be closed to nobody.
    pem = shutil.copy(certificate.path, server.folder / "certificate.pem")
    config = server.folder / "dovecot.conf"
    text = _CONFIG.format(
        folder=server.folder, user=user, group=group, certificate=pem, password=PASSWORD, port=server.port
    )
    config.write_text(text)
    if is_root:
        for path in (server.folder, *server.folder.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
    command = [binary, "-F", "-c", str(config)]
    account = _AS_NOBODY if is_root else {}
    return subprocess.Popen(command, cwd=server.folder, stdin=subprocess.DEVNULL, **account)  # type: ignore[call-overload, no-any-return]


def _own_name(option: str) -> str:
    return subprocess.run(["id", option], check=True, capture_output=True, text=True).stdout.strip()


def _wait(server: Dovecot, process: "subprocess.Popen[bytes]") -> None:
    context = ssl.create_default_context(cafile=server.folder / "certificate.pem")
    log = server.folder / "log"
    problem: Exception | None = None
    for _attempt in range(50):
        if process.poll() is not None:
            break
        try:
            with imaplib.IMAP4_SSL("127.0.0.1", server.port, ssl_context=context, timeout=5) as client:
                client.login("probe@test.example", PASSWORD)
            return
        except OSError as error:
            problem = error
            time.sleep(0.1)
        except imaplib.IMAP4.error as error:
            problem = error
            break
    said = log.read_text()[-2000:] if log.exists() else ""
    pytest.fail(f"Dovecot does not start ({problem or process.poll()}): {said}")
