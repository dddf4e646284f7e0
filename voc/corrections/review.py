"""Which records are worth a person's look, the most worth it first: four queues, each for another purpose.

- uncertain: the model was least sure of a code or of the sentiment; a word here teaches it most.
- disagrees: what the customer gave as a score says the opposite of what the model reads in the words.
- spike: what rose lately beyond chance, its surest texts first; is it what it seems?
- random: drawn by lot, anew each week, the same for everyone; only these measure how good the model is on these rows.

What a person has spoken of already is in none of them but the last, where it comes at the end, for a second opinion: by
another, who is shown what the model says and not what the first one did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from voc.corrections.correction import DRAWN, Queue, seed_of
from voc.records import TaggedFeedback
from voc.store import Filters, Store, Where, where
from voc.store.feedback import feedback_id
from voc.store.paging import check_limit, cut_page, number, read_cursor, write_cursor
from voc.tagging.identity import Thresholds
from voc.taxonomy import load_taxonomy
from voc.trends import find_spikes

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

SPIKE_DAYS: Final = 7  # a spike of last Saturday is still worth a look on Friday
GAP: Final = 1.0  # half of the way from the worst to the best

_SPOKEN_OF: Final = "SELECT o.seq FROM correction o WHERE o.undone_at IS NULL"
_UNSEEN: Final = f"NOT EXISTS ({_SPOKEN_OF} AND o.seq = f.seq)"
_PLACE: Final = "CAST(round(1000000 * ({})) AS BIGINT)"
_SURE: Final = "greatest(g.score - CASE WHEN c.seq IS NULL THEN l.of_texts ELSE l.of_conversations END, 0)"
_UNCERTAIN: Final = f"""
SELECT g.seq, g.code AS what,
  {_PLACE.format(f"{_SURE} / (1 - CASE WHEN c.seq IS NULL THEN l.of_texts ELSE l.of_conversations END)")} AS place
FROM tag g
JOIN (
  SELECT unnest(CAST($codes AS VARCHAR[])) AS code, unnest(CAST($of_texts AS DOUBLE PRECISION[])) AS of_texts,
    unnest(CAST($of_conversations AS DOUBLE PRECISION[])) AS of_conversations
) l
  ON l.code = g.code
LEFT JOIN conversation c ON c.seq = g.seq
WHERE g.kind <> 'move'
UNION ALL
SELECT seq, 'sentiment', {_PLACE.format("greatest(coalesce(2 * sentiment_probability - 1, abs(sentiment_score)), 0)")}
FROM tagging WHERE sentiment_probability IS NOT NULL OR sentiment IN ('negative', 'positive')
"""
_RATINGS: Final = {"nps": "(r.nps - 5) / 5.0", "csat": "(r.csat - 3) / 2.0", "ces": "(r.ces - 4) / 3.0"}
"""Scores of customers on the scale of sentiment, from -1 to 1."""
_DISAGREES: Final = " UNION ALL ".join(
    f"SELECT r.seq, '{name}' AS what, {_PLACE.format(f'2 - abs({rating} - s.sentiment_score)')} AS place"
    f" FROM feedback r JOIN tagging s ON s.seq = r.seq"
    f" WHERE s.sentiment IN ('negative', 'positive') AND abs({rating} - s.sentiment_score) > {GAP}"
    for name, rating in _RATINGS.items()
)
_SPIKE: Final = f"""
SELECT g.seq, g.code AS what, s.rank * 10000000 + {_PLACE.format("1 - g.score")} AS place
FROM tag g
JOIN feedback r ON r.seq = g.seq
JOIN (
  SELECT unnest(CAST($codes AS VARCHAR[])) AS code, unnest(CAST($days AS DATE[])) AS day,
    unnest(CAST($ranks AS BIGINT[])) AS rank
) s
  ON s.code = g.code AND s.day = r.occurred_on
WHERE g.kind = 'reason'
"""
_RANDOM: Final = f"""
SELECT t.seq, CAST(NULL AS VARCHAR) AS what,
  CASE WHEN EXISTS ({_SPOKEN_OF} AND o.seq = t.seq) THEN '1' ELSE '0' END
    || md5($seed || ':' || CAST(t.seq AS VARCHAR)) AS place
FROM tagging t
WHERE NOT EXISTS ({_SPOKEN_OF} AND o.seq = t.seq AND o.corrected_by = $by)
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """A record that is worth a look; `what` is the code, «sentiment» or the score that makes it so, None where it was drawn.

    `reviewed` says that someone has spoken of it before.
    """

    record: TaggedFeedback
    what: str | None
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Offers:
    """A page of a queue; `left` are the records on all pages of which nobody has spoken yet, `seed` is that of a draw."""

    items: tuple[Offer, ...]
    next: str | None
    left: int
    seed: str | None


