"""The commands of docs/exports.md, run as they stand there against a service, and what they leave."""

import io
import json
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx2 as httpx
import polars
import pytest

from tests.api_client import SURVEY
from tests.pages import blocks_of, run
from tests.serving import ROOT, ServiceProcess
from voc.client import Client
from voc.store.database import Engine

PAGE: Final = ROOT / "docs" / "exports.md"
CALL: Final = {"turns": [{"speaker": "مشتری", "text": "سفارشم دیر اومد"}, {"speaker": "کارشناس", "text": "شرمنده‌تونم"}]}
BLOCKS: Final = [(block.language, block.code) for block in blocks_of(PAGE)]


def in_store(base: str) -> dict[str, Any]:
    lines = httpx.get(f"{base}/v1/export/feedback?format=jsonl").text.splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="module")
def left(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder after all blocks, each run once, those of the changes twice, and the records that were in the store."""
    folder = tmp_path_factory.mktemp("docs")
    with ServiceProcess(folder / "voc.duckdb") as service, Client(service.base) as client:
        for name, content in (("یک.csv", SURVEY), ("دو.csv", SURVEY.replace("ونک", "ری")), ("ج.json", json.dumps([CALL]))):
            client.upload(io.BytesIO(content.encode()), name=name)
        for language, code in BLOCKS:
            if not code.startswith("voc "):
                run(language, code, folder, service.base)
        *_, first = client.batches()
        client.delete_batch(first)
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
