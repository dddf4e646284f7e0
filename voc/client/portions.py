"""What is to be tagged, in portions that the service takes at once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from voc.records import Turn

ITEMS: Final = 100
TURNS: Final = 2_000
CHARS: Final = 200_000
Item = str | Sequence[Turn]


def portions(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in order, in lists as long as fit; one that is too long by itself stands alone, for the service to refuse.

    >>> [len(portion) for portion in portions(["سلام"] * 250)]
    [100, 100, 50]
    """
    portion: list[Item] = []
    turns = chars = 0
    for item in items:
        item_turns, item_chars = _size(item)
        turns, chars = turns + item_turns, chars + item_chars
        if portion and (len(portion) == ITEMS or turns > TURNS or chars > CHARS):
            yield portion
            portion, turns, chars = [], item_turns, item_chars
        portion.append(item)
    if portion:
        yield portion


def _size(item: Item) -> tuple[int, int]:
    texts = [item] if isinstance(item, str) else [turn.text for turn in item]
    return len(texts), sum(map(len, texts))
