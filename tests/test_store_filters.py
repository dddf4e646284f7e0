"""What each filter lets through, alone and together, and that no value of a user's becomes SQL."""

# ruff: noqa: S608  the names in the SQL are our own

import json
import re
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import engines
from tests.stores import TEHRAN, add, open_store, tag_all
from voc.errors import InputError
from voc.records import Feedback
from voc.store import Filters, Store, where
from voc.store.database import Engine
from voc.store.filters import contains_pattern

ROWS = (
    Feedback("پیک دیر اومد", 2, channel="phone", occurred_at=datetime(2026, 5, 4, 23, tzinfo=TEHRAN), attributes={"شهر": "قم"}),
    Feedback("ارسال سریع بود عالی", 3, channel="app", occurred_at=datetime(2026, 5, 5, 0, tzinfo=TEHRAN),
             attributes={"شهر": "یزد", "شعبه": 5}),
    Feedback("چندبار زنگ زدم حل نشد، افتضاح، دیگه نمیخرم", 4, channel="phone", attributes={"شهر": "یزد", "شعبه": 12}),
    Feedback("حل شد ولی گرون بود، پیشنهاد می‌کنم", 5, occurred_at=datetime(2026, 6, 1, 9, tzinfo=TEHRAN)),
    Feedback("ورود راحت شد", 6, channel="a'; DROP TABLE feedback; --", attributes={"$.شهر": "قم", "/شهر": "قم", "پرسش؟": True}),
)  # fmt: skip


@pytest.fixture(scope="module")
def store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("filters") / "voc.duckdb") as opened:
        add(opened, ROWS, "یک")
        tag_all(opened)
        add(opened, [Feedback("هنوز نخونده: دیر و گرون", 7)], "دو")
        yield opened


def lines(store: Store, filters: Filters) -> list[int]:
    found = [row.feedback.line for row in store.stream_feedback(filters)]
    assert [row.feedback.line for row in store.find_feedback(filters).items] == found[::-1]
    return found


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [2, 3, 4, 5, 6, 7]),
        (Filters(from_=date(2026, 5, 5)), [3, 5]),
        (Filters(to=date(2026, 5, 5)), [2]),
        (Filters(from_=date(2026, 5, 4), to=date(2026, 5, 6)), [2, 3]),
        (Filters(channel=("phone",)), [2, 4]),
        (Filters(channel=("phone", "app")), [2, 3, 4]),
        (Filters(channel=("a'; DROP TABLE feedback; --",)), [6]),
        (Filters(sentiment=("positive",)), [3]),
        (Filters(sentiment=("mixed", "negative")), [4, 5]),
        (Filters(reason=("delivery.time",)), [2, 3]),
        (Filters(reason=("delivery",)), [2, 3]),
        (Filters(reason=("delivery.courier", "price")), [2, 5]),
        (Filters(reason=("delivery",), polarity=("positive",)), [3]),
        (Filters(reason=("delivery.courier",), polarity=("positive",)), []),
        (Filters(polarity=("negative",)), [2, 5, 6]),
        (Filters(effort=("repeat_contact",)), [4]),
        (Filters(effort=("easy", "repeat_contact")), [4, 6]),
        (Filters(loyalty=("recommend",)), [5]),
        (Filters(effort=("repeat_contact",), loyalty=("churn_intent",)), [4]),
        (Filters(resolution=("unresolved",)), [4]),
        (Filters(resolution=("unresolved", "resolved"), sentiment=("mixed",)), [5]),
        (Filters(attributes={"شهر": "یزد"}), [3, 4]),
        (Filters(attributes={"شهر": ("یزد", "قم")}), [2, 3, 4]),
        (Filters(attributes={"شهر": "یزد", "شعبه": "12"}), [4]),
        (Filters(attributes={"$.شهر": "قم"}), [6]),
        (Filters(attributes={"/شهر": "قم"}), [6]),
        (Filters(attributes={"پرسش؟": "true"}), [6]),
        (Filters(attributes={"نبود": "قم"}), []),
        (Filters(attributes={"x') = '' OR true --": ""}), []),
        (Filters(q="دیر"), [2, 7]),
        (Filters(q="  دیر ", channel=("phone",)), [2]),
        (Filters(q=""), [2, 3, 4, 5, 6, 7]),
        (Filters(q="\u200c"), [2, 3, 4, 5, 6, 7]),
    ],
)  # fmt: skip
def test_filters(store: Store, filters: Filters, expected: list[int]) -> None:
    assert lines(store, filters) == expected


