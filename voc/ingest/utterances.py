"""What was said in a conversation, as its source tells it: the cell that stands for a conversation in a row of a table.

>>> record = {"id": 7, "turns": [{"role": "customer", "text": "کدم نیومد"}, {"role": "agent", "text": "الان می‌فرستم"}]}
>>> [(each.speaker, each.text) for each in take_dialogue(record)["turns"].utterances]
[('customer', 'کدم نیومد'), ('agent', 'الان می‌فرستم')]
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from voc.ingest.aliases import Alias, find_alias, is_list_of_turns
from voc.ingest.refusal import RefusalError
from voc.ingest.values import UNIT_SECONDS, as_text, parse_number

TURNS: Final = "turns"
"""The column of conversations, whatever a record calls its own."""
MOST_TURNS: Final = 2_000
"""A call of three hours has some 1,500."""
MOST_KEPT_CHARS: Final = 1 << 22
"""More than any text that is taken has; what is refused for its length need not stand in memory for it."""
_SAMPLED: Final = 4
_PARTS: Final = ("text", "speaker", "turn_start", "turn_end", "occurred_at", "handle_s")
_DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class Utterance:
    """A turn as the source has it; `start` and `end` count from the beginning, `at` is a moment or a time of day.

    `lasts` says how long it is, where nothing says when it ends.
    """

    speaker: str
    text: str
    start: object = None
    end: object = None
    at: object = None
    lasts: object = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The utterances of a conversation, as far as they are kept; `count` and `chars` are of all that there were."""

    utterances: tuple[Utterance, ...]
    count: int
    chars: int

    def sample(self) -> "Dialogue":
        """Its beginning, to look at."""
        return Dialogue(self.utterances[:_SAMPLED], self.count, self.chars)


class Listener:
    """Gathers utterances into a dialogue in bounded memory."""

    def __init__(self) -> None:
        self._kept: list[Utterance] = []
        self.count = 0
        self._chars = 0

    def add(self, utterance: Utterance) -> None:
        """Takes in the next utterance; a blank one is none."""
        if not utterance.text.strip():
            return
        self.count += 1
        self._chars += len(utterance.text)
        if self.count <= MOST_TURNS and self._chars <= MOST_KEPT_CHARS:
            self._kept.append(utterance)

    def dialogue(self) -> Dialogue:
        """All that was said so far."""
        return Dialogue(tuple(self._kept), self.count, self._chars)


def dialogue_of(utterances: Iterable[Utterance]) -> Dialogue:
    """The utterances as a dialogue."""
    listener = Listener()
    for utterance in utterances:
        listener.add(utterance)
    return listener.dialogue()


def take_dialogue(record: Mapping[str, object]) -> Mapping[str, object]:
    """`record` with its list of turns, if it has one, as a Dialogue under «turns»; it is known by its name and its items."""
    for name, value in record.items():
        if isinstance(value, list | tuple) and is_list_of_turns(str(name)) and is_said(value):
            rest = {other: kept for other, kept in record.items() if other not in (name, TURNS)}
            return {**rest, TURNS: dialogue_of(map(_utterance, value))}
    return record


def is_said(items: Iterable[object]) -> bool:
    """Whether items are turns: all have words, and some say who speaks or when."""
    found = [_parts(item) if isinstance(item, Mapping) else {} for item in items]
    return bool(found) and all("text" in parts for parts in found) and any(_tells(parts) for parts in found)


def _tells(parts: Mapping[str, object]) -> bool:
    return "speaker" in parts or "turn_start" in parts


def _utterance(item: Mapping[str, object]) -> Utterance:
    parts = _parts(item)
    return Utterance(
        " ".join(_words(parts.get("speaker")).split()),
        _words(parts["text"]),
        parts.get("turn_start"),
        parts.get("turn_end"),
        parts.get("occurred_at"),
        parts.get("handle_s"),
    )


def _parts(item: Mapping[str, object]) -> dict[str, object]:
    """What of an item is the words, the speaker and the times, by its names; of several names the preferred one."""
    best: dict[str, tuple[int, object]] = {}
    for name, value in item.items():
        alias = _alias(str(name)[:200])
        if alias is None or alias.field not in _PARTS or value is None or value == "":
            continue
        if alias.field not in best or alias.rank < best[alias.field][0]:
            best[alias.field] = alias.rank, in_seconds(value, alias)
    return {field: value for field, (_, value) in best.items()}


def in_seconds(value: object, alias: Alias | None) -> object:
    """A number under a header that names a unit as seconds; all else as it is."""
    if alias is None or alias.unit in (None, "s"):
        return value
    try:
        number = parse_number(value)
    except RefusalError:
        return value
    return None if number is None else number * UNIT_SECONDS[alias.unit or "s"]


@lru_cache(maxsize=1024)
def _alias(name: str) -> Alias | None:
    return find_alias(name)


def _words(value: object, depth: int = 0) -> str:
    """The words of a value: of a list its items', of an object its «text» or all that it holds."""
    if depth > _DEEPEST:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(_words(item, depth + 1) for item in value)
    if isinstance(value, Mapping):
        return _words(value["text"] if "text" in value else list(value.values()), depth + 1)
    return as_text(value)
