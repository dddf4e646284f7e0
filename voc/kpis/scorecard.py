"""Targets of an organisation, and the balanced scorecard: chosen KPIs against their targets, weighed.

A file of targets (TOML) has a table for each KPI:

    [nps]
    target = 40
    weight = 2   # 1 when left out
    worst = 0    # where the score is 0; the worst end of the KPI's scale when left out
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voc.errors import InputError
from voc.kpis.document import BETTER_EN
from voc.kpis.kpi import Counts, Estimate, Kpi, KpiRow, Unit

SCORECARD_NAME: Final = "balanced_scorecard"
_FIELD: Final = "VOC_TARGETS"
_SCALES: Final[Mapping[Unit, tuple[float, float]]] = {
    "share": (0, 1),
    "points": (-100, 100),
    "points_200": (-200, 200),
    "scale_1_5": (1, 5),
    "scale_1_7": (1, 7),
    "scale_-1_1": (-1, 1),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a KPI should reach, how much it weighs in the scorecard, and the value that scores nothing.

    Of what is better `near_zero` all three are distances from there.
    """

    value: float
    weight: float
    worst: float
    near_zero: bool = False


def read_targets(path: Path, kpis: Sequence[Kpi]) -> dict[str, Target]:
    """The targets in a file. Raises InputError, which says what is wrong, for an unreadable file, KPI or number."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{_FIELD}: {path} cannot be read: {error}", field=_FIELD) from error
    by_name = {kpi.name: kpi for kpi in kpis if kpi.name != SCORECARD_NAME}
    for name in tables:
        if name not in by_name:
            raise InputError(f"{_FIELD}: there is no KPI {name!r}.", field=_FIELD, options=tuple(by_name))
    return {name: _target(by_name[name], table) for name, table in tables.items()}


def score(rows: Sequence[KpiRow], targets: Mapping[str, Target]) -> Estimate:
    """The weighted mean of how far each KPI got from its worst value (0) to its target (1); n is the smallest.

    A KPI without a value is left out, and its weight with it.
    """
    known = [(row, targets[row.name]) for row in rows if row.value is not None and row.name in targets]
    if not known:
        return Estimate(None, None, None, 0)
    weights = sum(target.weight for _, target in known)
    reached = sum(target.weight * _reached(row.value or 0.0, target) for row, target in known)
    return Estimate(reached / weights, None, None, min(row.n for row, _ in known))


def _reached(value: float, target: Target) -> float:
    value = abs(value) if target.near_zero else value
    return min(1.0, max(0.0, (value - target.worst) / (target.value - target.worst)))


def _target(kpi: Kpi, table: Any) -> Target:
    numbers = table if isinstance(table, dict) else {}
    unknown = set(numbers) - {"target", "weight", "worst"}
    if "target" not in numbers or unknown or not all(isinstance(number, int | float) for number in numbers.values()):
        raise InputError(f"{_FIELD}: [{kpi.name}] takes the numbers target, weight and worst; target is needed.", field=_FIELD)
    value, weight = float(numbers["target"]), float(numbers.get("weight", 1))
    worst = float(numbers.get("worst", _worst(kpi, value)))
    if kpi.better == "zero":
        value, worst = abs(value), abs(worst)
    if weight <= 0 or kpi.merit(worst) >= kpi.merit(value):
        raise InputError(
            f"{_FIELD}: [{kpi.name}] needs a weight above 0 and a worst value that is worse than the target"
            f" ({BETTER_EN[kpi.better]}).",
            field=_FIELD,
        )
    return Target(value, weight, worst, near_zero=kpi.better == "zero")


def _worst(kpi: Kpi, target: float) -> float:
    """The worst end of the scale; where a scale has no end, nothing at all or twice the target."""
    low, high = _SCALES.get(kpi.unit, (0.0, 2 * target))
    return low if kpi.better == "higher" else high


def _nothing(_: Counts) -> Estimate:
    return Estimate(None, None, None, 0)


SCORECARD: Final = Kpi(
    name=SCORECARD_NAME,
    title_fa="کارت امتیازی متوازن",
    title_en="Balanced scorecard",
    unit="share",
    better="higher",
    definition_fa="میانگین وزنیِ این‌که هر شاخصِ برگزیده چه سهمی از راهِ بدترین مقدار تا هدفش را رفته است؛ هدف‌ها در"
    " پروندهٔ VOC_TARGETS"
    " می‌آیند. شاخصی که مقدار ندارد کنار گذاشته می‌شود؛ n کوچک‌ترین n آن‌هاست.",
    definition_en="Weighted mean of how far each chosen KPI got on its way from its worst value (0) to its target (1);"
    " the targets"
    " stand in the file VOC_TARGETS. A KPI without a value is left out; n is the smallest of theirs.",
    formula="Σ weight·clip((value − worst)/(target − worst), 0, 1)/Σ weight",
    needs=(),
    counts={},
    compute=_nothing,
    method="none",
)
