"""The feed for Power BI and Excel: OData 4.0, for reading only. What a set has is in `voc.odata`; here it meets HTTP.

Which figures Trends and Kpis hold is said by our own parameters, the same as of /v1/trends and /v1/kpis, for they decide what
is computed; $filter and the rest then choose among the rows. Every set is a route of its own, so that the audit log names it.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar, get_origin

from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from pydantic import Field, ValidationError

from api.access import FEED
from api.odata import json_form, lists_of, next_link, page_rows, respond_json, root_of, system_options
from api.parameters import ATTRIBUTE_PREFIX, FilterQuery, Query
from api.routes.kpis import KpiQuery
from api.routes.trends import TrendQuery
from api.service import Running, Service
from voc.calendars import BucketSize
from voc.errors import NotFoundError, UnsupportedError
from voc.odata import (
    KPIS,
    SETS,
    STORED,
    TRENDS,
    Asked,
    EntitySet,
    Source,
    count_rows,
    definitions,
    kpi_figures,
    read_key,
    read_options,
    read_page,
    service_document,
    source_of_figures,
    source_of_rows,
    trend_figures,
    write_metadata,
)
from voc.trends import MEASURES

Known = TypeVar("Known", bound=Query)

router = APIRouter(prefix=FEED, include_in_schema=False)  # $metadata describes it, in the words of its own clients


class TrendFeedQuery(TrendQuery):
    """A series or several; all measures unless some are named."""

    measure: str = Field("", description="measures, parted by commas; all when empty")

    def source(self, service: Service) -> Source:
        """The rows that are asked for."""
        names = [name.strip() for name in self.measure.split(",") if name.strip()] or list(MEASURES)
        rows = {name: self.model_copy(update={"measure": name}).compute(service.store) for name in dict.fromkeys(names)}
        size = None if self.bucket == "none" else self.bucket
        return source_of_figures(TRENDS, trend_figures(rows, size, self.calendar))


class KpiFeedQuery(KpiQuery):
    """KPIs by month, unless another bucket is asked for: a feed is read to draw lines."""

    bucket: Literal[BucketSize, "none"] = Field("month", description="weeks begin on Saturday; none for the whole time as one")  # type: ignore[assignment]

    def source(self, service: Service) -> Source:
        """The rows that are asked for."""
        size = None if self.bucket == "none" else self.bucket
        rows = self.model_copy(update={"bucket": size}).compute(service)
        return source_of_figures(KPIS, kpi_figures(rows, size, self.calendar))


def _serve(entity_set: EntitySet) -> None:
    """Makes the routes of a set: its rows, their number, and one row by its key."""

    def read_set(request: Request, service: Running) -> Response:
        return _answer_rows(entity_set, request, service)

    def count_set(request: Request, service: Running) -> Response:
        own, ours = system_options(request.query_params.multi_items())
        asked = read_options(entity_set, own)
        return PlainTextResponse(str(count_rows(service.store, _source(entity_set, ours, service), asked.filter)))

    def read_one(request: Request, service: Running, key: Annotated[str, Path()]) -> Response:
        return _answer_one(entity_set, request, service, key)

    router.add_api_route(f"/{entity_set.name}", read_set, name=f"odata_{entity_set.name}")
    router.add_api_route(f"/{entity_set.name}/$count", count_set, name=f"odata_{entity_set.name}_count")
    router.add_api_route(f"/{entity_set.name}({{key:path}})", read_one, name=f"odata_{entity_set.name}_one")


@router.get("", name="odata_root")
@router.get("/", name="odata")
def list_sets(request: Request) -> Response:
    """The service document."""
    form = json_form(request.headers, request.query_params.get("$format"))
    return respond_json({"@odata.context": f"{root_of(request)}$metadata", **service_document(SETS)}, form)


@router.get("/$metadata", name="odata_metadata")
def get_metadata() -> Response:
    """What every row has, as CSDL in XML."""
    return Response(write_metadata(SETS).encode(), media_type="application/xml;charset=utf-8")


for _each in SETS:
    _serve(_each)


@router.get("/{rest:path}", name="odata_nowhere")
def find_nothing(rest: str) -> Response:
    """What to say of any other address."""
    names = tuple(each.name for each in SETS)
    if rest.partition("/")[0].partition("(")[0] in names or rest.startswith("$"):
        raise UnsupportedError("This address is OData's and not supported: there are sets, SET('KEY') and SET/$count.")
    raise NotFoundError("There is no such set.", options=names)


def _answer_rows(entity_set: EntitySet, request: Request, service: Service) -> Response:
    own, ours = system_options(request.query_params.multi_items())
    form = json_form(request.headers, dict(own).get("$format"))
    asked = read_options(entity_set, own)
    most, heeded = page_rows(request.headers)
    source = _source(entity_set, ours, service)
    page = read_page(service.store, source, asked, most, service.store.zone)
    content: dict[str, Any] = {"@odata.context": _context(request, asked, entity_set)}
    if asked.count:
        content["@odata.count"] = count_rows(service.store, source, asked.filter)
    content["value"] = page.rows
    if page.next:
        left = None if asked.top is None else asked.top - len(page.rows)
        content["@odata.nextLink"] = next_link(request, entity_set.name, page.next, left)
    return respond_json(content, form, {"Preference-Applied": heeded} if heeded else None)


def _answer_one(entity_set: EntitySet, request: Request, service: Service, key: str) -> Response:
    own, ours = system_options(request.query_params.multi_items())
    form = json_form(request.headers, dict(own).get("$format"))
    wanted = read_options(entity_set, own)
    asked = replace(read_key(entity_set, key), select=wanted.select, partly=wanted.partly)
    page = read_page(service.store, _source(entity_set, ours, service), asked, 1, service.store.zone)
    if not page.rows:
        raise NotFoundError(f"{entity_set.name} has no row with this key.", field=entity_set.key.name)
    return respond_json({"@odata.context": f"{_context(request, asked, entity_set)}/$entity", **page.rows[0]}, form)


def _context(request: Request, asked: Asked, entity_set: EntitySet) -> str:
    """What the answer is a part of."""
    shown = f"({','.join(each.name for each in asked.select)})" if asked.partly else ""
    return f"{root_of(request)}$metadata#{entity_set.name}{shown}"


def _source(entity_set: EntitySet, ours: list[tuple[str, str]], service: Service) -> Source:
    """What the set holds for our own parameters. Raises what the call of /v1 raises for those."""
    if entity_set is TRENDS:
        return _read(TrendFeedQuery, ours).source(service)
    if entity_set is KPIS:
        return _read(KpiFeedQuery, ours).source(service)
    if entity_set in STORED:
        return source_of_rows(entity_set, _read(FilterQuery, ours).filters)
    _read(Query, ours)
    return source_of_figures(entity_set, definitions(entity_set))


def _read(query: type[Known], ours: list[tuple[str, str]]) -> Known:
    """Our parameters as the model has them: lists where it has lists, else the last one that was given."""
    listed = {field.alias or name for name, field in query.model_fields.items() if get_origin(field.annotation) is list}
    given = {
        name: values if name in listed or name.startswith(ATTRIBUTE_PREFIX) else values[-1]
        for name, values in lists_of(ours).items()
    }
    try:
        return query.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("query", *each["loc"])} for each in error.errors()]) from None
