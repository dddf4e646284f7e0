"""Which records are worth a person's look."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field

from api.correction_schemas import ReviewPage
from api.parameters import SEED, FilterQuery, PageQuery
from api.said import unless_hidden
from api.service import Running
from voc.corrections.correction import Queue
from voc.corrections.review import find_offers
from voc.export import record_of
from voc.tagging import read_thresholds

router = APIRouter(tags=["corrections"])


class ReviewQuery(FilterQuery, PageQuery):
    """The queue, and which records of it."""

    model_config = ConfigDict(extra="allow")

    queue: Queue = Field("uncertain", description="uncertain, disagrees, random or spike")
    seed: str | None = Field(
        None, pattern=SEED, description="of the random queue: that of another week's draw", examples=["1405-W07"]
    )


@router.get("/v1/review", summary="Records that are worth a look", response_model=ReviewPage)
def list_review(service: Running, request: Request, query: Annotated[ReviewQuery, Query()]) -> dict[str, Any]:
    """Of which the model was least sure, where the customer's score disagrees, what a spike is made of, or drawn by lot.

    What was corrected or confirmed already is left out; of the random queue it comes at the end, as the model reads it, for a
    second opinion by somebody else.
    """
    now, thresholds = datetime.now(service.store.zone), read_thresholds(service.settings.model)
    page = find_offers(
        service.store,
        query.queue,
        thresholds=thresholds,
        now=now,
        seed=query.seed,
        by=request.state.caller.key_id,
        filters=query.filters,
        limit=query.limit,
        cursor=query.cursor,
    )
    records = unless_hidden(service, [each.record for each in page.items], request.state.caller)
    items = [
        {"record": record_of(record), "what": each.what, "reviewed": each.reviewed}
        for record, each in zip(records, page.items, strict=True)
    ]
    return {"queue": query.queue, "seed": page.seed, "left": page.left, "items": items, "next": page.next}
