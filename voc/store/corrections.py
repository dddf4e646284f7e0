"""Corrections in the database: made for one record or many at once, undone, listed; all of a call, or nothing.

What they change is written with them in one transaction, under the lock that tagging takes, so that a row never shows one
without the other, whoever else is at work and whatever dies when.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from voc.corrections.correction import DRAWN, Correction, Note, seed_of, speaks_second
from voc.corrections.entry import Entry
from voc.corrections.fold import differing, fold
from voc.corrections.statement import Statement, statement_of
from voc.errors import ConflictError, InputError, NotFoundError
from voc.records import TaggedFeedback, Tags
from voc.store.by_seq import find_by_seq
from voc.store.changes import NewChange
from voc.store.correction_list import (
    CorrectionFilters,
    Reviewed,
    SelectionCounts,
    count_reviewed,
    count_selection,
    list_all,
    list_of_record,
)
from voc.store.correction_rows import (
    COLUMNS,
    ONE,
    SEVERAL,
    correction_id,
    find_holding,
    number_of,
    read_correction_id,
    read_corrections,
    seq_of,
    write_corrections,
)
from voc.store.database import Database, Session
from voc.store.effective import settled, write_settled
from voc.store.feedback import feedback_id, feedback_seq, load_rows
from voc.store.filters import Filters, where
from voc.store.judged import write_judged
from voc.store.paging import Page
from voc.store.placing import Outcome, Word, find_known, find_records, word_of

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

MOST_AT_ONCE: Final = 10_000
"""Rows of one selection: what a person can answer for, and what one transaction holds in memory."""
USUAL_LIMIT: Final = 1_000
ROWS_AT_ONCE: Final = 1_000

Changing = Callable[[], AbstractContextManager[tuple[Session, NewChange]]]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records are meant: those with these ids, or the tagged ones that pass the filters, if they are as many as expected.

    Nothing is done where they are not, or where they are more than `limit`.
    """

    ids: tuple[str, ...] = ()
    filters: Filters | None = None
    expected: int | None = None
    limit: int = USUAL_LIMIT


