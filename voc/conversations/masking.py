"""Masks personal data in turns: here each turn by itself; a number that is said over several turns needs them together."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from voc.records import Turn
from voc.text.mask import Masked


def mask_turns(turns: Sequence[Turn], mask: Callable[[str], Masked]) -> tuple[Turn, ...]:
    """The same turns with their texts masked; as many, in the same order."""
    return tuple(replace(turn, text=mask(turn.text).text) for turn in turns)
