"""The client as a program uses it: against a live service with the fake tagger."""

import doctest
import importlib
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx2 as httpx
import pandas
import pytest

import voc.client.client
from api.correction_schemas import CorrectionOut, OfferOut, SelectionOut
from api.parameters import CorrectionQuery, FilterQuery, known_names
from api.routes.export import FeedbackExportQuery, KpiExportQuery, TrendExportQuery
from api.routes.insights import CompareQuery, DriverQuery, SpikeQuery, ThemeQuery
from api.routes.kpis import KpiQuery
from api.routes.tag import CHARS_AT_ONCE, TURNS_AT_ONCE
from api.routes.trends import TrendQuery
from api.schemas import TEXTS_AT_ONCE, CodeOut, ConversationOut, FeedbackOut, KpiDefinitionOut, TaggedConversation, TaggedText
from tests.api_client import SURVEY
from tests.serving import ServiceProcess
from voc.client import (
    Client,
    ClientError,
    Code,
    CorrectedSelection,
    Correction,
    Found,
    KpiDefinition,
    Offer,
    Record,
    Rows,
    Tagged,
    options,
    portions,
    to_frame,
)
from voc.errors import InputError
from voc.kpis import KpiRow
from voc.records import Batch, Reject, Turn
from voc.store.database import Engine
from voc.trends import Spike

