"""Errors say what is wrong and what would be right, in one shape, and never a customer's words."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api_client import problem, running, upload
from tests.stores import TEHRAN, database
from voc.errors import ModelError, StoreError
from voc.settings import Settings
from voc.store import Store
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

WORDS = "رازِ مشتری که نباید جایی دیده شود"


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("problems"), max_upload_mb=1) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/batches/b000000000000", 404, "not_found"),
        ("GET", "/v1/batches/b000000000000/rejects", 404, "not_found"),
        ("GET", "/v1/batches/b000000000000/rejects?format=csv", 404, "not_found"),
        ("GET", "/v1/batches/b000000000000/events", 404, "not_found"),
        ("DELETE", "/v1/batches/b000000000000", 404, "not_found"),
        ("GET", "/v1/feedback/f1", 404, "not_found"),
        ("GET", "/v1/feedback/99999999999999999999999", 404, "not_found"),
        ("PUT", "/v1/tag", 405, "method_not_allowed"),
        ("DELETE", "/v1/feedback", 405, "method_not_allowed"),
        ("GET", "/static/vendor/react.js", 404, "not_found"),
        ("GET", "/static/vendor/..%2fapp.py", 404, "not_found"),
    ],
)
def test_what_is_not_there(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    assert problem(client.request(method, path), status)["code"] == code


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "texts"),
        ({"texts": []}, "texts"),
        ({"texts": None}, "texts"),
        ({"texts": WORDS}, "texts"),
        ({"texts": [WORDS, None]}, "texts[1]"),
        ({"texts": [WORDS, 12]}, "texts[1]"),
        ({"texts": [WORDS, ""]}, "texts[1]"),
        ({"texts": [WORDS, " \n\t"]}, "texts[1]"),
        ({"texts": [WORDS] * 101}, "texts"),
        ({"texts": [WORDS], "langauge": "fa"}, "langauge"),
        ([WORDS], None),
    ],
)
def test_tag_refuses_what_it_cannot_read(client: TestClient, body: Any, field: str | None) -> None:
    answer = client.post("/v1/tag", json=body)
    assert problem(answer, 422).get("field") == field
    assert WORDS not in answer.text


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b'{"texts": ["\\ud800"]}'])
def test_broken_json(client: TestClient, content: bytes) -> None:
    problem(client.post("/v1/tag", content=content, headers={"content-type": "application/json"}), 422)
    problem(client.post("/v1/batches", content=content, headers={"content-type": "application/json"}), 422)


def test_texts_beyond_the_limit_in_all(client: TestClient) -> None:
    document = problem(client.post("/v1/tag", json={"texts": ["دیر " * 24_000] * 3}), 413)
    assert document["field"] == "texts"
    assert "200,000" in document["detail"]
    assert client.post("/v1/tag", json={"texts": ["دیر " * 16_000] * 3}).status_code == 200


def test_a_text_beyond_the_limit(tmp_path: Path) -> None:
    with running(tmp_path, max_text_chars=100) as client:
        answer = client.post("/v1/tag", json={"texts": ["سریع", "دیر " * 30]})
        assert problem(answer, 413)["field"] == "texts[1]"


@pytest.mark.parametrize(
    ("parts", "status", "field"),
    [
        ({"data": {"name": "الف"}}, 415, None),
        ({"files": {"name": (None, "الف")}}, 422, "file"),
        ({"files": {"file": (None, "نظر\nخوب")}}, 422, "file"),
        ({"files": {"file": ("", b"")}}, 422, "file"),
        ({"files": {"file": ("a.csv", b"")}}, 422, "file"),
        ({"files": {"file": ("a.csv", "نظر\nخوب بود\n"), "mappings": (None, "{}")}}, 422, "mappings"),
        ({"files": {"file": ("a.csv", "نظر\nخوب بود\n"), "mapping": (None, "{")}}, 422, "mapping"),
        ({"files": {"file": ("a.csv", "نظر\nخوب بود\n"), "mapping": (None, '{"text": 3}')}}, 422, "mapping"),
        ({"files": {"file": ("a.csv", "نظر\nخوب بود\n"), "mapping": ("m.json", "{}")}}, 400, None),
        ({"files": {"file": ("a.pdf", b"%PDF-1.7 \x00\x01")}}, 422, "file"),
        ({"json": {"records": []}}, 422, "records"),
        ({"json": WORDS}, 422, None),
        ({"json": {"records": ["خوب"]}}, 422, "records[0]"),
        ({"json": {"record": [{"text": "خوب"}]}}, 422, "records"),
        ({"content": "نظر\nخوب\n", "headers": {"content-type": "text/csv"}}, 415, None),
    ],
)
def test_uploads_that_cannot_be_taken(client: TestClient, parts: Any, status: int, field: str | None) -> None:
    document = problem(client.post("/v1/batches", **parts), status)
    assert document.get("field") == field
    assert client.get("/v1/batches").json()["items"] == []


def test_an_upload_beyond_the_limit(client: TestClient) -> None:
    large = "نظر\n" + "سریع و با کیفیت بود\n" * 40_000
    document = problem(client.post("/v1/batches", files={"file": ("بزرگ.csv", large)}), 413)
    assert "VOC_MAX_UPLOAD_MB" in document["detail"]


@pytest.mark.parametrize("path", ["/upload", "/upload/preview"])
def test_a_person_sees_a_page_where_a_file_is_beyond_the_limit(client: TestClient, path: str) -> None:
    large = "نظر\n" + "سریع و با کیفیت بود\n" * 40_000
    answer = client.post(path, files={"file": ("بزرگ.csv", large)}, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert 'data-problem="too_large"' in answer.text
    assert "VOC_MAX_UPLOAD_MB" in answer.text


@pytest.mark.parametrize("path", ["/v1/batches", "/v1/tag"])
def test_a_body_that_does_not_say_its_length(client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr("api.body_limit.JSON_LIMIT_MIB", 1)
    pieces = ("[" * 100_000).encode()
    answer = client.post(path, content=(pieces for _ in range(20)), headers={"content-type": "application/json"})
    assert problem(answer, 413)["code"] == "too_large"


def test_more_json_than_fits_in_memory(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.body_limit.JSON_LIMIT_MIB", 0)
    document = problem(client.post("/v1/batches", json={"records": [{"text": WORDS}]}), 413)
    assert "JSONL" in document["detail"]


def test_the_unforeseen_tells_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(WORDS)

    monkeypatch.setattr(Store, "get_feedback", fail)
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/v1/feedback/f1")
    document = problem(answer, 500)
    assert document["code"] == "internal"
    assert WORDS not in answer.text + caplog.text
    assert "RuntimeError at " in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_store_that_does_not_answer(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("The database failed.")

    monkeypatch.setattr(Store, "list_batches", fail)
    assert problem(client.get("/readyz"), 503)["code"] == "store_unavailable"
    assert client.get("/healthz").status_code == 200


def test_a_person_gets_a_page(client: TestClient) -> None:
    answer = client.get("/batches/b000000000000", headers={"accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert "چنین چیزی اینجا نیست" in answer.text
    assert problem(client.get("/v1/batches/b000000000000", headers={"accept": "text/html"}), 404)


@pytest.mark.engines("duckdb")
def test_a_database_in_use_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "voc.duckdb").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError), running(tmp_path):
        pass


def test_a_model_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    """As our own error, in no other's wrapping, and with the database let go."""
    app = create_app(Settings(database=database(tmp_path / "voc.duckdb"), model=str(tmp_path / "nothing")))
    with pytest.raises(ModelError, match="VOC_MODEL"), TestClient(app):
        pass
    Store.open(database(tmp_path / "voc.duckdb"), zone=TEHRAN).close()


def test_a_batch_answer_never_repeats_a_refused_text(client: TestClient) -> None:
    batch = upload(client, f"نظر,تاریخ\n{WORDS},99/99/99\n", "رد.csv")
    assert batch["rejected"] == 1
    assert WORDS not in client.get(f"/v1/batches/{batch['id']}/rejects").text
    client.delete(f"/v1/batches/{batch['id']}")
