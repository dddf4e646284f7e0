"""The same answers as files for other tools, written while they are sent: memory does not grow with their size."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.parameters import FilterQuery
from api.routes.kpis import KpiQuery
from api.routes.trends import TrendQuery
from api.service import Running
from voc.export import FORMATS, columns_of, figure_row, stream_feedback_as, stream_rows_as
from voc.kpis import KpiRow
from voc.trends import TrendRow

router = APIRouter(prefix="/v1/export", tags=["export"])

PIECE_BYTES: Final = 64 * 1024
Format = Annotated[str, Field(description=", ".join(FORMATS), examples=["csv"])]


class FeedbackExportQuery(FilterQuery):
    """Filters and the format."""

    format: Format = "csv"


class TrendExportQuery(TrendQuery):
    """A series and the format."""

    format: Format = "csv"


class KpiExportQuery(KpiQuery):
    """KPIs and the format."""

    format: Format = "csv"


@router.get("/feedback", summary="Tagged records as a file", response_class=StreamingResponse)
def export_feedback(service: Running, query: Annotated[FeedbackExportQuery, Query()]) -> StreamingResponse:
    """All records that pass the filters, in order of arrival. JSONL has the record of the API, the others one flat row."""
    pieces = stream_feedback_as(service.store.stream_feedback(query.filters), query.format)
    return download(pieces, query.format, "feedback", datetime.now(service.settings.zone))


@router.get("/trends", summary="A series as a file", response_class=StreamingResponse)
def export_trends(service: Running, query: Annotated[TrendExportQuery, Query()]) -> StreamingResponse:
    """The rows of /v1/trends."""
    pieces = stream_rows_as(
        (figure_row(row, query.format) for row in query.compute(service.store)), query.format, columns_of(TrendRow)
    )
    return download(pieces, query.format, "trends", datetime.now(service.settings.zone))


@router.get("/kpis", summary="KPI values as a file", response_class=StreamingResponse)
def export_kpis(service: Running, query: Annotated[KpiExportQuery, Query()]) -> StreamingResponse:
    """The rows of /v1/kpis."""
    pieces = stream_rows_as((figure_row(row, query.format) for row in query.compute(service)), query.format, columns_of(KpiRow))
    return download(pieces, query.format, "kpis", datetime.now(service.settings.zone))


def download(pieces: Iterable[bytes], format: str, name: str, now: datetime) -> StreamingResponse:
    """A file that a browser saves as `NAME-YYYYMMDD.FORMAT`.

    The first piece is made before the answer begins, so that what is wrong is still a problem document.
    """
    chunks = gather(pieces)
    first = next(chunks, b"")
    return StreamingResponse(
        chain((first,), chunks),
        media_type=FORMATS[format],
        headers={"Content-Disposition": f'attachment; filename="{name}-{now:%Y%m%d}.{format}"'},
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
