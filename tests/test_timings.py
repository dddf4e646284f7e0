"""What the clock says of conversations, by hand: talk, silence, interruptions and answers, with and without their times."""

import doctest
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.conversations import timings
from voc.conversations.timings import Timings, measure, response_times, with_handle_time
from voc.records import Feedback, Speaker, Turn

C: Final[Speaker] = "customer"
A: Final[Speaker] = "agent"


def said(*spoken: tuple[Speaker, float | None, float | None]) -> tuple[Turn, ...]:
    return tuple(Turn(speaker, "بسته‌م هنوز نرسیده", start, end) for speaker, start, end in spoken)


CALL = said((A, 0, 4), (C, 5, 20), (A, 18, 30), (C, 90, 100))
CHAT = said((C, 0, None), (C, 30, None), (A, 75, None), (A, 80, None), (C, 200, None), (A, 320, None))


@pytest.mark.parametrize(
    ("turns", "figures", "responses"),
    [
        # 100 s in all; the customer 15 + 10, the agent 4 + 12, together 4 + 25 (5 to 30) + 10 of the 100: silent 1 + 60.
        # The agent cuts in at 18, two seconds before the customer ends.
        (CALL, Timings(100, 25, 16, 61, 60, 1), (None, None, 0, None)),
        # 320 s from the first message to the last; answers after 75 - 30 and 320 - 200, and 80 answers nothing new.
        (CHAT, Timings(320), (None, None, 45, None, None, 120)),
        # The customer twice at once (0 to 10 and 5 to 12) speaks 12 s; the agent within that from 6 to 8, two seconds.
        (said((C, 0, 10), (C, 5, 12), (A, 6, 8)), Timings(12, 12, 2, 0, 0, 1), (None, None, 0)),
        # Both begin at once: nobody cut in. Then the agent begins in the moment in which the customer ends.
        (said((C, 1, 3), (A, 1, 2), (C, 5, 6), (A, 6, 9)), Timings(8, 3, 4, 2, 2, 0), (None, 0, None, 0)),
        # Out of order, as some recognisers write: who speaks after whom is that of the turns, the clock puts them in order.
        (said((C, 10, 12), (A, 0, 4)), Timings(12, 2, 4, 6, 6, 0), (None, 0)),
        # One end is missing: no talk, for it would be too little; the rest is known.
        (said((C, 0, 6), (A, 8, None), (C, 20, 21)), Timings(21), (None, 2, None)),
        # An end before its beginning is a mistake of the source.
        (said((C, 9, 6), (A, 10, 12)), Timings(6), (None, 4)),
        (said((C, 3, 8)), Timings(5, 5, 0, 0, 0, 0), (None,)),
        (said((C, 3, None)), Timings(), (None,)),
        (said((C, None, None), (A, 7, None)), Timings(), (None, None)),
        (said((C, None, None), (A, None, None)), Timings(), (None, None)),
        ((), Timings(), ()),
    ],
)
def test_by_hand(turns: tuple[Turn, ...], figures: Timings, responses: tuple[float | None, ...]) -> None:
    assert measure(turns) == figures
    assert response_times(turns) == responses


@pytest.mark.parametrize(
    ("turns", "given_s", "handle_s"),
    [
        (CALL, None, 100),
        (CALL, 240.0, 240),  # talk, hold and work after the call: the source knows better
        (CALL, 0.0, 0),
        (CHAT, None, 320),
        (said((C, 0, None), (A, 3_600, None)), None, 3_600),
        (said((C, 0, None), (A, 3_601, None)), None, None),  # a mail is not handled all night
        (said((C, None, None)), None, None),
        ((), None, None),
    ],
)
def test_handle_time(turns: tuple[Turn, ...], given_s: float | None, handle_s: float | None) -> None:
    feedback = Feedback("بسته‌م هنوز نرسیده", 2, handle_s=given_s, turns=turns)
    assert with_handle_time(feedback).handle_s == handle_s


spans = st.tuples(st.sampled_from((C, A)), st.integers(0, 40), st.integers(0, 15)).map(lambda t: (t[0], t[1], t[1] + t[2]))


@given(st.lists(spans, min_size=1, max_size=12))
def test_against_counting_every_second(spoken: list[tuple[Speaker, int, int]]) -> None:
    """Whole seconds can be counted one by one."""
    speaking = {who: {s for speaker, a, b in spoken if speaker == who for s in range(a, b)} for who in (C, A)}
    start, end = min(a for _, a, _ in spoken), max(b for _, _, b in spoken)
    silent = sorted(set(range(start, end)) - speaking[C] - speaking[A])
    breaks = [0, *(i for i, (a, b) in enumerate(pairwise(silent), 1) if b != a + 1), len(silent)]
    found = measure(said(*spoken))
    assert (found.duration_s, found.customer_talk_s, found.agent_talk_s) == (end - start, len(speaking[C]), len(speaking[A]))
    assert found.silence_s == len(silent)
    instants = {a for _, a, b in spoken if a == b}  # a moment's sound in a silence cuts it in two
    if not instants & set(silent):
        assert found.longest_silence_s == max((b - a for a, b in pairwise(breaks)), default=0)
    begun = [a for speaker, a, _ in spoken if speaker == A]
    assert found.interruptions == sum(a in speaking[C] and a - 1 in speaking[C] for a in begun)


def test_the_examples_are_right() -> None:
    assert doctest.testmod(timings).failed == 0
