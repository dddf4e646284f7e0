"""The pages of the contact reasons: the tree of them, and each from all sides."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api import overview, reasons
from api.filtering import PageFilters, make_form
from api.rendering import render
from api.said import rows_of
from api.service import Running, Service
from voc.store import Filters
from voc.trends import Theme, find_themes, period_before
from voc.trends.portrait import check_reason

router = APIRouter(include_in_schema=False)

THEMES_SHOWN: Final = 15


@router.get("/reasons")
def show_reasons(request: Request, service: Running, query: Annotated[PageFilters, Query()]) -> HTMLResponse:
    """All reasons in their groups, with what of them is blame and praise and how they changed."""
    query = _of_all_reasons(query)
    filters = query.filters
    told = service.recent.get(str(request.url), lambda: _tree(service, filters))
    form = make_form("/reasons", query, service, without="reason")
    return render(request, "reasons.html", filters=form, **told)


@router.get("/reasons/{code}")
def show_reason(request: Request, service: Running, code: str, query: Annotated[PageFilters, Query()]) -> HTMLResponse:
    """One reason or a group: over time, by channel, what goes along with it, and typical texts."""
    level, query = check_reason(code), _of_all_reasons(query)
    filters = query.filters
    told = service.recent.get(str(request.url), lambda: _all_sides(service, code, level, filters))
    form = make_form(f"/reasons/{code}", query, service, without="reason")
    parent = code.partition(".")[0] if level == "leaf" else None
    typical = rows_of(service, service.store.load_feedback(told["portrait"].typical), (code,))
    return render(request, "reason.html", filters=form, code=code, parent=parent, typical=typical, **told)


def _of_all_reasons(query: PageFilters) -> PageFilters:
    """Without the filter for a reason, which the address of another page has: its texts are not those that links lead to."""
    return query.model_copy(update={"reason": []})


def _tree(service: Service, filters: Filters) -> dict[str, Any]:
    return {
        "tagged": overview.count_tagged(service.store, filters),
        "groups": reasons.list_tree(service.store, filters),
        "themes": _themes(service, filters),
    }


def _all_sides(service: Service, code: str, level: str, filters: Filters) -> dict[str, Any]:
    store = service.store
    portrait, along = reasons.portrait_of(store, filters, code)
    size, spans = reasons.spans_of(store, filters, level)
    return {
        "definition": reasons.definition_of(code),
        "portrait": portrait,
        "along": along,
        "drivers": reasons.list_drivers(store, filters, code, level, service.kpis.agent_min_n),
        "trend": reasons.list_trend(store, filters, code, size, spans),
        "polarity": reasons.list_polarity(store, filters, code, level, size, spans),
        "channels": reasons.list_channels(store, filters, code, level),
    }


def _themes(service: Service, filters: Filters) -> list[Theme]:
    """What no reason covers yet, where a period is chosen."""
    if filters.from_ is None or filters.to is None or filters.from_ >= filters.to:
        return []
    before = period_before(filters).from_ or date.min
    return find_themes(
        service.store,
        from_=filters.from_,
        to=filters.to,
        before=before,
        filters=filters,
        limit=THEMES_SHOWN,
        examples=0,
    )
