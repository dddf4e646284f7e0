r"""The customer's turns as one text, a turn a line, and the way back from its characters to the turns.

>>> turns = (Turn("agent", "بفرمایید"), Turn("customer", "سفارشم نرسیده"), Turn("customer", "سه روزه منتظرم"))
>>> customer_text(turns)
'سفارشم نرسیده\nسه روزه منتظرم'
>>> turn_spans(turns, [(14, 21)])
((2, 0, 7),)
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from voc.records import Span, Turn, TurnSpan

TURN_END: Final = "\n"


def one_line(text: str) -> str:
    """`text` with its line breaks as spaces, as a turn is kept."""
    return " ".join(text.split())


def count_chars(turns: Iterable[Turn]) -> int:
    """The characters that both sides said."""
    return sum(len(turn.text) for turn in turns)


def customer_text(turns: Iterable[Turn]) -> str:
    """The customer's turns, one a line: the text that stands for a conversation wherever feedback is counted."""
    return TURN_END.join(turn.text for turn in turns if turn.speaker == "customer")


def turn_spans(turns: Sequence[Turn], spans: Iterable[Span]) -> tuple[TurnSpan, ...]:
    """Ranges of characters of the customer's text as ranges of its turns; one over several turns is cut at their ends."""
    own = [position for position, turn in enumerate(turns) if turn.speaker == "customer"]
    starts = list(accumulate((len(turns[position].text) + len(TURN_END) for position in own), initial=0))
    found = []
    for start, end in spans:
        for position, begins in zip(own, starts, strict=False):
            low, high = max(start, begins), min(end, begins + len(turns[position].text))
            if low < high:
                found.append((position, low - begins, high - begins))
    return tuple(found)
