"""The audit log in the database: who did what, in the order in which it was written."""

import secrets
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from voc.access import AuditEntry
from voc.store.database import Row, Session
from voc.store.paging import Page, check_limit, cut_page, number, read_cursor, write_cursor

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

_NAMES: Final = tuple(field.name for field in fields(AuditEntry))
_SECRET_BYTES: Final = 32  # as many as of a key


def write_audit(session: Session, entries: Sequence[AuditEntry]) -> None:
    """Keep the entries, in their order."""
    numbers = session.query("SELECT nextval('audit_number') FROM generate_series(1, $count)", {"count": len(entries)})
    columns = {name: [getattr(entry, name) for entry in entries] for name in _NAMES}
    session.insert("audit", {"seq": sorted(number for (number,) in numbers)} | columns)


def list_audit(session: Session, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[AuditEntry]:
    """The entries, newest first."""
    condition, parameters = "TRUE", dict[str, object](most=check_limit(limit) + 1)
    if cursor is not None:
        condition = "seq < $after"
        (parameters["after"],) = read_cursor("audit", cursor, number)
    found = session.query(
        f"SELECT seq, {', '.join(_NAMES)} FROM audit WHERE {condition} ORDER BY seq DESC LIMIT $most", parameters
    )
    rows, more = cut_page(found, limit)
    return Page(tuple(_read_entry(row, zone) for row in rows), write_cursor("audit", rows[-1][0]) if more else None)


def trim_audit(session: Session, now: datetime, days: int) -> None:
    """Remove the entries that are older than so many days."""
    session.run("DELETE FROM audit WHERE happened_at < $since", {"since": now - timedelta(days=days)})


def audit_secret(session: Session) -> str:
    """The secret of this log's pseudonyms, made when it is first asked for; `session` must be a writing one."""
    found = session.query("SELECT secret FROM audit_secret")
    if not found:
        session.run("INSERT INTO audit_secret (secret) VALUES ($secret)", {"secret": secrets.token_hex(_SECRET_BYTES)})
        found = session.query("SELECT secret FROM audit_secret")
    return str(found[0][0])


def _read_entry(row: Row, zone: ZoneInfo) -> AuditEntry:
    _, at, *rest = row
    return AuditEntry(at.astimezone(zone), *rest)
