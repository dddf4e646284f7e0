"""$filter, $orderby and paging: the database answers what plain Python makes of the same rows; what is wrong is refused."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cmp_to_key
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores import TEHRAN, add, open_store, tag_all
from voc.errors import GoneError, InputError, QueryError, UnsupportedError
from voc.odata import KPIS, Source, count_rows, read_options, read_page, source_of_figures, source_of_rows
from voc.odata.expressions import MOST_CHARS, MOST_DEPTH, MOST_TOKENS, parse_filter
from voc.odata.sets import FEEDBACK, TAGS
from voc.records import Feedback
from voc.store import Filters, Store
from voc.store.database import Engine

Row = dict[str, Any]
Test = Callable[[Row], bool | None]
Written = tuple[str, Test]

TEXTS: Final = (
    "پیک خیلی دیر اومد و افتضاح بود",
    "سریع فرستادین عالی بود",
    "چندبار زنگ زدم پشتیبانی برنداشت حل نشد",
    "گفت 'فردا' میاد ولی نیومد",
    "کیفیت خوبه ولی گرون",
    "",
    "Ok بود",
)
CHANNELS: Final = ("تلفن", "اپ", "سایت'", None)


def rows() -> Iterator[Feedback]:
    """Rows that differ in everything that is filtered by, with nulls, equal values and quotes among them."""
    begin = datetime(2024, 3, 18, 22, 30, tzinfo=TEHRAN)
    for number in range(28):
        yield Feedback(
            text=TEXTS[number % 7] or "باشه",
            line=number + 2,
            channel=CHANNELS[number % 4],
            occurred_at=None if number % 9 == 4 else begin + timedelta(hours=7 * (number % 11), microseconds=number),
            nps=None if number % 5 == 0 else number % 11,
            csat=None if number % 3 == 0 else 1 + (number % 9) / 2,
            abandoned=(True, False, None)[number % 3],
        )


@pytest.fixture(scope="module")
def store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("odata") / "voc.duckdb") as store:
        add(store, rows())
        tag_all(store)
        add(store, [Feedback(text="هنوز خونده نشده", line=2, nps=3)], "بعدی.csv")  # without tags
        yield store


@pytest.fixture(scope="module")
def everything(engine: Engine, store: Store) -> list[Row]:
    return [as_values(row) for row in ask(store)]


def source(store: Store) -> Source:
    return source_of_rows(FEEDBACK, Filters())


def ask(store: Store, most: int = 1_000, **options: str) -> list[Row]:
    """All rows that these options ask for, page by page."""
    given, found = [(f"${name}", value) for name, value in options.items()], list[Row]()
    token: str | None = None
    while True:
        asked = read_options(FEEDBACK, [*given, *([("$skiptoken", token)] if token else [])])
        page = read_page(store, source(store), asked, most, TEHRAN)
        found += page.rows
        token = page.next
        if token is None:
            return found


def as_values(row: Row) -> Row:
    """A row of JSON with its times and days as Python's."""
    moment, day = row["occurred_at"], row["occurred_on"]
    return row | {
        "occurred_at": moment and datetime.fromisoformat(moment),
        "occurred_on": day and date.fromisoformat(day),
    }


TEXT_NAMES: Final = ("text", "channel", "sentiment", "reasons", "id")
NUMBER_NAMES: Final = ("nps", "csat", "line", "sentiment_score")
ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


def quoted(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def moment_text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def compared(operator: str, a: Any, b: Any) -> bool:
    """OData's comparison: null equals itself alone and has no order."""
    if operator in ("eq", "ne"):
        return bool(a == b) is (operator == "eq")
    return a is not None and b is not None and ORDERS[operator](a, b)


words = st.one_of(
    st.sampled_from(["تلفن", "سایت'", "negative", "بود", "delivery.time", "f3", "", "Ok", "''", "%", "_", "\\"]),
    st.text(st.sampled_from("ابپتدر '%_ـ\u200cOk😀e\u0301"), max_size=4),
)
numbers = st.one_of(st.integers(-3, 12), st.sampled_from([1.5, 0.9, -0.9, 2.0, 1e-05, 4.5, 10**15]))
moments = st.datetimes(datetime(2024, 3, 18), datetime(2024, 3, 23), timezones=st.sampled_from([TEHRAN]))
days = st.dates(date(2024, 3, 17), date(2024, 3, 23))
operators = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])


