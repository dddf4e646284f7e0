"""What changed, why, and is it real: spikes, drivers, comparisons, and what better service would bring.

The answers are the records of `voc.trends` as they are, so a new field there appears here by itself.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final

from fastapi import APIRouter, Query
from pydantic import Field, create_model

from api.parameters import ATTRIBUTE_PREFIX, Day, FilterQuery, known_names
from api.routes.trends import GROUPS_FIELD
from api.schemas import Sent
from api.service import Running
from api.spans import begins_at
from voc.calendars import BucketSize, Calendar
from voc.days import parse_first_day
from voc.store import Filters
from voc.trends import (
    KINDS,
    LEVELS,
    NEW,
    TARGETS,
    Contrast,
    DriverReport,
    Portrait,
    Scenario,
    Spike,
    Theme,
    compare,
    draw_portrait,
    find_drivers,
    find_spikes,
    find_themes,
    period_before,
    what_if,
)

router = APIRouter(prefix="/v1", tags=["insights"])

SIDES: Final = ("first", "second")
Level = Annotated[str, Field(description=f"of contact reasons: {', '.join(LEVELS)}")]
Least = Annotated[int, Field(ge=1, description="what has fewer rows is not shown")]
FalseDiscovery = Annotated[float, Field(gt=0, lt=1, description="share of false alarms among what is shown")]
Examples = Annotated[int, Field(ge=0, le=20, description="how many typical texts each")]


class SpikeQuery(FilterQuery):
    """Where to look, and how small or doubtful a spike may be."""

    bucket: BucketSize = "day"
    calendar: Calendar = "jalali"
    group: str | None = Field(None, description=GROUPS_FIELD, examples=["channel"])
    level: Level = "leaf"
    latest: int = Field(1, ge=1, le=60, description="how many of the last complete buckets are looked at")
    baseline: int | None = Field(None, ge=1, le=2_000, description="how many buckets before them say what is usual")
    min_n: Least = 10
    false_discovery: FalseDiscovery = 0.05
    examples: Examples = 3


class DriverQuery(FilterQuery):
    """The figure, and how many rows a reason must have."""

    target: str = Field("sentiment", description=", ".join(TARGETS))
    level: Level = "leaf"
    min_n: Least = 20


class PortraitQuery(FilterQuery):
    """Which rows, how many of them have both the reason and what goes along with it, and how many typical texts."""

    min_n: Least = 5
    examples: Examples = 5


class ThemeQuery(FilterQuery):
    """The period; the one before is as long, unless it is said where it begins."""

    before: Day = Field(None, description="first day of the period before; by default as long as the period")
    min_n: Least = 5
    min_score: float = Field(NEW, description="how surely newer, in standard deviations; below zero for all")
    limit: int = Field(20, ge=1, le=200, description="how many phrases at most")
    examples: Examples = 3


class _Comparing(FilterQuery):
    """Two sides: the filters without a prefix hold for both, `first.…` and `second.…` for one."""

    open_prefixes: ClassVar[tuple[str, ...]] = (ATTRIBUTE_PREFIX, *(f"{side}.{ATTRIBUTE_PREFIX}" for side in SIDES))

    kinds: list[str] = Field([], description=f"{', '.join(KINDS)}; all when empty")
    level: Level = "leaf"
    min_n: Least = 5
    false_discovery: FalseDiscovery = 0.05
    examples: Examples = 3

    def side(self, name: str) -> Filters:
        """The filters of one side."""
        given = self.model_dump(by_alias=True, exclude_none=True) | (self.model_extra or {})
        common = {
            key: value for key, value in given.items() if key in known_names(FilterQuery) or key.startswith(ATTRIBUTE_PREFIX)
        }
        own = {key.removeprefix(f"{name}."): value for key, value in given.items() if key.startswith(f"{name}.") and value}
        return FilterQuery.model_validate(common | own).filters


_OF_SIDES: Final[dict[str, Any]] = {
    f"{side}_{name}": (
        Annotated[
            field.annotation,
            *field.metadata,
            Field(alias=f"{side}.{field.alias or name}", description=f"{field.description}; on the {side} side"),
        ],
        field.default,
    )
    for side in SIDES
    for name, field in FilterQuery.model_fields.items()
}
CompareQuery = create_model("CompareQuery", __base__=_Comparing, **_OF_SIDES)


@dataclass(frozen=True, slots=True)
class SpikeOut(Spike):
    """A spike, and the moment at which its bucket begins."""

    time: datetime | None = None


class SpikePage(Sent):
    """What rose or fell beyond chance, the surest first."""

    items: list[SpikeOut]
    next: str | None = None


class ThemePage(Sent):
    """Phrases among the texts without a reason, the newest first."""

    items: list[Theme]
    next: str | None = None


class ComparisonOut(Sent):
    """The tagged rows of both sides, and what differs between them, the surest first."""

    n_first: int
    n_second: int
    items: list[Contrast]
    next: str | None = None


class ScenarioPage(Sent):
    """Expected retention now and in each scenario."""

    items: list[Scenario]
    next: str | None = None


@router.get("/spikes", summary="What rose or fell beyond chance", response_model=SpikePage)
def list_spikes(service: Running, query: Annotated[SpikeQuery, Query()]) -> dict[str, Any]:
    """Each reason and group of the last complete buckets against its own past, season and trend included."""
    spikes = find_spikes(
        service.store,
        bucket=query.bucket,
        calendar=query.calendar,
        group=query.group or None,
        level=query.level,
        latest=query.latest,
        baseline=query.baseline,
        filters=query.filters,
        now=datetime.now(service.store.zone),
        min_n=query.min_n,
        false_discovery=query.false_discovery,
        examples=query.examples,
    )
    names, zone = [field.name for field in fields(Spike)], service.store.zone
    timed = [SpikeOut(**{name: getattr(spike, name) for name in names}, time=begins_at(spike.start, zone)) for spike in spikes]
    return {"items": timed, "next": None}


@router.get("/themes", summary="What no reason covers yet", response_model=ThemePage)
def list_themes(service: Running, query: Annotated[ThemeQuery, Query()]) -> dict[str, Any]:
    """Phrases that come more often than before in the texts in which no contact reason was found; from and to are needed."""
    filters = query.filters
    earlier = period_before(filters)
    themes = find_themes(
        service.store,
        from_=filters.from_ or date.max,
        to=filters.to or date.max,
        before=parse_first_day(query.before, "before", service.store.zone) if query.before else earlier.from_,
        filters=filters,
        min_n=query.min_n,
        min_score=query.min_score,
        limit=query.limit,
        examples=query.examples,
    )
    return {"items": themes, "next": None}


@router.get("/drivers", summary="What a figure is associated with", response_model=DriverReport)
def get_drivers(service: Running, query: Annotated[DriverQuery, Query()]) -> DriverReport:
    """How the figure would change without the texts of a reason, and a regression on praise and blame apart."""
    return find_drivers(
        service.store,
        query.target,
        level=query.level,
        filters=query.filters,
        min_n=query.min_n,
        agent_min_n=service.kpis.agent_min_n,
    )


@router.get("/reasons/{code}", summary="A contact reason and what goes along with it", response_model=Portrait)
def get_portrait(service: Running, code: str, query: Annotated[PortraitQuery, Query()]) -> Portrait:
    """Of a reason or a group: its share, the cues and other reasons of texts with it beside those without, typical texts."""
    return draw_portrait(service.store, code, filters=query.filters, min_n=query.min_n, examples=query.examples)


@router.get("/compare", summary="Two periods or segments side by side", response_model=ComparisonOut)
def get_comparison(service: Running, query: Annotated[CompareQuery, Query()]) -> dict[str, Any]:
    """`first.channel=phone&second.channel=app` compares channels; from and to alone compare with the time before, as long."""
    first, second = query.side("first"), query.side("second")
    found = compare(
        service.store,
        period_before(second) if first == second else first,
        second,
        level=query.level,
        kinds=tuple(query.kinds) or KINDS,
        false_discovery=query.false_discovery,
        min_n=query.min_n,
        examples=query.examples,
    )
    return {"n_first": found.n_first, "n_second": found.n_second, "items": found.items, "next": None}


@router.get("/what-if", summary="Expected retention, were service better", response_model=ScenarioPage)
def list_scenarios(service: Running, query: Annotated[FilterQuery, Query()]) -> dict[str, Any]:
    """Texts and, where their ids are known, customers, with the shares of those who stay from the settings."""
    setting = service.kpis
    found = what_if(service.store, filters=query.filters, options=setting.options, agent_min_n=setting.agent_min_n)
    return {"items": found, "next": None}
