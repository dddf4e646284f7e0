"""A whole store from one database into another, whichever engines keep them: all tables, row by row, and where numbers go on.

What arrives is counted and compared before it counts, so that a store is moved whole or not at all.
"""

from contextlib import closing
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import ConflictError, InputError, StoreError
from voc.store.database import SCHEMA, Session, open_database, quoted
from voc.store.duckdb_file import open_duckdb
from voc.store.migrate import check_current, migrate

# ruff: noqa: S608  the names in the SQL are our own or the database's

ROWS_AT_ONCE: Final = 20_000

_TABLES: Final = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = $schema AND table_type = 'BASE TABLE'"
    " ORDER BY table_name"
)
_OF_THE_SCHEMA: Final = ("schema_version",)
"""Tables that say what a database is, and not what it holds."""
_MADE_WITH_IT: Final = ("calendar", "change", "audit_secret", "store_state", *_OF_THE_SCHEMA)
"""Tables that have rows in an empty store."""


def move_file(path: str, database: str, zone: ZoneInfo) -> dict[str, int]:
    """Copy the store in a DuckDB file, which is brought up to date, to an empty database of a server; the rows of each table.

    All of it, or nothing. Raises InputError where there is no such file, ConflictError where the database holds anything, and
    StoreError where one of the two is of a later release or another zone, or the copy has other numbers of rows.
    """
    if not Path(path).is_file():
        raise InputError(f"There is no file {path!r}.", field="file")
    with closing(open_duckdb(path)) as source, closing(open_database(database)) as target:
        for each in (source, target):
            migrate(each, zone)
        with source.reading() as old, target.writing("arrivals", "taggings", "webhooks", "accesses", "numbering") as new:
            _check_empty(new, target.name)
            counts = copy_tables(old, new)
            new.run("ANALYZE")
            return counts


def copy_to_file(session: Session, name: str, path: Path) -> dict[str, int]:
    """Copy all that the database of this name holds into a fresh DuckDB file; the rows of each table.

    Raises StoreError where it has not the schema of this release, or the copy has other numbers of rows.
    """
    check_current(session, name)
    ((zone,),) = session.query("SELECT zone FROM store_state")
    with closing(open_duckdb(str(path))) as fresh:
        migrate(fresh, ZoneInfo(zone))
        with fresh.writing() as new:
            return copy_tables(session, new)


def copy_tables(old: Session, new: Session) -> dict[str, int]:
    """Put the rows of all tables of `old` in place of those of `new`. Raises StoreError where not all arrive."""
    tables = [table for (table,) in old.query(_TABLES, {"schema": SCHEMA})]
    for table in tables:
        if table not in _OF_THE_SCHEMA:
            new.run(f"DELETE FROM {quoted(table)}")
            for rows in old.unload(table, ROWS_AT_ONCE):
                new.load(table, rows)
    for sequence, number in old.sequences().items():
        new.restart(sequence, number)
    counts, copied = ({table: session.count(table) for table in tables} for session in (old, new))
    if counts != copied:
        raise StoreError("The copy of a database has other numbers of rows than the database; it was thrown away.")
    return counts


def _check_empty(new: Session, name: str) -> None:
    for (table,) in new.query(_TABLES, {"schema": SCHEMA}):
        if table not in _MADE_WITH_IT and new.count(table):
            raise ConflictError(
                f"VOC_DATABASE: {name} holds something already (table {table}), and a store is moved into an empty one only."
                " Give another database.",
                field="VOC_DATABASE",
            )
