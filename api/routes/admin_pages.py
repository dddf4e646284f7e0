"""The page for whoever runs the service: its health, its keys, and who did what."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from api.correcting import Sent, first_of
from api.parameters import Query as Parameters
from api.rendering import render
from api.schemas import KeyIn
from api.service import Running, Service
from api.tongue import say
from voc.errors import InputError
from voc.store import Filters
from voc.trends import compute_trend

router = APIRouter(include_in_schema=False)

MOST_KEYS: Final = 1_000
AUDIT_SHOWN: Final = 30


class AdminQuery(Parameters):
    """Which page of the audit log is shown."""

    cursor: str | None = None


@router.get("/admin")
def show_admin(request: Request, service: Running, query: Annotated[AdminQuery, Query()]) -> HTMLResponse:
    """Health, keys and the audit log."""
    return _page(request, service, query.cursor)


@router.post("/admin/keys")
def create_key_page(request: Request, service: Running, sent: Sent) -> HTMLResponse:
    """What the form for a new key sends; the key is on the page that answers and nowhere else."""
    try:
        asked = KeyIn.model_validate({name: first_of(sent, name).strip() for name in ("name", "scope")})
    except ValidationError:
        raise InputError(
            "A key needs a name and one of the scopes.", field="name", options=("read", "write", "admin")
        ) from None
    key, secret = service.access.keyring.make(asked.name, asked.scope, datetime.now(UTC))
    request.state.target = key.id
    return _page(request, service, made=(key.name, secret))


@router.post("/admin/keys/{key_id}/revoke")
def revoke_key_page(service: Running, key_id: str) -> RedirectResponse:
    """What the button beside a key sends."""
    service.access.keyring.revoke(key_id, datetime.now(UTC))
    return RedirectResponse("/admin", status_code=303)


def _page(request: Request, service: Service, cursor: str | None = None, made: tuple[str, str] | None = None) -> HTMLResponse:
    audit = service.store.list_audit(limit=AUDIT_SHOWN, cursor=cursor)
    return render(
        request,
        "admin.html",
        health=_health(service),
        keys=sorted(service.store.list_keys(limit=MOST_KEYS).items, key=lambda key: key.revoked_at is not None),
        made=made,
        audit=audit.items,
        next_audit=audit.next,
    )


def _health(service: Service) -> Sequence[tuple[str, Any]]:
    problem = service.engine.problem
    rows = sum(row.n for row in compute_trend(service.store, "volume", bucket=None, filters=Filters()))
    tagged = sum(row.n for row in compute_trend(service.store, "sentiment", bucket=None, filters=Filters()))
    return (
        (say("مدل"), say("، ").join((service.identity.name, say("آماده") if service.model_loaded() else say("در راه")))),
        (say("نظرها"), rows),
        (say("خوانده‌نشده"), rows - tagged),
        (say("خواندن"), say("ایستاده است") if problem else (say("بی‌کار") if service.engine.idle else say("در کار"))),
        (say("پایگاه داده"), service.store.name),
    )
