"""Workbooks that are bombs, lies and ruins; each is a function that writes one."""

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.test_ingest_workbook import old_workbook

Make = Callable[[Path], object]

_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Target="xl/workbook.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_MAIN: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROWS: Final = '<row r="1"><c r="A1" t="inlineStr"><is><t>نظر</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>پیک دیر رسید</t></is></c></row>'
_STRAY: Final = '<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>x</t></is></c></row>'
PIECE: Final = 1 << 20


def sheet(rows: str = _ROWS, *, before: str = "", after: str = "") -> str:
    """The XML of a sheet."""
    return f"<worksheet {_MAIN}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def parts(sheets: Mapping[str, str], shared: str | None = None, workbook_head: str = "") -> dict[str, str]:
    """The parts of a workbook with these sheets, by their paths in it."""
    names = list(sheets)
    listed = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(names) + 1))
    related = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="{name.removeprefix("xl/")}"/>'
        for n, name in enumerate(names, 1)
    )
    if shared is not None:
        related += f'<Relationship Id="s" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    made = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "xl/workbook.xml": f'{workbook_head}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{related}</Relationships>'
        ),
        **sheets,
    }
    return made | ({"xl/sharedStrings.xml": shared} if shared is not None else {})


def pack(path: Path, made: Mapping[str, str | Iterable[bytes]], comment: bytes = b"") -> None:
    """Parts as a zip file; a part may be given piece by piece."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.items():
            with archive.open(name, "w", force_zip64=False) as part:
                for piece in (content.encode(),) if isinstance(content, str) else content:
                    part.write(piece)
        archive.comment = comment


def book(sheets: Mapping[str, str] | None = None, *, shared: str | None = None, head: str = "") -> Make:
    """Writes a workbook of these sheets."""
    return lambda path: pack(path, parts(sheets or {"xl/worksheets/sheet1.xml": sheet()}, shared, head))


def bomb_of_one_part(path: Path) -> None:
    """100 MiB of spaces in a sheet of 100 KiB."""
    made: dict[str, str | Iterable[bytes]] = dict(parts({"xl/worksheets/sheet1.xml": ""}))
    pack(path, made | {"xl/worksheets/sheet1.xml": (b" " * PIECE for _ in range(100))})


def bomb_in_bombs(path: Path) -> None:
    """Zip files in zip files, five deep, with a bomb in the last, called a workbook."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * (50 * PIECE))
    for depth in range(5):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            for copy in range(8):
                archive.writestr(f"{depth}-{copy}.zip", inner.getvalue())
        inner = outer
    path.write_bytes(inner.getvalue())


def many_entries(path: Path) -> None:
    """A workbook with 40,000 empty parts beside its own."""
    pack(path, parts({"xl/worksheets/sheet1.xml": sheet()}) | {f"xl/media/{n}": "" for n in range(40_000)})


def huge_directory(path: Path) -> None:
    """A directory of 3 million entries, 160 MB if read, made by repeating one of its records; the file itself is small."""
    pack(path, parts({"xl/worksheets/sheet1.xml": sheet()}))
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0]
    record = data[start : data.index(b"PK\x01\x02", start + 4)]
    copies = 40 * PIECE // len(record)
    size = end - start + copies * len(record)
    directory = data[start:end] + record * copies
    path.write_bytes(data[:start] + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65_535, 65_535, size, start, 0))


