"""Plain text in which each line is led by who speaks: «مشتری: …», «کارشناس: …», «[10:32] علی: …».

Several conversations are parted by a rule (---, ===, ***). Before its first turn a conversation may have lines of its own
(«شناسه گفتگو: ۱۲», «تاریخ: …»); other lines there are headings and left out. A line that is not led by a speaker goes on with
the turn before it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final

from voc.conversations.speakers import find_side
from voc.ingest.aliases import find_alias
from voc.ingest.utterances import TURNS, Dialogue, Listener, Utterance

Lines = Iterable[tuple[int, str]]
"""Lines under their numbers."""
Record = tuple[int, Mapping[str, object]]

RULE_MARKS: Final = "-=*_—–"
LONGEST_NAME_WORDS: Final = 4
LONGEST_HEADING_WORDS: Final = 4
CUSTOMER: Final = "مشتری"
ENOUGH_KNOWN: Final = 0.3
"""Share of lines led by a known name from which a text is a transcript; the rest go on with the line before."""
ENOUGH_NAMED: Final = 0.8
"""The same share where the names are not known: «قیمت: …» leads lines of other texts, too."""
MOST_NAMES: Final = 6
MOST_COUNTED: Final = 10_000
LONGEST_DETAIL_CHARS: Final = 2_000
MOST_WAITING_CHARS: Final = 1 << 20

_LED: Final = re.compile(
    r"[\[(<]?(?P<at>(?:\d{2,4}[/-]\d{1,2}[/-]\d{2,4}[,،]?\s+)?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,3})?"
    r"(?:[\s\u202f]?(?:[AaPp]\.?[Mm]\.?|[قب]\.?ظ\.?)(?!\w))?)?[\])>]?"
    r"[\s\-–—]{0,5}[*«]{0,2}(?P<name>[^\W\d_][^:：,;|\t\n\"؛،.!?؟*»]{0,39}?)[*»]{0,2}\s?"
    r"(?:(?<=\D)[:：]|[:：](?=\D|$))(?!//)\*{0,2}\s*(?P<text>.*)",
    re.DOTALL,
)
"""Who speaks before a colon, behind a time or not; a colon between digits is of a time."""
_TELLS: Final = re.compile(
    r"^(?:به|از|با|که)\s|(?<!\w)(?:گفتم|گفتن|گفتند|میگه|می‌گه|میگن|می‌گن|میگم|می‌گم|زدم|نوشتم|told|asked)(?!\w)"
)
"""What is told of a talk («به پشتیبانی گفتم: …») and names nobody who speaks."""


@dataclass(frozen=True, slots=True)
class Led:
    """A line and who leads it."""

    name: str
    text: str
    at: str | None


def read_line(line: str) -> Led | None:
    """The line as one that a speaker leads, None where nothing that looks like a name leads it."""
    found = _LED.fullmatch(line.strip()[:1_000_000])
    if found is None or len(found["name"].split()) > LONGEST_NAME_WORDS or _TELLS.search(found["name"]):
        return None
    return Led(" ".join(found["name"].split()), found["text"], found["at"])


def is_rule(line: str) -> bool:
    """Whether a line is nothing but three marks or more, as between two conversations."""
    marks = "".join(line.split())
    return len(marks) >= 3 and not marks.strip(RULE_MARKS)


def has_sides(text: str) -> bool:
    """Whether the lines of a text are led by names that say both sides."""
    lines, led = _led_lines(text)
    sides = [side for each in led if (side := find_side(each.name))]
    return {"agent", "customer"} <= set(sides) and len(sides) >= ENOUGH_KNOWN * len(lines)


def has_names(text: str) -> bool:
    """Whether nearly all lines of a text are led by a few names, whatever these say."""
    lines, led = _led_lines(text)
    names = [each.name for each in led if _may_be_name(each.name)]
    return len(names) >= ENOUGH_NAMED * len(lines) and 1 < len(set(names)) <= min(MOST_NAMES, len(names) / 2)


def recurring_names(lines: Iterable[str]) -> frozenset[str]:
    """The names that lead several lines; one that leads a single line («نکته: …») is a part of what is said."""
    seen: Counter[str] = Counter()
    for line in lines:
        led = read_line(line)
        if led and _may_be_name(led.name) and (led.name in seen or len(seen) < MOST_COUNTED):
            seen[led.name] += 1
    return frozenset(name for name, count in seen.items() if count > 1)


def read_dialogues(lines: Lines, names: Set[str] = frozenset()) -> Iterator[Record]:
    """(line, record) of each conversation of a text whose lines are led by one of the names, or one that says its side."""
    writer = _Writer(names)
    for number, line in lines:
        if is_rule(line):
            yield from writer.finish()
        elif line.strip():
            writer.take(number, line.strip())
    yield from writer.finish()


def transcript_in(text: str) -> Dialogue | None:
    """The conversation that a cell holds, line by line, None where it is a text like any other.

    What the customer writes above a chat that they paste is their first turn.
    """
    if "\n" not in text or not (":" in text or "：" in text) or not has_sides(text):
        return None
    writer = _Writer(frozenset())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not is_rule(line)]
    first = next(at for at, line in enumerate(lines) if (led := read_line(line)) and find_side(led.name))
    if told := " ".join(line for line in lines[:first] if _is_told(line)):
        writer.take(1, f"{CUSTOMER}: {told}")
    for number, line in enumerate(lines[first:], 1):
        writer.take(number, line)
    return writer.dialogue()


def _is_told(line: str) -> bool:
    """Whether a line above the turns is more than a heading or a detail («تاریخ: …»)."""
    led = read_line(line)
    return len(line.split()) > LONGEST_HEADING_WORDS and not (led and find_alias(led.name))


def _led_lines(text: str) -> tuple[list[str], list[Led]]:
    """The lines that say something, and those of them that a name leads."""
    lines = [line for line in text.splitlines() if line.strip() and not is_rule(line)]
    return lines, [found for line in lines if (found := read_line(line))]


def _may_be_name(name: str) -> bool:
    return bool(find_side(name)) or find_alias(name) is None


class _Writer:
    """The conversation that is being read."""

    def __init__(self, names: Set[str]) -> None:
        self._names = names
        self._line = 0
        self._begin()

    def take(self, number: int, line: str) -> None:
        led = read_line(line)
        if led and (led.name in self._names or find_side(led.name)):
            self._say()
            self._line = self._line or number
            self._name, self._at, self._pieces = led.name, led.at, [led.text]
        elif self._pieces:
            self._go_on(line)
        elif led and self._is_detail(led):
            self._line = self._line or number
            self._details[led.name] = led.text[:LONGEST_DETAIL_CHARS]

    def dialogue(self) -> Dialogue:
        """All that was said so far."""
        self._say()
        self._pieces = []
        return self._listener.dialogue()

    def finish(self) -> Iterator[Record]:
        """The conversation, if anything is said in it."""
        if (dialogue := self.dialogue()).count:
            yield self._line, {**self._details, TURNS: dialogue}
        self._begin()

    def _go_on(self, line: str) -> None:
        self._pieces.append(line)
        self._waiting += len(line)
        if self._waiting > MOST_WAITING_CHARS:  # far too long to be taken, and the listener knows not to keep it
            self._say()
            self._pieces = [""]

    def _begin(self) -> None:
        self._line = 0
        self._waiting = 0
        self._details: dict[str, object] = {}
        self._listener = Listener()
        self._name, self._at, self._pieces = "", None, list[str]()

    def _say(self) -> None:
        self._listener.add(Utterance(self._name, "\n".join(self._pieces), at=self._at))
        self._waiting = 0

    def _is_detail(self, led: Led) -> bool:
        """Whether a line before the first turn says something of the conversation under a name that is known for it."""
        alias = find_alias(led.name)
        return alias is not None and alias.field not in ("text", "speaker")
