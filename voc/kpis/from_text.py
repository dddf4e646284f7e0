"""KPIs from what customers wrote alone, without a survey; their names begin with `text_`.

A text that waits for the tagger is in none of them. High effort is any effort cue but an easy one, even beside an easy one.
"""

from typing import Final

from voc.kpis.intervals import mean_of, net, share
from voc.kpis.kpi import Better, Counts, Estimate, Kpi, count_if, moments_of
from voc.kpis.staying import HARD

EASY: Final = "c.easy AND NOT c.hard"


def compute_sentiment_net(counts: Counts) -> Estimate:
    """100·(positive − negative)/n."""
    return net(counts["positive"], counts["negative"], counts["n"])


def compute_effort_net(counts: Counts) -> Estimate:
    """100·(easy − hard)/(easy + hard)."""
    return net(counts["easy"], counts["hard"], counts["easy"] + counts["hard"])


def compute_effort_share(counts: Counts) -> Estimate:
    """hard/n."""
    return share(counts["hard"], counts["n"])


def compute_resolution(counts: Counts) -> Estimate:
    """resolved/(resolved + unresolved)."""
    return share(counts["resolved"], counts["resolved"] + counts["unresolved"])


def compute_cue_share(counts: Counts) -> Estimate:
    """with_cue/n."""
    return share(counts["with_cue"], counts["n"])


def compute_social_promoter(counts: Counts) -> Estimate:
    """100·(recommend − warn)/n."""
    return net(counts["recommend"], counts["warn"], counts["n"])


def compute_reason_share(counts: Counts) -> Estimate:
    """with_reason/n."""
    return share(counts["with_reason"], counts["n"])


def compute_reason_net(counts: Counts) -> Estimate:
    """100·(praised − blamed)/n."""
    return net(counts["praised"], counts["blamed"], counts["n"])


def _cue_share(name: str, cue: str, titles: tuple[str, str], definitions: tuple[str, str], better: Better) -> Kpi:
    """The KPI for the share of texts with a loyalty cue."""
    return Kpi(
        name=name,
        title_fa=titles[0],
        title_en=titles[1],
        unit="share",
        better=better,
        definition_fa=definitions[0],
        definition_en=definitions[1],
        formula="with_cue/n",
        needs=("loyalty",),
        counts={"with_cue": count_if(f"c.{cue}"), "n": "count(t.seq)"},
        compute=compute_cue_share,
        method="wilson",
    )