def overlapping_parts(path: Path) -> None:
    """Many entries of the directory that share one packed part of 20 MiB."""
    made: dict[str, str | Iterable[bytes]] = dict(parts({"xl/worksheets/sheet1.xml": sheet()}))
    pack(path, made | {"xl/media/a": (random.Random(1).randbytes(64) * (PIECE // 64) for _ in range(20))})  # noqa: S311
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0]
    last = data[data.rindex(b"PK\x01\x02", start, end) : end]
    directory = data[start:end] + last * 500
    count = struct.unpack_from("<H", data, end + 10)[0] + 500
    path.write_bytes(
        data[:start] + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    )


def two_directories(path: Path) -> None:
    """A zip file that is one workbook to who believes its first directory and another to who believes its last."""
    pack(path, parts({"xl/worksheets/sheet1.xml": sheet(_STRAY.format(row=1_048_576, column="XFD"))}))
    first = path.read_bytes()
    pack(path, parts({"xl/worksheets/sheet1.xml": sheet()}))
    path.write_bytes(first + path.read_bytes())


def another_end_in_the_comment(path: Path) -> None:
    """A comment that holds the end of another directory."""
    pack(path, parts({"xl/worksheets/sheet1.xml": sheet()}), b"PK\x05\x06" + b"\0" * 18 + b"x" * 40)


def false_sizes(path: Path) -> None:
    """Every part claims to unpack to four bytes."""
    bomb_of_one_part(path)
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", 4)
        at = data.find(b"PK\x01\x02", at + 4)
    path.write_bytes(data)


def old_with(change: Callable[[bytearray], None]) -> Make:
    """An XLS file of one row with a change to its bytes."""

    def make(path: Path) -> None:
        data = bytearray(old_workbook())
        change(data)
        path.write_bytes(data)

    return make


def endless_extent(data: bytearray) -> None:
    """The DIMENSIONS record speaks of four thousand million rows."""
    at = data.index(b"\x00\x02\x0e\x00")
    data[at + 4 : at + 16] = struct.pack("<IIHH", 0, 0xFFFF_FFFF, 0, 0xFFFF)


def far_cell(data: bytearray) -> None:
    """A cell in the last row and column that a record can name."""
    at = data.index(b"\xfd\x00\x0a\x00")
    data[at + 4 : at + 8] = struct.pack("<HH", 0xFFFF, 0xFFFF)


def circle_of_sectors(data: bytearray) -> None:
    """Every chain of sectors runs in a circle."""
    sector = 1 << struct.unpack_from("<H", data, 30)[0]
    table = (struct.unpack_from("<I", data, 76)[0] + 1) * sector
    for entry in range(sector // 4):
        if struct.unpack_from("<I", data, table + 4 * entry)[0] not in (0xFFFF_FFFD, 0xFFFF_FFFF):
            struct.pack_into("<I", data, table + 4 * entry, 0)


def noise(seed: int) -> Callable[[bytearray], None]:
    """Fifty bytes that are not what they were, past the mark by which the format is known."""

    def change(data: bytearray) -> None:
        chance = random.Random(seed)  # noqa: S311
        for _ in range(50):
            data[chance.randrange(24, len(data))] = chance.randrange(256)

    return change


_ENTITY: Final = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
_LAUGHS: Final = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
_SHARED_ROWS: Final = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'


def _shared(second: str, head: str = "", count: int = 2) -> Make:
    strings = f'{head}<sst {_MAIN} count="{count}" uniqueCount="{count}"><si><t>نظر</t></si><si><t>{second}</t></si></sst>'
    return book({"xl/worksheets/sheet1.xml": sheet(_SHARED_ROWS)}, shared=strings)


def _many_sheets(path: Path) -> None:
    rows = _ROWS + _STRAY.format(row=1_000_000, column="S")
    pack(path, parts({f"xl/worksheets/sheet{n}.xml": sheet(rows) for n in range(1, 41)}))


def _far(row: int, column: str) -> str:
    return sheet(_ROWS + _STRAY.format(row=row, column=column))


WORKBOOKS: Final[Mapping[str, tuple[Make, tuple[int, ...]]]] = {
    "bomb-of-one-part.xlsx": (bomb_of_one_part, (413, 422)),
    "bomb-in-bombs.xlsx": (bomb_in_bombs, (422,)),
    "many-entries.xlsx": (many_entries, (413,)),
    "huge-directory.xlsx": (huge_directory, (413, 422)),
    "overlapping-parts.xlsx": (overlapping_parts, (413, 422)),
    "two-directories.xlsx": (two_directories, (202, 422)),
    "another-end-in-the-comment.xlsx": (another_end_in_the_comment, (422,)),
    "false-sizes.xlsx": (false_sizes, (413, 422)),
    "external-entity.xlsx": (_shared("&secret;", _ENTITY), (202, 422)),
    "external-entity-in-the-workbook.xlsx": (book(head=_ENTITY), (202, 422)),
    "billion-laughs.xlsx": (_shared("&a9;", _LAUGHS), (202, 422)),
    "shared-string-of-60-mb.xlsx": (_shared("پ" * 30_000_000), (413,)),
    "four-billion-shared-strings.xlsx": (_shared("دیر رسید", count=4_294_967_295), (413,)),
    "billion-row-dimension.xlsx": (
        book({"xl/worksheets/sheet1.xml": sheet(before='<dimension ref="A1:XFD1048576"/>')}), (202,),
    ),
    "absurd-dimension.xlsx": (
        book({"xl/worksheets/sheet1.xml": sheet(before='<dimension ref="A1:ZZZZZZZ99999999999"/>')}), (202, 422),
    ),
    "stray-cell.xlsx": (book({"xl/worksheets/sheet1.xml": _far(1_048_576, "XFD")}), (413,)),
    "stray-cell-elsewhere.xlsx": (book({"xl/other/first.xml": _far(1_048_576, "XFD")}), (413,)),
    "stray-cell-beyond.xlsx": (book({"xl/worksheets/sheet1.xml": _far(4_294_967_295, "ZZZZZZZ")}), (413,)),
    "stray-cell-in-each-of-40-sheets.xlsx": (_many_sheets, (413,)),
    "merged-to-the-end.xlsx": (
        book({"xl/worksheets/sheet1.xml": sheet(
            after="<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 20_000 + "</mergeCells>")}),
        (202, 413, 422),
    ),
    "deep-xml.xlsx": (book({"xl/worksheets/sheet1.xml": "<a>" * 200_000}), (413, 422)),
    "missing-sheet.xlsx": (lambda path: pack(path, {"xl/workbook.xml": "<workbook/>"}), (422,)),
    "climbing-out.xlsx": (
        lambda path: pack(path, parts({"xl/worksheets/sheet1.xml": sheet()}) | {"../../../../tmp/voc-was-here": "x"}), (202,),
    ),
    "endless-extent.xls": (old_with(endless_extent), (202, 413, 422)),
    "far-cell.xls": (old_with(far_cell), (202, 413, 422)),
    "circle-of-sectors.xls": (old_with(circle_of_sectors), (413, 422)),
    **{f"noise-{seed}.xls": (old_with(noise(seed)), (202, 413, 422)) for seed in range(6)},
    "cut-off.xls": (lambda path: path.write_bytes(old_workbook()[:900]) and None, (422,)),
}  # fmt: skip
"""Each workbook, by the name under which it is sent, and the answers that are right for it."""
