"""CSV as Excel opens it right: UTF-8 with a byte-order mark, without which Excel reads Persian as Latin letters."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from voc.export.cells import harmless
from voc.export.columns import Column
from voc.export.rows import Row


def write_csv(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[bytes]:
    """The header, then each row as a piece of its own; times in ISO 8601, what is missing as nothing."""
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    write(column.name for column in columns)
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        write(map(_as_cell, row.values()))
        yield buffer.getvalue().encode()


def _as_cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else harmless(value)
