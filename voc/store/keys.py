"""Access keys in the database: made, listed, revoked, and when each was last used."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from voc.access import Key
from voc.errors import NotFoundError
from voc.store.database import Row, Session
from voc.store.paging import Page, check_limit, cut_page, moment, read_cursor, write_cursor

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

_COLUMNS: Final = "id, name, scope, digest, created_at, last_used_at, revoked_at"


def add_key(session: Session, key: Key) -> None:
    """Keep a new key."""
    session.run(
        f"INSERT INTO access_key ({_COLUMNS}) VALUES ($id, $name, $scope, $digest, $created_at, NULL, NULL)",
        {"id": key.id, "name": key.name, "scope": key.scope, "digest": key.digest, "created_at": key.created_at},
    )


def all_keys(session: Session, zone: ZoneInfo) -> tuple[Key, ...]:
    """All keys, the revoked ones too, newest first."""
    found = session.query(f"SELECT {_COLUMNS} FROM access_key ORDER BY created_at DESC, id DESC")
    return tuple(_read_key(row, zone) for row in found)


def list_keys(session: Session, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[Key]:
    """The keys, the revoked ones too, newest first."""
    condition, parameters = "TRUE", dict[str, object](most=check_limit(limit) + 1)
    if cursor is not None:
        at, key_id = read_cursor("keys", cursor, moment, str)
        condition = "created_at < $at OR (created_at = $at AND id < $id)"
        parameters |= {"at": at, "id": key_id}
    found = session.query(
        f"SELECT {_COLUMNS} FROM access_key WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT $most", parameters
    )
    rows, more = cut_page(found, limit)
    keys = tuple(_read_key(row, zone) for row in rows)
    return Page(keys, write_cursor("keys", keys[-1].created_at.isoformat(), keys[-1].id) if more else None)


def revoke_key(session: Session, key_id: str, now: datetime) -> None:
    """Let a key open nothing any more; one that was revoked before stays so. Raises NotFoundError where there is none."""
    if not session.query("SELECT 1 FROM access_key WHERE id = $id", {"id": key_id}):
        raise NotFoundError(f"There is no key {key_id[:60]!r}.", field="key")
    session.run("UPDATE access_key SET revoked_at = coalesce(revoked_at, $now) WHERE id = $id", {"id": key_id, "now": now})


def note_uses(session: Session, uses: Mapping[str, datetime]) -> None:
    """When keys were last used, by their ids."""
    for key_id, at in uses.items():
        session.run("UPDATE access_key SET last_used_at = $at WHERE id = $id", {"id": key_id, "at": at})


def _read_key(row: Row, zone: ZoneInfo) -> Key:
    key_id, name, scope, digest, *times = row
    created_at, last_used_at, revoked_at = (at and at.astimezone(zone) for at in times)
    return Key(key_id, name, scope, digest, created_at, last_used_at, revoked_at)
