"""Whether the rows of a table are turns of conversations, and which columns say of which one and who speaks.

Headers alone do not decide: a shop's «from» and «id» stand over plain feedback too. Rows are turns where, besides a header for
each, one id is shared by rows of several speakers, or both sides are named in so many words; where there is no id at all, such
names make the whole file one conversation. A mapping of `speaker` decides without that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from voc.conversations.speakers import find_side
from voc.errors import InputError
from voc.ingest.aliases import Alias, conversation_rank
from voc.ingest.texts import TextPart
from voc.ingest.values import as_text, is_missing

MOST_ROLES: Final = 50
"""Different values of a speaker's column, the first ones, that are looked at for the names of the two sides."""

BOTH: Final = frozenset(("agent", "customer"))

Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class TurnColumns:
    """The columns of turns by their index; without `conversation` the file is one. `at` is a moment, a clock, or a day and one.

    `lasts` says how long each turn is, where no column says when it ends.
    """

    conversation: int | None
    speaker: int
    text: tuple[TextPart, ...]
    start: int | None = None
    end: int | None = None
    at: tuple[int, ...] = ()
    lasts: int | None = None

    @property
    def own(self) -> frozenset[int]:
        """The columns that differ from turn to turn."""
        several = {part.index for part in self.text} | {self.speaker, self.start, self.end, self.lasts, *self.at}
        return frozenset(index for index in several if index is not None)


def find_turn_columns(
    headers: Sequence[str],
    aliases: Sequence[Alias | None],
    head: Sequence[Cells],
    mapped: Mapping[str, tuple[int, ...]],
    text: tuple[TextPart, ...],
    at: tuple[int, ...],
) -> TurnColumns | None:
    """The columns of turns, None where the rows are none. Raises InputError for a mapping that leaves out what is needed.

    `head` are the first rows of the table, `text` and `at` the columns that hold their words and moments.
    """
    taken = {part.index for part in text} | {index for indexes in mapped.values() for index in indexes}
    speaker = _first(mapped.get("speaker"), _known("speaker", aliases, taken))
    if speaker is None or not text:
        return None
    conversation = _first(mapped.get("conversation_id"), _shared(headers, aliases, head, speaker, mapped))
    if conversation is None and not _is_one(aliases, head, speaker):
        if "speaker" in mapped:
            raise InputError(
                "mapping: «speaker» needs «conversation_id» beside it: the column that says which rows belong together.",
                code="bad_mapping", field="mapping", options=tuple(headers[:30]),
            )  # fmt: skip
        return None
    start, end = (_first(mapped.get(field), _known(field, aliases, taken)) for field in ("turn_start", "turn_end"))
    lasts = None
    if (start is not None or at) and end is None and "handle_s" not in mapped:
        lasts = _first(index for index in _known("handle_s", aliases, taken) if _differs(head, index, conversation))
    return TurnColumns(conversation, speaker, text, start, end, at, lasts)


def _first(*choices: Iterable[int] | None) -> int | None:
    return next((index for choice in choices for index in choice or ()), None)


def _known(field: str, aliases: Sequence[Alias | None], taken: set[int]) -> list[int]:
    """The columns of a field by their headers, the best first."""
    found = [(alias.rank, index) for index, alias in enumerate(aliases) if alias and alias.field == field]
    return [index for _, index in sorted(found) if index not in taken]


def _shared(
    headers: Sequence[str], aliases: Sequence[Alias | None], head: Sequence[Cells], speaker: int, mapped: Mapping[str, object]
) -> Iterator[int]:
    """Columns of ids that rows of several speakers share; a bare «id» may be a product's, so roles must be named under it."""
    ranks = [(rank, index) for index, header in enumerate(headers) if (rank := conversation_rank(header)) is not None]
    named = [index for _, index in sorted(ranks)]
    sides = _sides(head, speaker)
    if "speaker" in mapped or sides >= BOTH:
        yield from named
    bare = _known("external_id", aliases, set(named)) if sides else []
    yield from (index for index in [*named, *bare] if _is_shared(head, index, speaker))


def _is_shared(head: Sequence[Cells], index: int, speaker: int) -> bool:
    first: dict[str, str] = {}
    for cells in head:
        if not is_missing(cells[index]) and not is_missing(cells[speaker]):
            who = as_text(cells[speaker])
            if first.setdefault(as_text(cells[index]), who) != who:
                return True
    return False


def _differs(head: Sequence[Cells], index: int, conversation: int | None) -> bool:
    """Whether the turns of one conversation have several values there, so that it is not the conversation's."""
    first: dict[str, str] = {}
    for cells in head:
        if not is_missing(cells[index]):
            one, value = "" if conversation is None else as_text(cells[conversation]), as_text(cells[index])
            if first.setdefault(one, value) != value:
                return True
    return False


def _is_one(aliases: Sequence[Alias | None], head: Sequence[Cells], speaker: int) -> bool:
    """Whether the whole table is one conversation: both sides are there, and no ids; those of conversations would be taken."""
    return not any(alias and alias.field == "external_id" for alias in aliases) and _sides(head, speaker) >= BOTH


def _sides(head: Sequence[Cells], speaker: int) -> set[str]:
    names = dict.fromkeys(as_text(cells[speaker]) for cells in head if not is_missing(cells[speaker]))
    return {side for name in islice(names, MOST_ROLES) if (side := find_side(name))}
