"""Conversations as the API, the exports and the pages show them: with their turns, and counted once among all feedback."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas
import pytest
from fastapi.testclient import TestClient

from api import schemas
from tests.api_client import items, problem, running, wait_done
from tests.fakes import FakeTagger
from tests.spoken import CALL, CHAT, conversation
from tests.stores import add
from voc.conversations.record import GROUPS, codes_of
from voc.export import record_of, stream_feedback_as
from voc.records import Feedback, Move, TaggedFeedback, Tags, Turn
from voc.store.database import Engine

HOSTILE = "<script>alert(1)</script>"
ROWS = (
    Feedback("پیک دیر اومد", 2, channel="phone"),
    conversation(CALL, 3, channel="phone", agent_id="ک-۷", transfers=1),
    conversation(CHAT, 4, channel="chat", speakers_sure=0.83),
    conversation((Turn("customer", f"{HOSTILE} دیر"), Turn("agent", f"سلام {HOSTILE}")), 5),
)


def send(client: TestClient, rows: Sequence[Feedback]) -> None:
    """Takes rows in past the reader of files, and waits for their tags."""
    service = client.app.state.service  # type: ignore[attr-defined]
    batch = add(service.store, rows)
    service.engine.wake()
    wait_done(client, batch.id)


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("conversations")) as client:
        send(client, ROWS)
        yield client


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def shown(record: dict[str, Any], kind: str) -> list[str]:
    """The words of a record's evidence, cut out of its turns."""
    spans = [span for each in record[kind] for span in each["evidence"]]
    return [record["turns"][turn]["text"][start:end] for turn, start, end in spans]


def test_a_conversation_has_its_turns_and_all_that_was_read_in_it(client: TestClient) -> None:
    record = client.get("/v1/conversations/f2").json()
    assert schemas.ConversationOut.model_validate(record).model_dump(mode="json") == record
    assert record["text"] == "\n".join(turn.text for turn in CALL if turn.speaker == "customer")
    assert [(turn["speaker"], turn["text"], turn["start_s"], turn["sentiment"]) for turn in record["turns"]][:2] == [
        ("agent", CALL[0].text, 0, None),
        ("customer", CALL[1].text, 4, "negative"),
    ]
    assert (record["primary_reason"], record["effort_level"]) == ("delivery.time", "high")
    assert (record["sentiment_start"], record["sentiment_end"]) == ("negative", "positive")
    assert [mood["sentiment"] for mood in record["sentiment_quarters"]] == ["negative", "neutral", "neutral", "positive"]
    assert (record["value_enhancement"], record["recovery"]) == ([], ["apology", "ownership", "compensation"])
    assert [record[name] for name in ("transfers", "duration_s", "silence_s", "interruptions")] == [1, 56, 34, 1]
    assert (record["handle_s"], record["agent_talk_s"], record["speakers_sure"]) == (56, 10, None)


def test_evidence_points_into_turns(client: TestClient) -> None:
    record = client.get("/v1/conversations/f2").json()
    assert shown(record, "reasons") == ["دیر"]
    assert shown(record, "effort") == ["چندبار", "منتظر"]
    assert shown(record, "moves") == ["سلام", "شرمنده", "خودم پیگیری", "هدیه"]
    assert record["effort"][1]["evidence"] == [[4, 6, 11]]


def test_what_the_clock_does_not_tell_is_null(client: TestClient) -> None:
    chat = client.get("/v1/conversations/f3").json()
    assert (chat["duration_s"], chat["customer_talk_s"], chat["interruptions"], chat["speakers_sure"]) == (
        120,
        None,
        None,
        0.83,
    )
    assert chat["value_enhancement"] == ["teaches_use"]
    assert client.get("/v1/conversations/f4").json()["duration_s"] is None


@pytest.mark.parametrize("public_id", ["f1", "f99", "b000000000000", "f", "f-1", "f۲", "f" + "9" * 30])
@pytest.mark.parametrize("path", ["/v1/conversations", "/conversations"])
def test_what_is_no_conversation_is_not_found(client: TestClient, path: str, public_id: str) -> None:
    assert problem(client.get(f"{path}/{public_id}"), 404)["field"] == "id"


