"""The rows that measure a model: drawn by lot, judged by a person as a whole, and not undone since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Protocol

from voc.corrections.correction import DRAWN
from voc.errors import InputError
from voc.kpis.slices import Selects
from voc.records import TaggedFeedback
from voc.store.feedback import feedback_id, feedback_seq
from voc.store.filters import Filters, where
from voc.store.judged import Answer, answer_of_tags, read_said

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

OF_WHAT_IS_SAID: Final = ("sentiment", "reason", "polarity", "effort", "loyalty", "resolution", "corrected")
"""Filters that choose rows by what they are tagged with, and so would choose mistakes, or leave them out."""

_JUDGED: Final = """
SELECT j.seq, j.model, j.taxonomy, j.answer, j.judgement, c.corrected_by, c.corrected_at, f.channel, f.occurred_on, c.seed,
  j.number = s.first
FROM judged j
JOIN correction c ON c.number = j.number AND c.undone_at IS NULL
JOIN (SELECT seq, min(number) AS first FROM correction WHERE undone_at IS NULL GROUP BY seq) s ON s.seq = j.seq
JOIN feedback f ON f.seq = j.seq
WHERE {} ORDER BY j.number
"""
_LEFT_OUT: Final = f"""
SELECT why, count(*) FROM (
  SELECT c.seq, min(CASE
    WHEN c.source <> 'person' THEN 'imported'
    WHEN c.queue IS NULL THEN 'no_queue'
    WHEN c.queue = '{DRAWN}' THEN 'not_kept'
    ELSE 'other_queue' END) AS why
  FROM correction c JOIN feedback f ON f.seq = c.seq
  WHERE c.undone_at IS NULL AND {{}}
    AND NOT EXISTS (
      SELECT 1 FROM judged j JOIN correction h ON h.number = j.number AND h.undone_at IS NULL WHERE j.seq = c.seq)
  GROUP BY c.seq
) counted GROUP BY why
"""
"""Rows that people spoke of and that were not drawn, each by one reason."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that was drawn: what the model said of it, what a person said then, and who that was and when.

    `seed` is that of the draw, None where it was not kept; `first` says that nobody had spoken of the row before.
    """

    seq: int
    model: str
    taxonomy: str
    said: Answer
    judged: Answer
    by: str | None
    at: datetime
    channel: str | None
    day: date | None
    seed: str | None
    first: bool


class Loads(Selects, Protocol):
    """What the report card needs of a store beside figures."""

    def load_feedback(self, ids: Sequence[str]) -> list[TaggedFeedback]:
        """The rows with these ids."""


def find_judged(store: Selects, filters: Filters) -> list[Judged]:
    """The rows that were drawn and judged, in the order of judging; one that several judged comes as often.

    Raises InputError for a filter by what rows are tagged with: such rows would not be drawn by lot any more.
    """
    condition = where(check_filters(filters))
    return [
        Judged(seq, model, taxonomy, read_said(answer), read_said(judgement), *rest)
        for seq, model, taxonomy, answer, judgement, *rest in store.select(_JUDGED.format(condition.sql), condition.parameters)
    ]


def latest(rows: Sequence[Judged]) -> list[Judged]:
    """The last judgement of each row."""
    return list({row.seq: row for row in rows}.values())


def answered_now(store: Loads, rows: Sequence[Judged]) -> list[Judged]:
    """The same rows with what the model of today says of them in place of what was said when they were judged.

    Those that were judged by another taxonomy are left out: nobody was asked for what it lacks.
    """
    by_seq = {row.seq: row for row in latest(rows)}
    found = []
    for record in store.load_feedback([feedback_id(seq) for seq in by_seq]):
        tags = record.corrected.model if record.corrected else record.tags
        row = by_seq[feedback_seq(record.id)]
        if tags is not None and tags.taxonomy == row.taxonomy:
            found.append(replace(row, model=tags.model, said=answer_of_tags(tags)))
    return found


def count_left_out(store: Selects, filters: Filters) -> Mapping[str, int]:
    """How many rows people spoke of that do not count here, by why."""
    condition = where(check_filters(filters))
    found: list[tuple[Any, ...]] = store.select(_LEFT_OUT.format(condition.sql), condition.parameters)
    return dict(sorted(found))


def check_filters(filters: Filters) -> Filters:
    """The filters, if they choose rows by what they are and not by what is said of them. Raises InputError."""
    for name in OF_WHAT_IS_SAID:
        if getattr(filters, name) not in ((), None):
            raise InputError(
                f"{name}: rows that are chosen by their tags are no fair sample of them. Narrow the report card by what rows"
                " are: from, to, channel, agent, batch, kind, q or an attribute.",
                field=name,
            )
    return filters
