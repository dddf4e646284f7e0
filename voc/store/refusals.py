"""What DuckDB says of a file or a disk, as errors that name the thing and say what to do.

DuckDB tells most of it in its messages alone; the words that are looked for are those of release 2.0, and tests hold them.
"""

import stat
from pathlib import Path
from typing import Final

import duckdb

from voc.errors import DiskFullError, StoreError
from voc.store.files import IN_USE

_SETTING: Final = "VOC_DATABASE"
_BROKEN: Final = (duckdb.OperationalError, duckdb.FatalException, duckdb.InternalError)
_FULL: Final = ("No space left on device", "File too large", "Disk quota exceeded")


def check_path(database: str, *, read_only: bool) -> None:
    """Raises StoreError where nothing at this path can be a database of ours; DuckDB has not seen it yet."""
    scheme, address, _ = database.partition("://")
    if address:
        raise StoreError(
            f"{_SETTING}: a {scheme} address was given; data is kept in a DuckDB file or in PostgreSQL. Give a path, or"
            " postgresql://USER@HOST/DATABASE.",
            field=_SETTING,
        )
    path = Path(database)
    if path.is_dir():
        raise StoreError(f"{_SETTING}: {path} is a folder. Give the path of a file in it.", field=_SETTING)
    if not path.absolute().parent.is_dir():
        raise StoreError(f"{_SETTING}: there is no folder {path.absolute().parent}. Make it first.", field=_SETTING)
    if not read_only and path.exists() and not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(f"{_SETTING}: {path} is read-only. Make it writable, or give another path.", field=_SETTING)


def failure(name: str, error: duckdb.Error) -> StoreError:
    """What went wrong with a database that is open."""
    if _is_full(error):
        return DiskFullError(
            f"There is no room for what was to be written to {name!r}, and nothing of it was stored. Make room on the disk"
            " and send it again; tagging goes on by itself.",
            field=_SETTING,
        )
    if _is_damage(error):
        return StoreError(
            f"A part of the database {name!r} is damaged: {_first_line(error)}. Stop the service, look after the disk, and"
            " put a backup back (`voc restore FILE --force`, which keeps the damaged file).",
            field=_SETTING,
        )
    return StoreError(f"The database {name!r} failed: {_first_line(error)}", field=_SETTING)


def refusal(database: str, error: duckdb.Error) -> StoreError:
    """Why the file at this path was not opened."""
    kind = DiskFullError if _is_full(error) else StoreError
    return kind(_explain(database, error), code=IN_USE if _is_held(error) else None, field=_SETTING)


def is_failure(error: duckdb.Error) -> bool:
    """Whether it is the file, the disk or DuckDB that is at fault, not a statement or a value."""
    return isinstance(error, _BROKEN) or _is_damage(error)


def is_given_up(error: duckdb.Error) -> bool:
    """Whether DuckDB will do nothing more with this connection's database until it is opened anew."""
    return isinstance(error, duckdb.FatalException | duckdb.InternalError) or "invalidated" in str(error)


def _is_full(error: duckdb.Error) -> bool:
    return any(words in str(error) for words in _FULL)


def _is_damage(error: duckdb.Error) -> bool:
    """A block with a wrong checksum, which DuckDB says by its base class alone, or one that the file is too short for."""
    said = str(error)
    return (type(error) is duckdb.Error and said.startswith("Corrupt database")) or "Could not read enough bytes" in said


def _is_held(error: duckdb.Error) -> bool:
    return "Could not set lock" in str(error) or "used by another process" in str(error)


def _explain(database: str, error: duckdb.Error) -> str:
    said = str(error)
    if _is_held(error):
        return (
            f"{_SETTING}: {database} is in use by another process{_holder(said)}. Only one can have it: stop that one"
            " (`voc serve`?), use its API, or give another path."
        )
    if "not a valid DuckDB" in said or isinstance(error, duckdb.PermissionException):
        return f"{_SETTING}: {database} is not a DuckDB database and was left as it is. Give another path."
    if "storage version" in said:
        return f"{_SETTING}: {database} was written by a later DuckDB. Update this program, or give another path."
    return (
        f"{_SETTING}: {database} cannot be opened: {_first_line(error)} Nothing in it was changed. If it is damaged,"
        " put a copy back or give another path."
    )


def _holder(said: str) -> str:
    _, found, rest = said.partition("(PID ")
    return f" ({found[1:]}{rest.partition(')')[0]})" if found else ""


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
