"""The filters in a query string, the same for every call, and the refusal of names that do not exist.

A misspelt filter that is silently ignored answers another question than the one asked. So each call has one model of its
parameters, and what that model does not know is refused with the nearest names; the store refuses codes that do not exist.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, tzinfo
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from voc.corrections.correction import Queue, Source
from voc.days import parse_end, parse_first_day
from voc.errors import InputError
from voc.ingest.fields import parse_channel
from voc.store import NOBODY, CorrectionFilters, Filters

ATTRIBUTE_PREFIX: Final = "attr."
SEED: Final = r"^[0-9A-Za-z-]{0,20}$"
"""The name of a draw, as a week has it: 1405-W07."""
_CODE_FILTERS: Final = ("sentiment", "reason", "polarity", "effort", "loyalty", "resolution", "batch", "kind")

ZONE: Final[ContextVar[tzinfo]] = ContextVar("zone", default=UTC)
"""The zone by whose clock moments among a call's parameters are days: models of parameters know no service."""

Day = Annotated[str | None, Field(examples=["2026-05-04", "1405-02-14"])]


async def use_zone(request: Request) -> None:
    """Stands before every call: its moments are meant by the clock of VOC_TIMEZONE."""
    ZONE.set(request.app.state.settings.zone)


class Query(BaseModel):
    """The base of every call's parameters: unknown names are refused, and the answer names the nearest.

    The empty fields of a form were not given.
    """

    model_config = ConfigDict(extra="forbid")
    open_prefixes: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):  # in a body there may be anything
            return given
        known = known_names(cls)
        for name in given:
            if name not in known and not name.startswith(cls.open_prefixes):
                raise unknown_name(name, (*known, *(f"{prefix}NAME" for prefix in cls.open_prefixes)))
        return {name: value for name, value in ((name, _said(value)) for name, value in given.items()) if value is not None}


class OfferQuery(Query):
    """The queue that offered a record, if one did, and the draw that it came from."""

    queue: Queue | None = None
    seed: str | None = Field(None, pattern=SEED)

    @property
    def as_sent(self) -> str:
        """The same as the end of an address."""
        given = {name: value for name, value in (("queue", self.queue), ("seed", self.seed)) if value}
        return f"?{urlencode(given)}" if given else ""


class FilterQuery(Query):
    """The filters; several values of one filter are alternatives, different filters narrow each other."""

    model_config = ConfigDict(extra="allow")
    open_prefixes: ClassVar[tuple[str, ...]] = (ATTRIBUTE_PREFIX,)

    from_: Day = Field(None, alias="from", description="first day, Gregorian or Jalali, or a moment of it")
    to: Day = Field(None, description="the day after the last, Gregorian or Jalali, or a moment of the last")
    channel: list[str] = Field([], description="repeat it for alternatives", examples=[["تلفن"]])
    agent: list[str] = Field([], description="an agent's pseudonym, or id where those are shown", examples=[["کارشناس 3f2a"]])
    sentiment: list[str] = Field([], description="negative, positive, mixed or neutral", examples=[["negative"]])
    reason: list[str] = Field(
        [], description="a contact reason, a group of them, or none for texts without any", examples=[["delivery.time"]]
    )
    polarity: list[str] = Field([], description="of a reason: negative, positive or neutral", examples=[["negative"]])
    effort: list[str] = Field([], description="an effort cue", examples=[["repeat_contact"]])
    loyalty: list[str] = Field([], description="a loyalty cue", examples=[["churn_intent"]])
    resolution: list[str] = Field([], description="resolved or unresolved", examples=[["unresolved"]])
    batch: list[str] = Field([], description="a batch id", examples=[["b3f9a1c2d4e5f"]])
    kind: list[str] = Field([], description="conversation or feedback", examples=[["conversation"]])
    corrected: Literal["true", "false"] | None = Field(None, description="whether people overrule the model")
    q: str | None = Field(None, max_length=200, description="words in the text, as they stand", examples=["دیر رسید"])

    @field_validator(*_CODE_FILTERS)
    @classmethod
    def _split(cls, values: list[str]) -> list[str]:
        """Codes hold no commas, so `a,b` is the same as giving the name twice."""
        return [code.strip() for value in values for code in value.split(",") if code.strip()]

    @field_validator("channel")
    @classmethod
    def _as_stored(cls, names: list[str]) -> list[str]:
        """In the spelling in which channels are taken in; what stands for a missing one there matches nothing."""
        return [parse_channel(name) or name for name in names]

    @property
    def filters(self) -> Filters:
        """The same as the store takes them."""
        return Filters(
            from_=parse_first_day(self.from_, "from", ZONE.get()) if self.from_ else None,
            to=parse_end(self.to, "to", ZONE.get()) if self.to else None,
            channel=tuple(self.channel),
            agent=tuple(self.agent),
            sentiment=tuple(self.sentiment),
            reason=tuple(self.reason),
            polarity=tuple(self.polarity),
            effort=tuple(self.effort),
            loyalty=tuple(self.loyalty),
            resolution=tuple(self.resolution),
            batch=tuple(self.batch),
            kind=tuple(self.kind),
            corrected=None if self.corrected is None else self.corrected == "true",
            q=self.q,
            attributes=self._attributes(),
        )

    def _attributes(self) -> dict[str, str | tuple[str, ...]]:
        given = {name.removeprefix(ATTRIBUTE_PREFIX): value for name, value in (self.model_extra or {}).items()}
        return {name: value if isinstance(value, str) else tuple(value) for name, value in given.items()}


