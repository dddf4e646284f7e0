"""For which codes a trend can be believed, by a rule that can be argued with, and what it would take to know.

Where a code's share rises by a half, what is seen rises by precision times a half: the rest of what is seen is something else,
which does not rise along. Recall does not bend a trend as long as it stays the same, but a trend of the fewer half may be that
of how people put things. So a trend is believed where at least `PRECISION` of what is seen is real and at least `RECALL` of
what is real is seen, both beyond doubt: by the lower ends of their 95 % intervals. It is doubted where the upper end of either
is below. Where both are known to `WIDTH` and it is still neither, it is to be read with caution, and more rows would not
change that.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from voc.report_card.figures import cases_until, interval_of

Verdict = Literal["believe", "caution", "doubt", "unknown", "unseen"]

PRECISION: Final = 0.7
RECALL: Final = 0.5
WIDTH: Final = 0.05

Done = Callable[[float, float], bool]
"""Whether an interval is what is wanted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of `n` rows, in how many the model gives a code, people do, and both do."""

    n: int
    given: int
    true: int
    both: int


def verdict_of(counts: Counts) -> Verdict:
    """What can be said of a code's trend.

    >>> verdict_of(Counts(n=400, given=100, true=105, both=91)), verdict_of(Counts(n=40, given=10, true=10, both=9))
    ('believe', 'unknown')
    """
    if not counts.given and not counts.true:
        return "unseen"
    sides = [(interval_of(counts.both, of), least) for of, least in ((counts.given, PRECISION), (counts.true, RECALL))]
    if any(high < least for (_, high), least in sides):
        return "doubt"
    if all(low >= least for (low, _), least in sides):
        return "believe"
    return "caution" if all(_narrow(low, high) or low >= least for (low, high), least in sides) else "unknown"


def rows_to_verdict(counts: Counts) -> int | None:
    """About how many more rows must be drawn and judged until it is known, if all stays as it seems; 0 where it is known.

    None where the code is too rare to tell.
    """
    if verdict_of(counts) not in ("unknown", "unseen"):
        return 0
    rows = _more_rows(
        counts,
        lambda low, high: low >= PRECISION or high < PRECISION or _narrow(low, high),
        lambda low, high: low >= RECALL or high < RECALL or _narrow(low, high),
    )
    return rows if rows is None else max(1, rows)  # what seems so and what is so differ by a row at the edge


def rows_to_width(counts: Counts, width: float = WIDTH) -> int | None:
    """The same until precision and recall are both known to ± `width`."""

    def known(low: float, high: float) -> bool:
        return high - low <= 2 * width

    return _more_rows(counts, known, known)


def _more_rows(counts: Counts, precise: Done, complete: Done) -> int | None:
    """Rows until precision and recall are both as they are to be, from how often the code comes."""
    most = 0
    for of, done in ((counts.given, precise), (counts.true, complete)):
        cases = cases_until(counts.both, of, done) if of else None
        if cases is None:
            return None
        most = max(most, math.ceil((cases - of) * counts.n / of))
    return most


def _narrow(low: float, high: float) -> bool:
    return high - low <= 2 * WIDTH
