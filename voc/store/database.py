"""What the store asks of a database, whichever engine keeps it: DuckDB in a file of ours, or a PostgreSQL server.

Queries are one text for both, in the SQL that both speak, with parameters as `$name`. What only one of them has stays behind
this seam: opening, transactions and their locks, bulk load, sequences, copies, and the few words of `prepare`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from voc.settings import SERVERS
from voc.store.columns import as_arrow

# ruff: noqa: S608  the names in the SQL are our own or the database's

Row = tuple[Any, ...]
Engine = Literal["duckdb", "postgres"]
Lock = Literal["erasing", "arrivals", "taggings", "webhooks", "accesses", "numbering", "migration"]
"""What only one session at a time may do, of all processes that have the database: delete rows or write anew what is left of
them, take rows in, write tags, change webhooks, write keys and the audit log, number a change, bring the schema up to date.
Who takes several takes them in this order."""
Role = Literal["tagging", "keeping", "telling"]
"""What only one process at a time does on behalf of all that have the database."""

SCHEMA: Final = "main"
"""Where our tables are: DuckDB's usual schema, and one of our own in PostgreSQL."""
_DECLARED: Final = (
    "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'main' AND table_name = $table"
    " ORDER BY ordinal_position"
)


class JsonKey(str):
    """The name of a member of a JSON object, as the parameter of `->>`, which the engines ask for in different ways."""

    __slots__ = ()


class Answer(Protocol):
    """What a statement gave."""

    def fetchall(self) -> list[Row]:
        """All rows."""


class Session(ABC):
    """One connection inside one transaction: what it writes is seen at its end."""

    def __init__(self, types: dict[str, dict[str, str]]) -> None:
        self._types = types  # of columns, by table, in their order

    @abstractmethod
    def execute(self, sql: str, parameters: Mapping[str, object] | None) -> Answer:
        """A statement with parameters as `$name`, or several without."""

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of a query; just those parameters must be given that stand in it."""
        return self.execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        """A statement, or several without parameters, for its effect."""
        self.execute(sql, parameters)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.query(f"SELECT count(*) FROM {SCHEMA}.{quoted(table)}")[0][0])

    def insert(self, table: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Rows in bulk, a sequence of values for each column; columns that are not given become NULL.

        Raises InputError for a value that the column cannot hold.
        """
        self.load(table, as_arrow(table, self.declared(table), columns))

    @abstractmethod
    def load(self, table: str, rows: Any) -> None:
        """The rows of an Arrow table that has all columns of `table`, in their order."""

    @abstractmethod
    def unload(self, table: str, rows: int) -> Iterator[Any]:
        """All rows of a table, as Arrow tables of at most so many that have all its columns; memory does not grow with them.

        Nothing else may be asked of the session until the last one is read.
        """

    @abstractmethod
    def lock(self, lock: Lock) -> None:
        """Wait until no other session has this lock, and keep it until the transaction is over."""

    @abstractmethod
    def prepare(self) -> None:
        """Teach an empty database the functions that queries use and its engine lacks."""

    @abstractmethod
    def sequences(self) -> dict[str, int]:
        """The next number of each sequence."""

    @abstractmethod
    def restart(self, sequence: str, number: int) -> None:
        """Let a sequence go on with this number."""

    def declared(self, table: str) -> dict[str, str]:
        """The columns of a table in their order, and what type each is declared as."""
        if table not in self._types:
            self._types[table] = dict(self.query(_DECLARED, {"table": table}))
        return self._types[table]


class Database(Protocol):
    """An open database. Sessions may run in many threads at once; a thread must not open a session within another."""

    name: str
    """What it is called in messages; never a password."""
    engine: Engine

    def reading(self) -> AbstractContextManager[Session]:
        """A session that sees one committed state and holds nobody up."""

    def writing(self, *locks: Lock) -> AbstractContextManager[Session]:
        """A session whose writes are kept all together at its end, or not at all if it is left by an exception.

        It begins when it has the locks, sees what those who had them before wrote, and gives them back when all is committed.
        """

    def leads(self, role: Role) -> bool:
        """Whether this process has a role, which it takes if nobody has it, and keeps until it ends."""

    def copied(self) -> AbstractContextManager[tuple[Path, dict[str, int]]]:
        """All tables as they are at one moment, in a fresh DuckDB file without anything deleted, and the rows of each table.

        Others read and write on. The file is gone when the context ends, unless it was moved away.
        """

    def copied_views(self, schema: str, numbers: str) -> AbstractContextManager[Path]:
        """The views of a schema as tables of a fresh DuckDB file, with their comments, as they are at one moment.

        Those with a column `seq` are copied piece by piece, so that memory does not grow with their rows; `numbers` is the
        query for the number that all of it are below. Others read and write on. The file is gone when the context ends; who
        has opened it may read on.
        """

    def rewrite(self, then: str) -> None:
        """Leave nothing that was deleted in the database's files, and run `then`. Raises StoreError, and all is as it was,
        where it cannot be done now.
        """

    def size_bytes(self) -> int | None:
        """How much room the database takes, None where it is in memory."""

    def log_size_bytes(self) -> int | None:
        """How much is committed and not in its file yet, None where it has none of ours."""

    def close(self) -> None:
        """Let the database go. Sessions that are still open fail."""


def is_server(database: str) -> bool:
    """Whether a database's address is that of a PostgreSQL server, and not the path of a file."""
    return database.startswith(SERVERS)


def open_database(database: str) -> Database:
    """The database at an address or path. Raises StoreError that says what to do where it cannot be used."""
    if is_server(database):
        from voc.store.postgres import open_postgres

        return open_postgres(database)
    from voc.store.duckdb_file import open_duckdb

    return open_duckdb(database)


def quoted(name: str) -> str:
    """A name as it stands in SQL."""
    return '"' + name.replace('"', '""') + '"'
