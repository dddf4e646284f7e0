"""A pool of tagging processes, each kept by a thread that hands it chunks and replaces it when it dies.

Not concurrent.futures' pool: there one death fails every chunk in hand and reloads every model; here it costs one chunk
and one model, and it is known which chunk it was.
"""

import atexit
import os
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, PriorityQueue
from threading import Lock, Thread
from types import TracebackType
from typing import Final, Self

from voc.engine.attempts import Untaggable, tag_chunk
from voc.engine.chunks import cut_chunks
from voc.engine.crew import ChunkFailedError, Crew, InProcess, Item, size_of
from voc.engine.worker import Load, Worker
from voc.errors import ModelError, VocError
from voc.records import Tags, Turn
from voc.tagging import ModelIdentity, Tagger, load_tagger, model_identity

CHUNKS_AHEAD: Final = 2  # per worker: one in work, one at hand
CHUNK_TIMEOUT_S: Final = 600.0  # a hundred times what a chunk takes; a worker that takes longer hangs


@dataclass(order=True, slots=True)
class _Job:
    rank: int
    number: int
    items: tuple[Item, ...] = field(compare=False)
    future: "Future[list[Tags]]" = field(compare=False, default_factory=Future)


_URGENT, _USUAL, _END = 0, 1, 2


class WorkerPool:
    """Processes that tag with one model; close it, or use it in a `with` statement. Every method may be called from any thread.

    `workers` is their number, 0 for one per core that this process may use. They start loading when this is made. It is a
    Tagger too: `tag` goes before all that waits.
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

    @property
    def capacity(self) -> int:
        """Two chunks for each worker."""
        return self.workers * CHUNKS_AHEAD

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each text, in order, before all that waits. Raises ModelError where one cannot be tagged."""
        return self._tag_now(texts, "texts")

    def tag_conversations(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        """The same for conversations."""
        return self._tag_now([tuple(turns) for turns in conversations], "conversations")

    def _tag_now(self, items: Sequence[Item], field: str) -> list[Tags]:
        tagged: list[Tags] = []
        answers = [tag_chunk(self, chunk, urgent=True) for chunk in cut_chunks(items, size_of)]
        try:
            outcomes = [outcome for answer in answers for outcome in answer.result()]
        except CancelledError as error:
            raise _stopped() from error
        for number, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Untaggable):
                what = "Text" if isinstance(items[number - 1], str) else "Conversation"
                raise ModelError(f"{what} number {number} cannot be tagged: {outcome.reason}.", code="untaggable", field=field)
            tagged.append(outcome)
        return tagged

    def submit(self, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Tags]]":
        """The tags of a chunk, or ChunkFailedError. Raises ModelError when the pool is closed."""
        job = self._job(_URGENT if urgent else _USUAL, tuple(items))
        with self._lock:
            if self._closed:
                raise _stopped()
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

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
                raise _stopped()
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


def as_crew(workers: WorkerPool | Tagger) -> Crew:
    """A pool as it is; a tagger as a crew of one in this process."""
    return workers if isinstance(workers, WorkerPool) else InProcess(workers)


def _stopped() -> ModelError:
    return ModelError("The tagging processes have been stopped.", code="stopped")