def test_lists_have_them_without_turns_and_one_record_with(client: TestClient) -> None:
    found = {item["id"]: item for item in items(client, "/v1/feedback")}
    assert {each: item["kind"] for each, item in found.items()} == {
        "f1": "feedback", "f2": "conversation", "f3": "conversation", "f4": "conversation",
    }  # fmt: skip
    assert client.get("/v1/feedback/f2").json() == client.get("/v1/conversations/f2").json()
    assert found["f2"] == {name: value for name, value in client.get("/v1/feedback/f2").json().items() if name != "turns"}
    assert "moves" not in found["f1"]
    assert found["f1"]["reasons"][0]["evidence"] == [[4, 7]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("kind=conversation", ["f2", "f3", "f4"]),
        ("kind=feedback", ["f1"]),
        ("kind=feedback,conversation", ["f1", "f2", "f3", "f4"]),
        ("kind=", ["f1", "f2", "f3", "f4"]),
        ("kind=conversation&channel=phone", ["f2"]),
        ("reason=delivery", ["f1", "f2", "f4"]),
    ],
)
def test_the_filter_means_the_same_everywhere(client: TestClient, query: str, ids: list[str]) -> None:
    assert [item["id"] for item in items(client, f"/v1/feedback?{query}")] == ids[::-1]
    exported = client.get(f"/v1/export/feedback?format=jsonl&{query}").text.splitlines()
    assert [json.loads(line)["id"] for line in exported] == ids
    assert sum(row["n"] for row in items(client, f"/v1/trends?measure=volume&bucket=none&{query}")) == len(ids)
    (share,) = items(client, f"/v1/kpis?names=text_effort_share&min_n=1&{query}")
    assert share["n"] == len(ids)
    assert f"{len(ids)} نظر".translate(str.maketrans("1234", "۱۲۳۴")) in words(client.get(f"/texts?{query}").text)


def test_an_unknown_kind_is_refused(client: TestClient) -> None:
    assert problem(client.get("/v1/trends?kind=call"), 422)["options"] == ["feedback", "conversation"]


