"""How good the model is on these rows: what people said of rows that were drawn by lot, beside what the model had said of
them.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from voc.calendars import Calendar, bucket_key
from voc.errors import InputError
from voc.kpis.intervals import share
from voc.kpis.kpi import Estimate
from voc.report_card.agreement import Agreement, find_agreement
from voc.report_card.draws import Draw, find_draws
from voc.report_card.figures import (
    Bin,
    Ints,
    calibration_error,
    f1_of,
    macro_f1_of,
    micro_f1_of,
    reliability,
    rows_until,
)
from voc.report_card.judgements import Judged, Loads, answered_now, count_left_out, find_judged, latest
from voc.report_card.verdicts import WIDTH, Counts, Verdict, rows_to_verdict, rows_to_width, verdict_of
from voc.store.filters import Filters
from voc.store.judged import Answer
from voc.taxonomy import load_taxonomy

Kind = Literal["sentiment", "reasons", "effort", "loyalty", "resolution"]
Answers = Literal["seen", "now"]
By = Literal["channel", "month", "model"]

SETS: Final[tuple[Kind, ...]] = ("reasons", "effort", "loyalty")
"""Kinds of which a row may have several codes, each with how sure the model is of it."""


LEAST_WIDTH: Final = 0.005
"""Half a point of a hundred: to know more takes more rows than anybody judges."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over `n` rows, and about how many more rows would make it known to the width that was asked for."""

    name: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    rows_to_width: int | None


@dataclass(frozen=True, slots=True)
class CodeScore:
    """One code: in how many of the rows the model gives it, people do and both do, and what follows.

    `rows_to_verdict` and `rows_to_width` are about how many more rows must be drawn and judged until its trend can be judged,
    and until precision and recall are known to the width that was asked for; None where it is too rare to tell.
    """

    kind: Kind
    code: str
    given: int
    true: int
    both: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None
    f1_low: float | None
    f1_high: float | None
    verdict: Verdict
    rows_to_verdict: int | None
    rows_to_width: int | None


