"""KPIs of waiting: how long until the first answer and until the end, as median, 90th percentile and mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voc.kpis.intervals import quantile_from, skewed_mean_of
from voc.kpis.kpi import Counts, Estimate, Kpi, cubes_of, quantile_of


@dataclass(frozen=True, slots=True)
class _Statistic:
    """One way to sum up times."""

    suffix: str
    title_fa: str
    title_en: str
    formula: str
    counts: Callable[[str], Mapping[str, str]]
    compute: Callable[[Counts], Estimate]


_STATISTICS: Final = (
    _Statistic("median", "میانهٔ", "median", "the middle value", lambda time: quantile_of(time, 0.5), quantile_from),
    _Statistic("p90", "صدک ۹۰", "90th percentile", "9 in 10 are no longer", lambda time: quantile_of(time, 0.9), quantile_from),
    _Statistic("mean", "میانگین", "mean", "total/n", cubes_of, skewed_mean_of),
)


def _kpi(prefix: str, column: str, needs: tuple[str, str], titles: tuple[str, str], statistic: _Statistic) -> Kpi:
    title_fa, title_en = titles
    return Kpi(
        name=f"{prefix}_{statistic.suffix}",
        title_fa=f"{statistic.title_fa} {title_fa}",
        title_en=f"{title_en}, {statistic.title_en}",
        unit="seconds",
        better="lower",
        definition_fa=f"{statistic.title_fa} {title_fa} به ثانیه، از لحظهٔ تماس؛ اگر ساعت کاری تنظیم شده باشد، فقط ساعت‌های کاری"
        " شمرده می‌شود.",
        definition_en=f"{title_en}, {statistic.title_en}: seconds from the contact on; of working hours alone where set.",
        formula=statistic.formula,
        needs=needs,
        counts=statistic.counts(f"w.{column}"),
        compute=statistic.compute,
        method="bootstrap",
    )


FRT_KPIS: Final = tuple(
    _kpi("frt", "first_response_s", ("occurred_at", "first_response_at"), ("زمان تا اولین پاسخ", "First response time"), each)
    for each in _STATISTICS
)
ART_KPIS: Final = tuple(
    _kpi("art_resolution", "resolution_s", ("occurred_at", "resolved_at"), ("زمان تا حل مسئله", "Resolution time"), each)
    for each in _STATISTICS
)
TIME_KPIS: Final = (*FRT_KPIS, *ART_KPIS)
