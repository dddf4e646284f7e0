"""What the drift comes to, in a few sentences in Persian and English: what has moved, and whether something should be done.

Neither texts nor tags that move say that the model is wrong. Together they say where judging some rows is worth most: where
texts have changed, what their tags say may be the model's doing; where tags have moved and texts have not, customers most
likely speak of other matters.
"""

from calendar import month_name
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from voc.calendars import JALALI_MONTHS_FA, Calendar
from voc.report_card.tag_drift import TagDrift
from voc.report_card.text_drift import ENOUGH, FIRST_MONTHS, TextDrift
from voc.taxonomy import load_taxonomy

OTHER_SCRIPTS: Final = 0.05
"""From this share on, texts in Latin letters are worth a word: the model learnt from few of them."""
CODES_NAMED: Final = 3
_DIGITS: Final = str.maketrans("0123456789%", "۰۱۲۳۴۵۶۷۸۹٪")

About = Literal["texts", "scripts", "tags"]
_Said = tuple[str, str]
"""In Persian and in English."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence in two languages; `matters` where something should be done, `bucket` is the month that it is about, if any."""

    about: About
    bucket: str | None
    matters: bool
    fa: str
    en: str


def read_drift(
    trained_on: int | None, first: Sequence[str], texts: Sequence[TextDrift], tags: Sequence[TagDrift], calendar: Calendar
) -> Iterator[Reading]:
    """What texts and tags say: of the last month, and of texts, of the last one that is not like the others."""
    if not texts:
        return
    yield _of_training(trained_on, texts, calendar)
    yield from _of_scripts(texts[-1], calendar)
    if first:
        yield _of_words(texts, calendar)
        yield _of_tags(texts[-1], tags, calendar)
    else:
        yield _reading("tags", None, False, calendar, _TOO_FEW, {"months": str(FIRST_MONTHS)})


_TOO_FEW: Final = (
    "برای مقایسه با ماه‌های نخست، بیش از {months} ماه با دست‌کم {judge} نظر لازم است.",
    "To compare with the first months, more than {months} months of {judge} texts or more are needed.",
)
_NO_FINGERPRINT: Final = (
    "پوشهٔ مدل شناسهٔ نوشته‌های آموزشی ندارد، پس نمی‌شود گفت که نوشته‌ها به آن‌ها می‌مانند یا نه.",
    "The model's folder has no fingerprint of its training texts, so whether these are like them cannot be said.",
)
_UNTOLD: Final = (
    "نوشته‌ها کمتر از آن‌اند که با نوشته‌های آموزشی سنجیده شوند.",
    "There are too few texts to hold against those that the model learnt from.",
)
_UNLIKE: Final = (
    "نوشته‌های {month} از همهٔ گونه‌های نوشتهٔ آموزشی دورترند: دست‌کم {judge} نظر از آن‌ها را بازبینی کنید پیش از آنکه به"
    " روندشان تکیه کنید.",
    "The texts of {month} are farther from the training texts than any kind of these: review {judge} of them at least before"
    " you rely on their trends.",
)
_LIKE: Final = (
    "نوشته‌ها به آنچه مدل از آن آموخته می‌مانند؛ از این سو نگرانی نیست.",
    "The texts are like those that the model learnt from; there is nothing to worry about on this side.",
)
_SCRIPT: Final = (
    "در {month}، {share} نوشته‌ها به خط لاتین است (فینگلیش یا انگلیسی)؛ مدل از آن‌ها کم آموخته است.",
    "In {month}, {share} of the texts are in Latin letters (Finglish or English); the model has learnt from few such.",
)
_MOVED: Final = (
    "واژه‌های نوشته‌ها از ماه‌های نخست دور شده‌اند (آخرین بار در {month})؛ شاید موضوع تازه‌ای آمده است. چند نظر آن را بخوانید.",
    "The words of the texts have moved away from the first months (lately in {month}); there may be a new matter. Read some.",
)
_STAYED: Final = (
    "واژه‌های نوشته‌ها همان‌اند که در ماه‌های نخست بودند.",
    "The words of the texts are those of the first months.",
)
_TAGS_ALONE: Final = (
    "در {month} سهم {codes} جابه‌جا شده و نوشته‌ها عوض نشده‌اند: به احتمال زیاد خود موضوع‌ها جابه‌جا شده‌اند.",
    "In {month} the share of {codes} has moved, and the texts have not changed: most likely the matters themselves have moved.",
)
_TAGS_WITH_TEXTS: Final = (
    "در {month} سهم {codes} جابه‌جا شده و نوشته‌ها هم عوض شده‌اند: شاید کار مدل باشد. {judge} نظر آن ماه را بازبینی کنید.",
    "In {month} the share of {codes} has moved, and so have the texts: it may be the model's doing. Review {judge} of these.",
)
_TAGS_STAYED: Final = (
    "در {month} سهم هیچ کدی به‌اندازهٔ دو واحد یا بیشتر از ماه‌های نخست دور نشده است.",
    "In {month} no code's share is two points or more away from the first months.",
)


