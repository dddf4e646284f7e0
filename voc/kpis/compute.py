"""KPIs over the stored rows: one query counts for all that are asked for, in every bucket and group; the rest is arithmetic."""

from collections.abc import Iterator, Sequence
from typing import Final

from voc.calendars import BucketSize, Calendar
from voc.errors import InputError
from voc.kpis.contact import CONTACT_KPIS
from voc.kpis.from_text import TEXT_KPIS
from voc.kpis.kpi import Estimate, Kpi, KpiRow, NullReason, count_if
from voc.kpis.relation import FIELDS, joins_for
from voc.kpis.slices import Counted, Selects, Slices, buckets_between, counting_query, groups_of, read_counted, slice_rows
from voc.kpis.survey import SURVEY_KPIS
from voc.store.filters import Filters, where

KPIS: Final[tuple[Kpi, ...]] = (*SURVEY_KPIS, *CONTACT_KPIS, *TEXT_KPIS)
"""All KPIs. The API, the page and the docs are made from this tuple."""

_ROWS: Final = "count(*)"


def get_kpi(name: str) -> Kpi:
    """The KPI with this name. Raises InputError, which lists the names, where there is none."""
    for kpi in KPIS:
        if kpi.name == name:
            return kpi
    raise InputError(f"There is no KPI {name!r}.", field="names", options=tuple(kpi.name for kpi in KPIS))


def compute_kpis(
    store: Selects,
    names: Sequence[str],
    *,
    bucket: BucketSize | None = None,
    calendar: Calendar = "jalali",
    group: str | None = None,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    min_n: int = 1,
) -> list[KpiRow]:
    """The KPIs by name, then bucket, then group; a row for every bucket from the first to the last and every group.

    `group` is one of `slices.GROUPS` or `attr.NAME`. A value that rests on fewer than `min_n` rows is withheld. Rows without
    a day are in no bucket. Raises InputError for a name, bucket, calendar, group or filter that is not known.
    """
    kpis = tuple(get_kpi(name) for name in dict.fromkeys(names))
    slices = slice_rows(bucket, calendar, group)
    found = _count(store, kpis, slices, filters) if kpis else []
    return list(_figures(kpis, slices, found, min_n))


def null_reason(estimate: Estimate, *, rows: float, rows_with_fields: float, min_n: int) -> NullReason | None:
    """Why there is no value to show; None where there is one."""
    if rows and not rows_with_fields:
        return "field_missing"
    if not estimate.n or estimate.value is None:
        return "no_rows"
    return "below_min_n" if estimate.n < min_n else None


def _count(store: Selects, kpis: Sequence[Kpi], slices: Slices, filters: Filters) -> list[Counted]:
    condition = where(filters)
    needs = {field for kpi in kpis for field in kpi.needs}
    joins = joins_for(needs, needs_tagging=condition.needs_tagging)
    sql = counting_query(slices, condition, _aggregates(kpis), joins)
    return read_counted(store.select(sql, {**condition.parameters, **slices.parameters}), slices)


def _figures(kpis: Sequence[Kpi], slices: Slices, found: Sequence[Counted], min_n: int) -> Iterator[KpiRow]:
    aggregates = _aggregates(kpis)
    cells = {(each.bucket, each.group): dict(zip(aggregates, each.counts, strict=True)) for each in found}
    groups = groups_of(found) if slices.group_sql else (None,)
    buckets = buckets_between(found, slices, len(groups) * len(kpis))
    nothing = dict.fromkeys(aggregates, 0.0)
    for kpi in kpis:
        for bucket in buckets:
            for group in groups:
                yield _figure(kpi, cells.get((bucket, group), nothing), bucket, group, min_n)


def _figure(kpi: Kpi, counted: dict[str, float], bucket: str | None, group: str | None, min_n: int) -> KpiRow:
    estimate = kpi.compute({name: counted[aggregate] for name, aggregate in kpi.counts.items()})
    reason = null_reason(estimate, rows=counted[_ROWS], rows_with_fields=counted[_rows_with_fields(kpi)], min_n=min_n)
    value, low, high = (None, None, None) if reason else (estimate.value, estimate.ci_low, estimate.ci_high)
    return KpiRow(kpi.name, value, estimate.n, low, high, kpi.unit, kpi.method, reason, bucket, group)


def _aggregates(kpis: Sequence[Kpi]) -> tuple[str, ...]:
    """What the database counts, each once, whatever number of KPIs ask for it."""
    counts = (aggregate for kpi in kpis for aggregate in (_rows_with_fields(kpi), *kpi.counts.values()))
    return tuple(dict.fromkeys((_ROWS, *counts)))


def _rows_with_fields(kpi: Kpi) -> str:
    return count_if(" AND ".join(FIELDS[field] for field in kpi.needs))