@st.composite
def comparisons(draw: st.DrawFn) -> Written:
    kind = draw(st.sampled_from(["text", "number", "moment", "day", "flag", "null", "length", "month", "two", "lower"]))
    operator = draw(operators)
    name: str
    if kind == "text":
        name, value = draw(st.sampled_from(TEXT_NAMES)), draw(words)
        return f"{name} {operator} {quoted(value)}", lambda row: compared(operator, row[name], value)
    if kind == "number":
        name, number = draw(st.sampled_from(NUMBER_NAMES)), draw(numbers)
        return f"{quoted(number)} {operator} {name}", lambda row: compared(operator, number, row[name])
    if kind == "moment":
        at = draw(moments)
        return f"occurred_at {operator} {moment_text(at)}", lambda row: compared(operator, row["occurred_at"], at)
    if kind == "day":
        day = draw(days)
        return f"occurred_on {operator} {day}", lambda row: compared(operator, row["occurred_on"], day)
    if kind == "flag":
        flag, equality = draw(st.booleans()), draw(st.sampled_from(["eq", "ne"]))
        return f"abandoned {equality} {quoted(flag)}", lambda row: compared(equality, row["abandoned"], flag)
    if kind == "null":
        name = draw(st.sampled_from([*TEXT_NAMES, *NUMBER_NAMES, "occurred_at"]))
        return f"{name} {operator} null", lambda row: compared(operator, row[name], None)
    if kind == "length":
        length = draw(st.integers(0, 40))
        return f"length(channel) {operator} {length}", lambda row: compared(
            operator, row["channel"] and len(row["channel"]), length
        )
    if kind == "month":
        month = draw(st.integers(17, 23))
        return f"day(occurred_on) {operator} {month}", lambda row: compared(
            operator, row["occurred_on"] and row["occurred_on"].day, month
        )
    if kind == "lower":
        return f"tolower(text) {operator} 'ok بود'", lambda row: compared(operator, row["text"].lower(), "ok بود")
    return f"nps {operator} csat", lambda row: compared(operator, row["nps"], row["csat"])


@st.composite
def searches(draw: st.DrawFn) -> Written:
    name, value = draw(st.sampled_from(TEXT_NAMES)), draw(words)
    tests: dict[str, Callable[[str], bool]] = {
        "contains": lambda text: value in text,
        "startswith": lambda text: text.startswith(value),
        "endswith": lambda text: text.endswith(value),
    }
    function = draw(st.sampled_from(sorted(tests)))
    return f"{function}({name}, {quoted(value)})", lambda row: None if row[name] is None else tests[function](row[name])


@st.composite
def memberships(draw: st.DrawFn) -> Written:
    name = draw(st.sampled_from(TEXT_NAMES + NUMBER_NAMES))
    values = draw(st.lists(st.one_of(words if name in TEXT_NAMES else numbers, st.none()), min_size=1, max_size=4))
    return f"{name} in ({','.join(map(quoted, values))})", lambda row: row[name] in values


def joined(operator: str, left: Written, right: Written) -> Written:
    decisive = operator == "or"

    def test(row: Row) -> bool | None:
        results = (left[1](row), right[1](row))
        return decisive if decisive in results else None if None in results else not decisive

    return f"({left[0]}) {operator} ({right[0]})", test


def negated(inner: Written) -> Written:
    def test(row: Row) -> bool | None:
        result = inner[1](row)
        return None if result is None else not result

    return f"not ({inner[0]})", test


