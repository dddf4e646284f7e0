"""What a call sends: JSON, or a file in a form, read while it is sent and from its beginning each time it is sent."""

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Final

PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """Its type and its bytes: a head and, in a form, so many bytes of a file from `start` on, and a tail."""

    content_type: str
    head: bytes
    file: IO[bytes] | None = None
    start: int = 0
    file_bytes: int = 0
    tail: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes it is."""
        return len(self.head) + self.file_bytes + len(self.tail)

    def pieces(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        yield self.head
        if self.file:
            self.file.seek(self.start)
            left = self.file_bytes
            while piece := self.file.read(min(left, PIECE_BYTES)):
                left -= len(piece)
                yield piece
        yield self.tail


def json_body(value: object) -> Body:
    """Any value as JSON; times in ISO 8601, and the missing values of pandas as null."""
    content = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain).encode()
    return Body("application/json", content)


def records_body(records: Iterable[Mapping[str, Any]], name: str | None, mapping: Mapping[str, str] | None) -> Body:
    """Records as the API takes them."""
    rows = [{key: None if _is_missing(value) else value for key, value in record.items()} for record in records]
    given = {"records": rows, "name": name, "mapping": dict(mapping) if mapping else None}
    return json_body({key: value for key, value in given.items() if value is not None})


def form_body(file: IO[bytes], name: str | None, mapping: Mapping[str, str] | None) -> Body:
    """A form with a file, which is read from where it stands; it must be one that can go back."""
    boundary = token_hex(16)
    fields = {"mapping": json.dumps(dict(mapping), ensure_ascii=False)} if mapping else {}
    name = name or _name_of(file)
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n' for field, value in fields.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(name)}"\r\n'
    head += "Content-Type: application/octet-stream\r\n\r\n"
    tail = f"\r\n--{boundary}--\r\n".encode()
    start = file.tell()
    return Body(
        f"multipart/form-data; boundary={boundary}", head.encode(), file, start, file.seek(0, os.SEEK_END) - start, tail
    )


def _name_of(file: IO[bytes]) -> str:
    """The file's own; some have none, and a temporary one has a number."""
    path = getattr(file, "name", None)
    return Path(path).name if isinstance(path, str) else "upload"


def _quoted(name: str) -> str:
    """As browsers write it: nothing in a name ends it, or the line."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _is_missing(value: Any) -> bool:
    """None, or what pandas writes for it: NaN and NaT differ from themselves, and NA does not say."""
    if isinstance(value, float):
        return math.isnan(value)
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "item"):  # a number of numpy
        return value.item()
    raise TypeError(f"A {type(value).__name__} cannot be sent: records hold texts, numbers, times and turns.")
