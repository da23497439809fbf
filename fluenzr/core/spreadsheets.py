"""Tables as files that spreadsheets open: CSV, and XLSX workbooks."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import xlsxwriter
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.text import slugify

# A cell that begins so would be run as a formula by the spreadsheet that opens it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# By this mark spreadsheets see that the text is UTF-8.
_MARK = "\ufeff"
_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Rows that are sent at once: fewer cost time, more cost memory.
_CHUNK = 500
# A cell of a workbook holds no more characters.
_MAX_CELL = 32_767

Row = Sequence[object]


def answer(name: str, *, head: Row, rows: Iterable[Row]) -> HttpResponse:
    """Return a table as a CSV file to be kept; `name` becomes the file's, without its ending."""
    return HttpResponse("".join(_csv(head, rows)), headers=_headers(name, "csv", _CSV))


def stream(name: str, *, head: Row, rows: Iterable[Row]) -> StreamingHttpResponse:
    """Return the same file for a table of any length: rows are read while they are sent, and never all held."""
    return StreamingHttpResponse(_csv(head, rows), headers=_headers(name, "csv", _CSV))


def workbook(name: str, *, head: Row, rows: Iterable[Row]) -> FileResponse:
    """Return a table as an XLSX workbook of one sheet, written row by row to a file on disk before it is sent.

    Texts are cells of text, which no spreadsheet runs, so they stay as they are; numbers are numbers.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for at, title in enumerate(head):
            sheet.write_string(0, at, str(title), bold)
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    sheet.write_number(number, at, value)
                elif value is not None and value != "":
                    sheet.write_string(number, at, str(value)[:_MAX_CELL])
    file.seek(0)
    return FileResponse(file, headers=_headers(name, "xlsx", _XLSX))


# The files of tables of any length, by their ending.
WRITERS = {"csv": stream, "xlsx": workbook}


def neutral(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the text of a CSV file, some rows at a time."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([neutral(one) for one in head])
    yield _MARK + buffer.getvalue()
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        buffer.seek(0)
        buffer.truncate()
        writer.writerows([neutral(one) for one in row] for row in chunk)
        yield buffer.getvalue()


def _headers(name: str, ending: str, content_type: str) -> dict[str, str]:
    kept = slugify(name) or "table"
    return {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{kept}.{ending}"'}
