"""KPI values, and what each of them means. The list of KPIs is that of `voc.kpis`: a new one appears here by itself."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.parameters import FilterQuery
from api.routes.trends import GROUPS_FIELD
from api.schemas import KpiDefinitionOut, KpiDefinitionPage, KpiExplainedOut, KpiPage
from api.service import Running, Service
from api.spans import timed_kpis
from voc.calendars import BucketSize, Calendar
from voc.kpis import KPIS, Kpi, Setting, compute_kpis, counts_behind, get_kpi

router = APIRouter(tags=["kpis"])


class KpiQuery(FilterQuery):
    """Which KPIs, in which spans of time, side by side by what."""

    names: str = Field("", description="names, parted by commas; all when empty", examples=["nps,csat_top2"])
    bucket: BucketSize | None = Field(None, description="one value in all when left out; weeks begin on Saturday")
    calendar: Calendar = "jalali"
    group: str | None = Field(None, description=GROUPS_FIELD, examples=["channel"])
    min_n: int = Field(1, ge=1, description="a value that rests on fewer rows is null, with that as the reason")

    def compute(self, service: Service) -> Sequence[Any]:
        """The rows that are asked for."""
        names = [name.strip() for name in self.names.split(",") if name.strip()]
        return compute_kpis(
            service.store,
            names or [kpi.name for kpi in KPIS],
            bucket=self.bucket,
            calendar=self.calendar,
            group=self.group or None,
            filters=self.filters,
            min_n=self.min_n,
            setting=service.kpi_setting,
        )


@router.get("/v1/kpis", summary="KPI values", response_model=KpiPage)
def get_kpis(service: Running, query: Annotated[KpiQuery, Query()]) -> dict[str, Any]:
    """Each value comes with n, a 95 % interval and its method, and where there is none with the reason."""
    rows = timed_kpis(query.compute(service), query.bucket, query.calendar, service.store.zone)
    return {"items": rows, "next": None, "corrected_rows": service.store.corrections.count(query.filters)}


@router.get("/v1/kpis/definitions", summary="What each KPI means", response_model=KpiDefinitionPage)
def list_definitions(service: Running) -> dict[str, Any]:
    """Titles, formula, unit, better direction, the fields that it needs, the target, and how far the model is off in it."""
    return {"items": [_define(kpi, service.kpis) for kpi in KPIS], "next": None}


@router.get("/v1/kpis/{name}", summary="One KPI with the counts behind it", response_model=KpiExplainedOut)
def explain_kpi(service: Running, name: str, query: Annotated[FilterQuery, Query()]) -> dict[str, Any]:
    """Its definition, its value over all rows that pass the filters, and the numbers that its formula is filled with."""
    kpi, setting, filters = get_kpi(name), service.kpi_setting, query.filters
    (value,) = compute_kpis(service.store, (name,), filters=filters, setting=setting)
    counts = counts_behind(service.store, name, filters=filters, setting=setting)
    known = {each: None if math.isnan(count) else count for each, count in counts.items()}
    return _define(kpi, setting) | {"value": value, "counts": known}


def _define(kpi: Kpi, setting: Setting) -> dict[str, Any]:
    told = {name: getattr(kpi, name) for name in KpiDefinitionOut.model_fields if hasattr(kpi, name)}
    target = setting.targets.get(kpi.name)
    return told | {"target": target.value if target else None, "model_error": setting.model_errors.get(kpi.name)}
