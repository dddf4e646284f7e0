"""The one door to DuckDB: opening the file, transactions, bulk load, and the little SQL that is DuckDB's own.

DuckDB lets one process write; within it, readers see the last commit and never wait for a writer. A commit is on disk when it
returns.

DuckDB 2 never overwrites what was deleted: measured, the words stay in the file after CHECKPOINT and after VACUUM. Only a
copy of all tables into a fresh file is free of them, so the file can be exchanged for such a copy while it is open.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Condition
from threading import Lock as ThreadLock
from typing import Any, Final, Literal, get_args

import duckdb

from voc.errors import StoreError
from voc.store.columns import arrow_schema
from voc.store.database import Answer, Engine, JsonKey, Lock, Role, Session, quoted
from voc.store.files import empty_folder, locked, log_of, put_in_place, remove_folder, said
from voc.store.refusals import check_path, failure, is_failure, is_given_up, refusal

# ruff: noqa: S608  the names in the SQL are our own or the database's

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


class DuckDBSession(Session):
    """One connection inside one transaction: what it reads is one state of the database, what it writes is seen at its end."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        types: dict[str, dict[str, str]],
        locks: Mapping[Lock, ThreadLock],
        held: ExitStack,
    ) -> None:
        super().__init__(types)
        self._cursor = cursor
        self._locks = locks
        self._held = held  # until the transaction is over

    def execute(self, sql: str, parameters: Mapping[str, object] | None) -> Answer:
        """A statement with parameters as `$name`, or several without."""
        return self._cursor.execute(sql, _bound(parameters))

    def load(self, table: str, rows: Any) -> None:
        """The rows of an Arrow table."""
        self._cursor.from_arrow(rows).insert_into(table)  # not register(): that keeps them until the transaction ends

    def unload(self, table: str, rows: int) -> Iterator[Any]:
        """All rows of a table, as Arrow tables of at most so many."""
        import pyarrow as pa

        schema = arrow_schema(self.declared(table))
        names = ", ".join(map(quoted, schema.names))
        for batch in self._cursor.sql(f"SELECT {names} FROM {quoted(table)}").to_arrow_reader(rows):
            yield pa.Table.from_batches([batch]).cast(schema)

    def lock(self, lock: Lock) -> None:
        """Wait until no other session has this lock, and keep it until the transaction is over."""
        self._held.enter_context(self._locks[lock])

    def prepare(self) -> None:
        """Teach DuckDB the one function of PostgreSQL that the queries use and it lacks."""
        self.run("CREATE MACRO IF NOT EXISTS regexp_like(string, pattern) AS regexp_matches(string, pattern)")

    def sequences(self) -> dict[str, int]:
        """The next number of each sequence."""
        return dict(self.query("SELECT sequence_name, coalesce(last_value + 1, start_value) FROM duckdb_sequences()"))

    def restart(self, sequence: str, number: int) -> None:
        """Let a sequence go on with this number."""
        self.run(f"DROP SEQUENCE {quoted(sequence)}; CREATE SEQUENCE {quoted(sequence)} START WITH {number}")


