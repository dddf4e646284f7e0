"""KPIs by bucket, group and filter; what they are documented as; what must not change them."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError, fields
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import TEHRAN, Row, add_rows, on, row, store_with, tags, talk, waited
from voc.calendars import BucketSize, Calendar, bucket_key
from voc.errors import InputError
from voc.kpis import KPIS, NULL_REASONS, KpiRow, Setting, compute_kpis, get_kpi
from voc.kpis import slices as slicing
from voc.kpis.document import BETTER_EN, METHODS_EN, UNITS_EN
from voc.kpis.kpi import Better, Method, NullReason, Unit
from voc.kpis.options import KpiOptions
from voc.kpis.relation import FIELDS, joins_for, relations_in
from voc.records import Feedback
from voc.store import Filters, Store
from voc.store.database import Engine

NAMES = tuple(kpi.name for kpi in KPIS)
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    """A store to which tests add batches of their own and look at no other."""
    with store_with() as store:
        yield store


def values(found: Sequence[KpiRow]) -> dict[tuple[str | None, str | None], tuple[float | None, int, str | None]]:
    return {(each.bucket, each.group): (each.value, each.n, each.null_reason) for each in found}


def kpis_of(store: Store, rows: Sequence[Row], names: Sequence[str] = ("nps",), **asked: Any) -> list[KpiRow]:
    return compute_kpis(store, names, filters=Filters(batch=(add_rows(store, rows),)), **asked)


BY_MONTH = [
    row(nps=10, occurred_at=on("1402-12-29", 23), channel="تلفن"),
    row(nps=9, occurred_at=on("1402-12-01"), channel="اپ"),
    row(nps=0, occurred_at=on("1403-01-01", 0), channel="تلفن"),
    row(nps=10, occurred_at=on("1403-03-31"), channel="اپ"),
    row(nps=5, occurred_at=on("1403-03-01"), channel="اپ"),
    row(csat=4, occurred_at=on("1403-03-15"), channel="اپ"),
    row(nps=1),
]


def test_jalali_months_with_an_empty_one_between_and_the_undated_row_left_out(shared: Store) -> None:
    assert values(kpis_of(shared, BY_MONTH, bucket="month")) == {
        ("1402-12", None): (100, 2, None),
        ("1403-01", None): (-100, 1, None),
        ("1403-02", None): (None, 0, "no_rows"),
        ("1403-03", None): (0, 2, None),
    }


@pytest.mark.parametrize(
    ("bucket", "calendar", "expected"),
    [
        ("year", "jalali", {"1402": (100, 2), "1403": (pytest.approx(-100 / 3), 3)}),
        ("quarter", "jalali", {"1402-Q4": (100, 2), "1403-Q1": (pytest.approx(-100 / 3), 3)}),
        ("year", "gregorian", {"2024": (20, 5)}),
        ("quarter", "gregorian", {"2024-Q1": (pytest.approx(100 / 3), 3), "2024-Q2": (0, 2)}),
        (
            "month",
            "gregorian",
            {"2024-02": (100, 1), "2024-03": (0, 2), "2024-04": None, "2024-05": (-100, 1), "2024-06": (100, 1)},
        ),
    ],
)
def test_sizes_and_calendars(shared: Store, bucket: Any, calendar: Any, expected: dict[str, Any]) -> None:
    found = kpis_of(shared, BY_MONTH, bucket=bucket, calendar=calendar)
    assert {each.bucket: (each.value, each.n) if each.n else None for each in found} == expected


def test_weeks_begin_on_saturday_and_hours_are_local(shared: Store) -> None:
    rows = [
        row(nps=10, occurred_at=on("1402-12-25", 23)),
        row(nps=0, occurred_at=on("1402-12-26", 0)),
        row(nps=0, occurred_at=on("1403-01-03", 23)),
    ]
    assert [(each.bucket, each.n) for each in kpis_of(shared, rows, bucket="week")] == [("1402-W52", 1), ("1403-W01", 2)]
    assert [(each.bucket, each.n) for each in kpis_of(shared, rows[:2], bucket="hour")] == [
        ("1402-12-25T23", 1),
        ("1402-12-26T00", 1),
    ]
    assert [(each.bucket, each.n) for each in kpis_of(shared, rows[:2], bucket="day", calendar="gregorian")] == [
        ("2024-03-15", 1),
        ("2024-03-16", 1),
    ]


@pytest.mark.parametrize("calendar", get_args(Calendar))
@pytest.mark.parametrize("bucket", get_args(BucketSize))
def test_the_database_tells_the_same_buckets_apart_as_the_calendar(shared: Store, bucket: Any, calendar: Any) -> None:
    """Every fifth day of three years with a leap day in either calendar, and the days about both New Years."""
    days = [date(2023, 3, 1) + timedelta(days=step) for step in (*range(0, 1_100, 5), *range(15, 25), *range(300, 312))]
    rows = [row(nps=9, occurred_at=datetime.combine(day, time(day.day % 24), TEHRAN)) for day in days]
    expected = Counter(bucket_key(day, bucket, calendar, day.day % 24) for day in days)
    found = {each.bucket: each.n for each in kpis_of(shared, rows, bucket=bucket, calendar=calendar)}
    assert {key: n for key, n in found.items() if n} == expected


@pytest.mark.parametrize(("bucket", "first", "last"), [("year", "1387", "1390"), ("month", "1387-05", "1390-02")])
def test_days_before_the_calendar_table_are_counted_too(shared: Store, bucket: Any, first: str, last: str) -> None:
    rows = [row(nps=9, occurred_at=on(day)) for day in ("1387-05-03", "1387-05-30", "1390-02-01", "1390-02-02")]
    found = [each for each in kpis_of(shared, rows, bucket=bucket) if each.n]
    assert [(each.bucket, each.n) for each in found] == [(first, 2), (last, 2)]


def test_by_channel_the_rows_without_one_come_last(shared: Store) -> None:
    rows = [row(nps=0), row(nps=10, channel="وب"), row(nps=10, channel="اپ"), row(channel="چت")]
    found = kpis_of(shared, rows, group="channel")
    assert [(each.group, each.value, each.null_reason) for each in found] == [
        ("اپ", 100, None),
        ("وب", 100, None),
        ("چت", None, "field_missing"),
        (None, -100, None),
    ]


def test_bucket_and_group_make_a_whole_grid(shared: Store) -> None:
    found = values(kpis_of(shared, BY_MONTH, bucket="month", group="channel"))
    assert len(found) == 4 * 2
    assert found["1402-12", "تلفن"] == (100, 1, None)
    assert found["1403-03", "تلفن"] == (None, 0, "no_rows")
    assert found["1403-03", "اپ"] == (0, 2, None)


@pytest.mark.parametrize(
    ("group", "field"),
    [("channel", "channel"), ("agent", "agent_id"), ("agent_id", "agent_id"), ("customer", "customer_id")],
)
def test_groups_by_operational_fields(shared: Store, group: str, field: str) -> None:
    rows = [row(None, nps=10, **{field: "الف"}), row(None, nps=0, **{field: "ب"})]
    found = kpis_of(shared, rows, group=group, setting=Setting(agent_min_n=1))
    assert values(found) == {(None, "الف"): (100, 1, None), (None, "ب"): (-100, 1, None)}


@pytest.mark.parametrize(
    "name", ["شهر", "city", "a.b", "$.x", "/y", "~1", "it's", 'say "hi"', "'; DROP TABLE feedback; --", "$group", "n%"]
)
def test_groups_by_an_attribute_whatever_its_name(shared: Store, name: str) -> None:
    rows = [row(nps=10, attributes={name: "تبریز", "y": "دیگر"}), row(nps=0, attributes={name: "شیراز"}), row(nps=0)]
    assert values(kpis_of(shared, rows, group=f"attr.{name}")) == {
        (None, "تبریز"): (100, 1, None),
        (None, "شیراز"): (-100, 1, None),
        (None, None): (-100, 1, None),
    }


@pytest.mark.parametrize(("value", "group"), [(3, "3"), (2.5, "2.5"), (True, "true"), ("", ""), ("خ" * 300, "خ" * 300)])
def test_attributes_that_are_not_words(shared: Store, value: Any, group: str) -> None:
    assert [each.group for each in kpis_of(shared, [row(attributes={"k": value})], group="attr.k")] == [group]


@pytest.mark.usefixtures("engine")
def test_filters_narrow_what_is_counted() -> None:
    rows = [
        row(tags("negative", reasons=["delivery.time-"]), nps=0, channel="اپ", occurred_at=on("1403-01-05")),
        row(tags("positive", reasons=["delivery.time+"]), nps=10, channel="اپ", occurred_at=on("1403-02-05")),
        row(tags("positive", effort=["easy"]), nps=10, channel="وب", attributes={"شهر": "یزد"}),
        row(nps=10),
    ]
    cases: list[tuple[Filters, int, int]] = [
        (Filters(), 4, 3),
        (Filters(channel=("اپ",)), 2, 2),
        (Filters(channel=("اپ", "وب")), 3, 3),
        (Filters(sentiment=("positive",)), 2, 2),
        (Filters(reason=("delivery",)), 2, 2),
        (Filters(reason=("delivery.time",), polarity=("positive",)), 1, 1),
        (Filters(effort=("easy",)), 1, 1),
        (Filters(attributes={"شهر": "یزد"}), 1, 1),
        (Filters(from_=on("1403-02-01").date()), 1, 1),
        (Filters(q="پیگیری"), 4, 3),
        (Filters(q="نیست"), 0, 0),
    ]
    with store_with(rows) as store:
        for filters, answers, tagged in cases:
            found = compute_kpis(store, ["nps", "text_churn"], filters=filters)
            assert [each.n for each in found] == [answers, tagged], filters


@pytest.mark.usefixtures("engine")
def test_a_survey_kpi_beside_a_filter_by_tags() -> None:
    """The tagging is joined for the filter although the KPI itself does not need it."""
    with store_with([row(tags("negative"), nps=0), row(tags("positive"), nps=9)]) as store:
        (found,) = compute_kpis(store, ["nps"], filters=Filters(sentiment=("negative",)))
    assert (found.value, found.n) == (-100, 1)


def test_names_come_back_as_asked_each_once(shared: Store) -> None:
    found = kpis_of(shared, BY_MONTH, ("text_churn", "nps", "nps"))
    assert [each.name for each in found] == ["text_churn", "nps"]
    assert compute_kpis(shared, []) == []


@pytest.mark.usefixtures("engine")
def test_no_rows_in_any_bucket_or_group_are_no_figures() -> None:
    with store_with() as store:
        assert compute_kpis(store, NAMES, bucket="month") == []
        assert compute_kpis(store, NAMES, group="channel") == []
        assert compute_kpis(store, NAMES, bucket="day", group="attr.شهر") == []
        assert [each.null_reason for each in compute_kpis(store, NAMES)] == ["no_rows"] * len(NAMES)


def test_all_kpis_are_one_query_and_one_more_for_customers(shared: Store) -> None:
    class Listening:
        asked = 0

        def select(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
            self.asked += 1
            return shared.select(sql, parameters)

    listening = Listening()
    compute_kpis(listening, NAMES, bucket="month", group="attr.شهر")
    assert listening.asked == 2
    compute_kpis(listening, [kpi.name for kpi in KPIS if kpi.over == "rows"], bucket="month")
    assert listening.asked == 3


COUNTS = {count: None for kpi in KPIS if kpi.over == "rows" for count in kpi.counts.values()}
JOINED = [(count, relations_in(count)) for count in COUNTS if relations_in(count)]


@pytest.mark.parametrize(("count", "relations"), JOINED, ids=[f"{relations}{count[:60]}" for count, relations in JOINED])
def test_a_count_comes_to_nothing_for_rows_without_the_first_of_its_relations(
    count: str, relations: tuple[str, ...], shared: Store
) -> None:
    add_rows(shared, BY_MONTH)
    options = KpiOptions()
    inner = joins_for(count, options)
    missing = f"{relations[0]}.seq = f.seq"
    assert missing in inner
    outer = f" LEFT{inner.replace(missing, 'FALSE', 1)}"
    sql = f"SELECT coalesce({count}, 0) FROM feedback f{outer}"  # noqa: S608  our own words
    assert shared.select(sql, options.parameters_in(sql, None)) == [(0,)]


@pytest.mark.parametrize(
    ("asked", "field", "option"),
    [
        ({"names": ["npz"]}, "names", "nps"),
        ({"bucket": "decade"}, "bucket", "quarter"),
        ({"calendar": "lunar"}, "calendar", "jalali"),
        ({"group": "text"}, "group", "channel"),
        ({"group": "f.text; DROP TABLE feedback"}, "group", "attr.NAME"),
        ({"group": ""}, "group", "agent"),
        ({"filters": Filters(reason=("delivery.tme",))}, "reason", "delivery.time"),
    ],
)
def test_what_is_not_known_is_refused_with_what_there_is(shared: Store, asked: dict[str, Any], field: str, option: str) -> None:
    with pytest.raises(InputError) as caught:
        compute_kpis(shared, **({"names": ["nps"]} | asked))
    assert caught.value.field == field
    assert option in caught.value.options


def test_more_rows_than_anyone_can_use_are_refused(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "MOST_ROWS", 500)
    rows = [row(nps=9, occurred_at=on("1402-01-01")), row(nps=9, occurred_at=on("1403-12-30"))]
    with pytest.raises(InputError, match="larger bucket") as caught:
        kpis_of(shared, rows, bucket="day")
    assert caught.value.field == "bucket"
    assert len(kpis_of(shared, rows, bucket="week")) < 500


def test_more_groups_than_anyone_can_use_are_refused(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "MOST_ROWS", 5)
    rows = [row(nps=9, customer_id=f"مشتری {place}") for place in range(5)]
    assert len(kpis_of(shared, rows, group="customer")) == 5
    with pytest.raises(InputError, match="fewer groups") as caught:
        kpis_of(shared, [*rows, row(nps=9, customer_id="یکی دیگر")], group="customer")
    assert caught.value.field == "group"


answers = st.none() | st.integers(0, 10)
some_tags = st.none() | st.builds(
    tags,
    sentiment=st.sampled_from(["negative", "positive", "mixed", "neutral"]),
    score=st.sampled_from([-0.75, 0.0, 0.5]),
    effort=st.lists(st.sampled_from(["easy", "long_wait", "transfer"]), unique=True),
    loyalty=st.lists(st.sampled_from(["churn_intent", "recommend", "delight"]), unique=True),
    resolution=st.sampled_from([None, "resolved", "unresolved"]),
)
places = {
    "channel": st.none() | st.sampled_from(["اپ", "تلفن"]),
    "occurred_at": st.none() | st.sampled_from([on("1402-12-29", 23), on("1403-01-01", 0), on("1403-02-10")]),
}
moods = st.sampled_from(["negative", "positive", "neutral"])
move_lists = st.lists(st.sampled_from(["apology", "teaches_use", "greeting"]), unique=True)
some_talks = st.builds(
    lambda start, end, moves, where: talk(start, end, *moves, **where), moods, moods, move_lists, st.fixed_dictionaries(places)
)
some_waits = st.builds(
    lambda waits, where: waited(*waits, **where),
    st.lists(st.sampled_from([0.0, 8.0, 64.0]), min_size=1, max_size=3),
    st.fixed_dictionaries(places),
)
some_rows = st.lists(
    some_talks
    | some_waits
    | st.builds(
        row,
        some_tags,
        nps=answers,
        csat=st.none() | st.sampled_from([1.0, 2.5, 4.0, 5.0]),
        ces=st.none() | st.sampled_from([1.0, 4.0, 7.0]),
        handle_s=st.none() | st.sampled_from([0.0, 64.0, 512.0]),
        abandoned=st.none() | st.booleans(),
        wait_s=st.none() | st.sampled_from([2.0, 60.0]),
        **places,
    ),
    min_size=1,
    max_size=12,
)
few = settings(max_examples=8, deadline=None)


@few
@given(rows=some_rows, cut=st.integers(0, 12), data=st.data())
def test_neither_the_order_of_rows_nor_cutting_a_batch_in_two_changes_anything(
    shared: Store, rows: list[Row], cut: int, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    whole = (add_rows(shared, rows),)
    cut_up = tuple(add_rows(shared, part) for part in (shuffled[:cut], shuffled[cut:]))
    by = {"bucket": "month", "group": "channel"}
    once: list[KpiRow] = compute_kpis(shared, NAMES, filters=Filters(batch=whole), **by)  # type: ignore[arg-type]
    again: list[KpiRow] = compute_kpis(shared, NAMES, filters=Filters(batch=cut_up), **by)  # type: ignore[arg-type]
    assert once == again


@few
@given(rows=some_rows)
def test_the_counts_of_groups_and_of_buckets_add_up(shared: Store, rows: list[Row]) -> None:
    filters = Filters(batch=(add_rows(shared, rows),))
    by_group = compute_kpis(shared, NAMES, group="channel", filters=filters)
    by_both = compute_kpis(shared, NAMES, bucket="month", group="channel", filters=filters)
    dated = Filters(batch=filters.batch, from_=on("1400-01-01").date())
    for parts, all_rows in ((by_group, filters), (by_both, dated)):
        for each in compute_kpis(shared, NAMES, filters=all_rows):
            assert sum(part.n for part in parts if part.name == each.name) == each.n


@few
@given(rows=some_rows, name=st.sampled_from(NAMES))
def test_a_kpi_is_the_same_alone_and_in_company(shared: Store, rows: list[Row], name: str) -> None:
    filters = Filters(batch=(add_rows(shared, rows),))
    together = {each.name: each for each in compute_kpis(shared, NAMES, filters=filters)}
    assert compute_kpis(shared, [name], filters=filters) == [together[name]]


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_definitions_are_whole(kpi: Any) -> None:
    assert kpi.name.isascii()
    assert kpi.name.islower()
    assert set(kpi.needs) <= set(FIELDS)
    assert bool(kpi.needs) == (kpi.name != "balanced_scorecard")
    for text in (kpi.title_fa, kpi.definition_fa):
        assert any("آ" <= letter <= "ی" for letter in text)
        assert not any(letter in "يك0123456789" for letter in text)
    for text in (kpi.title_en, kpi.definition_en, kpi.formula):
        assert text.strip() == text != ""
    assert kpi.definition_en.endswith(".")
    assert kpi.definition_fa.endswith(".")
    assert kpi.unit in UNITS_EN
    assert kpi.method in METHODS_EN
    assert kpi.better in BETTER_EN


def test_names_and_titles_are_their_own() -> None:
    for of in ("name", "title_fa", "title_en"):
        assert len({getattr(kpi, of) for kpi in KPIS}) == len(KPIS)


def test_words_for_every_unit_method_direction_and_reason() -> None:
    for told, kinds in ((UNITS_EN, Unit), (METHODS_EN, Method), (BETTER_EN, Better), (NULL_REASONS, NullReason)):
        assert set(told) == set(get_args(kinds))


def test_fields_are_those_of_a_row() -> None:
    assert {name for name in FIELDS if name in {each.name for each in fields(Feedback)}} == {
        name for name, condition in FIELDS.items() if condition.startswith("f.")
    }


def test_a_kpi_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        get_kpi("nps").unit = "share"  # type: ignore[misc]


def test_the_page_is_what_the_module_writes() -> None:
    written = subprocess.run([sys.executable, "-m", "voc.kpis"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    assert written == (ROOT / "docs" / "kpis.md").read_text("utf-8"), "python -m voc.kpis > docs/kpis.md"


@pytest.mark.parametrize(
    ("package", "never"),
    [("kpis", {"torch", "hazm", "pandas", "scipy", "numpy"}), ("trends", {"torch", "hazm", "pandas", "scipy"})],
)
def test_importing_kpis_and_trends_is_cheap(package: str, never: set[str]) -> None:
    code = f"import sys, json, voc.{package}; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout)
    assert not never & set(loaded)
