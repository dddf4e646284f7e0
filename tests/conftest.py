"""One promise is held in every test: the service and the library log no customer's words.

Every sample text is Persian and every message of ours is English, so that a Persian letter in a log is a quotation.
"""

import logging
import re
from collections.abc import Iterator

import pytest

_PERSIAN = re.compile("[\u0620-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]")
_OURS = ("voc", "api", "uvicorn", "asyncio", "fastapi", "starlette")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.quoting: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in _OURS and _PERSIAN.search(self.format(record)):
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
