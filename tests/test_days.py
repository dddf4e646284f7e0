"""Days in filters: both calendars, digits of every script, and a refusal that names the field where there is no such day."""

from datetime import date

import pytest

from voc.days import parse_day
from voc.errors import InputError


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1402-12-11", date(2024, 3, 1)),
        ("1402/12/11", date(2024, 3, 1)),
        ("۱۴۰۲/۱۲/۱۱", date(2024, 3, 1)),
        ("١٤٠٢-١٢-١١", date(2024, 3, 1)),
        (" ۱۴۰۳/۱/۱ ", date(2024, 3, 20)),
        ("1403-12-30", date(2025, 3, 20)),  # the last day of a leap year
        ("2024-03-01", date(2024, 3, 1)),
        ("۲۰۲۴/۳/۱", date(2024, 3, 1)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_a_day_in_either_calendar(text: str, day: date) -> None:
    assert parse_day(text, "from") == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "امروز",
        "1402",
        "1402-12",
        "1402-13-01",
        "1402-12-30",
        "2023-02-29",
        "03/04/2024",
        "02-12-11",
        "1402-12-11T10:00",
        "0000-01-01",
    ],
)
def test_no_such_day(text: str) -> None:
    with pytest.raises(InputError, match="Write 2026-05-04, or 1405-02-14") as caught:
        parse_day(text, "to")
    assert caught.value.field == "to"


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(InputError) as caught:
        parse_day("۱" * 5_000, "to")
    assert len(caught.value.message) < 150
