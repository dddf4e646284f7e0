"""Lists of corrections: which are meant, and those, the newest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from voc.corrections.correction import Correction, Queue, Source
from voc.errors import InputError
from voc.store.correction_rows import COLUMNS, SEVERAL, number_of, read_correction_id, read_corrections
from voc.store.database import Session
from voc.store.paging import Page, check_limit, cut_page, number, read_cursor, write_cursor

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

NOBODY: Final = "none"
"""Stands for who said something without a key; no key has this id."""
_LIST: Final = "corrections"

_Condition = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class CorrectionFilters:
    """Which corrections are meant; what is None or empty narrows nothing.

    `from_` and `to` (exclusive) are days on which they were said, `by` ids of keys or `NOBODY`, `selection` the id of those
    that were said at once.
    """

    from_: date | None = None
    to: date | None = None
    by: tuple[str, ...] = ()
    source: Source | None = None
    queue: Queue | None = None
    confirmed: bool | None = None
    undone: bool | None = None
    selection: str | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How many rows people overrule the model in, and how many more they have found right, or said what it says by now."""

    corrected: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class SelectionCounts:
    """Of the corrections that were said at once: how many there are, how many changed their row, and how many still hold."""

    made: int
    corrected: int
    holding: int


def list_all(session: Session, filters: CorrectionFilters, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[Correction]:
    """The corrections that pass the filters, the newest first. Raises InputError for a selection or cursor that is none."""
    return _page(session, [*_conditions(filters, zone)], limit, cursor, zone)


def list_of_record(session: Session, seq: int, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[Correction]:
    """All that was said of a row, the newest first."""
    return _page(session, [("seq = $seq", {"seq": seq})], limit, cursor, zone)


def count_reviewed(session: Session) -> Reviewed:
    """The rows of which something is said that holds."""
    sql = (
        "SELECT count(m.seq), count(*) - count(m.seq) FROM (SELECT DISTINCT seq FROM correction WHERE undone_at IS NULL) c"
        " LEFT JOIN model_answer m ON m.seq = c.seq"
    )
    ((corrected, confirmed),) = session.query(sql)
    return Reviewed(corrected, confirmed)


def count_selection(session: Session, public_id: str) -> SelectionCounts:
    """The corrections with this id of a selection; all are 0 where there is none. Raises InputError for one of another kind."""
    sql = (
        "SELECT count(*), count(*) FILTER (WHERE NOT confirmed), count(*) FILTER (WHERE undone_at IS NULL)"
        " FROM correction WHERE selection = $number"
    )
    (counts,) = session.query(sql, {"number": _selection_number(public_id)})
    return SelectionCounts(*counts)


def _page(session: Session, conditions: list[_Condition], limit: int, cursor: str | None, zone: ZoneInfo) -> Page[Correction]:
    if cursor is not None:
        (before,) = read_cursor(_LIST, cursor, number)
        conditions.append(("number < $before", {"before": before}))
    parameters: Mapping[str, object] = {name: value for _, given in conditions for name, value in given.items()}
    condition = " AND ".join(sql for sql, _ in conditions) or "TRUE"
    sql = f"SELECT {COLUMNS} FROM correction WHERE {condition} ORDER BY number DESC LIMIT $most"
    rows = session.query(sql, {**parameters, "most": check_limit(limit) + 1})
    found, more = cut_page(read_corrections(rows, zone), limit)
    return Page(found, write_cursor(_LIST, number_of(found[-1])) if more else None)


def _conditions(filters: CorrectionFilters, zone: ZoneInfo) -> Iterator[_Condition]:
    if filters.from_ is not None:
        yield "corrected_at >= $from", {"from": datetime.combine(filters.from_, time.min, zone)}
    if filters.to is not None:
        yield "corrected_at < $to", {"to": datetime.combine(filters.to, time.min, zone)}
    if filters.by:
        yield f"coalesce(corrected_by, '{NOBODY}') = ANY($by)", {"by": list(filters.by)}
    if filters.source is not None:
        yield "source = $source", {"source": filters.source}
    if filters.queue is not None:
        yield "queue = $queue", {"queue": filters.queue}
    if filters.confirmed is not None:
        yield "confirmed = $confirmed", {"confirmed": filters.confirmed}
    if filters.undone is not None:
        yield f"undone_at IS {'NOT ' if filters.undone else ''}NULL", {}
    if filters.selection is not None:
        yield "selection = $selection", {"selection": _selection_number(filters.selection)}


def _selection_number(public_id: str) -> int:
    kind, found = read_correction_id(public_id)
    if kind != SEVERAL:
        raise InputError("selection: this is the id of one correction; give that of a selection, s….", field="selection")
    return found
