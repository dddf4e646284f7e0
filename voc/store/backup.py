"""Copies of the whole database that can be put back: one file, and a manifest beside it that tells whether it is whole.

A backup is a copy of all tables at one moment, so nothing that had been deleted by then is in it; what is erased later stays
in it. Nothing is replaced before the copy has been read in full and has the manifest's checksum, schema and counts.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from voc.errors import ConflictError, InputError, StoreError
from voc.store.database import Database, is_server, open_database
from voc.store.duckdb_file import open_duckdb
from voc.store.files import IN_USE, copy_durably, locked, log_of, put_in_place, said, sync
from voc.store.migrate import schema_version
from voc.store.transfer import move_file

_FIELD: Final = "file"
_NO_SECOND_NAMES: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What a file system says that gives a file no second name, like exFAT, SMB and s3fs."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: when it was made, its schema and zone, its size and SHA-256, and the rows of each table."""

    made_at: datetime
    schema_version: int
    zone: str
    size_bytes: int
    sha256: str
    tables: dict[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where the database that it replaced is kept, if there was one."""

    manifest: Manifest
    kept: Path | None


def manifest_of(backup: Path) -> Path:
    """Where the manifest of a backup is."""
    return backup.with_name(backup.name + ".json")


def back_up(database: Database, target: Path) -> Manifest:
    """Write what the database holds at this moment to `target` and its manifest beside it; others read and write on.

    Raises InputError where something is at `target` already, and DiskFullError.
    """
    _check_target(target)
    part = target.with_name(target.name + ".part")
    with said(target), _gone_after(part):
        with database.copied() as (fresh, tables):
            sha256 = copy_durably(fresh, part)
        with database.reading() as session:
            schema = schema_version(session, database.name)
            ((zone,),) = session.query("SELECT zone FROM store_state")
        manifest = Manifest(datetime.now(UTC), schema, zone, part.stat().st_size, sha256, tables)
        with _gone_if_failed(manifest_of(target)):
            _write_manifest(target, manifest)  # first: a backup is there once its file is
            _give_name(part, target)
        sync(target.parent)
    return manifest


def back_up_file(database: str, target: Path) -> Manifest:
    """The same for a file that nobody has open, or for a server's database, whoever has it open.

    A file is opened read-only, and what it needs is made beside `target`.
    """
    _check_target(target)
    with closing(_open_to_read(database, target)) as opened:
        return back_up(opened, target)


def _open_to_read(database: str, target: Path) -> Database:
    if is_server(database):
        return open_database(database)
    return open_duckdb(database, read_only=True, copies=target.resolve().with_name(target.name + ".copy"))


def find_last_backup(folder: Path) -> datetime | None:
    """When the newest file of `folder` that has a manifest beside it was made; None where there is none."""
    made = list[float]()
    for each in folder.glob("*.duckdb"):
        with suppress(FileNotFoundError):  # removed meanwhile
            if manifest_of(each).exists():
                made.append(each.stat().st_mtime)
    return datetime.fromtimestamp(max(made), UTC) if made else None


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup. Raises InputError where there is none, or none that can be read."""
    path = manifest_of(backup)
    for each in (backup, path):
        if not each.is_file():
            raise InputError(f"There is no file {str(each)!r}: a backup is a file and its manifest beside it.", field=_FIELD)
    try:
        return TypeAdapter(Manifest).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path} is not the manifest of a backup, or is damaged.", field=_FIELD) from error


def restore(backup: Path, database: str, *, force: bool, now: datetime) -> Restored:
    """Put a backup in the place of a database that nobody has open. One that is there is replaced only by `force`, and kept.

    On a server it goes into an empty database, whatever `force` says.

    Raises InputError where the backup is damaged, StoreError where it is of a later release or the database is in use, and
    ConflictError where there is a database; then nothing was changed.
    """
    manifest = read_manifest(backup)
    if is_server(database):
        return _restore_to_server(backup, database, manifest)
    path = Path(database).resolve()
    _check_place(path, force)
    fresh = path.with_name(path.name + ".restoring")
    with said(path), _gone_after(fresh):
        _check_bytes(copy_durably(backup, fresh) == manifest.sha256, backup)
        _check_tables(fresh, backup, manifest)
        if not path.exists():
            put_in_place(fresh, path)
            return Restored(manifest, None)
        return Restored(manifest, _replace(fresh, path, now))


