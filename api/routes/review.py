"""Which records are worth a person's look."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from api.correction_schemas import ReviewPage
from api.parameters import FilterQuery, PageQuery
from api.service import Running
from voc.corrections.correction import Queue
from voc.corrections.review import count_offers, find_offers, seed_of
from voc.export import record_of
from voc.tagging import read_thresholds

router = APIRouter(tags=["corrections"])


class ReviewQuery(FilterQuery, PageQuery):
    """The queue, and which records of it."""

    model_config = ConfigDict(extra="allow")

    queue: Queue = Field("uncertain", description="uncertain, disagrees, random or spike")
    seed: str | None = Field(
        None, max_length=20, description="of the random queue: that of another week's draw", examples=["1405-W07"]
    )


@router.get("/v1/review", summary="Records that are worth a look", response_model=ReviewPage)
def list_review(service: Running, query: Annotated[ReviewQuery, Query()]) -> dict[str, Any]:
    """Of which the model was least sure, where the customer's score disagrees, what a spike is made of, or drawn by lot.

    What was corrected or confirmed already is left out; of the random queue it comes at the end, for a second opinion.
    """
    now, thresholds = datetime.now(service.store.zone), read_thresholds(service.settings.model)
    seed = (query.seed or seed_of(now)) if query.queue == "random" else None
    left = count_offers(service.store, query.queue, thresholds=thresholds, now=now, filters=query.filters)
    page = find_offers(
        service.store,
        query.queue,
        thresholds=thresholds,
        now=now,
        seed=seed,
        filters=query.filters,
        limit=query.limit,
        cursor=query.cursor,
    )
    items = [{"record": record_of(each.record), "what": each.what, "reviewed": each.reviewed} for each in page.items]
    return {"queue": query.queue, "seed": seed, "left": left, "items": items, "next": page.next}
