"""Files as rows of text: what a file is, and its rows one by one, each with the line that it began at."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from contacts.importing import sheets
from fluenzr.core.errors import Invalid

DELIMITERS = (",", ";", "\t")
MAX_COLUMNS = 200
MAX_LINE = 1_000_000
# A cell that never ends is a quote that was never closed; the limit is of the whole process, so it is set once.
MAX_CELL = 131_072
_SAMPLE = 64 * 1024
_BLOCK = 1024 * 1024
_SAMPLE_ROWS = 20

csv.field_size_limit(MAX_CELL)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# The line (or the row of a sheet) that a row began at, and its cells.
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Format:
    """How a file is to be read. `kind` is csv, xlsx, xls or ods; of workbooks the sheet and its first row are known."""

    kind: str
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    first_row: int = 1

    @property
    def is_sheet(self) -> bool:
        """Whether it came out of a workbook, so that rows are counted instead of lines."""
        return self.kind != "csv"

    def as_json(self) -> dict[str, Any]:
        """Return it as a row keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Table:
    """A file that can be read as often as wanted: the text on disk, and its format."""

    path: Path
    format: Format

    @contextmanager
    def rows(self, *, past_header: bool = False) -> Iterator[Iterator[Row]]:
        """Open the file and give its rows, those of data alone with `past_header`; blank ones are left out.

        Raises:
            Invalid: while reading: a line cannot be read; the sentence names it.
        """
        with self.path.open(encoding=self.format.encoding, newline="") as text:
            rows = _rows(text, self.format)
            if past_header:
                next(rows, None)
            yield rows


def open_table(path: Path, *, known: Format | None = None) -> Table:
    """Find out what the file is, or take it as `known`; a workbook is turned into CSV beside it.

    Raises:
        Invalid: it is no table, or mixes encodings; the sentence names the line.
    """
    kind = sheets.kind_of(path)
    if kind is not None:
        target = path.with_suffix(".csv-of-sheet")
        sheet = sheets.to_csv(path, target)
        return Table(target, Format(kind, sheet=sheet.name, first_row=sheet.first_row))
    if known is not None:
        return Table(path, known)
    encoding = _encoding(path)
    return Table(path, Format("csv", encoding, _delimiter(path, encoding)))


def _rows(text: IO[str], form: Format) -> Iterator[Row]:
    reader = csv.reader(_lines(text), delimiter=form.delimiter, strict=True)
    line = 1
    number = form.first_row
    try:
        for cells in reader:
            began, line = line, reader.line_num + 1
            if cells and any(map(str.strip, cells)):
                yield number if form.is_sheet else began, cells
            number += 1
    except csv.Error as error:
        raise Invalid(_why(str(error)) % {"line": line}, field="file") from error
    except UnicodeDecodeError as error:
        raise Invalid(_("Line %(line)s has bytes that are no text.") % {"line": line}, field="file") from error


def _lines(text: IO[str]) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and line[-1] not in "\r\n":
            message = _("Line %(line)s is longer than %(max)s characters: this is not a table of contacts.")
            raise Invalid(message % {"line": number, "max": MAX_LINE}, field="file")
        if "\0" in line:
            raise _no_text(number)
        yield line


def _why(problem: str) -> str:
    if "field limit" in problem:
        return _("The cell that begins on line %(line)s is too long, or its quote is never closed.")
    if "unexpected end" in problem:
        return _("The quote that begins on line %(line)s is never closed.")
    return _("Line %(line)s has a quote in the wrong place: write a quote inside a cell twice.")


def _no_text(line: int) -> Invalid:
    return Invalid(_("Line %(line)s has bytes that are no text: this is no CSV file.") % {"line": line}, field="file")


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise Invalid(_("The file is empty."), field="file")
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    zeros = start.count(0)
    if zeros > len(start) // 4:
        # Latin letters of UTF-16 have a zero byte each: before the letter, or behind it.
        return "utf-16-be" if start[::2].count(0) > zeros // 2 else "utf-16-le"
    return _eight_bit(path)


