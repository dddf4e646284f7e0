"""KPIs of who stays: customers who came again, what their texts let expect, and who was won back."""

from collections.abc import Mapping
from typing import Any, Final

from voc.kpis.intervals import mean, share
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if

HARD: Final = "c.hard"
RESOLUTIONS: Final = {
    "unresolved": count_if("t.resolution = 'unresolved'"),
    "unresolved_hard": count_if(f"t.resolution = 'unresolved' AND {HARD}"),
    "high_effort": count_if(f"t.resolution = 'resolved' AND {HARD}"),
    "low_effort": count_if(f"t.resolution = 'resolved' AND coalesce(NOT {HARD}, TRUE)"),
}


def compute_retention(counts: Counts) -> Estimate:
    """(stay_unresolved·unresolved + stay_high_effort·high_effort + stay_low_effort·low_effort)/n."""
    return _staying(counts, counts["unresolved"], counts["high_effort"], counts["low_effort"])


def compute_retention_low_effort(counts: Counts) -> Estimate:
    """(stay_unresolved·unresolved + stay_low_effort·(high_effort + low_effort))/n."""
    return _staying(counts, counts["unresolved"], 0, counts["high_effort"] + counts["low_effort"])


def compute_retention_resolved(counts: Counts) -> Estimate:
    """(stay_high_effort·(high_effort + unresolved_hard) + stay_low_effort·(low_effort + unresolved − unresolved_hard))/n."""
    hard = counts["unresolved_hard"]
    return _staying(counts, 0, counts["high_effort"] + hard, counts["low_effort"] + counts["unresolved"] - hard)


def compute_recovery(counts: Counts) -> Estimate:
    """recovered/n."""
    return share(counts["recovered"], counts["n"])


def compute_crr(counts: Counts) -> Estimate:
    """kept/n."""
    return share(counts["kept"], counts["n"])


def compute_attrition(counts: Counts) -> Estimate:
    """(n − kept)/n."""
    return share(counts["n"] - counts["kept"], counts["n"])


def _staying(counts: Counts, unresolved: float, high_effort: float, low_effort: float) -> Estimate:
    shares = (
        (unresolved, counts["stay_unresolved"]),
        (high_effort, counts["stay_high_effort"]),
        (low_effort, counts["stay_low_effort"]),
    )
    return mean(
        unresolved + high_effort + low_effort,
        sum(rows * stay for rows, stay in shares),
        sum(rows * stay * stay for rows, stay in shares),
    )


def _retention(name: str, titles: tuple[str, str], definitions: tuple[str, str], formula: str, compute: Any) -> Kpi:
    return Kpi(
        name=name,
        title_fa=titles[0],
        title_en=titles[1],
        unit="share",
        better="higher",
        definition_fa=definitions[0],
        definition_en=definitions[1],
        formula=f"{formula}/(unresolved + high_effort + low_effort)",
        needs=("resolution", "effort"),
        counts=RESOLUTIONS,
        compute=compute,
        method="t",
    )


