"""No customer's words in a log, an error, a traceback or a metric: marked texts go through everything that can go wrong."""

import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.api_client import running, wait_done
from tests.fakes import FakeTagger
from tests.stores import database
from voc.command import app as command
from voc.engine import WorkerPool
from voc.records import Tags
from voc.store import Store

ROOT = Path(__file__).parent.parent
# Each stands in texts only, and in a place of its own, so that a leak says where it came from.
MARKS = ["نشان_متن", "نشان_ستون", "نشان_تاریخ", "نشان_نمره", "نشان_رکورد", "نشان_فوری", "نشان_جستجو", "نشان_بدنه"]
TEXT, COLUMN, DATE, SCORE, RECORD, AT_ONCE, SEARCH, BODY = MARKS
FAILS = "نشدنی"

GOOD = f"نظر,تاریخ,NPS,یادداشت\nپیک دیر اومد {TEXT},1402/12/11,2,{COLUMN}\n{FAILS} {TEXT},1402/12/12,9,{COLUMN}\n"
BAD_CELLS = f"نظر,تاریخ,NPS\n{TEXT},{DATE},2\n{TEXT},1402/12/11,{SCORE}\n,1402/12/11,3\n"
JSON = {"content-type": "application/json"}


class QuotingTagger(FakeTagger):
    """A tagger that fails with the customer's words in its error, as libraries do."""

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """As the fake one does, or that error."""
        for text in texts:
            if FAILS in text:
                raise ValueError(f"cannot tag {text!r}")
        return super().tag(texts)


class QuotingPool(WorkerPool):
    """The same in a process of its own, as the service has it."""

    def __init__(self, model: str, workers: int, **_: object) -> None:
        super().__init__(model, min(workers, 1), load=load_quoting, identity=FakeTagger().identity)


def load_quoting(_: str) -> QuotingTagger:
    return QuotingTagger()


def quoting_store(_: object, row: object) -> None:
    """A fault inside the service whose message quotes a row."""
    raise RuntimeError(f"{row}: " + ", ".join(MARKS))


SERVICE = """
import sys, uvicorn
import api.app, voc.engine.pool
from tests.test_privacy import QuotingPool, quoting_store
from voc.settings import Settings
from voc.store import Store
if __name__ == "__main__":
    voc.engine.pool.WorkerPool = QuotingPool
    Store.get_feedback = quoting_store
    made = api.app.create_app(Settings(database=sys.argv[1], port=int(sys.argv[2]), workers=1))
    uvicorn.run(made, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
"""


def drive(client: Any) -> list[Any]:
    """Everything that can go wrong, asked of a service; the answers that are problems or say how things stand."""
    batch = client.post("/v1/batches", files={"file": ("a.csv", GOOD)}).json()
    done = wait_done(client, batch["id"], timeout_s=30)
    assert done["tagged"] == 1, done  # the other was set aside: it cannot be tagged
    refused = client.post("/v1/batches", files={"file": ("b.csv", BAD_CELLS)}).json()
    assert refused["rejected"] == 3
    answers = [client.get(f"/v1/batches/{each}{part}") for each in (batch["id"], refused["id"]) for part in ("", "/rejects")]
    answers.append(client.get(f"/v1/batches/{refused['id']}/rejects", params={"format": "csv"}))
    # The first line of a file is its header, which errors show: the words stand below it.
    for content in (
        f"%PDF-1.7\n{BODY}",
        f"PK\x03\x04\n{BODY}",
        f"\x00\x01\n{BODY}",
        f"a;b\n{BODY}",
        f'{{"a":\n"{BODY}',
        f'[\n{{"x": "{BODY}"}}',
    ):
        answers.append(client.post("/v1/batches", files={"file": ("c.xlsx", content.encode())}))
    answers += [
        client.post(path, content=body.encode(), headers=JSON) for path in ("/v1/batches", "/v1/tag") for body in bodies()
    ]
    answers.append(client.post("/v1/tag", json={"texts": [f"{FAILS} {AT_ONCE}"]}))
    answers.append(client.post("/v1/tag", content=AT_ONCE.encode(), headers={"content-type": "text/plain"}))
    answers.append(client.get("/v1/feedback/f1"))  # fails within
    answers.append(client.get("/v1/feedback/f1", headers={"accept": "text/html"}))
    for path in ("/v1/feedback", "/v1/trends", "/v1/kpis", "/v1/export/feedback", "/texts"):
        for wrong in ({"limit": "many"}, {"nothing": "x"}, {"sentiment": "x"}, {"bucket": "x"}, {"format": "x"}):
            answers.append(client.get(path, params={"q": SEARCH, "attr.یادداشت": SEARCH, **wrong}))
    answers += [client.get(path) for path in ("/metrics", "/healthz", "/readyz", "/v1/batches")]
    return answers


