"""What holds for all tests: which engines keep their store, and that the service and the library log no customer's words."""

import logging
from collections.abc import Iterator

import pytest

from tests import engines
from tests.quoting import quotes
from voc.store.database import Engine

_OURS = ("voc", "api", "uvicorn", "asyncio", "fastapi", "starlette")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.quoting: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in _OURS and quotes(self.format(record)):
            self.quoting.append(f"{record.name}, line {record.lineno} of {record.filename}")


@pytest.fixture(autouse=True)
def _no_customer_in_the_log() -> Iterator[None]:
    listener = _Listener()
    logging.getLogger().addHandler(listener)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(listener)
    assert not listener.quoting, listener.quoting


engines.allowed = False


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine | None]:
    """The engine that keeps the stores of a test; tests that use this fixture run once with each, no other has a store."""
    if request.param is None:
        yield None
        return
    with engines.choose(request.param):
        yield request.param


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The marker `engines` narrows them for tests of what only one has; with none named, a test has no store and runs once."""
    if "engine" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        asked = marker.args if marker else engines.ALL
        none = pytest.param(None, id=pytest.HIDDEN_PARAM)
        metafunc.parametrize("engine", asked or [none], indirect=True, scope="module")
