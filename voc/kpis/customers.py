"""Customers from one period to the next: how many were active, and how many of them came again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from voc.calendars import bucket_bounds, bucket_key, next_key
from voc.kpis.slices import Selects, Slices, days_join
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
    place = slices.place_sql or _SPLIT
    tagging = " LEFT JOIN tagging t ON t.seq = f.seq" if condition.needs_tagging else ""
    sql = f"""
        SELECT grouped, min(day), min(hour), count(*), count(*) FILTER (WHERE following = place + 1)
        FROM (
            SELECT grouped, place, day, hour, lead(place) OVER (PARTITION BY grouped, customer ORDER BY place) AS following
            FROM (
                SELECT {slices.group_sql or "CAST(NULL AS VARCHAR)"} AS grouped, {place} AS place, f.customer_id AS customer,
                    min(f.occurred_on) AS day, min(f.occurred_hour) AS hour
                FROM feedback f{slices.joins}{tagging}{days_join(place)}
                WHERE {condition.sql} AND f.customer_id IS NOT NULL AND f.occurred_on IS NOT NULL
                GROUP BY 1, 2, 3
            ) visits
        ) followed GROUP BY grouped, place HAVING {"place = 0" if slices.size is None else "TRUE"}"""
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
    return next_key(bucket_key(day, slices.size, slices.calendar, hour), slices.size, slices.calendar)  # type: ignore[arg-type]
