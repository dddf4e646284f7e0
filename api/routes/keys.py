"""Access keys: made, listed and revoked by those who hold one with the scope admin."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.parameters import PageQuery
from api.schemas import KeyIn, KeyMade, KeyPage
from api.service import Running
from voc.access import Key
from voc.store import Page

router = APIRouter(prefix="/v1/keys", tags=["access"])


@router.get("", summary="All access keys, the newest first", response_model=KeyPage)
def list_keys(service: Running, query: Annotated[PageQuery, Query()]) -> Page[Key]:
    """With when each was last used, to the minute; revoked ones stay in the list. No key can be seen again."""
    return service.store.list_keys(limit=query.limit, cursor=query.cursor)


@router.post("", status_code=201, summary="Make an access key", response_model=KeyMade)
def create_key(service: Running, request: Request, given: KeyIn) -> KeyMade:
    """`key` is in this answer and nowhere else: keep it now. The first key closes the service, so it must be an admin's."""
    key, secret = service.access.keyring.make(given.name, given.scope, datetime.now(UTC))
    request.state.target = key.id
    return KeyMade(id=key.id, name=key.name, scope=key.scope, created_at=key.created_at, key=secret)


@router.delete("/{key_id}", status_code=204, summary="Revoke an access key")
def revoke_key(service: Running, key_id: str) -> None:
    """It and the sessions that were opened with it are refused from now on."""
    service.access.keyring.revoke(key_id, datetime.now(UTC))
