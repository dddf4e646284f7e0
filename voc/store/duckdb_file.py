"""The one door to DuckDB: opening the file, transactions, bulk load, and the little SQL that is DuckDB's own.

Why a door: everything else in the store is SQL that PostgreSQL speaks too, with parameters as `$name`. DuckDB lets one
process write; within it, readers see the last commit and never wait for a writer. A commit is on disk when it returns.

DuckDB 2 never overwrites what was deleted: measured, the words stay in the file after CHECKPOINT and after VACUUM. Only a
copy of all tables into a fresh file is free of them, so the file can be exchanged for such a copy while it is open.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition, Lock
from typing import Any, Final, Literal

import duckdb

from voc.errors import InputError, StoreError
from voc.store.files import empty_folder, locked, log_of, put_in_place, remove_folder, said
from voc.store.refusals import check_path, failure, is_failure, is_given_up, refusal

# ruff: noqa: S608  the names in the SQL are our own or the database's

Row = tuple[Any, ...]
Kind = Literal["reading", "writing"]

IN_MEMORY: Final = ":memory:"
PATIENCE_S: Final = 5.0
"""How long sessions that are open may hold up the exchange of the file while those that come wait; longer is for later."""

PIECE_ROWS: Final = 20_000
"""How many rows of a view are copied at once; aggregates over all rows of a million would take gigabytes."""

_OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_BEGIN: Final[Mapping[Kind, str]] = {"reading": "BEGIN TRANSACTION READ ONLY", "writing": "BEGIN TRANSACTION"}
_COPY_NAME: Final = "copy.duckdb"
_TABLES: Final = (
    "SELECT table_name FROM information_schema.tables WHERE table_catalog = current_database() AND table_type = 'BASE TABLE'"
    " ORDER BY table_name"
)
_VIEWS: Final = (
    "SELECT view_name, comment FROM duckdb_views() WHERE database_name = current_database() AND schema_name = $schema"
    " ORDER BY view_name"
)
_COMMENTS: Final = (
    "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = current_database()"
    " AND schema_name = $schema AND comment IS NOT NULL"
)
_OLDEST_READER: Final = "(STORAGE_VERSION 'v1.0.0')"  # other tools carry a DuckDB of their own, which may be years old


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

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.query(f"SELECT count(*) FROM {_quoted(table)}")[0][0])

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
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'main'"
                " AND table_name = $table ORDER BY ordinal_position"
            )
            self._types[table] = dict(self.query(sql, {"table": table}))
        return self._types[table]


class DuckDBFile:
    """An open database. Sessions may run in many threads at once; who may write together is the store's affair.

    A thread must not open a session within another. `path` is None in memory; copies are made in the folder `copies`.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], name: str, path: Path | None, copies: Path) -> None:
        self._connect = connect
        self._connection = connect()
        self.name = name
        self._path = path
        self._copies = copies
        self._types: dict[str, dict[str, str]] = {}
        self._lost = False  # DuckDB gave the database up, or it was closed; the next session opens it anew
        self._gate = Condition()
        self._inside: dict[Kind, int] = {"reading": 0, "writing": 0}
        self._barred: set[Kind] = set()
        self._copying = Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one committed state and holds nobody up."""
        with self._session("reading") as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose writes are kept all together at its end, or not at all if it is left by an exception."""
        with self._session("writing") as session:
            yield session

    @contextmanager
    def copied(self) -> Iterator[tuple[Path, dict[str, int]]]:
        """All tables as they are at one moment, in a fresh file without anything deleted, and the rows of each table.

        Others read and write on. The file is gone when the context ends, unless it was moved away.
        """
        with self._copying, self._folder() as folder:
            with self._entered("reading"):
                counts = self._copy(folder / _COPY_NAME)
            yield folder / _COPY_NAME, counts

    @contextmanager
    def copied_views(self, schema: str, numbers: str) -> Iterator[Path]:
        """The views of a schema as tables of a fresh file, with their comments, as they are at one moment.

        Those with a column `seq` are copied piece by piece, so that memory does not grow with their rows; `numbers` is the
        query for the number that all of it are below. Others read and write on. The file is gone when the context ends; who
        has opened it may read on.
        """
        with self._copying, self._folder() as folder:
            with self._entered("reading"), self._attached(folder / _COPY_NAME, _OLDEST_READER) as (cursor, own, copy):
                _copy_views(cursor, schema, own, copy, numbers)
            yield folder / _COPY_NAME

    def rewrite(self, then: str) -> None:
        """Exchange the file for a fresh copy of it, in which `then` was run; nothing that was deleted is in it.

        Those who write wait until it is done, those who read only for the exchange itself. Raises StoreError, and all is as
        it was, where open sessions do not end in time, a table cannot be read or the disk is full.
        """
        if self._path is None:
            return
        with self._copying, self._kept_out("writing"), self._folder() as folder:
            fresh = folder / _COPY_NAME
            with self._entered("reading"):
                self._copy(fresh)
            with duckdb.connect(str(fresh), config=_OFFLINE) as made:
                made.execute(then)
                made.execute("CHECKPOINT")
            with self._kept_out("reading"):
                self._exchange(fresh, self._path)

    def close(self) -> None:
        """Let the file go. Sessions that are still open fail."""
        with suppress(duckdb.Error):
            self._connection.close()

    def _exchange(self, fresh: Path, path: Path) -> None:
        """With nobody inside. From closing to renaming the lock is ours, or another process's writes would go with the file."""
        self._connection.execute("CHECKPOINT")
        before = path.stat()
        self._lost = True
        self._connection.close()
        with locked(path):
            if path.stat().st_mtime_ns != before.st_mtime_ns or log_of(path).exists():
                raise StoreError(f"The database {self.name!r} was written to by another process and was left as it is.")
            put_in_place(fresh, path)
        self._heal()

    def _copy(self, target: Path) -> dict[str, int]:
        with self._attached(target, "(READ_WRITE)") as (cursor, own, copy):
            cursor.execute(f"COPY FROM DATABASE {own} TO {copy}")
            tables = [table for (table,) in cursor.execute(_TABLES).fetchall()]
            counts, copied = ({table: _count(cursor, of, table) for table in tables} for of in (own, copy))
        if counts != copied:
            raise StoreError(f"A copy of {self.name!r} has other numbers of rows than the database; it was thrown away.")
        return counts

    @contextmanager
    def _attached(self, target: Path, options: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, str]]:
        """A cursor in one transaction over the database and a fresh file at `target`, and the names of both in SQL."""
        cursor = self._connection.cursor()
        own, copy = (_quoted(name) for name in _catalogs(cursor))
        try:
            cursor.execute(f"ATTACH '{_escaped(target)}' AS {copy} {options}")
            cursor.execute("BEGIN TRANSACTION")
            yield cursor, own, copy
            cursor.execute("COMMIT")
            cursor.execute(f"CHECKPOINT {copy}")
        except BaseException:
            with suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            raise
        finally:
            with suppress(duckdb.Error):
                cursor.execute(f"DETACH {copy}")
            cursor.close()

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """The folder for copies, gone when the context ends; what goes wrong there is said so that it can be mended."""
        with self._said(), said(self._copies):
            empty_folder(self._copies)
            try:
                yield self._copies
            finally:
                remove_folder(self._copies)

    @contextmanager
    def _session(self, kind: Kind) -> Iterator[Session]:
        with self._said(), self._entered(kind):
            cursor = self._connection.cursor()
            try:
                cursor.execute(_BEGIN[kind])
                yield Session(cursor, self._types)
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turns what DuckDB says of a file or a disk into an error that a user can act on."""
        try:
            yield
        except duckdb.Error as error:
            if not is_failure(error):
                raise
            self._lost = self._lost or is_given_up(error)
            raise failure(self.name, error) from error

    @contextmanager
    def _entered(self, kind: Kind) -> Iterator[None]:
        with self._gate:
            self._gate.wait_for(lambda: kind not in self._barred)
            self._heal()
            self._inside[kind] += 1
        try:
            yield
        finally:
            with self._gate:
                self._inside[kind] -= 1
                self._gate.notify_all()

    @contextmanager
    def _kept_out(self, kind: Kind) -> Iterator[None]:
        """Nobody of this kind is inside, and those who come wait. Raises StoreError where those inside take too long."""
        try:
            with self._gate:
                self._barred.add(kind)
                if not self._gate.wait_for(lambda: not self._inside[kind], PATIENCE_S):
                    raise StoreError(f"The database {self.name!r} is busy; its file is exchanged later.")
            yield
        finally:
            with self._gate:
                self._barred.discard(kind)
                self._gate.notify_all()

    def _heal(self) -> None:
        """Open anew what was lost, once nobody is inside."""
        if self._lost and not any(self._inside.values()):
            with suppress(duckdb.Error):
                self._connection.close()
            self._connection = self._connect()
            self._lost = False


def open_duckdb(database: str, *, read_only: bool = False, copies: Path | None = None) -> DuckDBFile:
    """The DuckDB file at a path, made if it is not there; `:memory:` for one that is gone when it is closed.

    `copies` is a folder for this program alone, in which copies are made; by default one beside the file. Raises StoreError
    that says what to do where the file is locked, read-only, damaged, of a later version or not a database. Such a file is
    left as it is.
    """
    if database == IN_MEMORY:
        return DuckDBFile(lambda: _connect(database, read_only, None), database, None, Path())
    check_path(database, read_only=read_only)
    path = Path(database).resolve()
    copies = copies or path.with_name(path.name + ".copy")
    opened = DuckDBFile(lambda: _connect(str(path), read_only, copies), database, path, copies)
    if not read_only:  # the file is ours now, and so is what a killed process left beside it: words of customers
        for left in (copies, path.with_name(path.name + ".tmp")):
            remove_folder(left)
    return opened


def _connect(database: str, read_only: bool, copies: Path | None) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(database, read_only=read_only, config=_OFFLINE)
        if copies and not _shut(connection):
            connection.execute(f"SET GLOBAL allowed_directories = ['{_escaped(copies)}/']")
        connection.execute("SET GLOBAL enable_external_access = false")
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
    except duckdb.Error as error:
        raise refusal(database, error) from error
    return connection


def _shut(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether this process has the database open already: then what it may reach is settled."""
    return connection.execute("SELECT NOT current_setting('enable_external_access')").fetchall() == [(True,)]


