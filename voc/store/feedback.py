"""Reads rows with their tags: a page of them, one, or all that pass the filters in flat memory."""

from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import NotFoundError
from voc.records import TaggedFeedback
from voc.store.duckdb_file import DuckDBFile, Row, Session
from voc.store.filters import Filters, Where, where
from voc.store.paging import Page, check_limit, cut_page, number, read_cursor, write_cursor
from voc.store.rows import FIELDS, TAG_FIELDS, TAGGING_FIELDS, read_feedback, read_tags
from voc.store.windows import cut_windows

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

WINDOW_ROWS: Final = 4_000
ROWS_AT_ONCE: Final = 500

_LIST: Final = "feedback"
_THESE: Final = "seq >= $low AND seq <= $high AND seq = ANY($seqs)"


def feedback_id(seq: int) -> str:
    """The public id of a row."""
    return f"f{seq}"


def find_feedback(session: Session, filters: Filters, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[TaggedFeedback]:
    """The rows that pass the filters, the last arrived first; later arrivals do not shift the pages that follow."""
    condition, parameters = "TRUE", dict[str, object](most=check_limit(limit) + 1)
    if cursor is not None:
        (parameters["before"],) = read_cursor(_LIST, cursor, number)
        condition = "f.seq < $before"
    found = _matching(session, where(filters), f"{condition} ORDER BY f.seq DESC LIMIT $most", parameters)
    seqs, more = cut_page(found, limit)
    return Page(tuple(_load(session, seqs, zone)), write_cursor(_LIST, seqs[-1]) if more else None)


def get_feedback(session: Session, public_id: str, zone: ZoneInfo) -> TaggedFeedback:
    """The row with this id. Raises NotFoundError where there is none."""
    digits = public_id.removeprefix("f")
    if public_id.startswith("f") and digits.isascii() and digits.isdigit() and len(digits) < 19:
        for row in _load(session, [int(digits)], zone):
            return row
    raise NotFoundError(f"There is no feedback {public_id!r}.", field="id")


def stream_feedback(database: DuckDBFile, filters: Filters, zone: ZoneInfo) -> Iterator[TaggedFeedback]:
    """All rows that pass the filters, in order of arrival; those that arrive meanwhile are not among them."""
    condition = where(filters)
    with database.reading() as session:
        ranges = session.query(
            "SELECT first_seq, first_seq + accepted FROM batch WHERE accepted > 0 AND ($any OR id = ANY($batch))"
            " ORDER BY first_seq",
            {"any": not filters.batch, "batch": list(filters.batch)},
        )
    for low, high in cut_windows([(low, high) for low, high in ranges], 0, WINDOW_ROWS):
        with database.reading() as session:
            found = _matching(session, condition, "f.seq >= $low AND f.seq < $high ORDER BY f.seq", {"low": low, "high": high})
        for start in range(0, len(found), ROWS_AT_ONCE):
            with database.reading() as session:
                rows = _load(session, found[start : start + ROWS_AT_ONCE], zone)
            yield from rows


def _matching(session: Session, condition: Where, bounds: str, parameters: dict[str, object]) -> list[int]:
    join = " LEFT JOIN tagging t ON t.seq = f.seq" if condition.needs_tagging else ""
    sql = f"SELECT f.seq FROM feedback f{join} WHERE {condition.sql} AND {bounds}"
    return [seq for (seq,) in session.query(sql, parameters | dict(condition.parameters))]


def _load(session: Session, seqs: Sequence[int], zone: ZoneInfo) -> list[TaggedFeedback]:
    """The rows with these numbers, in this order, with their tags; those that are gone are left out. Three queries in all."""
    if not seqs:
        return []
    these: dict[str, object] = {"low": min(seqs), "high": max(seqs), "seqs": list(seqs)}
    feedback = _by_seq(session, "feedback", ("batch_id", *FIELDS), _THESE, these)
    tagging = _by_seq(session, "tagging", TAGGING_FIELDS, _THESE, these)
    tags = _by_seq(session, "tag", TAG_FIELDS, f"{_THESE} ORDER BY seq, position", these)
    loaded = []
    for seq in seqs:
        for batch_id, *values in feedback.get(seq, ()):
            read = read_tags(tagging[seq][0], tags.get(seq, ())) if seq in tagging else None
            loaded.append(TaggedFeedback(feedback_id(seq), batch_id, read_feedback(tuple(values), zone), read))
    return loaded


def _by_seq(
    session: Session, table: str, columns: Sequence[str], condition: str, parameters: dict[str, object]
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for seq, *values in session.query(f"SELECT seq, {', '.join(columns)} FROM {table} WHERE {condition}", parameters):
        found.setdefault(seq, []).append(tuple(values))
    return found
