"""Whether anything has changed since an answer was given, whichever process changed it."""

from dataclasses import dataclass
from typing import Final

from voc.store.database import Session

_READ: Final = """
SELECT count(*), coalesce(sum(accepted), 0), coalesce(sum(erased), 0), coalesce(max(change), 0),
  (SELECT coalesce(max(number), 0) FROM change),
  (SELECT count(*) FROM set_aside),
  (SELECT coalesce(max(number), 0) FROM correction),
  (SELECT count(*) FROM correction WHERE undone_at IS NOT NULL)
FROM batch
"""
_OF_ROWS: Final = 4


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers that are others when rows came or went, and when tags were written, given up or spoken of."""

    rows: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()


def read_changes(session: Session) -> Changes:
    """Those of this moment."""
    (found,) = session.query(_READ)
    numbers = tuple(map(int, found))
    return Changes(numbers[:_OF_ROWS], numbers[_OF_ROWS:])
