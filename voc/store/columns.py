"""Rows for a bulk load, as Arrow columns of the types that the table declares, whichever engine declares them."""

from collections.abc import Mapping, Sequence
from typing import Any

from voc.errors import InputError


def as_arrow(table: str, declared: Mapping[str, str], columns: Mapping[str, Sequence[object]]) -> Any:
    """An Arrow table with all declared columns; those that are not given are NULL.

    Raises InputError for a value that its column cannot hold.
    """
    import pyarrow as pa

    rows, types = len(next(iter(columns.values()))), _arrow_types()
    try:
        return pa.table(
            {
                name: pa.array(columns[name], types[kind.upper()]) if name in columns else pa.nulls(rows, types[kind.upper()])
                for name, kind in declared.items()
            }
        )
    except (pa.ArrowException, UnicodeError, OverflowError, TypeError) as error:
        raise InputError(f"A value of {table} is out of range or not text ({type(error).__name__}).") from error


def _arrow_types() -> dict[str, Any]:
    """By the names that DuckDB and PostgreSQL give to types of columns."""
    import pyarrow as pa

    return {
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "SMALLINT": pa.int16(),
        "DOUBLE": pa.float64(),
        "DOUBLE PRECISION": pa.float64(),
        "FLOAT": pa.float32(),
        "REAL": pa.float32(),
        "BOOLEAN": pa.bool_(),
        "VARCHAR": pa.string(),
        "CHARACTER VARYING": pa.string(),
        "BLOB": pa.binary(),
        "BYTEA": pa.binary(),
        "JSON": pa.string(),
        "DATE": pa.date32(),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    }