class DuckDBFile:
    """An open database. Sessions may run in many threads at once, those that write under one lock one after the other.

    A thread must not open a session within another. `path` is None in memory; copies are made in the folder `copies`.
    """

    engine: Engine = "duckdb"

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
        self._copying = ThreadLock()
        self._copy_numbers = count()
        self._locks: dict[Lock, ThreadLock] = {lock: ThreadLock() for lock in get_args(Lock)}

    @contextmanager
    def reading(self) -> Iterator[DuckDBSession]:
        """A session that sees one committed state and holds nobody up."""
        with self._session("reading") as session:
            yield session

    @contextmanager
    def writing(self, *locks: Lock) -> Iterator[DuckDBSession]:
        """A session whose writes are kept all together at its end, or not at all if it is left by an exception.

        The file has one process, so locks are those of its threads.
        """
        with self._session("writing", locks) as session:
            yield session

    def leads(self, role: Role) -> bool:  # noqa: ARG002  nobody else can have the file
        """Whether this process has a role: it has all of them."""
        return True

    def size_bytes(self) -> int | None:
        """The size of the file, without its log; None in memory."""
        return _size(self._path) if self._path else None

    def log_size_bytes(self) -> int | None:
        """How much is committed and not in the file yet; None in memory."""
        return (_size(log_of(self._path)) or 0) if self._path else None

    @contextmanager
    def copied(self) -> Iterator[tuple[Path, dict[str, int]]]:
        """All tables as they are at one moment, in a fresh file without anything deleted, and the rows of each table.

        Others read and write on. The file is gone when the context ends, unless it was moved away.
        """
        with self._copying, self._fresh() as fresh:
            with self._entered("reading"):
                counts = self._copy(fresh)
            yield fresh, counts

    @contextmanager
    def copied_views(self, schema: str, numbers: str) -> Iterator[Path]:
        """The views of a schema as tables of a fresh file, with their comments, as they are at one moment.

        Those with a column `seq` are copied piece by piece, so that memory does not grow with their rows; `numbers` is the
        query for the number that all of it are below. Others read and write on. The file is gone when the context ends; who
        has opened it may read on.
        """
        with self._copying, self._fresh() as fresh:
            with self._entered("reading"), self._attached(fresh, _OLDEST_READER) as (cursor, own, copy):
                _copy_views(cursor, schema, own, copy, numbers)
            yield fresh

    def rewrite(self, then: str) -> None:
        """Exchange the file for a fresh copy of it, in which `then` was run; nothing that was deleted is in it.

        Those who write wait until it is done, those who read only for the exchange itself. Raises StoreError, and all is as
        it was, where open sessions do not end in time, a table cannot be read or the disk is full.
        """
        if self._path is None:
            return
        with self._copying, self._kept_out("writing"), self._fresh() as fresh:
            with self._entered("reading"):
                self._copy(fresh, then)
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

    def _copy(self, target: Path, then: str | None = None) -> dict[str, int]:
        with self._attached(target, "(READ_WRITE)") as (cursor, own, copy):
            cursor.execute(f"COPY FROM DATABASE {own} TO {copy}")
            tables = [table for (table,) in cursor.execute(_TABLES).fetchall()]
            counts, copied = ({table: _count(cursor, of, table) for table in tables} for of in (own, copy))
            if then:
                cursor.execute(f"USE {copy}")
                cursor.execute(then)
        if counts != copied:
            raise StoreError(f"A copy of {self.name!r} has other numbers of rows than the database; it was thrown away.")
        return counts

    @contextmanager
    def _attached(self, target: Path, options: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, str]]:
        """A cursor in one transaction over the database and a fresh file at `target`, and the names of both in SQL."""
        cursor = self._connection.cursor()
        catalog = _catalog(cursor)
        own, copy = quoted(catalog), quoted(f"{catalog}_{target.stem}")
        try:
            cursor.execute(f"ATTACH '{_escaped(target)}' AS {copy} {options}")
            cursor.execute("BEGIN TRANSACTION")
            yield cursor, own, copy
            cursor.execute("COMMIT")
            cursor.execute(f"FORCE CHECKPOINT {copy}")  # whoever looks at the catalog meanwhile is inside the copy, too
        except BaseException:
            with suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            raise
        finally:
            with suppress(duckdb.Error):
                cursor.execute(f"USE {own}; DETACH {copy}")
            cursor.close()

    @contextmanager
    def _fresh(self) -> Iterator[Path]:
        """A file for a copy, gone when the context ends; what goes wrong there is said so that it can be mended.

        Its name was not used before: DuckDB keeps a detached file until all who looked at the catalog meanwhile are done.
        """
        with self._said(), said(self._copies):
            empty_folder(self._copies)
            try:
                yield self._copies / f"copy_{next(self._copy_numbers)}.duckdb"
            finally:
                remove_folder(self._copies)

    @contextmanager
    def _session(self, kind: Kind, locks: Sequence[Lock] = ()) -> Iterator[DuckDBSession]:
        with ExitStack() as held:
            for lock in locks:
                held.enter_context(self._locks[lock])
            with self._said(), self._entered(kind):
                cursor = self._connection.cursor()
                try:
                    cursor.execute(_BEGIN[kind])
                    yield DuckDBSession(cursor, self._types, self._locks, held)
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


def _catalog(cursor: duckdb.DuckDBPyConnection) -> str:
    ((own,),) = cursor.execute("SELECT current_database()").fetchall()
    return str(own)


def _count(cursor: duckdb.DuckDBPyConnection, catalog: str, table: str) -> int:
    ((rows,),) = cursor.execute(f"SELECT count(*) FROM {catalog}.main.{quoted(table)}").fetchall()
    return int(rows)


def _copy_views(cursor: duckdb.DuckDBPyConnection, schema: str, own: str, copy: str, numbers: str) -> None:
    ((end,),) = cursor.execute(numbers).fetchall()
    cursor.execute(f"CREATE SCHEMA {copy}.{quoted(schema)}")
    for view, comment in cursor.execute(_VIEWS, {"schema": schema}).fetchall():
        name = f"{quoted(schema)}.{quoted(view)}"
        cursor.execute(f"CREATE TABLE {copy}.{name} AS FROM {own}.{name} LIMIT 0")
        for piece in _pieces(cursor, f"{own}.{name}", end):
            cursor.execute(f"INSERT INTO {copy}.{name} FROM {own}.{name}{piece}")
        cursor.execute(f"COMMENT ON TABLE {copy}.{name} IS {_literal(comment)}")
    for view, column, comment in cursor.execute(_COMMENTS, {"schema": schema}).fetchall():
        name = f"{copy}.{quoted(schema)}.{quoted(view)}.{quoted(column)}"
        cursor.execute(f"COMMENT ON COLUMN {name} IS {_literal(comment)}")


def _pieces(cursor: duckdb.DuckDBPyConnection, view: str, end: int) -> list[str]:
    """The conditions that part the rows of a view; one without condition where they have no numbers."""
    columns = [column for (column, *_) in cursor.execute(f"DESCRIBE FROM {view}").fetchall()]
    if "seq" not in columns:
        return [""]
    return [f" WHERE seq >= {low} AND seq < {low + PIECE_ROWS}" for low in range(0, end, PIECE_ROWS)]


def _bound(parameters: Mapping[str, object] | None) -> dict[str, object] | None:
    if not parameters:
        return None
    return {name: json_pointer(value) if isinstance(value, JsonKey) else value for name, value in parameters.items()}


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:  # being exchanged for a fresh copy
        return None


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def json_pointer(name: str) -> str:
    """How DuckDB's `->>` must be asked for the member `name`: as a JSON pointer, since `$` and `/` begin a path there.

    >>> json_pointer("شهر/استان")
    '/شهر~1استان'
    """
    return "/" + name.replace("~", "~0").replace("/", "~1")
