"""Numbers, durations, answers and ids as they stand in spreadsheets; hits beside near misses."""

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal

import pytest

from voc.ingest.fields import parse_channel
from voc.ingest.memory import Remembering
from voc.ingest.refusal import RefusalError
from voc.ingest.values import (
    LARGEST,
    amount_reader,
    as_text,
    duration_reader,
    is_missing,
    parse_boolean,
    parse_count,
    parse_id,
    parse_number,
    score_reader,
)

CSAT = score_reader("csat", 1, 5)
NPS = score_reader("nps", 0, 10, whole=True)
SECONDS = duration_reader(1)
MINUTES = duration_reader(60)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("۱٬۲۳۴", 1234), ("1,234,567", 1234567), ("۱،۲۳۴٫۵", 1234.5), ("12.345.678", 12345678), ("1 234", 1234),
        ("۳/۵", 3.5), ("3/5", 3.5), ("۳٫۵", 3.5), ("3.5", 3.5), (".5", 0.5), ("-12", -12), ("−۳", -3), ("1e3", 1000),
        ("۱۲٪", 0.12), ("12.5 %", 0.125), (7, 7), (7.5, 7.5), (Decimal("2.25"), 2.25), (" ۸ ", 8),
        ("", None), (None, None), ("-", None), ("نامشخص", None), ("N/A", None), (float("nan"), None),
    ],
)  # fmt: skip
def test_numbers(value: object, number: float | None) -> None:
    assert parse_number(value) == number


@pytest.mark.parametrize(
    "value", ["1,5", "1,23,456", "1.234,5", "پنج", "5 ستاره", "1/2/3", True, float("inf"), "1e999", "9" * 80, 10**400]
)
def test_what_could_be_two_numbers_or_none_is_refused(value: object) -> None:
    with pytest.raises(RefusalError):
        parse_number(value)


@pytest.mark.parametrize(
    ("read", "value", "score"),
    [(CSAT, "۵", 5), (CSAT, 4.5, 4.5), (CSAT, "۴/۵", 4.5), (NPS, 0, 0), (NPS, "۱۰", 10), (NPS, 7.0, 7), (NPS, "", None)],
)
def test_scores(read: Callable[[object], object], value: object, score: float | None) -> None:
    assert read(value) == score


@pytest.mark.parametrize(
    ("read", "value", "code"),
    [
        (CSAT, 0, "out_of_range"), (CSAT, "6", "out_of_range"), (NPS, "11", "out_of_range"), (NPS, "-1", "out_of_range"),
        (NPS, 7.5, "out_of_range"), (CSAT, "4/5", "ambiguous_number"), (CSAT, "خوب", "bad_number"),
    ],
)  # fmt: skip
def test_scores_off_their_scale_are_refused(read: Callable[[object], object], value: object, code: str) -> None:
    with pytest.raises(RefusalError) as refused:
        read(value)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("read", "value", "seconds"),
    [
        (SECONDS, "90", 90), (SECONDS, 12.5, 12.5), (SECONDS, "۵ دقیقه", 300), (SECONDS, "۵ دقیقه و ۳۰ ثانیه", 330),
        (SECONDS, "1h 5m", 3900), (SECONDS, "01:02:03", 3723), (SECONDS, "۰۵:۳۰", 330), (SECONDS, "125:30", 7530),
        (SECONDS, time(0, 5, 30), 330), (SECONDS, timedelta(minutes=2), 120), (SECONDS, "۲ساعت", 7200),
        (SECONDS, "1,200", 1200), (MINUTES, "2", 120), (MINUTES, 2.5, 150), (MINUTES, "۹۰ ثانیه", 90), (SECONDS, "-", None),
    ],
)  # fmt: skip
def test_durations_are_seconds(read: Callable[[object], object], value: object, seconds: float | None) -> None:
    assert read(value) == seconds


@pytest.mark.parametrize("value", ["1:75:00", "5:61", "طولانی", "5 کیلو", "-5", -5])
def test_other_words_are_no_duration(value: object) -> None:
    with pytest.raises(RefusalError) as refused:
        SECONDS(value)
    assert refused.value.code == "bad_duration"


