"""What a KPI is: a value that says its name, what it needs, what is counted and how the counts become a figure.

The database counts and `compute` does the arithmetic, so that a ratio over a longer period or a larger group always comes
from counts, and every KPI can be checked with pencil and paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["share", "points", "scale_1_5", "scale_1_7", "scale_-1_1", "seconds"]
Better = Literal["higher", "lower"]
Method = Literal["adjusted_wald", "wilson", "t", "trinomial"]
NullReason = Literal["no_rows", "field_missing", "below_min_n"]
Counts = Mapping[str, float]

NULL_REASONS: Final[Mapping[NullReason, str]] = {
    "no_rows": "there is nothing to count: no row passes the filters, or none of those is of the kind that is counted",
    "field_missing": "there are rows, and none has the fields that the KPI needs",
    "below_min_n": "fewer rows than were asked for at least",
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

    `needs` are fields of a row, of those in `relation.FIELDS`; `counts` are SQL aggregates by name over `f`
    (feedback), `t` (its tagging) and `c` (its cues), which are 0 rather than NULL over no rows; `compute` is pure.
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


@dataclass(frozen=True, slots=True)
class KpiRow:
    """A KPI's value in one bucket and group; `bucket` is None where time is not split, `group` also where a row has none."""

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
