"""A tagging process: loads a tagger once, then answers chunks of texts and conversations with tags. It knows no database.

Seen from inside (`serve`) and from the process that started it (`Worker`). It ends by itself when its pipe is closed, so
nothing is left running after a crash of the service.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Final, Literal

from voc.engine.crew import ChunkFailedError, Item, tag_items
from voc.errors import ModelError, VocError
from voc.records import Tags
from voc.tagging import ModelIdentity, Tagger

Load = Callable[[str], Tagger]
Answer = tuple[Literal["ready"], ModelIdentity] | tuple[Literal["tags"], list[Tags]] | tuple[Literal["failed"], str]

LOAD_TIMEOUT_S: Final = 300.0
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


class Worker:
    """A tagging process, kept by one thread."""

    def __init__(self, model: str, load: Load) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, model, load), daemon=True, name="voc-tagger")
        self._process.start()
        theirs.close()

    def wait_ready(self, identity: ModelIdentity) -> None:
        """Until it has loaded the model `identity`. Raises ModelError where it cannot."""
        try:
            kind, said = self._receive(LOAD_TIMEOUT_S)
        except ChunkFailedError as error:
            self.kill()
            raise ModelError(f"A tagging process could not load the model: {error.reason}. Is there memory enough?") from error
        if said != identity:
            self.kill()
            raise ModelError(
                str(said) if kind == "failed" else f"The model is {said}, not {identity}: it was changed meanwhile."
            )

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.is_alive()

    def tag(self, items: Sequence[Item], timeout_s: float) -> list[Tags]:
        """The tags of a chunk. Raises ChunkFailedError where the process died, hung or refused it."""
        try:
            self._pipe.send(list(items))
            kind, said = self._receive(timeout_s)
        except (OSError, ChunkFailedError) as error:
            cause = error.reason if isinstance(error, ChunkFailedError) else self._cause()
            self.kill()
            raise ChunkFailedError(cause) from error
        if kind == "tags" and isinstance(said, list):
            return said
        raise ChunkFailedError(f"the tagger raised {said}")

    def end(self) -> None:
        """Make the process end; whoever waits for its answer is told."""
        self._process.kill()

    def kill(self) -> None:
        """End the process and let go of it; only for the thread that keeps it."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _receive(self, timeout_s: float) -> Answer:
        if not wait([self._pipe, self._process.sentinel], timeout_s):
            raise ChunkFailedError(f"a tagging process took longer than {timeout_s:g} s")
        try:
            said: Answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise ChunkFailedError(self._cause()) from error
        return said

    def _cause(self) -> str:
        self._process.join(timeout=5)
        code = self._process.exitcode
        if code is not None and code < 0:
            with suppress(ValueError):
                return f"a tagging process was ended by {signal.Signals(-code).name}"
        return f"a tagging process ended with exit status {code}"


def serve(pipe: Connection, model: str, load: Load) -> None:
    """The life of a tagging process. Ctrl-C is for the process that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        tagger = load_for_one_core(model, load)
    except VocError as error:
        pipe.send(("failed", error.message))
        return
    pipe.send(("ready", tagger.identity))
    with suppress(EOFError, OSError):
        while True:
            pipe.send(answer(tagger, pipe.recv()))


def load_for_one_core(model: str, load: Load) -> Tagger:
    """The tagger of a process that is one among many."""
    os.environ.update(ONE_THREAD)
    tagger = load(model)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    return tagger


def answer(tagger: Tagger, items: Sequence[Item]) -> Answer:
    """The tags of a chunk, or what the tagger raised."""
    try:
        return ("tags", tag_items(tagger, items))
    except Exception as error:  # the name of the error goes back; its message might quote a customer
        return ("failed", type(error).__name__)
