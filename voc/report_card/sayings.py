"""What the verdicts come to, in a sentence each in Persian and English: what to believe, what not, and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from voc.report_card.card import CodeScore
from voc.report_card.verdicts import PRECISION, Verdict
from voc.taxonomy import load_taxonomy

OF_TRENDS: Final = ("reasons", "effort", "loyalty", "resolution")
"""Kinds whose codes get a sentence; of the sentiment, the accuracy and the confusion say more."""
ORDER: Final[tuple[Verdict, ...]] = ("believe", "caution", "doubt", "unknown", "unseen")

_DIGITS: Final = str.maketrans("0123456789,%", "۰۱۲۳۴۵۶۷۸۹٬٪")
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "believe": (
        "روند «{fa}» قابل اعتماد است (دقت {precision}، {low} تا {high}؛ یافته‌ها {recall}).",
        "The trend of “{en}” can be believed (precision {precision}, {low} to {high}; {recall} are found).",
    ),
    "caution": (
        "روند «{fa}» را با احتیاط بخوانید (دقت {precision}، یافته‌ها {recall}): جهتش درست است، اندازه‌اش نه. بازبینی بیشتر این"
        " را عوض نمی‌کند؛ آموزش دوباره با اصلاح‌ها شاید.",
        "Read the trend of “{en}” with caution (precision {precision}, {recall} are found): its direction is right, its"
        " size is not. More reviewing will not change that; training anew with the corrections may.",
    ),
    "imprecise": (
        "روند «{fa}» را باور نکنید: از آنچه مدل چنین می‌خواند تنها {precision} درست است ({low} تا {high}). اصلاحش کنید و مدل را"
        " با اصلاح‌ها دوباره آموزش دهید.",
        "Do not believe the trend of “{en}”: of what the model reads so only {precision} is right ({low} to {high}). Correct it"
        " and train the model anew with the corrections.",
    ),
    "incomplete": (
        "روند «{fa}» تنها بخشی را نشان می‌دهد: مدل {recall} آن را می‌یابد ({least} تا {most}). جاافتاده‌ها را اصلاح کنید و مدل را"
        " دوباره آموزش دهید.",
        "The trend of “{en}” shows a part alone: the model finds {recall} of it ({least} to {most}). Correct what it misses"
        " and train it anew.",
    ),
    "unknown": (
        "دربارهٔ «{fa}» هنوز نمی‌شود گفت (دقت {precision}، {low} تا {high}): حدود {rows} نظر دیگر بازبینی کنید.",
        "Of “{en}” nothing can be said yet (precision {precision}, {low} to {high}): review some {rows} more texts.",
    ),
    "one_sided": (
        "دربارهٔ «{fa}» هنوز نمی‌شود گفت: در نظرهای بازبینی‌شده کم آمده است (مدل {given}، آدم {true} بار).",
        "Of “{en}” nothing can be said yet: it is rare in the reviewed texts (by the model {given}, by people {true}).",
    ),
    "unseen": ("«{fa}» در نظرهای بازبینی‌شده نیامده است.", "“{en}” does not come in the reviewed texts."),
}


@dataclass(frozen=True, slots=True)
class Saying:
    """What can be said of a code's trend, in two languages."""

    kind: str
    code: str
    verdict: Verdict
    fa: str
    en: str


def sayings(codes: Iterable[CodeScore]) -> tuple[Saying, ...]:
    """A sentence for each code that has a trend: those that can be believed first, the most frequent first."""
    chosen = sorted(
        (each for each in codes if each.kind in OF_TRENDS), key=lambda each: (ORDER.index(each.verdict), -each.true, each.code)
    )
    return tuple(Saying(each.kind, each.code, each.verdict, *_sentences(each)) for each in chosen)


def _sentences(score: CodeScore) -> tuple[str, str]:
    taxonomy = load_taxonomy()
    fa, en = _SAID[_which(score)]
    words = {
        "precision": _percent(score.precision),
        "low": _points(score.precision_low),
        "high": _points(score.precision_high),
        "recall": _percent(score.recall),
        "least": _points(score.recall_low),
        "most": _points(score.recall_high),
        "rows": f"{_rounded(score.rows_to_verdict or 0):,}",
        "given": str(score.given),
        "true": str(score.true),
    }
    persian = {name: word.translate(_DIGITS) for name, word in words.items()}
    code = score.code  # which rows still have may have left the taxonomy
    title_fa, title_en = taxonomy.titles_fa.get(code, code), taxonomy.titles_en.get(code, code)
    return fa.format(fa=title_fa, **persian), en.format(en=title_en, **words)


def _which(score: CodeScore) -> str:
    if score.verdict == "doubt":
        imprecise = score.precision_high is not None and score.precision_high < PRECISION
        return "imprecise" if imprecise else "incomplete"
    if score.verdict == "unknown" and (score.rows_to_verdict is None or not score.given):
        return "one_sided"
    return score.verdict


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}%"


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _rounded(rows: int) -> int:
    """Two digits: more would be a promise."""
    step = int(10 ** max(1, len(str(rows)) - 2))
    return -(-rows // step) * step
