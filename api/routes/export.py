"""The same answers as files for other tools, written while they are sent: memory does not grow with their size."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.parameters import FilterQuery
from api.parameters import Query as Parameters
from api.routes.kpis import KpiQuery, get_kpis
from api.routes.trends import TrendQuery, get_trends
from api.schemas import KpiPage, TrendPage
from api.service import Running, Service
from voc.corrections.files import stream_corrections_as
from voc.errors import InputError
from voc.export import (
    ENDINGS,
    FORMATS,
    stream_changes_as,
    stream_feedback_as,
    stream_figures_as,
    stream_turns_as,
)
from voc.kpis import KpiRow
from voc.store import BEGINNING, Filters, only_conversations
from voc.trends import TrendRow

router = APIRouter(prefix="/v1/export", tags=["export"])

PIECE_BYTES: Final = 64 * 1024
Format = Annotated[str, Field(description=", ".join(FORMATS), examples=["csv"])]


class RecordExportQuery(FilterQuery):
    """Filters, the format, and where a download that broke goes on."""

    model_config = ConfigDict(extra="allow")

    format: Format = "csv"
    after: str | None = Field(
        None, max_length=20, description="the id of the last record that has arrived already", examples=["f1024"]
    )


class FeedbackExportQuery(RecordExportQuery):
    """The same, or instead of the filters a cursor of the changes."""

    model_config = ConfigDict(extra="allow")

    since: str | None = Field(
        None,
        max_length=200,
        description=f"a cursor of /v1/changes or of the last row of such a file, or `{BEGINNING}`: the changes after it;"
        " takes no filters",
    )

    def check_alone(self) -> None:
        """Raises InputError where `since` is narrowed: a row that no longer passes a filter would stay with its reader."""
        if self.since and (self.after or self.filters != Filters()):
            raise InputError("since: the changes are of all records; it takes no filters and no `after`.", field="since")


class CorrectionExportQuery(Parameters):
    """The format."""

    format: Format = "jsonl"


class TrendExportQuery(TrendQuery):
    """A series and the format."""

    format: Format = "csv"


class KpiExportQuery(KpiQuery):
    """KPIs and the format."""

    format: Format = "csv"


@router.get("/feedback", summary="Tagged records as a file", response_class=StreamingResponse)
def export_feedback(service: Running, query: Annotated[FeedbackExportQuery, Query()]) -> StreamingResponse:
    """All records that pass the filters, in order of arrival. JSONL has the record of the API, the others one flat row.

    A download that broke goes on with `after`, the id of the last whole row. With `since`, the changes after that cursor in
    place of the filters: each row has its `change`, of a deleted record the id alone, and the `cursor` to go on from it.
    """
    query.check_alone()
    if query.since:
        changes = service.store.stream_changes(query.since)
        return download(stream_changes_as(changes, query.format, service.store.zone), query.format, "changes", _now(service))
    records = service.store.stream_feedback(query.filters, after=query.after)
    return download(stream_feedback_as(records, query.format, service.store.zone), query.format, "feedback", _now(service))


@router.get("/conversations", summary="Conversations as a file, a row for each turn", response_class=StreamingResponse)
def export_conversations(service: Running, query: Annotated[RecordExportQuery, Query()]) -> StreamingResponse:
    """The turns of all conversations that pass the filters, with what was found in the words of each.

    A download that broke goes on with `after`, the id of the last conversation of which all turns have arrived.
    """
    records = service.store.stream_feedback(only_conversations(query.filters), after=query.after)
    return download(stream_turns_as(records, query.format, service.store.zone), query.format, "conversations", _now(service))


@router.get("/corrections", summary="What people say in place of the model, as a file", response_class=StreamingResponse)
def export_corrections(service: Running, query: Annotated[CorrectionExportQuery, Query()]) -> StreamingResponse:
    """The corrections and confirmations that hold, in the order in which they do, each with the ids of its record and the first
    digits of the SHA-256 of its text; without the text. POST /v1/corrections/import takes the rows of the JSONL again.
    """
    pieces = stream_corrections_as(service.store.corrections.stream(), query.format, service.store.zone)
    return download(pieces, query.format, "corrections", _now(service))


@router.get("/trends", summary="A series as a file", response_class=StreamingResponse)
def export_trends(service: Running, query: Annotated[TrendExportQuery, Query()]) -> StreamingResponse:
    """The rows of /v1/trends: as they are in JSONL, elsewhere in one level."""
    if query.format == "jsonl":
        page = TrendPage.model_validate(get_trends(service, query))
        return download(_lines(page.items), query.format, "trends", _now(service))
    pieces = stream_figures_as(query.compute(service.store), query.format, TrendRow)
    return download(pieces, query.format, "trends", _now(service))


@router.get("/kpis", summary="KPI values as a file", response_class=StreamingResponse)
def export_kpis(service: Running, query: Annotated[KpiExportQuery, Query()]) -> StreamingResponse:
    """The rows of /v1/kpis: as they are in JSONL, elsewhere in one level."""
    if query.format == "jsonl":
        page = KpiPage.model_validate(get_kpis(service, query))
        return download(_lines(page.items), query.format, "kpis", _now(service))
    pieces = stream_figures_as(query.compute(service), query.format, KpiRow)
    return download(pieces, query.format, "kpis", _now(service))


def _lines(items: Iterable[BaseModel]) -> Iterator[bytes]:
    return (item.model_dump_json().encode() + b"\n" for item in items)


def download(pieces: Iterable[bytes], format: str, name: str, now: datetime) -> StreamingResponse:
    """A file that a browser saves as `NAME-YYYYMMDD.ENDING`.

    The first piece is made before the answer begins, so that what is wrong is still a problem document.
    """
    chunks = gather(pieces)
    first = next(chunks, b"")
    return StreamingResponse(
        chain((first,), chunks),
        media_type=FORMATS[format],
        headers={"Content-Disposition": f'attachment; filename="{name}-{now:%Y%m%d}.{ENDINGS[format]}"'},
    )


def gather(pieces: Iterable[bytes], size: int = PIECE_BYTES) -> Iterator[bytes]:
    """Small pieces joined to ones of at least `size`: each piece costs a change of threads on its way out."""
    joined = bytearray()
    for piece in pieces:
        joined += piece
        if len(joined) >= size:
            yield bytes(joined)
            joined.clear()
    if joined:
        yield bytes(joined)


def _now(service: Service) -> datetime:
    return datetime.now(service.settings.zone)
