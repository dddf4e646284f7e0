"""Parquet as a table, a batch of rows at a time; pyarrow is loaded when the first such file is."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voc.errors import InputError
from voc.ingest.encodings import MARK_ERRORS
from voc.ingest.flatten import flatten
from voc.ingest.table import Row, distinct_headers
from voc.records import Notice, Reject

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS: Final = 1_000
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
            schema = pq.read_schema(path)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged() from error
        self._nested = any(pa.types.is_nested(field.type) for field in schema)
        self._names = tuple(leaf for field in schema for leaf in _leaves(field.name, field.type))
        self.headers = distinct_headers(self._names, name)

    def rows(self) -> Iterator[Row | Reject]:
        """The rows under their numbers from 1."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        line = 0
        try:
            with pq.ParquetFile(self._path) as file:
                for batch in file.iter_batches(BATCH_ROWS):
                    columns = [_values(column) for column in batch.columns]
                    for cells in zip(*columns, strict=True):
                        line += 1
                        yield line, self._flat(batch.schema.names, cells) if self._nested else cells
        except (pa.ArrowException, OSError) as error:
            raise self._damaged() from error

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


def _values(column: "pa.Array[Any]") -> list[object]:
    """The cells as Python values. Nanoseconds are cut to microseconds, which is all that a datetime holds."""
    import pyarrow as pa

    kind = column.type
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
