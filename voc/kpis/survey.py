"""KPIs from what customers and agents answered in a survey: NPS, CSAT, CES, VES, referrals, and who answered at all."""

from typing import Final

from voc.kpis.differences import Balance, difference_of_nets
from voc.kpis.intervals import NET_SCALE, mean_of, net, net_promoters, scaled, share
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if, moments_of
from voc.kpis.relation import EES_TO_5, EES_TO_10, FIELDS


def compute_nps(counts: Counts) -> Estimate:
    """100·(promoters − detractors)/n."""
    return net_promoters(counts["promoters"], counts["detractors"], counts["n"])


def compute_csat_top2(counts: Counts) -> Estimate:
    """satisfied/n."""
    return share(counts["satisfied"], counts["n"])


def compute_ces_index(counts: Counts) -> Estimate:
    """100·(easy − hard)/n."""
    return net(counts["easy"], counts["hard"], counts["n"])


def compute_ves_top2(counts: Counts) -> Estimate:
    """enhanced/n."""
    return share(counts["enhanced"], counts["n"])


def compute_referred(counts: Counts) -> Estimate:
    """referred/n."""
    return share(counts["referred"], counts["n"])


def compute_sold(counts: Counts) -> Estimate:
    """sold/n."""
    return share(counts["sold"], counts["n"])


def compute_survey_bias(counts: Counts) -> Estimate:
    """100·(positive − negative)/n of those who answered, less the same of those who did not."""
    silent, answered = (
        Balance(counts[f"positive_{who}"], counts[f"negative_{who}"], counts[f"n_{who}"]) for who in ("silent", "answered")
    )
    return scaled(difference_of_nets(silent, answered), NET_SCALE)


def _sentiments(who: str, condition: str) -> dict[str, str]:
    return {
        f"positive_{who}": count_if(f"t.sentiment = 'positive' AND {condition}"),
        f"negative_{who}": count_if(f"t.sentiment = 'negative' AND {condition}"),
        f"n_{who}": count_if(f"t.seq IS NOT NULL AND {condition}"),
    }


_ANSWERED: Final = "coalesce(f.nps, f.csat, f.ces) IS NOT NULL"
_VES: Final = "((f.ves_1 + f.ves_2) / 2.0)"

