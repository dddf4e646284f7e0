"""Ray clusters for tests: real ones, each node with a raylet and processes of its own, as on hosts of their own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.quoting import quotes
from tests.serving import children
from voc.engine.foreman import QUIET

LOSES_SOON = {"health_check_period_ms": 1_000, "health_check_timeout_ms": 3_000, "health_check_failure_threshold": 3}
"""A node that does not answer is lost after some ten seconds, not after a minute."""


@contextmanager
def open_cluster() -> Iterator[Any]:
    """A head that tags nothing, and two nodes with one processor each."""
    os.environ.update(QUIET)
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "_system_config": LOSES_SOON}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        made.add_node(num_cpus=1)
        made.add_node(num_cpus=1)
        yield made
    finally:
        made.shutdown()


def crash(node: Any) -> None:
    """The node goes away with all that runs on it, without a word."""
    raylet = node.all_processes["raylet"][0].process.pid
    for pid in (raylet, *children(raylet)):
        os.kill(pid, signal.SIGKILL)


def assert_quotes_nothing(cluster: Any) -> None:
    """No log of the cluster holds a word of a customer's; messages of Ray's and ours are English."""
    logs = [path for path in Path(cluster.head_node.get_session_dir_path(), "logs").rglob("*") if path.is_file()]
    assert any(path.name.startswith("worker-") for path in logs)
    assert [path.name for path in logs if quotes(path.read_text("utf-8", "replace"))] == []
