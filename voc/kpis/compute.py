"""KPIs over the stored rows: one query counts for all that are asked for, in every bucket and group; the rest is arithmetic."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from voc.calendars import BucketSize, Calendar, bucket_bounds
from voc.kpis.catalogue import get_kpi
from voc.kpis.customers import Cell, count_customers
from voc.kpis.kpi import Counts, Estimate, Kpi, KpiRow, NullReason, count_if
from voc.kpis.options import KpiOptions
from voc.kpis.relation import FIELDS, joins_for, relations_in
from voc.kpis.scorecard import SCORECARD, score
from voc.kpis.setting import Setting
from voc.kpis.slices import (
    OF_AGENTS,
    OF_MENTIONS,
    Part,
    Selects,
    Slices,
    buckets_between,
    counting_query,
    groups_of,
    read_counted,
    slice_rows,
)
from voc.store.filters import Filters, where

_ROWS: Final = "count(*)"
_PERIOD: Final = ("from", "to")
_WHOLE: Final = (None, None)
_NAMES: Final = re.compile(r"[a-z_]+")


def compute_kpis(
    store: Selects,
    names: Sequence[str],
    *,
    bucket: BucketSize | None = None,
    calendar: Calendar = "jalali",
    group: str | None = None,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    min_n: int = 1,
    setting: Setting = Setting(),  # noqa: B008  a frozen value
) -> list[KpiRow]:
    """The KPIs by name, then bucket, then group; a row for every bucket from the first to the last and every group.

    `group` is one of `slices.GROUPS` or `attr.NAME`. A value that rests on fewer than `min_n` rows is withheld. Rows without
    a day are in no bucket. For agents, by group or filter, `min_n` is at least that of the setting, and of rows even where a
    KPI counts turns. Raises InputError for a name, bucket, calendar, group or filter that is not known.
    """
    asked = tuple(get_kpi(name) for name in dict.fromkeys(names))
    slices = slice_rows(bucket, calendar, group, filters.polarity)
    if not asked:
        return []
    if _of_agents(slices, filters):
        min_n = max(min_n, setting.agent_min_n)
    scored = tuple(get_kpi(name) for name in setting.targets) if SCORECARD in asked else ()
    counted = _count(store, (*asked, *scored), slices, filters, setting)
    return [
        row
        for kpi in asked
        for row in (
            _scored(counted, min_n, setting, filters)
            if kpi is SCORECARD
            else _ranked(_figures(kpi, counted, min_n, setting, filters), kpi, slices)
        )
    ]


def counts_behind(
    store: Selects,
    name: str,
    *,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    setting: Setting = Setting(),  # noqa: B008  a frozen value
) -> dict[str, float]:
    """The numbers that the formula of a KPI names: counts over all rows that pass the filters, NaN where there is nothing to
    count, and numbers of the options.

    None at all where they are an agent's and their KPI is withheld. Raises InputError for a name or filter that is not known.
    """
    kpi = get_kpi(name)
    counted = _count(store, (kpi,), slice_rows(None, "jalali", None), filters, setting)
    if filters.agent and any(row.value is None for row in _figures(kpi, counted, setting.agent_min_n, setting, filters)):
        return {}
    rows = counted.rows.get(_WHOLE, dict.fromkeys(_aggregates((kpi,)), 0.0))
    named = set(_NAMES.findall(kpi.formula))
    numbers = {**setting.options.numbers, **_counts_of(kpi, counted, _WHOLE, rows)}
    return {each: number for each, number in numbers.items() if each in named}


def null_reason(
    estimate: Estimate, *, rows: float, rows_with_fields: float, min_n: int, open_rows: float = 0
) -> NullReason | None:
    """Why there is no value to show; None where there is one."""
    if rows and not rows_with_fields:
        return "field_missing"
    if not estimate.n and open_rows:
        return "window_open"
    if not estimate.n or estimate.value is None:
        return "no_rows"
    return "below_min_n" if estimate.n < min_n else None


@dataclass(frozen=True, slots=True)
class _Tally:
    """Rows and customers by bucket and group, and all rows by bucket alone; `cells` are the answer's, in order."""

    slices: Slices
    cells: Sequence[Cell]
    rows: Mapping[Cell, Counts]
    of_all: Mapping[str | None, Counts]
    customers: Mapping[Cell, Counts]


