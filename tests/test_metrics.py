"""/metrics is what Prometheus reads, true, and says nothing of customers; docs/monitoring.md names what is there."""

import logging
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Metric as OwnMetric
from api.metrics import Sample, counter, gauge, write_metrics
from api.requests import BOUNDS_S, Kind, LogCounts, RequestTimes
from tests import engines
from tests.api_client import SURVEY, problem, running, send_tagged, upload
from tests.fakes import FakeTagger
from tests.serving import ROOT, ServiceProcess
from tests.test_api_access import bearer, make
from voc.records import Tags

pytestmark = pytest.mark.usefixtures("engine")

PAGE: Final = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
NAME: Final = r"\b(?:voc|process)_[a-z_]+"
LABELS: Final = {"version", "model", "taxonomy", "state", "level", "method", "route", "status", "le"}


def families(client: Any) -> dict[str, Metric]:
    """What is told, as Prometheus' own parser reads it."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(client: Any, name: str, **labels: str) -> float:
    """One value; 0 where it is not told."""
    found = [
        sample.value
        for family in families(client).values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path, backup_dir=str(tmp_path), retention_days=10_000) as client:
        yield client


def test_names_types_and_labels_are_those_of_the_conventions(client: TestClient) -> None:
    send_tagged(client)
    client.post("/v1/backup")
    client.delete("/v1/batches/b000000000000")
    found = families(client)
    assert len(found) > 19
    for family in found.values():
        assert re.fullmatch(NAME, family.name)
        assert family.documentation.endswith(".")
        names = {sample.name for sample in family.samples}
        if family.type == "counter":
            assert names == {f"{family.name}_total"}  # the parser leaves it out of the family's name
        elif family.type == "histogram":
            assert names == {f"{family.name}_{part}" for part in ("bucket", "sum", "count")}
        else:
            assert family.type == "gauge"
            assert names == {family.name}
            assert not family.name.endswith("_total")
        assert {label for sample in family.samples for label in sample.labels} <= LABELS
        if re.search("duration|timestamp|start_time|cpu", family.name):
            assert family.name.endswith("_seconds")
        if re.search("size|memory", family.name):
            assert family.name.endswith("_bytes")


def test_rows_and_batches_are_counted(client: TestClient) -> None:
    done = send_tagged(client)
    for name, count in (("rows", 5), ("tagged_rows", 5), ("waiting_rows", 0), ("set_aside_rows", 0)):
        assert value(client, f"voc_feedback_{name}") == count
    assert value(client, "voc_tagged_rows_total") == 5
    assert (value(client, "voc_batches", state="done"), value(client, "voc_batches", state="tagging")) == (1, 0)
    client.delete(f"/v1/batches/{done['id']}")
    assert (value(client, "voc_feedback_rows"), value(client, "voc_batches")) == (0, 0)
    assert value(client, "voc_tagged_rows_total") == 5  # a counter never falls


class _Stubborn(FakeTagger):
    """Tags nothing that is said of deliveries."""

    def tag(self, texts: Any) -> list[Tags]:
        if any("پیک" in text for text in texts):
            raise RuntimeError("no")
        return super().tag(texts)


def test_rows_that_cannot_be_tagged_do_not_wait(tmp_path: Path) -> None:
    with running(tmp_path, tagger=_Stubborn()) as client:
        send_tagged(client)
        assert value(client, "voc_feedback_set_aside_rows") == 1
        assert value(client, "voc_feedback_waiting_rows") == 0
        assert value(client, "voc_log_messages_total", level="warning") >= 1


def test_calls_are_timed_by_their_route_and_status(client: TestClient) -> None:
    name = "voc_http_request_duration_seconds_count"
    for path in ("/v1/batches/b1", "/v1/batches/b2", "/v1/پیک-دیر-اومد", "/v1/feedback?limit=0", "/healthz"):
        client.get(path)
    client.request("BREW", "/v1/batches")
    client.get("/v1/batches", headers={"host": "elsewhere.example"})
    assert value(client, name, method="GET", route="/v1/batches/{batch_id}", status="404") == 2
    assert value(client, name, route="(none)", status="404") == 1
    assert value(client, name, route="(none)", status="400") == 1
    assert value(client, name, route="/v1/feedback", status="422") == 1
    assert value(client, name, route="/healthz", status="200") == 1
    assert value(client, name, method="other") == 1
    assert value(client, name, method="BREW") == 0
    assert "پیک" not in client.get("/metrics").text


def test_a_call_that_fails_is_a_500(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    with running(tmp_path) as client:
        client = TestClient(client.app, base_url=str(client.base_url), raise_server_exceptions=False)
        monkeypatch.setattr("voc.store.store.Store.list_batches", fail)
        assert client.get("/v1/batches").status_code == 500
        assert value(client, "voc_http_request_duration_seconds_count", status="500", route="/v1/batches") == 1
        assert value(client, "voc_log_messages_total", level="error") == 1


@pytest.mark.engines
def test_buckets_add_up() -> None:
    times, kind = RequestTimes(), Kind("GET", "/v1/kpis", 200)
    for seconds in (0.0, 0.005, 0.0051, 0.7, 30.0, 31.0):
        times.note(kind, seconds)
    read = times.read()[kind]
    cumulated = dict(zip((*BOUNDS_S, None), read.cumulated, strict=True))
    assert [cumulated[bound] for bound in (0.005, 0.01, 0.5, 1.0, 10.0, 30.0, None)] == [2, 3, 3, 4, 4, 5, 6]
    assert read.total_s == pytest.approx(61.7101)


@pytest.mark.engines
@pytest.mark.parametrize(
    ("level", "counted"), [(30, "warning"), (35, "warning"), (40, "error"), (50, "critical"), (99, "critical")]
)
def test_levels_of_the_log(level: int, counted: str) -> None:
    counts = LogCounts(logging.getLogger("voc"))
    counts.handle(logging.LogRecord("voc", level, "", 1, "x", None, None))
    assert [name for name, count in counts.counts.items() if count] == [counted]


def test_backups_retention_and_sizes_are_told_where_they_are_known(client: TestClient, tmp_path: Path) -> None:
    assert value(client, "voc_last_backup_timestamp_seconds") == 0
    client.post("/v1/backup")
    (tmp_path / "voc-half.duckdb").write_bytes(b"")  # without a manifest: no backup
    now = time.time()
    assert now - 60 < value(client, "voc_last_backup_timestamp_seconds") <= now + 1
    assert now - 60 < value(client, "voc_last_retention_sweep_timestamp_seconds") <= now
    assert now - 60_000 < value(client, "process_start_time_seconds") <= now
    if engines.chosen == "duckdb":
        assert value(client, "voc_database_size_bytes") == (tmp_path / "voc.duckdb").stat().st_size
    else:
        assert value(client, "voc_database_size_bytes") > 1_000_000
    batch = upload(client)
    assert "voc_database_rewrite_due_timestamp_seconds" not in families(client)
    client.delete(f"/v1/batches/{batch['id']}")
    assert now - 60 < value(client, "voc_database_rewrite_due_timestamp_seconds") <= time.time()


def test_without_backups_and_retention_nothing_is_said_of_them(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert not [name for name in families(client) if "last" in name]


def wait_tagged(client: httpx.Client, rows: int) -> None:
    until = time.monotonic() + 30
    while value(client, "voc_feedback_tagged_rows") < rows:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_worker_that_dies_is_counted(tmp_path: Path) -> None:
    with (
        ServiceProcess(tmp_path / "voc.duckdb", workers=1) as service,
        httpx.Client(base_url=service.base, timeout=30) as client,
    ):
        client.post("/v1/batches", files={"file": ("یک.csv", SURVEY.encode())})
        wait_tagged(client, 5)
        assert value(client, "voc_worker_restarts_total") == 0
        (worker,) = [pid for pid in service.workers() if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
        os.kill(worker, signal.SIGKILL)
        client.post("/v1/batches", files={"file": ("دو.csv", SURVEY.replace("ونک", "ری").encode())})
        wait_tagged(client, 10)
        assert value(client, "voc_worker_restarts_total") == 1
        assert value(client, "voc_workers") == 1


def test_scrapes_need_a_key_and_do_not_fill_the_log(tmp_path: Path) -> None:
    secrets = make(tmp_path, "read", "admin")
    with running(tmp_path, rate_per_minute=0) as client:
        problem(client.get("/metrics"), 401)
        for _ in range(3):
            assert client.get("/metrics", headers=bearer(secrets["read"])).status_code == 200
        client.headers |= bearer(secrets["admin"])
        time.sleep(1.5)  # what only reads is written a second later
        client.get("/v1/audit")
        time.sleep(1.5)
        entries = client.get("/v1/audit").json()["items"]
        assert [(each["route"], each["status"]) for each in entries if each["route"] == "/metrics"] == [("/metrics", 401)]
        assert all(key["last_used_at"] for key in client.get("/v1/keys").json()["items"])


@pytest.mark.engines
def test_text_is_escaped() -> None:
    metric = OwnMetric("voc_x", "gauge", "A \\ and\na line.", (Sample(0.25, {"route": 'a"b\\c\nd'}),))
    (family,) = text_string_to_metric_families(
        write_metrics([metric, gauge("voc_y", "Y.", None), counter("voc_z", "Z.", None)])
    )
    assert (family.documentation, family.samples[0].labels, family.samples[0].value) == (
        "A \\ and\na line.",
        {"route": 'a"b\\c\nd'},
        0.25,
    )


def test_the_page_names_what_is_there(client: TestClient) -> None:
    client.post("/v1/backup")
    client.delete(f"/v1/batches/{upload(client)['id']}")
    there = set(re.findall(rf"^# TYPE ({NAME}) ", client.get("/metrics").text, re.MULTILINE))
    named = {name for line in PAGE.splitlines() if line.startswith("| `") for name in re.findall(f"`({NAME})`", line)}
    assert named - there == ({"voc_database_log_size_bytes"} if engines.chosen == "postgres" else set())
    assert there <= named


def test_the_configuration_and_the_rules_of_the_page(client: TestClient) -> None:
    scraping, alerting = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    (job,) = scraping["scrape_configs"]
    client.get("/healthz")
    assert job["job_name"] == "voc"
    assert job["authorization"]["type"] == "Bearer"
    there = set(re.findall(rf"^({NAME})", client.get("/metrics").text, re.MULTILINE)) | {"voc_last_backup_timestamp_seconds"}
    (group,) = alerting["groups"]
    assert [rule["alert"] for rule in group["rules"]] == ["VocTaggingStuck", "VocFailing", "VocBackupOld"]
    for rule in group["rules"]:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert set(re.findall(NAME, rule["expr"])) <= there
