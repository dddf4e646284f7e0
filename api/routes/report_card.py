"""How far the model can be trusted here: the report card and what has changed, as JSON and as a page."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ConfigDict, Field

from api import report_sheet
from api.filtering import PageFilters, make_form
from api.parameters import FilterQuery
from api.rendering import render
from api.schemas import Sent
from api.service import Running, Service
from api.tongue import calendar
from voc.calendars import Calendar
from voc.report_card import WIDTH, Answers, Drift, ReportCard, Saying, draw_up, find_drift, sayings
from voc.report_card.card import LEAST_WIDTH
from voc.store import Filters

router = APIRouter(tags=["report card"])


class CardQuery(FilterQuery):
    """Which rows, whose answers, and how well all is to be known."""

    model: str | None = Field(None, max_length=100, description="by default the current one, if rows were judged under it")
    answers: Answers = Field("seen", description="what was said when rows were judged, or now: see docs/report-card.md")
    calendar: Calendar = "jalali"
    width: float = Field(WIDTH, ge=LEAST_WIDTH, le=0.5, description="to which width, ±, rows_to_width counts the rows")


class DriftQuery(FilterQuery):
    """Which rows, and whose months."""

    calendar: Calendar = "jalali"


class ReportCardOut(Sent):
    """The report card, and what it comes to in words."""

    model_config = ConfigDict(from_attributes=True)

    card: ReportCard
    sayings: tuple[Saying, ...] = Field(description="a sentence for each code that has a trend, those to be believed first")


@router.get("/v1/report-card", summary="How right the model is on these rows", response_model=ReportCardOut)
def get_report_card(service: Running, query: Annotated[CardQuery, Query()]) -> dict[str, Any]:
    """From the rows that were drawn by lot and judged by people: precision, recall and F1 by code with intervals, confusion,
    calibration, by channel, month and model, how far two people agree, and for which codes trends can be believed.

    Filters by tags are refused: rows that are chosen by their tags are no fair sample.
    """
    card = _draw_up(service, query.filters, query.calendar, query.model, query.answers, query.width)
    return {"card": card, "sayings": sayings(card.codes)}


@router.get("/v1/drift", summary="What has changed since the model learnt", response_model=Drift)
def get_drift(service: Running, query: Annotated[DriftQuery, Query()]) -> Drift:
    """The texts of each month beside those that the model learnt from and those of the first months, the codes whose share has
    moved, and what this comes to in words.
    """
    return find_drift(service.store, filters=query.filters, calendar=query.calendar, model=service.settings.model)


@router.get("/report-card", include_in_schema=False)
def show_report_card(request: Request, service: Running, query: Annotated[PageFilters, Query()]) -> HTMLResponse:
    """What can be believed, how right the model is, and what has changed."""
    filters, by_tags = report_sheet.of_rows(query.filters)
    told = service.recent.get(str(request.url), lambda: _tell(service, filters))
    form = make_form("/report-card", query, service)
    return render(request, "report_card.html", filters=form, by_tags=by_tags, **told)


def _tell(service: Service, filters: Filters) -> dict[str, Any]:
    card = _draw_up(service, filters, calendar())
    drift = find_drift(service.store, filters=filters, calendar=calendar(), model=service.settings.model)
    return {"card": card, "drift": drift, "sheet": report_sheet.lay_out(card, drift)}


def _draw_up(
    service: Service,
    filters: Filters,
    calendar: Calendar,
    model: str | None = None,
    answers: Answers = "seen",
    width: float = WIDTH,
) -> ReportCard:
    current = service.identity.name
    return draw_up(
        service.store, filters=filters, model=model, current=current, answers=answers, calendar=calendar, width=width
    )