CALL: Final = (
    Turn("customer", "پیک دیر اومد", 0, 2),
    Turn("agent", "شرمنده، خودم پیگیری می‌کنم", 2, 5),
    Turn("customer", "عالی"),
)


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("client")
    with ServiceProcess(folder / "voc.duckdb", show_agents=1) as service, Client(service.base, retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def survey(engine: Engine, client: Client, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    path = tmp_path_factory.mktemp("files") / "نظرسنجیِ «زمستان».csv"
    path.write_text(SURVEY, "utf-8")
    return client.upload(path)


def batch_of(client: Client, *texts: str) -> Batch:
    return client.upload([{"text": text} for text in texts])


def test_a_file_is_sent_once_and_tagged(client: Client, survey: Batch) -> None:
    assert (survey.name, survey.status, survey.accepted, survey.tagged) == ("نظرسنجیِ «زمستان».csv", "done", 5, 5)
    assert survey.columns[1].field == "occurred_at"
    assert survey.created_at.utcoffset() == timedelta(hours=3.5)
    again = client.upload(io.BytesIO(SURVEY.encode()), name="دوباره.csv")
    assert again.id == survey.id
    assert survey.id in [batch.id for batch in client.batches()]


def test_an_open_file_is_read_from_where_it_stands(client: Client) -> None:
    file = io.BytesIO("این سطر نه\nنظر\nسریع رسید و تمیز\n".encode())
    file.readline()
    batch = client.upload(file)
    assert (batch.name, batch.received) == ("upload", 1)
    assert [record.text for record in client.feedback(batch=batch.id)] == ["سریع رسید و تمیز"]


def test_a_pipe_is_sent(client: Client) -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as end:
        end.write("نظر\nاز لوله آمد\n".encode())
    with os.fdopen(read, "rb") as pipe:
        assert client.upload(pipe).accepted == 1


def test_names_end_neither_the_name_nor_the_line(client: Client) -> None:
    name = 'الف"; x="ب\r\nX-Y: 1.csv'
    assert client.upload(io.BytesIO("نظر\nاسمش عجیب بود\n".encode()), name=name).name == "الف%22; x=%22ب%0D%0AX-Y: 1.csv"


def test_records_of_pandas_are_sent(client: Client) -> None:
    frame = pandas.DataFrame(
        {
            "نظر": ["خیلی منتظر موندم", "ارزون بود"],
            "تاریخ": pandas.to_datetime(["2026-05-04 10:00", None]),
            "nps": pandas.array([3, None], dtype="Int64"),
            "هزینه": [12.5, float("nan")],
        }
    )
    batch = client.upload(frame.to_dict("records"), name="قاب", mapping={"text": "نظر"})
    first, second = sorted(client.feedback(batch=batch.id), key=lambda record: record.line)
    assert (batch.name, first.nps, first.cost, second.nps, second.cost, second.occurred_at) == (
        "قاب",
        3,
        12.5,
        None,
        None,
        None,
    )
    assert first.occurred_at == datetime.fromisoformat("2026-05-04T10:00:00+03:30")


def test_a_conversation_is_sent_and_read(client: Client) -> None:
    batch = client.upload([{"turns": CALL, "agent_id": "ع-۷"}])
    (listed,) = client.feedback(batch=batch.id)
    assert (listed.kind, listed.turns, listed.agent_id) == ("conversation", (), "ع-۷")
    record = client.get_feedback(listed.id)
    assert [turn.text for turn in record.turns] == [turn.text for turn in CALL]
    assert (record.sentiment_end, record.primary_reason) == ("positive", "delivery.time")
    assert record.reasons
    assert record.words_of(record.reasons[0]) == ("دیر",)
    assert listed.words_of(record.reasons[0]) == ()


def test_a_mapping_and_a_key_are_sent(client: Client) -> None:
    content = "الف,ب\nسلام,کد برای ورود نیومد\n".encode()
    batch = client.upload(io.BytesIO(content), mapping={"text": "ب"}, idempotency_key="شب".encode().hex())
    assert [record.text for record in client.feedback(batch=batch.id)] == ["کد برای ورود نیومد"]
    with pytest.raises(ClientError, match="other content"):
        client.upload([{"text": "متن دیگر"}], idempotency_key="شب".encode().hex())


def test_progress_is_told_until_all_is_tagged(client: Client) -> None:
    told: list[Batch] = []
    batch = client.upload([{"text": f"پیک دیر اومد بار {n}"} for n in range(300)], progress=told.append)
    assert [each.status for each in told[-1:]] == ["done"]
    assert {each.id for each in told} == {batch.id}


@pytest.mark.parametrize(
    ("eta_s", "last_s", "next_s"), [(None, 0.1, 0.15), (None, 1.9, 2), (100, 0.1, 2), (4, 2, 1), (0.1, 2, 0.1), (0, 2, 0.1)]
)
def test_it_looks_more_often_towards_the_end(survey: Batch, eta_s: float | None, last_s: float, next_s: float) -> None:
    assert voc.client.client._next_look_s(replace(survey, eta_s=eta_s), last_s) == pytest.approx(next_s)


@pytest.mark.usefixtures("engine")
def test_waiting_has_an_end(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "voc.duckdb", pause_s=5, workers=1) as service, Client(service.base) as client:
        batch = client.upload([{"text": "پیک دیر اومد"}], wait=False)
        assert batch.status == "tagging"
        with pytest.raises(ClientError) as caught:
            client.wait(batch, timeout_s=0.3)
        assert caught.value.code == "timeout"


def test_what_was_refused_says_why(client: Client) -> None:
    rows = "\n".join(f"خوب بود {n},{n + 11}" for n in range(5))
    batch = client.upload(io.BytesIO(f"نظر,NPS\nسریع,9\n{rows}\n".encode()))
    rejects = list(client.rejects(batch))
    assert [(each.line, each.column) for each in rejects] == [(line, "NPS") for line in range(3, 8)]
    assert isinstance(rejects[0], Reject)


def test_tagging_keeps_the_order(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "ITEMS", 3)
    items = [f"سریع {n}" if n % 2 else (Turn("customer", f"گرون {n}"), Turn("agent", "بله")) for n in range(8)]
    tagged = client.tag(items)
    assert [each.reasons[0].code if each.reasons else None for each in tagged] == ["price.value", "delivery.time"] * 4
    assert [each.turns[0].text if each.turns else each.text for each in tagged] == [
        f"سریع {n}" if n % 2 else f"گرون {n}" for n in range(8)
    ]
    assert tagged[1].reasons == (Found("delivery.time", 0.9, ((0, 4),), "positive"),)


def test_one_text_is_one_text(client: Client) -> None:
    assert [each.text for each in client.tag("شماره‌ام 09123456789 است")] == ["شماره‌ام [تلفن] است"]


@pytest.mark.parametrize(
    ("items", "sizes"),
    [
        ([], []),
        (["س" * 150_000, "س" * 60_000, "س"], [1, 2]),
        (["س" * 300_000, "س"], [1, 1]),
        ([CALL * 400, CALL * 400], [1, 1]),
    ],
)
def test_portions_are_what_fits(items: list[Any], sizes: list[int]) -> None:
    assert [len(portion) for portion in portions.portions(items)] == sizes


def test_all_pages_are_read(client: Client, survey: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voc.client.client, "PAGE", 2)
    records = list(client.feedback(batch=survey.id))
    assert [record.line for record in records] == [6, 5, 4, 3, 2]
    assert records[0].attributes == {"شعبه": "کرج"}
    assert records[-1].occurred_at == datetime.fromisoformat("2024-03-01T00:00:00+03:30")
    assert records[-1].words_of((records[-1].reasons or ())[0]) == ("دیر",)


@pytest.mark.parametrize(
    ("filters", "lines"),
    [
        ({"channel": "تلفن"}, [2, 4]),
        ({"channel": ["تلفن", "سایت"]}, [2, 4, 5]),
        ({"from_": date(2024, 3, 24), "to": "1403-02-01"}, [4, 5]),
        ({"attributes": {"شعبه": ["کرج", "تجریش"]}}, [3, 5, 6]),
        ({"q": "عالی", "polarity": "positive", "reason": "price"}, [5]),
    ],
)
def test_filters_mean_what_they_mean_everywhere(
    client: Client, survey: Batch, filters: dict[str, Any], lines: list[int]
) -> None:
    assert sorted(record.line for record in client.feedback(batch=survey.id, **filters)) == lines
    assert sorted(client.feedback_frame(batch=survey.id, **filters)["line"]) == lines


def test_a_frame_has_types(client: Client, survey: Batch) -> None:
    frame = client.feedback_frame(batch=survey.id)
    types = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert (types["nps"], types["abandoned"], types["sentiment_score"]) == ("Int64", "boolean", "float64")
    assert (types["occurred_at"], types["text"]) == ("datetime64[us, Asia/Tehran]", "string")
    assert list(frame["nps"]) == [2, 10, 0, 9, 1]
    assert frame["csat"].isna().all()
    none = client.feedback_frame(batch=survey.id, sentiment="mixed")
    assert (len(none), list(none.dtypes)) == (0, list(frame.dtypes))


def test_figures_are_those_of_the_library(client: Client, survey: Batch) -> None:
    rows = client.kpis(["nps", "csat_top2"], batch=survey.id, bucket="month")
    assert isinstance(rows[0], KpiRow)
    assert [(row.name, row.bucket, row.value, row.n) for row in rows][:2] == [
        ("nps", "1402-12", 0, 2),
        ("nps", "1403-01", 0, 2),
    ]
    assert rows[-1].missing == ("csat",)
    frame = to_frame(rows)
    assert (str(frame["n"].dtype), str(frame["value"].dtype)) == ("Int64", "float64")
    assert list(frame["missing"])[-1] == "csat"
    assert {row.name for row in client.kpis("nps, csat_top2", batch=survey.id)} == {"nps", "csat_top2"}
    assert len(client.kpis()) == len(client.definitions())


def test_spans_are_days_and_hours(client: Client, survey: Batch) -> None:
    (month, *_) = client.trends("volume", batch=survey.id, bucket="month")
    assert (month.bucket, month.start, month.n) == ("1402-12", date(2024, 2, 20), 2)
    (hour, *_) = client.trends("volume", batch=survey.id, bucket="hour", to="1402-12-12")
    assert hour.start == datetime(2024, 3, 1, 0)
    assert str(to_frame(client.trends("volume", batch=survey.id))["start"].dtype).startswith("datetime64[")
    (whole, *_) = client.trends("volume", batch=survey.id, bucket=None)
    assert (whole.bucket, whole.n) == (None, 5)


def test_insights_are_those_of_the_library(client: Client, survey: Batch) -> None:
    assert client.spikes(batch=survey.id) == ()
    assert list(to_frame(client.spikes(batch=survey.id)).columns)[:2] == ["code", "group"]
    report = client.drivers("nps", batch=survey.id, min_n=1)
    assert (report.target, report.n) == ("nps", 5)
    assert "effect" in to_frame(report.drivers)
    found = client.compare(batch=survey.id, first={"channel": "تلفن"}, second={"channel": "اپ"}, min_n=1, kinds=["sentiment"])
    assert (found.n_first, found.n_second, found.items[0].kind) == (2, 2, "sentiment")
    assert client.themes(batch=survey.id, from_="1403-01-01", to="1403-02-01") == ()
    assert client.what_if(batch=survey.id)[0].n == 1


def test_definitions_and_codes(client: Client) -> None:
    assert client.definitions()[0].name == "nps"
    taxonomy = client.taxonomy()
    assert "delivery.time" in [code.code for code in taxonomy.reasons]
    assert list(to_frame(taxonomy.groups).columns) == ["code", "fa", "en"]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet", "arrows"])
def test_a_file_is_written(client: Client, survey: Batch, tmp_path: Path, ending: str) -> None:
    path = client.export(tmp_path / f"out.{ending}", batch=survey.id)
    assert path.stat().st_size > 500
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_figures_are_written(client: Client, survey: Batch, tmp_path: Path) -> None:
    kpis = client.export(tmp_path / "k", "kpis", format="parquet", names=["nps", "ces_mean"], bucket="month", batch=survey.id)
    told = duckdb.read_parquet(str(kpis)).aggregate("name, count(*) AS n").order("name").fetchall()
    assert told == [("ces_mean", 3), ("nps", 3)]
    trends = client.export(tmp_path / "t.jsonl", "trends", measure="volume", bucket=None, batch=survey.id)
    assert json.loads(trends.read_text("utf-8"))["n"] == 5
    whole = client.export(tmp_path / "k.jsonl", "kpis", names="nps", bucket=None, batch=survey.id)
    assert json.loads(whole.read_text("utf-8"))["n"] == 5


def test_a_file_that_cannot_be_written(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write"):
        client.export(tmp_path / "نیست" / "out.csv")
    with pytest.raises(InputError, match="ending"):
        client.export(tmp_path / "out.docx")


def test_a_refused_file_leaves_the_old_one(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("دیروز", "utf-8")
    with pytest.raises(ClientError):
        client.export(path, "kpis", names="nbs")
    assert path.read_text("utf-8") == "دیروز"


def test_a_record_is_corrected_confirmed_and_left_as_it_was(client: Client) -> None:
    batch = batch_of(client, "چه سریع، بعد از یه هفته رسید", "معمولی بود", "خب رسید دیگه")
    sneer, plain, third = sorted(client.feedback(batch=batch.id), key=lambda record: record.line)
    made = client.correct(sneer, {"sentiment": "negative", "reasons": {"delivery.time": "negative"}}, why="کنایه است")
    seen = client.confirm(plain.id, queue="random")
    assert (made.feedback_id, made.changed["sentiment"], made.why, made.confirmed) == (sneer.id, "negative", "کنایه است", False)
    assert (seen.confirmed, seen.queue) == (True, "random")
    record = client.get_feedback(sneer.id)
    assert record.corrected
    assert (record.sentiment, record.corrected.at, record.corrected.model.sentiment) == ("negative", made.at, "neutral")
    assert list(client.corrections(sneer)) == [made]
    assert [each.id for each in client.corrections(undone=False)] == [seen.id, made.id]
    assert [each.id for each in client.corrections(confirmed=True, from_=date(2024, 1, 1))] == [seen.id]
    drawn = list(client.review("random", seed="1405-W07", batch=batch.id))
    assert (drawn[0].record.id, drawn[0].reviewed) == (third.id, False)
    assert {offer.record.id for offer in drawn[1:] if offer.reviewed} == {sneer.id, plain.id}
    assert (client.undo(made), client.undo(made.id)) == (1, 0)
    assert client.get_feedback(sneer.id).corrected is None


def test_several_records_are_corrected_at_once(client: Client) -> None:
    batch = batch_of(client, "کارت به کارت نشد", "کارت به کارت دو بار کم شد")
    said = {"add": {"reasons": {"billing.payment": "negative"}}}
    made = client.correct_all(said, filters={"batch": batch.id, "q": "کارت"}, expected=2)
    assert (made.corrected, made.confirmed, len(made.items)) == (2, 0, 2)
    assert {each.code for record in client.feedback(batch=batch.id) for each in record.reasons or ()} == {"billing.payment"}
    assert [each.id for each in client.corrections(selection=made.selection or "")] == [each.id for each in made.items[::-1]]
    again = client.correct_all(said, ids=[each.feedback_id for each in made.items])
    assert (again.corrected, again.confirmed) == (0, 2)
    assert (client.undo(made), client.undo(again)) == (2, 2)
    nobody = client.correct_all(said, filters={"batch": batch.id, "q": "نیست"}, expected=0)
    assert (nobody.selection, client.undo(nobody)) == (None, 0)
    with pytest.raises(ClientError) as caught:
        client.correct_all(said, filters={"batch": batch.id}, expected=3)
    assert (caught.value.status, caught.value.code, caught.value.field) == (409, "count_differs", "expected")


def test_what_is_removed_is_gone(client: Client) -> None:
    batch = client.upload([{"text": "می‌خوام برم", "customer_id": "م/۱ ۲?"}, {"text": "موندگارم", "customer_id": "م-۲"}])
    assert client.erase_customer("م/۱ ۲?") == 1
    assert [record.customer_id for record in client.feedback(batch=batch.id)] == ["م-۲"]
    client.delete_batch(batch)
    assert batch.id not in [each.id for each in client.batches()]
    with pytest.raises(ClientError, match=batch.id) as caught:
        client.wait(batch)
    assert (caught.value.status, caught.value.code, caught.value.field) == (404, "not_found", "batch")


@pytest.mark.parametrize(
    ("ask", "status", "code", "field", "option"),
    [
        (lambda client: client.kpis("npss"), 422, "invalid_input", "names", "nps"),
        (lambda client: list(client.feedback(sentimant="negative")), 422, "unknown_parameter", "sentimant", "sentiment"),
        (lambda client: list(client.feedback(sentiment="بد")), 422, "invalid_input", "sentiment", "negative"),
        (lambda client: client.upload(io.BytesIO(b" ")), 422, "empty_file", "file", None),
        (lambda client: client.tag([" "]), 422, "invalid_input", "texts[0]", None),
    ],
)
def test_errors_are_those_of_the_service(
    client: Client, ask: Callable[[Client], object], status: int, code: str, field: str | None, option: str | None
) -> None:
    with pytest.raises(ClientError) as caught:
        ask(client)
    error = caught.value
    assert (error.status, error.code, error.field) == (status, code, field)
    assert option is None or option in error.options


def test_errors_quote_nobody(client: Client) -> None:
    said = "سعیده‌ام و از ونک زنگ می‌زنم"
    for ask in (
        lambda: client.tag([said, " "]),
        lambda: client.upload([{"text": said, "nps": said}], mapping={"text": "نیست"}),
        lambda: list(client.feedback(q=said, sentiment="بد")),
        lambda: client.upload([{"text": said, "who": object()}]),
    ):
        with pytest.raises((ClientError, TypeError)) as caught:
            ask()
        assert "سعیده" not in repr(caught.value) + str(caught.value)


@pytest.mark.usefixtures("engine")
def test_a_key_opens_what_its_scope_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ServiceProcess(tmp_path / "voc.duckdb") as service:
        admin = make_key(service.base, "admin")
        read = make_key(service.base, "read", admin)
        monkeypatch.delenv("VOC_KEY", raising=False)
        with pytest.raises(ClientError) as caught:
            Client(service.base).taxonomy()
        assert (caught.value.status, caught.value.code) == (401, "no_key")
        monkeypatch.setenv("VOC_KEY", read)
        reader = Client(service.base)
        assert reader.taxonomy().version
        assert read not in repr(reader)
        big = io.BytesIO("نظر\n".encode() + "پیک دیر رسید\n".encode() * 400_000)
        with pytest.raises(ClientError) as caught:  # its 10 MB are not read, and the answer is heard all the same
            reader.upload(big)
        assert (caught.value.status, caught.value.code) == (403, "scope_too_small")
        assert Client(service.base, admin).upload([{"text": "خوب بود"}]).accepted == 1


def make_key(base: str, scope: str, key: str | None = None) -> str:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    made = httpx.post(f"{base}/v1/keys", json={"name": "آزمون", "scope": scope}, headers=headers).json()
    return str(made["key"])


def keys_of(kind: Any) -> set[str]:
    return {"from" if name == "from_" else name for name in kind.__annotations__}


@pytest.mark.parametrize(
    ("given", "asked", "apart"),
    [
        (options.Filters, [FilterQuery], {"attributes"}),
        (options.TrendOptions, [TrendQuery], {"attributes", "measure"}),
        (options.KpiOptions, [KpiQuery], {"attributes", "names"}),
        (options.SpikeOptions, [SpikeQuery], {"attributes"}),
        (options.DriverOptions, [DriverQuery], {"attributes", "target"}),
        (options.ThemeOptions, [ThemeQuery], {"attributes"}),
        (options.CorrectionFilters, [CorrectionQuery], set()),
        (options.ExportOptions, [FeedbackExportQuery, TrendExportQuery, KpiExportQuery], {"attributes", "format"}),
    ],
)
def test_options_are_the_parameters(given: Any, asked: list[Any], apart: set[str]) -> None:
    assert keys_of(given) ^ {name for query in asked for name in known_names(query)} == apart


def test_the_options_of_a_comparison_are_its_parameters() -> None:
    common = {name for name in known_names(CompareQuery) if "." not in name}
    assert keys_of(options.CompareOptions) ^ common == {"attributes", "first", "second"}


def test_records_are_those_of_the_service() -> None:
    ours = (Record, Tagged, KpiDefinition, Code, Correction, CorrectedSelection, Offer)
    names = {record: {field.name for field in fields(record)} for record in ours}
    assert names[Record] == set(FeedbackOut.model_fields) | set(ConversationOut.model_fields)
    assert names[Tagged] == set(TaggedText.model_fields) | set(TaggedConversation.model_fields)
    assert names[KpiDefinition] == set(KpiDefinitionOut.model_fields)
    assert names[Code] == set(CodeOut.model_fields)
    assert names[Correction] == set(CorrectionOut.model_fields)
    assert names[CorrectedSelection] == set(SelectionOut.model_fields)
    assert names[Offer] == set(OfferOut.model_fields)
    assert (portions.ITEMS, portions.TURNS, portions.CHARS) == (TEXTS_AT_ONCE, TURNS_AT_ONCE, CHARS_AT_ONCE)


def test_a_frame_of_nothing_knows_its_columns() -> None:
    assert list(to_frame(Rows(Spike)).columns)[:3] == ["code", "group", "bucket"]
    with pytest.raises(ValueError, match="no rows"):
        to_frame([])


@pytest.mark.parametrize("module", ["voc.client", "voc.client.decode", "voc.client.options", "voc.client.portions"])
def test_examples_are_right(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