def _catalogs(cursor: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    ((own,),) = cursor.execute("SELECT current_database()").fetchall()
    return own, f"{own}_copy"


def _count(cursor: duckdb.DuckDBPyConnection, catalog: str, table: str) -> int:
    ((rows,),) = cursor.execute(f"SELECT count(*) FROM {catalog}.main.{_quoted(table)}").fetchall()
    return int(rows)


def _copy_views(cursor: duckdb.DuckDBPyConnection, schema: str, own: str, copy: str, numbers: str) -> None:
    ((end,),) = cursor.execute(numbers).fetchall()
    cursor.execute(f"CREATE SCHEMA {copy}.{_quoted(schema)}")
    for view, comment in cursor.execute(_VIEWS, {"schema": schema}).fetchall():
        name = f"{_quoted(schema)}.{_quoted(view)}"
        cursor.execute(f"CREATE TABLE {copy}.{name} AS FROM {own}.{name} LIMIT 0")
        for piece in _pieces(cursor, f"{own}.{name}", end):
            cursor.execute(f"INSERT INTO {copy}.{name} FROM {own}.{name}{piece}")
        cursor.execute(f"COMMENT ON TABLE {copy}.{name} IS {_literal(comment)}")
    for view, column, comment in cursor.execute(_COMMENTS, {"schema": schema}).fetchall():
        name = f"{copy}.{_quoted(schema)}.{_quoted(view)}.{_quoted(column)}"
        cursor.execute(f"COMMENT ON COLUMN {name} IS {_literal(comment)}")


def _pieces(cursor: duckdb.DuckDBPyConnection, view: str, end: int) -> list[str]:
    """The conditions that part the rows of a view; one without condition where they have no numbers."""
    columns = [column for (column, *_) in cursor.execute(f"DESCRIBE FROM {view}").fetchall()]
    if "seq" not in columns:
        return [""]
    return [f" WHERE seq >= {low} AND seq < {low + PIECE_ROWS}" for low in range(0, end, PIECE_ROWS)]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def prepare(session: Session) -> None:
    """Teach DuckDB the one function of PostgreSQL that the queries use and it lacks."""
    session.run("CREATE MACRO IF NOT EXISTS regexp_like(string, pattern) AS regexp_matches(string, pattern)")


def json_key(name: str) -> str:
    """How DuckDB's `->>` must be asked for the member `name`: as a JSON pointer, since `$` and `/` begin a path there.

    >>> json_key("شهر/استان")
    '/شهر~1استان'
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")


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
        "BLOB": pa.binary(),
        "JSON": pa.string(),
        "DATE": pa.date32(),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    }
