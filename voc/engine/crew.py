"""Who tags chunks: a pool of processes, or a tagger in this process; the engine and `tag_stream` see no difference."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from voc.conversations.turns import count_chars
from voc.records import Feedback, Tags, Turn
from voc.store import PendingText
from voc.tagging import ModelIdentity, Tagger

Item = str | tuple[Turn, ...]
"""What is tagged: a text, or a conversation as its turns."""


def item_of(row: Feedback | PendingText) -> Item:
    """What of a row is tagged."""
    return row.turns or row.text


def size_of(item: Item) -> int:
    """Its characters, which tagging takes time for."""
    return len(item) if isinstance(item, str) else count_chars(item)


def tag_items(tagger: Tagger, items: Sequence[Item]) -> list[Tags]:
    """The tags of each text or conversation, in order."""
    texts = [item for item in items if isinstance(item, str)]
    conversations = [item for item in items if not isinstance(item, str)]
    of_texts = iter(tagger.tag(texts) if texts else ())
    of_conversations = iter(tagger.tag_conversations(conversations) if conversations else ())
    return [next(of_texts if isinstance(item, str) else of_conversations) for item in items]


class ChunkFailedError(Exception):
    """A chunk came back without tags: its worker died or hung, or the tagger raised. `reason` quotes no text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Crew(Protocol):
    """Anything that takes chunks of texts and conversations and gives their tags later."""

    @property
    def identity(self) -> ModelIdentity:
        """The model that they tag with."""
        ...

    @property
    def capacity(self) -> int:
        """How many chunks to hand out ahead, so that none of them ever waits for work."""
        ...

    def submit(self, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Tags]]":
        """The tags of the items, in order, or ChunkFailedError; an urgent chunk goes before all that wait."""
        ...

    def drop_waiting(self) -> None:
        """Cancel the chunks that nobody has begun, urgent ones apart."""
        ...

    def close(self) -> None:
        """Let everyone go; chunks in hand are lost."""
        ...


class InProcess:
    """A crew of one tagger that works in the thread that hands it a chunk: for tests and small jobs."""

    capacity = 1

    def __init__(self, tagger: Tagger) -> None:
        self._tagger = tagger

    @property
    def identity(self) -> ModelIdentity:
        """The tagger's."""
        return self._tagger.identity

    def submit(self, items: Sequence[Item], *, urgent: bool = False) -> "Future[list[Tags]]":  # noqa: ARG002  nothing waits here
        """The tags, ready when this returns."""
        done: Future[list[Tags]] = Future()
        try:
            done.set_result(tag_items(self._tagger, items))
        except Exception as error:  # whatever it is, the chunk has no tags and the work must go on
            done.set_exception(ChunkFailedError(f"the tagger raised {type(error).__name__}"))
        return done

    def drop_waiting(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """The tagger is its owner's."""