class CorrectionQuery(Query):
    """Which corrections are meant."""

    from_: Day = Field(None, alias="from", description="first day on which they were said, Gregorian or Jalali")
    to: Day = Field(None, description="the day after the last, Gregorian or Jalali")
    by: list[str] = Field([], description=f"ids of keys, or {NOBODY} for those without one", examples=[["k3f9a1c2d4e5f"]])
    source: Source | None = Field(None, description="person or import")
    queue: Queue | None = Field(None, description="the queue that offered the record")
    confirmed: bool | None = Field(None, description="whether they changed nothing when they were said")
    undone: bool | None = Field(None, description="whether they were taken back")
    selection: str | None = Field(None, max_length=30, description="the id of those that were said at once", examples=["s12"])

    @property
    def corrections(self) -> CorrectionFilters:
        """The same as the store takes them."""
        return CorrectionFilters(
            from_=parse_first_day(self.from_, "from", ZONE.get()) if self.from_ else None,
            to=parse_end(self.to, "to", ZONE.get()) if self.to else None,
            by=tuple(self.by),
            source=self.source,
            queue=self.queue,
            confirmed=self.confirmed,
            undone=self.undone,
            selection=self.selection,
        )


class PageQuery(Query):
    """Which piece of a long list is wanted."""

    limit: int = Field(50, ge=1, le=1000, description="how many items at once")
    cursor: str | None = Field(None, max_length=200, description="the `next` of the answer before")


def known_names(query: type[BaseModel]) -> tuple[str, ...]:
    """The names of a call's parameters as they stand in the query string."""
    return tuple(field.alias or name for name, field in query.model_fields.items())


def unknown_name(name: str, known: Sequence[str]) -> InputError:
    """The error for a parameter that does not exist, with the nearest names, or all where none is near."""
    shown = name[:60]
    near = get_close_matches(shown, known, n=3, cutoff=0.6)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(
        f"There is no parameter {shown!r}.{hint}",
        code="unknown_parameter",
        field=shown,
        options=tuple(near or known),
    )


def _said(value: Any) -> Any:
    """A parameter without what is empty or blank, in whole or among its alternatives; None where nothing is left."""
    if isinstance(value, list):
        return [each for each in value if str(each).strip()] or None
    return value if str(value).strip() else None
