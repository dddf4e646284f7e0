"""The time before a time, as long as it, and the latest time that there is anything of."""

from dataclasses import replace
from datetime import date, timedelta

from voc.errors import InputError
from voc.kpis.slices import Selects
from voc.store.filters import Filters, where


def period_before(filters: Filters) -> Filters:
    """The same filters over the equally long time right before. Raises InputError where `from_` or `to` is not given."""
    if filters.from_ is None or filters.to is None:
        raise InputError(
            "from, to: both are needed to compare with the time before; for segments, give filters of either side.",
            field="from",
        )
    return replace(filters, from_=filters.from_ - (filters.to - filters.from_), to=filters.from_)


def last_days(store: Selects, filters: Filters, days: int) -> Filters | None:
    """The filters narrowed to the last so many days up to the last one with a tagged row; None without such a row."""
    condition = where(filters)
    sql = f"SELECT max(f.occurred_on) FROM feedback f JOIN tagging t ON t.seq = f.seq WHERE {condition.sql}"  # noqa: S608  our own words
    ((last,),) = store.select(sql, condition.parameters)
    if not isinstance(last, date):
        return None
    return replace(filters, from_=last - timedelta(days=days - 1), to=last + timedelta(days=1))
