"""KPIs of conversations: what the agent added, and whether who came angry left glad, after which moves.

A conversation counts once, by its row. Whether a move is associated with a better end says nothing of what the end comes from:
agents may say sorry where it was easy, or where it was hopeless.
"""

from typing import Final

from voc.kpis.differences import difference_of_shares
from voc.kpis.intervals import scaled, share
from voc.kpis.kpi import Counts, Estimate, Kpi, count_if

PER_CENT: Final = 100.0
_ANGRY: Final = "v.sentiment_start = 'negative'"
_RECOVERED: Final = f"{_ANGRY} AND v.sentiment_end = 'positive'"


def compute_value_enhancement(counts: Counts) -> Estimate:
    """enhanced/n."""
    return share(counts["enhanced"], counts["n"])


def compute_recovery(counts: Counts) -> Estimate:
    """recovered/n."""
    return share(counts["recovered"], counts["n"])


def compute_recovery_difference(counts: Counts) -> Estimate:
    """100·(recovered_with/n_with − recovered_without/n_without)."""
    difference = difference_of_shares(
        counts["recovered_without"], counts["n_without"], counts["recovered_with"], counts["n_with"]
    )
    return scaled(difference, PER_CENT)


def _recoveries(condition: str, suffix: str = "") -> dict[str, str]:
    """How many conversations of the condition began badly, and how many of them ended well."""
    return {f"recovered{suffix}": count_if(f"{_RECOVERED}{condition}"), f"n{suffix}": count_if(f"{_ANGRY}{condition}")}


def _recovery(name: str, titles: tuple[str, str], definitions: tuple[str, str], condition: str = "") -> Kpi:
    return Kpi(
        name=name,
        title_fa=titles[0],
        title_en=titles[1],
        unit="share",
        better="higher",
        definition_fa=definitions[0],
        definition_en=definitions[1],
        formula="recovered/n",
        needs=("sentiment_start", "moves") if condition else ("sentiment_start",),
        counts=_recoveries(condition),
        compute=compute_recovery,
        method="wilson",
    )


TEXT_VALUE_ENHANCEMENT: Final = Kpi(
    name="text_value_enhancement",
    title_fa="سهم گفت‌وگوهای ارزش‌افزا",
    title_en="Value enhancement in conversations",
    unit="share",
    better="higher",
    definition_fa="سهم گفت‌وگوهایی که در آن‌ها کارشناس دست‌کم یکی از این پنج کار را کرده است: یاد دادنِ استفادهٔ بهتر،"
    " نشان دادنِ قابلیتی تازه، تأیید خرید مشتری، پیش‌بینیِ نیاز بعدی، کمک به هدف مشتری؛ از همهٔ گفت‌وگوهای خوانده‌شده.",
    definition_en="Share of conversations in which the agent did at least one of five things: teach a better use, show a"
    " feature, validate the purchase, anticipate the next need, help to reach the customer's goal; of all that were read.",
    formula="enhanced/n",
    needs=("moves",),
    counts={"enhanced": count_if("v.value_enhancement"), "n": "count(v.seq)"},
    compute=compute_value_enhancement,
    method="wilson",
)
TEXT_RECOVERY: Final = _recovery(
    "text_recovery",
    ("سهم گفت‌وگوهایی که خوش تمام شدند", "Recovery in conversations"),
    (
        "از گفت‌وگوهایی که مشتری در آغازشان (یک‌چهارمِ اولِ حرف‌هایش) ناراضی است، سهم آن‌هایی که در پایانشان راضی است.",
        "Of the conversations in which the customer is negative at the start (the first quarter of what they say), the share"
        " in which they are positive at the end.",
    ),
)
TEXT_RECOVERY_WITH_MOVES: Final = _recovery(
    "text_recovery_with_moves",
    ("سهم پایان‌های خوش، با جبران", "Recovery in conversations with recovery moves"),
    (
        "همان سهم، در گفت‌وگوهایی که کارشناس عذرخواهی کرده، دلیل را گفته، کار را به عهده گرفته یا چیزی برای جبران داده است.",
        "The same share of the conversations in which the agent said sorry, explained why, took it on or offered compensation.",
    ),
    " AND v.recovery",
)
TEXT_RECOVERY_WITHOUT_MOVES: Final = _recovery(
    "text_recovery_without_moves",
    ("سهم پایان‌های خوش، بی جبران", "Recovery in conversations without recovery moves"),
    (
        "همان سهم، در گفت‌وگوهایی که هیچ‌یک از این چهار کار در آن‌ها نبوده است.",
        "The same share of the conversations in which the agent did none of these four.",
    ),
    " AND NOT v.recovery",
)
TEXT_RECOVERY_DIFFERENCE: Final = Kpi(
    name="text_recovery_difference",
    title_fa="فاصلهٔ پایان‌های خوش، با جبران و بی آن",
    title_en="Recovery with recovery moves less without",
    unit="points",
    better="higher",
    definition_fa="درصد پایان‌های خوش در گفت‌وگوهای با جبران منهای درصد آن در گفت‌وگوهای بی جبران؛ از منفی ۱۰۰ تا ۱۰۰. این"
    " فاصله همراه با جبران دیده می‌شود و نمی‌گوید که از آن است.",
    definition_en="Per cent recovered with recovery moves less per cent recovered without; from −100 to 100. It is associated"
    " with the moves, and does not say that it comes from them.",
    formula="100·(recovered_with/n_with − recovered_without/n_without)",
    needs=("sentiment_start", "moves"),
    counts=_recoveries(" AND v.recovery", "_with") | _recoveries(" AND NOT v.recovery", "_without"),
    compute=compute_recovery_difference,
    method="newcombe",
)
CONVERSATION_KPIS: Final = (
    TEXT_VALUE_ENHANCEMENT,
    TEXT_RECOVERY,
    TEXT_RECOVERY_WITH_MOVES,
    TEXT_RECOVERY_WITHOUT_MOVES,
    TEXT_RECOVERY_DIFFERENCE,
)
