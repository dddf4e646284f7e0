"""What a file is, by its content; its ending is only believed where the content leaves it open.

Users rename files: exports of web panels are HTML pages called .xls, and a workbook may be called .csv. What can be read is
read, with a notice where the ending says something else; the rest is refused by the name of what it looks like.
"""

import mmap
import zipfile
from collections.abc import Set
from pathlib import Path
from typing import Final

from voc.errors import InputError
from voc.ingest.delimited import DelimitedTable
from voc.ingest.encodings import Encoding, decode, detect_encoding, find_utf16
from voc.ingest.json_tables import JsonLinesTable, JsonTable
from voc.ingest.parquet_table import ParquetTable
from voc.ingest.table import Table
from voc.ingest.transcript_tables import open_eml, open_transcript
from voc.ingest.workbook import WorkbookTable, check_directory

ACCEPTED: Final = ("CSV", "TSV", "XLSX", "XLS", "JSON", "JSONL", "WebVTT", "SRT", "EML", "TXT", "Parquet")
ENDINGS: Final = {
    "csv": ".csv .txt .tsv .tab", "tsv": ".tsv .tab .txt .csv", "xlsx": ".xlsx .xlsm", "xls": ".xls",
    "json": ".json", "jsonl": ".jsonl .ndjson .json .txt", "parquet": ".parquet .pq",
    "vtt": ".vtt .txt", "srt": ".srt .txt", "eml": ".eml .txt", "email": ".txt .eml", "transcript": ".txt .text",
}  # fmt: skip
"""The endings that fit each format; another one is worth a notice."""

_HEAD_BYTES: Final = 1 << 16
_MOST_CONTROLS: Final = 0.05
"""Compressed data has 11 % control characters, zeros and numbers more; a text with a few stray ones has far fewer."""
_CONTROLS: Final = bytes([*range(0x09), 0x0B, *range(0x0E, 0x20), 0x7F])
_BINARY: Final = (
    (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"), (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"), (b"Rar!", "a RAR archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"), (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive; unpack it first"), (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"OggS", "a sound recording"), (b"ID3", "a sound recording"),
    (b"RIFF", "a sound or video recording"),
)  # fmt: skip
_DOCUMENTS: Final = ((b"%PDF-", "a PDF document"), (b"{\\rtf", "an RTF document"))
_ZIP_PARTS: Final = (
    ("xl/workbook.bin", "an XLSB workbook; save it as XLSX"), ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint presentation"), ("content.xml", "an OpenDocument file; save it as XLSX"),
)  # fmt: skip
_MARKUP: Final = (
    ("<!doctype html", "an HTML page"), ("<html", "an HTML page"), ("<table", "an HTML page"), ("<meta", "an HTML page"),
    ("<head", "an HTML page"), ("<body", "an HTML page"), ("<div", "an HTML page"), ("<style", "an HTML page"),
)  # fmt: skip


def open_table(path: Path, name: str, named: Set[str] = frozenset()) -> Table:
    """The file at `path`, which its user calls `name`, as a table; headers `named` in a mapping tell the header row.

    Raises InputError, which says what the file looks like.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise InputError(f"{name}: an empty file. {_accepted()}", code="empty_file", field="file", options=ACCEPTED)
    if head.startswith(b"PAR1"):
        return ParquetTable(path, name)
    if head.startswith(b"PK\x03\x04"):
        return _open_zip(path, name, named)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _open_compound(path, name, named)
    for start, what in _DOCUMENTS if _is_text(head) else (*_DOCUMENTS, *_BINARY):
        if head.startswith(start):
            raise looks_like(name, what)
    return _open_text(path, name, head, named)


def looks_like(name: str, what: str) -> InputError:
    """The refusal of a file that is something else."""
    return InputError(f"{name}: it looks like {what}. {_accepted()}", code="unknown_format", field="file", options=ACCEPTED)


def fits_ending(table_format: str, name: str) -> bool:
    """Whether a name's ending, if it has one, is one of the format's."""
    ending = Path(name).suffix.lower()
    return not ending or ending in ENDINGS[table_format].split()


def _accepted() -> str:
    return f"Accepted are {', '.join(ACCEPTED[:-1])} and {ACCEPTED[-1]}."


def _open_zip(path: Path, name: str, named: Set[str]) -> Table:
    check_directory(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise looks_like(name, "a zip archive or a workbook that is cut off; save or send it again") from error
    if "xl/workbook.xml" in parts:
        return WorkbookTable(path, name, "xlsx", named)
    raise looks_like(name, next((what for part, what in _ZIP_PARTS if part in parts), "a zip archive; unpack it first"))


def _open_compound(path: Path, name: str, named: Set[str]) -> Table:
    """Old Office files share one container, whose directory names what is inside in UTF-16."""

    def holds(stream: str) -> bool:
        return content.find(stream.encode("utf-16-le")) >= 0

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        protected = holds("EncryptedPackage")
        workbook = holds("Workbook") or holds("Book")
        document = holds("WordDocument")

    if protected:
        raise InputError(
            f"{name}: the workbook is protected by a password. Save it without one.", code="password", field="file"
        )
    if workbook:
        return WorkbookTable(path, name, "xls", named)
    raise looks_like(name, "an old Word document" if document else "an old Office file that is no workbook")


def _open_text(path: Path, name: str, head: bytes, named: Set[str]) -> Table:
    if mail := open_eml(path, name, head.decode("ascii", "replace")):
        return mail
    encoding = _text_encoding(path, name, head)
    text = decode(head, encoding).lstrip(" \t\r\n\ufeff")
    lowered = text[:2_000].lower()
    if what := next((what for start, what in _MARKUP if lowered.startswith(start)), None):
        raise looks_like(name, f"{what}, which some systems call .xls; open it in Excel and save it as XLSX")
    if lowered.startswith("<?xml"):
        excel = "schemas-microsoft-com:office:spreadsheet" in lowered
        raise looks_like(name, "an XML Spreadsheet; open it in Excel and save it as XLSX" if excel else "an XML document")
    if _is_json(text):
        return _open_json(path, name, encoding, text)
    if spoken := open_transcript(path, name, encoding, text):
        return spoken
    return DelimitedTable(path, name, encoding, named)


def _text_encoding(path: Path, name: str, head: bytes) -> Encoding:
    encoding = find_utf16(head)
    text = decode(head, encoding).encode("utf-8", "ignore") if encoding else head
    if not _is_text(text):
        raise looks_like(name, "a binary file")
    return encoding or detect_encoding(path, name)


def _is_text(data: bytes) -> bool:
    return len(data) - len(data.translate(None, _CONTROLS)) <= _MOST_CONTROLS * len(data)


def _is_json(text: str) -> bool:
    start = text[:1_000].split(maxsplit=1)
    opened = "".join(start)[:2]
    return opened in ("[{", "[]", '["', "[[", "[", '{"', "{}")


def _open_json(path: Path, name: str, encoding: Encoding, text: str) -> Table:
    if text.startswith("{") and _is_lines(name, text):
        return JsonLinesTable(path, name, encoding)
    return JsonTable(path, name, encoding)


def _is_lines(name: str, text: str) -> bool:
    """Whether each line is an object of its own: by the ending, or because the first two lines are."""
    if Path(name).suffix.lower() in (".jsonl", ".ndjson"):
        return True
    first, _, rest = text.partition("\n")
    return first.rstrip().endswith("}") and rest.lstrip().startswith("{")
