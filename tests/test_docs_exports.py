"""The commands of docs/exports.md, run as they stand there against a service, and what they leave."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx2 as httpx
import polars
import pytest

from tests.api_client import SURVEY
from tests.serving import ROOT, ServiceProcess

PAGE: Final = ROOT / "docs" / "exports.md"
ADDRESS: Final = "http://127.0.0.1:8000"
CALL: Final = {"turns": [{"speaker": "مشتری", "text": "سفارشم دیر اومد"}, {"speaker": "کارشناس", "text": "شرمنده‌تونم"}]}
BLOCKS: Final = re.findall(r"```(sh|python)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def run(language: str, code: str, folder: Path, base: str) -> None:
    """A block of the page, as someone would run it there."""
    shim = folder / "bin" / "voc"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from voc.command import app; app()" "$@"\n')
    shim.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{shim.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VOC_DATABASE": str(folder / "voc.duckdb"),
    }
    command = ["bash", "-euc"] if language == "sh" else [sys.executable, "-W", "error", "-c"]
    done = subprocess.run([*command, code.replace(ADDRESS, base)], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stderr}"


def in_store(base: str) -> dict[str, Any]:
    lines = httpx.get(f"{base}/v1/export/feedback?format=jsonl").text.splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder after all blocks, each run once, those of the changes twice, and the records that were in the store."""
    folder = tmp_path_factory.mktemp("docs")
    with ServiceProcess(folder / "voc.duckdb") as service, httpx.Client(base_url=service.base, timeout=60) as client:
        for name, content in (("یک.csv", SURVEY), ("دو.csv", SURVEY.replace("ونک", "ری")), ("ج.json", json.dumps([CALL]))):
            assert client.post("/v1/batches", files={"file": (name, content.encode())}).status_code == 202
        while any(batch["status"] == "tagging" for batch in client.get("/v1/batches").json()["items"]):
            pass
        for language, code in BLOCKS:
            if not code.startswith("voc "):
                run(language, code, folder, service.base)
        first = client.get("/v1/batches").json()["items"][-1]
        assert client.delete(f"/v1/batches/{first['id']}").status_code == 204
        for language, code in BLOCKS:
            if "/v1/changes" in code or "changes.parquet" in code:
                run(language, code, folder, service.base)
        records = in_store(service.base)
    for language, code in BLOCKS:
        if code.startswith("voc "):
            run(language, code, folder, "")
    return folder, records


def test_all_blocks_were_found() -> None:
    assert [language for language, _ in BLOCKS].count("python") == 6
    assert [language for language, _ in BLOCKS].count("sh") == 4


def test_a_download_that_broke_is_whole(left: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = left
    lines = (folder / "whole.jsonl").read_text("utf-8").splitlines()
    assert len((folder / "feedback.jsonl").read_text("utf-8", errors="ignore").splitlines()) < len(lines)
    assert [json.loads(line)["id"] for line in lines] == [f"f{number}" for number in range(1, 12)]


def test_both_copies_are_the_store(left: tuple[Path, dict[str, Any]]) -> None:
    folder, records = left
    assert len(records) == 6
    copy, _ = json.loads((folder / "copy.json").read_text())
    assert copy == records
    with duckdb.connect(str(folder / "lake.duckdb"), read_only=True) as lake:
        assert sorted(lake.execute("SELECT id, text FROM feedback").fetchall()) == sorted(
            (each["id"], each["text"]) for each in records.values()
        )


def test_the_command_writes_the_same(left: tuple[Path, dict[str, Any]]) -> None:
    folder, records = left
    assert set(polars.read_parquet(folder / "tonight.parquet")["id"]) == set(records)
    assert (folder / "last.cursor").read_text()
