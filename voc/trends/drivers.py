"""Which contact reasons a figure is associated with: what it would be without the texts that have a reason, and a regression.

An association is no cause: customers who write of one reason may differ from the others in much else. Everything comes from one
query that counts, so that its parts agree; the arithmetic never sees a row.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voc.kpis.compute import null_reason
from voc.kpis.intervals import mean, t_quantile
from voc.kpis.kpi import NullReason, moments_of
from voc.kpis.slices import Selects, check_option
from voc.store.filters import Filters, where
from voc.trends.series import LEVELS, TAGGING

Floats = NDArray[np.float64]

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

TARGETS: Final[Mapping[str, str]] = {
    "nps": "CASE WHEN f.nps >= 9 THEN 100 WHEN f.nps <= 6 THEN -100 WHEN f.nps IS NOT NULL THEN 0 END",
    "csat": "f.csat",
    "ces": "f.ces",
    "sentiment": "t.sentiment_score",
}
"""The figures, each as a number for a row, whose mean it is; NULL for a row that has none."""

_COLLINEAR: Final = 1e-9
"""Eigenvalues of a correlation matrix below this are taken for zero. Rounding leaves some 1e-14 for a hundred columns; two
mentions that differ in a single row of a million have 1e-6."""

_EQUAL: Final = 1e-12
"""A variance below this part of the mean square is what rounding leaves of answers that are all the same."""

Moments = tuple[float, float, float]
"""How many rows, the sum of their target and the sum of its squares."""
Mention = tuple[str, str]
"""A reason's code and a polarity."""

_NOTHING: Final[Moments] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Coefficient:
    """By how much the target of a row with this mention differs, the other mentions held equal, and in how many rows it is."""

    n: int
    value: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class Driver:
    """How one reason is associated with the target.

    `n` rows have the reason; `mean_with` is their mean, `mean_without` that of all others. `effect` is by how much the mean of
    all rows would change if those with the reason were left out: above zero, they go with a lower mean. It, its 95 % interval
    and `mean_without` are None where fewer than `min_n` rows, or fewer than two, are without the reason. `positive` and
    `negative` are what goes with a row that praises or blames it; None where fewer than `min_n` rows do, or where the data
    cannot tell them from other mentions.
    """

    code: str
    n: int
    mean_with: float
    mean_without: float | None
    effect: float | None
    effect_low: float | None
    effect_high: float | None
    positive: Coefficient | None
    negative: Coefficient | None


