"""JSON lines: a row a line, times in ISO 8601, nothing flattened."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from voc.export.rows import Row


def write_jsonl(rows: Iterable[Row]) -> Iterator[bytes]:
    """Each row as a piece of its own."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, default=_as_text).encode() + b"\n"


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
