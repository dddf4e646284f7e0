"""`voc doctor`: says in a minute whether this installation can do its work, and what to do where it cannot."""

import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import typer

from voc.errors import VocError
from voc.opening import open_database
from voc.settings import Settings, read_settings


def doctor() -> None:
    """Check settings, model, text normalising, tagging, the database and access; exit status 1 where one fails."""
    settings = read_settings()
    failed = 0
    for name, check in _CHECKS:
        began = time.monotonic()
        try:
            typer.echo(f"ok    {name:10} {check(settings)} ({time.monotonic() - began:.1f} s)")
        except VocError as error:
            failed += 1
            typer.echo(f"FAIL  {name:10} {error.message}")
    raise typer.Exit(1 if failed else 0)


def _versions(_: Settings) -> str:
    names = ("hazm", "torch", "transformers", "duckdb", "fastapi")
    return f"Python {sys.version.split()[0]}, " + ", ".join(f"{name} {version(name)}" for name in names)


def _model(settings: Settings) -> str:
    from voc.tagging import model_identity

    identity = model_identity(settings.model)
    return f"{identity.name}, taxonomy {identity.taxonomy}"


def _text(_: Settings) -> str:
    from voc.text.normalise import normaliser

    return normaliser().normalise("كتاب ها رو نميخوام")


def _tagging(settings: Settings) -> str:
    from voc.tagging import load_tagger

    tags = load_tagger(settings.model, settings.device, settings.precision).tag(["سه بار زنگ زدم کسی جواب نداد"])[0]
    return f"«سه بار زنگ زدم کسی جواب نداد» → {tags.sentiment}, {', '.join(r.code for r in tags.reasons) or 'no reason'}"


def _database(settings: Settings) -> str:
    from voc.store import Store

    if settings.database_is_there:
        with open_database(settings) as store:
            return f"{store.name} opens"
    with tempfile.TemporaryDirectory() as folder, Store.open(str(Path(folder) / "try.duckdb"), zone=settings.zone):
        return f"{settings.database} is not there yet; a new one can be made"


def _access(settings: Settings) -> str:
    from voc.access import check_reach

    if not settings.database_is_there:
        check_reach(settings, ())
        return "no keys: open to this machine alone"
    with open_database(settings) as store:
        keys = store.all_keys()
    check_reach(settings, keys)
    active = sum(key.revoked_at is None for key in keys)
    return f"{active} of {len(keys)} keys in use" if keys else "no keys: open to this machine alone"


_CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("versions", _versions),
    ("model", _model),
    ("text", _text),
    ("tagging", _tagging),
    ("database", _database),
    ("access", _access),
)
