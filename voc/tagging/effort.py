"""How hard a customer had to work, told by the cues alone: for the tagger, and for what people correct.

No network and no numpy here: the store needs this too.
"""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Final

from voc.records import Cue, EffortLevel

EASY: Final = "easy"
SCORE_DIGITS: Final = 3


def effort_score(cues: Sequence[Cue]) -> float | None:
    """From -1 (easy) to 1 (hard): how surely some cue of hard work was found, less how surely `easy` was; None without cues."""
    if not cues:
        return None
    no_hard = prod(1 - cue.score for cue in cues if cue.code != EASY)
    easy = max((cue.score for cue in cues if cue.code == EASY), default=0.0)
    return round(1 - no_hard - easy, SCORE_DIGITS)


def effort_level(effort: Iterable[Cue]) -> EffortLevel:
    """High with any cue but `easy`, low with `easy` alone, none without cues."""
    codes = {cue.code for cue in effort}
    return "high" if codes - {EASY} else "low" if codes else "none"
