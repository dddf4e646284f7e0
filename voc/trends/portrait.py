"""A contact reason by itself: how many rows have it, what goes along with it, and the texts that are typical of it.

What goes along is association: texts with the reason beside those without it, of the same time and place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from voc.kpis.differences import difference_of_shares
from voc.kpis.intervals import share
from voc.kpis.kpi import Estimate
from voc.kpis.slices import Selects
from voc.store.feedback import feedback_id
from voc.store.filters import Filters, where
from voc.taxonomy import load_taxonomy
from voc.trends.compare import TYPICAL_LENGTH
from voc.trends.series import TAGGING, compute_trend, mark_codes

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

COMPANION_KINDS: Final = ("sentiment", "effort", "loyalty", "resolution", "reasons")


@dataclass(frozen=True, slots=True)
class Companion:
    """A code of another kind, or another reason, in the rows with the reason and in those without it.

    `n` rows have both. `difference` is the share with less the share without, with Newcombe's 95 % interval; it and
    `share_without` are None where all rows have the reason.
    """

    kind: str
    code: str
    n: int
    share_with: float
    share_without: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class Portrait:
    """`n` of `of` tagged rows have the reason; `share` with Wilson's 95 % interval, None of no rows.

    `companions` are in the order of kinds, then the most different first. `typical` are ids: the rows where the tagger is
    surest of the reason, texts of ordinary length first.
    """

    code: str
    n: int
    of: int
    share: Estimate
    companions: tuple[Companion, ...]
    typical: tuple[str, ...]


def draw_portrait(store: Selects, code: str, *, filters: Filters = Filters(), min_n: int = 5, examples: int = 5) -> Portrait:  # noqa: B008
    """The portrait of a reason or a group of reasons, of the rows that pass the filters other than that of the reason.

    A polarity is that of this very reason, and not asked of the rows without it. A companion is shown from `min_n` rows on that
    have both. Raises InputError for a reason that is not known.
    """
    level = check_reason(code)
    filters, with_it = replace(filters, reason=(), polarity=()), replace(filters, reason=(code,))
    totals = {True: _tagged(store, with_it), False: _tagged(store, filters)}
    companions = [
        each for kind in COMPANION_KINDS for each in _companions(store, kind, code, with_it, filters, totals) if each.n >= min_n
    ]
    companions.sort(key=lambda each: (COMPANION_KINDS.index(each.kind), -abs(each.difference or 0.0), each.code))
    return Portrait(
        code=code,
        n=totals[True],
        of=totals[False],
        share=share(totals[True], totals[False]),
        companions=tuple(companions),
        typical=find_typical(store, code, level, with_it, examples),
    )


def check_reason(code: str) -> str:
    """The level of a code: `leaf` or `group`. Raises InputError for one that is neither."""
    taxonomy = load_taxonomy()
    if any(group.code == code for group in taxonomy.groups):
        return "group"
    return "leaf" if taxonomy.get_reason(code) else ""


def find_typical(store: Selects, code: str, level: str, filters: Filters, most: int) -> tuple[str, ...]:
    """Ids of up to so many rows that are typical of a reason."""
    condition = where(filters)
    ordinary = f"length(f.text) BETWEEN {TYPICAL_LENGTH[0]} AND {TYPICAL_LENGTH[1]}"
    sql = (
        f"SELECT f.seq FROM feedback f{TAGGING} JOIN ({mark_codes('reasons', level)}) m ON m.seq = f.seq AND m.code = $code"
        f" WHERE {condition.sql} ORDER BY {ordinary} DESC, m.score DESC, f.seq LIMIT $most"
    )
    return tuple(feedback_id(seq) for (seq,) in store.select(sql, {**condition.parameters, "code": code, "most": most}))


def _tagged(store: Selects, filters: Filters) -> int:
    return sum(_counts(store, "sentiment", filters).values())


def _counts(store: Selects, kind: str, filters: Filters) -> Mapping[str, int]:
    return {row.code: row.n for row in compute_trend(store, kind, bucket=None, filters=filters) if row.code}


def _companions(
    store: Selects, kind: str, code: str, with_it: Filters, filters: Filters, totals: Mapping[bool, int]
) -> Iterator[Companion]:
    everywhere = _counts(store, kind, filters)
    n_with, n_without = totals[True], totals[False] - totals[True]
    for other, both in _counts(store, kind, with_it).items():
        if kind == "reasons" and code in (other, other.partition(".")[0]):
            continue
        without = everywhere.get(other, both) - both
        difference = difference_of_shares(without, n_without, both, n_with)
        yield Companion(
            kind=kind,
            code=other,
            n=both,
            share_with=both / n_with,
            share_without=without / n_without if n_without else None,
            difference=difference.value,
            ci_low=difference.ci_low,
            ci_high=difference.ci_high,
        )
