"""What the clock says of a conversation: who spoke how long, where nobody did, who cut in, and how long answers took.

Turns may overlap, as voices do; what two say at once counts for both, what one side says twice at once counts once. Without
the times that a figure needs it is None: a chat knows when each message came, so it has responses and a duration, but no talk.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from voc.records import Feedback, Speaker, Turn

LONGEST_REST_S: Final = 3_600.0
"""Where everybody is silent for more than an hour, nobody handles the matter: a thread of mails, a chat taken up again."""

_Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Timings:
    """Figures of one conversation, in seconds; `interruptions` are turns of the agent that begin while the customer speaks."""

    duration_s: float | None = None
    customer_talk_s: float | None = None
    agent_talk_s: float | None = None
    silence_s: float | None = None
    longest_silence_s: float | None = None
    interruptions: int | None = None


def measure(turns: Sequence[Turn]) -> Timings:
    """The figures of these turns: the duration from two known moments on, the others where every turn has its span.

    >>> measure((Turn("customer", "الو، سفارشم نرسیده", 0, 4), Turn("agent", "الان پیگیری می‌کنم", 5, 8)))
    Timings(duration_s=8, customer_talk_s=4, agent_talk_s=3, silence_s=1, longest_silence_s=1, interruptions=0)
    """
    moments = _moments(turns)
    duration = moments[-1] - moments[0] if len(moments) > 1 else None
    if not turns or not all(map(_is_span, turns)):
        return Timings(duration)
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(_merged(_spans(turns)))]
    return Timings(
        duration_s=duration,
        customer_talk_s=_talk(turns, "customer"),
        agent_talk_s=_talk(turns, "agent"),
        silence_s=sum(gaps),
        longest_silence_s=max(gaps, default=0),
        interruptions=_interruptions(turns),
    )


def response_times(turns: Sequence[Turn]) -> tuple[float | None, ...]:
    """How long the customer waited for each turn: of an agent's that follows the customer's, from the end of that one, or else
    from its start; 0 where they overlap, and None for every other turn or without times.

    >>> response_times((Turn("customer", "سلام", 0), Turn("agent", "سلام", 40), Turn("agent", "بفرمایید", 45)))
    (None, 40, None)
    """
    return tuple(map(_response, (None, *turns), turns))


def with_handle_time(feedback: Feedback) -> Feedback:
    """A conversation whose source gives no handle time, with its duration as that; unless it rested for `LONGEST_REST_S`."""
    if not feedback.turns or feedback.handle_s is not None:
        return feedback
    rests = (later - earlier for earlier, later in pairwise(_moments(feedback.turns)))
    if max(rests, default=0) > LONGEST_REST_S:
        return feedback
    return replace(feedback, handle_s=measure(feedback.turns).duration_s)


def _response(before: Turn | None, turn: Turn) -> float | None:
    if before is None or before.speaker == turn.speaker or turn.speaker == "customer" or turn.start_s is None:
        return None
    since = before.end_s if before.end_s is not None else before.start_s
    return None if since is None else max(0, turn.start_s - since)


def _talk(turns: Iterable[Turn], speaker: Speaker) -> float:
    return sum(end - start for start, end in _merged(_spans(turn for turn in turns if turn.speaker == speaker)))


def _interruptions(turns: Sequence[Turn]) -> int:
    """The agent's turns that begin after the customer began to speak and before they ended."""
    speaking = list(_merged(_spans(turn for turn in turns if turn.speaker == "customer")))
    begun = [start for start, _ in speaking]
    found = ((start, bisect_left(begun, start)) for start, _ in _spans(turn for turn in turns if turn.speaker == "agent"))
    return sum(place > 0 and start < speaking[place - 1][1] for start, place in found)


def _moments(turns: Iterable[Turn]) -> list[float]:
    return sorted(moment for turn in turns for moment in (turn.start_s, turn.end_s) if moment is not None)


def _is_span(turn: Turn) -> bool:
    return turn.start_s is not None and turn.end_s is not None and turn.start_s <= turn.end_s


def _spans(turns: Iterable[Turn]) -> list[_Span]:
    return sorted((turn.start_s, turn.end_s) for turn in turns if turn.start_s is not None and turn.end_s is not None)


def _merged(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Spans in order as spans that do not overlap."""
    held: _Span | None = None
    for start, end in spans:
        if held and start <= held[1]:
            held = (held[0], max(held[1], end))
            continue
        if held:
            yield held
        held = (start, end)
    if held:
        yield held