def _restore_to_server(backup: Path, database: str, manifest: Manifest) -> Restored:
    with TemporaryDirectory(prefix="voc-restore-") as folder:
        fresh = Path(folder) / "restore.duckdb"
        _check_bytes(copy_durably(backup, fresh) == manifest.sha256, backup)
        _check_tables(fresh, backup, manifest)
        move_file(str(fresh), database, ZoneInfo(manifest.zone))
    return Restored(manifest, None)


def _replace(fresh: Path, path: Path, now: datetime) -> Path:
    """The old one gets a second name before it loses its own: there is a whole database at `path` at every moment.

    Where it can have only one name it is copied, which takes as much room again.
    """
    try:
        open_duckdb(str(path)).close()  # what stands in its log goes into the file
    except StoreError as error:
        if error.code == IN_USE:
            raise
    kept = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    with path.open("rb") as old, locked(path):  # in this order: to close any handle of a file ends the lock on it
        if not _linked(path, kept):
            _copy_open(old, kept)
        if log_of(path).exists():  # it could not be opened, so that this log is of no use to anyone at its place
            log_of(path).replace(log_of(kept))
        sync(path.parent)
        put_in_place(fresh, path)
    return kept


def _check_place(path: Path, force: bool) -> None:
    if not path.parent.is_dir():
        raise InputError(f"VOC_DATABASE: there is no folder {path.parent}. Make it first.", field="VOC_DATABASE")
    if path.exists() and not force:
        raise ConflictError(
            f"There is a database at {path}. Give another path (VOC_DATABASE), or --force: then it is kept beside the new one.",
            field="VOC_DATABASE",
        )
    if not path.exists() and log_of(path).exists():
        raise ConflictError(f"{log_of(path)} is the log of a database that is not there; move it away.", field="VOC_DATABASE")


def _check_bytes(whole: bool, backup: Path) -> None:
    if not whole:
        raise InputError(f"{backup} is damaged: its bytes are not those of its manifest. Take another backup.", field=_FIELD)


def _check_tables(fresh: Path, backup: Path, manifest: Manifest) -> None:
    opened = open_duckdb(str(fresh), read_only=True)
    try:
        with opened.reading() as session:
            schema = schema_version(session, str(backup))
            counts = {table: session.count(table) for table in manifest.tables}
    finally:
        opened.close()
    _check_bytes((schema, counts) == (manifest.schema_version, manifest.tables), backup)


def _check_target(target: Path) -> None:
    if not target.absolute().parent.is_dir():
        raise InputError(f"There is no folder {target.absolute().parent}. Make it first.", field=_FIELD)
    if target.exists():
        raise InputError(f"There is a file {str(target)!r} already; a backup overwrites nothing.", field=_FIELD)


def _write_manifest(target: Path, manifest: Manifest) -> None:
    part = manifest_of(target).with_name(manifest_of(target).name + ".part")
    with _gone_after(part):
        part.write_bytes(TypeAdapter(Manifest).dump_json(manifest, indent=1) + b"\n")
        put_in_place(part, manifest_of(target))


def _give_name(part: Path, target: Path) -> None:
    """Let `part` be known as `target`, never over another file. Raises FileExistsError where there is one."""
    if _linked(part, target):
        return
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with _gone_if_failed(target):
        part.replace(target)


def _linked(path: Path, second: Path) -> bool:
    """Whether the file has a second name now; False where the file system gives none. Raises FileExistsError."""
    try:
        os.link(path, second)
    except OSError as error:
        if error.errno in _NO_SECOND_NAMES:
            return False
        raise
    return True


def _copy_open(source: IO[bytes], target: Path) -> None:
    """Copy what is left to read of an open file, for the owner's eyes alone; it is on disk when this returns."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with _gone_if_failed(target):
        with os.fdopen(handle, "wb") as written:
            shutil.copyfileobj(source, written)
        sync(target)


@contextmanager
def _gone_if_failed(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _gone_after(path: Path) -> Iterator[None]:
    path.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