def _eight_bit(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, lines = True, 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b"\0" in block:
                raise _no_text(lines + block.count(b"\n", 0, block.index(b"\0")))
            lines += block.count(b"\n")
            if is_utf8:
                is_utf8 = _decodes(decoder, block)
    if is_utf8 and _decodes(decoder, b"", final=True):
        return "utf-8"
    return _latin(path)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _latin(path: Path) -> str:
    """Return the encoding of a file that is not UTF-8; one that is so in some lines only was put together wrongly."""
    seen: dict[str, int] = {}
    undefined = False
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                seen.setdefault("utf-8", number)
            except UnicodeDecodeError:
                seen.setdefault("latin", number)
                undefined = undefined or any(byte in line for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
    if len(seen) == 2:
        message = _("Line %(line)s is in another encoding than the lines before it. Save the whole file as UTF-8.")
        raise Invalid(message % {"line": max(seen.values())}, field="file")
    return "latin-1" if undefined else "cp1252"


def _delimiter(path: Path, encoding: str) -> str:
    """Return the character by which most of the first rows come apart into the same number of cells."""
    with path.open("rb") as file:
        text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(file.read(_SAMPLE))
    if text.lstrip().lower().startswith(("<!doctype", "<html", "<table", "<?xml")):
        raise Invalid(_("This is a web page, not a table. Save it as CSV or XLSX."), field="file")
    scores = {delimiter: _score(text, delimiter) for delimiter in DELIMITERS}
    return max(scores, key=lambda delimiter: scores[delimiter])


def _score(text: str, delimiter: str) -> tuple[float, int]:
    widths: list[int] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) == _SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # the reading proper says where
    if not widths:
        return 0.0, 0
    width, times = Counter(widths).most_common(1)[0]
    return (times / len(widths), width) if width > 1 else (0.0, 0)


# --- what a table holds ---


@dataclass(frozen=True)
class Survey:
    """What one pass over all rows tells: names of the columns, the first rows, and how many rows of data there are."""

    header: list[str]
    has_header: bool
    first: list[Row]
    total: int


def survey(table: Table, *, has_header: bool | None = None) -> Survey:
    """Read the whole file once, so that what cannot be read is said before anything is written.

    The first row holds names unless one of its cells is an address; `has_header` decides it instead.

    Raises:
        Invalid: a line cannot be read, there are too many columns, two of a name, or no rows.
    """
    with table.rows() as rows:
        return _surveyed(rows, has_header)


def _surveyed(rows: Iterator[Row], has_header: bool | None) -> Survey:
    line, cells = next(rows, (0, []))
    if not cells:
        raise Invalid(_("The file is empty."), field="file")
    if len(cells) > MAX_COLUMNS:
        message = _("Line %(line)s has %(given)s columns; an import takes at most %(max)s.")
        raise Invalid(message % {"line": line, "given": len(cells), "max": MAX_COLUMNS}, field="file")
    named = not any("@" in cell for cell in cells) if has_header is None else has_header
    header = _names(line, cells) if named else [numbered(place) for place in range(len(cells))]
    first: list[Row] = [] if named else [(line, cells)]
    total = len(first)
    for row in rows:
        total += 1
        if len(first) < _SAMPLE_ROWS:
            first.append(row)
    if not total:
        raise Invalid(
            _("Line %(line)s holds the names of the columns, and no row follows.") % {"line": line}, field="file"
        )
    return Survey(header, named, first, total)


def first_rows(table: Table, *, has_header: bool, count: int) -> list[Row]:
    """Return the first rows of data."""
    with table.rows(past_header=has_header) as rows:
        return list(islice(rows, count))


def numbered(place: int) -> str:
    """Return the name of a column that has none; `place` counts from 0."""
    return _("Column %(number)s") % {"number": place + 1}


def _names(line: int, cells: Sequence[str]) -> list[str]:
    names = [cell.strip()[:100] or numbered(place) for place, cell in enumerate(cells)]
    while len(names) > 1 and not cells[len(names) - 1].strip():
        names.pop()
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        other = places.setdefault(name.casefold(), place)
        if other != place:
            message = _("Line %(line)s: columns %(one)s and %(two)s are both called “%(name)s”. Rename one of them.")
            raise Invalid(message % {"line": line, "one": other + 1, "two": place + 1, "name": name}, field="file")
    return names
