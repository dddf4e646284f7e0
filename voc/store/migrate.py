"""Brings a database to the schema of this release, step by numbered step, in one transaction, or leaves it as it was."""

from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import StoreError
from voc.store.calendar import fill_calendar, learn_days
from voc.store.database import SCHEMA, Database, Engine, Session

_SETTING: Final = "VOC_DATABASE"
_TABLES: Final = "SELECT table_name FROM information_schema.tables WHERE table_schema = $schema"


def migrate(database: Database, zone: ZoneInfo) -> None:
    """Make the tables, or bring them up to date. Raises StoreError where the database is not ours or is of a later release,
    or where its days are those of another zone.
    """
    with database.reading() as session:
        version = schema_version(session, database.name)
        if version == max(_migrations()):
            _check_zone(session, database.name, zone)
            return
    with database.writing("migration") as session:
        version = schema_version(session, database.name)  # another process may have been faster
        for number, sql in sorted(_migrations(database.engine).items()):
            if number > version:
                _apply(session, number, sql, zone)
        fill_calendar(session)
        learn_days(session)
        _check_zone(session, database.name, zone)


def schema_version(session: Session, name: str) -> int:
    """The number of the database's schema, 0 for an empty one. Raises StoreError where it is not ours or of a later release."""
    version = _version(session, name)
    _check_version(version, name)
    return version


def check_current(session: Session, name: str) -> None:
    """Raises StoreError where the database has not the schema of this release."""
    version, newest = schema_version(session, name), max(_migrations())
    if version < newest:
        raise StoreError(
            f"{_SETTING}: {name} has schema {version}, this release has {newest}, so it is not copied. Copy it with the release"
            " that wrote it, or start this one on it first (`voc serve`), which brings it up to date.",
            field=_SETTING,
        )


def _apply(session: Session, number: int, sql: str, zone: ZoneInfo) -> None:
    if number == 1:
        session.prepare()
        session.run("CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at TIMESTAMPTZ NOT NULL)")
    session.run(sql)
    if number == 1:
        session.run("INSERT INTO store_state (zone, next_seq) VALUES ($zone, 1)", {"zone": zone.key})
    session.run("INSERT INTO schema_version VALUES ($number, current_timestamp)", {"number": number})


def _version(session: Session, name: str) -> int:
    """The number of the last migration that was applied; 0 for a database without tables."""
    tables = {table for (table,) in session.query(_TABLES, {"schema": SCHEMA})}
    if "schema_version" in tables:
        return int(session.query("SELECT max(version) FROM schema_version")[0][0])
    if tables:
        raise StoreError(
            f"{_SETTING}: {name} holds tables of another program and was left as it is. Give another path.", field=_SETTING
        )
    return 0


def _check_version(version: int, name: str) -> None:
    newest = max(_migrations())
    if version > newest:
        raise StoreError(
            f"{_SETTING}: {name} has schema {version}, this release knows {newest}. It was written by a later release and"
            " was left as it is: update this program, or give another path.",
            field=_SETTING,
        )


def _check_zone(session: Session, name: str, zone: ZoneInfo) -> None:
    (stored,) = session.query("SELECT zone FROM store_state")[0]
    if stored != zone.key:
        raise StoreError(
            f"VOC_TIMEZONE: {name} counts its days and hours in {stored}, not in {zone.key}. Set VOC_TIMEZONE={stored}, or"
            " take the files into another database.",
            field="VOC_TIMEZONE",
            options=(stored,),
        )


def _migrations(engine: Engine = "duckdb") -> dict[int, str]:
    """The steps by number. What PostgreSQL needs besides, such as indices, follows the common step of the same number."""
    steps = _read_migrations("migrations")
    if engine == "postgres":
        for number, sql in _read_migrations("migrations/postgres").items():
            steps[number] += sql
    return steps


def _read_migrations(folder: str) -> dict[int, str]:
    entries = [each for each in (files("voc.store") / folder).iterdir() if each.name.endswith(".sql")]
    return {int(each.name.partition("_")[0]): each.read_text("utf-8") for each in entries}
