"""Whether what was judged is what was drawn: each week's draw is made anew from its seed and compared.

The order of a draw depends on nothing but the week's name and the rows' numbers. Whoever judges the rows as they are offered
has judged all of the draw up to the last one; rows that were passed over on the way were too hard, or not offered because the
queue was narrowed by a filter. The former make the figures better than the model is.
"""

from dataclasses import dataclass
from typing import Final

from voc.corrections.correction import seed_of
from voc.kpis.slices import Selects
from voc.report_card.judgements import Judged
from voc.store.filters import Filters, where

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

WEEKS: Final = 4
"""The last weeks with a judgement that are looked at: each takes a pass over all rows."""
_PLACE: Final = "md5($seed || ':' || CAST({}.seq AS VARCHAR))"
_PASSED: Final = f"""
SELECT count(*)
FROM feedback f
JOIN tagging t ON t.seq = f.seq
JOIN batch b ON b.id = f.batch_id
WHERE {{}} AND b.created_at <= $until
  AND {_PLACE.format("f")} < (SELECT max({_PLACE.format("d")}) FROM (SELECT unnest(CAST($seqs AS BIGINT[])) AS seq) d)
  AND NOT EXISTS (SELECT 1 FROM correction c WHERE c.seq = f.seq AND c.undone_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Draw:
    """A week's draw: how many of its rows were judged, and how many that come before the last were passed over."""

    seed: str
    judged: int
    passed_over: int


def find_draws(store: Selects, rows: list[Judged], filters: Filters) -> tuple[Draw, ...]:
    """The draws of which somebody judged lately, the latest first. Second opinions come behind a draw and are none of it."""
    weeks: dict[str, list[Judged]] = {}
    for row in rows:
        if row.first:
            weeks.setdefault(row.seed or seed_of(row.at), []).append(row)
    condition = where(filters)
    found = []
    for seed in sorted(weeks, key=lambda seed: max(row.at for row in weeks[seed]), reverse=True)[:WEEKS]:
        seqs = sorted({row.seq for row in weeks[seed]})
        given = {"seed": seed, "seqs": seqs, "until": max(row.at for row in weeks[seed])}
        ((passed,),) = store.select(_PASSED.format(condition.sql), {**condition.parameters, **given})
        found.append(Draw(seed, len(seqs), int(passed)))
    return tuple(found)