@dataclass(frozen=True, slots=True)
class DriverReport:
    """The drivers of a target, the largest effect first.

    `value` is the mean of the target over `n` rows, those that have it and are tagged; `r2` is the share of its variance that
    goes with the mentions, None without a regression. Where there is no answer, `null_reason` says why and `missing` names the
    fields that would give one.
    """

    target: str
    n: int
    value: float | None
    r2: float | None
    drivers: tuple[Driver, ...]
    null_reason: NullReason | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the database counted: all rows, those with the target, and moments of the tagged ones, by code, by two mentions."""

    rows: float
    answered: float
    overall: Moments
    codes: Mapping[str, Moments]
    pairs: Mapping[tuple[Mention, Mention], Moments]


@dataclass(frozen=True, slots=True)
class Fit:
    """A regression on flags: for each flag by how much the target differs and half the width of its 95 % interval.

    Both are NaN [flags] where the data cannot tell a flag from others; `r2` is None where all targets are the same.
    """

    values: Floats
    halves: Floats
    r2: float | None


def find_drivers(
    store: Selects,
    target: str,
    *,
    level: str = "leaf",
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    min_n: int = 20,
    agent_min_n: int = 10,
) -> DriverReport:
    """Every reason that at least `min_n` rows have, and `agent_min_n` where the filters name an agent, and what goes with it.

    `target` is nps (each answer as 100, 0 or −100, so that the mean is the Net Promoter Score), csat (1 to 5), ces (1 to 7) or
    sentiment (−1 to 1). At level `group` a row counts once for a group of reasons. The effect is what Thematic and Kapiche call
    impact. Raises InputError for a target, level or filter that is not known.
    """
    check_option("target", target, tuple(TARGETS))
    check_option("level", level, LEVELS)
    min_n = max(min_n, agent_min_n) if filters.agent else min_n
    counted = _count(store, target, level, filters)
    overall = mean(*counted.overall)
    reason = null_reason(overall, rows=counted.rows, rows_with_fields=counted.answered, min_n=min_n)
    if reason:
        return DriverReport(target, overall.n, None, None, (), reason, (target,) if reason == "field_missing" else ())
    r2, coefficients = _regress(counted, min_n)
    drivers = (
        _driver(code, with_it, counted.overall, coefficients, min_n)
        for code, with_it in counted.codes.items()
        if with_it[0] >= min_n
    )
    return DriverReport(target, overall.n, overall.value, r2, tuple(sorted(drivers, key=_by_size)))


def effect_of_leaving_out(with_it: Moments, without: Moments) -> tuple[float, float, float]:
    """mean_without − mean_all from the moments of the rows with a reason and of those without, and its 95 % interval.

    With the share p = n₁/n of rows that have the reason and d = mean_without − mean_with it is p·d. The rows are independent,
    and another sample would have another p as well: given who has the reason, d is unbiased with variance v = s₁²/n₁ + s₀²/n₀,
    so that by the law of total variance Var(p·d) = E(p²·v) + Var(p)·d², estimated by p²s₁²/n₁ + p²s₀²/n₀ + d²p(1 − p)/n.
    Student's t has the degrees of freedom of Satterthwaite (1946, Biometrics Bull. 2:110) from n₁ − 1, n₀ − 1 and n − 1,
    rounded down. Needs two rows of either kind.

    >>> effect, low, high = effect_of_leaving_out((50, 100, 250), (50, 200, 850))
    >>> round(effect, 2), round(low, 2), round(high, 2)
    (1.0, 0.72, 1.28)
    """
    (n_1, total_1, _), (n_0, total_0, _) = with_it, without
    n = n_1 + n_0
    p, d = n_1 / n, total_0 / n_0 - total_1 / n_1
    parts = (p * p * _variance(with_it) / n_1, p * p * _variance(without) / n_0, d * d * p * (1 - p) / n)
    variance = sum(parts)
    if not variance:
        return p * d, p * d, p * d
    degrees = variance**2 / sum(part**2 / (size - 1) for part, size in zip(parts, (n_1, n_0, n), strict=True))
    half = t_quantile(max(1, int(degrees))) * math.sqrt(variance)
    return p * d, p * d - half, p * d + half


def least_squares(overall: Moments, gram: Floats, totals: Floats) -> Fit | None:
    """Ordinary least squares of a target on flags, from counts; None where there are no more rows than figures to fit.

    `overall` is of all rows; `gram` [flags, flags] says in how many rows two flags stand together, `totals` [flags] what the
    target adds up to in the rows of each. With flags and target centred, b = S⁺s, and its variance is σ² times the diagonal of
    S⁺, σ² from what is left over, at n − 1 − rank degrees of freedom (Searle 1971, Linear Models, ch. 5). A flag can be told
    from the others if it has no part in a direction that S leaves free (ib. 5.4: it is estimable), and then its b is the same
    whichever of the flags that cannot be told apart were dropped.
    """
    n, total, squares = overall
    counts = gram.diagonal()
    centred, together = gram - np.outer(counts, counts) / n, totals - counts * total / n
    scale = np.sqrt(np.where(centred.diagonal() > 0, centred.diagonal(), 1.0))
    sizes, directions = np.linalg.eigh(centred / np.outer(scale, scale))
    fixed = sizes > _COLLINEAR
    degrees = int(n) - 1 - int(fixed.sum())
    if degrees < 1:
        return None
    inverse = (directions[:, fixed] / sizes[fixed]) @ directions[:, fixed].T
    scaled = inverse @ (together / scale)
    variation, explained = squares - total * total / n, float(scaled @ (together / scale))
    error = math.sqrt(max(0.0, variation - explained) / degrees)
    told = (directions[:, ~fixed] ** 2).sum(axis=1) < _COLLINEAR
    values = np.where(told, scaled / scale, np.nan)
    halves = np.where(told, t_quantile(degrees) * error * np.sqrt(inverse.diagonal()) / scale, np.nan)
    return Fit(values, halves, min(1.0, explained / variation) if variation > _EQUAL * squares else None)


def _count(store: Selects, target: str, level: str, filters: Filters) -> _Counted:
    """One query: all rows that pass the filters, the tagged ones with the target, those by code, and by pair of mentions."""
    condition = where(filters)
    code = "split_part(g.code, '.', 1)" if level == "group" else "g.code"
    moments = ", ".join(moments_of("a.y").values())
    sql = (
        f"WITH answer AS (SELECT f.seq, t.seq IS NOT NULL AS tagged, CAST({TARGETS[target]} AS DOUBLE PRECISION) AS y"
        f" FROM feedback f{TAGGING} WHERE {condition.sql}),"
        f" mention AS (SELECT DISTINCT a.seq, a.y, {code} AS code, g.polarity FROM answer a JOIN tag g ON g.seq = a.seq"
        " WHERE a.tagged AND a.y IS NOT NULL AND g.kind = 'reason')"
        " SELECT 'rows', NULL, NULL, NULL, NULL, count(*), count(a.y), 0 FROM answer a"
        f" UNION ALL SELECT 'overall', NULL, NULL, NULL, NULL, {moments} FROM answer a WHERE a.tagged"
        f" UNION ALL SELECT 'code', a.code, NULL, NULL, NULL, {moments} FROM (SELECT DISTINCT seq, y, code FROM mention) a"
        " GROUP BY a.code"
        f" UNION ALL SELECT 'pair', a.code, a.polarity, b.code, b.polarity, {moments} FROM mention a"
        " JOIN mention b ON b.seq = a.seq WHERE a.polarity <> 'neutral' AND b.polarity <> 'neutral'"
        " GROUP BY a.code, a.polarity, b.code, b.polarity"
    )
    return _read(store.select(sql, condition.parameters))


def _read(found: Sequence[tuple[Any, ...]]) -> _Counted:
    parts: dict[str, dict[tuple[Mention, Mention], Moments]] = {part: {} for part in ("rows", "overall", "code", "pair")}
    for part, code, polarity, other, other_polarity, *moments in found:
        n, total, squares = map(float, moments)
        parts[part][(code, polarity), (other, other_polarity)] = (n, total, squares)
    ((rows, answered, _),) = parts["rows"].values()
    (overall,) = parts["overall"].values()
    codes = {code: moments for ((code, _), _), moments in parts["code"].items()}
    return _Counted(rows, answered, overall, codes, parts["pair"])


def _regress(counted: _Counted, min_n: int) -> tuple[float | None, Mapping[Mention, Coefficient]]:
    """r² and the coefficients of the mentions that are in at least `min_n` rows and that the others do not settle."""
    pairs = counted.pairs
    mentions = [one for (one, other), moments in pairs.items() if one == other and moments[0] >= min_n]
    if not mentions:
        return None, {}
    gram = np.array([[pairs.get((one, other), _NOTHING)[0] for other in mentions] for one in mentions])
    fitted = least_squares(counted.overall, gram, np.array([pairs[one, one][1] for one in mentions]))
    if fitted is None:
        return None, {}
    coefficients = {
        mention: Coefficient(int(n), float(value), float(value - half), float(value + half))
        for mention, n, value, half in zip(mentions, gram.diagonal(), fitted.values, fitted.halves, strict=True)
        if not math.isnan(value)
    }
    return fitted.r2, coefficients


def _driver(code: str, with_it: Moments, overall: Moments, coefficients: Mapping[Mention, Coefficient], min_n: int) -> Driver:
    n, total, squares = (whole - part for whole, part in zip(overall, with_it, strict=True))
    enough = n >= max(2, min_n) and with_it[0] >= 2
    effect, low, high = effect_of_leaving_out(with_it, (n, total, squares)) if enough else (None, None, None)
    return Driver(
        code=code,
        n=int(with_it[0]),
        mean_with=with_it[1] / with_it[0],
        mean_without=total / n if enough else None,
        effect=effect,
        effect_low=low,
        effect_high=high,
        positive=coefficients.get((code, "positive")),
        negative=coefficients.get((code, "negative")),
    )


def _by_size(driver: Driver) -> tuple[float, str]:
    return (math.inf if driver.effect is None else -abs(driver.effect), driver.code)


def _variance(moments: Moments) -> float:
    n, total, squares = moments
    return max(0.0, (squares - total * total / n) / (n - 1))
