"""The one door to PostgreSQL: connections, transactions and their locks, bulk load by COPY, and what a failing server says.

Several processes on several hosts may have the database at once. What the store lets one thread do at a time is therefore
held as a lock of the server, which goes with its transaction, so that a killed process holds nobody up.

Our tables are in the schema `main`. Transactions that write read what is committed when each statement begins (the locks keep
others out of what must not move meanwhile); those that read see one state.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock as ThreadLock
from typing import Any, Final, get_args

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import TextLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from voc.errors import DiskFullError, StoreError
from voc.store.columns import as_arrow
from voc.store.database import SCHEMA, Answer, Engine, Lock, Role, Row, Session, quoted

Connection = psycopg.Connection[Row]

OLDEST_VERSION: Final = 15
MOST_CONNECTIONS: Final = 16
"""Of one process; a server usually has 100 for all. Who writes waits for the lock before taking one."""
CONNECT_TIMEOUT_S: Final = 10
PATIENCE_S: Final = 5
"""How long rewriting waits for those who use a table, while those who come wait behind it; longer is for later."""
PIECE_BYTES: Final = 1 << 20

_SETTING: Final = "VOC_DATABASE"
_KEEPALIVES: Final = {"keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3}
_USER_TIMEOUT_MS: Final = 35_000  # the same for what was sent: a host that vanished is lost, with its locks and roles
_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "application_name": "voc",
    "tcp_user_timeout": _USER_TIMEOUT_MS,
    **_KEEPALIVES,
}
_OPTIONS: Final[dict[str, Any]] = {  # a prepared statement's plan is made without knowing how much a range of rows holds
    "autocommit": True,
    "prepare_threshold": None,
    "client_encoding": "UTF8",
}
_SETTINGS: Final = (  # `jit` takes longer to make code of a query over many small tables than the query does
    f"SET search_path = {SCHEMA}; SET TimeZone = 'UTC'; SET jit = off; SET tcp_user_timeout = {_USER_TIMEOUT_MS};"
    + "".join(f"SET tcp_{name} = {value};" for name, value in _KEEPALIVES.items())
)
_LOCKS: Final = 0x766F63  # «voc»: the first half of our locks' keys, the second is the place of the name
_PARAMETER: Final = re.compile(r"%|\$([A-Za-z_]\w*)")
_BEGIN_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WRITING: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_ROUND: Final = (  # PostgreSQL has it for numeric alone, whose figures are those that the shortest form of a double shows
    "CREATE FUNCTION main.round(number DOUBLE PRECISION, digits INTEGER) RETURNS DOUBLE PRECISION IMMUTABLE STRICT"
    " PARALLEL SAFE LANGUAGE SQL RETURN CAST(pg_catalog.round(CAST(number AS NUMERIC), digits) AS DOUBLE PRECISION)"
)
_ORDER: Final = (  # a provider of its own: libc's C, or PostgreSQL's builtin one, whose locales all order so
    "SELECT pg_encoding_to_char(encoding), CASE datlocprovider WHEN 'c' THEN datcollate WHEN 'b' THEN 'C' ELSE 'of ICU' END"
    " FROM pg_database WHERE datname = current_database()"
)
_BY_CODE_POINTS: Final = ("C", "POSIX", "C.UTF-8", "C.utf8")
_MAY_REWRITE: Final = (
    "SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class"
    " WHERE relnamespace = CAST('main' AS regnamespace) AND relkind = 'r'"
)
_OTHERS: Final = (  # since when each has been at work is for a superuser's eyes, which transactions there are for everybody's
    "SELECT l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'virtualxid'"
    " AND l.mode = 'ExclusiveLock' AND a.datname = current_database() AND a.usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)
_SEQUENCES: Final = "SELECT sequencename, coalesce(last_value + 1, start_value) FROM pg_sequences WHERE schemaname = $schema"
_NUL_IN_JSON: Final = r"((?:^|[^\\])(?:\\\\)*)\\u0000"
_NOTHING: Final = "\N{REPLACEMENT CHARACTER}"  # in place of NUL, which no text of PostgreSQL can hold


class PostgresSession(Session):
    """One connection inside one transaction."""

    def __init__(self, connection: Connection, types: dict[str, dict[str, str]]) -> None:
        super().__init__(types)
        self._connection = connection

    def execute(self, sql: str, parameters: Mapping[str, object] | None) -> Answer:
        """A statement with parameters as `$name`, or several without."""
        if not parameters:
            return self._connection.execute(sql)
        return self._connection.execute(_translated(sql), {name: _storable(value) for name, value in parameters.items()})

    def load(self, table: str, rows: Any) -> None:
        """The rows of an Arrow table, by COPY."""
        names = ", ".join(map(quoted, rows.column_names))
        json = [name for name, kind in self.declared(table).items() if kind == "json"]
        with self._connection.cursor().copy(f"COPY {quoted(table)} ({names}) FROM STDIN (FORMAT csv)") as copy:
            for piece in _as_csv(_storable_rows(rows, json)):
                copy.write(piece)

    def unload(self, table: str, rows: int) -> Iterator[Any]:
        """All rows of a table, as Arrow tables of at most so many, by a cursor of the server."""
        declared = self.declared(table)
        with self._connection.cursor("unload") as cursor:
            names = ", ".join(map(quoted, declared))
            cursor.execute(f"SELECT {names} FROM {quoted(table)}")  # noqa: S608
            while found := cursor.fetchmany(rows):
                yield as_arrow(table, declared, dict(zip(declared, zip(*found, strict=True), strict=True)))

    def lock(self, lock: Lock) -> None:
        """Wait until no other session of any process has this lock, and keep it until the transaction is over."""
        self.execute("SELECT pg_advisory_xact_lock($ours, $place)", {"ours": _LOCKS, "place": _place_of(lock)})

    def prepare(self) -> None:
        """Make the schema, and teach PostgreSQL the one function of DuckDB that the queries use and it lacks."""
        self.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; {_ROUND}")

    def sequences(self) -> dict[str, int]:
        """The next number of each sequence."""
        return dict(self.query(_SEQUENCES, {"schema": SCHEMA}))

    def restart(self, sequence: str, number: int) -> None:
        """Let a sequence go on with this number, and say so before anybody has drawn it."""
        self.run(f"ALTER SEQUENCE {quoted(sequence)} START WITH {int(number)} RESTART WITH {int(number)}")


class PostgresServer:
    """An open database of a server. Sessions may run in many threads at once; a thread must not open one within another."""

    engine: Engine = "postgres"

    def __init__(self, conninfo: str, name: str) -> None:
        self.name = name
        self._conninfo = conninfo
        self._types: dict[str, dict[str, str]] = {}
        self._queues: dict[Lock, ThreadLock] = {lock: ThreadLock() for lock in get_args(Lock)}
        self._roles: dict[Role, Connection] = {}
        self._of_roles = ThreadLock()
        self._copying = ThreadLock()
        self._pool = ConnectionPool(
            conninfo,
            kwargs=_OPTIONS,
            configure=_configure,
            check=ConnectionPool.check_connection,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            name="voc",
            open=True,
        )

    @contextmanager
    def reading(self) -> Iterator[PostgresSession]:
        """A session that sees one committed state and holds nobody up."""
        with self._session(_BEGIN_READING) as session:
            yield session

    @contextmanager
    def writing(self, *locks: Lock) -> Iterator[PostgresSession]:
        """A session whose writes are kept all together at its end, or not at all if it is left by an exception.

        Threads of this process wait for each other before they take a connection, those of others on the server.
        """
        with ExitStack() as held:
            for lock in locks:
                held.enter_context(self._queues[lock])
            with self._session(_BEGIN_WRITING) as session:
                for lock in locks:
                    session.lock(lock)
                yield session

    def leads(self, role: Role) -> bool:
        """Whether this process has a role. The server gives it on when the connection that has it ends, however it ends."""
        with self._of_roles, suppress(psycopg.Error):
            held = self._roles.get(role)
            if held is not None:
                with suppress(psycopg.Error):
                    held.execute("SELECT 1")
                    return True
                held.close()
                del self._roles[role]
            return self._take(role)
        return False

    def _take(self, role: Role) -> bool:
        connection = _connect(self._conninfo)
        place = len(get_args(Lock)) + get_args(Role).index(role)
        taken = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCKS, place)).fetchone()
        if taken == (True,):
            self._roles[role] = connection
            return True
        connection.close()
        return False

    def size_bytes(self) -> int | None:
        """How much room the database takes on the server."""
        with self.reading() as session:
            return int(session.query("SELECT pg_database_size(current_database())")[0][0])

    def log_size_bytes(self) -> int | None:
        """The log is that of the whole server."""
        return None

    @contextmanager
    def copied(self) -> Iterator[tuple[Path, dict[str, int]]]:
        """All tables as they are at one moment, in a fresh DuckDB file, and the rows of each table.

        One at a time in this process: each takes as much room again.
        """
        from voc.store.transfer import copy_to_file

        with self._copying, TemporaryDirectory(prefix="voc-copy-") as folder:
            path = Path(folder) / "copy.duckdb"
            with self.reading() as session:
                counts = copy_to_file(session, self.name, path)
            yield path, counts

    @contextmanager
    def copied_views(self, schema: str, numbers: str) -> Iterator[Path]:
        """The views of a schema as tables of a fresh DuckDB file, with their comments, as they are at one moment."""
        from voc.store.duckdb_file import open_duckdb

        with self.copied() as (path, _), closing(open_duckdb(str(path))) as copy, copy.copied_views(schema, numbers) as views:
            yield views

    def rewrite(self, then: str) -> None:
        """Write all tables anew (VACUUM FULL), so that nothing deleted is in their files, one after the other.

        Who uses a table waits while it is written, and who deletes until `then` has run, or a deletion from meanwhile would be
        taken for done. Raises StoreError where others use a table for too long, so that it is tried again, and where the
        tables belong to another user, for then the server would leave them as they are.
        """
        with self._said(), _held(self._queues["erasing"]), self._pool.connection() as connection:
            if connection.execute(_MAY_REWRITE).fetchall() != [(True,)]:
                raise StoreError(
                    f"{_SETTING}: the tables of {self.name} belong to another user, so erased words cannot be taken out of"
                    " their files. Give the address of that user.",
                    field=_SETTING,
                )
            found = connection.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = %s", (SCHEMA,)).fetchall()
            connection.execute(f"SET lock_timeout = '{PATIENCE_S}s'")
            try:
                connection.execute("SELECT pg_advisory_lock(%s, %s)", (_LOCKS, _place_of("erasing")))
                _wait_for_others(connection)
                for (table,) in sorted(found):
                    connection.execute(f"VACUUM (FULL, ANALYZE) {SCHEMA}.{quoted(table)}")
                connection.execute("RESET lock_timeout")
                connection.execute(then)
            finally:
                with suppress(psycopg.Error):
                    connection.execute("RESET lock_timeout; SELECT pg_advisory_unlock_all()")

    def close(self) -> None:
        """Let the connections go, and with them all roles."""
        with self._of_roles:
            for connection in self._roles.values():
                connection.close()
            self._roles.clear()
        self._pool.close()

    @contextmanager
    def _session(self, begin: str) -> Iterator[PostgresSession]:
        with self._said(), self._pool.connection() as connection:
            connection.execute(begin)
            try:
                yield PostgresSession(connection, self._types)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                raise

    def _said(self) -> AbstractContextManager[None]:
        return _said(self.name)


def open_postgres(address: str) -> PostgresServer:
    """The database at an address of a server. Raises StoreError that says what to do where it cannot be used."""
    name = name_of(address)
    conninfo = make_conninfo(**(_DEFAULTS | conninfo_to_dict(address)))
    try:
        connection = _connect(conninfo)
    except psycopg.Error as error:
        raise StoreError(
            f"{_SETTING}: {name} cannot be reached: {_first_line(error)} Is the server running, is there such a database, and"
            " may this user connect?",
            field=_SETTING,
        ) from error
    with connection, _said(name):
        _check(connection, name)
    return PostgresServer(conninfo, name)


def name_of(address: str) -> str:
    """An address without its password, as it may stand in a message or on a page.

    >>> name_of("postgresql://voc:s3cret@db.example:5433/voc")
    'postgresql://voc@db.example:5433/voc'
    """
    try:
        parts = conninfo_to_dict(address)
    except psycopg.Error:
        raise StoreError(
            f"{_SETTING}: this is no address of a PostgreSQL database, which is like postgresql://voc@db.example/voc. A % in"
            " a password is written %25.",
            field=_SETTING,
        ) from None  # libpq quotes what it does not understand, a password for instance
    user = f"{parts['user']}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{user}{parts.get('host', '')}{port}/{parts.get('dbname', '')}"


def _connect(conninfo: str) -> Connection:
    connection = psycopg.connect(conninfo, **_OPTIONS)
    _configure(connection)
    return connection


class _NumberLoader(Loader):
    def load(self, data: bytes | bytearray | memoryview) -> int | float:
        number = bytes(data).decode()
        return int(number) if number.lstrip("-").isdigit() else float(number)


def _configure(connection: Connection) -> None:
    """JSON is read as the text that it is, whole numbers as such however they were added up."""
    connection.execute(_SETTINGS)
    connection.adapters.register_loader("json", TextLoader)
    connection.adapters.register_loader("numeric", _NumberLoader)


def _check(connection: Connection, name: str) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_VERSION:
        raise StoreError(f"{_SETTING}: {name} is PostgreSQL {version}; {OLDEST_VERSION} or later is needed.", field=_SETTING)
    ((encoding, collation),) = connection.execute(_ORDER).fetchall()
    if encoding != "UTF8" or collation not in _BY_CODE_POINTS:
        raise StoreError(
            f"{_SETTING}: {name} has encoding {encoding} and collation {collation}; texts are kept in UTF8 and ordered by code"
            " points. Make it with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'.",
            field=_SETTING,
        )


def _wait_for_others(connection: Connection) -> None:
    """Wait for transactions that may still read what was deleted: as long as there are any, it would be kept for them.

    Twice, for those that came while the first were at work see what was there when the oldest of them began.
    """
    until = time.monotonic() + PATIENCE_S
    for _ in range(2):
        others = set(connection.execute(_OTHERS).fetchall())
        while not others.isdisjoint(connection.execute(_OTHERS).fetchall()):
            if time.monotonic() > until:
                raise psycopg.errors.LockNotAvailable
            time.sleep(0.05)


@contextmanager
def _held(queue: ThreadLock) -> Iterator[None]:
    """A lock of this process, for which rewriting waits as long as for one of the server."""
    if not queue.acquire(timeout=PATIENCE_S):
        raise psycopg.errors.LockNotAvailable
    try:
        yield
    finally:
        queue.release()


def _place_of(lock: Lock) -> int:
    return get_args(Lock).index(lock)


@lru_cache(maxsize=1_000)
def _translated(sql: str) -> str:
    """The same with parameters as psycopg has them.

    >>> _translated("SELECT 7 % $divisor")
    'SELECT 7 %% %(divisor)s'
    """
    return _PARAMETER.sub(lambda found: f"%({found[1]})s" if found[1] else "%%", sql)


def _storable(value: object) -> object:
    """A parameter as the server can have it: a NUL is what it became in the texts that are stored."""
    if isinstance(value, str):
        return value.replace("\0", _NOTHING)
    if isinstance(value, list | tuple):
        return [_storable(each) for each in value]
    return value


def _as_csv(rows: Any) -> Iterator[memoryview]:
    """Text in quotes and NULL as nothing at all, which COPY tells apart."""
    import pyarrow as pa
    from pyarrow import csv

    written = pa.BufferOutputStream()
    csv.write_csv(rows, written, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    whole = memoryview(written.getvalue())
    for start in range(0, len(whole), PIECE_BYTES):
        yield whole[start : start + PIECE_BYTES]


def _storable_rows(rows: Any, json: Sequence[str]) -> Any:
    """The same rows as the server can have them: without NUL, and bytes in the digits that it reads."""
    import pyarrow as pa

    columns = []
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if pa.types.is_binary(column.type):
            columns.append(pa.array([None if each is None else f"\\x{each.hex()}" for each in column.to_pylist()], pa.string()))
        elif pa.types.is_string(column.type):
            columns.append(_without_nul_in_json(column) if name in json else _without_nul(column))
        else:
            columns.append(column)
    return pa.table(columns, names=rows.column_names)


def _without_nul(texts: Any) -> Any:
    import pyarrow.compute as pc

    return pc.replace_substring(texts, "\0", _NOTHING) if pc.any(pc.match_substring(texts, "\0")).as_py() else texts


def _without_nul_in_json(texts: Any) -> Any:
    """JSON writes a NUL as an escape, and a backslash as two; `->>` fails on it."""
    import pyarrow.compute as pc

    while pc.any(pc.match_substring_regex(texts, _NUL_IN_JSON)).as_py():
        texts = pc.replace_substring_regex(texts, _NUL_IN_JSON, rf"\1{_NOTHING}")
    return texts


@contextmanager
def _said(name: str) -> Iterator[None]:
    """Turns what a server says of itself, of its disk or of the way to it into an error that a user can act on."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise DiskFullError(
            f"There is no room on the server for what was to be written to {name!r}, and nothing of it was stored. Make room"
            " and send it again; tagging goes on by itself.",
            field=_SETTING,
        ) from error
    except psycopg.errors.LockNotAvailable as error:
        raise StoreError(f"The database {name!r} is busy; its tables are written anew later.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            f"{_SETTING}: the user of {name} may not do this: {_first_line(error)}. It must own the database's tables, or be"
            " allowed to create them (GRANT CREATE ON DATABASE).",
            field=_SETTING,
        ) from error
    except (psycopg.OperationalError, psycopg.InternalError, PoolTimeout) as error:
        raise StoreError(f"The database {name!r} failed: {_first_line(error)}", field=_SETTING) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
