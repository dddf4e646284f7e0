"""How much one caller may ask: a token bucket for calls, and a count of uploads at once. In memory, for this process."""

from collections import Counter
from math import ceil
from typing import Final

UPLOAD_WAIT_S: Final = 5  # until one of the others is likely to be done; nobody knows how large they are
_CALLERS: Final = 10_000  # buckets that are kept; with that many addresses, a new one makes the longest unused forget
_MINUTE_S: Final = 60
_ONE: Final = 1 - 1e-6  # a call, but for rounding, so that who waits as long as was said is let in


class CallRate:
    """A bucket for each caller that holds a minute's calls and fills again as time passes; 0 a minute is no limit.

    So a page may ask for much at once, and a loop that never rests is slowed to the rate.
    """

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}  # caller → calls left, at what time; the last used at the end

    def wait_s(self, caller: str, now_s: float) -> int:
        """Takes a call from the caller's bucket: 0, or if it is empty the whole seconds until there is one in it."""
        if not self._most:
            return 0
        per_s = self._most / _MINUTE_S
        left, since = self._buckets.pop(caller, (float(self._most), now_s))
        left = min(float(self._most), left + (now_s - since) * per_s)
        if len(self._buckets) >= _CALLERS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[caller] = (left - 1 if left >= _ONE else left, now_s)
        return 0 if left >= _ONE else ceil((1 - left) / per_s)


class UploadSlots:
    """How many uploads each caller has under way; 0 at once is no limit."""

    def __init__(self, at_once: int) -> None:
        self._most = at_once
        self._under_way: Counter[str] = Counter()

    def enter(self, caller: str) -> bool:
        """Whether there is a slot, which is then taken; every slot that was taken must be left."""
        if self._most and self._under_way[caller] >= self._most:
            return False
        self._under_way[caller] += 1
        return True

    def leave(self, caller: str) -> None:
        """Gives the slot back."""
        self._under_way[caller] -= 1
        if not self._under_way[caller]:
            del self._under_way[caller]
