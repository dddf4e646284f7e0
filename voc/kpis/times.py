"""KPIs of waiting: until the first answer, the end, and each answer of a conversation; median, 90th percentile and mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from voc.kpis.intervals import quantile_from, ratio, skewed_mean_of
from voc.kpis.kpi import Counts, Estimate, Kpi, cubes_of, quantile_of, sum_of
from voc.kpis.relation import TIMED_TURNS


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


_FROM_CONTACT: Final = (
    "به ثانیه، از لحظهٔ تماس؛ اگر ساعت کاری تنظیم شده باشد، فقط ساعت‌های کاری شمرده می‌شود.",
    "seconds from the contact on; of working hours alone where set.",
)
_OF_TURNS: Final = (
    "در گفت‌وگوها، به ثانیه: از پایان حرف مشتری تا آغاز حرف کارشناس؛ n شمار پاسخ‌هاست. اگر ساعت کاری تنظیم شده باشد،"
    " فقط ساعت‌های کاری گفت‌وگوهای تاریخ‌دار شمرده می‌شود.",
    "seconds from the end of the customer's turn to the agent's next; n counts answers. Of working hours alone where set,"
    " and then in conversations with a time of their own.",
)


def compute_response_mean(counts: Counts) -> Estimate:
    """total/n; a conversation's answers are alike, so the interval is that of a ratio over conversations."""
    over_conversations = ratio(
        counts["conversations"],
        (counts["total"], counts["n"]),
        (counts["squares"], counts["n_squares"]),
        counts["products"],
    )
    return replace(over_conversations, n=int(counts["n"]))


def _kpi(
    prefix: str,
    column: str,
    needs: tuple[str, ...],
    titles: tuple[str, str],
    statistic: _Statistic,
    told: tuple[str, str] = _FROM_CONTACT,
) -> Kpi:
    title_fa, title_en = titles
    return Kpi(
        name=f"{prefix}_{statistic.suffix}",
        title_fa=f"{statistic.title_fa} {title_fa}",
        title_en=f"{title_en}, {statistic.title_en}",
        unit="seconds",
        better="lower",
        definition_fa=f"{statistic.title_fa} {title_fa} {told[0]}",
        definition_en=f"{title_en}, {statistic.title_en}: {told[1]}",
        formula=statistic.formula,
        needs=needs,
        counts=statistic.counts(column),
        compute=statistic.compute,
        method="bootstrap",
    )


FRT_KPIS: Final = tuple(
    _kpi(
        "frt",
        "w.first_response_s",
        ("occurred_at", "first_response_at"),
        ("زمان تا اولین پاسخ", "First response time"),
        each,
    )
    for each in _STATISTICS
)
ART_RESOLUTION_KPIS: Final = tuple(
    _kpi("art_resolution", "w.resolution_s", ("occurred_at", "resolved_at"), ("زمان تا حل مسئله", "Resolution time"), each)
    for each in _STATISTICS
)
_ART_RESPONSE: Final = tuple(
    _kpi(
        "art_response",
        "p.response_s",
        (TIMED_TURNS,),
        ("زمان پاسخ کارشناس", "Response time"),
        each,
        told=_OF_TURNS,
    )
    for each in _STATISTICS
)
ART_RESPONSE_KPIS: Final = (
    *_ART_RESPONSE[:2],
    replace(
        _ART_RESPONSE[2],
        counts={
            "conversations": "count(r.seq)",
            "n": sum_of("r.responses"),
            "total": sum_of("r.response_s"),
            "squares": sum_of("r.response_s * r.response_s"),
            "n_squares": sum_of("r.responses * r.responses"),
            "products": sum_of("r.response_s * r.responses"),
        },
        compute=compute_response_mean,
        method="ratio",
    ),
)
TIME_KPIS: Final = (*FRT_KPIS, *ART_RESOLUTION_KPIS, *ART_RESPONSE_KPIS)
