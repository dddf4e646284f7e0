"""A service that is killed again and again, at any moment, tags every row once in the end and leaves no process behind."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.fakes import FakeTagger
from tests.stores import add, open_store
from voc.engine import Engine
from voc.records import Feedback, Tags

pytestmark = pytest.mark.usefixtures("engine")

ROOT = Path(__file__).parent.parent
ROWS = 10_000

SERVICE = """
import sys
from pathlib import Path
from tests.fakes import FakeTagger
from tests.stores import open_store
from tests.test_engine_kill import load_slow
from voc.engine import Engine, WorkerPool
if __name__ == "__main__":
    store = open_store(Path(sys.argv[1]))
    engine = Engine(store, WorkerPool(sys.argv[2], workers=1, load=load_slow, identity=FakeTagger().identity))
    engine.start()
    while not engine.progress.tagged:
        engine.wait_idle(0.01)
    print("tagging", flush=True)
    engine.wait_idle(60)
"""


class _SlowTagger(FakeTagger):
    def tag(self, texts: Sequence[str]) -> list[Tags]:
        time.sleep(0.05)
        return super().tag(texts)


def load_slow(pids: str) -> _SlowTagger:
    (Path(pids) / str(os.getpid())).touch()
    return _SlowTagger()


def wait_for(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "too late"
        time.sleep(0.01)


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_service_killed_at_random_moments_tags_every_row_once(tmp_path: Path) -> None:
    path, pids = tmp_path / "voc.duckdb", tmp_path / "pids"
    pids.mkdir()
    with open_store(path) as store:
        batch = add(store, (Feedback(f"پیک دیر اومد، چندبار گفتم {n}", n) for n in range(ROWS)))
    seen, chance = [0], random.Random(7)  # noqa: S311
    for turn in range(5):
        command = [sys.executable, "-c", SERVICE, str(path), str(pids)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            if turn % 2 == 0 and process.stdout:
                assert process.stdout.readline() == "tagging\n"
            time.sleep(chance.random() * 0.5)
            process.kill()
        with open_store(path) as store:
            rows = store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {})[0]
            assert rows[0] == rows[1]
            seen.append(rows[0])
    assert seen == sorted(seen)
    assert 0 < seen[1] <= seen[-1] < ROWS  # the kills came in the middle of the work
    with open_store(path) as store:
        store.current = FakeTagger().identity
        engine = Engine(store, FakeTagger())
        engine.start()
        assert engine.wait_idle(20)
        engine.stop(5)
        done = store.get_batch(batch.id)
        assert (done.status, done.tagged) == ("done", ROWS)
        assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(ROWS, ROWS)]
        assert store.select("SELECT count(*), count(DISTINCT seq || kind || code) FROM tag", {}) == [(3 * ROWS, 3 * ROWS)]
    wait_for(lambda: not any(alive(each.name) for each in pids.iterdir()))
