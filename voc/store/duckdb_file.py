"""The one door to DuckDB: opening the file, transactions, bulk load, and the little SQL that is DuckDB's own.

Why a door: everything else in the store is SQL that PostgreSQL speaks too, with parameters as `$name`. DuckDB lets one
process write; within it, readers see the last commit and never wait for a writer. A commit is on disk when it returns.
"""

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb

from voc.errors import InputError, StoreError

Row = tuple[Any, ...]

IN_MEMORY: Final = ":memory:"
_SETTING: Final = "VOC_DATABASE"
_OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}
_BROKEN: Final = (duckdb.OperationalError, duckdb.FatalException, duckdb.InternalError)


class Session:
    """One connection inside one transaction: what it reads is one state of the database, what it writes is seen at its end."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, types: dict[str, dict[str, str]]) -> None:
        self._cursor = cursor
        self._types = types  # of columns, by table, in their order

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of a query."""
        return self._cursor.execute(sql, dict(parameters) if parameters else None).fetchall()

    def run(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        """A statement, or several without parameters, for its effect."""
        self._cursor.execute(sql, dict(parameters) if parameters else None)

    def insert(self, table: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Rows in bulk, a sequence of values for each column; columns that are not given become NULL.

        Raises InputError for a value that the column cannot hold.
        """
        import pyarrow as pa

        try:
            incoming = self._as_arrow(table, columns)
        except (pa.ArrowException, UnicodeError, OverflowError, TypeError) as error:
            raise InputError(f"A value of {table} is out of range or not text ({type(error).__name__}).") from error
        # not register(): a registered table is kept in memory until the transaction ends
        self._cursor.from_arrow(incoming).insert_into(table)

    def _as_arrow(self, table: str, columns: Mapping[str, Sequence[object]]) -> Any:
        import pyarrow as pa

        rows = len(next(iter(columns.values())))
        types = _arrow_types()
        filled = {
            name: pa.array(columns[name], types[declared]) if name in columns else pa.nulls(rows, types[declared])
            for name, declared in self._declared(table).items()
        }
        return pa.table(filled)

    def _declared(self, table: str) -> dict[str, str]:
        if table not in self._types:
            sql = (
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table"
                " ORDER BY ordinal_position"
            )
            self._types[table] = dict(self.query(sql, {"table": table}))
        return self._types[table]


class DuckDBFile:
    """An open database. Sessions may run in many threads at once; who may write together is the store's affair."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._types: dict[str, dict[str, str]] = {}

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one committed state and holds nobody up."""
        with self._session("BEGIN TRANSACTION READ ONLY") as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose writes are kept all together at its end, or not at all if it is left by an exception."""
        with self._session("BEGIN TRANSACTION") as session:
            yield session

    def close(self) -> None:
        """Let the file go. Sessions that are still open fail."""
        with suppress(duckdb.Error):
            self._connection.close()

    @contextmanager
    def _session(self, begin: str) -> Iterator[Session]:
        cursor: duckdb.DuckDBPyConnection | None = None
        try:
            cursor = self._connection.cursor()
            cursor.execute(begin)
            yield Session(cursor, self._types)
            cursor.execute("COMMIT")
        except BaseException as error:
            if cursor is not None:
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
            if isinstance(error, _BROKEN):
                raise StoreError(f"The database {self._name!r} failed: {_first_line(error)}", field=_SETTING) from error
            raise
        finally:
            if cursor is not None:
                cursor.close()


def open_duckdb(database: str) -> DuckDBFile:
    """The DuckDB file at a path, made if it is not there; `:memory:` for one that is gone when it is closed.

    Raises StoreError that says what to do where the file is locked, read-only, damaged, of a later version or not a
    database. Such a file is left as it is.
    """
    if database != IN_MEMORY:
        _check_path(database)
    try:
        connection = duckdb.connect(database, config=_OFFLINE)
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
    except duckdb.Error as error:
        raise StoreError(_explain(database, error), field=_SETTING) from error
    return DuckDBFile(connection, database)


def prepare(session: Session) -> None:
    """Teach DuckDB the one function of PostgreSQL that the queries use and it lacks."""
    session.run("CREATE MACRO IF NOT EXISTS regexp_like(string, pattern) AS regexp_matches(string, pattern)")


def json_key(name: str) -> str:
    """How DuckDB's `->>` must be asked for the member `name`: as a JSON pointer, since `$` and `/` begin a path there.

    >>> json_key("شهر/استان")
    '/شهر~1استان'
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _check_path(database: str) -> None:
    scheme, address, _ = database.partition("://")
    if address:
        raise StoreError(
            f"{_SETTING}: a {scheme} address was given; this release keeps its data in a DuckDB file. Give its path.",
            field=_SETTING,
        )
    path = Path(database)
    if path.is_dir():
        raise StoreError(f"{_SETTING}: {path} is a folder. Give the path of a file in it.", field=_SETTING)
    if not path.absolute().parent.is_dir():
        raise StoreError(f"{_SETTING}: there is no folder {path.absolute().parent}. Make it first.", field=_SETTING)
    if path.exists() and not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(f"{_SETTING}: {path} is read-only. Make it writable, or give another path.", field=_SETTING)


def _explain(database: str, error: duckdb.Error) -> str:
    said = str(error)
    if "Could not set lock" in said or "used by another process" in said:
        return (
            f"{_SETTING}: {database} is in use by another process{_holder(said)}. Only one can have it: stop that one"
            " (`voc serve`?), use its API, or give another path."
        )
    if "not a valid DuckDB" in said or isinstance(error, duckdb.PermissionException):
        return f"{_SETTING}: {database} is not a DuckDB database and was left as it is. Give another path."
    if "storage version" in said:
        return f"{_SETTING}: {database} was written by a later DuckDB. Update this program, or give another path."
    return (
        f"{_SETTING}: {database} cannot be opened: {_first_line(error)} Nothing in it was changed. If it is damaged,"
        " put a copy back or give another path."
    )


def _holder(said: str) -> str:
    _, found, rest = said.partition("(PID ")
    return f" ({found[1:]}{rest.partition(')')[0]})" if found else ""


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _arrow_types() -> dict[str, Any]:
    import pyarrow as pa

    return {
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "SMALLINT": pa.int16(),
        "DOUBLE": pa.float64(),
        "FLOAT": pa.float32(),
        "BOOLEAN": pa.bool_(),
        "VARCHAR": pa.string(),
        "JSON": pa.string(),
        "DATE": pa.date32(),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    }
