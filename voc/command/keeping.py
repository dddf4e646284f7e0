"""`voc erase`, `backup`, `restore` and `migrate-store`: for a file that no service has open, or a server's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voc.command.figures import open_store
from voc.errors import InputError, NotFoundError, StoreError
from voc.settings import Settings, read_settings

if TYPE_CHECKING:
    from voc.store import Store

Backup = Annotated[Path, typer.Argument(help="file of the backup; its manifest is beside it, as FILE.json", show_default=False)]


def erase(
    customer: Annotated[str | None, typer.Option(help="id of the customer all of whose rows are erased")] = None,
    older_than: Annotated[
        int | None, typer.Option(min=1, max=36_500, metavar="DAYS", help="erase all rows of that age")
    ] = None,
) -> None:
    """Erase a customer, or rows beyond an age, for good: rows, tags, and their words in the file. Backups are not touched."""
    if (customer is None) == (older_than is None):
        raise InputError("Say one of --customer ID and --older-than DAYS.", field="customer")
    with _or_over_http("DELETE", "/v1/customers/ID"), open_store() as store:
        try:
            rows = store.erase_customer(customer) if customer is not None else store.erase_older(_days_ago(older_than or 0))
        except NotFoundError:
            if _rewrite_if_due(store):  # an erasure that was killed may have removed the rows and come no further
                typer.echo(f"what was erased before has left {store.name}, too", err=True)
            raise
        _rewrite_if_due(store)
        typer.echo(f"{rows:,} rows erased; nothing of them is left in {store.name}", err=True)


def backup(file: Backup) -> None:
    """Write all that the database holds at this moment to a file, with a manifest that tells whether it is whole."""
    from voc.store.backup import back_up_file

    settings = read_settings()
    if not settings.database_is_there:
        raise InputError(f"There is no database {settings.database!r}.", field="VOC_DATABASE")
    with _or_over_http("POST", "/v1/backup", " It needs VOC_BACKUP_DIR."):
        manifest = back_up_file(settings.database, file)
    typer.echo(f"{manifest.tables['feedback']:,} rows, {manifest.size_bytes / 2**20:,.1f} MiB → {file}", err=True)


def restore(
    file: Backup,
    force: Annotated[
        bool, typer.Option("--force", help="replace a database that is there; it is kept beside the new one")
    ] = False,
) -> None:
    """Put a backup in the place of VOC_DATABASE, once it has been read in full and is what its manifest says."""
    from voc.store.backup import restore as put_back

    settings = read_settings()
    done = put_back(file, settings.database, force=force, now=datetime.now(UTC))
    kept = f"; the old one is kept as {done.kept}" if done.kept else ""
    typer.echo(
        f"{done.manifest.tables['feedback']:,} rows of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC are back{kept}", err=True
    )
    typer.echo("What was erased since that moment is there again: erase it again.", err=True)


def migrate_store(
    file: Annotated[Path, typer.Argument(help="DuckDB file that no service has open; it stays as it is", show_default=False)],
) -> None:
    """Copy all that a DuckDB file holds to VOC_DATABASE, an empty PostgreSQL database: everything, or nothing."""
    from voc.store.database import is_server
    from voc.store.transfer import move_file

    settings = read_settings()
    if not is_server(settings.database):
        raise InputError(
            "VOC_DATABASE is no address of a server. Set it to postgresql://USER@HOST/DATABASE.", field="VOC_DATABASE"
        )
    for table, rows in move_file(str(file), settings.database, settings.zone).items():
        typer.echo(f"{rows:>12,}  {table}", err=True)


def _days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def _rewrite_if_due(store: "Store") -> bool:
    """Whether something deleted was in the file still; it is not any more."""
    due = store.rewrite_due_since() is not None
    if due:
        store.rewrite()
    return due


@contextmanager
def _or_over_http(method: str, path: str, needs: str = "") -> Iterator[None]:
    """Where a service has the database, says how to ask it."""
    from voc.store.files import IN_USE

    try:
        yield
    except StoreError as error:
        if error.code != IN_USE:
            raise
        raise StoreError(f"{error.message} Of a running service ask: {_curl(read_settings(), method, path)}{needs}") from error


def _curl(settings: Settings, method: str, path: str) -> str:
    return f"curl -X {method} http://{settings.host}:{settings.port}{path}"
