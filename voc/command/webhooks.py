"""`voc webhooks`: whom to tell of what happens, while no service has the database open; a running one is asked at /v1/webhooks.

Only a service sends: what is queued here goes out when it next starts.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from voc.access import AuditEntry
from voc.days import parse_day
from voc.opening import open_database
from voc.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.store import Store
    from voc.webhooks.endpoint import Delivery, Webhook

webhooks = typer.Typer(help="Make, list, change and replay webhooks.", no_args_is_help=True)
WebhookId = Annotated[str, typer.Argument(metavar="ID", help="as `voc webhooks list` shows it")]
MOST_LISTED = 1_000


@webhooks.command()
def create(
    url: Annotated[str, typer.Argument(help="where to post to, http or https")],
    event: Annotated[list[str], typer.Option(help="what to tell of; repeatable")],
    description: Annotated[str, typer.Option(help="what it is for")] = "",
    include_text: Annotated[bool, typer.Option("--include-text", help="send customers' masked words along")] = False,
) -> None:
    """Have an endpoint told of events, and show its secret, this once."""
    from voc.webhooks.endpoint import make_webhook

    now, private = datetime.now(UTC), read_settings().webhook_private
    webhook = make_webhook(url, event, now, description=description, include_text=include_text, private=private)
    with _changing("create", webhook.id) as store:
        store.webhooks.add(webhook)
    typer.echo(f"{webhook.id}: keep the secret now, it cannot be shown again", err=True)
    typer.echo(webhook.secret)


@webhooks.command(name="list")
def list_() -> None:
    """Show all webhooks, newest first."""
    with _open() as store:
        for webhook in store.webhooks.page(limit=MOST_LISTED).items:
            typer.echo(_line(webhook))


@webhooks.command()
def delete(webhook_id: WebhookId) -> None:
    """Remove a webhook and its deliveries."""
    with _changing("delete", webhook_id) as store:
        store.webhooks.remove(webhook_id)


@webhooks.command()
def disable(webhook_id: WebhookId) -> None:
    """Tell an endpoint nothing any more; what waits for it is given up."""
    now = datetime.now(UTC)
    with _changing("disable", webhook_id) as store:
        store.webhooks.change(webhook_id, lambda webhook: replace(webhook, disabled_at=now, disabled_reason="by_hand"))


@webhooks.command()
def enable(webhook_id: WebhookId) -> None:
    """Tell an endpoint again, from now on."""
    with _changing("enable", webhook_id) as store:
        store.webhooks.change(
            webhook_id, lambda webhook: replace(webhook, disabled_at=None, disabled_reason=None, failing_since=None)
        )


@webhooks.command()
def rotate(
    webhook_id: WebhookId,
    old_valid_h: Annotated[float, typer.Option(min=0, max=168, help="hours that the old secret signs beside it")] = 24,
) -> None:
    """Give an endpoint a new secret, and show it, this once."""
    from voc.webhooks.endpoint import make_secret

    secret = make_secret()
    with _changing("rotate", webhook_id) as store:
        store.webhooks.rotate(webhook_id, secret, datetime.now(UTC) + timedelta(hours=old_valid_h))
    typer.echo(secret)


@webhooks.command()
def deliveries(webhook_id: WebhookId) -> None:
    """Show what an endpoint was told, the newest first."""
    with _open() as store:
        for delivery in store.webhooks.deliveries(webhook_id, limit=MOST_LISTED).items:
            typer.echo(_delivery_line(delivery))


@webhooks.command()
def replay(
    webhook_id: WebhookId,
    since: Annotated[str, typer.Option(metavar="DAY", help="of what happened since that day, Gregorian or Jalali")],
) -> None:
    """Have what failed delivered once more, when the service next runs."""
    settings = read_settings()
    start = datetime.combine(parse_day(since, "since"), datetime.min.time(), settings.zone)
    with _changing("replay", webhook_id) as store:
        count = store.webhooks.replay_failed(webhook_id, start, datetime.now(UTC))
    typer.echo(f"{count} deliveries wait", err=True)


def _open() -> Store:
    return open_database(read_settings())


@contextmanager
def _changing(what: str, webhook_id: str) -> Iterator[Store]:
    """The store, and an entry in the audit log where the change went well."""
    with _open() as store:
        yield store
        store.write_audit([AuditEntry(datetime.now(UTC), "command", None, None, "voc", f"webhooks {what}", webhook_id, 200)])


def _line(webhook: Webhook) -> str:
    state = f"disabled ({webhook.disabled_reason})" if webhook.disabled_at else "failing" if webhook.failing_since else "well"
    return f"{webhook.id}  {state:20}  {','.join(webhook.events)}  {webhook.url}  {webhook.description}"


def _delivery_line(delivery: Delivery) -> str:
    answer = delivery.response_code or delivery.problem or "-"
    told = f"{delivery.id}  {delivery.happened_at:%Y-%m-%d %H:%M}  {delivery.event:20}"
    return f"{told}  {delivery.status:9}  {delivery.attempts}  {answer}"
