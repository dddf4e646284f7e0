"""The audit log: who did what."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.parameters import PageQuery
from api.schemas import AuditPage
from api.service import Running
from voc.access import AuditEntry
from voc.store import Page

router = APIRouter(tags=["access"])


@router.get("/v1/audit", summary="Who did what, the newest first", response_model=AuditPage)
def list_audit(service: Running, query: Annotated[PageQuery, Query()]) -> Page[AuditEntry]:
    """All calls but those for static files and health; the last second's reads may be missing."""
    return service.store.list_audit(limit=query.limit, cursor=query.cursor)
