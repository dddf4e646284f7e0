"""What the page of the report card says: its figures in words, and the tables that its charts are drawn from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api import titles
from api.charts import Cell, ChartRow
from api.tongue import SPOKEN, bucket_title, number, percent, points_words, say, span_words
from voc.report_card import (
    Agreement,
    Calibration,
    Confused,
    Drift,
    Figure,
    Reading,
    ReportCard,
    Saying,
    Slice,
    TagDrift,
    Verdict,
    sayings,
)
from voc.report_card.judgements import OF_WHAT_IS_SAID
from voc.report_card.sayings import OF_TRENDS
from voc.store import Filters

CODES_SHOWN: Final = 20
MOVED_SHOWN: Final = 12
FIGURES: Final[Mapping[str, str]] = {
    "sentiment_accuracy": "درستی احساس",
    "sentiment_macro_f1": "میانگین F1 احساس‌ها",
    "reasons_f1": "F1 دلیل‌ها",
    "polarity_accuracy": "درستی گله یا ستایش",
    "effort_f1": "F1 زحمت",
    "loyalty_f1": "F1 وفاداری",
    "resolution_f1": "F1 نتیجه",
}
FIELDS: Final[Mapping[str, str]] = {
    "sentiment": "احساس",
    "reasons": "دلیل‌ها",
    "effort": "زحمت",
    "loyalty": "وفاداری",
    "resolution": "نتیجه",
}
VERDICTS: Final[Mapping[Verdict, str]] = {
    "believe": "روندشان را باور کنید",
    "caution": "با احتیاط بخوانید",
    "doubt": "باور نکنید",
    "unknown": "هنوز نمی‌شود گفت",
    "unseen": "نیامده‌اند",
}
LEFT_OUT: Final[Mapping[str, str]] = {
    "other_queue": "از صف‌های دیگر آمده‌اند، که پر از اشتباه‌اند",
    "no_queue": "بیرون از صف بازبینی اصلاح شده‌اند",
    "imported": "از فایل آمده‌اند",
    "not_kept": "پیش از آن بازبینی شده‌اند که پاسخ مدل کنارشان بماند",
    "other_model": "را مدل دیگری خوانده بود",
    "other_taxonomy": "با کدهای دیگری بازبینی شده‌اند",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A figure in words, with what it rests on."""

    title: str
    value: str
    interval: str
    n: int
    more: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A code whose share has moved, in words."""

    title: str
    month: str
    before: str
    now: str
    difference: str
    interval: str


@dataclass(frozen=True, slots=True)
class SliceLine:
    """The rows of a channel or a model, in words."""

    name: str | None
    n: int
    accuracy: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the page shows, in words and as tables."""

    verdicts: Sequence[tuple[str, Verdict, Sequence[Saying]]]
    unseen: Sequence[str]
    figures: Sequence[Line]
    left_out: Sequence[str]
    passed_over: int
    codes: Sequence[ChartRow]
    confusion: Sequence[tuple[str, Sequence[int]]]
    sentiments: Sequence[str]
    calibration: Sequence[ChartRow]
    sentiment_calibration: Sequence[ChartRow]
    before_probability: int
    months: Sequence[ChartRow]
    channels: Sequence[SliceLine]
    models: Sequence[SliceLine]
    agreement: Sequence[Line]
    readings: Sequence[Reading]
    distances: Sequence[ChartRow]
    moved: Sequence[Moved]


def of_rows(filters: Filters) -> tuple[Filters, bool]:
    """The filters without those by tags, which would choose mistakes, and whether there were any."""
    without = replace(filters, **{name: None if name == "corrected" else () for name in OF_WHAT_IS_SAID})  # type: ignore[arg-type]
    return without, without != filters


def lay_out(card: ReportCard, drift: Drift) -> Sheet:
    """The page of a report card and of what has changed."""
    said = sayings(card.codes)
    return Sheet(
        verdicts=[
            (say(title), verdict, found)
            for verdict, title in VERDICTS.items()
            if verdict != "unseen" and (found := [each for each in said if each.verdict == verdict])
        ],
        unseen=[titles.code_title(each.code) for each in said if each.verdict == "unseen"],
        figures=[_line(each) for each in card.figures if each.value is not None],
        left_out=[say("{count} نظر", count=number(n)) + " " + say(LEFT_OUT[why]) for why, n in card.left_out.items()],
        passed_over=sum(each.passed_over for each in card.draws),
        codes=list(_codes(card)),
        confusion=list(_confusion(card)),
        sentiments=[titles.code_title(each.said) for each in _of_sentiment(card) if each.said and each.said == each.judged],
        calibration=list(_calibration(card.calibration)),
        sentiment_calibration=list(_calibration(card.sentiment_calibration)),
        before_probability=card.n - card.sentiment_calibration.n,
        months=[_month(each) for each in card.slices if each.by == "month" and each.name],
        channels=[_slice(each) for each in card.slices if each.by == "channel"],
        models=[_slice(each) for each in card.slices if each.by == "model"],
        agreement=[_agreement(each) for each in card.agreement if each.n],
        readings=drift.readings,
        distances=list(_distances(drift)),
        moved=[_moved(each) for each in drift.tags[:MOVED_SHOWN]],
    )


