"""Series over time: how much of what, when, and whether it changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.parameters import FilterQuery
from api.schemas import TrendPage
from api.service import Running
from api.spans import timed_trends
from voc.calendars import BucketSize, Calendar
from voc.kpis.slices import GROUPS
from voc.store import Filters, Store
from voc.trends import LEVELS, MEASURES, OF_REASONS, compute_trend

router = APIRouter(tags=["trends"])

GROUPS_FIELD: Final = ", ".join((*GROUPS, "attr.NAME"))


class TrendQuery(FilterQuery):
    """What is counted, in which spans of time, side by side by what."""

    measure: str = Field("reasons", description=", ".join(MEASURES))
    bucket: Literal[BucketSize, "none"] = Field("month", description="weeks begin on Saturday; none for the whole time as one")
    calendar: Calendar = "jalali"
    group: str | None = Field(None, description=GROUPS_FIELD, examples=["channel"])
    level: str = Field("leaf", description=f"of contact reasons: {', '.join(LEVELS)}")
    polarity: list[str] = Field(
        [],
        description="of a reason: negative, positive or neutral. With the measure reasons it chooses no texts: only reasons of"
        " which that is said are counted, and the share is of all texts that pass the other filters. reason_net takes none.",
        examples=[["negative"]],
    )

    @property
    def row_filters(self) -> Filters:
        """The filters that choose rows: with some measures the polarity chooses reasons and no rows."""
        return replace(self.filters, polarity=()) if self.measure in OF_REASONS else self.filters

    def compute(self, store: Store) -> Sequence[Any]:
        """The rows that are asked for."""
        return compute_trend(
            store,
            self.measure,
            bucket=None if self.bucket == "none" else self.bucket,
            calendar=self.calendar,
            group=self.group or None,
            level=self.level,
            polarity=self.filters.polarity if self.measure in OF_REASONS else (),
            filters=self.row_filters,
            now=datetime.now(store.zone),
        )


@router.get("/v1/trends", summary="A measure over time", response_model=TrendPage)
def get_trends(service: Running, query: Annotated[TrendQuery, Query()]) -> dict[str, Any]:
    """Each row has n, its share with a 95 % interval, and the change against the span before."""
    items = timed_trends(query.compute(service.store), service.store.zone)
    return {"items": items, "next": None, "corrected_rows": service.store.corrections.count(query.row_filters)}
