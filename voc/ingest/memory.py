"""A reader of cells that remembers what it has read: days, scores and branches repeat all through a file."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from voc.ingest.refusal import RefusalError

T = TypeVar("T")
REMEMBERED: Final = 20_000
"""Strings kept for each column, about 2 MB; a column of ever new strings stops being remembered there."""
LONGEST_CHARS: Final = 200


class Remembering(Generic[T]):
    """`read`, with its answers (a refusal is one, too) for short strings kept.

    A refusal is kept as its words: an error that is raised again and again grows by a traceback each time.
    """

    def __init__(self, read: Callable[[object], T]) -> None:
        self._read = read
        self._known: dict[str, T] = {}
        self._refused: dict[str, tuple[str, str]] = {}

    def __call__(self, value: object) -> T:
        """What `read` says of the value. Raises RefusalError where it does."""
        if type(value) is not str:
            return self._read(value)
        if value in self._known:
            return self._known[value]
        if value in self._refused:
            raise RefusalError(*self._refused[value])
        return self._read_new(value)

    def _read_new(self, value: str) -> T:
        keep = len(value) <= LONGEST_CHARS and len(self._known) + len(self._refused) < REMEMBERED
        try:
            answer = self._read(value)
        except RefusalError as refusal:
            if keep:
                self._refused[value] = refusal.code, refusal.message
            raise
        if keep:
            self._known[value] = answer
        return answer