def in_words(said: Saying | Reading) -> str:
    """A sentence in the language of the page."""
    return said.fa if SPOKEN.get() == "fa" else said.en


def _line(figure: Figure) -> Line:
    more = ""
    if figure.rows_to_width:
        more = say("تا ±۵ واحد: {count} نظر دیگر", count=number(figure.rows_to_width))
    return Line(say(FIGURES[figure.name]), percent(figure.value), _span(figure.ci_low, figure.ci_high), figure.n, more)


def _agreement(found: Agreement) -> Line:
    title = say("کاپای {field}" if found.figure == "kappa" else "هم‌پوشانی {field} (F1)", field=say(FIELDS[found.field]))
    value = number(found.value, 2)
    interval = span_words(number(found.ci_low, 2), number(found.ci_high, 2)) if found.ci_low is not None else ""
    return Line(title, value, interval, found.n)


def _codes(card: ReportCard) -> Iterator[ChartRow]:
    """Precision and recall of the codes that come, the most frequent first."""
    seen = [each for each in card.codes if each.kind in OF_TRENDS and each.given + each.true]
    for each in sorted(seen, key=lambda each: (-each.true, -each.given, each.code))[:CODES_SHOWN]:
        title = titles.code_title(each.code)
        precision = Cell(each.precision, each.precision_low, each.precision_high)
        recall = Cell(each.recall, each.recall_low, each.recall_high)
        f1 = Cell(each.f1, each.f1_low, each.f1_high)
        yield ChartRow(title, title, each.given + each.true - each.both, (precision, recall, f1))


def _of_sentiment(card: ReportCard) -> list[Confused]:
    return [each for each in card.confusion if each.kind == "sentiment"]


def _confusion(card: ReportCard) -> Iterator[tuple[str, list[int]]]:
    """By what the model says, how often people say each."""
    counts: dict[str, list[int]] = {}
    for each in _of_sentiment(card):
        counts.setdefault(each.said or "", []).append(each.n)
    yield from ((titles.code_title(said), row) for said, row in counts.items())


def _calibration(found: Calibration) -> Iterator[ChartRow]:
    for each in found.bins:
        title = span_words(percent(each.low), percent(each.high))
        yield ChartRow(title, percent(each.low), each.n, (Cell(each.score), Cell(each.share, each.ci_low, each.ci_high)))


def _month(found: Slice) -> ChartRow:
    title = bucket_title(found.name or "")
    accuracy = Cell(found.accuracy, found.accuracy_low, found.accuracy_high)
    reasons = Cell(found.reasons_f1, found.reasons_f1_low, found.reasons_f1_high)
    return ChartRow(title, title, found.n, (accuracy, reasons))


def _slice(found: Slice) -> SliceLine:
    accuracy = f"{percent(found.accuracy)} ({_span(found.accuracy_low, found.accuracy_high)})"
    reasons = (
        "—"
        if found.reasons_f1 is None
        else f"{percent(found.reasons_f1)} ({_span(found.reasons_f1_low, found.reasons_f1_high)})"
    )
    return SliceLine(found.name, found.n, accuracy, reasons)


def _distances(drift: Drift) -> Iterator[ChartRow]:
    for each in drift.texts:
        if each.from_training is not None:
            title = bucket_title(each.bucket)
            yield ChartRow(title, title, each.n, (Cell(each.from_training), Cell(each.unlike_above), Cell(each.from_first)))


def _moved(found: TagDrift) -> Moved:
    return Moved(
        title=titles.code_title(found.code),
        month=bucket_title(found.bucket),
        before=percent(found.share_first),
        now=percent(found.share),
        difference=points_words(found.difference),
        interval=span_words(points_words(found.ci_low), points_words(found.ci_high)),
    )


def _span(low: float | None, high: float | None) -> str:
    return span_words(percent(low), percent(high)) if low is not None else ""
