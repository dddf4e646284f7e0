"""A correction as it is kept: which record, what is said of it, who says so, when and why; and whether it was undone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, get_args

from voc.calendars import bucket_key
from voc.corrections.fold import differing, fold
from voc.corrections.statement import Statement
from voc.errors import InputError
from voc.records import Corrected, TaggedFeedback, Tags

Source = Literal["person", "import"]
Queue = Literal["uncertain", "disagrees", "random", "spike"]

QUEUES: Final[tuple[Queue, ...]] = get_args(Queue)
DRAWN: Final[Queue] = "random"
"""The queue that draws records by lot; a person judges each of them as a whole."""
WHY_CHARS: Final = 500
"""A reason is a sentence or two; what is longer belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class Note:
    """What goes with a statement: the key of who says so (None for no key), why, and the queue that the record came from.

    `why` is kept as it is, so personal data in it must be masked before. `seed` is that of the draw, where it was drawn by lot.
    """

    by: str | None = None
    why: str = ""
    queue: Queue | None = None
    source: Source = "person"
    seed: str | None = None


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


def seed_of(now: datetime) -> str:
    """What the draw of this week is made with: its name, such as 1405-W06.

    >>> from datetime import UTC
    >>> seed_of(datetime(2026, 5, 4, tzinfo=UTC))
    '1405-W07'
    """
    return bucket_key(now.date(), "week", "jalali")


def speaks_second(by: str | None, holding: Sequence[Correction]) -> bool:
    """Whether others have spoken of a record and who has this key has not: what they say is hidden until then."""
    return bool(holding) and all(each.note.by != by for each in holding)


def as_the_model_reads(record: TaggedFeedback) -> TaggedFeedback:
    """The record as it was before people spoke of it."""
    return replace(record, tags=record.corrected.model, corrected=None) if record.corrected else record


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
