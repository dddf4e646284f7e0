"""How far the texts of each month are from those that the model learnt from, and from those of the first months.

Up to `SAMPLE` texts of a month are looked into, chosen by a fixed rule, so that the cost does not grow with how many there
are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Final, Literal

from voc.calendars import Calendar
from voc.kpis.slices import Selects
from voc.records import Script
from voc.report_card.fingerprint import (
    FAMILIAR,
    SAMPLE,
    Counter,
    Fingerprint,
    Tally,
    divergence,
    load_split,
    read_fingerprint,
)
from voc.store.filters import Filters, where

FIRST_MONTHS: Final = 3
ENOUGH: Final = 50  # of fewer texts a month says nothing

Likeness = Literal["like", "unlike", "untold"]

_MONTH: Final[Mapping[Calendar, str]] = {
    "jalali": "(SELECT CAST(c.jalali_year AS INTEGER) * 100 + c.jalali_month FROM calendar c WHERE c.day = f.occurred_on)",
    "gregorian": "extract(year FROM f.occurred_on) * 100 + extract(month FROM f.occurred_on)",
}
_SAMPLED: Final = """
SELECT s.month, s.rows, s.script, r.text
FROM (
  SELECT f.seq, {month} AS month, t.script, count(*) OVER (PARTITION BY {month}) AS rows,
    row_number() OVER (PARTITION BY {month} ORDER BY (f.seq * 2654435761) % 4294967296, f.seq) AS place
  FROM feedback f JOIN tagging t ON t.seq = f.seq
  WHERE f.occurred_on IS NOT NULL AND {condition}
) s
JOIN feedback r ON r.seq = s.seq
WHERE s.place <= {most}
ORDER BY s.month, s.place
"""
"""Knuth's multiplicative hash of the number orders the rows of a month as if by lot, and always in the same way."""


@dataclass(frozen=True, slots=True)
class TextDrift:
    """The texts of a month, `sampled` of `n`.

    `from_training` and `from_first` are their divergence from what the model learnt from and from the first months, in bits.
    They are `unlike` the former beyond `unlike_above`: how far the farthest kind of text that it learnt from is, chance allowed
    for. They have `moved` where they are farther from the first months than chance would bring them. Either is untold, or None,
    where there is nothing to compare with. `unknown` is the share of word pieces whose letters the tokenizer does not know,
    `unfamiliar` that of those that are rare in training; `finglish` and `latin` are shares of texts.
    """

    bucket: str
    n: int
    sampled: int
    median_chars: float
    unknown: float
    unfamiliar: float
    finglish: float
    latin: float
    from_training: float | None
    unlike_above: float | None
    from_first: float | None
    likeness: Likeness
    moved: bool | None


@dataclass(frozen=True, slots=True)
class _Month:
    """The sampled texts of a month and what was counted in them."""

    bucket: str
    n: int
    texts: tuple[str, ...]
    scripts: tuple[Script, ...]
    tally: Tally


def find_text_drift(
    store: Selects, filters: Filters, calendar: Calendar, model: str
) -> tuple[Fingerprint | None, tuple[str, ...], tuple[TextDrift, ...]]:
    """What the model learnt from, the first months, and all months. Rows without a day or without tags are left out."""
    fingerprint = read_fingerprint(model)
    months = list(_months(store, filters, calendar, model, fingerprint))
    enough = [month for month in months if len(month.texts) >= ENOUGH]
    first = enough[:FIRST_MONTHS] if len(enough) > FIRST_MONTHS else []
    drifts = tuple(_compare(month, fingerprint, first) for month in months)
    return fingerprint, tuple(month.bucket for month in first), drifts


def _compare(month: _Month, fingerprint: Fingerprint | None, first: Sequence[_Month]) -> TextDrift:
    tally, sampled = month.tally, len(month.texts)
    enough = sampled >= ENOUGH
    far = divergence(tally.compared, fingerprint.compared) if fingerprint and enough else None
    limit = fingerprint.farthest(tally.pieces) if fingerprint and enough else None
    likeness: Likeness = "untold"
    if far is not None and limit is not None:
        likeness = "unlike" if far > limit else "like"
    from_first, moved = _from_first(month, first, fingerprint) if enough else (None, None)
    return TextDrift(
        bucket=month.bucket,
        n=month.n,
        sampled=sampled,
        median_chars=float(median(map(len, month.texts))),
        unknown=tally.unknown / max(1, tally.pieces),
        unfamiliar=tally.unfamiliar / max(1, tally.pieces),
        finglish=month.scripts.count("finglish") / sampled,
        latin=month.scripts.count("latin") / sampled,
        from_training=far,
        unlike_above=limit,
        from_first=from_first,
        likeness=likeness,
        moved=moved,
    )


def _from_first(
    month: _Month, first: Sequence[_Month], fingerprint: Fingerprint | None
) -> tuple[float, bool] | tuple[None, None]:
    if not first or not fingerprint or month.bucket in [each.bucket for each in first]:
        return None, None
    before = sum((each.tally for each in first[1:]), first[0].tally)
    far = divergence(month.tally.compared, before.compared)
    return far, far > fingerprint.noise(month.tally.pieces) + fingerprint.noise(before.pieces)


def _months(
    store: Selects, filters: Filters, calendar: Calendar, model: str, fingerprint: Fingerprint | None
) -> Iterator[_Month]:
    condition = where(filters)
    sql = _SAMPLED.format(month=_MONTH[calendar], condition=condition.sql, most=SAMPLE)
    rows = store.select(sql, condition.parameters)
    if rows:
        split, unknown = load_split(model)
        counter = Counter(fingerprint.pieces if fingerprint else range(FAMILIAR), split, unknown)
        yield from (_month(int(month), list(found), counter) for month, found in groupby(rows, lambda row: row[0]))


def _month(month: int, rows: Sequence[tuple[int, int, Script, str]], counter: Counter) -> _Month:
    texts = tuple(text for *_, text in rows)
    scripts = tuple(script for _, _, script, _ in rows)
    return _Month(f"{month // 100:04}-{month % 100:02}", int(rows[0][1]), texts, scripts, counter.count(texts))
