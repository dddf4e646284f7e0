"""Tags what waits in the store, in the background, and goes on where it was after any kind of end.

There is no queue: rows without tags of the crew's model are the work. One thread walks them in order, keeps the crew
busy, and writes every chunk in one transaction; so a row is tagged once or still waits, whoever dies when.

Of several processes that share a database one tags at a time. The others stand by, and one of them goes on when it ends.
"""

import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from threading import Condition, Thread
from typing import Final

from voc.engine.at_once import Pool
from voc.engine.attempts import Outcome, Untaggable, tag_chunk
from voc.engine.chunks import cut_chunks
from voc.engine.crew import item_of, size_of
from voc.engine.pool import as_crew
from voc.engine.progress import Progress
from voc.errors import NotFoundError, StoreError, VocError, whereabouts
from voc.records import Batch, Tags
from voc.store import PendingText, SetAside, Store
from voc.tagging import Tagger

READ_ROWS: Final = 512
LOOK_AGAIN_S: Final = 30.0  # should anyone forget to wake it
LOOK_ELSEWHERE_S: Final = 1.0  # where rows may arrive by another process, which cannot wake it
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0

_log = logging.getLogger(__name__)


class Engine:
    """Tags the rows of `store` with `workers`, which are its own from now on: `stop` closes them.

    `problem` is why nothing is being tagged, None while all is well. It tries again by itself, after growing pauses.
    """

    def __init__(self, store: Store, workers: Pool | Tagger) -> None:
        self.progress = Progress()
        self.problem: VocError | None = None
        self._store = store
        self._crew = as_crew(workers)
        self._thread = Thread(target=self._run, name="voc-engine", daemon=True)
        self._state = Condition()
        self._woken = self._idle = self._stopping = False
        self._stop_signal: Future[list[Outcome]] = Future()
        self._stop_by = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._after = 0
        self._cut: deque[list[PendingText]] = deque()

    def start(self) -> None:
        """Begin to tag what waits."""
        self._thread.start()

    def wake(self) -> None:
        """Say that rows have arrived."""
        with self._state:
            self._woken, self._idle = True, False
            self._state.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nothing is left to tag."""
        return self._idle

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until nothing is left to tag; False if that took too long. Raises `problem` where nothing can be tagged."""
        with self._state:
            self._state.wait_for(lambda: self._idle or self.problem is not None, timeout_s)
            if self.problem is not None:
                raise self.problem
            return self._idle

    def stop(self, timeout_s: float) -> None:
        """Stop: chunks that workers have begun get `timeout_s` to finish and be stored, all others stay pending."""
        with self._state:
            if not self._stopping:
                self._stopping, self._stop_by = True, time.monotonic() + timeout_s
                self._stop_signal.set_result([])
            self._state.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._crew.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def describe(self, batch: Batch) -> Batch:
        """The batch with the rate of tagging and the seconds until it is done, the rows before it included."""
        (described,) = self.describe_all((batch,))
        return described

    def describe_all(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Batches, the newest first, each as `describe` says it; what waits is counted once, for the oldest of them."""
        rate, told, waiting = self.progress.rows_per_s, list[Batch](), None
        for batch in reversed(batches):
            if batch.status != "tagging" or rate is None:
                told.append(batch)
                continue
            waiting = self._count_waiting(batch) if waiting is None else waiting + batch.accepted - batch.tagged
            told.append(batch if waiting is None else replace(batch, rows_per_s=rate, eta_s=waiting / rate))
        return tuple(reversed(told))

    def _count_waiting(self, batch: Batch) -> int | None:
        try:
            return self._store.count_waiting(batch.id, self._crew.identity)
        except NotFoundError:  # deleted since it was read
            return None

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._work()
            except VocError as error:
                self._give_up(error)
            except Exception as error:  # a fault in the program must not end the tagging for good
                self._give_up(StoreError(f"Tagging was stopped by a fault in the program ({whereabouts(error)})."))

    def _work(self) -> None:
        """Walk all rows from the first, then those that arrive, until told to stop."""
        self._after = 0
        self._cut.clear()
        in_hand: _InHand = {}
        while not self._stopping:
            if not self._store.leads("tagging"):
                self._let_go(in_hand)
                self._stand_by()
                continue
            self._hand_out(in_hand)
            if in_hand:
                done, _ = wait((*in_hand, self._stop_signal), return_when=FIRST_COMPLETED)
                self._write_done(in_hand, done)
            else:
                self._rest()
        self._crew.drop_waiting()
        while in_hand and (left_s := self._stop_by - time.monotonic()) > 0:
            done, _ = wait(in_hand, left_s, FIRST_COMPLETED)
            self._write_done(in_hand, done)

    def _let_go(self, in_hand: "_InHand") -> None:
        """Forget what was read and is not stored: it waits still, so whoever tags next walks to it again."""
        self._crew.drop_waiting()
        if in_hand or self._cut:
            self._after = 0
        in_hand.clear()
        self._cut.clear()

    def _hand_out(self, in_hand: "_InHand") -> None:
        while len(in_hand) < self._crew.capacity and (chunk := self._next_chunk()):
            with self._state:
                self._idle = False
            self.progress.begin()
            in_hand[tag_chunk(self._crew, list(map(item_of, chunk)))] = chunk

    def _next_chunk(self) -> list[PendingText] | None:
        if not self._cut:
            rows = self._store.pending(self._crew.identity, after=self._after, limit=READ_ROWS)
            if not rows:
                return None
            self._after = rows[-1].seq
            self._cut.extend(cut_chunks(rows, lambda row: size_of(item_of(row))))
        return self._cut.popleft()

    def _write_done(self, in_hand: "_InHand", done: Iterable[Future[list[Outcome]]]) -> None:
        for future in done:
            chunk = in_hand.pop(future, None)
            if chunk is not None and not future.cancelled():
                self._write(chunk, future.result())

    def _write(self, chunk: list[PendingText], outcomes: list[Outcome]) -> None:
        pairs = list(zip(chunk, outcomes, strict=True))
        tagged = [(row.seq, outcome) for row, outcome in pairs if isinstance(outcome, Tags)]
        aside = [SetAside(row.seq, outcome.reason) for row, outcome in pairs if isinstance(outcome, Untaggable)]
        if tagged:
            self._store.write_tags(tagged)
        if aside:
            self._store.set_aside(aside, self._crew.identity)
            _log.warning("%d rows were set aside: %s", len(aside), aside[0].reason)
        self.progress.add(len(tagged))
        self.problem, self._pause_s = None, FIRST_PAUSE_S

    def _stand_by(self) -> None:
        """Wait a moment while another process tags; idle is who has nothing to wait for."""
        waiting = self._store.pending(self._crew.identity, after=self._after, limit=1)
        with self._state:
            self._idle, self.problem = not waiting, None
            if waiting:
                self._after = waiting[0].seq - 1
            self._state.notify_all()
            self._state.wait_for(lambda: self._stopping, LOOK_ELSEWHERE_S)

    def _rest(self) -> None:
        with self._state:
            if not self._woken:
                self.progress.end()
                self._idle, self.problem = True, None
                self._state.notify_all()
                patience = LOOK_ELSEWHERE_S if self._store.is_shared else LOOK_AGAIN_S
                self._state.wait_for(lambda: self._woken or self._stopping, patience)
            self._woken = False

    def _give_up(self, error: VocError) -> None:
        """Say what is wrong, and pause before the next try; what was in hand is pending and will be walked to again."""
        self._crew.drop_waiting()
        self.progress.end()
        with self._state:
            if self._stopping:
                return
            _log.error("Nothing is being tagged: %s Next try in %g s.", error.message, self._pause_s)
            self.problem = error
            self._state.notify_all()
            self._state.wait_for(lambda: self._stopping, self._pause_s)
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)


_InHand = dict[Future[list[Outcome]], list[PendingText]]
