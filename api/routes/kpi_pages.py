"""The pages of the KPIs: all of them, and each with the arithmetic behind it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api import kpi_sheet, titles
from api.filtering import PageFilters, make_form
from api.rendering import render
from api.service import Running
from api.tongue import points_words, say, signed
from voc.kpis import compute_kpis, get_kpi

router = APIRouter(include_in_schema=False)


class KpiPageQuery(PageFilters):
    """Which rows, and the span of time of the chart."""

    bucket: Literal["day", "week", "month", "quarter"] = "month"


@router.get("/kpis")
def show_kpis(request: Request, service: Running, query: Annotated[PageFilters, Query()]) -> HTMLResponse:
    """All KPIs by what they are about; those without a value say what would give one."""
    filters = query.filters
    sections = service.recent.get(
        str(request.url), lambda: kpi_sheet.list_sections(service.store, filters, service.kpi_setting)
    )
    return render(request, "kpis.html", sections=sections, filters=make_form("/kpis", query, service))


@router.get("/kpis/{name}")
def show_kpi(request: Request, service: Running, name: str, query: Annotated[KpiPageQuery, Query()]) -> HTMLResponse:
    """One KPI: what it means, its formula with the actual counts, over time and by group."""
    kpi, filters, store, setting = get_kpi(name), query.filters, service.store, service.kpi_setting
    (row,) = compute_kpis(store, (name,), filters=filters, setting=setting)
    error = setting.model_errors.get(name)
    return render(
        request,
        "kpi.html",
        kpi=kpi,
        definition=titles.kpi_definition(kpi),
        line=kpi_sheet.line_of(row),
        error=_error_words(error, row.unit) if error is not None else "",
        filled=kpi_sheet.filled_formula(store, kpi, filters, setting),
        method=say(kpi_sheet.METHODS[kpi.method]),
        needs=titles.list_needs(kpi.needs),
        over_time=kpi_sheet.list_over_time(store, name, query.bucket, filters, setting),
        unit=kpi_sheet.CHART_UNITS.get(row.unit, "number"),
        bucket=query.bucket,
        spans=kpi_sheet.SPANS,
        groups=[
            (say(title), group, kpi_sheet.list_groups(store, name, group, filters, setting))
            for group, title in kpi_sheet.GROUPS.items()
        ],
        filters=make_form(f"/kpis/{name}", query, service, also=[("bucket", query.bucket)] if query.bucket != "month" else []),
    )


def _error_words(error: float, unit: str) -> str:
    return points_words(error, 1) if unit == "share" else signed(error, 2)
