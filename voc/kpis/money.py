"""KPIs of money: what a conversation costs and what it brings, in the currency of the source."""

from typing import Final

from voc.kpis.intervals import ratio, skewed_mean_of
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if, cubes_of, sum_of

_HANDLED_COST: Final = "CASE WHEN NOT coalesce(f.abandoned, FALSE) THEN f.cost END"
_BOTH: Final = "f.cost IS NOT NULL AND f.revenue IS NOT NULL"


def _of_both(expression: str) -> str:
    return sum_of(f"CASE WHEN {_BOTH} THEN {expression} END")


def compute_cost_share(counts: Counts) -> Estimate:
    """cost/revenue."""
    return ratio(
        counts["n"],
        (counts["cost"], counts["revenue"]),
        (counts["cost_squares"], counts["revenue_squares"]),
        counts["products"],
    )


CPC: Final = Kpi(
    name="cpc",
    title_fa="هزینهٔ هر گفت‌وگو",
    title_en="Cost per conversation",
    unit="amount",
    better="lower",
    definition_fa="جمع هزینهٔ گفت‌وگوهای پاسخ‌داده‌شده تقسیم بر تعدادشان، به واحد پولیِ فایل ورودی.",
    definition_en="Cost of handled conversations over their number, in the currency of the source.",
    formula="total/n",
    needs=("cost",),
    counts=cubes_of(_HANDLED_COST),
    compute=skewed_mean_of,
    method="bootstrap",
)
CPC_REVENUE_SHARE: Final = Kpi(
    name="cpc_revenue_share",
    title_fa="سهم هزینهٔ خدمت از درآمد آن",
    title_en="Cost of service as a share of its revenue",
    unit="share",
    better="lower",
    definition_fa="جمع هزینه تقسیم بر جمع درآمد، در ردیف‌هایی که هر دو را دارند؛ ممکن است از ۱ بیشتر شود.",
    definition_en="Cost over revenue of the rows that have both; may exceed 1.",
    formula="cost/revenue",
    needs=("cost", "revenue"),
    counts={
        "n": count_if(_BOTH),
        "cost": _of_both("f.cost"),
        "revenue": _of_both("f.revenue"),
        "cost_squares": _of_both("f.cost * f.cost"),
        "revenue_squares": _of_both("f.revenue * f.revenue"),
        "products": _of_both("f.cost * f.revenue"),
    },
    compute=compute_cost_share,
    method="ratio",
)
AGENT_REVENUE_MEAN: Final = Kpi(
    name="agent_revenue_mean",
    title_fa="درآمد هر تماس",
    title_en="Revenue through service, per contact",
    unit="amount",
    better="higher",
    definition_fa="جمع درآمد تقسیم بر تعداد تماس‌هایی که درآمدشان ثبت شده است؛ به تفکیک کارشناس (group=agent) و مشتری"
    " تازه یا قدیمی"
    " (group=customer_kind) هم دیده می‌شود.",
    definition_en="Revenue over the number of contacts with a known revenue; see it by agent (group=agent) and by new or"
    " returning customer (group=customer_kind).",
    formula="total/n",
    needs=("revenue",),
    counts=cubes_of("f.revenue"),
    compute=skewed_mean_of,
    method="bootstrap",
)
MONEY_KPIS: Final = (CPC, CPC_REVENUE_SHARE, AGENT_REVENUE_MEAN)
