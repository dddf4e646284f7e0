"""What a KPI is: a value that says its name, what it needs, what is counted and how the counts become a figure.

The database counts and `compute` does the arithmetic, so that a ratio over a longer period or a larger group always comes
from counts, and every KPI can be checked with pencil and paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

Unit = Literal["share", "points", "points_200", "scale_1_5", "scale_1_7", "scale_-1_1", "seconds", "amount"]
Better = Literal["higher", "lower", "zero"]
Method = Literal["adjusted_wald", "wilson", "t", "trinomial", "bootstrap", "ratio", "difference", "newcombe", "none"]
Over = Literal["rows", "customers"]
NullReason = Literal["no_rows", "field_missing", "below_min_n", "window_open"]
Counts = Mapping[str, float]

CONFIDENCE: Final = 0.95
NETS: Final[tuple[Unit, ...]] = ("points", "points_200")
"""The units of what may lie on either side of zero: a net, and the difference of two."""
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)

NULL_REASONS: Final[Mapping[NullReason, str]] = {
    "no_rows": "there is nothing to count: no row passes the filters, or none of those is of the kind that is counted",
    "field_missing": "there are rows, and none has the fields that the KPI needs",
    "below_min_n": "fewer rows than were asked for at least",
    "window_open": "the time in which the answer shows itself is not over for any row",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval and the number of rows it rests on; None where there is none, never 0."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI.

    `needs` are fields of a row, of those in `relation.FIELDS`; `counts` are SQL aggregates by name over the tables that
    `relation` joins, 0 or NaN over no rows; `compute` is pure and gets the numbers of `KpiOptions` beside the counts. Counts
    named in `of_all` are of all rows of a bucket, whatever reason the figures are grouped by. `over` says what is counted:
    rows, or the customers of two buckets, whose counts are the names that `customers` gives.
    """

    name: str
    title_fa: str
    title_en: str
    unit: Unit
    better: Better
    definition_fa: str
    definition_en: str
    formula: str
    needs: tuple[str, ...]
    counts: Mapping[str, str]
    compute: Callable[[Counts], Estimate]
    method: Method
    of_all: tuple[str, ...] = ()
    over: Over = "rows"

    def merit(self, value: float) -> float:
        """The same value on a scale on which more is better."""
        return {"higher": value, "lower": -value, "zero": -abs(value)}[self.better]


@dataclass(frozen=True, slots=True)
class KpiRow:
    """A KPI's value in one bucket and group; `bucket` is None where time is not split, `group` also where a row has none.

    `missing` are the fields that would make it answerable. `rank` is the place among the groups of a bucket, 1 for the best.
    `target` is that of the configuration, `on_target` whether it is reached. `model_error` is how far the tagger's reading lies
    from that of people in this very figure, on texts held out for it: reading less labels, None where no text is read.
    """

    name: str
    value: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    unit: Unit
    method: Method
    null_reason: NullReason | None
    bucket: str | None
    group: str | None
    missing: tuple[str, ...] = ()
    rank: int | None = None
    target: float | None = None
    on_target: bool | None = None
    model_error: float | None = None


def count_if(condition: str) -> str:
    """The aggregate that counts the rows for which an SQL condition holds."""
    return f"count(*) FILTER (WHERE {condition})"


def sum_of(expression: str) -> str:
    """The aggregate that adds up a number, in double precision; 0 over no rows."""
    return f"coalesce(sum(CAST({expression} AS DOUBLE PRECISION)), 0)"


def moments_of(expression: str) -> dict[str, str]:
    """The three counts that a mean and its interval need: `n`, `total` and `squares`."""
    number = f"CAST({expression} AS DOUBLE PRECISION)"
    return {"n": f"count({expression})", "total": sum_of(expression), "squares": sum_of(f"{number} * {number}")}


def cubes_of(expression: str) -> dict[str, str]:
    """The counts of `moments_of` and `cubes`, which the interval of a skewed mean needs."""
    number = f"CAST({expression} AS DOUBLE PRECISION)"
    return moments_of(expression) | {"cubes": sum_of(f"{number} * {number} * {number}")}


def quantile_of(expression: str, share: float) -> dict[str, str]:
    """A quantile as `value` with the ends of its interval, which are rows' values as well; NULL where rows are too few.

    The ends are at the ranks n·share ± z·√(n·share·(1 − share)), rounded up (Conover 1999, Practical Nonparametric Statistics,
    3.2), about where resampling the rows would put them.
    """
    n = f"count({expression})"
    in_order = f"(array_agg({expression} ORDER BY {expression}) FILTER (WHERE {expression} IS NOT NULL))"
    spread = f"{Z} * sqrt({n} * {share * (1 - share)})"
    return {
        "n": n,
        "value": f"percentile_cont({share}) WITHIN GROUP (ORDER BY {expression})",
        "low": f"{in_order}[greatest(0, CAST(ceil({n} * {share} - {spread}) AS INTEGER))]",
        "high": f"{in_order}[CAST(ceil({n} * {share} + {spread}) AS INTEGER)]",
    }
