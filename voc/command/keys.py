"""`voc keys`: access keys, while no service has the database open; a running one is asked at /v1/keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from voc.access import SCOPES, AuditEntry, Key, make_key
from voc.opening import open_database
from voc.settings import read_settings

if TYPE_CHECKING:
    from voc.store import Store

keys = typer.Typer(help="Make, list and revoke access keys.", no_args_is_help=True)
Scopes = Annotated[str, typer.Option("--scope", help=f"{', '.join(SCOPES)}: each may do what those before it may")]


@keys.command()
def create(name: Annotated[str, typer.Option(help="who or what it is for")], scope: Scopes = "read") -> None:
    """Make a key and show it, this once."""
    key, secret = make_key(name, scope, datetime.now(UTC))
    with _open() as store:
        store.add_key(key)
        store.write_audit([_entry("keys create", key.id)])
    typer.echo(f"{key.id}  {key.scope}  {key.name}: keep the key now, it cannot be shown again", err=True)
    typer.echo(secret)


@keys.command(name="list")
def list_() -> None:
    """Show all keys, newest first."""
    with _open() as store:
        for key in store.all_keys():
            typer.echo(_line(key))


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="as `voc keys list` shows it")]) -> None:
    """Let a key open nothing any more."""
    with _open() as store:
        store.revoke_key(key_id, datetime.now(UTC))
        store.write_audit([_entry("keys revoke", key_id)])
    typer.echo(f"{key_id} is revoked", err=True)


def _open() -> Store:
    return open_database(read_settings())


def _entry(route: str, target: str) -> AuditEntry:
    return AuditEntry(datetime.now(UTC), "command", None, None, "voc", route, target, 200)


def _line(key: Key) -> str:
    used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
    state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else used
    return f"{key.id}  {key.scope:5}  made {key.created_at:%Y-%m-%d}  {state:26}  {key.name}"