def _count(store: Selects, kpis: Sequence[Kpi], slices: Slices, filters: Filters, setting: Setting) -> _Tally:
    rows = _count_rows(store, kpis, slices, filters, setting)
    of_all: dict[str | None, Counts] = {}
    if slices.group in OF_MENTIONS and (among_all := [kpi for kpi in kpis if kpi.of_all]):
        whole = _count_rows(store, among_all, slices.without_group, filters, setting)
        of_all = {bucket: counts for (bucket, _), counts in whole.items()}
    among_customers = any(kpi.over == "customers" for kpi in kpis)
    groups = groups_of(group for _, group in rows) if slices.group_sql else (None,)
    buckets = buckets_between((bucket for bucket, _ in rows), slices, len(groups) * len(kpis))
    return _Tally(
        slices,
        [(bucket, group) for bucket in buckets for group in groups],
        rows,
        of_all,
        count_customers(store, slices, filters) if among_customers else {},
    )


def _count_rows(store: Selects, kpis: Iterable[Kpi], slices: Slices, filters: Filters, setting: Setting) -> dict[Cell, Counts]:
    aggregates, condition = _aggregates(kpis), where(filters)
    sql = counting_query(slices, condition, _parts(aggregates, setting.options, slices.group))
    parameters = {**condition.parameters, **slices.parameters, **setting.options.parameters_in(sql, setting.now)}
    counted = read_counted(store.select(sql, parameters), slices)
    return {(each.bucket, each.group): dict(zip(aggregates, each.counts, strict=True)) for each in counted}


def _parts(aggregates: Sequence[str], options: KpiOptions, group: str | None) -> list[Part]:
    """A part for each set of relations that aggregates look at."""
    relations = {aggregate: relations_in(aggregate) for aggregate in aggregates}
    return [
        Part(
            counted := [each if relations[each] == looked_at else "0" for each in aggregates],
            joins_for(" ".join(counted), options, group),
        )
        for looked_at in dict.fromkeys(relations.values())
    ]


def _aggregates(kpis: Iterable[Kpi]) -> tuple[str, ...]:
    """What the database counts, each once, whatever number of KPIs ask for it."""
    counts = (
        aggregate
        for kpi in kpis
        for aggregate in (_rows_with(kpi.needs), *map(_rows_with_one, kpi.needs), *_row_counts(kpi).values())
    )
    return tuple(dict.fromkeys((_ROWS, *counts)))


def _row_counts(kpi: Kpi) -> Mapping[str, str]:
    return kpi.counts if kpi.over == "rows" else {}


def _rows_with(fields: Sequence[str]) -> str:
    return count_if(" AND ".join(FIELDS[name] for name in fields) or "TRUE")


def _rows_with_one(name: str) -> str:
    return _rows_with((name,))


def _figures(kpi: Kpi, counted: _Tally, min_n: int, setting: Setting, filters: Filters) -> Iterator[KpiRow]:
    nothing, numbers, with_fields = dict.fromkeys(_aggregates((kpi,)), 0.0), setting.options.numbers, _rows_with(kpi.needs)
    for bucket, group in counted.cells:
        cell = counted.rows.get((bucket, group), nothing)
        counts = _counts_of(kpi, counted, (bucket, group), cell)
        estimate = kpi.compute({**numbers, **counts})
        open_rows = counts.get("open", 0.0)
        if kpi.over == "customers" and not _is_over(bucket, counted.slices, filters, setting):
            estimate, open_rows = Estimate(None, None, None, 0), estimate.n
        reason = null_reason(estimate, rows=cell[_ROWS], rows_with_fields=cell[with_fields], open_rows=open_rows, min_n=min_n)
        if not reason and _rests_on_few(kpi, counted, (bucket, group), min_n, filters):
            reason = "below_min_n"
        missing = tuple(name for name in kpi.needs if not cell[_rows_with_one(name)]) if reason == "field_missing" else ()
        if (
            reason == "no_rows"
            and cell[_ROWS]
            and kpi.over == "customers"
            and not counted.slices.size
            and not (filters.from_ and filters.to)
        ):
            reason, missing = "field_missing", _PERIOD
        yield _row(kpi, estimate, reason, bucket, group, missing, setting)


