"""Tags rows on their way from a file to a file, in order, without a database and in flat memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future

from voc.engine.at_once import Pool
from voc.engine.attempts import Outcome, Untaggable, tag_chunk
from voc.engine.chunks import cut_chunks
from voc.engine.crew import item_of, size_of
from voc.engine.pool import as_crew
from voc.errors import ModelError
from voc.records import Feedback, Tags
from voc.tagging import Tagger


def tag_stream(
    rows: Iterable[Feedback],
    workers: Pool | Tagger,
    *,
    set_aside: Callable[[Feedback, str], None] | None = None,
) -> Iterator[tuple[Feedback, Tags]]:
    """Every row with its tags, in the order of `rows`, which is read only a few chunks ahead.

    A row that cannot be tagged goes to `set_aside` with the reason and is left out; without one, raises ModelError that
    names its line. The workers stay open.
    """
    crew = as_crew(workers)
    ahead: deque[tuple[list[Feedback], Future[list[Outcome]]]] = deque()
    try:
        for chunk in cut_chunks(rows, lambda row: size_of(item_of(row))):
            ahead.append((chunk, tag_chunk(crew, list(map(item_of, chunk)))))
            if len(ahead) >= crew.capacity:
                yield from _settled(*ahead.popleft(), set_aside)
        while ahead:
            yield from _settled(*ahead.popleft(), set_aside)
    finally:
        crew.drop_waiting()


def _settled(
    chunk: list[Feedback], answer: "Future[list[Outcome]]", set_aside: Callable[[Feedback, str], None] | None
) -> Iterator[tuple[Feedback, Tags]]:
    for row, outcome in zip(chunk, answer.result(), strict=True):
        if not isinstance(outcome, Untaggable):
            yield row, outcome
        elif set_aside:
            set_aside(row, outcome.reason)
        else:
            raise ModelError(f"The row in line {row.line} cannot be tagged: {outcome.reason}.", code="untaggable")
