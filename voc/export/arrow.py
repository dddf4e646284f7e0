"""Parquet and the Arrow stream: the same typed columns, written a thousand rows at a time.

Moments are stored as instants and shown in the zone that the file names.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import islice
from typing import Any, Final

from voc.export.columns import Column
from voc.export.rows import Row

ROWS_AT_ONCE: Final = 1_000


def write_parquet(rows: Iterable[Row], columns: Sequence[Column], zone: tzinfo) -> Iterator[bytes]:
    """A Parquet file, a piece for each row group."""
    import pyarrow.parquet as pq

    schema, file = _schema(columns, zone), _Pieces()
    return _write(pq.ParquetWriter(file, schema), file, rows, schema)


def write_arrow(rows: Iterable[Row], columns: Sequence[Column], zone: tzinfo) -> Iterator[bytes]:
    """An Arrow IPC stream, a piece for each record batch, so that the first rows can be read before the last are written."""
    import pyarrow as pa

    schema, file = _schema(columns, zone), _Pieces()
    return _write(pa.ipc.new_stream(file, schema), file, rows, schema)


def _write(writer: Any, file: "_Pieces", rows: Iterable[Row], schema: Any) -> Iterator[bytes]:
    import pyarrow as pa

    remaining = iter(rows)
    with writer:
        while page := list(islice(remaining, ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(page, schema=schema))
            yield file.take()
    yield file.take()


class _Pieces(io.RawIOBase):
    """A file that is taken away while it is written: positions count on, memory does not."""

    def __init__(self) -> None:
        self._written, self._waiting = 0, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


def _schema(columns: Sequence[Column], zone: tzinfo) -> Any:
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz=str(zone)),
        "clock": pa.timestamp("us"),
        "day": pa.date32(),
    }
    return pa.schema([(column.name, types[column.kind]) for column in columns])