def test_exports_have_the_turns_or_one_flat_row(client: TestClient, tmp_path: Path) -> None:
    lines = client.get("/v1/export/feedback?format=jsonl").text.splitlines()
    for line in lines[1:]:
        record = json.loads(line)
        assert client.get(f"/v1/conversations/{record['id']}").json() == record
    assert "turns" not in json.loads(lines[0])
    rows = list(csv.DictReader(io.StringIO(client.get("/v1/export/feedback?format=csv").content.decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == ["feedback", "conversation", "conversation", "conversation"]
    assert rows[1]["recovery"] == "apology|ownership|compensation"
    assert (rows[1]["primary_reason"], rows[1]["sentiment_end"], rows[1]["longest_silence_s"]) == (
        "delivery.time",
        "positive",
        "30.0",
    )
    assert "apology: شرمنده" in rows[1]["evidence"]
    assert {rows[0][name] for name in ("primary_reason", "recovery", "duration_s", "effort_level")} == {""}
    (tmp_path / "a.parquet").write_bytes(client.get("/v1/export/feedback?format=parquet").content)
    frame = pandas.read_parquet(tmp_path / "a.parquet")
    assert frame["interruptions"].dropna().tolist() == [1]
    assert frame["agent_talk_s"].dropna().tolist() == [10]
    assert frame["value_enhancement"].tolist()[2] == "teaches_use"


def test_one_that_waits_has_its_turns_and_no_tags() -> None:
    waiting = TaggedFeedback("f9", "b0", conversation(CALL), None)
    record = record_of(waiting)
    assert schemas.ConversationOut.model_validate(record)
    assert [turn["text"] for turn in record["turns"]] == [turn.text for turn in CALL]
    names = ("primary_reason", "sentiment_start", "sentiment_quarters", "effort_level", "moves", "recovery", "sentiment")
    assert {record[name] for name in names} == {None}
    assert record["duration_s"] == 56
    assert b"conversation" in b"".join(stream_feedback_as([waiting], "csv"))


def test_moves_by_group() -> None:
    moves = [Move(code, 0.9) for code in ("greeting", "helps_goal", "compensation", "apology", "closing_question")]
    assert [codes_of(moves, group) for group in (*GROUPS, "courtesy")] == [
        ["helps_goal"],
        ["compensation", "apology"],
        ["greeting", "closing_question"],
    ]


def test_conversations_are_tagged_at_once(client: TestClient) -> None:
    spoken = [
        {"speaker": "customer", "text": "بسته دیر شد\nبه 09121234567 زنگ بزنید", "start_s": 0, "end_s": 4},
        {"speaker": "agent", "text": "شرمنده‌ایم"},
    ]
    answer = client.post("/v1/tag", json={"texts": ["عالی"], "conversations": [{"turns": spoken}, {"turns": spoken[:1]}]})
    assert answer.status_code == 200
    (text,), (first, second) = answer.json()["items"], answer.json()["conversations"]
    assert text["sentiment"] == "positive"
    assert first["turns"][0]["text"] == "بسته دیر شد به [تلفن] زنگ بزنید"
    assert (shown(first, "reasons"), shown(first, "moves"), first["recovery"]) == (["دیر"], ["شرمنده"], ["apology"])
    assert (second["moves"], second["duration_s"]) == ([], 4)
    assert len(items(client, "/v1/feedback")) == len(ROWS)


def test_a_number_said_over_turns_is_masked_at_once_too(client: TestClient) -> None:
    said = (
        ("customer", "شمارم صفر نهصد و دوازده"),
        ("agent", "بله"),
        ("customer", "سیصد و چهل و پنج شصت و هفت هشتاد و نه"),
    )
    turns = [{"speaker": speaker, "text": text} for speaker, text in said]
    (told,) = client.post("/v1/tag", json={"conversations": [{"turns": turns}]}).json()["conversations"]
    assert [turn["text"] for turn in told["turns"]] == ["شمارم [تلفن]", "بله", "[تلفن]"]


MARK = "نشان_گفته"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"conversations": []}, 422, "texts"),
        ({"conversations": [{}]}, 422, "conversations[0].turns"),
        ({"conversations": [{"turns": []}]}, 422, "conversations[0].turns"),
        ({"conversations": [{"turns": [{"speaker": "bot", "text": MARK}]}]}, 422, "conversations[0].turns[0].speaker"),
        ({"conversations": [{"turns": [{"speaker": "agent", "text": MARK}]}]}, 422, "conversations[0].turns"),
        ({"conversations": [{"turns": [{"speaker": "customer", "text": " "}]}]}, 422, "conversations[0].turns[0].text"),
        (
            {"conversations": [{"turns": [{"speaker": "customer", "text": MARK, "start_s": -1}]}]},
            422,
            "conversations[0].turns[0].start_s",
        ),
        ({"conversations": [{"turns": [{"speaker": "customer", "text": MARK}] * 2_001}]}, 413, "texts"),
        ({"conversations": [{"turns": [{"speaker": "customer", "text": MARK * 3_000}] * 10}]}, 413, None),
        ({"conversations": [{"turns": [MARK]}]}, 422, "conversations[0].turns[0]"),
    ],
)
def test_a_wrong_conversation_says_where_and_quotes_nothing(
    client: TestClient, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = client.post("/v1/tag", json=body)
    document = problem(answer, status)
    assert field is None or document["field"] == field
    assert MARK not in answer.text


def test_the_page_of_a_conversation(client: TestClient) -> None:
    page = client.get("/conversations/f2").text
    seen = words(page)
    assert re.findall(r"<mark[^>]*>([^<]+)</mark>", page) == [
        "سلام", "دیر", "چندبار", "شرمنده", "خودم پیگیری", "منتظر", "هدیه",
    ]  # fmt: skip
    assert "احساس مشتری از آغاز تا پایان منفی خنثی خنثی مثبت" in seen
    assert "برای چه آمد زمان تحویل" in seen
    assert "زحمت مشتری پرزحمت" in seen
    assert "کارشناس: دلجویی عذرخواهی، " in seen
    assert (
        "مدت ۵۶ ثانیه سخن مشتری ۱۳ ثانیه سخن کارشناس ۱۰ ثانیه سکوت ۳۴ ثانیه بلندترین سکوت ۳۰ ثانیه میان حرف مشتری ۱ بار" in seen
    )
    assert re.findall(r'turn (customer|agent)"', page) == [turn.speaker for turn in CALL]
    assert "کارشناس ۰:۱۱ شرمنده" in seen
    assert not re.search(r"[0-9]", words(page.partition('<ol class="turns"')[2]))


def test_a_chat_shows_no_talk(client: TestClient) -> None:
    seen = words(client.get("/conversations/f3").text)
    assert "مدت ۲ دقیقه" in seen
    assert "سکوت" not in seen
    assert "با اطمینان ۸۳٪" in seen
    assert "کارشناس: ارزش‌افزایی آموزش استفاده" in seen


def test_texts_lead_to_the_conversation(client: TestClient) -> None:
    page = client.get("/texts?kind=conversation").text
    assert re.findall(r'href="(/conversations/[^"]+)"', page) == ["/conversations/f4", "/conversations/f3", "/conversations/f2"]
    assert "همهٔ گفت‌وگو، ۷ نوبت" in page
    assert '<option value="conversation" selected>' in page
    assert "/conversations/" not in client.get("/texts?kind=feedback").text


def test_hostile_words_stay_words(client: TestClient) -> None:
    page = client.get("/conversations/f4").text
    assert page.count("alert(1)") == 2
    assert HOSTILE not in page


class _Stopped(FakeTagger):
    def tag_conversations(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        raise ValueError(conversations[0][0].text)


@pytest.mark.usefixtures("engine")
def test_one_that_cannot_be_tagged_is_shown_as_it_waits(tmp_path: Path) -> None:
    with running(tmp_path, tagger=_Stopped()) as client:
        send(client, ROWS[:2])
        assert "هنوز خوانده نشده است" in client.get("/conversations/f2").text
        assert client.get("/v1/conversations/f2").json()["moves"] is None
        assert client.get("/v1/feedback/f1").json()["sentiment"] == "neutral"
