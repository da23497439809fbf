"""What a file is, and what is said of files that are no tables."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from contacts.importing import reading, sheets
from contacts.importing.reading import Format
from fluenzr.core.errors import Invalid
from tests.contacts.importing.workbooks import ods, xls, xlsx

HEAD = "Email;Prénom\r\n"
ROWS = [(2, ["ada@example.com", "Zoë"])]


def put(folder: Path, content: bytes | str, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path) -> tuple[Format, list[reading.Row]]:
    table = reading.open_table(path)
    with table.rows(past_header=True) as rows:
        return table.format, list(rows)


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_are_recognised(tmp_path: Path, codec: str, found: str) -> None:
    form, rows = read(put(tmp_path, (HEAD + "ada@example.com;Zoë\r\n").encode(codec)))
    assert (form.encoding, rows) == (found, ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_recognised(tmp_path: Path, delimiter: str) -> None:
    text = f'email{delimiter}name\nada@example.com{delimiter}"Love; lace, A."\n'
    form, rows = read(put(tmp_path, text))
    assert (form.delimiter, rows) == (delimiter, [(2, ["ada@example.com", "Love; lace, A."])])


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    _form, rows = read(put(tmp_path, 'email,notes\n\na@b.org,"one\ntwo"\n,\nc@d.org,x\n'))
    assert rows == [(3, ["a@b.org", "one\ntwo"]), (6, ["c@d.org", "x"])]


@pytest.mark.parametrize("make", [xlsx, xls, ods], ids=["xlsx", "xls", "ods"])
def test_workbook_is_read_whatever_its_name(tmp_path: Path, make: Callable[..., bytes]) -> None:
    content = make([["Prénom", "Size"], ["Zoë", 12.0], [None, None], ["Łukasz", 1.5]])
    form, rows = read(put(tmp_path, content, "list.csv"))
    assert (form.kind, form.sheet) == (make.__name__, "Leads")
    assert rows == [(2, ["Zoë", "12"]), (4, ["Łukasz", "1.5"])]


def test_dates_of_an_ods_are_read_as_such(tmp_path: Path) -> None:
    _form, rows = read(put(tmp_path, ods([["Email", "Since"], ["ada@example.com", date(2026, 3, 4)]])))
    assert rows == [(2, ["ada@example.com", "2026-03-04"])]


def refusal(path: Path) -> str:
    with pytest.raises(Invalid) as refused:
        reading.survey(reading.open_table(path))
    assert list(refused.value.details) == ["file"]
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        ("\n \n", "The file is empty."),
        ("email,name\n", "Line 1 holds the names of the columns, and no row follows."),
        ("Email,name, EMAIL\na@b.org,x,y\n", "Line 1: columns 1 and 3 are both called “EMAIL”. Rename one of them."),
        ('email,name\na@b.org,x\nb@c.org,"x\nc@d.org,y\n', "The quote that begins on line 3 is never closed."),
        (
            'email,name\na@b.org,"Bob" Smith\n',
            "Line 2 has a quote in the wrong place: write a quote inside a cell twice.",
        ),
        (b"email,name\na@b.org,x\0y\n", "Line 2 has bytes that are no text: this is no CSV file."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Line 3 has bytes that are no text: this is no CSV file."),
        (
            "email,name\na@b.org,Zoë\n".encode() + "b@c.org,Zoë\n".encode("cp1252"),
            "Line 3 is in another encoding than the lines before it. Save the whole file as UTF-8.",
        ),
        ("email," * 1_000_000 + "\n", "Line 1 is longer than 1000000 characters: this is not a table of contacts."),
        (",".join("a" * 300) + "\nx\n", "Line 1 has 300 columns; an import takes at most 200."),
        (
            "email,name\na@b.org," + "x" * 5_000_000 + "\n",
            "Line 2 is longer than 1000000 characters: this is not a table of contacts.",
        ),
        (
            'email,name\na@b.org,"' + "x\n" * 100_000 + '"\n',
            "The cell that begins on line 2 is too long, or its quote is never closed.",
        ),
        ("<!DOCTYPE html><table>", "This is a web page, not a table. Save it as CSV or XLSX."),
        (b"PK\x03\x04 damaged", "This workbook is damaged or protected by a password. Save it anew, or as CSV."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600,
            "This workbook is damaged or protected by a password. Save it anew, or as CSV.",
        ),
    ],
    ids=lambda value: "" if not isinstance(value, str) or len(value) > 60 else value,
)
def test_what_is_no_table_is_said_with_its_line(tmp_path: Path, content: bytes | str, said: str) -> None:
    assert refusal(put(tmp_path, content)) == said


def test_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _block in range(250):
                sheet.write(b"0" * 1024 * 1024)
    assert refusal(path) == "This workbook unpacks to more than 200 MB. Save the sheet as CSV."


def test_other_archive_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.jpg", "x")
    assert refusal(path) == "This is an archive, not a table. Give a CSV, XLSX, XLS or ODS file."


def test_workbook_that_needs_too_much_memory_ends_only_its_own_process(tmp_path: Path) -> None:
    """One cell in the last corner: the library would make room for all cells before it."""
    path = put(tmp_path, xlsx([["email"]], corner="XFD1048576"))
    assert refusal(path) == "This workbook needs more memory or time than an import may use. Save the sheet as CSV."


def test_formulas_are_read_as_their_values_and_texts_stay_texts(tmp_path: Path) -> None:
    path = put(tmp_path, xlsx([["email", "name"], ["a@b.org", "=1+1"]]))
    assert sheets.kind_of(path) == "xlsx"
    assert CalamineWorkbook.from_path(path).sheet_names == ["Leads"]
    assert read(path)[1] == [(2, ["a@b.org", "=1+1"])]


def test_first_row_with_an_address_is_a_contact(tmp_path: Path) -> None:
    found = reading.survey(reading.open_table(put(tmp_path, "ada@example.com,Ada\nb@c.org,Bob\n")))
    assert (found.has_header, found.header, found.total) == (False, ["Column 1", "Column 2"], 2)
