"""KPIs from what a contact centre measured of its contacts: handle time, abandonment."""

from typing import Final

from voc.kpis.intervals import mean_of, share
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if, moments_of

SHORT_ABANDON_S: Final = 10
"""Who hangs up sooner did not wait for an agent: a wrong number or second thoughts. The common default of call centres."""

_SOON: Final = f"f.abandoned AND coalesce(f.wait_s < {SHORT_ABANDON_S}, FALSE)"


def compute_abandonment(counts: Counts) -> Estimate:
    """abandoned/n."""
    return share(counts["abandoned"], counts["n"])


AHT_MEAN: Final = Kpi(
    name="aht_mean",
    title_fa="میانگین زمان رسیدگی",
    title_en="Average handle time",
    unit="seconds",
    better="lower",
    definition_fa="میانگین زمانی که هر تماس از کارشناس گرفته است: گفت‌وگو، انتظار پشت خط و کارِ پس از تماس؛ به ثانیه.",
    definition_en="Mean time that a contact took of an agent: talk, hold and after-call work; in seconds.",
    formula="total/n",
    needs=("handle_s",),
    counts=moments_of("f.handle_s"),
    compute=mean_of,
    method="t",
)
ABANDONMENT: Final = Kpi(
    name="abandonment",
    title_fa="سهم تماس‌های رهاشده",
    title_en="Abandoned contact rate",
    unit="share",
    better="lower",
    definition_fa="سهم تماس‌هایی که مشتری پیش از رسیدن به کارشناس رها کرده است، از همهٔ تماس‌های رسیده؛ تماسی که پیش از"
    " ۱۰ ثانیه رها شود در هیچ‌کدام شمرده نمی‌شود.",
    definition_en="Share of offered contacts that the customer dropped before an agent answered; a contact dropped in less than"
    " 10 seconds counts as neither.",
    formula="abandoned/n",
    needs=("abandoned",),
    counts={
        "abandoned": count_if(f"f.abandoned AND NOT ({_SOON})"),
        "n": count_if(f"f.abandoned IS NOT NULL AND NOT ({_SOON})"),
    },
    compute=compute_abandonment,
    method="wilson",
)
CONTACT_KPIS: Final = (AHT_MEAN, ABANDONMENT)
