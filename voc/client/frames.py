"""DataFrames with the types of the exported files: what is missing stays missing, and whole numbers stay whole."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.client.records import Rows
from voc.export import stream_figures_as

if TYPE_CHECKING:
    import pandas
    from _typeshed import DataclassInstance


def to_frame(rows: "Iterable[DataclassInstance]") -> "pandas.DataFrame":
    """Figures, definitions or codes as a DataFrame, with the columns of the exported files.

    Raises ValueError for no rows that are not from the client, for then their columns are not known.
    """
    import pyarrow as pa

    known: Rows[Any] = rows if isinstance(rows, Rows) else _rows(rows)
    return _frame(pa.ipc.open_stream(b"".join(stream_figures_as(known, "arrow", known.record))).read_all())


def read_frame(path: Path) -> "pandas.DataFrame":
    """A Parquet file."""
    import pyarrow.parquet as pq

    return _frame(pq.read_table(path))


def _rows(rows: "Iterable[DataclassInstance]") -> Rows[Any]:
    held = tuple(rows)
    if not held:
        raise ValueError("There are no rows to tell the columns by.")
    return Rows(type(held[0]), held)


def _frame(table: Any) -> "pandas.DataFrame":
    import pandas
    import pyarrow as pa

    types = {pa.int64(): pandas.Int64Dtype(), pa.bool_(): pandas.BooleanDtype(), pa.string(): pandas.StringDtype()}
    return table.to_pandas(types_mapper=types.get, date_as_object=False)
