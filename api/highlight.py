"""A text cut at the edges of its evidence, so that a page can mark the words that carry a tag.

Pieces, not markup: the template escapes each piece, so a customer's text can never become part of the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from voc.records import Cue, Reason, Span, Tags


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters and the codes that it is evidence for, none for plain text."""

    text: str
    codes: tuple[str, ...]


def pieces(text: str, tags: Tags | None, codes: Iterable[str] = ()) -> list[Piece]:
    """`text` in pieces that join to `text`; with `codes`, only the evidence for those (or their groups) is marked."""
    marks = _marks(tags, frozenset(codes)) if tags else []
    edges = sorted({0, len(text), *(edge for span, _ in marks for edge in span if edge <= len(text))})
    return [Piece(text[start:end], _codes_at(start, end, marks)) for start, end in pairwise(edges)]


def _marks(tags: Tags, wanted: frozenset[str]) -> list[tuple[Span, str]]:
    found: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
    return [
        (span, each.code)
        for each in found
        if not wanted or each.code in wanted or each.code.partition(".")[0] in wanted
        for span in each.evidence
    ]


def _codes_at(start: int, end: int, marks: list[tuple[Span, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for (first, last), code in marks if first <= start and end <= last))
