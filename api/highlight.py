"""A text cut at the edges of its evidence, so that a page can mark the words that carry a tag.

Pieces, not markup: the template escapes each piece, so a customer's text can never become part of the page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from voc.conversations.turns import turn_spans
from voc.records import Cue, Reason, Span, Tags, Turn

_Mark = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters and the codes that it is evidence for, none for plain text."""

    text: str
    codes: tuple[str, ...]


def pieces(text: str, tags: Tags | None, codes: Iterable[str] = ()) -> list[Piece]:
    """`text` in pieces that join to `text`; with `codes`, only the evidence for those (or their groups) is marked."""
    return _cut(text, _marks(tags, frozenset(codes)) if tags else [])


def turn_pieces(turns: Sequence[Turn], tags: Tags | None) -> list[list[Piece]]:
    """Each turn of a conversation in pieces, what the agent did marked as well."""
    marks: list[list[_Mark]] = [[] for _ in turns]
    for span, code in _marks(tags, frozenset()) if tags else ():
        for turn, start, end in turn_spans(turns, [span]):
            marks[turn].append(((start, end), code))
    for move in tags.conversation.moves if tags and tags.conversation else ():
        for turn, start, end in move.evidence:
            marks[turn].append(((start, end), move.code))
    return [_cut(turn.text, its) for turn, its in zip(turns, marks, strict=True)]


def _cut(text: str, marks: list[_Mark]) -> list[Piece]:
    edges = sorted({0, len(text), *(edge for span, _ in marks for edge in span if edge <= len(text))})
    return [Piece(text[start:end], _codes_at(start, end, marks)) for start, end in pairwise(edges)]


def _marks(tags: Tags, wanted: frozenset[str]) -> list[_Mark]:
    found: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
    return [
        (span, each.code)
        for each in found
        if not wanted or each.code in wanted or each.code.partition(".")[0] in wanted
        for span in each.evidence
    ]


def _codes_at(start: int, end: int, marks: list[_Mark]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for (first, last), code in marks if first <= start and end <= last))
