"""One service for a file of attacks; a new one where an attack brought it down, so that the others are still told apart."""

from collections.abc import Callable, Iterator

import pytest

from tests.hostile.service import PATIENCE_S, UPLOAD_MB, Target
from tests.serving import ServiceProcess
from voc.store.database import Engine


@pytest.fixture(scope="module")
def fresh_target(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Target]]:
    """Gives the service under attack, which is started where none is running."""
    running: list[Target] = []

    def get() -> Target:
        if not running or not running[0].service.alive:
            folder = tmp_path_factory.mktemp("hostile")
            service = ServiceProcess(folder / "voc.duckdb", patience_s=PATIENCE_S, max_upload_mb=UPLOAD_MB, workers=1)
            running[:] = [Target(service.wait_ready(), folder)]
        return running[0]

    yield get
    for target in running:
        target.close()


@pytest.fixture
def target(fresh_target: Callable[[], Target]) -> Target:
    """The service under attack."""
    return fresh_target()
