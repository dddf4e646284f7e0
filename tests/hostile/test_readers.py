"""Whatever a cell, a record or a document holds, a reader gives a value of its kind or refuses it with a reason."""

import json
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from voc.days import parse_day
from voc.errors import InputError
from voc.ingest import open_feedback, read_records
from voc.ingest.dates import has_time_of_day, parse_clock, parse_moment
from voc.ingest.fields import FIELD_NAMES, field_reader
from voc.ingest.refusal import RefusalError
from voc.ingest.values import LARGEST
from voc.records import Feedback, Reject

TEHRAN = ZoneInfo("Asia/Tehran")
OF_DATES = st.text(st.sampled_from("0123456789۰۱۲۳٠١٢/-.: ,T+Zapmآبانمهردی()\u200c\u200f"), max_size=40)
WORDS = st.one_of(st.text(max_size=60), OF_DATES)
CELLS = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.datetimes(), st.times(), st.timedeltas(),
    st.decimals(allow_nan=False), st.binary(max_size=20),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@given(CELLS)
@example("(" * 50)
@example(Decimal("1e999999"))
@example(float("inf"))
@example(-1e308)
@example(datetime.max)
@example(datetime.min)
@example(date.min)
@example("9999-12-31T23:59:59-14:00")
@example("1300/01/01 00:00 +14:00")
def test_a_moment_is_in_its_zone_or_refused(value: object) -> None:
    with suppress(RefusalError):
        moment = parse_moment(value, TEHRAN)
        assert moment is None or moment.utcoffset() is not None
        assert moment is None or 1899 < moment.year < 2102
    with suppress(RefusalError):
        clock = parse_clock(value)
        assert clock is None or isinstance(clock, time)
    assert has_time_of_day(value) in (True, False)


@pytest.mark.parametrize("field", [name for name in FIELD_NAMES if name != "text"])
@given(value=CELLS)
@example(value=Decimal("-Infinity"))
@example(value=timedelta.max)
@example(value="9" * 400)
@example(value=10**400)
@example(value=1e200)
@settings(max_examples=60)
def test_a_field_is_of_its_kind_or_refused(field: str, value: object) -> None:
    with suppress(RefusalError):
        found = field_reader(field, TEHRAN)(value)
        assert found is None or isinstance(found, str | int | float | datetime)
        assert not isinstance(found, float) or abs(found) <= LARGEST
        assert not isinstance(found, str) or found.encode()


@given(WORDS)
def test_a_day_of_a_filter_is_a_day_or_refused(text: str) -> None:
    with suppress(InputError):
        assert isinstance(parse_day(text, "from"), date)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["text", "متن", "nps", "تاریخ", "$date", "a.b", "", "\ud800"]), VALUES, max_size=5),
        min_size=1,
        max_size=8,
    )
)
@settings(suppress_health_check=list(HealthCheck))
def test_every_record_comes_out_once(records: list[dict[str, object]]) -> None:
    try:
        source = read_records(records, zone=TEHRAN, max_text_chars=100)
    except InputError:
        return
    rows = list(source)
    assert [row.line for row in rows] == list(range(1, len(records) + 1))
    for row in rows:
        if isinstance(row, Feedback):
            assert row.text.encode()
            json.dumps(dict(row.attributes), allow_nan=False, ensure_ascii=False).encode()
        else:
            assert isinstance(row, Reject)
            assert f"{row.message}{row.column}".encode(errors="surrogatepass")


@given(st.one_of(
    st.binary(max_size=300),
    VALUES.map(lambda value: json.dumps(value).encode()),
    st.lists(VALUES, max_size=5).map(lambda values: json.dumps([{"text": value} for value in values]).encode()),
    st.lists(VALUES, max_size=5).map(lambda values: "\n".join(json.dumps({"text": value}) for value in values).encode()),
), st.sampled_from([".json", ".jsonl", ".csv", ".tsv", ".xlsx", ".xls", ".parquet"]), st.integers(0, 300))  # fmt: skip
@settings(suppress_health_check=list(HealthCheck))
def test_any_document_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, ending: str, cut: int) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / f"document{ending}"
    path.write_bytes(data[:cut] if cut % 3 == 0 else data)
    with suppress(InputError):
        for row in open_feedback(path, zone=TEHRAN, max_text_chars=100):
            assert isinstance(row, Feedback | Reject)
