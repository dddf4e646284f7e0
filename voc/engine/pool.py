"""A pool of tagging processes, each kept by a thread that hands it chunks and replaces it when it dies.

Not concurrent.futures' pool: there one death fails every chunk in hand and reloads every model; here it costs one chunk
and one model, and it is known which chunk it was.
"""

import atexit
import os
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, PriorityQueue
from threading import Lock, Thread
from typing import Final

from voc.engine.at_once import Pool, stopped
from voc.engine.crew import ChunkFailedError, Crew, InProcess, Item
from voc.engine.worker import Load, Worker
from voc.errors import ModelError, VocError
from voc.records import Tags
from voc.tagging import ModelIdentity, Tagger, load_tagger, model_identity

CHUNK_TIMEOUT_S: Final = 600.0  # a hundred times what a chunk takes; a worker that takes longer hangs


@dataclass(order=True, slots=True)
class _Job:
    rank: int
    number: int
    items: tuple[Item, ...] = field(compare=False)
    future: "Future[list[Tags]]" = field(compare=False, default_factory=Future)


_URGENT, _USUAL, _END = 0, 1, 2


class WorkerPool(Pool):
    """Processes of this machine; `workers` is their number, 0 for one per core that this process may use.

    They start loading when this is made.
    """

    def __init__(
        self,
        model: str = "",
        workers: int = 0,
        *,
        load: Load = load_tagger,
        identity: ModelIdentity | None = None,
        chunk_timeout_s: float = CHUNK_TIMEOUT_S,
    ) -> None:
        self.identity = identity or model_identity(model)
        self.workers = workers or _cores()
        self.restarts = 0  # processes that were replaced
        self._model = model
        self._load = load
        self._chunk_timeout_s = chunk_timeout_s
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._numbers = count()
        self._running: set[Worker] = set()
        self._lock = Lock()
        self._closed = False
        atexit.register(self.close)
        self._keepers = [Thread(target=self._keep, name=f"voc-keeper-{n}", daemon=True) for n in range(self.workers)]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Tags]]":
        """The tags of a chunk, or ChunkFailedError. Raises ModelError when the pool is closed."""
        job = self._job(_URGENT if urgent else _USUAL, tuple(items))
        with self._lock:
            if self._closed:
                raise stopped()
            self._jobs.put(job)
        return job.future

    def drop_waiting(self) -> None:
        """Cancel the chunks that no worker has begun, urgent ones apart."""
        with self._lock:
            waiting = self._take_all()
            for job in waiting:
                if job.rank != _USUAL:
                    self._jobs.put(job)
        for job in waiting:
            if job.rank == _USUAL:
                job.future.cancel()

    def close(self) -> None:
        """End all processes now; chunks in hand fail, those that wait are cancelled."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            waiting, running = self._take_all(), tuple(self._running)
            for _ in self._keepers:
                self._jobs.put(self._job(_END, ()))
        for job in waiting:
            job.future.cancel()
        for worker in running:
            worker.end()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self) -> None:
        """The life of a thread that keeps one worker."""
        worker: Worker | None = None
        with suppress(VocError):  # whoever hands in the first chunk is told
            worker = self._hire()
        while (job := self._jobs.get()).rank != _END:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker if worker and worker.alive else self._hire(worker)
                tags = worker.tag(job.items, self._chunk_timeout_s)
            except (ChunkFailedError, VocError) as error:
                job.future.set_exception(error)
            except Exception as error:  # this thread must live on
                job.future.set_exception(ChunkFailedError(f"{type(error).__name__} between the processes"))
            else:
                job.future.set_result(tags)
        if worker:
            worker.kill()

    def _hire(self, replaced: Worker | None = None) -> Worker:
        with self._lock:
            if self._closed:
                raise stopped()
            if replaced:
                self._running.discard(replaced)
                self.restarts += 1
            try:
                worker = Worker(self._model, self._load)
            except OSError as error:
                raise ModelError(f"No tagging process can be started: {error.strerror}.") from error
            self._running.add(worker)
        try:
            worker.wait_ready(self.identity)
        except ModelError:
            self._running.discard(worker)
            raise
        return worker

    def _job(self, rank: int, items: tuple[Item, ...]) -> _Job:
        return _Job(rank, next(self._numbers), items)

    def _take_all(self) -> list[_Job]:
        taken = []
        with suppress(Empty):
            while True:
                taken.append(self._jobs.get_nowait())
        return taken


def _cores() -> int:
    """How many cores this process may use, where the system says; else how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_pool(model: str = "", workers: int = 0, ray_address: str = "", *, load: Load = load_tagger) -> Pool:
    """So many workers, 0 for as many as there are cores: in the Ray cluster of that address, or processes of this machine."""
    if ray_address:
        from voc.engine.cluster import RayPool

        return RayPool(ray_address, model, workers, load=load)
    return WorkerPool(model, workers, load=load)


def as_crew(workers: Pool | Tagger) -> Crew:
    """A pool as it is; a tagger as a crew of one in this process."""
    return workers if isinstance(workers, Pool) else InProcess(workers)
