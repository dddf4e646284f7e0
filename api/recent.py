"""The last answers to questions that many people ask at once and that take a while, as the overview does.

An answer is given again, to those who ask in the same language, as long as nothing has changed. While rows are being tagged,
something changes many times a second; then an answer may be `FRESH_S` old, but never older than the last file that came or
went.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar

from api.tongue import SPOKEN
from voc.store import Changes

FRESH_S: Final = 2.0  # a figure that still grows is as good two seconds later
MOST_ANSWERS: Final = 64

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Kept:
    """One question's last answer; the lock lets those who ask meanwhile wait for it instead of working it out as well."""

    lock: Lock = field(default_factory=Lock)
    changes: Changes | None = None
    at: float = 0.0
    answer: Any = None


class RecentAnswers:
    """Answers by question; `changes` counts what has happened in the store, `busy` says whether rows are being tagged."""

    def __init__(self, changes: Callable[[], Changes], busy: Callable[[], bool]) -> None:
        self._changes, self._busy = changes, busy
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, question: str, answer: Callable[[], Answer]) -> Answer:
        """The kept answer if it is still good, else a new one, which is kept."""
        kept = self._find(question)
        with kept.lock:
            changes = self._changes()
            if not self._good(kept, changes):
                kept.at, kept.answer, kept.changes = time.monotonic(), answer(), changes
            told: Answer = kept.answer
            return told

    def _find(self, question: str) -> _Kept:
        with self._lock:
            key = (SPOKEN.get(), question)
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_ANSWERS:
                self._kept.popitem(last=False)
            return kept

    def _good(self, kept: _Kept, changes: Changes) -> bool:
        if kept.changes is None or kept.changes.rows != changes.rows:
            return False
        return kept.changes == changes or (self._busy() and time.monotonic() - kept.at < FRESH_S)
