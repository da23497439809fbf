"""Turns the first sheet with rows of a workbook into CSV: `python sheet_reader.py WORKBOOK CSV`, a process of its own.

A workbook is unpacked by a library that cannot be told to stop, so this process limits its own memory and time, and a
hostile file ends nobody else. It prints one line of JSON: the sheet and its first row, or the error.
"""

import csv
import datetime
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

MAX_BYTES = 240 * 1024 * 1024
MAX_SECONDS = 60


def text(value: Any) -> str:
    """Return a cell as CSV has it: whole numbers without a fraction, dates as ISO 8601 says."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(timespec="seconds")
    return str(value)


def convert(source: str, target: str) -> dict[str, Any]:
    """Write the CSV; return the sheet's name and the number of its first row."""
    # Imported under the limits.
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    book = CalamineWorkbook.from_path(source)
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.start is None:
            continue
        with open(target, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_texts(sheet))
        return {"sheet": name, "first": sheet.start[0] + 1}
    return {"error": "empty"}


def _texts(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [text(value) for value in row]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_BYTES, MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    try:
        answer = convert(sys.argv[1], sys.argv[2])
    except MemoryError:
        answer = {"error": "memory"}
    except Exception as error:  # the library raises a class for each format
        answer = {"error": "unreadable", "detail": str(error)[:200]}
    sys.stdout.write(json.dumps(answer))
