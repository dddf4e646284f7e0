"""The page on which people go through what is worth a look, one text after the other."""

from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from api.correcting import offered, shown_by
from api.filtering import PageFilters, make_form
from api.parameters import SEED, OfferQuery
from api.rendering import render
from api.said import asked_unseen, offer_words, rows_of
from api.service import Running
from api.titles import QUEUE_PURPOSES, QUEUES
from api.tongue import say
from voc.corrections.correction import Queue
from voc.corrections.review import find_offers
from voc.tagging import read_thresholds

router = APIRouter(include_in_schema=False)

OFFERS_SHOWN: Final = 10


class ReviewPageQuery(PageFilters):
    """Which queue, which records of it, and where it goes on."""

    queue: Queue = "uncertain"
    seed: str | None = Field(None, pattern=SEED)
    cursor: str | None = Field(None, max_length=200)


@router.get("/review")
def show_review(request: Request, service: Running, query: Annotated[ReviewPageQuery, Query()]) -> HTMLResponse:
    """The first texts of a queue with their forms; scripts show one at a time and fetch the next."""
    caller = request.state.caller
    page = find_offers(
        service.store,
        query.queue,
        thresholds=read_thresholds(service.settings.model),
        now=datetime.now(service.store.zone),
        seed=query.seed,
        by=caller.key_id,
        filters=query.filters,
        limit=OFFERS_SHOWN,
        cursor=query.cursor,
    )
    asked = [("queue", query.queue), *([("seed", query.seed)] if query.seed else [])]
    filters = make_form("/review", query, service, also=asked)
    rows = rows_of(service, [offer.record for offer in page.items], hidden_from=asked_unseen(caller, query.queue))
    return render(
        request,
        "review.html",
        filters=filters,
        queue=query.queue,
        offer=OfferQuery(queue=query.queue, seed=page.seed).as_sent,
        queues=[(name, say(title)) for name, title in QUEUES.items()],
        purpose=say(QUEUE_PURPOSES[query.queue]),
        items=[(row, offer_words(offer, query.queue), offer.reviewed) for row, offer in zip(rows, page.items, strict=True)],
        left=page.left,
        seed=page.seed,
        reviewed=service.store.corrections.count_reviewed(),
        offered=offered(),
        shown_by=shown_by,
        next=f"/review?{urlencode(asked)}{filters.query_more}",
        next_page=page.next and urlencode({"queue": query.queue, "seed": page.seed or "", "cursor": page.next}),
    )