NPS: Final = Kpi(
    name="nps",
    title_fa="شاخص خالص مروجان",
    title_en="Net Promoter Score",
    unit="points",
    better="higher",
    definition_fa="درصد کسانی که ۹ یا ۱۰ داده‌اند منهای درصد کسانی که ۰ تا ۶ داده‌اند، از همهٔ پاسخ‌ها به پرسشِ «چقدر"
    " ما را توصیه"
    " می‌کنید؟»؛ از منفی ۱۰۰ تا ۱۰۰.",
    definition_en="Per cent of answers of 9 or 10 minus per cent of answers of 0 to 6 to «how likely are you to recommend us?»;"
    " from −100 to 100.",
    formula="100·(promoters − detractors)/n",
    needs=("nps",),
    counts={"promoters": count_if("f.nps >= 9"), "detractors": count_if("f.nps <= 6"), "n": "count(f.nps)"},
    compute=compute_nps,
    method="adjusted_wald",
)
CSAT_TOP2: Final = Kpi(
    name="csat_top2",
    title_fa="سهم مشتریان راضی",
    title_en="Customer satisfaction, top two",
    unit="share",
    better="higher",
    definition_fa="سهم نمره‌های ۴ و ۵ از همهٔ نمره‌های رضایت، در مقیاس ۱ تا ۵.",
    definition_en="Share of satisfaction ratings of 4 or 5, on a scale from 1 to 5.",
    formula="satisfied/n",
    needs=("csat",),
    counts={"satisfied": count_if("f.csat >= 4"), "n": "count(f.csat)"},
    compute=compute_csat_top2,
    method="wilson",
)
CSAT_MEAN: Final = Kpi(
    name="csat_mean",
    title_fa="میانگین رضایت",
    title_en="Customer satisfaction, mean",
    unit="scale_1_5",
    better="higher",
    definition_fa="میانگین نمره‌های رضایت، در مقیاس ۱ تا ۵.",
    definition_en="Mean satisfaction rating, on a scale from 1 to 5.",
    formula="total/n",
    needs=("csat",),
    counts=moments_of("f.csat"),
    compute=mean_of,
    method="t",
)
CES_MEAN: Final = Kpi(
    name="ces_mean",
    title_fa="میانگین آسانی برای مشتری",
    title_en="Customer effort score, mean",
    unit="scale_1_7",
    better="higher",
    definition_fa="میانگین پاسخ‌ها به پرسشِ «کارتان چقدر آسان راه افتاد؟»، در مقیاس ۱ تا ۷؛ عدد بزرگ‌تر یعنی آسان‌تر.",
    definition_en="Mean answer to «how easy was it to get this done?», on a scale from 1 to 7; a higher number is easier.",
    formula="total/n",
    needs=("ces",),
    counts=moments_of("f.ces"),
    compute=mean_of,
    method="t",
)
CES_INDEX: Final = Kpi(
    name="ces_index",
    title_fa="شاخص خالص آسانی برای مشتری",
    title_en="Customer effort index",
    unit="points",
    better="higher",
    definition_fa="درصد پاسخ‌های ۶ و ۷ منهای درصد پاسخ‌های ۱ تا ۳ در مقیاس آسانیِ ۱ تا ۷؛ عدد بزرگ‌تر یعنی آسان‌تر.",
    definition_en="Per cent of answers of 6 or 7 minus per cent of 1 to 3, on the ease scale from 1 to 7; a higher"
    " number is easier.",
    formula="100·(easy − hard)/n",
    needs=("ces",),
    counts={"easy": count_if("f.ces >= 6"), "hard": count_if("f.ces <= 3"), "n": "count(f.ces)"},
    compute=compute_ces_index,
    method="trinomial",
)
VES_MEAN: Final = Kpi(
    name="ves_mean",
    title_fa="ارزش‌افزایی خدمت، میانگین",
    title_en="Value Enhancement Score, mean",
    unit="scale_1_7",
    better="higher",
    definition_fa="میانگینِ دو پرسشِ ارزش‌افزایی (۱ تا ۷): «پس از این تماس بهتر می‌توانم از محصول استفاده کنم» و «به"
    " خریدم مطمئن‌ترم»؛"
    " فقط از کسانی که به هر دو پاسخ داده‌اند. هیچ‌گاه از روی نوشته برآورد نمی‌شود.",
    definition_en="Mean of the two questions of value enhancement (1 to 7), of those who answered both. Never"
    " estimated from text.",
    formula="total/n",
    needs=("ves_1", "ves_2"),
    counts=moments_of(_VES),
    compute=mean_of,
    method="t",
)
VES_TOP2: Final = Kpi(
    name="ves_top2",
    title_fa="ارزش‌افزایی خدمت، سهم بالا",
    title_en="Value Enhancement Score, top two",
    unit="share",
    better="higher",
    definition_fa="سهم کسانی که میانگین دو پاسخشان ۶ یا بیشتر است، از کسانی که به هر دو پرسش پاسخ داده‌اند.",
    definition_en="Share of those whose mean of both answers is 6 or more, of those who answered both.",
    formula="enhanced/n",
    needs=("ves_1", "ves_2"),
    counts={"enhanced": count_if(f"{_VES} >= 6"), "n": f"count({_VES})"},
    compute=compute_ves_top2,
    method="wilson",
)
EMPLOYEE_EXPERIENCE: Final = Kpi(
    name="employee_experience",
    title_fa="تجربهٔ کارکنان",
    title_en="Employee experience",
    unit="scale_1_5",
    better="higher",
    definition_fa="میانگین نمره‌ای که کارکنان به تجربهٔ کاری خود داده‌اند، در مقیاس ۱ تا ۵؛ اگر مقیاس ۰ تا ۱۰ تنظیم شده باشد،"
    " به جای آن «شاخص خالص مروجان کارکنان» هست.",
    definition_en="Mean rating that employees gave to their experience at work, on a scale from 1 to 5; where the setting says"
    " 0 to 10, there is enps in its place.",
    formula="total/n",
    needs=("ees", EES_TO_5),
    counts=moments_of(f"CASE WHEN {FIELDS[EES_TO_5]} THEN f.ees END"),
    compute=mean_of,
    method="t",
)
ENPS: Final = Kpi(
    name="enps",
    title_fa="شاخص خالص مروجان کارکنان",
    title_en="Employee Net Promoter Score",
    unit="points",
    better="higher",
    definition_fa="درصد کارکنانی که ۹ یا ۱۰ داده‌اند منهای درصد کارکنانی که ۰ تا ۶ داده‌اند، از همهٔ پاسخ‌ها به پرسشِ"
    " «چقدر کار کردن در اینجا را توصیه می‌کنید؟»؛ از منفی ۱۰۰ تا ۱۰۰. برای مقیاس ۰ تا ۱۰ است.",
    definition_en="Per cent of employees' answers of 9 or 10 minus per cent of answers of 0 to 6 to «how likely are you to"
    " recommend working here?»; from −100 to 100. For the scale from 0 to 10.",
    formula="100·(promoters − detractors)/n",
    needs=("ees", EES_TO_10),
    counts={
        "promoters": count_if(f"f.ees >= 9 AND {FIELDS[EES_TO_10]}"),
        "detractors": count_if(f"f.ees <= 6 AND {FIELDS[EES_TO_10]}"),
        "n": count_if(f"f.ees IS NOT NULL AND {FIELDS[EES_TO_10]}"),
    },
    compute=compute_nps,
    method="adjusted_wald",
)
SOCIAL_PROMOTER_REFERRED: Final = Kpi(
    name="social_promoter_referred",
    title_fa="سهم معرفی‌کنندگان",
    title_en="Social promoters, who referred",
    unit="share",
    better="higher",
    definition_fa="سهم مشتریانی که می‌گویند واقعاً ما را به کسی معرفی کرده‌اند، از کسانی که به این پرسش پاسخ داده‌اند.",
    definition_en="Share of customers who say that they did refer someone, of those who answered that question.",
    formula="referred/n",
    needs=("referred",),
    counts={"referred": count_if("f.referred"), "n": "count(f.referred)"},
    compute=compute_referred,
    method="wilson",
)
SOCIAL_PROMOTER_SOLD: Final = Kpi(
    name="social_promoter_sold",
    title_fa="سهم معرفی‌هایی که به خرید رسید",
    title_en="Social promoters, whose referral bought",
    unit="share",
    better="higher",
    definition_fa="سهم معرفی‌هایی که به خرید رسیده‌اند، از معرفی‌هایی که نتیجه‌شان معلوم است.",
    definition_en="Share of referrals that led to a sale, of those whose outcome is known.",
    formula="sold/n",
    needs=("referred", "referral_sold"),
    counts={
        "sold": count_if("f.referred AND f.referral_sold"),
        "n": count_if("f.referred AND f.referral_sold IS NOT NULL"),
    },
    compute=compute_sold,
    method="wilson",
)
SURVEY_BIAS: Final = Kpi(
    name="survey_bias",
    title_fa="سوگیری نظرسنجی",
    title_en="Survey bias",
    unit="points_200",
    better="zero",
    definition_fa="خالص احساس نوشته‌های کسانی که به نظرسنجی (NPS، CSAT یا CES) پاسخ داده‌اند منهای خالص احساس نوشته‌های کسانی که"
    " پاسخ نداده‌اند؛ از منفی ۲۰۰ تا ۲۰۰. دور از صفر یعنی نظرسنجی صدای همه نیست.",
    definition_en="Net sentiment of the texts of those who answered a survey (NPS, CSAT or CES) less that of those who did not;"
    " from −200 to 200. Far from zero means that the survey does not hear everyone.",
    formula="100·(positive − negative)/n of those who answered − the same of those who did not",
    needs=("sentiment",),
    counts=_sentiments("answered", _ANSWERED) | _sentiments("silent", f"NOT ({_ANSWERED})"),
    compute=compute_survey_bias,
    method="difference",
)
SURVEY_KPIS: Final = (
    NPS,
    CSAT_TOP2,
    CSAT_MEAN,
    CES_MEAN,
    CES_INDEX,
    VES_MEAN,
    VES_TOP2,
    EMPLOYEE_EXPERIENCE,
    ENPS,
    SOCIAL_PROMOTER_REFERRED,
    SOCIAL_PROMOTER_SOLD,
    SURVEY_BIAS,
)
