"""Whether anything has changed since an answer was given, whichever process changed it."""

from dataclasses import dataclass
from typing import Final

from voc.store.database import Session

_READ: Final = """
SELECT count(*), coalesce(sum(accepted), 0), coalesce(sum(erased), 0), coalesce(max(change), 0),
  (SELECT coalesce(max(number), 0) FROM change),
  (SELECT count(*) FROM set_aside)
FROM batch
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers that are others when rows came or went, and when tags were written or given up."""

    rows: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()


def read_changes(session: Session) -> Changes:
    """Those of this moment."""
    ((*rows, change, aside),) = session.query(_READ)
    return Changes(tuple(map(int, rows)), (int(change), int(aside)))
