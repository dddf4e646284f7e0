"""What has changed since the last time: for those who keep a copy and ask every night."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.parameters import Query as Parameters
from api.schemas import ChangePage
from api.service import Running
from voc.export import change_item
from voc.store import BEGINNING

router = APIRouter(tags=["changes"])


class ChangeQuery(Parameters):
    """From where on, and how many at once."""

    since: str | None = Field(
        None, max_length=200, description=f"the `next` of the answer before; without, or with `{BEGINNING}`, everything"
    )
    limit: int = Field(50, ge=1, le=1000, description="how many changes at once")


@router.get(
    "/v1/changes",
    summary="What was stored, tagged, corrected or deleted since",
    response_model=ChangePage,
    response_model_exclude_unset=True,
)
def list_changes(service: Running, query: Annotated[ChangeQuery, Query()]) -> dict[str, Any]:
    """In order, each state of a record once; who applies them has what is here. Of a deleted record only the id is told.

    `next` is there on the last page as well, for the next time; `more` says whether there is something after it already. 410
    where the cursor is older than 90 days of changes or of another database: then start anew.
    """
    page = service.store.find_changes(limit=query.limit, since=query.since)
    return {"items": list(map(change_item, page.items)), "next": page.next, "more": page.more}
