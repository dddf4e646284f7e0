"""Rows for a bulk load, as Arrow columns of the types that the table declares, whichever engine declares them."""

from collections.abc import Mapping, Sequence
from typing import Any

from voc.errors import InputError


def as_arrow(table: str, declared: Mapping[str, str], columns: Mapping[str, Sequence[object]]) -> Any:
    """An Arrow table with all declared columns; those that are not given are NULL.

    Raises InputError for a value that its column cannot hold.
    """
    import pyarrow as pa

    rows = len(next(iter(columns.values())))
    try:
        return pa.table(
            {
                each.name: pa.array(columns[each.name], each.type) if each.name in columns else pa.nulls(rows, each.type)
                for each in arrow_schema(declared)
            }
        )
    except (pa.ArrowException, UnicodeError, OverflowError, TypeError) as error:
        raise InputError(f"A value of {table} is out of range or not text ({type(error).__name__}).") from error


def arrow_schema(declared: Mapping[str, str]) -> Any:
    """The Arrow types of declared columns."""
    import pyarrow as pa

    types = _arrow_types()
    return pa.schema([(name, types[kind.upper()]) for name, kind in declared.items()])


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
        "TEXT": pa.string(),
        "BLOB": pa.binary(),
        "BYTEA": pa.binary(),
        "JSON": pa.string(),
        "DATE": pa.date32(),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    }
