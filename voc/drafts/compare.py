"""The reasons that two models give the same rows, side by side: what moved."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from voc.records import Tags

EXAMPLES: Final = 10
OTHERS: Final = 3
NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Shift:
    """One code: the rows that have it by the first model, by the second, and by both."""

    code: str
    before: int
    after: int
    both: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another code on the rows of a new one: the rows that have both, and their share of those that have either (Jaccard)."""

    code: str
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class Reach:
    """A new code on rows: how many have it, places and scores of some from the surest to the least sure, what else they have.

    `overlaps` are codes of the second model, `taken_from` codes of the first that its rows had and have no more, with the
    number of rows; `without` are its rows that had no reason before.
    """

    code: str
    rows: int
    examples: tuple[tuple[int, float], ...]
    overlaps: tuple[Overlap, ...]
    taken_from: tuple[tuple[str, int], ...]
    without: int


def shifts(before: Sequence[Tags], after: Sequence[Tags]) -> list[Shift]:
    """Every code that a row has by either model, those with most rows that changed first."""
    pairs = [(codes_of(one), codes_of(other)) for one, other in zip(before, after, strict=True)]
    first = Counter(code for one, _ in pairs for code in one)
    second = Counter(code for _, other in pairs for code in other)
    both = Counter(code for one, other in pairs for code in one & other)
    found = [Shift(code, first[code], second[code], both[code]) for code in first | second]
    return sorted(found, key=lambda each: (2 * each.both - each.before - each.after, each.code))


def changed(before: Sequence[Tags], after: Sequence[Tags]) -> int:
    """How many rows have other reasons."""
    return sum(codes_of(one) != codes_of(other) for one, other in zip(before, after, strict=True))


def moves(before: Sequence[Tags], after: Sequence[Tags]) -> list[tuple[str, str, int]]:
    """What rows lost and what the same rows won, with the number of rows, the most first; «–» for nothing."""
    found: Counter[tuple[str, str]] = Counter()
    for one, other in zip(before, after, strict=True):
        lost, won = codes_of(one) - codes_of(other), codes_of(other) - codes_of(one)
        found.update((old, new) for old in lost or {NOTHING} for new in won or {NOTHING} if lost or won)
    return [(old, new, rows) for (old, new), rows in sorted(found.items(), key=lambda each: (-each[1], each[0]))]


def reach(code: str, before: Sequence[Tags], after: Sequence[Tags]) -> Reach:
    """What a new code reaches in rows that were tagged without it and with it."""
    has = [codes_of(tags) for tags in after]
    mine = [at for at, codes in enumerate(has) if code in codes]
    total = Counter(each for codes in has for each in codes)
    beside = Counter(each for at in mine for each in has[at] - {code})
    lost = Counter(each for at in mine for each in codes_of(before[at]) - has[at])
    return Reach(
        code=code,
        rows=len(mine),
        examples=tuple(_spread(mine, code, after)),
        overlaps=tuple(Overlap(each, rows, rows / (len(mine) + total[each] - rows)) for each, rows in _most(beside)),
        taken_from=tuple(_most(lost)),
        without=sum(not before[at].reasons for at in mine),
    )


def codes_of(tags: Tags) -> set[str]:
    """The codes of the reasons of a row."""
    return {reason.code for reason in tags.reasons}


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:OTHERS]


def _spread(rows: Sequence[int], code: str, tagged: Sequence[Tags]) -> Iterator[tuple[int, float]]:
    """Some of the rows, evenly from the surest to the least sure, with their scores."""
    scores = {at: next(reason.score for reason in tagged[at].reasons if reason.code == code) for at in rows}
    ordered = sorted(rows, key=lambda at: (-scores[at], at))
    step = max(1.0, (len(ordered) - 1) / (EXAMPLES - 1))
    for number in range(min(EXAMPLES, len(ordered))):
        at = ordered[min(round(number * step), len(ordered) - 1)]
        yield at, scores[at]
