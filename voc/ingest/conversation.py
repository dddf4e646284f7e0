"""What was said in a conversation as its turns: who is who, in order, masked; or the reason why it is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from voc.conversations.masking import mask_turns
from voc.conversations.speakers import MIN_SURE, Sides, tell_sides
from voc.conversations.turns import customer_text, one_line
from voc.ingest.letters import BROKEN, storable
from voc.ingest.refusal import RefusalError
from voc.ingest.turn_times import read_times
from voc.ingest.utterances import MOST_TURNS, Dialogue, Utterance
from voc.records import Turn
from voc.text.mask import Masked

Mask = Callable[[str], Masked]

_NAME_THEM: Final = "Name the speaker of each turn «customer» or «agent» («مشتری» or «کارشناس»)"
_UNNAMED: Final = f"The turns do not say who speaks. {_NAME_THEM}."
_UNSURE: Final = (
    f"Which of the speakers is the customer is not sure enough (under {MIN_SURE:.0%}). {_NAME_THEM}, or map «speaker» to the"
    " column that does."
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of a conversation, how sure their speakers are, when it began, and the lines of machines that were left out.

    `clock_s` is the time of day at which it began where no day is said, in seconds; `original` is the customer's text before
    masking. `transfers` counts the agents after the first, where the source tells agents apart; None where it has a single
    name for them, which a transfer would not change.
    """

    turns: tuple[Turn, ...]
    original: str
    speakers_sure: float | None
    occurred_at: datetime | None
    clock_s: float | None
    system_lines: int
    transfers: int | None

    def began(self, day: datetime) -> datetime:
        """When it began, by its turns, on a day that its row names without an hour."""
        if self.occurred_at and self.occurred_at.astimezone(day.tzinfo).date() == day.date():
            return self.occurred_at
        return day + timedelta(seconds=self.clock_s or 0.0)


def read_conversation(dialogue: Dialogue, zone: ZoneInfo, max_chars: int, mask: Mask) -> Conversation:
    """The conversation that a dialogue is; `max_chars` is of all its turns together. Raises RefusalError.

    Lines of a system, bot or voice menu are left out: nobody speaks there, and what an agent did is said of agents.
    """
    _check_size(dialogue, max_chars)
    said = [(each, text) for each in dialogue.utterances if (text := _words(each))]
    if not said:
        raise RefusalError("empty_text", "Nothing is said in this conversation.")
    sides = _sides(said)
    times = read_times([each for each, _ in said], zone)
    turns = []
    for place, (start_s, end_s) in zip(times.order, times.spans, strict=True):
        each, text = said[place]
        side = sides.of[each.speaker]
        if side != "system":
            turns.append(Turn(side, text, start_s, end_s))
    if not any(turn.speaker == "customer" for turn in turns):
        raise RefusalError("no_customer_turn", "No turn of this conversation is a customer's.")
    return Conversation(
        turns=mask_turns(turns, mask),
        original=customer_text(turns),
        speakers_sure=sides.sure,
        occurred_at=times.occurred_at,
        clock_s=times.clock_s,
        system_lines=len(said) - len(turns),
        transfers=_transfers(sides),
    )


def _transfers(sides: Sides) -> int | None:
    agents = sum(bool(name) and side == "agent" for name, side in sides.of.items())
    return agents - 1 if agents > 1 else None


def _check_size(dialogue: Dialogue, max_chars: int) -> None:
    if dialogue.count > MOST_TURNS:
        raise RefusalError(
            "too_many_turns", f"The conversation has {dialogue.count:,} turns; at most {MOST_TURNS:,} are taken."
        )
    if dialogue.chars > max_chars:
        raise RefusalError(
            "text_too_long", f"The conversation has {dialogue.chars:,} characters; at most {max_chars:,} are taken."
        )


def _words(utterance: Utterance) -> str:
    if BROKEN in utterance.text:
        raise RefusalError("broken_encoding", "Bytes here are not of the file's encoding; save the file anew as UTF-8.")
    return one_line(storable(utterance.text))


def _sides(said: list[tuple[Utterance, str]]) -> Sides:
    sides = tell_sides((each.speaker, text) for each, text in said)
    if sides is None:
        raise RefusalError("unknown_speakers", _UNSURE if len({each.speaker for each, _ in said}) > 1 else _UNNAMED)
    return sides