class Corrections:
    """The corrections of a store; `changing` opens what writes them, one at a time and never while tags are written."""

    def __init__(self, database: Database, zone: ZoneInfo, changing: Changing) -> None:
        self._database = database
        self._zone = zone
        self._changing = changing

    def correct(self, feedback_id: str, said: Statement, note: Note, now: datetime) -> Correction:
        """Let what is said of a record hold in place of the model's answer. Where it says nothing, all is found right as it is.

        Raises NotFoundError where there is no such record, and ConflictError where it waits for the tagger still.
        """
        with self._changing() as (session, new_change):
            (made,) = _correct(session, [feedback_seq(feedback_id)], said, note, now, self._zone, new_change, together=False)
        return made

    def correct_all(self, chosen: Selection, said: Statement, note: Note, now: datetime) -> list[Correction]:
        """The same for a selection of records: all of them or none. Raises ConflictError where they are not as expected."""
        with self._changing() as (session, new_change):
            seqs = _choose(session, chosen)
            return _correct(session, seqs, said, note, now, self._zone, new_change, together=True)

    def undo(self, public_id: str, by: str | None, now: datetime) -> list[Correction]:
        """Let a correction, or all of a selection, hold no longer: rows become what they would be without it.

        The corrections as they are now; what was undone before stays as it was. Raises NotFoundError.
        """
        with self._changing() as (session, new_change):
            return _undo(session, public_id, by, now, self._zone, new_change)

    def take_in(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Place corrections that were made elsewhere, or here and were exported; what became of each. All are kept together.

        One that was placed before is known, even if it was undone since.
        """
        with self._changing() as (session, new_change):
            return _take_in(session, entries, self._zone, new_change)

    def of_record(self, feedback_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Correction]:
        """The corrections of a record, newest first, those that were undone too. Raises NotFoundError where there is none."""
        seq = feedback_seq(feedback_id)
        with self._database.reading() as session:
            if not session.query("SELECT 1 FROM feedback WHERE seq = $seq", {"seq": seq}):
                raise NotFoundError(f"There is no feedback {feedback_id!r}.", field="id")
            return list_of_record(session, seq, limit, cursor, self._zone)

    def find(
        self,
        filters: CorrectionFilters = CorrectionFilters(),  # noqa: B008  a frozen value
        *,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Correction]:
        """The corrections of all records, newest first. Raises InputError for a bad filter, limit or cursor."""
        with self._database.reading() as session:
            return list_all(session, filters, limit, cursor, self._zone)

    def holding(self, ids: Sequence[str]) -> dict[str, list[Correction]]:
        """What holds of these records, in the order in which it does; records of which nothing is said are left out."""
        with self._database.reading() as session:
            found = find_holding(session, [*map(feedback_seq, ids)], self._zone)
        return {feedback_id(seq): corrections for seq, corrections in found.items()}

    def count_selection(self, public_id: str) -> SelectionCounts:
        """How many corrections were said at once, and what became of them; all are 0 where there is no such selection."""
        with self._database.reading() as session:
            return count_selection(session, public_id)

    def count_reviewed(self) -> Reviewed:
        """How many records people overrule the model in, and how many they have found right."""
        with self._database.reading() as session:
            return count_reviewed(session)

    def stream(self) -> Iterator[tuple[Correction, TaggedFeedback]]:
        """All corrections that hold, in the order in which they were written, each with its record."""
        after = 0
        while True:
            with self._database.reading() as session:
                found = _holding_after(session, after, self._zone)
                rows = {row.id: row for row in load_rows(session, sorted({*map(seq_of, found)}), self._zone)}
            if not found:
                return
            yield from ((each, rows[each.feedback_id]) for each in found)
            after = number_of(found[-1])

    def count(self, filters: Filters) -> int:
        """How many of the rows that pass the filters are corrected."""
        with self._database.reading() as session:
            return _count(session, filters)


def _choose(session: Session, chosen: Selection) -> list[int]:
    if not 1 <= chosen.limit <= MOST_AT_ONCE:
        raise InputError(f"limit: {chosen.limit:,} is not between 1 and {MOST_AT_ONCE:,}.", field="limit")
    if bool(chosen.ids) == (chosen.filters is not None):
        raise InputError("Say either ids or filters.", field="ids")
    if chosen.filters is not None and chosen.expected is None:
        raise InputError("expected: say how many records the filters are meant to find.", field="expected")
    seqs = sorted({*map(feedback_seq, chosen.ids)}) if chosen.filters is None else _matching(session, chosen.filters)
    if chosen.expected not in (None, len(seqs)):
        raise ConflictError(
            f"expected: {chosen.expected:,} records, and {len(seqs):,} are meant. Nothing was corrected; look at them again.",
            code="count_differs",
            field="expected",
        )
    if len(seqs) > chosen.limit:
        raise ConflictError(
            f"limit: {len(seqs):,} records are meant, more than {chosen.limit:,}. Nothing was corrected.",
            code="too_many_records",
            field="limit",
        )
    return seqs


def _matching(session: Session, filters: Filters) -> list[int]:
    condition = where(filters)
    sql = f"SELECT f.seq FROM feedback f JOIN tagging t ON t.seq = f.seq WHERE {condition.sql} ORDER BY f.seq"
    return [seq for (seq,) in session.query(sql, condition.parameters)]


def _correct(
    session: Session,
    seqs: Sequence[int],
    said: Statement,
    note: Note,
    now: datetime,
    zone: ZoneInfo,
    new_change: NewChange,
    *,
    together: bool,
) -> list[Correction]:
    rows, now = _load_tagged(session, seqs, zone), now.astimezone(zone)
    holding = find_holding(session, seqs, zone)
    numbers = _draw_numbers(session, len(seqs))
    selection = f"{SEVERAL}{numbers[0]}" if together and numbers else None
    made = [
        _make(number, row, holding.get(seq, ()), said, note, now, selection)
        for number, (seq, row) in zip(numbers, rows.items(), strict=True)
    ]
    write_corrections(session, made)
    now_holding = {seq_of(each): [*holding.get(seq_of(each), ()), each] for each in made}
    write_judged(session, [(each, *_before_and_after(rows[seq_of(each)], now_holding[seq_of(each)])) for each in made])
    _resettle(session, rows, now_holding, new_change)
    return made


def _make(
    number: int,
    row: TaggedFeedback,
    holding: Sequence[Correction],
    said: Statement,
    note: Note,
    now: datetime,
    selection: str | None,
) -> Correction:
    answer = _answer_of(row)
    before = fold(answer, (each.said for each in holding))
    meant = said if said.fields else statement_of(before)
    if note.queue == DRAWN and note.source == "person":
        note = replace(note, seed=note.seed or seed_of(now))
        if speaks_second(note.by, holding):
            meant = statement_of(fold(answer, [said]))  # it was the model's answer that they saw, and all of it is judged
    after = fold(answer, (*(each.said for each in holding), meant))
    return Correction(correction_id(number), row.id, now, note, meant, not differing(before, after), selection)


def _before_and_after(row: TaggedFeedback, holding: Sequence[Correction]) -> tuple[Tags, Tags]:
    """The model's answer, and what counts with these corrections."""
    answer = _answer_of(row)
    return answer, fold(answer, (each.said for each in holding))


def _take_in(session: Session, entries: Sequence[Entry], zone: ZoneInfo, new_change: NewChange) -> list[Outcome]:
    found = find_records(session, entries)
    seqs = sorted({place for place in found if isinstance(place, int)})
    rows = {feedback_seq(row.id): row for row in load_rows(session, seqs, zone)}
    holding, known = find_holding(session, seqs, zone), find_known(session, seqs, zone)
    outcomes = [
        place if isinstance(place, str) else _fate(word_of(entry, place), rows[place], known)
        for entry, place in zip(entries, found, strict=True)
    ]
    placed = [
        (entry, place)
        for entry, place, outcome in zip(entries, found, outcomes, strict=True)
        if outcome == "placed" and isinstance(place, int)
    ]
    made = list[Correction]()
    for drawn, (entry, seq) in zip(_draw_numbers(session, len(placed)), placed, strict=True):
        made.append(_make(drawn, rows[seq], holding.get(seq, ()), entry.said, entry.note, entry.at, None))
        holding.setdefault(seq, []).append(made[-1])
    write_corrections(session, made)
    _resettle(session, {seq: rows[seq] for _, seq in placed}, holding, new_change)
    return outcomes


def _fate(word: Word, row: TaggedFeedback, known: set[Word]) -> Outcome:
    """What becomes of an entry whose row is found; `known` learns of it."""
    if row.tags is None:
        return "not_tagged_yet"
    if word in known:
        return "known"
    known.add(word)
    return "placed"


def _undo(
    session: Session, public_id: str, by: str | None, now: datetime, zone: ZoneInfo, new_change: NewChange
) -> list[Correction]:
    kind, given = read_correction_id(public_id)
    condition = "number = $number" if kind == ONE else "selection = $number"
    select = f"SELECT {COLUMNS} FROM correction WHERE {condition} ORDER BY number"
    found = read_corrections(session.query(select, {"number": given}), zone)
    if not found:
        raise NotFoundError(f"There is no correction {public_id[:30]!r}.", field="correction")
    seqs = sorted({seq_of(each) for each in found if each.undone_at is None})
    rows = _load_tagged(session, seqs, zone)
    session.run(
        f"UPDATE correction SET undone_at = $now, undone_by = $by WHERE {condition} AND undone_at IS NULL",
        {"number": given, "now": now, "by": by},
    )
    _resettle(session, rows, find_holding(session, seqs, zone), new_change)
    return read_corrections(session.query(select, {"number": given}), zone)


def _resettle(
    session: Session, rows: Mapping[int, TaggedFeedback], holding: Mapping[int, Sequence[Correction]], new_change: NewChange
) -> None:
    """Write the rows that are others with these corrections; a confirmation makes none, and followers hear of none."""
    tagged_at = {seq: at for seq, ((at,),) in find_by_seq(session, "tagging", ("tagged_at",), [*rows]).items()} if rows else {}
    all_rows = [settled(seq, _answer_of(row), tagged_at[seq], holding.get(seq, ())) for seq, row in rows.items()]
    changed = [each for each in all_rows if (each.tags, each.corrected) != (rows[each.seq].tags, rows[each.seq].corrected)]
    write_settled(session, changed, new_change)


def _load_tagged(session: Session, seqs: Sequence[int], zone: ZoneInfo) -> dict[int, TaggedFeedback]:
    """The rows with these numbers, in their order. Raises NotFoundError and ConflictError, which name the first at fault."""
    rows = {feedback_seq(row.id): row for row in load_rows(session, seqs, zone)}
    for seq in seqs:
        if seq not in rows:
            raise NotFoundError(f"There is no feedback 'f{seq}'.", field="id")
        if rows[seq].tags is None:
            raise ConflictError(
                f"The record f{seq} waits for the tagger still, so there is nothing to correct.",
                code="not_tagged_yet",
                field="id",
            )
    return rows


def _draw_numbers(session: Session, count: int) -> list[int]:
    drawn = session.query("SELECT nextval('correction_number') FROM generate_series(1, $n)", {"n": count}) if count else []
    return sorted(number for (number,) in drawn)


def _answer_of(row: TaggedFeedback) -> Tags:
    """What the model itself says."""
    return row.corrected.model if row.corrected else _tags_of(row)


def _tags_of(row: TaggedFeedback) -> Tags:
    if row.tags is None:
        raise ValueError(f"{row.id} has no tags")
    return row.tags


def _holding_after(session: Session, after: int, zone: ZoneInfo) -> list[Correction]:
    sql = f"SELECT {COLUMNS} FROM correction WHERE undone_at IS NULL AND number > $after ORDER BY number LIMIT $most"
    return read_corrections(session.query(sql, {"after": after, "most": ROWS_AT_ONCE}), zone)


def _count(session: Session, filters: Filters) -> int:
    """Counted from the few rows that are corrected, so that it costs little beside the figures that it stands with."""
    if not session.query("SELECT 1 FROM model_answer LIMIT 1"):
        return 0
    condition = where(filters)
    join = " JOIN tagging t ON t.seq = f.seq" if condition.needs_tagging else ""
    sql = f"SELECT count(*) FROM model_answer m JOIN feedback f ON f.seq = m.seq{join} WHERE {condition.sql}"
    ((rows,),) = session.query(sql, condition.parameters)
    return int(rows)
