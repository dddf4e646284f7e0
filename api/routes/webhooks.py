"""Webhooks: whom to tell of what happens, what was told, and telling it again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.parameters import PageQuery
from api.schemas import (
    DeliveryOut,
    DeliveryPage,
    ReplayedOut,
    ReplayIn,
    RotateIn,
    WebhookChangeIn,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookPage,
)
from api.service import Running
from voc.errors import InputError
from voc.store import Page
from voc.webhooks.endpoint import (
    Delivery,
    DeliveryStatus,
    Webhook,
    check_description,
    check_events,
    check_url,
    make_secret,
    make_webhook,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


class DeliveryQuery(PageQuery):
    """Paging, and which deliveries are wanted."""

    status: DeliveryStatus | None = Field(None, description="waiting, delivered or failed; all when left out")


@router.post("", status_code=201, summary="Have an endpoint told of events", response_model=WebhookMade)
def create_webhook(service: Running, request: Request, given: WebhookIn) -> Webhook:
    """`secret` is in this answer and nowhere else: the endpoint verifies with it. It is told of what happens from now on."""
    webhook = make_webhook(
        given.url,
        given.events,
        datetime.now(UTC),
        description=given.description,
        include_text=given.include_text,
        private=service.settings.webhook_private,
    )
    service.store.webhooks.add(webhook)
    request.state.target = webhook.id
    return webhook


@router.get("", summary="All webhooks, the newest first", response_model=WebhookPage)
def list_webhooks(service: Running, query: Annotated[PageQuery, Query()]) -> Page[Webhook]:
    """Without their secrets, which cannot be seen again."""
    return service.store.webhooks.page(limit=query.limit, cursor=query.cursor)


@router.get("/{webhook_id}", summary="One webhook", response_model=WebhookOut)
def get_webhook(service: Running, webhook_id: str) -> Webhook:
    """What it is told of, since when it fails, and why it is disabled, if it is."""
    return service.store.webhooks.get(webhook_id)


@router.patch("/{webhook_id}", summary="Change, disable or enable a webhook", response_model=WebhookOut)
def change_webhook(service: Running, webhook_id: str, given: WebhookChangeIn) -> Webhook:
    """What is left out stays. What waits for a webhook that gets disabled is given up; replay it when it is enabled."""
    changes = _checked(given, service.settings.webhook_private)
    now = datetime.now(UTC)
    changed = service.store.webhooks.change(
        webhook_id, lambda webhook: _switched(replace(webhook, **changes), given.enabled, now)
    )
    service.webhooks.wake(webhook_id)
    return changed


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook")
def delete_webhook(service: Running, webhook_id: str) -> None:
    """Its deliveries go with it, those that wait too."""
    service.store.webhooks.remove(webhook_id)


@router.post("/{webhook_id}/secret", summary="Give a webhook a new secret", response_model=WebhookMade)
def rotate_secret(service: Running, webhook_id: str, given: RotateIn) -> Webhook:
    """The old one signs beside it for the hours that are asked for; one that was older still signs no more."""
    until = datetime.now(UTC) + timedelta(hours=given.old_valid_h)
    return service.store.webhooks.rotate(webhook_id, make_secret(), until)


@router.post("/{webhook_id}/test", status_code=202, summary="Send a test event", response_model=DeliveryOut)
def test_webhook(service: Running, webhook_id: str) -> Delivery:
    """An event of the type webhook.test is on its way; its delivery says what became of it."""
    service.webhooks.wake(webhook_id)
    return service.store.webhooks.try_out(webhook_id, datetime.now(UTC))


@router.get("/{webhook_id}/deliveries", summary="What a webhook was told", response_model=DeliveryPage)
def list_deliveries(service: Running, webhook_id: str, query: Annotated[DeliveryQuery, Query()]) -> Page[Delivery]:
    """The newest first, for thirty days; never a customer's words."""
    return service.store.webhooks.deliveries(webhook_id, status=query.status, limit=query.limit, cursor=query.cursor)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202, summary="Deliver once more", response_model=DeliveryOut
)
def replay_delivery(service: Running, webhook_id: str, delivery_id: str) -> Delivery:
    """Under the same webhook-id, so that a receiver that had it can drop it."""
    replayed = service.store.webhooks.replay(webhook_id, delivery_id, datetime.now(UTC))
    service.webhooks.wake(webhook_id)
    return replayed


@router.post("/{webhook_id}/replay", status_code=202, summary="Deliver what failed once more", response_model=ReplayedOut)
def replay_failed(service: Running, webhook_id: str, given: ReplayIn) -> dict[str, Any]:
    """All deliveries that were given up and whose event happened since then, in their order."""
    try:
        since = given.since.astimezone(UTC)
    except OverflowError as error:
        raise InputError("since: there is no such moment.", field="since") from error
    replayed = service.store.webhooks.replay_failed(webhook_id, since, datetime.now(UTC))
    service.webhooks.wake(webhook_id)
    return {"replayed": replayed}


def _checked(given: WebhookChangeIn, private: bool) -> dict[str, Any]:
    """What is to change, as a webhook has it."""
    changes: dict[str, Any] = {}
    if given.url is not None:
        changes["url"] = check_url(given.url, private=private)
    if given.events is not None:
        changes["events"] = check_events(given.events)
    if given.description is not None:
        changes["description"] = check_description(given.description)
    if given.include_text is not None:
        changes["include_text"] = given.include_text
    return changes


def _switched(webhook: Webhook, enabled: bool | None, now: datetime) -> Webhook:
    if enabled is None or enabled == webhook.enabled:
        return webhook
    if enabled:
        return replace(webhook, disabled_at=None, disabled_reason=None, failing_since=None)
    return replace(webhook, disabled_at=now, disabled_reason="by_hand")
