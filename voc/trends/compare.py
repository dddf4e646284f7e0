"""Two periods or two segments side by side: what differs between them by more than chance would make it.

One query counts both sides, so that a batch that is being tagged meanwhile cannot tear them apart. A difference is associated
with the side; what it comes from, no count can say.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from voc.errors import InputError
from voc.kpis.differences import (
    Balance,
    benjamini_hochberg,
    difference_of_nets,
    difference_of_shares,
    p_of_nets,
    p_of_shares,
)
from voc.kpis.kpi import count_if
from voc.kpis.slices import Selects, check_option
from voc.store.feedback import feedback_id
from voc.store.filters import Filters, Where, where
from voc.trends.series import LEVELS, TAGGING, mark_codes

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

KINDS: Final = ("reasons", "reason_net", "sentiment", "effort", "loyalty", "resolution")

TYPICAL_LENGTH: Final = (30, 300)
"""Characters of a text that shows what customers say: shorter ones name a thing at most, longer ones speak of many."""

_SCORES: Final[Mapping[str, str]] = {
    "reason_net": "CASE WHEN negative THEN -score WHEN positive THEN score ELSE 0 END",
    "sentiment": "0",
    "resolution": "0",
}
"""How typical of a code a text is by its tag, where that is not the tag's score."""
_CLEAR: Final = "abs(t.sentiment_score) * CASE WHEN t.sentiment IN ('negative', 'positive') THEN 1 ELSE -1 END"
"""How typical of its sentiment a text is: the farther out, or for mixed and neutral the nearer to the middle."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One code on both sides.

    `n_first` and `n_second` rows carry it. A share is of the tagged rows of its side; for `reason_net` it is that of the rows
    with praise less that of the rows with blame, of those with the reason, from −1 to 1. `difference` is the second less the
    first. `p_value` is how often chance alone makes a difference at least as large; `q_value` the share of false discoveries if
    all differences down to this one are taken, and `beyond_chance` that it is small enough. Shares, difference and p are None
    where a side has nothing to take a share of. `examples` are ids of typical texts of the side whose share is larger; for
    `reason_net` those with praise first.
    """

    kind: str
    code: str
    n_first: int
    n_second: int
    share_first: float | None
    share_second: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    q_value: float | None = None
    beyond_chance: bool = False
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The tagged rows of both sides, and what differs, the most certain first and then the largest."""

    n_first: int
    n_second: int
    items: tuple[Contrast, ...]


_Counted = Mapping[tuple[str, str], tuple[Balance, Balance]]
"""By kind and code, the rows of either side: with praise and no blame, with blame, all."""


def compare(
    store: Selects,
    first: Filters,
    second: Filters,
    *,
    level: str = "leaf",
    kinds: tuple[str, ...] = KINDS,
    false_discovery: float = 0.05,
    min_n: int = 5,
    examples: int = 3,
) -> Comparison:
    """Every code of these kinds that at least `min_n` rows of either side carry, all tested together.

    Shares have Newcombe's interval and the score test or Fisher's, nets the interval and test of `difference_of_nets`; q-values
    are those of Benjamini and Hochberg over all items. At level `group` a row counts once for a group of reasons. Raises
    InputError for a kind, level or filter that is not known, and where a row is on both sides, for the tests hold for
    independent samples only.
    """
    _check(kinds, level)
    one, other = _renamed(where(first), "first"), _renamed(where(second), "second")
    _refuse_overlap(store, one, other)
    relations = f"WITH side AS ({_sides(one, other)}), mark AS ({_marks(kinds, level)})"
    parameters = {**one.parameters, **other.parameters}
    (n_first, n_second), counted = _count(store, relations, parameters)
    found = [
        _contrast(kind, code, *balances, n_first, n_second)
        for (kind, code), balances in counted.items()
        if max(balance.n for balance in balances) >= min_n
    ]
    typical = _find_typical(store, relations, parameters, examples) if examples and found else {}
    items = (
        replace(each, examples=typical.get((each.kind, each.code, _larger_second(each)), ()))
        for each in _judge(found, false_discovery)
    )
    return Comparison(n_first, n_second, tuple(items))


def _check(kinds: Sequence[str], level: str) -> None:
    check_option("level", level, LEVELS)
    for kind in kinds:
        check_option("kinds", kind, KINDS)
    if not kinds:
        raise InputError(f"kinds: none is given. There are {', '.join(KINDS)}.", field="kinds", options=KINDS)


def _renamed(condition: Where, side: str) -> Where:
    """The condition with names for its parameters that the other side's do not have."""
    parameters = {f"{side}_{name}": value for name, value in condition.parameters.items()}
    return replace(condition, sql=condition.sql.replace("$where_", f"${side}_where_"), parameters=parameters)


def _refuse_overlap(store: Selects, one: Where, other: Where) -> None:
    sql = f"SELECT count(*) FROM feedback f{TAGGING} WHERE ({one.sql}) AND ({other.sql})"
    ((both,),) = store.select(sql, {**one.parameters, **other.parameters})
    if both:
        raise InputError(
            f"second: {both} rows are on the first side too, and only sides without a common row can be compared. Let one leave"
            " out what the other has.",
            field="second",
        )


