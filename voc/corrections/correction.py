"""A correction as it is kept: which record, what is said of it, who says so, when and why; and whether it was undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from voc.corrections.fold import differing, fold
from voc.corrections.statement import Statement
from voc.errors import InputError
from voc.records import Corrected, Tags

Source = Literal["person", "import"]
Queue = Literal["uncertain", "disagrees", "random", "spike"]

QUEUES: Final[tuple[Queue, ...]] = get_args(Queue)
WHY_CHARS: Final = 500
"""A reason is a sentence or two; what is longer belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class Note:
    """What goes with a statement: the key of who says so (None for no key), why, and the queue that the record came from.

    `why` is kept as it is, so personal data in it must be masked before.
    """

    by: str | None = None
    why: str = ""
    queue: Queue | None = None
    source: Source = "person"


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on one record; `confirmed` says that it found the record to be so already when it was said.

    `selection` is the id that those have in common that were said of several records at once.
    """

    id: str
    feedback_id: str
    at: datetime
    note: Note
    said: Statement
    confirmed: bool
    selection: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None


def settle(answer: Tags, corrections: Sequence[Correction]) -> tuple[Tags, Corrected | None]:
    """What counts of a record of which the model says `answer`, and who overrules it; corrections that hold, in order."""
    tags = fold(answer, (each.said for each in corrections))
    return tags, overruled(answer, tags, corrections)


def overruled(answer: Tags, tags: Tags, corrections: Sequence[Correction]) -> Corrected | None:
    """Who overrules the model with these tags: the last who spoke of what differs, before who only found it to be right."""
    fields = differing(answer, tags)
    if not fields:
        return None
    spoke = [each for each in corrections if set(each.said.fields) & set(fields)]
    last = ([each for each in spoke if not each.confirmed] or spoke)[-1]
    return Corrected(last.at, last.note.by, fields, last.note.why, answer)


def read_why(why: str, *, names: bool) -> str:
    """What a person gives as a reason, as it is kept: one line, personal data masked; `names` masks those of people, too.

    Raises InputError where it is too long.
    """
    from voc.ingest.letters import storable
    from voc.text.mask import mask_personal_data

    line = " ".join(storable(why).split())
    if len(line) > WHY_CHARS:
        raise InputError(f"why: {len(line):,} characters; a reason has at most {WHY_CHARS}.", field="why")
    return mask_personal_data(line, names=names).text
