"""Customers from one period to the next: how many were active, and how many of them came again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from voc.calendars import bucket_bounds, bucket_key, next_key
from voc.kpis.slices import Selects, Slices, filtered, with_relations
from voc.store.filters import Filters, where

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

Cell = tuple[str | None, str | None]

_SPLIT: Final = "CASE WHEN f.occurred_on < $split THEN 0 ELSE 1 END"


def count_customers(store: Selects, slices: Slices, filters: Filters) -> Mapping[Cell, Mapping[str, float]]:
    """By bucket and group, `active`: the customers of the bucket before, and `kept`: those of them who came in this one too.

    Without buckets the period is that from `from_` to `to`, and the one before is as long; nothing is counted without both.
    """
    if slices.size is None and not (filters.from_ and filters.to):
        return {}
    condition = where(_with_period_before(filters, slices))
    filtering, place = filtered(slices, condition, _SPLIT), slices.place_sql or _SPLIT
    by = f"{slices.group_sql}, " if slices.group_sql else ""
    visits = f"""
        SELECT {slices.shown_sql} AS grouped, {place} AS place, f.customer_id,
            min(f.occurred_on) AS day, min(f.occurred_hour) AS hour
        FROM {filtering.rows} WHERE {filtering.condition} AND f.customer_id IS NOT NULL
        GROUP BY {by}{place}, f.customer_id"""
    sql = f"""
        {with_relations({**filtering.relations, "visit": visits})}
        SELECT v.grouped, min(v.day), min(v.hour), count(*), count(n.place)
        FROM visit v LEFT JOIN visit n
        ON n.customer_id = v.customer_id AND n.place = v.place + 1 AND n.grouped IS NOT DISTINCT FROM v.grouped
        GROUP BY v.grouped, v.place HAVING {"TRUE" if slices.size else "v.place = 0"}"""
    split = {} if slices.size else {"split": filters.from_}
    rows = store.select(sql, {**condition.parameters, **slices.parameters, **split})
    return {
        (_next_bucket(day, hour, slices), group): {"active": float(active), "kept": float(kept)}
        for group, day, hour, active, kept in rows
    }


def _with_period_before(filters: Filters, slices: Slices) -> Filters:
    if filters.from_ is None:
        return filters
    if slices.size:
        start, _ = bucket_bounds(bucket_key(filters.from_, slices.size, slices.calendar, 0), slices.size, slices.calendar)
        before, _ = bucket_bounds(
            bucket_key(start - timedelta(days=1), slices.size, slices.calendar, 23), slices.size, slices.calendar
        )
        return replace(filters, from_=before)
    return replace(filters, from_=filters.from_ - (filters.to - filters.from_)) if filters.to else filters


def _next_bucket(day: object, hour: object, slices: Slices) -> str | None:
    if slices.size is None:
        return None
    return next_key(bucket_key(day, slices.size, slices.calendar, hour), slices.size, slices.calendar)
