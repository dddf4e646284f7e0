"""What the pages of the KPIs say: all of them by what they are about, and one with the arithmetic behind it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api import titles
from api.charts import Cell, ChartRow, chart_row
from api.numerals import MISSING
from api.tongue import calendar, digits, duration, number, percent, say, signed, span_words
from voc.calendars import BucketSize
from voc.kpis import Kpi, KpiRow, Setting, compute_kpis, counts_behind, get_kpi
from voc.kpis.contact import CONTACT_KPIS
from voc.kpis.conversations import CONVERSATION_KPIS
from voc.kpis.from_text import TEXT_KPIS
from voc.kpis.kpi import NETS
from voc.kpis.money import MONEY_KPIS
from voc.kpis.scorecard import SCORECARD
from voc.kpis.staying import STAYING_KPIS
from voc.kpis.survey import SURVEY_KPIS
from voc.kpis.times import TIME_KPIS
from voc.store import Filters, Store
from voc.trends import compute_trend

SECTIONS: Final[Mapping[str, Sequence[Kpi]]] = {
    "از خود نوشته‌ها": TEXT_KPIS,
    "از نظرسنجی": SURVEY_KPIS,
    "از گفت‌وگوها": CONVERSATION_KPIS,
    "ماندن مشتری": STAYING_KPIS,
    "کار مرکز تماس": CONTACT_KPIS,
    "زمان‌ها": TIME_KPIS,
    "پول": MONEY_KPIS,
    "کارنامه": (SCORECARD,),
}
METHODS: Final[Mapping[str, str]] = {
    "adjusted_wald": "والد اصلاح‌شده (Rocks ۲۰۱۶)",
    "wilson": "ویلسون",
    "t": "تی استیودنت",
    "trinomial": "سه‌جمله‌ای",
    "bootstrap": "بوت‌استرپ",
    "ratio": "نسبت دو میانگین",
    "difference": "تفاوت دو میانگین",
    "newcombe": "نیوکامب",
    "none": "بی بازه",
}
SPANS: Final[Mapping[BucketSize, str]] = {"day": "روز", "week": "هفته", "month": "ماه", "quarter": "فصل"}
GROUPS: Final[Mapping[str, str]] = {"channel": "کانال", "agent": "کارشناس"}
GROUPS_SHOWN: Final = 15
MOST_DECIMALS: Final = 4  # of a number in a formula: a sum of floats has some that nobody put in
CHART_UNITS: Final[Mapping[str, str]] = {"share": "share", **dict.fromkeys(NETS, "points")}
_WORD: Final = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class KpiLine:
    """A KPI's value with what it rests on, in words; where there is none, `why` says what would give one."""

    name: str
    title: str
    value: str
    interval: str
    n: int
    why: str = ""
    target: str = ""
    on_target: bool | None = None


def list_sections(store: Store, filters: Filters, setting: Setting) -> list[tuple[str, list[KpiLine], list[KpiLine]]]:
    """By title of a section, the KPIs that have a value and those that have none."""
    names = [kpi.name for kpis in SECTIONS.values() for kpi in kpis]
    rows = {row.name: line_of(row) for row in compute_kpis(store, names, filters=filters, setting=setting)}
    sections = {say(title): [rows[kpi.name] for kpi in kpis] for title, kpis in SECTIONS.items()}
    return [
        (title, [line for line in lines if not line.why], [line for line in lines if line.why])
        for title, lines in sections.items()
    ]


def line_of(row: KpiRow) -> KpiLine:
    """A row in words."""
    return KpiLine(
        name=row.name,
        title=titles.kpi_title(get_kpi(row.name)),
        value=written(row.value, row.unit),
        interval=span_words(written(row.ci_low, row.unit), written(row.ci_high, row.unit)) if row.ci_low is not None else "",
        n=row.n,
        why=_why(row),
        target=written(row.target, row.unit) if row.target is not None else "",
        on_target=row.on_target,
    )


def list_over_time(store: Store, name: str, size: BucketSize, filters: Filters, setting: Setting) -> list[ChartRow]:
    """A KPI by spans of time, with its interval."""
    rows = compute_kpis(store, (name,), bucket=size, calendar=calendar(), filters=filters, setting=setting)
    spans = {row.bucket: row for row in compute_trend(store, "volume", bucket=size, calendar=calendar(), filters=filters)}
    return [
        chart_row(spans[row.bucket], row.n, [Cell(row.value, row.ci_low, row.ci_high)]) for row in rows if row.bucket in spans
    ]


def list_groups(store: Store, name: str, group: str, filters: Filters, setting: Setting) -> list[tuple[str, KpiLine]]:
    """A KPI by group, the groups with most rows first; those without a value are left out."""
    rows = compute_kpis(store, (name,), group=group, filters=filters, setting=setting)
    known = sorted((row for row in rows if row.group and row.value is not None), key=lambda row: -row.n)
    return [(row.group or "", line_of(row)) for row in known[:GROUPS_SHOWN]]


def filled_formula(store: Store, kpi: Kpi, filters: Filters, setting: Setting) -> str:
    """The formula of a KPI with the actual numbers in place of their names, where it is one of counts and set shares alone."""
    counts = counts_behind(store, kpi.name, filters=filters, setting=setting)
    names = set(_WORD.findall(kpi.formula))
    if not counts or names - set(counts) or any(map(math.isnan, counts.values())):
        return ""
    filled = _WORD.sub(lambda name: _unrounded(counts[name.group()]), kpi.formula)
    return digits(filled.replace("·", " × "))  # beside Persian digits a dot reads as a nought


def written(value: float | None, unit: str) -> str:
    """A value with its unit."""
    if value is None:
        return MISSING
    if unit == "share":
        return percent(value)
    if unit in NETS:
        return signed(value)
    if unit == "seconds":
        return duration(value)
    return f"{number(value, 1)} {titles.unit_title(unit)}".strip()


def _unrounded(count: float) -> str:
    decimals = f"{count:.{MOST_DECIMALS}f}".rstrip("0").partition(".")[2]
    return number(count, len(decimals))


def _why(row: KpiRow) -> str:
    if row.value is not None:
        return ""
    if row.missing:
        return say("لازم است: {fields}", fields=titles.list_needs(row.missing))
    return titles.null_title(row.null_reason)
