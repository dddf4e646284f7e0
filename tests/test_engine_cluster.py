"""Taggers in a Ray cluster of several nodes: nodes come and go, processes die, and every row is tagged once.

The cluster is real, on this machine: each node has its own raylet and processes, as on hosts of their own.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import assert_quotes_nothing, crash, open_cluster
from tests.fakes import FakeTagger, MoodyTagger, load_missing
from tests.stores import add, open_store
from tests.test_engine_kill import ROOT, alive, wait_for
from voc.engine import Engine, tag_stream
from voc.engine.cluster import RayPool
from voc.errors import ClusterError, ModelError
from voc.records import Feedback, Tags
from voc.store import Store
from voc.tagging import ModelIdentity

pytestmark = pytest.mark.ray

FAKE = FakeTagger().identity
ROWS = 24_000


class _Moody(MoodyTagger):
    """Does what a text tells it, some of it slowly, and leaves its process id in the folder that is given as the model.

    While there is a file «slow» beside that folder, a chunk takes two seconds.
    """

    def __init__(self, pids: str) -> None:
        super().__init__()
        self._slow = Path(pids or "nowhere").with_name("slow")
        if pids:
            (Path(pids) / str(os.getpid())).touch()

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        time.sleep(2 if self._slow.exists() else 0.4 if "درنگ" in texts[0] else 0)
        return super().tag(texts)


def moody(pids: str) -> _Moody:
    return _Moody(pids)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with open_cluster() as opened:
        yield opened


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    (tmp_path / "pids").mkdir()
    return tmp_path / "pids"


def test_a_stream_keeps_the_order_and_survives_what_kills(cluster: Any) -> None:
    bad = {3: "بکش", 8: "گیر کن", 9: "نپذیر"}
    rows = [Feedback(bad.get(number, f"دیر {number}"), number) for number in range(12)]
    aside: dict[int, str] = {}
    with RayPool(cluster.address, load=moody, identity=FAKE, chunk_timeout_s=2) as pool:
        assert pool.tag(["دیر رسید", "عالی"]) == FakeTagger().tag(["دیر رسید", "عالی"])
        pairs = list(tag_stream(rows, pool, set_aside=lambda row, reason: aside.update({row.line: reason})))
        assert pool.restarts >= 2
        wait_for(lambda: pool.workers == 2, timeout_s=60)  # one on each processor, again
        assert pool.capacity == 4
    assert [row.line for row, _ in pairs] == [number for number in range(12) if number not in bad]
    assert [tags for _, tags in pairs] == FakeTagger().tag([row.text for row, _ in pairs])
    assert aside == {
        3: "a tagging process of the cluster died",
        8: "a tagging process took longer than 2 s",
        9: "the tagger raised ValueError",
    }


@pytest.mark.parametrize(
    ("load", "identity", "says"),
    [
        (load_missing, FAKE, "no such folder"),
        (moody, ModelIdentity("another", "v1"), "not .*another"),
    ],
)
def test_a_model_that_a_node_does_not_have_is_said(cluster: Any, load: Any, identity: ModelIdentity, says: str) -> None:
    with RayPool(cluster.address, load=load, identity=identity) as pool, pytest.raises(ClusterError, match=says):
        pool.tag(["خوب"])


@contextmanager
def tagging(path: Path, pool: RayPool) -> Iterator[tuple[Store, Engine]]:
    """A store with rows that are being tagged."""
    with open_store(path) as store:
        store.current = FAKE
        path.with_name("slow").touch()
        add(store, (Feedback(f"پیک دیر اومد، چندبار گفتم {n}", n) for n in range(ROWS)))
        engine = Engine(store, pool)
        engine.start()
        try:
            wait_for(lambda: engine.progress.tagged > 0, timeout_s=90)
            yield store, engine
        finally:
            engine.stop(5)


def assert_tagged_once(store: Store) -> None:
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(ROWS, ROWS)]
    assert store.select("SELECT count(*), count(DISTINCT seq || kind || code) FROM tag", {}) == [(3 * ROWS, 3 * ROWS)]


@pytest.mark.usefixtures("engine")
def test_nodes_come_and_go_and_every_row_is_tagged_once(cluster: Any, pids: Path, tmp_path: Path) -> None:
    pool = RayPool(cluster.address, str(pids), load=moody, identity=FAKE)
    with tagging(tmp_path / "voc.duckdb", pool) as (store, engine):
        before, victim = pool.workers, int(next(pids.iterdir()).name)
        third = cluster.add_node(num_cpus=1)
        wait_for(lambda: pool.workers > before, timeout_s=90)
        os.kill(victim, signal.SIGKILL)
        crash(third)
        (tmp_path / "slow").unlink()
        assert engine.progress.tagged < ROWS, "that came too late"
        assert engine.wait_idle(120)
        assert_tagged_once(store)
        wait_for(lambda: pool.restarts >= 2)
    wait_for(lambda: not any(alive(each.name) for each in pids.iterdir()))


def test_a_lost_node_is_no_fault_of_the_rows_that_were_on_it(cluster: Any) -> None:
    with RayPool(cluster.address, workers=3, load=moody, identity=FAKE) as pool:
        node = cluster.add_node(num_cpus=1)
        wait_for(lambda: pool.workers == 3, timeout_s=60)
        answers = [pool.submit([f"درنگ {n}"]) for n in range(9)]
        wait(answers, timeout=30, return_when=FIRST_COMPLETED)
        crash(node)
        assert [answer.result(timeout=90)[0].sentiment for answer in answers] == ["neutral"] * 9
        assert pool.restarts == 1


def test_urgent_texts_go_before_all_that_waits_and_what_waits_can_be_dropped(cluster: Any) -> None:
    order: list[str] = []
    with RayPool(cluster.address, workers=1, load=moody, identity=FAKE) as pool:
        for name, urgent in (("درنگ یک", False), ("دو", False), ("سه", False), ("فوری", True)):
            pool.submit([name], urgent=urgent).add_done_callback(lambda _, name=name: order.append(name))  # type: ignore[misc]
        pool.submit(["آخر"]).result(timeout=60)
        assert order.index("فوری") < order.index("دو") < order.index("سه")
        held, waiting = pool.submit(["درنگ"]), pool.submit(["دو"])
        time.sleep(0.3)  # until the first is begun
        pool.drop_waiting()
        wait([held, waiting], timeout=30)
        assert waiting.cancelled()
        assert held.result()
    assert held.done()
    with pytest.raises(ModelError, match="stopped"):
        pool.submit(["خوب"])


def test_a_service_that_is_killed_leaves_nothing_running(cluster: Any, pids: Path) -> None:
    code = (
        "import sys; from voc.engine.cluster import RayPool; from tests.test_engine_cluster import FAKE, moody\n"
        "if __name__ == '__main__':\n"
        "    RayPool(sys.argv[1], sys.argv[2], load=moody, identity=FAKE).tag(['خوب']); print('tagged', flush=True); input()"
    )
    command = [sys.executable, "-c", code, cluster.address, str(pids)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "tagged\n"
        assert any(alive(each.name) for each in pids.iterdir())
        process.kill()
    wait_for(lambda: not any(alive(each.name) for each in pids.iterdir()), timeout_s=60)


def test_no_log_of_the_cluster_quotes_a_text(cluster: Any) -> None:
    """The last of those that use the cluster: by now texts have been tagged, hung, killed and refused on it."""
    assert_quotes_nothing(cluster)


def test_a_cluster_that_is_not_there_is_said_and_tried_again_when_asked() -> None:
    with RayPool("127.0.0.1:1", load=moody, identity=FAKE) as pool:
        for _ in range(2):
            with pytest.raises(ClusterError, match=r"127\.0\.0\.1:1 cannot be used"):
                pool.tag(["خوب"])


@pytest.mark.usefixtures("engine")
def test_a_service_outlives_its_cluster_and_goes_on_with_the_next(
    pids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "5")  # Ray waits a minute for a head to come back
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    address = made.address
    pool = RayPool(address, str(pids), load=moody, identity=FAKE)
    with tagging(tmp_path / "voc.duckdb", pool) as (store, engine):
        made.shutdown()
        wait_for(lambda: engine.problem is not None, timeout_s=120)
        (tmp_path / "slow").unlink()
        assert isinstance(engine.problem, ClusterError)
        assert 0 < engine.progress.tagged < ROWS
        again = Cluster(initialize_head=True, head_node_args=head | {"gcs_server_port": int(address.rpartition(":")[2])})
        try:
            assert again.address == address
            wait_for(lambda: engine.idle, timeout_s=180)
            assert_tagged_once(store)
        finally:
            again.shutdown()
