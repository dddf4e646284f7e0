"""When the spans of figures begin and end, said so that a program can draw them: rows with a moment beside the bucket."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING, Any

from voc.calendars import BucketSize, Calendar, bucket_span
from voc.kpis import KpiRow
from voc.trends import TrendRow

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def begins_at(start: date | None, zone: tzinfo) -> datetime | None:
    """The moment at which a span begins by the clock of `zone`, of a day its midnight; None where time is not split."""
    if start is None:
        return None
    clock = start if isinstance(start, datetime) else datetime.combine(start, time())
    return clock.replace(tzinfo=zone)


def timed_trends(rows: Sequence[TrendRow], zone: tzinfo) -> list[dict[str, Any]]:
    """The rows as they are sent, each with the moment `time` at which its span begins."""
    names = _names(TrendRow)
    return [{name: getattr(row, name) for name in names} | {"time": begins_at(row.start, zone)} for row in rows]


def timed_kpis(rows: Sequence[KpiRow], size: BucketSize | None, calendar: Calendar, zone: tzinfo) -> list[dict[str, Any]]:
    """The same for KPIs, whose rows know their bucket alone: each gets its `start` and `end` as well."""
    names, sent = _names(KpiRow), []
    for row in rows:
        start, end = bucket_span(row.bucket, size, calendar) if row.bucket and size else (None, None)
        span = {"start": start, "end": end, "time": begins_at(start, zone)}
        sent.append({name: getattr(row, name) for name in names} | span)
    return sent


def _names(record: "type[DataclassInstance]") -> list[str]:
    return [field.name for field in fields(record)]