conditions = st.recursive(
    st.one_of(comparisons(), searches(), memberships(), st.just(("abandoned", lambda row: row["abandoned"]))),
    lambda inner: st.one_of(
        st.builds(joined, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(negated, inner),
        st.builds(lambda each: (f"({each[0]}) eq true", lambda row: each[1](row) is True), inner),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(conditions)
def test_the_database_answers_as_python_does(store: Store, everything: list[Row], written: Written) -> None:
    text, test = written
    meant = [row["id"] for row in everything if test(row) is True]
    assert [row["id"] for row in ask(store, filter=text, select="id")] == meant
    assert count_rows(store, source(store), parse_filter(text, FEEDBACK)) == len(meant)


def in_order(rows: Sequence[Row], order: Sequence[tuple[str, bool]]) -> list[Row]:
    """Null comes before everything and, where it descends, after; equal rows stay as they came."""

    def compare(a: Row, b: Row) -> int:
        for name, descends in order:
            first, second = a[name], b[name]
            if first != second:
                less = first is None or (second is not None and first < second)
                return -1 if less is not descends else 1
        return 0

    return sorted(rows, key=cmp_to_key(compare))


orders = st.lists(
    st.tuples(
        st.sampled_from(["nps", "csat", "channel", "text", "occurred_at", "occurred_on", "sentiment", "reasons"]), st.booleans()
    ),
    max_size=3,
    unique_by=lambda term: term[0],
)


@settings(max_examples=100, deadline=None)
@given(orders, st.integers(1, 30), st.none() | st.integers(0, 40), st.integers(0, 30), st.booleans())
def test_pages_make_the_whole_in_order(
    store: Store, everything: list[Row], order: list[tuple[str, bool]], most: int, top: int | None, skip: int, narrowed: bool
) -> None:
    """$top counts from page to page, as the links that lead from one to the next have it."""
    options = {"orderby": ", ".join(f"{name} {'desc' if descends else 'asc'}" for name, descends in order), "select": "id"}
    rows = [row for row in everything if not narrowed or compared("ge", row["nps"], 3)]
    found, token, left = list[Row](), None, top
    while True:
        given = options | ({"filter": "nps ge 3"} if narrowed else {}) | ({"top": str(left)} if left is not None else {})
        given |= {"skiptoken": token} if token else {"skip": str(skip)}
        asked = read_options(FEEDBACK, [(f"${name}", value) for name, value in given.items()])
        page = read_page(store, source(store), asked, most, TEHRAN)
        assert len(page.rows) <= most
        found += page.rows
        left, token = None if left is None else left - len(page.rows), page.next
        if token is None:
            break
    meant = in_order(rows, order)[skip:][:top]
    assert [row["id"] for row in found] == [row["id"] for row in meant]


def test_rows_with_a_place_of_several_numbers_page_as_well(store: Store) -> None:
    whole = read_page(store, source_of_rows(TAGS, Filters()), read_options(TAGS, []), 1_000, TEHRAN).rows
    found, token = list[Row](), None
    while True:
        asked = read_options(TAGS, [("$skiptoken", token)] if token else [])
        page = read_page(store, source_of_rows(TAGS, Filters()), asked, 2, TEHRAN)
        found, token = found + page.rows, page.next
        if token is None:
            break
    assert found == whole
    assert len(whole) > 20
    assert len({row["id"] for row in whole}) == len(whole)


def test_our_own_filters_narrow_what_a_filter_chooses_from(store: Store) -> None:
    narrowed = source_of_rows(FEEDBACK, Filters(reason=("delivery",), sentiment=("negative",)))
    page = read_page(store, narrowed, read_options(FEEDBACK, [("$filter", "line gt 9")]), 100, TEHRAN)
    assert [row["line"] for row in page.rows] == [16, 23]  # «پیک خیلی دیر …» is every seventh row, from line 2 on


@pytest.mark.usefixtures("engine")
def test_a_page_behind_a_row_that_is_gone(tmp_path: Path) -> None:
    """In order of arrival the next page is known all the same; in another order nobody can tell what comes next."""
    with open_store(tmp_path / "voc.duckdb") as store:
        batch = add(store, [Feedback(text="اول", line=2, nps=5)])
        add(store, [Feedback(text="دوم", line=2, nps=1), Feedback(text="سوم", line=3, nps=9)], "بعدی.csv")
        pages = {
            order: read_page(store, source(store), read_options(FEEDBACK, [("$orderby", order)]), 1 + (order != ""), TEHRAN)
            for order in ("", "nps")
        }
        store.delete_batch(batch.id)
        for order, page in pages.items():
            assert page.next
            asked = read_options(FEEDBACK, [("$orderby", order), ("$skiptoken", page.next)])
            if order:
                with pytest.raises(GoneError, match="Begin again"):
                    read_page(store, source(store), asked, 10, TEHRAN)
            else:
                assert [row["text"] for row in read_page(store, source(store), asked, 10, TEHRAN).rows] == ["دوم", "سوم"]


def test_figures_are_filtered_by_the_database_too(store: Store) -> None:
    common = {"name": "nps", "unit": "points", "method": "adjusted_wald", "missing": ""}
    first = {"id": "nps/1403-01", "n": 7, "value": 12.5, "start": date(2024, 3, 20), "end": date(2024, 4, 20)}
    second = {"id": "nps/1403-02", "n": 0, "null_reason": "no_rows", "start": date(2024, 4, 20), "end": date(2024, 5, 21)}
    figures = [[(common | each).get(column.name) for column in KPIS.properties] for each in (first, second)]
    for condition, names in {
        "value gt 10": ["nps/1403-01"],
        "value eq null": ["nps/1403-02"],
        "start ge 2024-04-01 and hour eq null": ["nps/1403-02"],
        "month(start) eq 3": ["nps/1403-01"],
        "n lt 0": [],
    }.items():
        asked = read_options(KPIS, [("$filter", condition)])
        page = read_page(store, source_of_figures(KPIS, figures), asked, 10, TEHRAN)
        assert [row["id"] for row in page.rows] == names, condition
    assert read_page(store, source_of_figures(KPIS, []), read_options(KPIS, []), 10, TEHRAN).rows == []


UNSAID: Final = "رازدار"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"text eq '{UNSAID}", "at character 9 stands nothing"),
        (f"'{UNSAID}'", "a condition is needed"),
        (f"nps eq '{UNSAID}'", "a whole number is compared with text"),
        (f"tetx eq '{UNSAID}'", "no property 'tetx'"),
        (f"text eq '{UNSAID}' and", "expected a value"),
        (f"text eq '{UNSAID}' '{UNSAID}'", "expected an operator"),
        (f"contains(text)  or text eq '{UNSAID}'", "contains takes text and text"),
        (f"contains(text, 3) or text eq '{UNSAID}'", "contains takes text and text"),
        (f"includes(text, '{UNSAID}')", "no function 'includes'"),
        ("nps", "a condition is needed"),
        ("nps and abandoned", "left of and a condition is needed"),
        ("abandoned and nps", "a condition is needed"),
        ("not nps", "a condition is needed"),
        ("not nps eq 3", "a condition is needed"),
        ("null", "a condition is needed"),
        ("abandoned gt false", "have no order"),
        ("nps in ()", "expected a value"),
        ("nps in (1, 'a')", "compared with text"),
        ("(nps eq 1) in (true)", "in is asked of a property"),
        ("(nps eq 1", r"expected '\)'"),
        ("nps eq 1)", "expected an operator"),
        ("occurred_at ge 2024-01-01", "a time is compared with a day; a day is written"),
        ("occurred_on ge 2024-01-01T00:00:00Z", "a day is compared with a time"),
        ("occurred_at ge 2024-01-01T00:00:00 03:30", "stands nothing"),
        ("year(occurred_at) eq 2024", "occurred_on"),
        ("occurred_on eq 2024-02-30", "no such a day"),
        ("occurred_at eq 0001-01-01T00:00:00Z", "no such a time"),
        ("nps eq 1e999", "no such a number"),
        (f"nps eq {2**63}", "no such a number"),
        ("nps eq 12abc", "stands nothing"),
        ("nps eq 1; DROP TABLE feedback", "stands nothing"),
        ("\x00", "stands nothing"),
        ("نمره eq 1", "stands nothing"),
        ("(" * (MOST_DEPTH + 1) + "nps eq 1" + ")" * (MOST_DEPTH + 1), "nested more than"),
        ("not " * (MOST_DEPTH + 1) + "abandoned", "nested more than"),
        ("nps eq 1 or " * (MOST_TOKENS // 4) + "nps eq 1", "more than 4,000 words"),
        ("a" * (MOST_CHARS + 1), "longer than 20,000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_without_quoting_it(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says) as refused:
        parse_filter(text, FEEDBACK)
    assert UNSAID not in refused.value.message
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("$filter", "nps add 1 eq 2"),
        ("$filter", "concat(text, 'الف') eq 'ب'"),
        ("$filter", "reasons/any(r: r eq 'delivery.time')"),
        ("$filter", "now() gt occurred_at"),
        ("$filter", "sentiment has 'negative'"),
        ("$orderby", "length(text)"),
        ("$select", "batch/name"),
        ("$expand", "Tags"),
        ("$search", "پیک"),
        ("$apply", "aggregate(nps with average as nps)"),
        ("@p", "3"),
    ],
)
def test_what_odata_knows_and_the_feed_does_not(name: str, value: str) -> None:
    with pytest.raises(UnsupportedError, match="not supported"):
        read_options(FEEDBACK, [(name, value)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("$top", "-1"), ("$top", "ten"), ("$top", "۳"), ("$top", "12345678901"), ("$skip", "1.5"), ("$count", "yes"),
        ("$select", "id,tetx"), ("$select", ","), ("$orderby", "nps down"), ("$orderby", "nps,"), ("$orderby", "npss"),
        ("$orderby", ",".join(["nps"] * 11)), ("$skiptoken", "x"), ("$skiptoken", "WyJUYWdzIiwgMV0"), ("$filtre", "nps eq 1"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(name: str, value: str) -> None:
    with pytest.raises(InputError):
        read_options(FEEDBACK, [(name, value)])


def test_an_option_stands_once() -> None:
    with pytest.raises(QueryError, match="twice"):
        read_options(FEEDBACK, [("$top", "1"), ("$top", "2")])


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(["nps eq 1"] * (MOST_TOKENS // 4)),
        "(" * (MOST_DEPTH - 1) + "nps eq 1" + ")" * (MOST_DEPTH - 1),
        "(" * (MOST_DEPTH - 1) + "nps eq 1" + ") eq true" * (MOST_DEPTH - 1),
        "not " * (MOST_DEPTH - 2) + "(nps eq 1)",
        "id in (" + ",".join(["'f1'"] * 1_900) + ")",
        "tolower(" * (MOST_DEPTH - 1) + "text" + ")" * (MOST_DEPTH - 1) + " eq 'ok بود'",
    ],
    ids=["wide", "deep", "compared", "negated", "listed", "called"],
)
def test_what_is_allowed_is_answered(store: Store, text: str) -> None:
    assert isinstance(count_rows(store, source(store), parse_filter(text, FEEDBACK)), int)


PIECES: Final = (
    "nps", "text", "'", "''", "(", ")", ",", "eq", "and", "or", "not", "in", "null", "true", "3", "2024-01-01", "contains(",
    "/", ":", "+", "-", ".", "😀", "occurred_on", "abandoned",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PIECES]),
        max_size=12,
    )
)
def test_any_text_is_read_or_refused(store: Store, parts: list[str]) -> None:
    try:
        condition = parse_filter(" ".join(parts), FEEDBACK)
    except (QueryError, UnsupportedError):
        return
    count_rows(store, source(store), condition)


def figures_of(*names: str) -> Source:
    """Shares of these by name, as KPIs have them."""
    rest = [1, "share", "wilson", None, None, None, None, None, 0.5, None, None, None, "", None, None, None, None]
    return source_of_figures(KPIS, [[name, name, *rest] for name in names])


@pytest.mark.parametrize("order", ["", "name desc"])
def test_a_page_of_figures_begins_behind_the_last_one_wherever_that_stands(store: Store, order: str) -> None:
    """Figures are worked out anew for each page: «اپ» has come meanwhile, «ج» has gone."""
    asked = [("$orderby", order), ("$select", "name")]
    meant = [["الف", "ب"], ["ث", "د"]] if not order else [["د", "ج"], ["ث", "ب"]]
    page = read_page(store, figures_of("الف", "ب", "ث", "ج", "د"), read_options(KPIS, asked), 2, TEHRAN)
    assert [row["name"] for row in page.rows] == meant[0]
    after = read_options(KPIS, [*asked, ("$skiptoken", page.next or "")])
    now = ("اپ", "الف", "ب", "ث", "د") if not order else ("اپ", "الف", "ب", "ث", "ج", "د")
    assert [row["name"] for row in read_page(store, figures_of(*now), after, 2, TEHRAN).rows] == meant[1]
    with pytest.raises(GoneError, match="first page"):
        read_page(store, figures_of("الف", "ث"), after, 2, TEHRAN)
