"""Series over time: how much of what, when, and whether it changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field

from api.parameters import FilterQuery
from api.schemas import TrendPage
from api.service import Running
from voc.calendars import BucketSize, Calendar
from voc.kpis.slices import GROUPS
from voc.store import Store
from voc.trends import LEVELS, MEASURES, compute_trend

router = APIRouter(tags=["trends"])

GROUPS_FIELD: Final = ", ".join((*GROUPS, "attr.NAME"))


class TrendQuery(FilterQuery):
    """What is counted, in which spans of time, side by side by what."""

    measure: str = Field("reasons", description=", ".join(MEASURES))
    bucket: BucketSize = Field("month", description="weeks begin on Saturday")
    calendar: Calendar = "jalali"
    group: str | None = Field(None, description=GROUPS_FIELD, examples=["channel"])
    level: str = Field("leaf", description=f"of contact reasons: {', '.join(LEVELS)}")

    def compute(self, store: Store) -> Sequence[Any]:
        """The rows that are asked for."""
        return compute_trend(
            store,
            self.measure,
            bucket=self.bucket,
            calendar=self.calendar,
            group=self.group or None,
            level=self.level,
            filters=self.filters,
            now=datetime.now(store.zone),
        )


@router.get("/v1/trends", summary="A measure over time", response_model=TrendPage)
def get_trends(service: Running, query: Annotated[TrendQuery, Query()]) -> dict[str, Any]:
    """Each row has n, its share with a 95 % interval, and the change against the span before."""
    return {"items": query.compute(service.store), "next": None}
