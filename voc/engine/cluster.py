"""A pool of taggers in a Ray cluster, seen from the service: chunks go to the foreman's process, tags come back.

Where the cluster is lost, chunks in hand fail with a ClusterError and the next chunk starts a new foreman: the engine says what
is wrong, tries again after growing pauses, and rows that were in hand still wait in the store.
"""

import atexit
import logging
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from multiprocessing import get_context
from threading import Lock, Thread
from typing import Final

from voc.engine.at_once import Pool, stopped
from voc.engine.crew import ChunkFailedError, Item
from voc.engine.foreman import Asked, Job, Orders, Told, oversee
from voc.engine.pool import CHUNK_TIMEOUT_S
from voc.engine.worker import Load
from voc.errors import ClusterError, SettingsError
from voc.records import Tags
from voc.tagging import ModelIdentity, load_tagger, model_identity

END_TIMEOUT_S: Final = 5.0

_log = logging.getLogger(__name__)


class RayPool(Pool):
    """Taggers in the cluster at `address` (`host:6379` on a node of it, `ray://host:10001` from outside).

    So many as `workers` says, 0 for one per processor of the cluster, as nodes come and go. Every node needs voc and the model
    under the same path. Raises SettingsError where Ray is not installed.
    """

    def __init__(
        self,
        address: str,
        model: str = "",
        workers: int = 0,
        *,
        load: Load = load_tagger,
        identity: ModelIdentity | None = None,
        chunk_timeout_s: float = CHUNK_TIMEOUT_S,
    ) -> None:
        require_ray()
        self.identity = identity or model_identity(model)
        self.workers = self.restarts = 0
        self._orders = Orders(address, model, workers, load, self.identity, chunk_timeout_s)
        self._numbers = count()
        self._in_hand: dict[int, Future[list[Tags]]] = {}
        self._lock = Lock()  # of all that follows
        self._sending = Lock()
        self._foreman: _Foreman | None = None
        self._replaced_before = 0
        self._problem = ""
        self._closed = False
        atexit.register(self.close)
        with self._lock:
            self._foreman = self._start()

    def submit(self, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Tags]]":
        """The tags of a chunk, ChunkFailedError, or ClusterError where nothing can be tagged. Raises ModelError when closed."""
        future: Future[list[Tags]] = Future()
        with self._lock:
            if self._closed:
                raise stopped()
            self._foreman = foreman = self._foreman or self._start()
            number = next(self._numbers)
            self._in_hand[number] = future
        self._send(foreman, Job(0 if urgent else 1, number, tuple(items)))
        return future

    def drop_waiting(self) -> None:
        """Cancel the chunks that no tagger has begun, urgent ones apart; that takes a moment."""
        if foreman := self._foreman:
            self._send(foreman, "drop")

    def close(self) -> None:
        """Let the taggers go; chunks in hand and those that wait are cancelled."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            foreman, left = self._foreman, list(self._in_hand.values())
            self._in_hand.clear()
        for future in left:
            future.cancel()
        if foreman:
            self._send(foreman, "end")
            foreman.end()

    def _start(self) -> "_Foreman":
        foreman = _Foreman(self._orders)
        Thread(target=self._listen, args=(foreman,), name="voc-cluster", daemon=True).start()
        return foreman

    def _send(self, foreman: "_Foreman", asked: Asked) -> None:
        with self._sending, suppress(OSError):  # `_listen` sees that it is gone
            foreman.pipe.send(asked)

    def _listen(self, foreman: "_Foreman") -> None:
        with suppress(EOFError, OSError):
            while True:
                self._take(foreman.pipe.recv())
        with self._lock:
            self._foreman = None
            self._replaced_before, self.workers = self.restarts, 0
            closed = self._closed
        if not closed:
            self._fail_all(self._problem or f"The Ray cluster at {self._orders.address} was lost.")

    def _take(self, told: Told) -> None:
        match told:
            case "tags", number, tags:
                self._settle(number, tags)
            case "failed", number, reason:
                self._settle(number, ChunkFailedError(reason))
            case "dropped", number:
                self._settle(number, None)
            case "crew", workers, replaced:
                self.workers, self.restarts = workers, self._replaced_before + replaced
                self._problem = ""
            case "note", problem:
                _log.warning("At one of the cluster's taggers: %s", problem)
            case "stuck", problem:
                self._problem = problem
                self._fail_all(problem)

    def _settle(self, number: int, said: list[Tags] | ChunkFailedError | None) -> None:
        with self._lock:
            future = self._in_hand.pop(number, None)
        if future is None:
            return
        with suppress(InvalidStateError):  # cancelled meanwhile
            if said is None:
                future.cancel()
            elif isinstance(said, ChunkFailedError):
                future.set_exception(said)
            else:
                future.set_result(said)

    def _fail_all(self, problem: str) -> None:
        with self._lock:
            left = list(self._in_hand.values())
            self._in_hand.clear()
        for future in left:
            with suppress(InvalidStateError):
                future.set_exception(ClusterError(problem))


class _Foreman:
    """The process that talks to Ray, from outside."""

    def __init__(self, orders: Orders) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=oversee, args=(theirs, orders), daemon=True, name="voc-foreman")
        self._process.start()
        theirs.close()

    def end(self) -> None:
        """Wait until it has ended, and end it where that takes long."""
        self._process.join(END_TIMEOUT_S)
        self._process.kill()


def require_ray() -> None:
    """Raises SettingsError, which says what to install, where Ray is missing."""
    if find_spec("ray") is None:
        raise SettingsError(
            "Ray is not installed: `pip install 'voc[ray]'`, or leave VOC_RAY_ADDRESS empty.", field="VOC_RAY_ADDRESS"
        )
