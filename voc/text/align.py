"""Lead positions in a normalised text back to the text that it was made from.

hazm keeps no offsets, so the two texts are compared by their skeletons: letters folded to one form, spaces, half-spaces
and marks dropped, runs of one letter counted once. Normalising leaves the skeleton as it was, which makes the usual case
one pass over each text; where it did change (a ligature spelled out), a second walk looks a little ahead on both sides.
"""

import unicodedata
from functools import cached_property
from typing import Final

from voc.records import Span

ZWNJ: Final = "\u200c"
LOOK_AHEAD_CHARS: Final = 24  # the longest ligature, ﷽, is spelled out in 18 letters
ALIKE_CHARS: Final = 3  # so many equal letters are no accident
_GAPS: Final = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})
_MARKS: Final = frozenset({"Mn", "Me", "Lm", "Sk"})
_GAP: Final = " "
_SAME_LETTER: Final = {
    "ی": "يىێېےۍئ", "ک": "كڪ", "و": "ؤۇۆۈ", "ا": "أإٱآ", "ه": "ةۀەہھ", "٪": "%",
    "،": ",'", "؛": ";", "؟": "?", '"': "“”«»", "٫": ".…",
}  # fmt: skip


class _Folding(dict[int, str]):
    """The skeleton form of a character, worked out when first seen: a space for a gap, nothing for a mark."""

    def __missing__(self, point: int) -> str:
        folded = self._fold(chr(point))
        self[point] = folded
        return folded

    @staticmethod
    def _fold(char: str) -> str:
        category = unicodedata.category(char)
        if category in _GAPS:
            return _GAP
        if category in _MARKS:
            return ""
        if (digit := unicodedata.digit(char, None)) is not None:
            return str(digit)
        plain = unicodedata.normalize("NFKC", char)
        base = unicodedata.normalize("NFD", plain)[:1] if len(plain) == 1 else char
        return next((letter for letter, forms in _SAME_LETTER.items() if base in forms), base.lower()[:1])


_FOLDING: Final = _Folding()


class Alignment:
    """Where each character of `normalised` stands in `source`.

    Worked out on first use, because a text without evidence never needs it.

    >>> source = "كتاب هااااا عالي"
    >>> start, end = Alignment(source, "کتاب‌ها عالی").span(0, 7)
    >>> source[start:end]
    'كتاب هااااا'
    """

    def __init__(self, source: str, normalised: str) -> None:
        self.source = source
        self.normalised = normalised

    def span(self, start: int, end: int) -> Span:
        """The words of `source` that `normalised[start:end]` came from, as a half-open range that cuts no word.

        A half-space or a mark belongs to its word. An empty range gives an empty range.
        """
        while start < end and self.normalised[start].isspace():
            start += 1
        if start >= end:
            return (0, 0)
        starts = self._starts
        first = starts[min(start, len(starts) - 1)]
        last = starts[min(end, len(starts)) - 1]
        return self._whole_words(first, max(first, last) + 1)

    def _whole_words(self, start: int, end: int) -> Span:
        source = self.source
        while start > 0 and _in_word(source[start]) and _in_word(source[start - 1]):
            start -= 1
        while end < len(source) and _in_word(source[end - 1]) and _in_word(source[end]):
            end += 1
        while start < end and not _in_word(source[start]) and source[start].isspace():
            start += 1
        return (start, end)

    @cached_property
    def _starts(self) -> list[int]:
        source, source_at = _skeleton(self.source)
        target, target_at = _skeleton(self.normalised)
        paired = source_at if source == target else _pair(source, source_at, target)
        starts = [-1] * len(self.normalised)
        for position, origin in zip(target_at, paired, strict=True):
            starts[position] = origin
        known = 0
        for position, origin in enumerate(starts):
            known = origin if origin >= 0 else known
            starts[position] = known
        return starts


def _in_word(char: str) -> bool:
    return char.isalnum() or char in "_\u200c\u200d\u0640" or unicodedata.category(char) == "Mn"


def _skeleton(text: str) -> tuple[str, list[int]]:
    chars: list[str] = []
    positions: list[int] = []
    last = ""
    folding = _FOLDING
    for position, char in enumerate(text):
        folded = folding[ord(char)]
        if folded == _GAP:
            last = "" if last.isalnum() else last  # «بود دیر»: one letter ends a word and starts the next
        elif folded and folded != last:
            chars.append(folded)
            positions.append(position)
            last = folded
    return "".join(chars), positions


def _pair(source: str, source_at: list[int], target: str) -> list[int]:
    """An origin for each character of `target`, in one walk over both; what has no counterpart takes its neighbour's."""
    paired: list[int] = []
    here = there = 0
    last = len(source_at) - 1
    while there < len(target) and last >= 0:
        if here <= last and source[here] == target[there]:
            skip_here = skip_there = 1
        else:
            skip_here, skip_there = _meet_again(source, here, target, there)
        paired += [source_at[min(here + step, here + max(skip_here - 1, 0), last)] for step in range(skip_there)]
        here += skip_here
        there += skip_there
    return paired[: len(target)] if last >= 0 else [0] * len(target)


def _meet_again(source: str, here: int, target: str, there: int) -> tuple[int, int]:
    """How much to skip on each side until both go on alike, looking a little ahead; the cost stays linear."""
    for skipped in range(1, LOOK_AHEAD_CHARS + 1):
        for skip_there in range(skipped + 1):
            ahead = source[here + skipped - skip_there : here + skipped - skip_there + ALIKE_CHARS]
            if ahead == target[there + skip_there : there + skip_there + ALIKE_CHARS]:
                return skipped - skip_there, skip_there
    return LOOK_AHEAD_CHARS, LOOK_AHEAD_CHARS
