"""What a conversation has beside the tags of its text: its arc, what the customer came for, and what the agent did.

The customer's turns are read by quarters and one by one, the agent's one by one; all of a chunk's conversations at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from voc.conversations.turns import TURN_END
from voc.records import ConversationTags, Cue, EffortLevel, Move, Tags, Turn

if TYPE_CHECKING:
    from voc.tagging.decode import Decoder
    from voc.tagging.reading import Reading
    from voc.text.align import Alignment

QUARTERS: Final = 4


class ConversationReader:
    """Reads conversations with the parts of one tagger."""

    def __init__(
        self,
        decoder: "Decoder",
        align: "Callable[[str], Alignment]",
        read: "Callable[[Sequence[str]], list[Reading]]",
    ) -> None:
        self._decoder, self._align, self._read = decoder, align, read

    def read(self, conversations: Sequence[Sequence[Turn]], tags: Sequence[Tags]) -> list[ConversationTags]:
        """What each conversation has beside the `tags` of its customer's text."""
        quarters = [list(customer_quarters(turns)) for turns in conversations]
        parts = [text for each in quarters for text in each] + [turn.text for turns in conversations for turn in turns]
        aligned = [self._align(text) for text in parts]
        readings = zip(aligned, self._read([each.normalised for each in aligned]), strict=True)
        of_quarters = [[next(readings)[1] for _ in each] for each in quarters]
        return [
            self._conversation(turns, its_tags, its_quarters, [next(readings) for _ in turns])
            for turns, its_tags, its_quarters in zip(conversations, tags, of_quarters, strict=True)
        ]

    def _conversation(
        self, turns: Sequence[Turn], tags: Tags, quarters: "Sequence[Reading]", said: "Sequence[tuple[Alignment, Reading]]"
    ) -> ConversationTags:
        customer = [turn.speaker == "customer" for turn in turns]
        moves = ((at, cue) for at, each in enumerate(said) if not customer[at] for cue in self._decoder.moves(*each))
        return ConversationTags(
            primary_reason=self._primary(tags, quarters),
            effort_level=effort_level(tags.effort),
            quarters=tuple(map(self._decoder.mood, quarters)),
            turns=tuple(self._decoder.mood(each[1]) if own else None for own, each in zip(customer, said, strict=True)),
            moves=merged_moves(moves),
        )

    def _primary(self, tags: Tags, quarters: "Sequence[Reading]") -> str | None:
        """The reason that the beginning and the whole speak for most surely."""
        opening = self._decoder.reason_scores(quarters[0]) if quarters else {}
        return max((reason.code for reason in tags.reasons), key=lambda code: opening[code], default=None)


def customer_quarters(turns: Sequence[Turn]) -> Iterator[str]:
    """The customer's turns in up to four parts of like numbers of turns, each as one text."""
    own = [turn.text for turn in turns if turn.speaker == "customer"]
    parts = min(QUARTERS, len(own))
    for part in range(parts):
        yield TURN_END.join(own[part * len(own) // parts : (part + 1) * len(own) // parts])


def effort_level(effort: Iterable[Cue]) -> EffortLevel:
    """High with any cue but `easy`, low with `easy` alone, none without cues."""
    codes = {cue.code for cue in effort}
    return "high" if codes - {"easy"} else "low" if codes else "none"


def merged_moves(found: Iterable[tuple[int, Cue]]) -> tuple[Move, ...]:
    """One move a code from those of the turns, each as sure as where it is clearest; the surest first."""
    turns: dict[str, list[tuple[int, Cue]]] = {}
    for at, cue in found:
        turns.setdefault(cue.code, []).append((at, cue))
    moves = []
    for code, each in turns.items():
        clearest = sorted(each, key=lambda one: -one[1].score)
        evidence = tuple((at, start, end) for at, cue in clearest for start, end in cue.evidence)
        moves.append(Move(code, clearest[0][1].score, evidence))
    return tuple(sorted(moves, key=lambda move: -move.score))
