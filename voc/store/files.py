"""What must be true of a file before it may stand for another: it is on disk, it is whole, and nobody has the old one.

A name changes in one step (rename), so that whoever is killed, at any moment, leaves the old file or the new one.
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from voc.errors import DiskFullError, StoreError

IN_USE: Final = "store_in_use"
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where a disk, a person's share of it or the largest size of a file is full."""

_PIECE_BYTES: Final = 1024 * 1024


def log_of(path: Path) -> Path:
    """Where DuckDB keeps what was committed and is not in the file at `path` yet."""
    return path.with_name(path.name + ".wal")


def put_in_place(fresh: Path, path: Path) -> None:
    """Give `fresh` the name `path`, durably and in one step, with the rights and, if it may, the owner of what had it."""
    if path.exists():
        old = path.stat()
        fresh.chmod(old.st_mode & 0o7777)
        with suppress(PermissionError):  # only root may give a file away; another's is ours from now on, with the same rights
            os.chown(fresh, old.st_uid, old.st_gid)
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)


def copy_durably(source: Path, target: Path) -> str:
    """Copy the bytes, for the owner's eyes alone, and return their SHA-256; they are on disk when this returns."""
    digest = hashlib.sha256()
    with source.open("rb") as read, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        for piece in _pieces(read):
            digest.update(piece)
            written.write(piece)
    sync(target)
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Wait until a file, or a folder's names, would outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def empty_folder(folder: Path) -> None:
    """Make the folder, for the owner's eyes alone, or clear it of what a killed process left."""
    remove_folder(folder)
    folder.mkdir(mode=0o700)


def remove_folder(folder: Path) -> None:
    """Remove the folder with all in it, if it is there."""
    if folder.is_symlink():
        raise StoreError(f"{folder} is a link; the program keeps files of its own there. Remove it.")
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that DuckDB takes on its file. Raises StoreError where another process has it.

    Not for a file that this process has open in DuckDB: a process's locks on a file end when it closes any handle of it.
    """
    with path.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(
                f"{path} is in use by another process. Stop that one (`voc serve`?) first.", code=IN_USE, field="VOC_DATABASE"
            ) from error
        yield


@contextmanager
def said(path: Path) -> Iterator[None]:
    """Turns what the system says while files are made for `path` into a StoreError, a DiskFullError where there is no room."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFullError(f"There is no room in {path.parent} for {path.name!r}; nothing was replaced.") from error
        raise StoreError(f"{path.name!r} cannot be written in {path.parent} ({error.strerror}).") from error


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece
