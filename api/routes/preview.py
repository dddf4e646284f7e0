"""A look at an upload before it is sent in for good."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.routes.batches import UPLOAD_BODY, upload_kind
from api.schemas import PreviewOut
from api.service import Running, Service
from api.uploads import receive_file, receive_records
from voc.export import record_of
from voc.intake import open_file, open_records
from voc.preview import Preview, RowPreview, preview
from voc.records import TaggedFeedback

router = APIRouter(prefix="/v1/preview", tags=["batches"])


@router.post(
    "",
    response_model=PreviewOut,
    summary="How a file or records would be understood, nothing stored",
    openapi_extra=UPLOAD_BODY,
)
async def preview_upload(service: Running, request: Request) -> dict[str, Any]:
    """Takes what POST /v1/batches takes; gives columns with examples, the first rows, and what would be refused of them."""
    return told(await look_at(service, request))


async def look_at(service: Service, request: Request) -> Preview:
    """The preview of a request's file or records; the file is gone when this returns."""
    kind = upload_kind(request)
    if kind == "multipart/form-data":
        found, _ = await look_at_file(service, request)
        return found
    if kind == "application/json":
        given = await receive_records(request)
        return await run_in_threadpool(
            lambda: preview(open_records(given.records, given.mapping, service.settings, keep_originals=False))
        )
    raise HTTPException(415, "Send a multipart form with the field 'file', or application/json with 'records'.")


async def look_at_file(service: Service, request: Request) -> tuple[Preview, str]:
    """The preview of the file in a form, and its name."""
    async with receive_file(request) as upload:
        found = await run_in_threadpool(
            lambda: preview(open_file(upload.path, upload.name, upload.mapping, service.settings, keep_originals=False))
        )
        return found, upload.name


def told(found: Preview) -> dict[str, Any]:
    """The preview as the API says it."""
    names = ("format", "encoding", "rows_estimate", "columns", "read", "accepted", "rejected", "rejects", "notices")
    return {name: getattr(found, name) for name in names} | {"items": [_row(each) for each in found.rows]}


def _row(row: RowPreview) -> dict[str, Any]:
    return record_of(TaggedFeedback("", "", row.feedback, None)) | {"occurred_jalali": row.occurred_jalali}
