"""The smallest workbooks that programs open."""

import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="{kind}" Target="{target}"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(rows: Sequence[Sequence[object]], *, name: str = "Leads", corner: str = "") -> bytes:
    """An XLSX with one sheet; `corner` is the place of one more cell."""
    lines = [
        f'<row r="{number}">{"".join(_cell(value, chr(65 + at) + str(number)) for at, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    ]
    if corner:
        number = corner.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        lines.append(f'<row r="{number}">{_cell("x", corner)}</row>')
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS.format(kind=f"{_RELATION}/officeDocument", target="xl/workbook.xml"))
        archive.writestr(
            "xl/_rels/workbook.xml.rels", _RELATIONS.format(kind=f"{_RELATION}/worksheet", target="worksheets/s1.xml")
        )
        sheets = f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>'
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}">{sheets}</workbook>')
        data = "".join(lines)
        archive.writestr(
            "xl/worksheets/s1.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'
        )
    return content.getvalue()


def _cell(value: object, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float | int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


# --- ODS (OpenDocument 1.3, part 3) ---

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = " ".join(f'xmlns:{name}="{_OFFICE}{name}:1.0"' for name in ("office", "table", "text"))
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def ods(rows: Sequence[Sequence[object]], *, name: str = "Leads") -> bytes:
    """An ODS with one sheet."""
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    table = f'<table:table table:name="{name}">{lines}</table:table>'
    sheet = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    manifest = f'<manifest:manifest xmlns:manifest="{_OFFICE}manifest:1.0"><manifest:file-entry '
    manifest += f'manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", _ODS)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", f"<office:document-content {_SPACES}>{sheet}</office:document-content>")
    return content.getvalue()


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    kind, text = "string", escape(str(value))
    if isinstance(value, float | int):
        kind = f'float" office:value="{value}'
    elif isinstance(value, date):
        kind = f'date" office:date-value="{value.isoformat()}'
    return f'<table:table-cell office:value-type="{kind}"><text:p>{text}</text:p></table:table-cell>'


# --- XLS: records of BIFF8 ([MS-XLS]) as one stream of a compound file ([MS-CFB]) ---

_SECTOR = 512
# Shorter streams would lie in sectors of their own kind.
_STREAM = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls(rows: Sequence[Sequence[object]], *, name: str = "Leads") -> bytes:
    """An XLS with one sheet, of up to 4 KB."""
    cells = b"".join(
        _xls_cell(value, row, column) for row, line in enumerate(rows) for column, value in enumerate(line)
    )
    book = _book(name, begins_at=len(_book(name, begins_at=0)))
    return _compound((book + _begin(0x0010) + cells + _record(0x000A)).ljust(_STREAM, b"\0"))


def _book(name: str, *, begins_at: int) -> bytes:
    """What stands before the sheet: its name, and where it begins."""
    sheet = struct.pack("<IBBBB", begins_at, 0, 0, len(name), 0) + name.encode("ascii")
    return _begin(0x0005) + _record(0x0085, sheet) + _record(0x000A)


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 1996, 0, 0x0600))


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _xls_cell(value: object, row: int, column: int) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if value is None:
        return b""
    if isinstance(value, float | int):
        return _record(0x0203, place + struct.pack("<d", value))
    text = str(value)
    return _record(0x0204, place + struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))


def _compound(stream: bytes) -> bytes:
    """A compound file with one stream: the header, then the table of sectors, the directory and the stream."""
    last = 2 + _STREAM // _SECTOR - 1
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, _STREAM, _END, 0, _END, 0, 0)
    header += struct.pack("<I", _FREE) * 108
    chain = [_FAT, _END, *range(3, last + 1), _END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(_SECTOR, b"\xff")
    entries = _entry("Root Entry", kind=5, child=1) + _entry("Workbook", kind=2, start=2, size=_STREAM)
    return header + table + entries.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, *, kind: int, child: int = _FREE, start: int = _END, size: int = 0) -> bytes:
    text = name.encode("utf-16-le")
    numbers = struct.pack("<HBBIII36xII4x", len(text) + 2, kind, 1, _FREE, _FREE, child, start, size)
    return text.ljust(64, b"\0") + numbers
