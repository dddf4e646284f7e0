"""A service that is killed while it works keeps what it promised, and the harness that says so can tell when one does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.uploads import clear_left_uploads
from tests import engines
from tests.benchmarks.kill import Ledger, compare, run_kills
from tests.spoken import conversation
from tests.stores import TEHRAN, add, database, feedback, open_store, tag_all
from voc.records import Turn
from voc.store import Store

pytestmark = pytest.mark.usefixtures("engine")

SPOKEN = (Turn("customer", "پیک دیر اومد"), Turn("agent", "شرمنده"), Turn("customer", "چندبار گفتم"))
TEXTS = [f"پیک دیر اومد و چندبار گفتم {number}" for number in range(5)]


def test_five_kills_lose_nothing(tmp_path: Path) -> None:
    report = run_kills(tmp_path, kills=5, seed=11)
    assert report.faults == []
    assert report.kills == 5
    assert report.uploads > 0
    assert report.rows > 0


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("DELETE FROM feedback WHERE line = 3", "batches that are not whole"),
        ("DELETE FROM batch", "rows without a batch"),
        ("INSERT INTO tagging SELECT * FROM tagging LIMIT 1", "rows tagged twice"),
        ("DELETE FROM tag WHERE kind = 'effort'", "half-tagged rows"),
        ("INSERT INTO tag SELECT * FROM tag LIMIT 1", "half-tagged rows"),
        ("DELETE FROM feedback", "tags without a row"),
        ("DELETE FROM feedback WHERE seq = 6", "tags without a row"),
        ("DELETE FROM turn WHERE position = 1", "conversations that are not whole"),
        ("INSERT INTO turn SELECT * FROM turn LIMIT 1", "conversations that are not whole"),
        ("DELETE FROM conversation", "conversations that are not whole"),
        ("DELETE FROM conversation_tagging", "half-tagged conversations"),
        ("DELETE FROM turn_tagging WHERE position = 2", "half-tagged conversations"),
    ],
)
def test_the_harness_sees_what_is_wrong(tmp_path: Path, damage: str, fault: str) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        batch = add(store, [*feedback(*TEXTS), conversation(SPOKEN, 9)])
        tag_all(store)
    ledger = Ledger(rows={batch.id: 6})
    assert compare(path, ledger) == []
    with Store.open(database(path), zone=TEHRAN) as store, store._database.writing() as session:
        if engines.chosen == "postgres":  # which keeps rows from being there twice
            session.run("ALTER TABLE tagging DROP CONSTRAINT tagging_pkey; ALTER TABLE turn DROP CONSTRAINT turn_pkey")
        session.run(damage)
    assert any(fault in found for found in compare(path, ledger))


def test_the_harness_knows_what_was_promised(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        there = add(store, feedback(*TEXTS), "هست")
        sent = add(store, feedback(*TEXTS[:2]), "فرستاده")
    gone = Ledger(rows={"b000000000000": 4}, removed={there.id}, asked={"فرستاده": 3})
    found = "\n".join(compare(path, gone))
    assert "b000000000000 of 4 rows was acknowledged" in found
    assert f"{there.id} was removed and is there" in found
    assert f"{sent.id} has 2 rows, and 3 were sent" in found


@pytest.mark.engines
def test_what_killed_services_left_of_uploads_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    kept = sorted([str(os.getppid()), "x", "9" * 20])  # no process has a number of twenty digits
    folders = {name: tmp_path / f"voc-upload-{name}-abc" for name in (str(ended.pid), *kept)}
    for folder in folders.values():
        folder.mkdir()
        (folder / "upload.csv").write_text("نظر", "utf-8")
    clear_left_uploads()
    assert sorted(name for name, folder in folders.items() if folder.exists()) == kept
