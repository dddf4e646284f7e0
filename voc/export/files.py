"""The formats, the files' endings that ask for them, and the writing of a file whole or not at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from voc.errors import InputError

FORMATS: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
ENDINGS: Final = {format: format for format in FORMATS} | {"arrow": "arrows"}
"""Arrow calls its stream `.arrows`; `.arrow` is its other layout, which needs the whole file at once."""


def format_of(path: Path) -> str:
    """The format that a file's ending asks for. Raises InputError, which lists the endings, for another one."""
    ending = path.suffix.lower().removeprefix(".")
    for format, own in ENDINGS.items():
        if ending in (format, own):
            return format
    raise InputError(f"Cannot write {path.name!r}: the ending says the format.", field="output", options=tuple(FORMATS))


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file in one step: whole or not at all, whatever ends the work. Raises InputError where it cannot be written."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write {str(path)!r}: {error.strerror}.", field="output") from error
    finally:
        partial.unlink(missing_ok=True)
