"""Reads rows with their tags: a page of them, one, or all that pass the filters in flat memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import InputError, NotFoundError
from voc.records import Feedback, TaggedFeedback, Tags
from voc.store.by_seq import find_by_seq
from voc.store.correction_rows import find_overruled
from voc.store.database import Database, Row, Session
from voc.store.filters import Filters, Where, where
from voc.store.paging import Page, check_limit, cut_page, number, read_cursor, write_cursor
from voc.store.rows import (
    CONVERSATION_TAGGING_FIELDS,
    FIELDS,
    TAG_FIELDS,
    TAGGING_FIELDS,
    TURN_FIELDS,
    read_conversation_tags,
    read_feedback,
    read_tags,
    read_turns,
)
from voc.store.windows import cut_windows

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

WINDOW_ROWS: Final = 4_000
ROWS_AT_ONCE: Final = 500

_LIST: Final = "feedback"
_CONVERSATIONS: Final = "conversation LEFT JOIN conversation_tagging USING (seq)"
_TURNS: Final = "turn LEFT JOIN turn_tagging USING (seq, position)"
_FEEDBACK: Final = "feedback LEFT JOIN agent USING (agent_id)"
_SHOWN_FIELDS: Final = tuple("shown_as" if name == "agent_id" else name for name in FIELDS)
_MOOD: Final = ("sentiment", "sentiment_score")


def feedback_id(seq: int) -> str:
    """The public id of a row."""
    return f"f{seq}"


def feedback_seq(public_id: str) -> int:
    """The number of the row with this id. Raises NotFoundError where it cannot be one."""
    seq = _seq_in(public_id)
    if seq is None:
        raise _unknown(public_id)
    return seq


def find_feedback(session: Session, filters: Filters, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[TaggedFeedback]:
    """The rows that pass the filters, the last arrived first; later arrivals do not shift the pages that follow."""
    condition, parameters = "TRUE", dict[str, object](most=check_limit(limit) + 1)
    if cursor is not None:
        (parameters["before"],) = read_cursor(_LIST, cursor, number)
        condition = "f.seq < $before"
    found = _matching(session, where(filters), f"{condition} ORDER BY f.seq DESC LIMIT $most", parameters)
    seqs, more = cut_page(found, limit)
    return Page(tuple(load_rows(session, seqs, zone)), write_cursor(_LIST, seqs[-1]) if more else None)


def get_feedback(session: Session, public_id: str, zone: ZoneInfo) -> TaggedFeedback:
    """The row with this id. Raises NotFoundError where there is none."""
    for row in load_rows(session, [feedback_seq(public_id)], zone):
        return row
    raise _unknown(public_id)


def stream_feedback(database: Database, filters: Filters, zone: ZoneInfo, after: str | None = None) -> Iterator[TaggedFeedback]:
    """All rows that pass the filters, in order of arrival; those that arrive meanwhile are not among them.

    `after` is the id of the last row that is not wanted again, even if it is gone. Raises InputError where it is no id.
    """
    start = _first_after(after)
    condition = where(filters)
    with database.reading() as session:
        ranges = session.query(
            "SELECT first_seq, first_seq + accepted FROM batch WHERE accepted > 0 AND ($any OR id = ANY($batch))"
            " ORDER BY first_seq",
            {"any": not filters.batch, "batch": list(filters.batch)},
        )
    for low, high in cut_windows([(low, high) for low, high in ranges], start, WINDOW_ROWS):
        with database.reading() as session:
            found = _matching(session, condition, "f.seq >= $low AND f.seq < $high ORDER BY f.seq", {"low": low, "high": high})
        for start in range(0, len(found), ROWS_AT_ONCE):
            with database.reading() as session:
                rows = load_rows(session, found[start : start + ROWS_AT_ONCE], zone)
            yield from rows


def load_rows(session: Session, seqs: Sequence[int], zone: ZoneInfo) -> list[TaggedFeedback]:
    """The rows with these numbers, in this order, with their tags; those that are gone are left out.

    Four queries in all, one more where there are conversations among them, and two where there are corrected rows.
    """
    if not seqs:
        return []
    rows = find_by_seq(session, _FEEDBACK, ("batch_id", *_SHOWN_FIELDS), seqs)
    tagging = find_by_seq(session, "tagging", (*TAGGING_FIELDS, "corrected_at"), seqs)
    found = find_by_seq(session, "tag", TAG_FIELDS, seqs, "position")
    spoken = _load_conversations(session, seqs)
    loaded = []
    for seq in seqs:
        for batch_id, *values in rows.get(seq, ()):
            feedback = read_feedback(tuple(values), zone)
            tags = read_tags(tagging[seq][0][:-1], found.get(seq, ())) if seq in tagging else None
            if seq in spoken:
                feedback, tags = _with_turns(spoken[seq], found.get(seq, ()), feedback, tags)
            loaded.append(TaggedFeedback(feedback_id(seq), batch_id, feedback, tags))
    return _with_corrections(session, loaded, {seq for seq, ((*_, corrected_at),) in tagging.items() if corrected_at}, zone)


def _with_corrections(
    session: Session, rows: list[TaggedFeedback], corrected: Collection[int], zone: ZoneInfo
) -> list[TaggedFeedback]:
    tags = {seq: row.tags for row in rows if row.tags and (seq := feedback_seq(row.id)) in corrected}
    found = find_overruled(session, tags, zone)
    return [replace(row, corrected=found.get(feedback_seq(row.id))) for row in rows] if found else rows


def _first_after(public_id: str | None) -> int:
    seq = _seq_in(public_id) if public_id else -1
    if seq is None:
        raise InputError("after: this is not the id of a record, such as f1024.", field="after")
    return seq + 1


def _seq_in(public_id: str) -> int | None:
    digits = public_id.removeprefix("f")
    told = public_id.startswith("f") and digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if told else None


def _unknown(public_id: str) -> NotFoundError:
    return NotFoundError(f"There is no feedback {public_id!r}.", field="id")


def _matching(session: Session, condition: Where, bounds: str, parameters: dict[str, object]) -> list[int]:
    join = " LEFT JOIN tagging t ON t.seq = f.seq" if condition.needs_tagging else ""
    sql = f"SELECT f.seq FROM feedback f{join} WHERE {condition.sql} AND {bounds}"
    return [seq for (seq,) in session.query(sql, parameters | dict(condition.parameters))]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What the tables have of a conversation beside its row and tags; `turns` are `TURN_FIELDS` and `_MOOD`."""

    speakers_sure: float | None
    tagging: Row
    turns: Sequence[Row]


def _load_conversations(session: Session, seqs: Sequence[int]) -> dict[int, _Spoken]:
    rows = find_by_seq(session, _CONVERSATIONS, ("speakers_sure", *CONVERSATION_TAGGING_FIELDS), seqs)
    turns = find_by_seq(session, _TURNS, (*TURN_FIELDS, *_MOOD), [*rows], "position") if rows else {}
    return {seq: _Spoken(sure, tuple(tagging), turns.get(seq, ())) for seq, ((sure, *tagging),) in rows.items()}


def _with_turns(spoken: _Spoken, found: Sequence[Row], feedback: Feedback, tags: Tags | None) -> tuple[Feedback, Tags | None]:
    width = len(TURN_FIELDS)
    turns = read_turns([row[:width] for row in spoken.turns])
    if tags and any(spoken.tagging):
        tags = replace(tags, conversation=read_conversation_tags(spoken.tagging, [row[width:] for row in spoken.turns], found))
    return replace(feedback, turns=turns, speakers_sure=spoken.speakers_sure), tags
