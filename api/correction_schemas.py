"""What goes in and out over HTTP where people say something of records in place of the model."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from api import examples
from api.parameters import SEED, FilterQuery
from api.schemas import ConversationRowOut, FeedbackOut, RejectOut, Sent, Taken
from voc.corrections.correction import DRAWN, WHY_CHARS, Queue, Source
from voc.corrections.statement import Statement, read_statement
from voc.errors import InputError
from voc.store import MOST_AT_ONCE, USUAL_LIMIT


class AddedIn(Taken):
    """Codes to be there, whichever else are."""

    reasons: dict[str, str] = Field({}, description="code → negative, positive or neutral")
    effort: list[str] = Field([])
    loyalty: list[str] = Field([])


class RemovedIn(Taken):
    """Codes not to be there, whichever else are."""

    reasons: list[str] = Field([])
    effort: list[str] = Field([])
    loyalty: list[str] = Field([])


class ChangedIn(Taken):
    """What is said of a record; what is left out is not spoken of. Either a whole set of codes, or what to add and remove."""

    sentiment: str = Field("", examples=["negative"])
    reasons: dict[str, str] = Field({}, description="all its reasons: code → negative, positive or neutral")
    effort: list[str] = Field([], description="all its effort cues")
    loyalty: list[str] = Field([], description="all its loyalty cues")
    resolution: str | None = Field(None, description="resolved, unresolved, or null for neither")
    add: AddedIn = AddedIn()
    remove: RemovedIn = RemovedIn()

    @property
    def statement(self) -> Statement:
        """The same as the store takes it."""
        return read_statement(self.model_dump(exclude_unset=True))


class CorrectionIn(Taken):
    """What is said of a record, why, and where it was offered. Without `changed`, the record is found right as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.CORRECTION]})

    changed: ChangedIn = ChangedIn()
    why: str = Field("", description=f"at most {WHY_CHARS} characters; personal data in it is masked")
    queue: Queue | None = Field(None, description="the queue of /v1/review that offered it: only drawn ones measure the model")
    seed: str | None = Field(
        None, pattern=SEED, description="of the draw that offered it, as /v1/review told it; this week's when left out"
    )

    @model_validator(mode="after")
    def _only_drawn_ones_have_a_seed(self) -> "CorrectionIn":
        if self.seed and self.queue != DRAWN:
            raise InputError(f"seed: only the queue {DRAWN} is drawn by lot.", field="seed")
        return self


class FiltersIn(FilterQuery):
    """The filters of every call, as JSON: lists, or one value; attributes as `attr.NAME`."""

    __pydantic_extra__: dict[str, str | list[str]] = Field(init=False)

    @model_validator(mode="before")
    @classmethod
    def _as_lists(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        several = {name for name, field in cls.model_fields.items() if field.annotation == list[str]}
        return {name: [value] if name in several and isinstance(value, str) else value for name, value in given.items()}


class SelectionIn(CorrectionIn):
    """The same of several records: all of these ids, or all tagged ones that pass the filters and are as many as expected."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.SELECTION]})

    ids: list[str] = Field([], max_length=MOST_AT_ONCE)
    filters: FiltersIn | None = None
    expected: int | None = Field(None, ge=0, description="how many are meant; with filters it must be said")
    limit: int = Field(USUAL_LIMIT, ge=1, le=MOST_AT_ONCE, description="nothing is done where more are meant")


class CorrectionOut(Sent):
    """A person's word on a record."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [examples.CORRECTION_MADE]})

    id: str
    feedback_id: str
    at: datetime
    by: str | None = Field(description="id of the key; null where there was none")
    why: str
    source: Source
    queue: Queue | None = Field(description="the queue that offered the record")
    seed: str | None = Field(description="of the draw, where it was drawn by lot")
    changed: dict[str, Any] = Field(description="what was said, as it was sent; of a confirmation without fields, all five")
    confirmed: bool = Field(description="it changed nothing when it was said: seen and right")
    selection: str | None = Field(description="what those have in common that were said at once")
    undone_at: datetime | None
    undone_by: str | None


class CorrectionPage(Sent):
    """Corrections, newest first, the undone ones too."""

    items: list[CorrectionOut]
    next: str | None


class SelectionOut(Sent):
    """What became of a selection; `selection` undoes all of it, and is null where nothing was meant."""

    selection: str | None
    corrected: int = Field(description="records that are others now")
    confirmed: int = Field(description="records that were so already")
    items: list[CorrectionOut]


class UndoneOut(Sent):
    """How many corrections this call undid; 0 where they were undone before."""

    undone: int


class CorrectionsIn(Taken):
    """Rows of /v1/export/corrections?format=jsonl."""

    corrections: list[dict[str, Any]] = Field(max_length=MOST_AT_ONCE)


class CorrectionsTakenOut(Sent):
    """What became of imported corrections; `line` of a refusal counts the rows from 1."""

    placed: int
    known: int = Field(description="those that were imported or made here before, if they were undone, too")
    refused: list[RejectOut]


class OfferOut(Sent):
    """A record that is worth a look; `what` makes it so: a code, «sentiment», or the score that the customer gave."""

    record: Annotated[FeedbackOut | ConversationRowOut, Field(discriminator="kind")]
    what: str | None
    reviewed: bool = Field(description="whether someone has corrected or confirmed it")


class ReviewPage(Sent):
    """Records of a queue, the most worth a look first."""

    queue: Queue
    seed: str | None = Field(description="what the random queue of this week is drawn with")
    left: int = Field(description="records of the queue, on all pages, of which nobody has spoken yet")
    items: list[OfferOut]
    next: str | None
