"""A conversation read: the tags of its customer's words, their arc, what the customer came for, and what the agent did.

It is read once as a whole, the agent's words as context, because «بله همون» and «اومد» say nothing without the question
before them; then the customer's turns by quarters and every turn by itself, all of a chunk's conversations at once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from voc.conversations.turns import TURN_END, customer_text
from voc.records import ConversationTags, Cue, Move, Span, Tags, Turn
from voc.tagging.decode import Decoder
from voc.tagging.effort import effort_level
from voc.text.align import Alignment

if TYPE_CHECKING:
    from voc.tagging.reading import Reading
    from voc.tagging.shape import TaggerShape

QUARTERS: Final = 4
TURN_GAP: Final = " "


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation as the network reads it: the normalised turns of both sides, and which characters are the agent's.

    `own` are the customer's characters: ranges of `text`, in order.
    """

    text: str
    context: tuple[Span, ...]
    own: tuple[Span, ...]

    @property
    def customer(self) -> str:
        """The customer's turns alone, in the same spelling."""
        return TURN_GAP.join(self.text[start:end] for start, end in self.own)

    def in_customer(self, span: Span) -> Span:
        """A range of characters of `text` that ends in a customer's turn, as one of `customer`."""
        before = 0
        for start, end in self.own:
            if start < span[1] <= end:
                return max(span[0], start) - start + before, span[1] - start + before
            before += end - start + len(TURN_GAP)
        raise ValueError(f"{span} is not the customer's")


def script(turns: Sequence[Turn], normalised: Sequence[str]) -> Script:
    """The script of turns that are spelled like this when normalised."""
    starts = accumulate((len(text) + len(TURN_GAP) for text in normalised), initial=0)
    spans = [(start, start + len(text)) for start, text in zip(starts, normalised, strict=False)]
    sides = {
        side: tuple(span for span, turn in zip(spans, turns, strict=True) if (turn.speaker == "customer") == side)
        for side in (True, False)
    }
    return Script(TURN_GAP.join(normalised), context=sides[False], own=sides[True])


class ConversationReader:
    """Reads conversations with the parts of one tagger."""

    def __init__(
        self,
        config: "TaggerShape",
        align: Callable[[str], Alignment],
        read: "Callable[[Sequence[str]], list[Reading]]",
        read_scripts: "Callable[[Sequence[Script]], list[Reading]]",
    ) -> None:
        self._of_turns, self._of_whole = Decoder(config), Decoder(config, of_conversations=True)
        self._align, self._read, self._read_scripts = align, read, read_scripts

    def read(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        """The tags of each conversation, in order."""
        quarters = [list(customer_quarters(turns)) for turns in conversations]
        parts = [turn.text for turns in conversations for turn in turns] + [text for each in quarters for text in each]
        aligned = [self._align(text) for text in parts]
        readings = iter(list(zip(aligned, self._read([each.normalised for each in aligned]), strict=True)))
        said = [[next(readings) for _ in turns] for turns in conversations]
        of_quarters = [[next(readings)[1] for _ in each] for each in quarters]
        scripts = [
            script(turns, [alignment.normalised for alignment, _ in each])
            for turns, each in zip(conversations, said, strict=True)
        ]
        whole = self._read_scripts(scripts)
        return [self._tags(*each) for each in zip(conversations, scripts, whole, of_quarters, said, strict=True)]

    def _tags(
        self,
        turns: Sequence[Turn],
        its_script: Script,
        whole: "Reading",
        quarters: "Sequence[Reading]",
        said: "Sequence[tuple[Alignment, Reading]]",
    ) -> Tags:
        own = replace(whole, spans=[its_script.in_customer(span) for span in whole.spans])
        tags = self._of_whole.decode(Alignment(customer_text(turns), its_script.customer), own)
        customer = [turn.speaker == "customer" for turn in turns]
        moves = ((at, cue) for at, each in enumerate(said) if not customer[at] for cue in self._of_turns.moves(*each))
        conversation = ConversationTags(
            primary_reason=self._of_whole.primary(whole),
            effort_level=effort_level(tags.effort),
            quarters=tuple(map(self._of_turns.mood, quarters)),
            turns=tuple(self._of_turns.mood(each[1]) if own else None for own, each in zip(customer, said, strict=True)),
            moves=merged_moves(moves),
        )
        return replace(tags, conversation=conversation)


def customer_quarters(turns: Sequence[Turn]) -> Iterator[str]:
    """The customer's turns in up to four parts of like numbers of turns, each as one text."""
    own = [turn.text for turn in turns if turn.speaker == "customer"]
    parts = min(QUARTERS, len(own))
    for part in range(parts):
        yield TURN_END.join(own[part * len(own) // parts : (part + 1) * len(own) // parts])


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