def _of_agents(slices: Slices, filters: Filters) -> bool:
    return slices.group in OF_AGENTS or bool(filters.agent)


def _rests_on_few(kpi: Kpi, counted: _Tally, cell: Cell, min_n: int, filters: Filters) -> bool:
    """Whether an agent's figure has fewer rows than are needed, for its `n` may be turns, many in a row."""
    if kpi.over != "rows" or not _of_agents(counted.slices, filters):
        return False
    rows = counted.rows.get(cell, {})
    among = counted.of_all.get(cell[0], rows) if kpi.of_all else rows
    return among.get(_rows_with(kpi.needs), 0.0) < min_n


def _counts_of(kpi: Kpi, counted: _Tally, cell: Cell, rows: Counts) -> Counts:
    if kpi.over != "rows":
        found = counted.customers.get(cell, {})
        return {name: found.get(count, 0.0) for name, count in kpi.counts.items()}
    of_all = counted.of_all.get(cell[0], rows)
    return {name: (of_all if name in kpi.of_all else rows)[aggregate] for name, aggregate in kpi.counts.items()}


def _is_over(bucket: str | None, slices: Slices, filters: Filters, setting: Setting) -> bool:
    """Whether customers can no longer come again in this bucket; one that the filters cut short never ends.

    Days that were chosen are over on the last of them, for «the last 30 days» are asked for by the day.
    """
    today = setting.now.date() if setting.now else date.max
    if not bucket or not slices.size:
        return not filters.to or filters.to - timedelta(days=1) <= today
    _, end = bucket_bounds(bucket, slices.size, slices.calendar)
    return end <= min(filters.to or end, today)


def _row(
    kpi: Kpi,
    estimate: Estimate,
    reason: NullReason | None,
    bucket: str | None,
    group: str | None,
    missing: tuple[str, ...],
    setting: Setting,
) -> KpiRow:
    value, low, high = (None, None, None) if reason else (estimate.value, estimate.ci_low, estimate.ci_high)
    target = setting.targets.get(kpi.name)
    reached = None
    if target and value is not None:
        reached = kpi.merit(value) >= kpi.merit(target.value)
    return KpiRow(
        kpi.name, value, estimate.n, low, high, kpi.unit, kpi.method, reason, bucket, group, missing,
        target=target.value if target else None, on_target=reached, model_error=setting.model_errors.get(kpi.name),
    )  # fmt: skip


def _scored(counted: _Tally, min_n: int, setting: Setting, filters: Filters) -> Iterator[KpiRow]:
    by_cell: dict[Cell, list[KpiRow]] = {cell: [] for cell in counted.cells}
    for name in setting.targets:
        for row in _figures(get_kpi(name), counted, 1, setting, filters):
            by_cell[row.bucket, row.group].append(row)
    for cell, rows in by_cell.items():
        estimate = score(rows, setting.targets)
        reason = null_reason(
            estimate,
            rows=counted.rows.get(cell, {}).get(_ROWS, 0.0),
            rows_with_fields=len(setting.targets),
            min_n=min_n,
        )
        shown = [get_kpi(row.name) for row in rows if row.value is not None]
        if not reason and any(_rests_on_few(kpi, counted, cell, min_n, filters) for kpi in shown):
            reason = "below_min_n"
        yield _row(SCORECARD, estimate, reason, *cell, () if setting.targets else ("VOC_TARGETS",), setting)


def _ranked(rows: Iterable[KpiRow], kpi: Kpi, slices: Slices) -> list[KpiRow]:
    """The rows with their place among the groups of their bucket, equal values in one place."""
    if not slices.group_sql:
        return list(rows)
    ranked: list[KpiRow] = []
    for _, in_bucket in groupby(rows, key=lambda row: row.bucket):
        together = list(in_bucket)
        merits = sorted((kpi.merit(row.value) for row in together if row.value is not None), reverse=True)
        places = dict[float, int]()
        for place, merit in enumerate(merits, 1):
            places.setdefault(merit, place)
        ranked += [row if row.value is None else replace(row, rank=places[kpi.merit(row.value)]) for row in together]
    return ranked