def test_a_batch_and_two_batches(store: Store) -> None:
    two, one = store.list_batches().items
    assert lines(store, Filters(batch=(two.id,))) == [7]
    assert lines(store, Filters(batch=(one.id, two.id), q="دیر")) == [2, 7]
    assert lines(store, Filters(batch=("b' OR '1'='1",))) == []


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        (Filters(sentiment=("happy",)), "sentiment"),
        (Filters(reason=("delivery.",)), "reason"),
        (Filters(reason=("delivery.%",)), "reason"),
        (Filters(polarity=("mixed",)), "polarity"),
        (Filters(effort=("' OR true",)), "effort"),
        (Filters(loyalty=("easy",)), "loyalty"),
        (Filters(resolution=("null",)), "resolution"),
    ],
)
def test_an_unknown_code_is_refused_with_the_known_ones(filters: Filters, field: str) -> None:
    with pytest.raises(InputError) as refused:
        where(filters)
    assert refused.value.field == field
    assert len(refused.value.options) > 1


FOUND = [
    ("كتاب", "این کتاب پاره بود"), ("ي", "کی میاد"), ("می خواهم", "می‌خواهم برش گردونم"), ("میخواهم", "می‌خواهم"),
    ("می‌خواهم", "میخواهم"), ("۱۲", "کد ۱۲"), ("12", "کد ١٢"), ("app", "این APP بازه"), ("سوال", "سؤال داشتم"),
    ("آقا", "اقا"), ("خانه", "خانۀ ما"), ("عالی", "عــالی"), ("گران", "گِران"), ("دیر رسید", "دیر   رسید"),
    ("100%", "100% راضی"), ("a_b", "a_b"), ("(خوب)", "(خوب)"), ("?", "چرا?"), ("خط", "سطر\nخط"), ("c++\\d", "c++\\d"),
    ("[x]^$", "[x]^$"), ("😀", "عالی 😀"), ("a-z&&~|", "a-z&&~|"), ("«", "«خوب»"),
]  # fmt: skip
NOT_FOUND = [
    ("100%", "1000 راضی"), ("a_b", "axb"), (".", "خوب"), ("\\d", "5"), ("[خ]", "خ"), ("خوب$", "خوب"), ("دیر رسید", "دیررسید"),
    ("ب*", "ب"), ("(?i)a", "a"), ("x{2}", "xx"), ("سرد", "گرم"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text", "found"), [(*c, True) for c in FOUND] + [(*c, False) for c in NOT_FOUND])
def test_words_are_found_in_every_form_and_as_they_stand(store: Store, words: str, text: str, found: bool) -> None:
    assert store.select("SELECT regexp_like($text, $q)", {"text": text, "q": contains_pattern(words)}) == [(found,)]


@given(st.text(alphabet="اآيیكک ۱1aA.*[]()\\^$%_-|+?{}'\"~&#،\u200c\n/", min_size=1, max_size=8))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_find_themselves(store: Store, words: str) -> None:
    pattern = contains_pattern(words)
    assert re.search(pattern, words) is not None
    assert store.select("SELECT regexp_like($text, $q)", {"text": words, "q": pattern}) == [(True,)]


@given(st.text(max_size=12).filter(lambda name: "\0" not in name), st.text(max_size=5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_attribute_can_be_asked_for(store: Store, name: str, value: str) -> None:
    assume(engines.chosen == "duckdb" or "\0" not in value)  # which is not in what PostgreSQL keeps
    made = json.dumps({name: value, "other": "x"}, ensure_ascii=False)
    row = "(SELECT $made::JSON AS attributes, 1 AS seq) f"
    condition = where(Filters(attributes={name: value}))
    assert store.select(f"SELECT {condition.sql} FROM {row}", {"made": made, **condition.parameters}) == [(True,)]


def test_only_what_needs_the_tagging_joins_it() -> None:
    assert not where(Filters(reason=("delivery",), q="دیر")).needs_tagging
    assert where(Filters(sentiment=("negative",))).needs_tagging
    assert where(Filters()).sql == "TRUE"
    given = where(Filters(channel=("x",), attributes={"a": "b"}))
    assert all(name.startswith("where_") for name in given.parameters)