def bodies() -> Iterator[str]:
    """JSON bodies that do not fit, each with words in it."""
    yield f'{{"texts": ["{BODY}"'
    yield f'"{BODY}"'
    yield json.dumps({"texts": [BODY, 12], "records": [RECORD]})
    yield json.dumps({"records": [{"text": RECORD, "occurred_at": RECORD, "nps": RECORD}], "mapping": {"text": 3}})
    yield json.dumps({"records": [[RECORD]], "texts": {"a": BODY}})
    yield json.dumps({"records": [{"x": 1}], "other": RECORD})


def marks_in(text: str) -> list[str]:
    """The marks that a text holds, also as JSON, Python and URLs write them."""
    return [
        mark for mark in MARKS if any(way in text for way in (mark, json.dumps(mark)[1:-1], quote(mark), repr(mark.encode())))
    ]


def check_answers(answers: list[Any]) -> None:
    assert sum(answer.status_code >= 400 for answer in answers) > 30
    assert any(answer.status_code == 500 for answer in answers)
    for answer in answers:
        if answer.status_code >= 400 or "/batches" in str(answer.url):
            assert not marks_in(answer.text), (answer.status_code, answer.url.path)


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_seen_however_it_is_written(mark: str) -> None:
    assert (
        marks_in(f"x {mark} y")
        == marks_in(json.dumps({"a": mark}))
        == marks_in(ascii(mark))
        == marks_in(f"?q={quote(mark)}")
        == [mark]
    )


@pytest.mark.usefixtures("engine")
def test_nothing_that_is_logged_or_refused_quotes_a_customer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Store, "get_feedback", quoting_store)
    with caplog.at_level(logging.DEBUG), running(tmp_path, tagger=QuotingTagger()) as client:
        check_answers(drive(client))
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]  # the client's own words
    logged = "\n".join(caplog.handler.format(record) for record in ours)
    assert "RuntimeError at " in logged
    assert "set aside" in logged
    assert not marks_in(logged)
    assert not marks_in("".join(capfd.readouterr()))


@pytest.mark.usefixtures("engine")
def test_nothing_that_the_processes_print_quotes_a_customer(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = tmp_path / "said"
    command = [sys.executable, "-c", SERVICE, database(tmp_path / "voc.duckdb"), str(port)]
    with said.open("wb") as out, subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out) as service:
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait_ready(client, service)
                check_answers(drive(client))
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(timeout=30)
    printed = said.read_text("utf-8", errors="backslashreplace")
    assert "RuntimeError at " in printed
    assert "set aside" in printed
    assert not marks_in(printed)


def test_a_command_that_breaks_says_where_and_not_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD, "utf-8")
    monkeypatch.setattr(sys, "argv", ["voc", "tag", str(path), "-o", str(tmp_path / "b.jsonl"), "--workers", "1"])
    monkeypatch.setattr("voc.tagging.tagger.load_tagger", lambda *_, **__: QuotingTagger())
    monkeypatch.setattr(sys.modules["voc.command.tag"], "write_whole", quoting_store)
    with pytest.raises(SystemExit) as ended:
        command()
    printed = "".join(capfd.readouterr())
    assert ended.value.code == 1
    assert " at " in printed
    assert not marks_in(printed)


def _wait_ready(client: httpx2.Client, service: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and service.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the service did not start (exit status {service.poll()})")
