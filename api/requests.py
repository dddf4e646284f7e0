"""How long calls take until they are answered, by route and status, and how often something was logged: since the start."""

import logging
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from threading import Lock
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import NOWHERE, ROUTE

BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LEVELS: Final = ("warning", "error", "critical")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls that count together. `route` is a template: there are as many kinds as the code makes, not as callers like."""

    method: str
    route: str
    status: int


@dataclass(slots=True)
class Times:
    """How many calls took no longer than each of `BOUNDS_S`, and longer than all, not added up; and all their seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    @property
    def cumulated(self) -> list[int]:
        """How many took no longer than each bound; the last are all."""
        return list(accumulate(self.counts))


class RequestTimes:
    """Counts calls; any thread may read them."""

    def __init__(self) -> None:
        self._times: dict[Kind, Times] = {}
        self._lock = Lock()

    def note(self, kind: Kind, seconds: float) -> None:
        """A call of this kind has been answered after so many seconds."""
        with self._lock:
            times = self._times.setdefault(kind, Times())
            times.counts[bisect_left(BOUNDS_S, seconds)] += 1
            times.total_s += seconds

    def read(self) -> Mapping[Kind, Times]:
        """All kinds of calls that there were, as they are now."""
        with self._lock:
            return {kind: Times(list(times.counts), times.total_s) for kind, times in self._times.items()}


class Stopwatch:
    """Times each call until its answer begins: how long a download then takes is the reader's affair."""

    def __init__(self, app: ASGIApp, times: RequestTimes) -> None:
        self._app = app
        self._times = times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, and notes how long that took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, noted = time.perf_counter(), False

        def note(status: int) -> None:
            nonlocal noted
            if not noted:
                noted = True
                self._times.note(_kind(scope, status), time.perf_counter() - began)

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                note(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_timed)
        except Exception:
            note(500)
            raise


class LogCounts(logging.Handler):
    """Counts what a logger says by its level, and keeps nothing of it.

    Python prints what nobody handles, and this is a handler: so it hands on to the last resort where it is the only one.
    """

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self.counts = Counter(dict.fromkeys(LEVELS, 0))
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Count one; the handler's own lock is held."""
        self.counts[LEVELS[min(max(record.levelno // 10 - 3, 0), 2)]] += 1
        if logging.lastResort and [*self._logger.handlers, *logging.getLogger().handlers] == [self]:
            logging.lastResort.handle(record)


def _kind(scope: Scope, status: int) -> Kind:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    return Kind(method, scope.get("state", {}).get(ROUTE, NOWHERE), status)
