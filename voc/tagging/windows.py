"""Token windows over texts of any length, and batches of like windows under a token budget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from transformers import PreTrainedTokenizerFast

Tokenizer = PreTrainedTokenizerFast

OVERLAP_TOKENS: Final = 32
BATCH_TOKENS: Final = 4_096  # past this a batch on a CPU core falls out of its cache and gets no faster (make bench)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one text: `ids` without the marks around them, `spans` of each id in the normalised text."""

    text: int
    ids: list[int]
    spans: list[tuple[int, int]]


def cut_windows(tokenizer: Tokenizer, texts: Sequence[str], window_tokens: int) -> list[Window]:
    """The windows of all texts; each text has at least one, and neighbouring windows share `OVERLAP_TOKENS`."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    size = window_tokens - 2
    windows = []
    for text, (ids, spans) in enumerate(zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)):
        for start in range(0, max(1, len(ids) - OVERLAP_TOKENS), size - OVERLAP_TOKENS):
            windows.append(Window(text, ids[start : start + size], spans[start : start + size]))
    return windows


def batches(windows: Sequence[Window], budget_tokens: int = BATCH_TOKENS) -> Iterator[list[Window]]:
    """All windows, shortest first, in batches of at most `budget_tokens` with their padding."""
    batch: list[Window] = []
    for window in sorted(windows, key=lambda each: len(each.ids)):
        if batch and (len(batch) + 1) * (len(window.ids) + 2) > budget_tokens:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
