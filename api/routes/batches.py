"""Batches: sending one in, watching it being tagged, seeing what was refused, and removing it with all that came of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.parameters import PageQuery
from api.routes.export import gather
from api.schemas import BatchOut, BatchPage, RecordsIn, RejectPage
from api.service import Running, Service
from api.uploads import receive_file, receive_records, shown_name
from voc.errors import NotFoundError
from voc.export import FORMATS, columns_of, stream_rows_as
from voc.intake import take_file, take_records
from voc.records import Batch, Reject
from voc.store import Page

router = APIRouter(prefix="/v1/batches", tags=["batches"])

EVENTS_EVERY_S: Final = 0.5
RECORDS_NAME: Final = "JSON"
_ACCEPTED: Final = "CSV, TSV, XLSX, XLS, JSON, JSONL or Parquet; of conversations also WebVTT, SRT, EML and text"
_FORM: Final = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": _ACCEPTED},
        "mapping": {"type": "string", "description": 'JSON: our field → their header, such as {"text": "نظر مشتری"}'},
        "name": {"type": "string", "description": "shown instead of the file's name"},
    },
}
UPLOAD_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "application/json": {"schema": RecordsIn.model_json_schema()},
        },
    }
}

IdempotencyKey = Annotated[str | None, Header(max_length=200, description="the same key again gives the same batch")]


class RejectQuery(PageQuery):
    """Paging, or all at once as a file."""

    format: Literal["json", "csv"] = Field("json", description="csv has all of them, whatever the limit")


@router.post(
    "",
    status_code=202,
    response_model=BatchOut,
    summary="Send in feedback: a file, or records as JSON",
    responses={200: {"model": BatchOut, "description": "The same content or key came before: this is its batch"}},
    openapi_extra=UPLOAD_BODY,
)
async def create_batch(service: Running, request: Request, response: Response, idempotency_key: IdempotencyKey = None) -> Batch:
    """All rows are durable when the answer comes; they are tagged in the background. Watch …/events, or ask again."""
    arrived = datetime.now(UTC)
    batch = await take_upload(service, request, idempotency_key)
    if batch.created_at < arrived:
        response.status_code = 200
    response.headers["Location"] = f"/v1/batches/{batch.id}"
    return batch


async def take_upload(service: Service, request: Request, idempotency_key: str | None = None) -> Batch:
    """The batch that a request's file or records became, or had become before."""
    take = {"multipart/form-data": _take_file, "application/json": _take_records}.get(upload_kind(request))
    if take is None:
        raise HTTPException(415, "Send a multipart form with the field 'file', or application/json with 'records'.")
    batch = await take(service, request, idempotency_key)
    request.state.target = batch.id  # for the audit log
    service.engine.wake()
    return batch


def upload_kind(request: Request) -> str:
    """The content type of a request, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


@router.get("", summary="All batches, the newest first", response_model=BatchPage)
def list_batches(service: Running, query: Annotated[PageQuery, Query()]) -> Page[Batch]:
    """With how far each has come."""
    page = service.store.list_batches(limit=query.limit, cursor=query.cursor)
    return Page(service.engine.describe_all(page.items), page.next)


@router.get("/{batch_id}", summary="How far a batch has come", response_model=BatchOut)
def get_batch(service: Running, batch_id: str) -> Batch:
    """Counts, speed, seconds left, and how its columns were understood."""
    return read_batch(service, batch_id)


@router.get(
    "/{batch_id}/rejects",
    summary="The rows that were refused, and why",
    response_model=RejectPage,
    responses={200: {"content": {"text/csv": {}}}},
)
def list_rejects(service: Running, batch_id: str, query: Annotated[RejectQuery, Query()]) -> Any:
    """In the order of the source; `format=csv` downloads all of them."""
    if query.format == "json":
        return service.store.list_rejects(batch_id, limit=query.limit, cursor=query.cursor)
    service.store.get_batch(batch_id)  # a wrong id is a 404 before the answer begins
    rows = map(asdict, service.store.stream_rejects(batch_id))
    pieces = gather(stream_rows_as(rows, "csv", columns_of(Reject)))
    disposition = f'attachment; filename="{batch_id}-rejects.csv"'
    return StreamingResponse(pieces, media_type=FORMATS["csv"], headers={"Content-Disposition": disposition})


def existing_batch(service: Running, batch_id: str) -> Batch:
    """The batch of the path, looked up before an answer begins, so that a wrong id is a 404."""
    return read_batch(service, batch_id)


@router.get(
    "/{batch_id}/events",
    summary="Progress as server-sent events",
    response_class=EventSourceResponse,
    response_model=None,
)
async def watch_batch(
    service: Running, batch_id: str, batch: Annotated[Batch, Depends(existing_batch)]
) -> AsyncIterator[ServerSentEvent]:
    """`progress` events with the batch until one `done` event; `gone` where the batch is deleted meanwhile."""
    while batch.status == "tagging":
        yield _event("progress", batch)
        await asyncio.sleep(EVENTS_EVERY_S)
        try:
            batch = await run_in_threadpool(read_batch, service, batch_id)
        except NotFoundError:
            yield ServerSentEvent(event="gone", data={"id": batch_id})
            return
    yield _event("done", batch)


@router.delete("/{batch_id}", status_code=204, summary="Remove a batch and all that came from it")
def delete_batch(service: Running, batch_id: str) -> None:
    """Rows, tags and refusals are gone when the answer comes."""
    service.store.delete_batch(batch_id)


def read_batch(service: Service, batch_id: str) -> Batch:
    """The batch with its speed and the seconds left."""
    return service.engine.describe(service.store.get_batch(batch_id))


async def _take_file(service: Service, request: Request, key: str | None) -> Batch:
    async with receive_file(request) as upload:
        return await run_in_threadpool(
            take_file,
            service.store,
            upload.path,
            name=upload.name,
            mapping=upload.mapping,
            idempotency_key=key,
            settings=service.settings,
        )


async def _take_records(service: Service, request: Request, key: str | None) -> Batch:
    given = await receive_records(request)
    return await run_in_threadpool(
        take_records,
        service.store,
        given.records,
        name=shown_name(given.name) or RECORDS_NAME,
        mapping=given.mapping,
        idempotency_key=key,
        settings=service.settings,
    )


def _event(name: str, batch: Batch) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=BatchOut.model_validate(batch).model_dump(mode="json"))
