"""KPIs from what a contact centre measured of its contacts: handle time, abandonment, repeat contacts, self-service."""

from typing import Final

from voc.kpis.intervals import mean_of, share
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if, moments_of
from voc.kpis.relation import LAST_KNOWN

_SOON: Final = "f.abandoned AND coalesce(f.wait_s < $short_abandon_s, FALSE)"
_OVER: Final = f"f.occurred_at + $fcr_days * INTERVAL '1 day' <= {LAST_KNOWN}"


def compute_abandonment(counts: Counts) -> Estimate:
    """abandoned/n."""
    return share(counts["abandoned"], counts["n"])


def compute_fcr(counts: Counts) -> Estimate:
    """solved/n."""
    return share(counts["solved"], counts["n"])


def compute_deflection(counts: Counts) -> Estimate:
    """self_served/n."""
    return share(counts["self_served"], counts["n"])


AHT_MEAN: Final = Kpi(
    name="aht_mean",
    title_fa="میانگین زمان رسیدگی",
    title_en="Average handle time",
    unit="seconds",
    better="lower",
    definition_fa="میانگین زمانی که هر تماس از کارشناس گرفته است: گفت‌وگو، انتظار پشت خط و کارِ پس از تماس؛ به ثانیه."
    " گفت‌وگویی که منبع این زمان را نگفته، از اولین تا آخرین حرفش شمرده می‌شود، مگر بیش از یک ساعت رها شده باشد.",
    definition_en="Mean time that a contact took of an agent: talk, hold and after-call work; in seconds."
    " Of a conversation whose source does not say, from its first word to its last, unless it rested for over an hour.",
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
    definition_fa="سهم تماس‌هایی که مشتری پیش از رسیدن به کارشناس رها کرده است، از همهٔ تماس‌های رسیده؛ تماسی که خیلی زود"
    " (پیش‌فرض: کمتر از ۱۰ ثانیه) رها شود در هیچ‌کدام شمرده نمی‌شود.",
    definition_en="Share of offered contacts that the customer dropped before an agent answered; a contact dropped very"
    " soon (in less than 10 seconds unless set) counts as neither.",
    formula="abandoned/n",
    needs=("abandoned",),
    counts={
        "abandoned": count_if(f"f.abandoned AND NOT ({_SOON})"),
        "n": count_if(f"f.abandoned IS NOT NULL AND NOT ({_SOON})"),
    },
    compute=compute_abandonment,
    method="wilson",
)
FCR: Final = Kpi(
    name="fcr",
    title_fa="حل در اولین تماس",
    title_en="First contact resolution",
    unit="share",
    better="higher",
    definition_fa="سهم تماس‌هایی که همان مشتری تا چند روز (پیش‌فرض: ۷) به همان دلیل، از هیچ کانالی (سلف‌سرویس هم)، برنگشته است."
    " تماسی که هنوز این مدت از آن نگذشته، و تماسی که مشتری یا دلیلش معلوم نیست، شمرده نمی‌شود.",
    definition_en="Share of contacts after which the same customer did not come back for the same reason, by any channel"
    " (self_service too), within some days (7 unless set). A contact younger than that, or without a known customer or reason,"
    " is not counted.",
    formula="solved/n",
    needs=("customer_id", "occurred_at", "reasons"),
    counts={
        "solved": count_if(f"NOT u.again AND {_OVER}"),
        "n": count_if(f"u.seq IS NOT NULL AND {_OVER}"),
        "open": count_if(f"u.seq IS NOT NULL AND NOT {_OVER}"),
    },
    compute=compute_fcr,
    method="wilson",
)
DEFLECTION: Final = Kpi(
    name="deflection",
    title_fa="سهم خودیاری مشتریان",
    title_en="Case deflection",
    unit="share",
    better="higher",
    definition_fa="سهم ردیف‌هایی که کانالشان self_service است، یعنی مشتری کارش را خودش انجام داده، از همهٔ ردیف‌هایی"
    " که کانال دارند.",
    definition_en="Share of rows whose channel is self_service, where customers helped themselves, of all rows with a channel:"
    " self-served/(self-served + contacts).",
    formula="self_served/n",
    needs=("channel",),
    counts={"self_served": count_if("f.channel = 'self_service'"), "n": "count(f.channel)"},
    compute=compute_deflection,
    method="wilson",
)
CONTACT_KPIS: Final = (AHT_MEAN, ABANDONMENT, FCR, DEFLECTION)
