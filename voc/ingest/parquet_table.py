"""Parquet as a table, a batch of rows at a time; pyarrow is loaded when the first such file is.

A few bytes can stand for a thousand million rows, or for one text that a thousand rows name. So what the file says of its size
is looked at before its rows are, texts are read as what they are in the file, a dictionary and numbers of its entries, and a
batch is measured before it is made into Python values.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voc.errors import InputError, TooLargeError
from voc.ingest.encodings import MARK_ERRORS
from voc.ingest.flatten import flatten
from voc.ingest.table import MOST_ROWS, Row, distinct_headers
from voc.records import Notice, Reject

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS: Final = 1_000
MOST_BYTES: Final = 1 << 30
MOST_RATIO: Final = 200
RATIO_FROM_BYTES: Final = 64 << 20
"""As for workbooks; Parquet packs columns that are all alike far better, so only where it comes to something."""
MOST_BATCH_BYTES: Final = 256 << 20
"""A thousand rows with 250,000 characters in each; more would stand in memory two and three times over."""
LONGEST_VALUE_BYTES: Final = 8 << 20
"""The longest row of a text file in bytes; each row that names such a value would have it anew."""
_DAMAGED: Final = (ValueError, OSError, MemoryError, RecursionError, KeyError, NotImplementedError, OverflowError)
"""What pyarrow raises: all but two of its errors are one of these, and those two are of no file."""
BEYOND: Final = math.inf
"""Stands for a moment or duration that Python cannot hold (past the year 9999): refused in a field, left out elsewhere."""


class ParquetTable:
    """A Parquet file; nested columns are flattened as in JSON."""

    format = "parquet"
    encoding: str | None = None
    notices: tuple[Notice, ...] = ()
    grid = False

    def __init__(self, path: Path, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = path
        self._name = name
        try:
            with pq.ParquetFile(path) as file:
                schema, metadata = file.schema_arrow, file.metadata
                self._check_size(path.stat().st_size, metadata)
            self._names = tuple(leaf for field in schema for leaf in _leaves(field.name, field.type))
        except _DAMAGED as error:
            raise self._damaged() from error
        self._nested = any(pa.types.is_nested(field.type) for field in schema)
        self._texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        self.headers = distinct_headers(self._names, name)

    def rows(self) -> Iterator[Row | Reject]:
        """The rows under their numbers from 1."""
        import pyarrow.parquet as pq

        line = 0
        try:
            with pq.ParquetFile(self._path, read_dictionary=self._texts) as file:
                for batch in file.iter_batches(BATCH_ROWS):
                    self._check_batch(batch)
                    columns = [_values(column) for column in batch.columns]
                    for cells in zip(*columns, strict=True):
                        line += 1
                        yield line, self._flat(batch.schema.names, cells) if self._nested else cells
        except _DAMAGED as error:
            raise self._damaged() from error

    def _check_size(self, packed: int, metadata: Any) -> None:
        """By what the file says of itself; a batch is measured all the same."""
        unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
        if metadata.num_rows > MOST_ROWS:
            raise TooLargeError(f"{self._name}: more than {MOST_ROWS:,} rows. Split it.", code="too_many_rows", field="file")
        if unpacked > MOST_BYTES or (unpacked > RATIO_FROM_BYTES and unpacked > MOST_RATIO * packed):
            raise TooLargeError(
                f"{self._name}: it unpacks to more than {MOST_BYTES >> 20:,} MiB, or {MOST_RATIO} times its size. Split it.",
                field="file",
            )

    def _check_batch(self, batch: Any) -> None:
        """Raises TooLargeError where the rows, or one value that many of them may name, are larger than rows of feedback."""
        import pyarrow as pa

        words = [column.dictionary for column in batch.columns if pa.types.is_dictionary(column.type)]
        longest = max((_longest_bytes(each) for each in words), default=0)
        if batch.nbytes > MOST_BATCH_BYTES or longest > LONGEST_VALUE_BYTES:
            raise TooLargeError(f"{self._name}: values of many megabytes, which no feedback has.", field="file")

    def _flat(self, names: list[str], cells: tuple[object, ...]) -> list[object]:
        get = flatten(dict(zip(names, cells, strict=True))).get
        return [get(name) for name in self._names]

    def _damaged(self) -> InputError:
        return InputError(f"{self._name}: a damaged Parquet file. Write it again.", code="damaged_file", field="file")


def _leaves(name: str, kind: Any) -> Iterator[str]:
    """The names that `flatten` makes of a column of this type."""
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _leaves(name, kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{name}.{field.name}", field.type)
    else:
        yield name


def _longest_bytes(values: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return 0
    return pc.max(pc.binary_length(values)).as_py() or 0


def _values(column: "pa.Array[Any]") -> list[object]:
    """The cells as Python values. Nanoseconds are cut to microseconds, which is all that a datetime holds."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        words = _values(column.dictionary)
        return [None if index is None else words[index] for index in column.indices.to_pylist()]
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_duration(kind) and kind.unit == "ns":
        column = column.cast(pa.duration("us"), safe=False)
    try:
        values: list[object] = column.to_pylist()
    except (OverflowError, UnicodeDecodeError):
        values = [_value(cell) for cell in column]
    return values


def _value(cell: Any) -> object:
    """One cell as a Python value, where one of its column cannot be held; of a nested one, only the part at fault is lost."""
    import pyarrow as pa

    try:
        return cell.as_py()
    except (OverflowError, UnicodeDecodeError):
        if isinstance(cell, pa.DictionaryScalar):
            return _value(cell.value)
        if isinstance(cell, pa.StructScalar):
            return {name: _value(cell[name]) for name in cell}
        if isinstance(cell, pa.ListScalar) and not isinstance(cell, pa.MapScalar):
            return [_value(item) for item in cell]
        return cell.as_buffer().to_pybytes().decode("utf-8", MARK_ERRORS) if isinstance(cell, pa.BinaryScalar) else BEYOND