def _of_training(trained_on: int | None, texts: Sequence[TextDrift], calendar: Calendar) -> Reading:
    if trained_on is None:
        return _reading("texts", None, False, calendar, _NO_FINGERPRINT)
    unlike = [each.bucket for each in texts if each.likeness == "unlike"]
    if unlike:
        return _reading("texts", unlike[-1], True, calendar, _UNLIKE)
    told = any(each.likeness == "like" for each in texts)
    return _reading("texts", None, False, calendar, _LIKE if told else _UNTOLD)


def _of_scripts(last: TextDrift, calendar: Calendar) -> Iterator[Reading]:
    share = last.finglish + last.latin
    if share >= OTHER_SCRIPTS:
        yield _reading("scripts", last.bucket, True, calendar, _SCRIPT, {"share": f"{100 * share:.0f}%"})


def _of_words(texts: Sequence[TextDrift], calendar: Calendar) -> Reading:
    moved = [each.bucket for each in texts if each.moved]
    if moved:
        return _reading("texts", moved[-1], True, calendar, _MOVED)
    return _reading("texts", None, False, calendar, _STAYED)


def _of_tags(last: TextDrift, tags: Sequence[TagDrift], calendar: Calendar) -> Reading:
    codes = [each.code for each in tags if each.bucket == last.bucket][:CODES_NAMED]
    if not codes:
        return _reading("tags", last.bucket, False, calendar, _TAGS_STAYED)
    taxonomy, changed = load_taxonomy(), bool(last.moved or last.likeness == "unlike")
    fa = {"codes": "، ".join(f"«{taxonomy.titles_fa.get(code, code)}»" for code in codes)}
    en = {"codes": ", ".join(f"“{taxonomy.titles_en.get(code, code)}”" for code in codes)}
    return _reading("tags", last.bucket, changed, calendar, _TAGS_WITH_TEXTS if changed else _TAGS_ALONE, fa, en)


def _reading(
    about: About,
    bucket: str | None,
    matters: bool,
    calendar: Calendar,
    said: _Said,
    fa: Mapping[str, str] | None = None,
    en: Mapping[str, str] | None = None,
) -> Reading:
    """A sentence with its values; where none are given in English, they are those of the Persian one with Latin digits."""
    persian, english = said
    month_fa, month_en = _month(bucket, calendar) if bucket else ("", "")
    values = {name: value.translate(_DIGITS) for name, value in (fa or {}).items()} | {"judge": str(ENOUGH).translate(_DIGITS)}
    return Reading(
        about=about,
        bucket=bucket,
        matters=matters,
        fa=persian.format(**values, month=month_fa),
        en=english.format(**{**(fa or {}), **(en or {})}, month=month_en, judge=ENOUGH),
    )


def _month(bucket: str, calendar: Calendar) -> _Said:
    """The month as people call it, where they have a name for it."""
    year, month = bucket.split("-")
    if calendar == "jalali":
        return f"{JALALI_MONTHS_FA[int(month) - 1]} {year}".translate(_DIGITS), bucket
    return bucket.translate(_DIGITS), f"{month_name[int(month)]} {year}"
