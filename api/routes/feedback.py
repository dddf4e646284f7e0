"""Tagged records: those that pass the filters, page by page, or one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from api.parameters import FilterQuery, PageQuery
from api.schemas import FeedbackPage, OriginalOut, Record
from api.service import Running
from voc.export import record_of

router = APIRouter(tags=["feedback"])


class FeedbackQuery(FilterQuery, PageQuery):
    """Filters and paging."""

    model_config = ConfigDict(extra="allow")


@router.get("/v1/feedback", summary="Tagged records that pass the filters", response_model=FeedbackPage)
def list_feedback(service: Running, query: Annotated[FeedbackQuery, Query()]) -> dict[str, Any]:
    """The last arrived first; tags are null while a text waits for the tagger. Attributes filter as `attr.NAME=value`.

    Conversations stand among them, without their turns.
    """
    page = service.store.find_feedback(query.filters, limit=query.limit, cursor=query.cursor)
    return {"items": list(map(record_of, page.items)), "next": page.next}


@router.get("/v1/feedback/{feedback_id}", summary="One tagged record", response_model=Record)
def get_feedback(service: Running, feedback_id: str) -> dict[str, Any]:
    """The record with this id, such as `f1024`; of a conversation, with its turns."""
    return record_of(service.store.get_feedback(feedback_id))


@router.get("/v1/feedback/{feedback_id}/original", summary="The text of a record from before masking")
def get_original(service: Running, feedback_id: str) -> OriginalOut:
    """Kept only where VOC_ORIGINALS_KEY is set and masking changed something; of a conversation, what the customer said.

    404 where none is kept; 409 where the key is missing or another than the one that it was sealed with.
    """
    return OriginalOut(id=feedback_id, text=service.store.get_original(feedback_id))
