"""What a user does from first to last: send, watch, read, count, take away, remove; over a real database."""

import io
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.app import create_app
from tests.api_client import BASE, SURVEY, items, problem, running, send_tagged, upload, wait_done
from tests.fakes import FakeTagger
from tests.stores import database
from voc.engine import WorkerPool
from voc.records import Tags
from voc.settings import Settings

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as client:
        yield client


class GatedTagger(FakeTagger):
    """Tags nothing until the gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The fake's tags, once the gate is open."""
        assert self.gate.wait(timeout=10)
        return super().tag(texts)


def read_ids(body: bytes, format: str) -> list[Any]:
    """The ids in a file of feedback."""
    if format == "xlsx":
        return [row[0].value for row in load_workbook(io.BytesIO(body)).active.rows][1:]
    if format == "parquet":
        ids: list[Any] = pq.read_table(io.BytesIO(body)).column("id").to_pylist()
        return ids
    lines = body.decode("utf-8-sig").splitlines()
    return [json.loads(line)["id"] for line in lines] if format == "jsonl" else [line.split(",")[0] for line in lines[1:]]


def test_upload_to_figures(client: TestClient) -> None:
    batch = send_tagged(client)
    assert (batch["received"], batch["accepted"], batch["rejected"], batch["tagged"]) == (5, 5, 0, 5)
    assert {column["header"]: column["field"] for column in batch["columns"]} == {
        "نظر": "text", "تاریخ": "occurred_at", "کانال": "channel", "NPS": "nps", "شعبه": None,
    }  # fmt: skip

    first = items(client, "/v1/feedback", q="افتضاح")[0]
    assert first["text"] == "پیک خیلی دیر اومد و افتضاح بود"
    assert first["occurred_at"] == "2024-03-01T00:00:00+03:30"
    assert first["attributes"] == {"شعبه": "ونک"}
    assert first["sentiment"] == "negative"
    evidence = {reason["code"]: first["text"][slice(*reason["evidence"][0])] for reason in first["reasons"]}
    assert evidence == {"delivery.time": "دیر", "delivery.courier": "پیک"}
    assert client.get(f"/v1/feedback/{first['id']}").json() == first

    late = [row for row in items(client, "/v1/trends", measure="reasons") if row["code"] == "delivery.time"]
    assert [(row["bucket"], row["n"], row["share"]) for row in late] == [
        ("1402-12", 2, 1.0), ("1403-01", 0, 0.0), ("1403-02", 0, 0.0),
    ]  # fmt: skip
    (nps,) = items(client, "/v1/kpis", names="nps")
    assert (nps["value"], nps["n"], nps["unit"], nps["null_reason"]) == (pytest.approx(100 * (2 - 3) / 5), 5, "points", None)
    assert nps["ci_low"] < nps["value"] < nps["ci_high"]
    by_branch = items(client, "/v1/kpis", names="nps,csat_top2", group="attr.شعبه")
    assert {(row["name"], row["group"], row["value"]) for row in by_branch} >= {
        ("nps", "ونک", -100.0),
        ("csat_top2", "ونک", None),
    }


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx", "parquet"])
def test_feedback_as_a_file(client: TestClient, format: str) -> None:
    send_tagged(client)
    answer = client.get("/v1/export/feedback", params={"format": format, "sentiment": "positive"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="feedback-')
    assert answer.headers["content-disposition"].endswith(f'.{format}"')
    assert read_ids(answer.content, format) == ["f2", "f4"]


@pytest.mark.parametrize("path", ["/v1/export/trends?measure=sentiment", "/v1/export/kpis?names=nps"])
def test_figures_as_a_file(client: TestClient, path: str) -> None:
    send_tagged(client)
    lines = client.get(path + "&format=jsonl").text.splitlines()
    assert [json.loads(line) for line in lines] == items(client, path.replace("/export", ""))


def test_long_export_is_complete(client: TestClient) -> None:
    send_tagged(client, "نظر\n" + "".join(f"سریع بود، سفارش {number} ام\n" for number in range(3_000)))
    lines = client.get("/v1/export/feedback?format=jsonl").text.splitlines()
    assert [json.loads(line)["line"] for line in lines] == list(range(2, 3_002))


def test_same_content_is_the_same_batch(client: TestClient) -> None:
    first = client.post("/v1/batches", files={"file": ("یک.csv", SURVEY)})
    again = client.post("/v1/batches", files={"file": ("دو.csv", SURVEY)})
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.headers["location"] == again.headers["location"] == f"/v1/batches/{first.json()['id']}"
    assert again.json()["name"] == "یک.csv"
    assert len(items(client, "/v1/batches")) == 1


def test_idempotency_key(client: TestClient) -> None:
    key = {"Idempotency-Key": "نامه-17".encode().hex()}
    first = client.post("/v1/batches", json={"records": [{"text": "سریع رسید"}]}, headers=key)
    again = client.post("/v1/batches", json={"records": [{"text": "سریع رسید"}]}, headers=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    other = client.post("/v1/batches", json={"records": [{"text": "دیر رسید"}]}, headers=key)
    assert problem(other, 409)["field"] == "Idempotency-Key"


def test_a_key_that_comes_with_known_content_is_remembered(client: TestClient) -> None:
    one, other = {"records": [{"text": "سریع رسید"}]}, {"records": [{"text": "دیر رسید"}]}
    first = client.post("/v1/batches", json=one, headers={"Idempotency-Key": "k1"})
    again = client.post("/v1/batches", json=one, headers={"Idempotency-Key": "k2"})
    assert (first.status_code, again.status_code, again.json()["id"]) == (202, 200, first.json()["id"])
    for key in ("k1", "k2"):
        problem(client.post("/v1/batches", json=other, headers={"Idempotency-Key": key}), 409)
    client.delete(f"/v1/batches/{first.json()['id']}")
    assert client.post("/v1/batches", json=other, headers={"Idempotency-Key": "k2"}).status_code == 202


def test_records_as_json(client: TestClient) -> None:
    records = [{"text": "گرون بود", "occurred_at": "1403/05/01", "nps": 4, "شهر": "قم"}, {"text": ""}]
    batch = client.post("/v1/batches", json={"records": records, "name": "فرم سایت"}).json()
    assert (batch["name"], batch["accepted"], batch["rejected"]) == ("فرم سایت", 1, 1)
    wait_done(client, batch["id"])
    (row,) = items(client, "/v1/feedback")
    assert (row["nps"], row["attributes"], row["reasons"][0]["code"]) == (4, {"شهر": "قم"}, "price.value")


def test_mapping_says_what_a_column_means(client: TestClient) -> None:
    content = "الف,ب\nخیلی دیر رسید به دستم,12\nسریع و مرتب بود,15\n"
    batch = upload(client, content, mapping='{"text": "الف", "external_id": "ب"}')
    assert {column["header"]: column["field"] for column in batch["columns"]} == {"الف": "text", "ب": "external_id"}


def test_refused_rows(client: TestClient) -> None:
    batch = upload(client, "نظر,=NPS\nخوب بود,15\n,3\nسریع بود,9\n", mapping='{"text": "نظر", "nps": "=NPS"}')
    assert (batch["accepted"], batch["rejected"]) == (1, 2)
    path = f"/v1/batches/{batch['id']}/rejects"
    first, second = items(client, path)
    assert (first["line"], first["column"], first["code"]) == (2, "=NPS", "out_of_range")
    assert (second["line"], second["code"]) == (3, "empty_text")
    page = client.get(path, params={"limit": 1}).json()
    assert client.get(path, params={"cursor": page["next"]}).json() == {"items": [second], "next": None}
    download = client.get(path, params={"format": "csv"})
    assert download.headers["content-disposition"] == f'attachment; filename="{batch["id"]}-rejects.csv"'
    assert "2,'=NPS,out_of_range," in download.content.decode("utf-8-sig")


def test_progress_events_until_done(tmp_path: Path) -> None:
    tagger = GatedTagger()
    with running(tmp_path, tagger=tagger) as client:
        batch = upload(client)
        assert (batch["status"], batch["tagged"]) == ("tagging", 0)
        assert items(client, "/v1/feedback")[0]["sentiment"] is None
        threading.Timer(0.2, tagger.gate.set).start()
        events = client.get(f"/v1/batches/{batch['id']}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    *before, last = [block.split("\n") for block in events.text.strip().split("\n\n") if not block.startswith(":")]
    assert {block[0] for block in before} == {"event: progress"}
    assert last[0] == "event: done"
    assert json.loads(last[1].removeprefix("data: "))["tagged"] == 5


def test_deleting_removes_everything(client: TestClient) -> None:
    kept = send_tagged(client, "نظر\nبسته‌بندی با کیفیت بود\n", "ماندنی.csv")
    gone = send_tagged(client)
    assert client.delete(f"/v1/batches/{gone['id']}").status_code == 204
    problem(client.get(f"/v1/batches/{gone['id']}"), 404)
    problem(client.delete(f"/v1/batches/{gone['id']}"), 404)
    assert {row["batch_id"] for row in items(client, "/v1/feedback")} == {kept["id"]}
    assert [row["n"] for row in items(client, "/v1/trends", measure="volume")] == []
    assert upload(client)["id"] == gone["id"]


def test_tag_at_once_masks_and_stores_nothing(client: TestClient) -> None:
    answer = client.post("/v1/tag", json={"texts": ["دیر شد، به 09121234567 زنگ بزنید", "عالی"]})
    first, second = answer.json()["items"]
    assert "0912" not in first["text"]
    assert [reason["code"] for reason in first["reasons"]] == ["delivery.time"]
    assert (second["sentiment"], second["model"], second["taxonomy"]) == ("positive", "fake-1", "v1")
    assert items(client, "/v1/feedback") == items(client, "/v1/batches") == []


def test_taxonomy(client: TestClient) -> None:
    taxonomy = client.get("/v1/taxonomy").json()
    assert (taxonomy["model"], taxonomy["version"], taxonomy["given_as"]) == ("fake-1", "v1", {})
    assert {"code": "delivery", "fa": "ارسال و تحویل"}.items() <= taxonomy["groups"][0].items()
    assert {cue["direction"] for cue in taxonomy["effort"]} == {"hard", "easy"}
    assert all(code["definition_fa"] and code["definition_en"] for code in taxonomy["reasons"])


def test_kpi_definitions_name_every_kpi(client: TestClient) -> None:
    defined = {definition["name"] for definition in items(client, "/v1/kpis/definitions")}
    assert defined == {row["name"] for row in items(client, "/v1/kpis")}


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["store"], ready["model"], ready["model_name"]) == ("ok", "loaded", "fake-1")


def test_a_restart_goes_on_tagging(tmp_path: Path) -> None:
    stuck = GatedTagger()
    with running(tmp_path, tagger=stuck) as client:
        batch = upload(client)
        threading.Timer(0.1, stuck.gate.set).start()
    with running(tmp_path, tagger=FakeTagger("fake-2")) as client:
        assert wait_done(client, batch["id"])["tagged"] == 5
        assert {row["model"] for row in items(client, "/v1/feedback")} == {"fake-2"}


def test_the_sample_fills_an_empty_database_once(tmp_path: Path) -> None:
    for _ in range(2):
        with running(tmp_path, sample=True) as client:
            (batch,) = items(client, "/v1/batches")
            assert batch["sample"]
            assert batch["accepted"] > 0


def load_fake(model: str) -> FakeTagger:
    """What a worker process loads here in place of a model."""
    return FakeTagger(model)


class FakePool(WorkerPool):
    """Real worker processes around the fake tagger."""

    def __init__(self, model: str, workers: int, **_: object) -> None:
        assert (model, workers) == ("fake-pool", 1)
        super().__init__(model, workers, load=load_fake, identity=FakeTagger(model).identity)


def test_worker_processes_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.pool.WorkerPool", FakePool)
    monkeypatch.setattr("voc.kpis.setting.read_kpi_errors", lambda _: {"text_churn": 0.01})
    settings = Settings(database=database(tmp_path / "voc.duckdb"), model="fake-pool", workers=1)
    with TestClient(create_app(settings), base_url=BASE) as client:
        assert client.get("/readyz").json()["model"] in ("loading", "loaded")
        (tagged,) = client.post("/v1/tag", json={"texts": ["سریع رسید"]}).json()["items"]
        assert (tagged["reasons"][0]["code"], tagged["model"]) == ("delivery.time", "fake-pool")
        assert client.get("/readyz").json()["model"] == "loaded"
        assert wait_done(client, upload(client)["id"], timeout_s=20)["tagged"] == 5
