"""Cuts rows into chunks that one worker tags at once: few enough rows and characters that no chunk takes long."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

Item = TypeVar("Item")

CHUNK_ROWS: Final = 256
CHUNK_CHARS: Final = 60_000  # some seconds of one core with the shipped model; bounds a worker's memory too


def cut_chunks(
    items: Iterable[Item],
    size_of: Callable[[Item], int],
    rows: int = CHUNK_ROWS,
    chars: int = CHUNK_CHARS,
) -> Iterator[list[Item]]:
    """The items in order, in lists of at most `rows` items and `chars` characters; a longer one is a chunk of its own."""
    chunk: list[Item] = []
    held = 0
    for item in items:
        length = size_of(item)
        if chunk and (len(chunk) >= rows or held + length > chars):
            yield chunk
            chunk, held = [], 0
        chunk.append(item)
        held += length
    if chunk:
        yield chunk
