"""What every pool of taggers has in common: it is a crew for rows that wait, and a Tagger for whoever wants an answer now."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from types import TracebackType
from typing import Final, Self

from voc.engine.attempts import Untaggable, tag_chunk
from voc.engine.chunks import cut_chunks
from voc.engine.crew import Item, size_of
from voc.errors import ModelError
from voc.records import Tags, Turn
from voc.tagging import ModelIdentity

CHUNKS_AHEAD: Final = 2  # per worker: one in work, one at hand


class Pool(ABC):
    """Workers that tag with one model; close it, or use it in a `with` statement. Every method may be called from any thread.

    `workers` is their number now, `restarts` how many were replaced.
    """

    identity: ModelIdentity
    workers: int
    restarts: int

    @property
    def capacity(self) -> int:
        """Two chunks for each worker."""
        return max(1, self.workers) * CHUNKS_AHEAD

    @abstractmethod
    def submit(self, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Tags]]":
        """The tags of a chunk, or ChunkFailedError. Raises ModelError when the pool is closed."""

    @abstractmethod
    def drop_waiting(self) -> None:
        """Cancel the chunks that no worker has begun, urgent ones apart."""

    @abstractmethod
    def close(self) -> None:
        """Let all workers go; chunks in hand fail, those that wait are cancelled."""

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        """The tags of each text, in order, before all that waits. Raises ModelError where one cannot be tagged."""
        return self._tag_now(texts, "texts")

    def tag_conversations(self, conversations: Sequence[Sequence[Turn]]) -> list[Tags]:
        """The same for conversations."""
        return self._tag_now([tuple(turns) for turns in conversations], "conversations")

    def _tag_now(self, items: Sequence[Item], field: str) -> list[Tags]:
        tagged: list[Tags] = []
        answers = [tag_chunk(self, chunk, urgent=True) for chunk in cut_chunks(items, size_of)]
        try:
            outcomes = [outcome for answer in answers for outcome in answer.result()]
        except CancelledError as error:
            raise stopped() from error
        for number, outcome in enumerate(outcomes, start=1):
            if isinstance(outcome, Untaggable):
                what = "Text" if isinstance(items[number - 1], str) else "Conversation"
                raise ModelError(f"{what} number {number} cannot be tagged: {outcome.reason}.", code="untaggable", field=field)
            tagged.append(outcome)
        return tagged

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def stopped() -> ModelError:
    """What is said to whoever asks a closed pool."""
    return ModelError("The tagging processes have been stopped.", code="stopped")
