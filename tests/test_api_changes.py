"""The changes over HTTP and as files: who applies them has the records of the API; downloads that broke go on."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, problem, running, send_tagged, upload
from tests.test_api_conversations import ROWS, send

pytestmark = pytest.mark.usefixtures("engine")

BATCH = "نظر,شناسه مشتری\nپیک دیر اومد,م-۱\nسریع رسید,م-۲\nگرون بود,م-۱\n"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as opened:
        yield opened


def all_changes(client: TestClient, since: str | None = None, limit: int = 2) -> tuple[list[dict[str, Any]], str]:
    found, more = [], True
    while more:
        answer = client.get("/v1/changes", params={"limit": limit} | ({"since": since} if since else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert set(page) == {"items", "next", "more"}
        found += page["items"]
        since, more = page["next"], page["more"]
    assert since
    return found, since


def exported(client: TestClient, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get(f"/v1/export/{path}").text.splitlines()]


def test_who_applies_them_has_the_records_of_the_api(client: TestClient) -> None:
    send_tagged(client, BATCH, "یک.csv")
    send(client, ROWS)
    copy: dict[str, Any] = {}
    first, cursor = all_changes(client)
    copy |= {each["id"]: each["record"] for each in first}
    assert {each["change"] for each in first} == {"tagged"}
    client.delete("/v1/customers/م-۱")
    gone = send_tagged(client, "نظر\nافتضاح بود\n", "سه.csv")
    second, cursor = all_changes(client, cursor)
    assert [each for each in second if each["change"] == "deleted"] == [
        {"id": "f1", "change": "deleted"},
        {"id": "f3", "change": "deleted"},
    ]
    client.delete(f"/v1/batches/{gone['id']}")
    third, cursor = all_changes(client, cursor)
    assert third == [{"id": second[-1]["id"], "change": "deleted"}]
    for each in (*second, *third):
        copy.pop(each["id"], None)
        copy |= {each["id"]: each["record"]} if "record" in each else {}
    assert copy == {each["id"]: client.get(f"/v1/feedback/{each['id']}").json() for each in items(client, "/v1/feedback")}
    assert all_changes(client, cursor) == ([], cursor)
    assert all_changes(client, "beginning")[0] == [{"id": key, "change": "tagged", "record": copy[key]} for key in copy]


def test_a_cursor_of_another_database_is_gone(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "دیگر").mkdir()
    with running(tmp_path / "دیگر") as other:
        upload(other, BATCH)
        cursor = all_changes(other)[1]
    for path in ("/v1/changes?", "/v1/export/feedback?format=csv&", "/v1/export/feedback?format=xlsx&"):
        document = problem(client.get(f"{path}since={cursor}"), 410)
        assert (document["code"], document["field"], document["options"]) == ("cursor_gone", "since", ["beginning"])
        assert "start anew" in document["detail"]
        assert problem(client.get(f"{path}since=f12"), 422)["field"] == "since"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "channel=phone", "cursor=x"])
def test_what_it_does_not_know_is_refused(client: TestClient, query: str) -> None:
    problem(client.get(f"/v1/changes?{query}"), 422)


@pytest.mark.parametrize("query", ["channel=phone", "after=f1", "attr.شهر=یزد", "q=دیر"])
def test_a_file_of_changes_takes_no_filters(client: TestClient, query: str) -> None:
    assert problem(client.get(f"/v1/export/feedback?since=beginning&{query}"), 422)["field"] == "since"


def test_a_file_of_changes_says_where_the_next_begins(client: TestClient) -> None:
    send_tagged(client, BATCH, "یک.csv")
    first = exported(client, "feedback?since=beginning&format=jsonl")
    assert [(each["id"], each["record"]["text"]) for each in first] == [
        ("f1", "پیک دیر اومد"), ("f2", "سریع رسید"), ("f3", "گرون بود"),
    ]  # fmt: skip
    assert exported(client, f"feedback?since={first[0]['cursor']}&format=jsonl") == first[1:]
    client.delete("/v1/customers/م-۱")
    body = client.get(f"/v1/export/feedback?since={first[-1]['cursor']}&format=csv")
    assert body.headers["content-disposition"].startswith('attachment; filename="changes-')
    rows = list(csv.DictReader(io.StringIO(body.content.decode("utf-8-sig"))))
    assert [(row["id"], row["change"], row["text"]) for row in rows] == [("f1", "deleted", ""), ("f3", "deleted", "")]
    assert all_changes(client, rows[-1]["cursor"])[0] == []
    assert exported(client, f"feedback?since={rows[0]['cursor']}&format=jsonl")[0]["id"] == "f3"


def test_a_download_that_broke_goes_on(client: TestClient) -> None:
    send_tagged(client, "نظر\n" + "".join(f"سریع بود، سفارش {number} ام\n" for number in range(20)))
    whole = exported(client, "feedback?format=jsonl")
    assert exported(client, "feedback?format=jsonl&after=f7") == whole[7:]
    assert exported(client, "feedback?format=jsonl&after=f7&q=سفارش 1") == [
        each for each in whole[7:] if "سفارش 1" in each["text"]
    ]
    assert exported(client, "feedback?format=jsonl&after=f20") == []
    for after in ("x", "7", "f", "f-1"):
        assert problem(client.get(f"/v1/export/feedback?after={after}"), 422)["field"] == "after"


def test_turns_are_exported_by_any_filter(client: TestClient) -> None:
    send_tagged(client)
    send(client, ROWS)
    rows = exported(client, "conversations?format=jsonl")
    ids = list(dict.fromkeys(row["conversation_id"] for row in rows))
    assert ids == [item["id"] for item in items(client, "/v1/feedback?kind=conversation")][::-1]
    record = client.get(f"/v1/conversations/{ids[0]}").json()
    own = [row for row in rows if row["conversation_id"] == ids[0]]
    assert [{name: row[name] for name in record["turns"][0]} for row in own] == record["turns"]
    assert exported(client, f"conversations?format=jsonl&after={ids[0]}") == rows[len(own) :]
    assert exported(client, "conversations?format=jsonl&kind=feedback") == []
    assert exported(client, "conversations?format=jsonl&reason=price") == []


@pytest.mark.parametrize("path", ["feedback", "conversations", "trends?measure=volume", "kpis?names=nps"])
def test_the_arrow_stream(client: TestClient, path: str) -> None:
    send_tagged(client)
    answer = client.get(f"/v1/export/{path}{'&' if '?' in path else '?'}format=arrow")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert answer.headers["content-disposition"].endswith('.arrows"')
    frame = polars.read_ipc_stream(answer.content)
    assert pa.ipc.open_stream(answer.content).schema.names == frame.columns
    if path == "feedback":
        assert [str(at) for at in frame["occurred_at"].to_list()[:1]] == ["2024-03-01 00:00:00+03:30"]
