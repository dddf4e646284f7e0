"""The views for SQL tools as a file of their own, for the database itself can be open in one process only."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.routes.export import PIECE_BYTES
from api.service import Running

router = APIRouter(tags=["export"])

MEDIA_TYPE: Final = "application/vnd.duckdb"


@router.get("/v1/export/database", summary="The views of kpi_v1 as a DuckDB file", response_class=StreamingResponse)
def export_database(service: Running) -> StreamingResponse:
    """All tables for SQL tools as they are at this moment. Uploads and tagging go on meanwhile; memory stays flat."""
    file = service.store.open_snapshot()
    headers = {"Content-Disposition": 'attachment; filename="kpi_v1.duckdb"', "Content-Length": str(_size(file))}
    return StreamingResponse(_pieces(file), media_type=MEDIA_TYPE, headers=headers)


def _size(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
