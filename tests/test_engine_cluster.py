"""Taggers in a Ray cluster of several nodes: nodes come and go, processes die, and every row is tagged once.

The cluster is real, on this machine: each node has its own raylet and processes, as on hosts of their own.
"""

import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeTagger
from tests.stores import add, feedback, open_store
from tests.test_engine_kill import wait_for
from voc.engine import Engine, tag_stream
from voc.engine.cluster import RayPool
from voc.engine.foreman import QUIET
from voc.errors import ClusterError, ModelError
from voc.records import Feedback, Tags
from voc.tagging import ModelIdentity

FAKE = FakeTagger().identity
ROWS = 6_000
PERSIAN = re.compile("[\u0620-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]")


class _Moody(FakeTagger):
    """Does what a text tells it, and leaves its process id in the folder that is given as the model."""

    def __init__(self, pids: str) -> None:
        super().__init__()
        if pids:
            (Path(pids) / str(os.getpid())).touch()

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        time.sleep(0.2 if len(texts) > 100 else 0)
        for text in texts:
            if "بکش" in text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "گیر کن" in text:
                time.sleep(60)
            if "نپذیر" in text:
                raise ValueError(text)
        return super().tag(texts)


def moody(pids: str) -> _Moody:
    return _Moody(pids)


def missing(model: str) -> FakeTagger:
    raise ModelError("VOC_MODEL: there is no such folder.")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that tags nothing, and two nodes with one processor each."""
    os.environ.update(QUIET)
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made.add_node(num_cpus=1)
    made.add_node(num_cpus=1)
    try:
        yield made
    finally:
        made.shutdown()


@pytest.fixture(scope="module")
def pool(cluster: Any) -> Iterator[RayPool]:
    with RayPool(cluster.address, load=moody, identity=FAKE) as opened:
        yield opened


def test_a_stream_keeps_the_order_and_survives_what_kills(pool: RayPool) -> None:
    bad = {3: "بکش", 9: "نپذیر"}
    rows = [Feedback(bad.get(number, f"دیر {number}"), number) for number in range(12)]
    aside: dict[int, str] = {}
    pairs = list(tag_stream(rows, pool, set_aside=lambda row, reason: aside.update({row.line: reason})))
    assert [row.line for row, _ in pairs] == [number for number in range(12) if number not in bad]
    assert [tags for _, tags in pairs] == FakeTagger().tag([row.text for row, _ in pairs])
    assert aside == {3: "a tagging process of the cluster died (ActorDiedError)", 9: "the tagger raised ValueError"}
    assert pool.restarts >= 1


def test_a_pool_is_a_tagger_on_every_processor(pool: RayPool) -> None:
    assert pool.tag(["دیر رسید", "عالی"]) == FakeTagger().tag(["دیر رسید", "عالی"])
    assert pool.identity == FAKE
    wait_for(lambda: pool.workers == 2, timeout_s=60)
    assert pool.capacity == 4


def test_nodes_come_and_go_and_every_row_is_tagged_once(cluster: Any, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    pool = RayPool(cluster.address, str(pids), load=moody, identity=FAKE)
    with open_store(tmp_path / "voc.duckdb") as store:
        store.current = FAKE
        batch = add(store, (Feedback(f"پیک دیر اومد، چندبار گفتم {n}", n) for n in range(ROWS)))
        engine = Engine(store, pool)
        engine.start()
        wait_for(lambda: engine.progress.tagged > 0, timeout_s=90)
        before = pool.workers
        third = cluster.add_node(num_cpus=1)
        wait_for(lambda: pool.workers > before, timeout_s=90)
        for pid in list(pids.iterdir())[:1]:
            os.kill(int(pid.name), signal.SIGKILL)
        tagged = engine.progress.tagged
        wait_for(lambda: engine.progress.tagged > tagged, timeout_s=60)
        cluster.remove_node(third, allow_graceful=False)
        assert engine.progress.tagged < ROWS, "the node was lost after the work and not in it"
        assert engine.wait_idle(120)
        engine.stop(5)
        done = store.get_batch(batch.id)
        assert (done.status, done.tagged) == ("done", ROWS)
        assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(ROWS, ROWS)]
        assert store.select("SELECT count(*), count(DISTINCT seq || kind || code) FROM tag", {}) == [(3 * ROWS, 3 * ROWS)]
