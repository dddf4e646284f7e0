"""What the first page shows, worked out from the same KPIs and trends that the API gives: figures and sentiment by time.

Nothing is computed here that a caller of /v1/kpis and /v1/trends (`bucket=none`) could not get: this only chooses, and puts it
into words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from api import titles
from api.changes import figure_changes
from api.charts import BUCKET_TITLES, Cell, ChartRow, chart_row, in_fitting_spans
from api.numerals import MISSING
from api.tongue import calendar, number, percent, points_words, say, signed, span_words
from voc.calendars import BucketSize
from voc.kpis import KpiRow, Setting, compute_kpis, get_kpi
from voc.kpis.kpi import NETS, Estimate
from voc.store import Filters, Store
from voc.trends import TrendRow, compute_trend

FIGURES_SHOWN: Final = 6
LINE_BOX: Final = (100, 24)
LINE_SPANS: Final[tuple[BucketSize, ...]] = ("month", "week")
ENOUGH_POINTS: Final = 5
LEAST_POINTS: Final = 3
MOST_POINTS: Final = 24
FIRST_CHOICE: Final = ("text_sentiment_net", "nps", "csat_top2", "text_effort_share", "text_churn")
FROM_SURVEY: Final = frozenset({"nps", "csat_top2"})
SECOND_CHOICE: Final = ("ces_mean", "text_resolution", "text_advocacy", "text_delight")
SENTIMENTS: Final = ("negative", "mixed", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it rests on; `missing` where there is none to show.

    `change` says how it differs from the time before, empty where no time is chosen. `line` are the points of the small line
    that it drew over time, in a box of `LINE_BOX`; empty with fewer than three.
    """

    title: str
    definition: str
    value: str
    unit: str
    basis: str
    missing: bool = False
    change: str = ""
    line: str = ""


def count_rows(store: Store, filters: Filters) -> int:
    """How many texts there are."""
    return _total(store, "volume", filters)


def count_tagged(store: Store, filters: Filters) -> int:
    """How many of them have been read by the tagger."""
    return _total(store, "sentiment", filters)


def list_figures(store: Store, filters: Filters, setting: Setting, volume: int, tagged: int) -> list[Figure]:
    """The volume and the five most telling KPIs; a survey's that no file has gives way to the next that has a value."""
    rows = compute_kpis(store, (*FIRST_CHOICE, *SECOND_CHOICE), filters=filters, setting=setting)
    first = [row for row in rows if row.name in FIRST_CHOICE and (row.value is not None or row.name not in FROM_SURVEY)]
    second = [row for row in rows if row.name in SECOND_CHOICE and row.value is not None]
    chosen = (first + second)[: FIGURES_SHOWN - 1]
    read = say("همه خوانده شد") if tagged == volume else say("{count} خوانده شد", count=number(tagged))
    changes, lines = figure_changes(store, filters, setting, chosen), _small_lines(store, filters, setting, chosen)
    figures = [
        replace(_figure(row, tagged), change=_change_words(changes.get(row.name), row.unit), line=lines.get(row.name, ""))
        for row in chosen
    ]
    return [Figure(say("نظرها"), "", number(volume), "", read), *figures]


def list_trend(store: Store, filters: Filters) -> tuple[str, list[ChartRow]]:
    """The shares of the sentiments in spans of time, none in one without texts; and what the span is called."""
    size, spans = in_fitting_spans(
        lambda size: compute_trend(store, "sentiment", bucket=size, calendar=calendar(), filters=filters)
    )
    return say(BUCKET_TITLES[size]), [_moods(rows) for rows in spans.values()]


def _total(store: Store, measure: str, filters: Filters) -> int:
    return sum(row.n for row in compute_trend(store, measure, bucket=None, filters=filters))


def _figure(row: KpiRow, tagged: int) -> Figure:
    kpi = get_kpi(row.name)
    title, definition = titles.kpi_title(kpi), titles.kpi_definition(kpi)
    if row.value is None:
        reason = titles.null_title(row.null_reason) if tagged else say(titles.NOT_READ_YET)
        return Figure(title, definition, MISSING, "", reason, missing=True)
    basis = say("از {count} نظر", count=number(row.n))
    if row.ci_low is not None:
        basis = f"{span_words(_written(row.ci_low, row.unit), _written(row.ci_high, row.unit))} · {basis}"
    return Figure(title, definition, _written(row.value, row.unit), titles.unit_title(row.unit), basis)


def _change_words(change: Estimate | None, unit: str) -> str:
    if change is None or change.value is None or change.ci_low is None or change.ci_high is None:
        return ""
    points = points_words(change.value) if unit == "share" else signed(change.value, 0 if unit in NETS else 1)
    told = say("{points} نسبت به دورهٔ پیش", points=points)
    return told if change.ci_low > 0 or change.ci_high < 0 else say("{change}، شاید اتفاقی", change=told)


def _small_lines(store: Store, filters: Filters, setting: Setting, rows: Sequence[KpiRow]) -> dict[str, str]:
    """The points of each KPI's small line over months, or weeks where there are few months."""
    names = [row.name for row in rows if row.value is not None]
    for size in LINE_SPANS:
        series: dict[str, list[float]] = {name: [] for name in names}
        for row in compute_kpis(store, names, bucket=size, calendar=calendar(), filters=filters, setting=setting):
            if row.value is not None:
                series[row.name].append(row.value)
        if any(len(values) >= ENOUGH_POINTS for values in series.values()):
            return {name: _points(values[-MOST_POINTS:]) for name, values in series.items() if len(values) >= LEAST_POINTS}
    return {}


def _points(values: Sequence[float]) -> str:
    """Values from left to right as the points of an SVG line."""
    low, high = min(values), max(values)
    width, height = LINE_BOX
    step, scale = width / (len(values) - 1), (height - 2) / (high - low or 1)
    return " ".join(f"{place * step:.1f},{height - 1 - (value - low) * scale:.1f}" for place, value in enumerate(values))


def _written(value: float | None, unit: str) -> str:
    if unit == "share":
        return percent(value)
    return signed(value) if unit in NETS else number(value, 1)


def _moods(rows: Sequence[TrendRow]) -> ChartRow:
    n = sum(row.n for row in rows)
    found = {row.code: row.share for row in rows if row.code}
    return chart_row(rows[0], n, [Cell(found.get(code, 0.0) if n else None) for code in SENTIMENTS])
