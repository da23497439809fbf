"""Workbooks (XLSX, XLS, ODS): checked before they are unpacked, then turned into CSV by a process with limits."""

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.importing import sheet_reader
from fluenzr.core.errors import Invalid

MAX_UNPACKED = 200 * 1024 * 1024
MAX_ENTRIES = 5000
TIMEOUT = 90


@dataclass(frozen=True)
class Sheet:
    """What was read: the name of the sheet, and the number of its first row."""

    name: str
    first_row: int


def kind_of(path: Path) -> str | None:
    """Return `xlsx`, `xls` or `ods` by the content of the file, None when it is no workbook.

    Raises:
        Invalid: it is an archive of another kind, or unpacks to more than an import reads.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if not start.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise _unreadable() from error
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED or len(entries) > MAX_ENTRIES:
        message = _("This workbook unpacks to more than %(max)s MB. Save the sheet as CSV.")
        raise Invalid(message % {"max": MAX_UNPACKED // 1024 // 1024}, field="file")
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise Invalid(_("This is an archive, not a table. Give a CSV, XLSX, XLS or ODS file."), field="file")


def to_csv(source: Path, target: Path) -> Sheet:
    """Write the first sheet that has rows as UTF-8 CSV, a record for each row.

    Raises:
        Invalid: the workbook cannot be read, is empty, or needs too much memory or time.
    """
    command = [sys.executable, "-I", sheet_reader.__file__, str(source), str(target)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise _too_much() from error
    if done.returncode != 0 or not done.stdout:
        raise _too_much()
    answer = json.loads(done.stdout)
    problem = answer.get("error")
    if problem == "memory":
        raise _too_much()
    if problem == "empty":
        raise Invalid(_("The workbook has no rows."), field="file")
    if problem:
        raise _unreadable()
    return Sheet(answer["sheet"], answer["first"])


def _too_much() -> Invalid:
    return Invalid(
        _("This workbook needs more memory or time than an import may use. Save the sheet as CSV."), field="file"
    )


def _unreadable() -> Invalid:
    message = _("This workbook is damaged or protected by a password. Save it anew, or as CSV.")
    return Invalid(message, field="file")
