"""Numbers, days and spans of time as a Persian reader writes them; and the examples in the docstrings of the service run."""

import doctest
import importlib
import pkgutil
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

import api
from api import persian, titles
from voc.errors import InputError
from voc.kpis import NULL_REASONS

MODULES = [module.name for module in pkgutil.walk_packages(api.__path__, "api.")]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (persian.number(0), "۰"),
        (persian.number(-0.2), "۰"),
        (persian.number(-0.25, 1), "\u200e−۰٫۲"),
        (persian.number(1_234_567), "۱٬۲۳۴٬۵۶۷"),
        (persian.number(None), "—"),
        (persian.signed(None), "—"),
        (persian.percent(0), "۰٪"),
        (persian.percent(1), "۱۰۰٪"),
        (persian.percent(0.0031), "۰٫۳٪"),
        (persian.day(date(2026, 3, 21)), "۱ فروردین ۱۴۰۵"),
        (persian.day(None), "—"),
        (persian.moment(datetime(2026, 3, 20, 20, 30, tzinfo=UTC), ZoneInfo("Asia/Tehran")), "۱ فروردین ۱۴۰۵، ساعت ۰۰:۰۰"),
        (persian.duration(0), "کمتر از یک ثانیه"),
        (persian.duration(60), "۱ دقیقه"),
        (persian.duration(90_061), "۱ روز و ۱ ساعت"),
        (persian.bucket_title("1402"), "۱۴۰۲"),
        (persian.bucket_title("1402-01"), "فروردین ۱۴۰۲"),
        (persian.bucket_title("1403-W02"), "هفتهٔ ۲ سال ۱۴۰۳"),
        (persian.bucket_title("1403-12-30"), "۳۰ اسفند ۱۴۰۳"),
        (titles.field_title("text"), "متن نظر"),
        (titles.field_title("brand_new"), "brand_new"),
        (titles.row_title("brand_new"), "brand_new"),
        (titles.code_title("delivery.time"), "زمان تحویل"),
        (titles.problem_title("brand_new"), titles.problem_title(InputError.code)),
    ],
)
def test_written_in_persian(written: str, expected: str) -> None:
    assert written == expected


def test_every_reason_for_a_missing_value_has_words() -> None:
    assert set(titles.NULL_REASONS) == set(NULL_REASONS)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
