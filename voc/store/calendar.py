"""The calendar table: every day of five decades, and every other day that a row has, so that grouping never misses one."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Final

from voc.calendars import calendar_row, usual_days
from voc.store.database import Session

_COLUMNS: Final = ("day", "week_start", "jalali_year", "jalali_month", "jalali_day", "jalali_week_year", "jalali_week")
_UNKNOWN: Final = (
    "SELECT DISTINCT occurred_on FROM feedback WHERE (occurred_on < $first OR occurred_on > $last)"
    " AND occurred_on NOT IN (SELECT day FROM calendar)"
)


def fill_calendar(session: Session) -> None:
    """Add the usual days that the table lacks: all, or those that an earlier release did not count among them."""
    known = {day for (day,) in session.query("SELECT day FROM calendar")}
    lacking = [day for day in usual_days() if day not in known]
    if lacking:
        session.insert("calendar", _columns_of(lacking) if known else _usual_columns())


def learn_days(session: Session) -> None:
    """Add the days of stored rows that the table lacks."""
    usual = usual_days()
    unknown = [day for (day,) in session.query(_UNKNOWN, {"first": usual[0], "last": usual[-1]})]
    if unknown:
        session.insert("calendar", _columns_of(unknown))


@cache
def _usual_columns() -> dict[str, tuple[object, ...]]:
    """Kept, because it takes a quarter of a second and tests open many databases."""
    return _columns_of(usual_days())


def _columns_of(days: Iterable[date]) -> dict[str, tuple[object, ...]]:
    return dict(zip(_COLUMNS, zip(*map(calendar_row, days), strict=True), strict=True))