@dataclass(frozen=True, slots=True)
class Confused:
    """In how many rows the model says one thing and people say another, or the same; None for neither resolution."""

    kind: Literal["sentiment", "resolution"]
    said: str | None
    judged: str | None
    n: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a channel, a month or a model: the sentiment's accuracy and the F1 of all reasons."""

    by: By
    name: str | None
    n: int
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    reasons_f1: float | None
    reasons_f1_low: float | None
    reasons_f1_high: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far scores lie from how often what has them is right, on average, and by score; of `n` that have one."""

    error: float | None
    n: int
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class ReportCard:
    """All of it, of `n` rows that `model` had tagged.

    `left_out` counts, by why, the rows that people spoke of and that are not among them. `calibration` is that of the scores of
    reasons and cues, `sentiment_calibration` that of the probability of the sentiment, of the rows of which it was kept.
    """

    model: str | None
    answers: Answers
    n: int
    left_out: Mapping[str, int]
    figures: tuple[Figure, ...]
    codes: tuple[CodeScore, ...]
    confusion: tuple[Confused, ...]
    calibration: Calibration
    sentiment_calibration: Calibration
    slices: tuple[Slice, ...]
    draws: tuple[Draw, ...]
    agreement: tuple[Agreement, ...]


def draw_up(
    store: Loads,
    *,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    model: str | None = None,
    current: str | None = None,
    answers: Answers = "seen",
    calendar: Calendar = "jalali",
    width: float = WIDTH,
) -> ReportCard:
    """The report card of a model: the `current` one if any row was judged under it, or else the last under which one was.

    With `answers` now, today's tags are held against what people said: honest only for a model that has learnt from none of it.
    Raises InputError for a filter by tags, for a model under which nothing was judged, and for a width that is none.
    """
    if not LEAST_WIDTH <= width <= 0.5:
        raise InputError(f"width: {width} is not between {LEAST_WIDTH} and 0.5.", field="width")
    everything = find_judged(store, filters)
    rows = answered_now(store, everything) if answers == "now" else everything
    model = _choose(rows, model, current)
    chosen = latest([row for row in rows if row.model == model])
    left_out = dict(count_left_out(store, filters))
    for why, more, fewer in (("other_taxonomy", everything, rows), ("other_model", rows, chosen)):
        if others := len({row.seq for row in more} - {row.seq for row in fewer}):
            left_out[why] = others
    return ReportCard(
        model=model,
        answers=answers,
        n=len(chosen),
        left_out=left_out,
        figures=tuple(_figures(chosen, width)) if chosen else (),
        codes=tuple(_codes(chosen, width)) if chosen else (),
        confusion=tuple(_confusion(chosen)),
        calibration=_calibration(chosen, SETS),
        sentiment_calibration=_calibration(chosen, ("sentiment",)),
        slices=tuple(_slices(chosen, rows, calendar)),
        draws=find_draws(store, everything, filters),
        agreement=find_agreement(store, filters),
    )


def _choose(rows: Sequence[Judged], model: str | None, current: str | None) -> str | None:
    models = [row.model for row in rows]
    if model is not None and model not in models:
        options = tuple(dict.fromkeys(reversed(models)))
        raise InputError(f"model: no row was judged that {model[:60]!r} had tagged.", field="model", options=options)
    return model or (current if current in models else next(reversed(models), None))


def _figures(rows: Sequence[Judged], width: float) -> Iterator[Figure]:
    sentiments = [each.code for each in load_taxonomy().sentiments]
    table = np.zeros((len(sentiments), len(sentiments)), dtype=np.int64)
    for row in rows:
        table[sentiments.index(row.said.sentiment), sentiments.index(row.judged.sentiment)] += 1
    estimates: dict[str, Estimate] = {
        "sentiment_accuracy": share(float(np.trace(table)), len(rows)),
        "sentiment_macro_f1": macro_f1_of(table),
        "polarity_accuracy": _polarity(rows),
    }
    estimates |= {f"{kind}_f1": micro_f1_of(_overlaps(rows, kind)) for kind in (*SETS, "resolution")}
    for name, found in estimates.items():
        yield Figure(name, found.value, found.ci_low, found.ci_high, found.n, _rows(found, len(rows), width))


def _rows(found: Estimate, rows: int, width: float) -> int | None:
    """Rows until a figure is known, which may be of other things than rows."""
    more = rows_until(found, width)
    return None if more is None else math.ceil(more * rows / found.n)


def _polarity(rows: Sequence[Judged]) -> Estimate:
    """Of the reasons that both sides name, the share of which both say the same."""
    pairs = [
        (said, row.judged.reasons[code])
        for row in rows
        for code, said in row.said.reasons.items()
        if code in row.judged.reasons
    ]
    return share(sum(one == other for one, other in pairs), len(pairs))


def _codes(rows: Sequence[Judged], width: float) -> Iterator[CodeScore]:
    taxonomy = load_taxonomy()
    known: Mapping[Kind, Sequence[str]] = {
        "sentiment": [each.code for each in taxonomy.sentiments],
        "reasons": [each.code for each in taxonomy.reasons],
        "effort": [each.code for each in taxonomy.effort],
        "loyalty": [each.code for each in taxonomy.loyalty],
        "resolution": [each.code for each in taxonomy.resolutions],
    }
    for kind, codes in known.items():
        said = [(codes_of(row.said, kind), codes_of(row.judged, kind)) for row in rows]
        for code in codes:
            given, true = (sum(code in side[at] for side in said) for at in (0, 1))
            both = sum(code in one and code in other for one, other in said)
            yield _score(kind, code, Counts(len(rows), given, true, both), width)


def _score(kind: Kind, code: str, counts: Counts, width: float) -> CodeScore:
    precision, recall = share(counts.both, counts.given), share(counts.both, counts.true)
    f1 = f1_of(counts.both, counts.given, counts.true)
    return CodeScore(
        kind=kind,
        code=code,
        given=counts.given,
        true=counts.true,
        both=counts.both,
        precision=precision.value,
        precision_low=precision.ci_low,
        precision_high=precision.ci_high,
        recall=recall.value,
        recall_low=recall.ci_low,
        recall_high=recall.ci_high,
        f1=f1.value,
        f1_low=f1.ci_low,
        f1_high=f1.ci_high,
        verdict=verdict_of(counts),
        rows_to_verdict=rows_to_verdict(counts),
        rows_to_width=rows_to_width(counts, width),
    )


def codes_of(answer: Answer, kind: Kind) -> frozenset[str]:
    """The codes of a kind that an answer has."""
    if kind == "sentiment":
        return frozenset({answer.sentiment})
    if kind == "resolution":
        return frozenset({answer.resolution} - {None})  # type: ignore[arg-type]
    return frozenset(getattr(answer, kind))


def _overlaps(rows: Sequence[Judged], kind: str) -> Ints:
    """How many codes both sides say, the model and people [rows, 3]."""
    sets = [(codes_of(row.said, kind), codes_of(row.judged, kind)) for row in rows]  # type: ignore[arg-type]
    return np.array([(len(one & other), len(one), len(other)) for one, other in sets], dtype=np.int64).reshape(-1, 3)


def _confusion(rows: Sequence[Judged]) -> Iterator[Confused]:
    taxonomy = load_taxonomy()
    classes: Mapping[Literal["sentiment", "resolution"], Sequence[str | None]] = {
        "sentiment": [each.code for each in taxonomy.sentiments],
        "resolution": [*(each.code for each in taxonomy.resolutions), None],
    }
    for kind, codes in classes.items():
        pairs = [(getattr(row.said, kind), getattr(row.judged, kind)) for row in rows]
        yield from (Confused(kind, said, judged, pairs.count((said, judged))) for said in codes for judged in codes if rows)


def _calibration(rows: Sequence[Judged], kinds: Sequence[Kind]) -> Calibration:
    pairs = [
        (row.said.scores[code], code in codes_of(row.judged, kind))
        for row in rows
        for kind in kinds
        for code in codes_of(row.said, kind)
        if code in row.said.scores
    ]
    if not pairs:
        return Calibration(None, 0, ())
    scores, right = np.array([score for score, _ in pairs]), np.array([each for _, each in pairs])
    return Calibration(calibration_error(scores, right), len(pairs), reliability(scores, right))


def _slices(chosen: Sequence[Judged], rows: Sequence[Judged], calendar: Calendar) -> Iterator[Slice]:
    def month(row: Judged) -> str | None:
        return bucket_key(row.day, "month", calendar) if row.day else None

    yield from _by("channel", chosen, lambda row: row.channel)
    yield from _by("month", chosen, month)
    yield from _by("model", rows, lambda row: row.model)


def _by(by: By, rows: Sequence[Judged], name_of: Callable[[Judged], str | None]) -> Iterator[Slice]:
    parts: dict[str | None, list[Judged]] = {}
    for row in rows:
        parts.setdefault(name_of(row), []).append(row)
    for name in sorted(parts, key=lambda name: (name is None, name or "")):
        part = latest(parts[name])
        right = share(sum(row.said.sentiment == row.judged.sentiment for row in part), len(part))
        reasons = micro_f1_of(_overlaps(part, "reasons"))
        figures = (each for found in (right, reasons) for each in (found.value, found.ci_low, found.ci_high))
        yield Slice(by, name, len(part), *figures)
