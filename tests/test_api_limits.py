"""One caller cannot ask so much that there is nothing left for the others."""

import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api import limits
from api.limits import CallRate, UploadSlots
from tests.api_client import SURVEY, problem, running
from tests.test_api_access import bearer, make
from voc.store import Store


def test_a_bucket_holds_a_minute_and_fills_again() -> None:
    rate = CallRate(6)  # one in ten seconds
    assert [rate.wait_s("k1", 0.0) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]
    assert rate.wait_s("k1", 4.0) == 6
    assert rate.wait_s("k1", 10.0) == 0
    assert rate.wait_s("k1", 10.0) == 10
    assert rate.wait_s("k2", 10.0) == 0
    assert [rate.wait_s("k1", 1_000.0) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]


def test_no_limit() -> None:
    rate, slots = CallRate(0), UploadSlots(0)
    assert {rate.wait_s("k1", 0.0) for _ in range(10_000)} == {0}
    assert all(slots.enter("k1") for _ in range(1_000))


@given(per_minute=st.integers(1, 600), pauses=st.lists(st.floats(0, 30), max_size=200))
def test_never_more_than_a_minute_and_the_rate(per_minute: int, pauses: list[float]) -> None:
    rate, now, passed = CallRate(per_minute), 0.0, 0
    for pause in pauses:
        now += pause
        wait_s = rate.wait_s("k1", now)
        passed += wait_s == 0
        assert passed <= per_minute + now * per_minute / 60 + 1e-3
        if wait_s:
            assert rate.wait_s("k1", now + wait_s) == 0  # what it promises, it keeps
            now, passed = now + wait_s, passed + 1


def test_many_addresses_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_CALLERS", 100)
    rate = CallRate(60)
    for number in range(1_000):
        rate.wait_s(f"address {number}", float(number))
    assert len(rate._buckets) == 100


def test_slots_are_taken_and_given_back() -> None:
    slots = UploadSlots(2)
    assert [slots.enter("k1"), slots.enter("k1"), slots.enter("k1"), slots.enter("k2")] == [True, True, False, True]
    slots.leave("k1")
    assert slots.enter("k1")


@pytest.mark.usefixtures("engine")
def test_too_many_calls(tmp_path: Path) -> None:
    secrets = make(tmp_path, "read", "write")
    with running(tmp_path, rate_per_minute=5) as client:
        answers = [client.get("/v1/taxonomy", headers=bearer(secrets["read"])) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        document = problem(answers[-1], 429)
        assert document["code"] == "too_many_calls"
        assert "VOC_RATE_PER_MINUTE" in document["detail"]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 12
        assert client.get("/v1/taxonomy", headers=bearer(secrets["write"])).status_code == 200
        for path in ("/healthz", "/readyz", "/static/page.css"):
            assert {client.get(path).status_code for _ in range(10)} == {200}


@pytest.mark.usefixtures("engine")
def test_whoever_tries_keys_is_slowed(tmp_path: Path) -> None:
    secrets = make(tmp_path, "read")
    with running(tmp_path) as client:
        statuses = [client.get("/v1/taxonomy", headers=bearer(f"voc_{number}")).status_code for number in range(125)]
        assert statuses[:120] == [401] * 120
        assert statuses[124] == 429
        page = client.post("/sign-in", data={"key": "voc_x"}, headers={"accept": "text/html"})
        assert page.status_code == 429
        assert "کمی صبر کنید" in page.text
        assert "retry-after" in page.headers
        assert client.get("/v1/taxonomy", headers=bearer(secrets["read"])).status_code == 200


@pytest.mark.usefixtures("engine")
def test_too_many_uploads_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, go_on, add_batch = threading.Semaphore(0), threading.Event(), Store.add_batch

    def slow(*given: object, **more: object) -> object:
        arrived.release()
        assert go_on.wait(10)
        return add_batch(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "add_batch", slow)
    secrets = make(tmp_path, "write", "admin")
    with running(tmp_path, concurrent_uploads=2) as client:
        uploads = [threading.Thread(target=send, args=(client, secrets["write"], number)) for number in range(2)]
        for each in uploads:
            each.start()
            assert arrived.acquire(timeout=10)
        refused = send(client, secrets["write"], 3)
        assert problem(refused, 429)["code"] == "too_many_uploads"
        assert refused.headers["retry-after"] == "5"
        assert client.get("/v1/batches", headers=bearer(secrets["write"])).status_code == 200
        go_on.set()
        for each in uploads:
            each.join()
        assert send(client, secrets["write"], 4).status_code == 202
        assert len(client.get("/v1/batches", headers=bearer(secrets["write"])).json()["items"]) == 3


def send(client: TestClient, secret: str, number: int):  # type: ignore[no-untyped-def]
    content = f"{SURVEY}بار {number} دیر رسید,1403/03/01,اپ,5,یزد\n"
    return client.post("/v1/batches", files={"file": (f"{number}.csv", content)}, headers=bearer(secret))
