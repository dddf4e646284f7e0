"""Walks the rows in windows of their numbers, so that a step costs the same however much lies before or behind it.

Rows of a batch are numbered without gaps; what is missing between batches was deleted. The small table of batches thus
tells where rows are, and no step ever looks for them in the big one.
"""

from collections.abc import Iterator
from typing import Final

from voc.store.database import Session

Window = tuple[int, int]
"""Row numbers from the first up to, not including, the second."""

_BATCHES_AT_ONCE: Final = 1_000


def next_window(session: Session, start: int, rows: int) -> Window | None:
    """The first window at or after `start` that has rows, about `rows` of them; None where there is none."""
    ranges = session.query(
        "SELECT first_seq, first_seq + accepted FROM batch WHERE accepted > 0 AND first_seq + accepted > $start"
        " ORDER BY first_seq LIMIT $most",
        {"start": start, "most": _BATCHES_AT_ONCE},
    )
    return next(cut_windows(ranges, start, rows), None)


def cut_windows(ranges: list[Window], start: int, rows: int) -> Iterator[Window]:
    """Windows of about `rows` rows over ascending `ranges`, from `start` on; small neighbours share a window."""
    low, high, room = 0, 0, 0
    for first, end in ranges:
        at = max(first, start)
        while at < end:
            if room == 0:
                if high:
                    yield (low, high)
                low, room = at, rows
            taken = min(end - at, room)
            at, room = at + taken, room - taken
            high = at
    if high:
        yield (low, high)