TEXT_SENTIMENT_MEAN: Final = Kpi(
    name="text_sentiment_mean",
    title_fa="میانگین احساس نوشته‌ها",
    title_en="Sentiment of texts, mean",
    unit="scale_-1_1",
    better="higher",
    definition_fa="میانگین نمرهٔ احساس همهٔ نوشته‌ها؛ از منفی ۱ (سراسر منفی) تا ۱ (سراسر مثبت).",
    definition_en="Mean sentiment score of all texts, from −1 (wholly negative) to 1 (wholly positive).",
    formula="total/n",
    needs=("sentiment",),
    counts=moments_of("t.sentiment_score"),
    compute=mean_of,
    method="t",
)
TEXT_SENTIMENT_NET: Final = Kpi(
    name="text_sentiment_net",
    title_fa="خالص احساس نوشته‌ها",
    title_en="Sentiment of texts, net",
    unit="points",
    better="higher",
    definition_fa="درصد نوشته‌های مثبت منهای درصد نوشته‌های منفی؛ نوشته‌های خنثی و آمیخته در مخرج می‌مانند. از منفی ۱۰۰ تا ۱۰۰.",
    definition_en="Per cent of positive texts minus per cent of negative ones; neutral and mixed texts stay in the denominator."
    " From −100 to 100.",
    formula="100·(positive − negative)/n",
    needs=("sentiment",),
    counts={
        "positive": count_if("t.sentiment = 'positive'"),
        "negative": count_if("t.sentiment = 'negative'"),
        "n": "count(t.seq)",
    },
    compute=compute_sentiment_net,
    method="trinomial",
)
TEXT_EFFORT_SHARE: Final = Kpi(
    name="text_effort_share",
    title_fa="سهم نوشته‌های پرزحمت",
    title_en="Texts with high effort",
    unit="share",
    better="lower",
    definition_fa="سهم نوشته‌هایی که دست‌کم یک نشانهٔ زحمت دارند (تماس مکرر، انتظار طولانی، پاس‌کاری و مانند آن)، از همهٔ نوشته‌ها.",
    definition_en="Share of texts with at least one cue of high effort (repeat contact, long wait, transfer and so on).",
    formula="hard/n",
    needs=("effort",),
    counts={"hard": count_if(HARD), "n": "count(t.seq)"},
    compute=compute_effort_share,
    method="wilson",
)
TEXT_EFFORT_NET: Final = Kpi(
    name="text_effort_net",
    title_fa="خالص آسانی در نوشته‌ها",
    title_en="Effort in texts, net",
    unit="points",
    better="higher",
    definition_fa="از میان نوشته‌هایی که از زحمت یا آسانی حرف زده‌اند: درصد آسان‌ها منهای درصد پرزحمت‌ها؛ نوشته‌ای که هر"
    " دو را دارد پرزحمت است. از منفی ۱۰۰ تا ۱۰۰.",
    definition_en="Of the texts with an effort cue: per cent of easy ones minus per cent of hard ones; a text with both is"
    " hard. From −100 to 100.",
    formula="100·(easy − hard)/(easy + hard)",
    needs=("effort",),
    counts={"easy": count_if(EASY), "hard": count_if(HARD)},
    compute=compute_effort_net,
    method="trinomial",
)
TEXT_RESOLUTION: Final = Kpi(
    name="text_resolution",
    title_fa="سهم مشکلات حل‌شده در نوشته‌ها",
    title_en="Resolution in texts",
    unit="share",
    better="higher",
    definition_fa="از میان نوشته‌هایی که می‌گویند مشکلشان حل شد یا نشد، سهم آن‌هایی که حل شده است.",
    definition_en="Of the texts that say whether their problem was solved, the share in which it was.",
    formula="resolved/(resolved + unresolved)",
    needs=("resolution",),
    counts={
        "resolved": count_if("t.resolution = 'resolved'"),
        "unresolved": count_if("t.resolution = 'unresolved'"),
    },
    compute=compute_resolution,
    method="wilson",
)
TEXT_CHURN: Final = _cue_share(
    "text_churn",
    "churn_intent",
    ("سهم نوشته‌های در آستانهٔ رفتن", "Churn intent in texts"),
    (
        "سهم نوشته‌هایی که می‌گویند دیگر نمی‌خرند، برنامه را پاک می‌کنند یا سراغ رقیب می‌روند، از همهٔ نوشته‌ها.",
        "Share of texts that say the customer will not buy again, removes the app or goes to a rival.",
    ),
    better="lower",
)
TEXT_ADVOCACY: Final = _cue_share(
    "text_advocacy",
    "recommend",
    ("سهم نوشته‌های توصیه‌کننده", "Advocacy in texts"),
    (
        "سهم نوشته‌هایی که خرید یا استفاده را به دیگران توصیه می‌کنند، از همهٔ نوشته‌ها.",
        "Share of texts that tell others to buy or use.",
    ),
    better="higher",
)
TEXT_DELIGHT: Final = _cue_share(
    "text_delight",
    "delight",
    ("سهم نوشته‌های شگفت‌زده", "Delight in texts"),
    (
        "سهم نوشته‌هایی که از فراتر رفتن از انتظار یا شوق آشکار می‌گویند، از همهٔ نوشته‌ها.",
        "Share of texts that tell of expectations exceeded or of outright enthusiasm.",
    ),
    better="higher",
)
TEXT_SOCIAL_PROMOTER: Final = Kpi(
    name="text_social_promoter",
    title_fa="خالص توصیه در نوشته‌ها",
    title_en="Social promoter score of texts",
    unit="points",
    better="higher",
    definition_fa="درصد نوشته‌هایی که توصیه می‌کنند منهای درصد نوشته‌هایی که دیگران را برحذر می‌دارند؛ از منفی ۱۰۰ تا ۱۰۰.",
    definition_en="Per cent of texts that recommend minus per cent of texts that warn others; from −100 to 100.",
    formula="100·(recommend − warn)/n",
    needs=("loyalty",),
    counts={
        "recommend": count_if("c.recommend AND NOT c.warn_others"),
        "warn": count_if("c.warn_others AND NOT c.recommend"),
        "n": "count(t.seq)",
    },
    compute=compute_social_promoter,
    method="trinomial",
)
REASON_SHARE: Final = Kpi(
    name="reason_share",
    title_fa="سهم دلیل تماس",
    title_en="Contact reason, share",
    unit="share",
    better="lower",
    definition_fa="سهم نوشته‌هایی که دلیلی دارند، از همهٔ نوشته‌ها؛ با group=reason یا group=reason_group سهم هر دلیل"
    " یا گروهِ دلیل.",
    definition_en="Share of all texts that name a reason; with group=reason or group=reason_group that of each reason"
    " or group of"
    " reasons. A text may have several, so that they may add up to more than 1.",
    formula="with_reason/n",
    needs=("reasons",),
    counts={"with_reason": "count(m.seq)", "n": "count(t.seq)"},
    compute=compute_reason_share,
    method="wilson",
    of_all=("n",),
)
REASON_NET: Final = Kpi(
    name="reason_net",
    title_fa="خالص لحن دلیل تماس",
    title_en="Contact reason, net polarity",
    unit="points",
    better="higher",
    definition_fa="از میان نوشته‌هایی که دلیلی دارند: درصد آن‌ها که فقط تعریف کرده‌اند منهای درصد آن‌ها که گله"
    " کرده‌اند؛ با group=reason"
    " برای هر دلیل.",
    definition_en="Of the texts that name a reason: per cent with praise alone minus per cent with blame; with"
    " group=reason for each"
    " reason.",
    formula="100·(praised − blamed)/n",
    needs=("reasons",),
    counts={"praised": count_if("m.praised AND NOT m.blamed"), "blamed": count_if("m.blamed"), "n": "count(m.seq)"},
    compute=compute_reason_net,
    method="trinomial",
)
TEXT_KPIS: Final = (
    TEXT_SENTIMENT_MEAN,
    TEXT_SENTIMENT_NET,
    TEXT_EFFORT_SHARE,
    TEXT_EFFORT_NET,
    TEXT_RESOLUTION,
    TEXT_CHURN,
    TEXT_ADVOCACY,
    TEXT_DELIGHT,
    TEXT_SOCIAL_PROMOTER,
    REASON_SHARE,
    REASON_NET,
)
