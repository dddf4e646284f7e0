"""How fast the tagging goes, from what was tagged in the last half minute."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

WINDOW_S: Final = 30.0


class Progress:
    """Counts tagged rows; the engine writes it, anyone reads it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.tagged = 0
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()  # when, and how many rows since the mark before
        self._lock = Lock()

    def begin(self) -> None:
        """Work is in hand. What passed without any must not count as slowness, so this is said before the first rows."""
        with self._lock:
            if not self._marks:
                self._marks.append((self._clock(), 0))

    def add(self, rows: int) -> None:
        """So many more rows are tagged and stored."""
        with self._lock:
            self.tagged += rows
            self._marks.append((self._clock(), rows))

    def end(self) -> None:
        """Nothing is left to do."""
        with self._lock:
            self._marks.clear()

    @property
    def rows_per_s(self) -> float | None:
        """Rows per second over the last half minute of work; None where nothing was tagged in it."""
        with self._lock:
            now = self._clock()
            while len(self._marks) > 1 and self._marks[1][0] < now - WINDOW_S:
                self._marks.popleft()
            rows = sum(rows for _, rows in list(self._marks)[1:])
            return rows / (now - self._marks[0][0]) if rows and now > self._marks[0][0] else None
