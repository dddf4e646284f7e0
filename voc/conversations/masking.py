"""Masks the turns of a conversation: also what is said piece by piece, while the other side says «بله» or repeats it.

Each speaker's turns are read as one text, as though the short turns of the other side between them were not there, and
what was asked before («کد ملیتون؟») names what is answered. A personal number over several turns gives way to its
placeholder in each of them, and so does what is read back of it. All else is for the masker of single texts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, groupby
from typing import Final

from voc.records import Span, Speaker, Turn
from voc.text.addresses import find_addresses
from voc.text.letters import latin_digits
from voc.text.mask import PLACEHOLDERS, Kind, Masked
from voc.text.number_rules import PRICE_AFTER, NumberKind
from voc.text.number_words import Atom, readings, stretches
from voc.text.spoken import COUNTED, Spoken, number_start, spoken_numbers
from voc.text.spoken_addresses import find_spoken_emails, may_say_email

LONGEST_ASIDE: Final = 120  # characters of a turn after which the other speaker may go on with a number; a card read back
ECHO_REACH: Final = 4  # turns after a number in which it may be read back
FEWEST_ECHOED: Final = 3  # digits that are a part of a number read back; while it is still being said two are enough
FEWEST_ECHOED_WITHIN: Final = 2
SIDES: Final[tuple[Speaker, ...]] = ("customer", "agent")
_TURN_END: Final = "\n"


@dataclass(frozen=True, slots=True)
class _Number:
    """A personal number: its digits, its places in the joined turns, and the first and the last of these turns."""

    kind: NumberKind
    digits: str
    parts: tuple[Span, ...]
    first: int
    last: int


def mask_turns(turns: Sequence[Turn], mask: Callable[[str], Masked]) -> tuple[Turn, ...]:
    """The turns with their texts masked by `mask`, and with the numbers that are split over them masked in each.

    >>> from voc.text.mask import mask_personal_data
    >>> said = Turn("customer", "۰۹۱۲ سیصد و چهل"), Turn("agent", "بله"), Turn("customer", "و پنج، شصت و هفت هشتاد و نه")
    >>> [turn.text for turn in mask_turns(said, mask_personal_data)]
    ['[تلفن]', 'بله', 'و [تلفن]']
    """
    joined = _Joined(turns)
    numbers = [number for speaker in SIDES for number in joined.numbers(speaker)]
    hits: dict[Span, Kind] = {span: number.kind for number in numbers for span in (*joined.echoes(number), *number.parts)}
    hits |= dict.fromkeys((part for speaker in SIDES for part in joined.split_emails(speaker)), "email")
    texts = joined.replaced(hits)
    return tuple(replace(turn, text=mask(text).text) for turn, text in zip(turns, texts, strict=True))


class _Joined:
    """The turns as one text, a turn a line, with Latin digits."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns
        self._text = latin_digits("".join(turn.text + _TURN_END for turn in turns))
        self._starts = list(accumulate((len(turn.text) + len(_TURN_END) for turn in turns), initial=0))

    def numbers(self, speaker: Speaker) -> Iterator[_Number]:
        """The personal numbers that the speaker says, in one turn or over several, in order."""
        for turns in self._monologues(speaker):
            for atoms in stretches(self._text, map(self._bounds, turns)):
                starts, ends = [atom.start for atom in atoms], [atom.end for atom in atoms]
                for said in spoken_numbers(self._text, atoms):
                    own = slice(bisect_left(starts, said.groups[0].start), bisect_right(ends, said.groups[-1].end))
                    spans = [atom[:2] for atom in atoms[own]]
                    number = self._number(said, spans)
                    of_turns = slice(*(bisect_left(starts, self._starts[turn]) for turn in (number.first, number.last + 1)))
                    if number.first == number.last or not self._is_cut_out(number, atoms[of_turns]):
                        yield number

    def split_emails(self, speaker: Speaker) -> Iterator[Span]:
        """The parts of e-mail addresses that the speaker says over several turns."""
        for turns in self._monologues(speaker):
            said = " ".join(self._text[slice(*self._bounds(turn))] for turn in turns)
            if "@" not in said and not may_say_email(said):
                continue
            starts = list(accumulate((len(self._turns[turn].text) + 1 for turn in turns), initial=0))
            for start, end, kind in (*find_addresses(said), *find_spoken_emails(said)):
                first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
                if kind == "email" and first < last:
                    for at in range(first, last + 1):
                        begin = self._starts[turns[at]]
                        yield begin + max(start - starts[at], 0), begin + min(end, starts[at + 1] - 1) - starts[at]

    def echoes(self, number: _Number) -> Iterator[Span]:
        """Where a part of the number is said again, while it is being said or soon after."""
        parts = _parts(number.digits)
        for turn in range(number.first, min(number.last + ECHO_REACH, len(self._turns) - 1) + 1):
            fewest = FEWEST_ECHOED_WITHIN if number.first < turn <= number.last + 1 else FEWEST_ECHOED
            said = self._said[turn]
            for digits in said.keys() & parts:
                if len(digits) >= fewest:
                    yield from said[digits]

    def replaced(self, hits: dict[Span, Kind]) -> Iterator[str]:
        """The texts of the turns with placeholders for `hits`, none of which reaches over the end of its turn."""
        by_turn: dict[int, list[Span]] = {}
        for span in sorted(hits, key=lambda span: (span[0], -span[1])):
            by_turn.setdefault(self._turn(span[0]), []).append(span)
        for at, turn in enumerate(self._turns):
            pieces: list[str] = []
            read = 0
            for start, end in by_turn.get(at, []):
                low, high = start - self._starts[at], end - self._starts[at]
                if low >= read:
                    pieces += (turn.text[read:low], PLACEHOLDERS[hits[start, end]])
                read = max(read, high)
            yield "".join([*pieces, turn.text[read:]])

    def _monologues(self, speaker: Speaker) -> Iterator[list[int]]:
        """The speaker's turns, cut where the other one says more than an aside between them."""
        own: list[int] = []
        for at, turn in enumerate(self._turns):
            if turn.speaker == speaker:
                own.append(at)
            elif len(turn.text) > LONGEST_ASIDE:
                yield own
                own = []
        yield own

    @cached_property
    def _said(self) -> list[dict[str, list[Span]]]:
        """Where the runs of numbers in each turn stand, by the digits that they may stand for."""
        of_turns = [dict[str, list[Span]]() for _ in self._turns]
        for turn, said in enumerate(of_turns):
            for atoms in stretches(self._text, [self._bounds(turn)]):
                if not PRICE_AFTER.match(self._text, atoms[-1].end):
                    for digits in _ways(atoms):
                        said.setdefault(digits, []).append((atoms[0].start, atoms[-1].end))
        return of_turns

    def _number(self, said: Spoken, spans: list[Span]) -> _Number:
        """The number at the spans of its words; the spans of a turn become one."""
        by_turn = [(turn, list(part)) for turn, part in groupby(spans, key=lambda span: self._turn(span[0]))]
        parts = [(part[0][0], part[-1][1]) for _, part in by_turn]
        parts[0] = (max(number_start(self._text, said), self._starts[by_turn[0][0]]), parts[0][1])
        return _Number(said.kind, said.digits, tuple(parts), by_turn[0][0], by_turn[-1][0])

    def _is_cut_out(self, number: _Number, atoms: list[Atom]) -> bool:
        """Whether its first or last turn says other numbers in the same breath, as one that goes over turns does not."""
        first, last = number.parts[0][0], number.parts[-1][1]
        return any(
            (atom.end <= first and self._turn(atom.start) == number.first)
            or (atom.start >= last and self._turn(atom.start) == number.last and not COUNTED.match(self._text, atom.end))
            for atom in atoms
            if atom.digits != "9"
        )

    def _turn(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1

    def _bounds(self, turn: int) -> Span:
        return self._starts[turn], self._starts[turn + 1] - len(_TURN_END)


def _ways(atoms: list[Atom]) -> set[str]:
    """The digits that a run may be, also cut within a number: «صفر نهصد» begins 0912."""
    ways = {"".join(group.digits for group in groups) for groups in readings(atoms)}
    return ways | {digits.rstrip("0") for digits in ways}


def _parts(digits: str) -> set[str]:
    """All that a part of a number may be."""
    places = range(len(digits) + 1)
    return {digits[start:end] for start in places for end in places[start + FEWEST_ECHOED_WITHIN :]}
