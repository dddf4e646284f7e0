"""Tags a chunk whatever happens: tries again, finds the row at fault by halving, and goes on without it.

A row is blamed only if it failed alone, after a chunk with it had failed before, and a harmless text went through right
after: where workers die of something else (no memory), nobody is set aside and the work stops with an error.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from voc.engine.crew import ChunkFailedError, Crew, Item
from voc.errors import ModelError, VocError
from voc.records import Tags

MOST_FAILURES: Final = 2
HARMLESS: Final = ("سلام",)


@dataclass(frozen=True, slots=True)
class Untaggable:
    """What stands in place of the tags of a row that cannot be tagged."""

    reason: str


Outcome = Tags | Untaggable


@dataclass(frozen=True, slots=True)
class _Attempt:
    crew: Crew
    items: Sequence[Item]
    failures: int
    urgent: bool
    answer: "Future[list[Outcome]]"


def tag_chunk(crew: Crew, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Outcome]]":
    """The tags of each text or conversation in order, or why one has none.

    The answer fails with a VocError only where the crew cannot work at all, and is cancelled with the chunks that wait.
    """
    answer: Future[list[Outcome]] = Future()
    _try(_Attempt(crew, items, 0, urgent, answer))
    return answer


def _try(attempt: _Attempt) -> None:
    try:
        chunk = attempt.crew.submit(attempt.items, urgent=attempt.urgent)
    except VocError as error:
        attempt.answer.set_exception(error)
        return
    chunk.add_done_callback(lambda chunk: _settle(attempt, chunk))


def _settle(attempt: _Attempt, chunk: "Future[list[Tags]]") -> None:
    if chunk.cancelled():
        _cancel(attempt.answer)
    elif (error := chunk.exception()) is None:
        attempt.answer.set_result(list(chunk.result()))
    elif not isinstance(error, ChunkFailedError):
        attempt.answer.set_exception(error)
    elif len(attempt.items) > 1:
        _halve(attempt)
    elif attempt.failures + 1 < MOST_FAILURES:
        _try(_Attempt(attempt.crew, attempt.items, attempt.failures + 1, attempt.urgent, attempt.answer))
    else:
        _blame(attempt, error)


def _halve(attempt: _Attempt) -> None:
    middle = len(attempt.items) // 2

    def go_on(left: "Future[list[Outcome]]") -> None:
        if _passed_on(left, attempt.answer):
            return
        _part(attempt, attempt.items[middle:]).add_done_callback(lambda right: join(left, right))

    def join(left: "Future[list[Outcome]]", right: "Future[list[Outcome]]") -> None:
        if not _passed_on(right, attempt.answer):
            attempt.answer.set_result(left.result() + right.result())

    _part(attempt, attempt.items[:middle]).add_done_callback(go_on)


def _part(attempt: _Attempt, items: Sequence[Item]) -> "Future[list[Outcome]]":
    answer: Future[list[Outcome]] = Future()
    _try(_Attempt(attempt.crew, items, attempt.failures + 1, attempt.urgent, answer))
    return answer


def _passed_on(part: "Future[list[Outcome]]", answer: "Future[list[Outcome]]") -> bool:
    """Whether a part has no outcome, so that the whole has none either."""
    if part.cancelled():
        _cancel(answer)
        return True
    if error := part.exception():
        answer.set_exception(error)
        return True
    return False


def _cancel(answer: "Future[list[Outcome]]") -> None:
    """Cancel an answer and say so: `concurrent.futures.wait` takes one that is only cancelled for one that is still to come."""
    if answer.cancel():
        answer.set_running_or_notify_cancel()


def _blame(attempt: _Attempt, failed: ChunkFailedError) -> None:
    def judge(harmless: "Future[list[Tags]]") -> None:
        if harmless.cancelled():
            _cancel(attempt.answer)
        elif harmless.exception() is None:
            attempt.answer.set_result([Untaggable(failed.reason)])
        else:
            attempt.answer.set_exception(
                ModelError(f"The tagger fails with any text: {failed.reason}. Is there memory enough? See `voc doctor`.")
            )

    try:
        attempt.crew.submit(HARMLESS, urgent=True).add_done_callback(judge)
    except VocError as error:
        attempt.answer.set_exception(error)