def _sides(one: Where, other: Where) -> str:
    """SQL for (seq, in_second, typical, clear) of the tagged rows of either side."""
    shortest, longest = TYPICAL_LENGTH
    return (
        f"SELECT f.seq, ({other.sql}) IS TRUE AS in_second, length(f.text) BETWEEN {shortest} AND {longest} AS typical,"
        f" {_CLEAR} AS clear FROM feedback f{TAGGING} WHERE t.seq IS NOT NULL AND (({one.sql}) OR ({other.sql}))"
    )


def _marks(kinds: Sequence[str], level: str) -> str:
    """SQL for (seq, kind, code, positive, negative, score): at most one row for a feedback row, kind and code."""
    return " UNION ALL ".join(
        f"SELECT seq, '{kind}' AS kind, code, positive, negative, {_SCORES.get(kind, 'score')} AS score"
        f" FROM ({mark_codes(kind, level)}) of_{kind}"
        for kind in dict.fromkeys(kinds)
    )


def _count(store: Selects, relations: str, parameters: Mapping[str, object]) -> tuple[tuple[int, int], _Counted]:
    """The tagged rows of either side, and those by kind and code."""
    sides = ("NOT s.in_second", "s.in_second")
    praised, blamed = "m.positive AND NOT m.negative", "m.negative"
    tallies = (count_if(f"{side}{said}") for side in sides for said in (f" AND {praised}", f" AND {blamed}", ""))
    sql = (
        f"{relations} SELECT NULL, NULL, 0, 0, {count_if(sides[0])}, 0, 0, {count_if(sides[1])} FROM side s"
        f" UNION ALL SELECT m.kind, m.code, {', '.join(tallies)} FROM side s JOIN mark m ON m.seq = s.seq"
        " GROUP BY m.kind, m.code"
    )
    found = {
        (kind, code): (Balance(*counts[:3]), Balance(*counts[3:])) for kind, code, *counts in store.select(sql, parameters)
    }
    first, second = found.pop((None, None))
    return (int(first.n), int(second.n)), found


def _contrast(kind: str, code: str, first: Balance, second: Balance, n_first: int, n_second: int) -> Contrast:
    if kind == "reason_net":
        shares = (_quotient(first.ups - first.downs, first.n), _quotient(second.ups - second.downs, second.n))
        difference, p_value = difference_of_nets(first, second), p_of_nets(first, second)
    else:
        shares = (_quotient(first.n, n_first), _quotient(second.n, n_second))
        among = (first.n, n_first, second.n, n_second)
        difference, p_value = difference_of_shares(*among), p_of_shares(*among)
    return Contrast(
        kind, code, int(first.n), int(second.n), *shares, difference.value, difference.ci_low, difference.ci_high, p_value
    )  # fmt: skip


def _quotient(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _judge(found: Sequence[Contrast], false_discovery: float) -> list[Contrast]:
    """With q-values, in order: the most certain first, then the largest; what could not be tested comes last."""
    p_values = {place: each.p_value for place, each in enumerate(found) if each.p_value is not None}
    q_values = dict(zip(p_values, map(float, benjamini_hochberg(np.array([*p_values.values()]))), strict=True))
    judged = [
        replace(each, q_value=q_values[place], beyond_chance=q_values[place] <= false_discovery) if place in q_values else each
        for place, each in enumerate(found)
    ]
    return sorted(judged, key=_by_certainty_and_size)


def _by_certainty_and_size(contrast: Contrast) -> tuple[float, float, str, str]:
    q = math.inf if contrast.q_value is None else contrast.q_value
    size = 0.0 if contrast.difference is None else abs(contrast.difference)
    return (q, -size, contrast.kind, contrast.code)


def _larger_second(contrast: Contrast) -> bool:
    return contrast.n_second > contrast.n_first if contrast.difference is None else contrast.difference > 0


def _find_typical(
    store: Selects, relations: str, parameters: Mapping[str, object], examples: int
) -> Mapping[tuple[str, str, bool], tuple[str, ...]]:
    """Ids by kind, code and side, second or not: texts of ordinary length first, then by how sure the tagger is."""
    order = "s.typical DESC, CASE m.kind WHEN 'sentiment' THEN s.clear ELSE m.score END DESC, s.seq"
    sql = (
        f"{relations} SELECT kind, code, in_second, seq FROM (SELECT m.kind, m.code, s.in_second, s.seq,"
        f" row_number() OVER (PARTITION BY m.kind, m.code, s.in_second ORDER BY {order}) AS place"
        " FROM side s JOIN mark m ON m.seq = s.seq) ranked WHERE place <= $examples ORDER BY place"
    )
    typical: dict[tuple[str, str, bool], tuple[str, ...]] = {}
    for kind, code, in_second, seq in store.select(sql, {**parameters, "examples": examples}):
        typical[kind, code, in_second] = (*typical.get((kind, code, in_second), ()), feedback_id(seq))
    return typical
