"""Token windows over texts of any length, and batches of like windows under a token budget."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from voc.records import Span
from voc.tagging.tokenizer import Tokenizer

OVERLAP_TOKENS: Final = 32


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one text: `ids` without the marks around them, `spans` of each id in the normalised text.

    `context` marks the ids that are read only to understand the others: what the agent says in a conversation.
    """

    text: int
    ids: list[int]
    spans: list[Span]
    context: list[bool]


def cut_windows(
    tokenizer: Tokenizer, texts: Sequence[str], window_tokens: int, contexts: Sequence[Sequence[Span]] = ()
) -> list[Window]:
    """The windows of all texts; each text has at least one, and neighbouring windows share `OVERLAP_TOKENS`.

    `contexts` are the ranges of each text that are context, none of any text if left out.
    """
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    size = window_tokens - 2
    windows = []
    for text, (ids, spans) in enumerate(zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)):
        context = inside(spans, contexts[text] if contexts else ())
        for start in range(0, max(1, len(ids) - OVERLAP_TOKENS), size - OVERLAP_TOKENS):
            part = slice(start, start + size)
            windows.append(Window(text, ids[part], spans[part], context[part]))
    return windows


def inside(tokens: Sequence[Span], ranges: Sequence[Span]) -> list[bool]:
    """Which tokens end in one of the ranges, which are in the order of the text; a token may begin with the gap before it.

    >>> inside([(0, 3), (3, 6), (6, 9)], [(4, 6)])
    [False, True, False]
    """
    firsts = [start for start, _ in ranges]
    within = [bisect_left(firsts, end) - 1 for _, end in tokens]
    return [at >= 0 and end <= ranges[at][1] for at, (_, end) in zip(within, tokens, strict=True)]


def batches(windows: Sequence[Window], budget_tokens: int) -> Iterator[list[Window]]:
    """All windows, shortest first, in batches of at most `budget_tokens` with their padding."""
    batch: list[Window] = []
    for window in sorted(windows, key=lambda each: len(each.ids)):
        if batch and (len(batch) + 1) * (len(window.ids) + 2) > budget_tokens:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
