"""KPIs from what customers answered in a survey: NPS, CSAT, CES."""

from typing import Final

from voc.kpis.intervals import mean_of, net, net_promoters, share
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if, moments_of


def compute_nps(counts: Counts) -> Estimate:
    """100·(promoters − detractors)/n."""
    return net_promoters(counts["promoters"], counts["detractors"], counts["n"])


def compute_csat_top2(counts: Counts) -> Estimate:
    """satisfied/n."""
    return share(counts["satisfied"], counts["n"])


def compute_ces_index(counts: Counts) -> Estimate:
    """100·(easy − hard)/n."""
    return net(counts["easy"], counts["hard"], counts["n"])


NPS: Final = Kpi(
    name="nps",
    title_fa="شاخص خالص مروجان",
    title_en="Net Promoter Score",
    unit="points",
    better="higher",
    definition_fa="درصد کسانی که ۹ یا ۱۰ داده‌اند منهای درصد کسانی که ۰ تا ۶ داده‌اند، از همهٔ پاسخ‌ها به پرسشِ «چقدر ما را توصیه"
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
SURVEY_KPIS: Final = (NPS, CSAT_TOP2, CSAT_MEAN, CES_MEAN, CES_INDEX)