TEXT_RETENTION: Final = _retention(
    "text_retention",
    ("ماندگاری مورد انتظار مشتریان", "Expected retention, from texts"),
    (
        "سهم مشتریانی که انتظار می‌رود بمانند؛ پیش‌فرض: ۲۷٪ اگر مشکل حل نشده، ۳۷٪ اگر با زحمت زیاد حل شده و ۶۱٪ اگر بی‌زحمت حل"
        " شده باشد (گارتنر؛ هر سه را می‌توان تنظیم کرد)؛ از میان نوشته‌هایی که حل شدن یا نشدن مشکلشان معلوم است.",
        "Share of customers expected to stay: by default 27 % where the problem is unresolved, 37 % where it was resolved with"
        " high effort,"
        " 61 % where it was resolved without (Gartner; all three can be set); over the texts that say whether it was"
        " resolved. The"
        " interval is that of the mix of texts and takes the three shares as given.",
    ),
    "(stay_unresolved·unresolved + stay_high_effort·high_effort + stay_low_effort·low_effort)",
    compute_retention,
)
TEXT_RETENTION_LOW_EFFORT: Final = _retention(
    "text_retention_low_effort",
    ("ماندگاری مورد انتظار، اگر زحمت کم شود", "Expected retention, were high effort low"),
    (
        "همان ماندگاری مورد انتظار، با این فرض که هر مشکلی که با زحمت زیاد حل شده، بی‌زحمت حل می‌شد؛ فاصله‌اش با «ماندگاری مورد"
        " انتظار» سودِ کم کردن زحمت است.",
        "Expected retention if all that was resolved with high effort had been resolved without; what it is above"
        " text_retention"
        " is the gain from less effort.",
    ),
    "(stay_unresolved·unresolved + stay_low_effort·(high_effort + low_effort))",
    compute_retention_low_effort,
)
TEXT_RETENTION_RESOLVED: Final = _retention(
    "text_retention_resolved",
    ("ماندگاری مورد انتظار، اگر همه حل شود", "Expected retention, were all resolved"),
    (
        "همان ماندگاری مورد انتظار، با این فرض که هر مشکلِ حل‌نشده با همان زحمت حل می‌شد؛ فاصله‌اش با «ماندگاری مورد"
        " انتظار» سودِ"
        " حل کردن مشکل‌هاست.",
        "Expected retention if all that is unresolved had been resolved with the effort that it took; what it is above"
        " text_retention is the gain from resolving.",
    ),
    "(stay_high_effort·(high_effort + unresolved_hard) + stay_low_effort·(low_effort + unresolved − unresolved_hard))",
    compute_retention_resolved,
)
TEXT_RECOVERY_CUSTOMERS: Final = Kpi(
    name="text_recovery_customers",
    title_fa="بازگرداندن مشتری ناراضی",
    title_en="Recovery of customers, from texts",
    unit="share",
    better="higher",
    definition_fa="از مشتریانی که اولین نوشته‌شان منفی بوده و پس از آن باز هم نوشته‌اند، سهم کسانی که آخرین نوشته‌شان"
    " مثبت است؛ به تاریخ"
    " اولین نوشته.",
    definition_en="Of the customers whose first text was negative and who wrote again, the share whose last text is"
    " positive; dated"
    " by the first text.",
    formula="recovered/n",
    needs=("customer_id", "occurred_at", "sentiment"),
    counts={"recovered": count_if("j.ended = 'positive'"), "n": "count(j.seq)"},
    compute=compute_recovery,
    method="wilson",
)
_OF_CUSTOMERS: Final[Mapping[str, str]] = {"kept": "kept", "n": "active"}
"""Not aggregates over rows: `customers.count_customers` counts customers from one bucket to the next."""

CRR: Final = Kpi(
    name="crr",
    title_fa="نرخ حفظ مشتری",
    title_en="Customer retention rate",
    unit="share",
    better="higher",
    definition_fa="سهم مشتریانی که در دورهٔ پیش فعال بوده‌اند و در این دوره هم هستند. دوره همان bucket است؛ بدون آن،"
    " بازهٔ from تا to در"
    " برابر بازه‌ای به همان درازا پیش از آن.",
    definition_en="Share of the customers active in the period before who are active in the period too. A period is a"
    " bucket; without"
    " one, the time between from and to against as long a time before it.",
    formula="kept/n",
    needs=("customer_id", "occurred_at"),
    counts=_OF_CUSTOMERS,
    compute=compute_crr,
    method="wilson",
    over="customers",
)
ATTRITION: Final = Kpi(
    name="attrition",
    title_fa="نرخ ریزش مشتری",
    title_en="Customer attrition",
    unit="share",
    better="lower",
    definition_fa="سهم مشتریانی که در دورهٔ پیش فعال بوده‌اند و در این دوره نیستند: یک منهای نرخ حفظ مشتری.",
    definition_en="Share of the customers active in the period before who are not active in the period: 1 − crr.",
    formula="(n − kept)/n",
    needs=("customer_id", "occurred_at"),
    counts=_OF_CUSTOMERS,
    compute=compute_attrition,
    method="wilson",
    over="customers",
)
STAYING_KPIS: Final = (
    CRR,
    ATTRITION,
    TEXT_RETENTION,
    TEXT_RETENTION_LOW_EFFORT,
    TEXT_RETENTION_RESOLVED,
    TEXT_RECOVERY_CUSTOMERS,
)
