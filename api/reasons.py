"""What the pages of the contact reasons say: the tree of them, and one reason from all sides."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api import titles
from api.charts import Cell, ChartRow, Spans, by_span, chart_row, in_fitting_spans
from api.tongue import SPOKEN, calendar, number, percent, points_words, say, signed, span_words
from voc.calendars import BucketSize
from voc.store import Filters, Store
from voc.taxonomy import load_taxonomy
from voc.trends import (
    Companion,
    Contrast,
    Driver,
    Portrait,
    TrendRow,
    compare,
    compute_trend,
    draw_portrait,
    find_drivers,
    period_before,
)

TARGETS: Final[Mapping[str, str]] = {"nps": "NPS", "csat": "CSAT", "ces": "CES", "sentiment": "احساس متن"}
COMPANION_TITLES: Final[Mapping[str, str]] = {
    "sentiment": "احساس", "effort": "زحمت", "loyalty": "وفاداری", "resolution": "نتیجه", "reasons": "دلیل‌های همراه",
}  # fmt: skip
COMPANIONS_SHOWN: Final = 6
CHANNELS_SHOWN: Final = 10
REASONS_SHOWN: Final = 10
POLARITIES: Final = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar, in per cent of its length."""

    code: str
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason or a group: `share` of the texts, its interval in words, `net` from −100 to 100.

    `change` is that against the time before in words, empty where no period is chosen; `beyond_chance` that it is real.
    """

    code: str
    title: str
    n: int
    share: float
    interval: str
    net: float | None
    parts: tuple[Part, ...]
    change: str = ""
    beyond_chance: bool = False
    children: tuple["ReasonLine", ...] = ()

    @property
    def group(self) -> str:
        """The title of the group that it stands in."""
        return titles.code_title(self.code.partition(".")[0])


@dataclass(frozen=True, slots=True)
class DriverLine:
    """What a figure would be without the texts of a reason: `effect` less or more, with its interval in words."""

    title: str
    value: str
    effect: str
    interval: str


def list_tree(store: Store, filters: Filters) -> list[ReasonLine]:
    """The groups that any text speaks of with their reasons, the most frequent first."""
    groups = _lines(store, filters, "group", _changes(store, filters, "group"))
    leaves = _lines(store, filters, "leaf", _changes(store, filters, "leaf"), longest=groups[0].n if groups else 0)
    children: dict[str, list[ReasonLine]] = defaultdict(list)
    for line in leaves:
        children[line.code.partition(".")[0]].append(line)
    return [replace(group, children=tuple(children[group.code])) for group in groups]


def list_frequent(store: Store, filters: Filters) -> list[ReasonLine]:
    """The reasons that most texts speak of, the most frequent first, without how they changed."""
    return _lines(store, filters, "leaf", {})[:REASONS_SHOWN]


def spans_of(store: Store, filters: Filters, level: str) -> tuple[BucketSize, Spans]:
    """The shares of all reasons, or groups of them, in spans of time that fit; and how long such a span is."""
    return in_fitting_spans(
        lambda size: compute_trend(store, "reasons", bucket=size, calendar=calendar(), level=level, filters=filters)
    )


def list_trend(store: Store, filters: Filters, code: str, size: BucketSize, spans: Spans) -> list[ChartRow]:
    """The share of the texts that have a reason, over time."""
    totals = _texts_by_span(store, filters, size)
    return [
        chart_row(rows[0], totals.get(bucket, 0), [_cell(rows, code, totals.get(bucket, 0))]) for bucket, rows in spans.items()
    ]


def list_polarity(store: Store, filters: Filters, code: str, level: str, size: BucketSize, spans: Spans) -> list[ChartRow]:
    """Of the texts that have a reason, the shares of those with blame, with neither, and with praise alone, over time."""
    blame, praise = (_by_span(_polar_trend(store, filters, size, level, each), code) for each in ("negative", "positive"))
    found = []
    for bucket, rows in spans.items():
        n = sum(row.n for row in rows if row.code == code)
        negative, positive = min(n, blame.get(bucket, 0)), praise.get(bucket, 0)
        positive = min(positive, n - negative)
        shares = [count / n if n else None for count in (negative, n - negative - positive, positive)]
        found.append(chart_row(rows[0], n, [Cell(each) for each in shares]))
    return found


def list_channels(store: Store, filters: Filters, code: str, level: str) -> list[TrendRow]:
    """The share of the texts that have a reason, by channel, the most texts first."""
    rows = compute_trend(store, "reasons", bucket=None, level=level, group="channel", filters=filters)
    found = [row for row in rows if row.code == code and row.group]
    return sorted(found, key=lambda row: -row.n)[:CHANNELS_SHOWN]


def list_drivers(store: Store, filters: Filters, code: str, level: str, agent_min_n: int) -> list[DriverLine]:
    """The figures that a reason is associated with, as far as there are answers enough."""
    found = []
    for target, title in TARGETS.items():
        report = find_drivers(store, target, level=level, filters=filters, agent_min_n=agent_min_n)
        found += [
            _driver_line(say(title), target, report.value, each)
            for each in report.drivers
            if each.code == code and each.effect is not None
        ]
    return found


def portrait_of(store: Store, filters: Filters, code: str) -> tuple[Portrait, Mapping[str, Sequence[Companion]]]:
    """A reason by itself, and what goes along with it by the title of its kind."""
    portrait = draw_portrait(store, code, filters=filters)
    companions: dict[str, list[Companion]] = defaultdict(list)
    for each in portrait.companions:
        shown = companions[say(COMPANION_TITLES[each.kind])]
        if len(shown) < COMPANIONS_SHOWN:
            shown.append(each)
    return portrait, companions


def definition_of(code: str) -> str:
    """What a reason means; of a group, what its reasons are."""
    taxonomy = load_taxonomy()
    within = [reason for reason in taxonomy.reasons if reason.code.partition(".")[0] == code]
    if within:
        return say("، ").join(titles.code_title(reason.code) for reason in within)
    reason = taxonomy.get_reason(code)
    return reason.definition_fa if SPOKEN.get() == "fa" else reason.definition_en


def _lines(
    store: Store, filters: Filters, level: str, changes: Mapping[str | None, Contrast], longest: int = 0
) -> list[ReasonLine]:
    """The lines of a level, their bars filled by `longest` texts, or by the most frequent of them."""
    rows = sorted(
        (row for row in compute_trend(store, "reasons", bucket=None, level=level, filters=filters) if row.n),
        key=lambda row: (-row.n, row.code or ""),
    )
    if not rows:
        return []
    nets = {row.code: row.share for row in compute_trend(store, "reason_net", bucket=None, level=level, filters=filters)}
    said = {
        polarity: {
            row.code: row.n
            for row in compute_trend(store, "reasons", bucket=None, level=level, polarity=(polarity,), filters=filters)
        }
        for polarity in ("negative", "positive")
    }
    return [
        _line(
            row,
            longest or rows[0].n,
            nets.get(row.code),
            {each: said[each].get(row.code, 0) for each in said},
            changes.get(row.code),
        )
        for row in rows
    ]


def _line(row: TrendRow, longest: int, net: float | None, said: Mapping[str, int], change: Contrast | None) -> ReasonLine:
    code = row.code or ""
    blame, praise = said["negative"], said["positive"]
    counts = {"negative": blame, "neutral": max(0, row.n - blame - praise), "positive": min(praise, row.n - blame)}
    return ReasonLine(
        code=code,
        title=titles.code_title(code),
        n=row.n,
        share=row.share or 0.0,
        interval=_sure_words(row),
        net=None if net is None else 100 * net,
        parts=_parts_of([(each, counts[each]) for each in POLARITIES], longest),
        change=_change_words(change) if change else "",
        beyond_chance=bool(change and change.beyond_chance),
    )


def _sure_words(row: TrendRow) -> str:
    """The interval of a share and what it rests on."""
    interval = span_words(percent(row.ci_low), percent(row.ci_high))
    return say("با اطمینان ۹۵٪: {interval}، {count} نظر", interval=interval, count=number(row.n))


def _parts_of(counts: Sequence[tuple[str, int]], whole: int) -> tuple[Part, ...]:
    """Counts, one behind the other, as stretches of a bar that `whole` fills."""
    parts: list[Part] = []
    start = 0.0
    for code, count in counts:
        if count:
            parts.append(Part(code, start, 100 * count / whole))
            start += parts[-1].size
    return tuple(parts)


def _changes(store: Store, filters: Filters, level: str) -> Mapping[str | None, Contrast]:
    """How shares differ from those of the time before, by code; nothing where no period is chosen."""
    if filters.from_ is None or filters.to is None:
        return {}
    found = compare(store, period_before(filters), filters, level=level, kinds=("reasons",), examples=0)
    return {each.code: each for each in found.items}


def _change_words(change: Contrast) -> str:
    if change.difference is None:
        return ""
    points = points_words(change.difference, 1)
    return points if change.beyond_chance else say("{change}، شاید اتفاقی", change=points)


def _texts_by_span(store: Store, filters: Filters, size: BucketSize) -> dict[str, int]:
    rows = compute_trend(store, "sentiment", bucket=size, calendar=calendar(), filters=filters)
    return {bucket: sum(row.n for row in found) for bucket, found in by_span(rows).items()}


def _polar_trend(store: Store, filters: Filters, size: BucketSize, level: str, polarity: str) -> list[TrendRow]:
    return compute_trend(store, "reasons", bucket=size, calendar=calendar(), level=level, polarity=(polarity,), filters=filters)


def _by_span(rows: Sequence[TrendRow], code: str) -> dict[str, int]:
    return {bucket: sum(row.n for row in found if row.code == code) for bucket, found in by_span(rows).items()}


def _cell(rows: Sequence[TrendRow], code: str, total: int) -> Cell:
    for row in rows:
        if row.code == code:
            return Cell(row.share, row.ci_low, row.ci_high)
    return Cell(0.0 if total else None)


def _driver_line(title: str, target: str, value: float | None, driver: Driver) -> DriverLine:
    def written(figure: float | None) -> str:
        return signed(figure, 1 if target == "nps" else 2)

    return DriverLine(
        title=title,
        value=number(value, 1 if target == "nps" else 2),
        effect=written(driver.effect),
        interval=span_words(written(driver.effect_low), written(driver.effect_high)),
    )
