"""Headers in both languages, the values that decide where a header leaves doubt, and the user's mapping above all."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from voc.errors import InputError
from voc.export import record_of
from voc.ingest import FeedbackSource, read_records
from voc.ingest.aliases import find_alias, is_clock
from voc.ingest.fields import FIELD_NAMES
from voc.records import Feedback, Reject, TaggedFeedback

TEHRAN = ZoneInfo("Asia/Tehran")
TEXTS = ("بسته‌بندی پاره بود", "رنگش با عکس فرق داشت", "زود رسید و سالم بود", "کارشناس با حوصله گوش داد")


def read(records: Sequence[Mapping[str, object]], **options: Any) -> tuple[FeedbackSource, list[Feedback | Reject]]:
    source = read_records(records, zone=TEHRAN, max_text_chars=1_000, **options)
    return source, list(source)


def table(**columns: Any) -> list[dict[str, object]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def fields_of(source: FeedbackSource) -> dict[str, str | None]:
    return {column.header: column.field for column in source.columns}


def note_of(source: FeedbackSource, header: str) -> str:
    return next(column.note for column in source.columns if column.header == header)


def accepted(rows: Sequence[Feedback | Reject]) -> list[Feedback]:
    assert all(isinstance(row, Feedback) for row in rows), rows
    return [row for row in rows if isinstance(row, Feedback)]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("commentText", "text"), ("Comment", "text"), ("متن نظر", "text"), ("متن‌ نظر", "text"), ("نظر مشتري", "text"),
        ("created_at", "occurred_at"), ("createdDate", "occurred_at"), ("تاريخ  ثبت", "occurred_at"),
        ("زمان اولین پاسخ", "first_response_at"), ("تاریخ حل مشکل", "resolved_at"), ("کد مشتری", "customer_id"),
        ("customerId", "customer_id"), ("شناسه", "external_id"), ("comment-id", "external_id"), ("كارشناس", "agent_id"),
        ("کانال", "channel"), ("مدت مکالمه (ثانیه)", "handle_s"), ("handle_s", "handle_s"), ("wait_time_min", "wait_s"),
        ("تماس ناموفق", "abandoned"), ("تعداد انتقال", "transfers"), ("هزینه تماس (ریال)", "cost"), ("درآمد", "revenue"),
        ("NPS", "nps"), ("احتمال توصیه", "nps"), ("csat_score", "csat"), ("CES", "ces"), ("ves_1", "ves_1"), ("VES 2", "ves_2"),
        ("رضایت کارکنان", "ees"), ("معرفی کرده", "referred"), ("خرید معرفی‌شده", "referral_sold"), ("امتیاز", "rating"),
        ("امتیاز (از ۵)", "rating"), ("Stars", "rating"), ("شماره تماس", None), ("نام شعبه", None), ("scraped_at", None),
        ("", None),
    ],
)  # fmt: skip
def test_headers_are_known_in_any_spelling(header: str, field: str | None) -> None:
    alias = find_alias(header)
    assert (alias.field if alias else None) == field


def test_every_field_has_headers_of_its_own_name() -> None:
    for field in FIELD_NAMES:
        alias = find_alias(field)
        assert alias is not None, field
        assert alias.field == field


@pytest.mark.parametrize(
    "headers",
    [
        ("id", "comment_id"), ("id", "external_id"), ("external_id", "ID"), ("شناسه", "review_id"), ("شناسهٔ", "external_id"),
        ("شناسه", "id"), ("_id", "id"), ("external_id", "ticket_id"),
    ],
)  # fmt: skip
def test_the_barest_id_is_the_rows_own_and_the_other_is_kept(headers: tuple[str, str]) -> None:
    order = ("id", "ID", "شناسه", "شناسهٔ", "external_id")
    chosen, other = sorted(headers, key=lambda header: order.index(header) if header in order else len(order))
    for columns in (headers, headers[::-1]):
        source, rows = read([{**{header: f"شمارهٔ {header}" for header in columns}, "text": TEXTS[0]}])
        (row,) = accepted(rows)
        assert row.external_id == f"شمارهٔ {chosen}"
        assert row.attributes == {other: f"شمارهٔ {other}"}
        assert "external_id is taken from" in note_of(source, other)


def test_our_own_records_keep_their_ids() -> None:
    ours = TaggedFeedback("f12", "b0", Feedback(text=TEXTS[1], line=9, external_id="a-1", customer_id="c-7"), None)
    _, rows = read([record_of(ours)])
    (row,) = accepted(rows)
    assert (row.external_id, row.customer_id, row.attributes["external_id"]) == ("f12", "c-7", "a-1")


def test_a_unit_in_the_header_counts() -> None:
    source, rows = read(table(متن=TEXTS[:2], **{"مدت مکالمه (دقیقه)": ["۲", "۱٫۵"], "wait_ms": [1500, 0]}))
    assert [(row.handle_s, row.wait_s) for row in accepted(rows)] == [(120, 1.5), (90, 0)]
    assert "60 seconds" in note_of(source, "مدت مکالمه (دقیقه)")


def test_title_body_pros_and_cons_become_one_text() -> None:
    records: list[dict[str, object]] = [
        {"title": "کند", "body": "صفحه باز نمی‌شود", "advantages": "['ظاهر خوب', 'رایگان\\r']", "disadvantages": "['ندارد']"},
        {"title": "کند!", "body": "صفحه باز نمی‌شود", "advantages": "", "disadvantages": ["قطعی", "تبلیغ"]},
        {"title": "", "body": "", "advantages": "قیمت مناسب", "disadvantages": "نداره"},
        {"title": "خیلی خوب", "body": None, "advantages": "[]", "disadvantages": None},
        {"title": "خوبه", "body": "خوبه", "advantages": None, "disadvantages": None},
    ]
    source, rows = read(records)
    assert [row.text for row in accepted(rows)] == [
        "کند. صفحه باز نمی‌شود\nنقاط قوت: ظاهر خوب، رایگان",
        "کند! صفحه باز نمی‌شود\nنقاط ضعف: قطعی، تبلیغ",
        "نقاط قوت: قیمت مناسب",
        "خیلی خوب",
        "خوبه",
    ]
    assert set(fields_of(source).values()) == {"text"}


def test_two_comments_of_one_customer_stand_one_below_the_other() -> None:
    _, rows = read(
        [
            {"deliveryComment": "پیک دیر آمد", "commentText": "غذا سرد بود"},
            {"deliveryComment": "پیک مؤدب بود", "commentText": None},
        ]
    )
    assert [row.text for row in accepted(rows)] == ["غذا سرد بود\nپیک دیر آمد", "پیک مؤدب بود"]


def test_a_subject_from_a_list_and_the_companys_description_are_no_text() -> None:
    many = 25
    source, rows = read(
        table(
            موضوع=["ارسال", "کالا"] * many,
            نظر=[f"{text} {n}" for n in range(many) for text in TEXTS[:2]],
            توضیحات=["پیگیری شد"] * 2 * many,
            comments=list(range(2 * many)),
        )
    )
    assert fields_of(source) == {"موضوع": None, "نظر": "text", "توضیحات": None, "comments": None}
    assert accepted(rows)[0].text == f"{TEXTS[0]} 0"
    assert accepted(rows)[0].attributes == {"موضوع": "ارسال", "توضیحات": "پیگیری شد", "comments": 0}


def test_without_a_known_header_the_values_tell_the_text() -> None:
    source, _ = read(
        table(الف=[1, 2, 3, 4], ب=["۱۴۰۳/۰۱/۰۱"] * 4, پ=["ونک", "ری", "ونک", "ری"], ت=TEXTS, ث=["http://a.ir/1"] * 4)
    )
    assert fields_of(source)["ت"] == "text"
    assert "reads most like it" in note_of(source, "ت")


def test_the_companys_reply_is_not_taken_for_the_text() -> None:
    source, _ = read(
        table(reply=["مشتری گرامی، پوزش ما را بپذیرید و با پشتیبانی تماس بگیرید " * 2 + str(n) for n in range(4)], q7=TEXTS)
    )
    assert fields_of(source) == {"reply": None, "q7": "text"}


def test_no_text_column_lists_the_headers_and_says_how_to_map() -> None:
    with pytest.raises(InputError) as refused:
        read(table(مبلغ=[1000, 2500], تاریخ=["۱۴۰۳/۰۱/۰۱", "۱۴۰۳/۰۱/۰۲"]))
    assert refused.value.code == "no_text_column"
    assert refused.value.options == ("مبلغ", "تاریخ")
    assert '{"text": "مبلغ"}' in refused.value.message


def test_the_date_with_the_time_of_day_is_preferred_and_the_other_kept() -> None:
    source, rows = read(
        table(text=TEXTS[:2], date=["۱۴۰۱/۰۲/۱۸"] * 2, createdDate=["2022-05-08 12:58:48", "2022-05-08 13:10:00"])
    )
    assert fields_of(source) == {"text": "text", "date": None, "createdDate": "occurred_at"}
    assert "time of day" in note_of(source, "date")
    assert str(accepted(rows)[0].occurred_at) == "2022-05-08 12:58:48+04:30"
    assert accepted(rows)[0].attributes == {"date": "۱۴۰۱/۰۲/۱۸"}


def test_a_date_and_a_time_of_day_beside_it_are_one_moment() -> None:
    source, rows = read(table(نظر=TEXTS[:3], تاریخ=["۱۴۰۳/۰۲/۱۵"] * 3, ساعت=["۰۹:۳۰", "", "۲۱:۰۵:۱۰"]))
    assert is_clock("ساعت")
    assert [str(row.occurred_at)[:19] for row in accepted(rows)] == [
        "2024-05-04 09:30:00",
        "2024-05-04 00:00:00",
        "2024-05-04 21:05:10",
    ]
    assert set(fields_of(source).values()) == {"text", "occurred_at"}


@pytest.mark.parametrize("both", ["ساعت+تاریخ", "تاریخ+ساعت"])
def test_a_mapping_may_name_the_time_of_day_before_its_date(both: str) -> None:
    _, rows = read(table(ساعت=["۰۹:۳۰"] * 2, نظر=TEXTS[:2], تاریخ=["۱۴۰۳/۰۲/۱۵"] * 2), mapping={"occurred_at": both})
    assert {str(row.occurred_at)[:19] for row in accepted(rows)} == {"2024-05-04 09:30:00"}


def test_days_alone_are_said_to_have_no_time() -> None:
    source, _ = read(table(نظر=TEXTS[:2], تاریخ=["۱۴۰۳/۰۲/۱۵"] * 2))
    assert note_of(source, "تاریخ") == "days without a time of day"


class _Ratings:
    stars = ("1", "5", "4.5", "0")
    ten = ("0", "7", "10", "3")
    thumbs = ("0", "1", "1", "0")
    words = ("خوب", "بد", "خوب", "بد")


@pytest.mark.parametrize("header", ["rate", "Rating", "امتیاز", "میزان رضایت"])
def test_a_rating_of_one_to_five_is_csat_and_zero_is_not_rated(header: str) -> None:
    source, rows = read(table(text=TEXTS, **{header: _Ratings.stars}))
    assert fields_of(source)[header] == "csat"
    assert [row.csat for row in accepted(rows)] == [1, 5, 4.5, None]
    assert [(notice.column, notice.code, notice.count) for notice in source.notices] == [(header, "not_rated", 1)]


@pytest.mark.parametrize(("values", "kept"), [(_Ratings.ten, [0, 7, 10, 3]), (_Ratings.thumbs, [0, 1, 1, 0])])
def test_a_rating_on_another_scale_stays_an_attribute(values: Sequence[str], kept: Sequence[int]) -> None:
    source, rows = read(table(text=TEXTS, امتیاز=values))
    assert fields_of(source)["امتیاز"] is None
    assert [row.attributes["rating"] for row in accepted(rows)] == kept
    assert all(row.csat is None and row.nps is None for row in accepted(rows))
    assert "map that to «امتیاز»" in note_of(source, "امتیاز")


def test_a_rating_of_words_is_an_attribute() -> None:
    source, rows = read(table(text=TEXTS, امتیاز=_Ratings.words))
    assert fields_of(source)["امتیاز"] is None
    assert accepted(rows)[0].attributes == {"امتیاز": "خوب"}


def test_a_scale_that_shows_late_in_a_sorted_file_is_still_seen() -> None:
    ratings = [*[1] * 3_000, *[4] * 3_000, *[9] * 600]
    source, _ = read(table(text=[f"تجربهٔ {n}" for n in range(6_600)], rating=ratings))
    assert fields_of(source)["rating"] is None


def test_csat_by_name_comes_before_a_rating() -> None:
    source, rows = read(table(text=TEXTS, rating=_Ratings.stars, csat=[5, 4, 3, 2]))
    assert fields_of(source) == {"text": "text", "rating": None, "csat": "csat"}
    assert accepted(rows)[0].attributes == {"rating": 1}


@pytest.mark.parametrize(
    ("field", "header", "value", "code"),
    [
        ("nps", "nps", 11, "out_of_range"), ("csat", "csat", 0, "out_of_range"), ("ces", "CES", "8", "out_of_range"),
        ("nps", "nps", "زیاد", "bad_number"), ("occurred_at", "تاریخ", "03/04/2024", "ambiguous_date"),
        ("transfers", "تعداد انتقال", 1.5, "bad_number"), ("handle_s", "مدت تماس", "طولانی", "bad_duration"),
        ("abandoned", "تماس ناموفق", "شاید", "bad_boolean"), ("cost", "هزینه", "گران", "bad_number"),
    ],
)  # fmt: skip
def test_a_bad_value_refuses_its_row_and_names_the_column(field: str, header: str, value: object, code: str) -> None:
    source, rows = read([{"text": TEXTS[0], header: None}, {"text": TEXTS[1], header: value}])
    assert fields_of(source)[header] == field
    first, second = rows
    assert isinstance(first, Feedback)
    assert isinstance(second, Reject)
    assert (second.line, second.column, second.code) == (2, header, code)


def test_a_header_whose_values_are_something_else_costs_no_rows() -> None:
    records = table(
        text=[f"پیام {n} بی‌پاسخ ماند" for n in range(30)], **{"زمان پاسخ": list(range(30)), "transfer": ["واحد فنی"] * 30}
    )
    source, rows = read(records)
    assert fields_of(source) == {"text": "text", "زمان پاسخ": None, "transfer": None}
    assert "its values do not" in note_of(source, "transfer")
    assert accepted(rows)[1].attributes == {"زمان پاسخ": 1, "transfer": "واحد فنی"}


def test_all_operational_fields_at_once() -> None:
    record = {
        "شناسه": 7, "کد مشتری": "c-1", "کارشناس": "e-2", "کانال": "تلفن", "متن": TEXTS[3], "تاریخ و ساعت": "۱۴۰۳/۰۲/۱۵ ۱۰:۰۰",
        "زمان اولین پاسخ": "۱۴۰۳/۰۲/۱۵ ۱۰:۰۴", "تاریخ حل": "1403-02-16 09:00", "مدت مکالمه": "۰۴:۳۰", "زمان انتظار": "۴۵ ثانیه",
        "تماس ناموفق": "خیر", "تعداد انتقال": "۲", "هزینه": "۱۲٬۰۰۰ تومان", "درآمد": 0, "nps": "۹", "csat": 4, "ces": 6,
        "ves_1": 7, "ves_2": "۵", "ees": 3, "معرفی کرده": "بله", "خرید معرفی‌شده": "ندارد", "شهر": "قم",
    }  # fmt: skip
    _, rows = read([record])
    row = accepted(rows)[0]
    assert str(row.occurred_at) == "2024-05-04 10:00:00+03:30"
    assert str(row.first_response_at) == "2024-05-04 10:04:00+03:30"
    assert str(row.resolved_at) == "2024-05-05 09:00:00+03:30"
    assert (row.external_id, row.customer_id, row.agent_id, row.channel) == ("7", "c-1", "e-2", "تلفن")
    assert (row.handle_s, row.wait_s, row.abandoned, row.transfers, row.cost, row.revenue) == (270, 45, False, 2, 12_000, 0)
    assert (row.nps, row.csat, row.ces, row.ves_1, row.ves_2, row.ees) == (9, 4, 6, 7, 5, 3)
    assert (row.referred, row.referral_sold, row.attributes) == (True, False, {"شهر": "قم"})


def test_the_index_of_an_export_is_left_out_and_said() -> None:
    source, rows = read(table(**{"Unnamed: 0": [0, 1, 2, 3], "id": ["x", "y", "z", "w"], "text": TEXTS}))
    assert accepted(rows)[0].external_id == "x"
    assert accepted(rows)[0].attributes == {}
    assert note_of(source, "Unnamed: 0") == "numbers of rows; left out"


def test_a_mapping_overrides_everything() -> None:
    records = table(
        text=["a", "b"], شرح=TEXTS[:2], تیتر=["کند", "خوب"], rate=["7", "10"], date=["۱۴۰۳/۰۱/۰۱"] * 2, id=["1", "2"]
    )
    source, rows = read(records, mapping={"text": "تیتر+شرح", "nps": "rate", "external_id": "-"})
    first = accepted(rows)[0]
    assert (first.text, first.nps, first.external_id) == (f"کند. {TEXTS[0]}", 7, None)
    assert first.attributes == {"text": "a", "id": 1}
    assert note_of(source, "rate") == "mapped to nps"


def test_a_mapped_rating_keeps_zero_as_not_rated_and_refuses_the_rest() -> None:
    _, rows = read(table(text=TEXTS, rate=["0", "5", "9", "3"]), mapping={"csat": "rate"})
    assert [getattr(row, "csat", "refused") for row in rows] == [None, 5, "refused", 3]


def test_a_header_with_a_plus_sign_is_one_header() -> None:
    _, rows = read([{"a+b": TEXTS[0], "a": "x", "b": "y"}], mapping={"text": "a+b"})
    assert accepted(rows)[0].text == TEXTS[0]


@pytest.mark.parametrize(
    ("mapping", "code", "options"),
    [
        ({"text": "متن نطر"}, "unknown_header", ("متن نظر",)),
        ({"text": "متن نظر+شهرر"}, "unknown_header", ("شهر",)),
        ({"nsp": "شهر"}, "unknown_field", ("nps",)),
        ({"line": "شهر"}, "unknown_field", None),
        ({"text": "-"}, "bad_mapping", ()),
        ({"nps": "شهر+متن نظر"}, "bad_mapping", ()),
        ({"nps": 5}, "bad_mapping", ()),
    ],
)
def test_a_mapping_that_cannot_be_followed_shows_what_is_close(
    mapping: Any, code: str, options: tuple[str, ...] | None
) -> None:
    with pytest.raises(InputError) as refused:
        read([{"متن نظر": TEXTS[0], "شهر": "قم"}], mapping=mapping)
    assert (refused.value.code, refused.value.field) == (code, "mapping")
    assert options is None or refused.value.options[: len(options)] == options


def test_a_mapped_header_is_found_in_another_spelling() -> None:
    _, rows = read([{"شرح حال": TEXTS[0]}], mapping={"text": "شرح‌ حال"})
    assert accepted(rows)[0].text == TEXTS[0]