@pytest.mark.parametrize("read", [parse_number, parse_count, parse_id, parse_boolean, parse_channel, NPS, SECONDS, MINUTES])
@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_what_has_no_end_is_refused_by_every_field(read: Callable[[object], object], value: float) -> None:
    with pytest.raises(RefusalError):
        read(value)


@pytest.mark.parametrize("read", [parse_number, amount_reader(), SECONDS])
@pytest.mark.parametrize("value", [1.1e15, 1e200, "1e200", "۱۰۰۰۰۰۰۰۰۰۰۰۰۰۰۰۰", 10**17, Decimal("1e30"), 10**400])
def test_a_number_beyond_what_can_be_summed_is_refused(read: Callable[[object], object], value: object) -> None:
    assert read(LARGEST) == LARGEST
    with pytest.raises(RefusalError):
        read(value)


def test_a_duration_that_is_too_large_in_seconds_is_refused() -> None:
    assert MINUTES(1e13) == 6e14
    with pytest.raises(RefusalError):
        MINUTES(1e14)


def test_a_refusal_that_comes_again_does_not_grow() -> None:
    read = Remembering(NPS)
    depths = set()
    for _ in range(20):
        with pytest.raises(RefusalError) as refused:
            read("یازده")
        assert (refused.value.code, refused.value.message) == ("bad_number", str(refused.value))
        depths.add(len(refused.traceback))
    assert len(depths) <= 2


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("بله", True), ("آری", True), ("دارد", True), ("TRUE", True), (1, True), (1.0, True), ("۱", True), (True, True),
        ("خیر", False), ("ندارد", False), ("نه", False), ("false", False), (0, False), ("۰", False), ("", None), (None, None),
    ],
)  # fmt: skip
def test_yes_and_no(value: object, answer: bool | None) -> None:
    assert parse_boolean(value) is answer


@pytest.mark.parametrize("value", ["شاید", 2, "بله خیر"])
def test_neither_yes_nor_no_is_refused(value: object) -> None:
    with pytest.raises(RefusalError):
        parse_boolean(value)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (123.0, "123"), (6037990123456788.0, "6037990123456788"), ("00123", "00123"), (" a-7 ", "a-7"), ("x\0y", "xy"),
        (float("nan"), None), ("-", None),
    ],
)  # fmt: skip
def test_ids_stay_as_they_are(value: object, wanted: str | None) -> None:
    assert parse_id(value) == wanted


def test_an_endless_id_is_refused() -> None:
    with pytest.raises(RefusalError):
        parse_id("7" * 501)


@pytest.mark.parametrize("value", ["2.5", "-1", "دو", 2**40])
def test_counts_are_whole(value: object) -> None:
    assert parse_count("۳") == 3
    with pytest.raises(RefusalError):
        parse_count(value)


def test_one_currency_to_a_column() -> None:
    read = amount_reader()
    assert [read("۱۲۰٬۰۰۰ تومان"), read("5000"), read("۳ تومن"), read(None)] == [120000, 5000, 3, None]
    with pytest.raises(RefusalError) as refused:
        read("۵۰۰۰ ریال")
    assert refused.value.code == "mixed_currency"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("تلفن", "تلفن"),
        (" اپ  موبايل ", "اپ موبایل"),
        ("سلف‌سرویس", "self_service"),
        ("Self Service", "self_service"),
        ("", None),
    ],
)
def test_channels(value: object, name: str | None) -> None:
    assert parse_channel(value) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0, "5"), (5.5, "5.5"), (6037990123456788.0, "6037990123456788"), (None, ""), (True, "true"), ("الف", "الف"),
        (float("nan"), ""), (float("inf"), ""),
    ],
)  # fmt: skip
def test_cells_as_a_person_sees_them(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "missing"), [("", True), (" – ", True), ("NULL", True), (0, False), ("0", False), ("نه", False)]
)
def test_zero_is_not_missing(value: object, missing: bool) -> None:
    assert is_missing(value) is missing
