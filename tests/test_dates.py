"""Moments in both calendars: what is read, to the minute, and what is refused, by its code."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.calendars import to_jalali
from voc.ingest.dates import has_time_of_day, parse_clock, parse_moment
from voc.ingest.refusal import RefusalError

TEHRAN = ZoneInfo("Asia/Tehran")


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("۱۴۰۲/۱۲/۱۱", "2024-03-01"),
        ("1402-12-11", "2024-03-01"),
        ("1402/12/1", "2024-02-20"),
        ("٢٠٢٤/٠٢/٢٨", "2024-02-28"),
        (14001124, "2022-02-13"),
        (14001124.0, "2022-02-13"),
        ("14001124", "2022-02-13"),
        ("14001124.0", "2022-02-13"),
        ("۲۳ شهریور ۱۴۰۲", "2023-09-14"),
        ("23 شهريور 1402", "2023-09-14"),
        ("سه‌شنبه، ۷ فروردین ۱۴۰۳", "2024-03-26"),
        ("جمعه 30 اسفند ماه سال 1403", "2025-03-20"),
        ("1403/12/30", "2025-03-20"),
        ("2024/02/28", "2024-02-28"),
        ("2024-02-29", "2024-02-29"),
        (20240228, "2024-02-28"),
        ("28.02.2024", "2024-02-28"),
        ("02/28/2024", "2024-02-28"),
        ("05/05/2024", "2024-05-05"),
        ("Sep 23, 2023", "2023-09-23"),
        ("23rd of September 2023", "2023-09-23"),
        ("۲۸ فوریهٔ ۲۰۲۴", "2024-02-28"),
        ("\u200f۱۴۰۲/۱۲/۱۱\u200f", "2024-03-01"),
        (45350, "2024-02-28"),
        ("45350", "2024-02-28"),
        (date(2024, 2, 28), "2024-02-28"),
        (datetime(1402, 12, 11), "2024-03-01"),
        ("2022-03-22", "2022-03-22"),
    ],
)
def test_a_day_is_its_first_moment_in_the_zone(value: object, day: str) -> None:
    moment = parse_moment(value, TEHRAN)
    assert moment is not None
    assert moment.utcoffset() is not None
    assert moment.strftime("%Y-%m-%d %H:%M:%S") == f"{day} 00:00:00"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("شنبه ۲۵ شهریور ۱۴۰۲ ساعت ۱۴:۳۵", "2023-09-16 14:35:00+03:30"),
        ("14:35 1402/06/23", "2023-09-14 14:35:00+03:30"),
        ("۱۴:۳۵ - ۱۴۰۲/۰۶/۲۳", "2023-09-14 14:35:00+03:30"),
        ("1402/06/23 - 02:35 ب.ظ", "2023-09-14 14:35:00+03:30"),
        ("1402/06/23 ۱۲:۰۵ ق.ظ", "2023-09-14 00:05:00+03:30"),
        ("1402-12-11T10:00:00", "2024-03-01 10:00:00+03:30"),
        ("2024-02-28 10:11", "2024-02-28 10:11:00+03:30"),
        ("2024-02-28T10:11:12.123456Z", "2024-02-28 13:41:12.123456+03:30"),
        ("2024-02-28T10:11:12.123456789+00:00", "2024-02-28 13:41:12.123456+03:30"),
        ("2024-02-28T10:11:12+0330", "2024-02-28 10:11:12+03:30"),
        ("2024-02-28 01:11:12-05:00", "2024-02-28 09:41:12+03:30"),
        ("2024/02/28 10:11:12 AM GMT+3:30", "2024-02-28 10:11:12+03:30"),
        ("20240228T101112Z", "2024-02-28 13:41:12+03:30"),
        ("Wed Feb 28 2024 10:12:13 GMT+0330 (Iran Standard Time)", "2024-02-28 10:12:13+03:30"),
        ("Wed, 28 Feb 2024 10:12:13 +0330", "2024-02-28 10:12:13+03:30"),
        ("September 23rd, 2023 5:07 PM", "2023-09-23 17:07:00+03:30"),
        (20230102101112, "2023-01-02 10:11:12+03:30"),
        (1709114400, "2024-02-28 13:30:00+03:30"),
        ("1709114400123", "2024-02-28 13:30:00.123000+03:30"),
        (45350.5, "2024-02-28 12:00:00+03:30"),
        (datetime(2024, 2, 28, 9, 5), "2024-02-28 09:05:00+03:30"),
        (datetime(2024, 2, 28, 9, 5, tzinfo=UTC), "2024-02-28 12:35:00+03:30"),
        (datetime(2024, 2, 28, 9, 5, tzinfo=timezone(timedelta(hours=1))), "2024-02-28 11:35:00+03:30"),
        ("2021-07-01 12:00", "2021-07-01 12:00:00+04:30"),
    ],
)
def test_a_moment_keeps_its_time_and_its_zone(value: object, moment: str) -> None:
    assert str(parse_moment(value, TEHRAN)) == moment
    assert has_time_of_day(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("03/04/2024", "ambiguous_date"),
        ("۰۳.۰۴.۲۰۲۴", "ambiguous_date"),
        ("11/12/1402", "ambiguous_date"),
        ("02/12/11", "two_digit_year"),
        ("۲۳ شهریور ۰۲", "two_digit_year"),
        ("۱۴۰۲/۱۳/۰۱", "bad_date"),
        ("1403/12/31", "bad_date"),
        ("1402/12/30", "bad_date"),
        ("1402/07/31", "bad_date"),
        ("2023-02-29", "bad_date"),
        ("2024-02-28 25:10", "bad_date"),
        ("1250/01/01", "bad_date"),
        ("2570-01-01", "bad_date"),
        ("۲۳ شهریور", "bad_date"),
        ("23 شهریور 2023", "bad_date"),
        ("دیروز عصر", "bad_date"),
        ("1402", "bad_date"),
        (1402, "bad_date"),
        ("1402/06", "bad_date"),
        (True, "bad_date"),
        (float("inf"), "bad_date"),
        (-45350, "bad_date"),
        ("9" * 400, "bad_date"),
        (time(10, 5), "bad_date"),
    ],
)
def test_what_is_not_one_day_is_refused(value: object, code: str) -> None:
    with pytest.raises(RefusalError) as refused:
        parse_moment(value, TEHRAN)
    assert refused.value.code == code


@pytest.mark.parametrize("value", [None, "", "   ", "\u200f", float("nan")])
def test_blank_is_no_moment(value: object) -> None:
    assert parse_moment(value, TEHRAN) is None


def test_an_ambiguous_day_names_both_readings() -> None:
    with pytest.raises(RefusalError, match="day 3 of month 4 or day 4 of month 3"):
        parse_moment("03/04/2024", TEHRAN)


def test_a_refusal_never_repeats_what_stood_in_the_cell() -> None:
    with pytest.raises(RefusalError) as refused:
        parse_moment("با آقای رستمی تماس بگیرید", TEHRAN)
    assert "رستمی" not in refused.value.message


@pytest.mark.parametrize(
    ("value", "clock"),
    [("۱۴:۳۵", time(14, 35)), ("ساعت 09:05:10", time(9, 5, 10)), (time(8, 0), time(8, 0)), ("", None), (None, None)],
)
def test_a_time_of_day_may_stand_alone(value: object, clock: time | None) -> None:
    assert parse_clock(value) == clock


@pytest.mark.parametrize("value", ["بعد از ناهار", "99:00", 14])
def test_other_words_are_no_time_of_day(value: object) -> None:
    with pytest.raises(RefusalError):
        parse_clock(value)


@given(st.dates(date(1921, 3, 22), date(2100, 12, 31)), st.sampled_from(["{}/{:02}/{:02}", "{}-{}-{}", "{}{:02}{:02}"]))
def test_both_calendars_name_the_same_day(day: date, shape: str) -> None:
    for parts in ((day.year, day.month, day.day), to_jalali(day)):
        moment = parse_moment(shape.format(*parts), TEHRAN)
        assert moment is not None
        assert moment.date() == day