@dataclass(frozen=True, slots=True)
class _Marks:
    """SQL that gives `seq`, `what` and `place`, the first places most worth a look, and its parameters."""

    sql: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def find_offers(
    store: Store,
    queue: Queue,
    *,
    thresholds: Thresholds,
    now: datetime,
    seed: str | None = None,
    by: str | None = None,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    limit: int = 50,
    cursor: str | None = None,
) -> Offers:
    """The records of a queue that pass the filters; `now` is a time in the store's zone, `seed` that of another week's draw.

    Those of which the person with the key `by` has spoken are not among the drawn ones.
    Raises InputError for a bad filter, limit or cursor.
    """
    seed = (seed or seed_of(now)) if queue == DRAWN else None
    marks = _marks(store, queue, thresholds, filters, now, seed, by)
    condition = where(filters)
    parameters: dict[str, object] = {**marks.parameters, **condition.parameters, "most": check_limit(limit) + 1}
    if cursor is not None:
        place = str if queue == DRAWN else number
        parameters["place"], parameters["before"] = read_cursor(_list_of(queue, seed), cursor, place, number)
    sql = _query(marks.sql, condition, only_unseen=queue != DRAWN, goes_on=cursor is not None)
    found, more = cut_page(store.select(sql, parameters), limit)
    records = {row.id: row for row in store.load_feedback([feedback_id(seq) for seq, *_ in found])}
    offers = tuple(
        Offer(records[feedback_id(seq)], what, reviewed) for seq, _, what, reviewed in found if feedback_id(seq) in records
    )
    goes_on_at = write_cursor(_list_of(queue, seed), found[-1][1], found[-1][0]) if more else None
    return Offers(offers, goes_on_at, _count_left(store, marks, condition), seed)


def _list_of(queue: Queue, seed: str | None) -> str:
    """What a cursor is of: a place in one draw says nothing of a place in another."""
    return f"review {queue} {seed}" if seed else f"review {queue}"


def _count_left(store: Store, marks: _Marks, condition: Where) -> int:
    sql = f"SELECT count(DISTINCT f.seq) FROM ({marks.sql}) m {_of_rows(condition)} AND {_UNSEEN}"
    ((left,),) = store.select(sql, {**marks.parameters, **condition.parameters})
    return int(left)


def _of_rows(condition: Where) -> str:
    """Joins marks `m` to the rows that pass."""
    join = " JOIN tagging t ON t.seq = f.seq" if condition.needs_tagging else ""
    return f"JOIN feedback f ON f.seq = m.seq{join} WHERE {condition.sql}"


def _query(marks: str, condition: Where, *, only_unseen: bool, goes_on: bool) -> str:
    """The first rows after the cursor, each with what stands at its place."""
    unseen = _UNSEEN if only_unseen else "TRUE"
    after = "min(m.place) > $place OR (min(m.place) = $place AND f.seq < $before)" if goes_on else "TRUE"
    return f"""
WITH marks AS ({marks}),
picked AS (
  SELECT f.seq, min(m.place) AS place
  FROM marks m {_of_rows(condition)} AND {unseen}
  GROUP BY f.seq HAVING {after}
  ORDER BY 2, 1 DESC LIMIT $most
)
SELECT p.seq, p.place, min(m.what), p.seq IN ({_SPOKEN_OF})
FROM picked p JOIN marks m ON m.seq = p.seq AND m.place = p.place
GROUP BY p.seq, p.place ORDER BY 2, 1 DESC
"""


def _marks(
    store: Store,
    queue: Queue,
    thresholds: Thresholds,
    filters: Filters,
    now: datetime,
    seed: str | None,
    by: str | None,
) -> _Marks:
    if queue == "uncertain":
        return _Marks(_UNCERTAIN, _least(thresholds))
    if queue == "disagrees":
        return _Marks(_DISAGREES)
    if queue == DRAWN:
        return _Marks(_RANDOM, {"seed": seed, "by": by})
    spikes = find_spikes(store, filters=filters, now=now, latest=SPIKE_DAYS, examples=0)
    risen = [each for each in spikes if each.direction == "up"]
    columns = {"codes": [each.code for each in risen], "days": [each.start.isoformat() for each in risen]}
    return _Marks(_SPIKE, {**columns, "ranks": list(range(len(risen)))})


def _least(thresholds: Thresholds) -> Mapping[str, object]:
    taxonomy = load_taxonomy()
    codes = [each.code for each in (*taxonomy.reasons, *taxonomy.effort, *taxonomy.loyalty)]
    return {
        "codes": codes,
        "of_texts": [thresholds.of_text(code) for code in codes],
        "of_conversations": [thresholds.of_conversation(code) for code in codes],
    }
