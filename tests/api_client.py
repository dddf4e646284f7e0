"""A running service for tests: a real DuckDB file, the fake tagger, and what to ask of it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fastapi.testclient import TestClient

from api.app import create_app
from tests.fakes import FakeTagger
from tests.stores import empty_store
from voc.settings import Settings
from voc.tagging import Tagger

BASE: Final = "http://localhost:8000"
SURVEY: Final = """نظر,تاریخ,کانال,NPS,شعبه
پیک خیلی دیر اومد و افتضاح بود,1402/12/11,تلفن,2,ونک
سریع فرستادین عالی بود,1402/12/12,اپ,10,تجریش
چندبار زنگ زدم پشتیبانی برنداشت حل نشد,1403/01/05,تلفن,0,ونک
کیفیت دوخت عالی و قیمتش ارزون,1403/01/20,سایت,9,کرج
موقع ورود کد نمیاد دیگه نمیخرم,1403/02/02,اپ,1,کرج
"""


@contextmanager
def running(tmp_path: Path, *, tagger: Tagger | None = None, **settings: Any) -> Iterator[TestClient]:
    """The service on a database in `tmp_path`, from its start to its end."""
    made = Settings(database=empty_store(tmp_path / "voc.duckdb"), **settings)
    with TestClient(create_app(made, tagger=tagger or FakeTagger()), base_url=BASE) as client:
        yield client


def upload(client: TestClient, content: str | bytes = SURVEY, name: str = "survey.csv", **fields: str) -> dict[str, Any]:
    """The batch that a file became, as it was answered."""
    answer = client.post("/v1/batches", files={"file": (name, content)}, data=fields)
    assert answer.status_code in (200, 202), answer.text
    batch: dict[str, Any] = answer.json()
    return batch


def send_tagged(client: TestClient, content: str | bytes = SURVEY, name: str = "survey.csv") -> dict[str, Any]:
    """The batch that a file became, when all of it has been tagged."""
    return wait_done(client, upload(client, content, name)["id"])


def wait_done(client: TestClient, batch_id: str, timeout_s: float = 10.0) -> dict[str, Any]:
    """The batch when it is done."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        batch: dict[str, Any] = client.get(f"/v1/batches/{batch_id}").json()
        if batch["status"] == "done":
            return batch
        time.sleep(0.02)
    raise AssertionError(f"{batch_id} was not done in {timeout_s} s")


def items(client: TestClient, path: str, **parameters: str | Sequence[str]) -> list[dict[str, Any]]:
    """The items of a list call."""
    answer = client.get(path, params=parameters or None)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem document of an answer, after checking that it is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert set(document) <= {"type", "title", "status", "detail", "code", "field", "options"}
    assert document["status"] == status
    assert document["detail"]
    assert document["code"]
    return document
