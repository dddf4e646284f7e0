"""Takes an upload off the wire: a file from a form into a temporary file, whatever its size, or JSON records."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.parameters import unknown_name
from api.schemas import RecordsIn
from voc.errors import InputError

NAME_CHARS: Final = 200
_MIB: Final = 1024 * 1024
_PREFIX: Final = "voc-upload-"
_FORM_FIELDS: Final = ("file", "mapping", "name")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in, under its user's name for it, and how its columns are meant if the user said so."""

    path: Path
    name: str
    mapping: dict[str, str] | None


@asynccontextmanager
async def receive_file(request: Request) -> AsyncIterator[Upload]:
    """The file in a multipart form; it is gone when the context ends. Raises InputError where the form does not fit."""
    async with _form(request) as form:
        for field in form:
            if field not in _FORM_FIELDS:
                raise unknown_name(field, _FORM_FIELDS)
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InputError("file is missing: send the file in a multipart form, in the field 'file'.", field="file")
        name = file_name(file.filename)
        mapping = read_mapping(_words(form, "mapping"))
        with TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / ("upload" + PurePosixPath(name).suffix.lower()[:16])
            await run_in_threadpool(_copy, file.file, path)
            yield Upload(path, shown_name(_words(form, "name")) or name, mapping)


def clear_left_uploads() -> None:
    """Remove what services that were killed left of uploads: a folder names the process that made it."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not _is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


async def receive_records(request: Request) -> RecordsIn:
    """The records in a JSON body. Raises RequestValidationError where they do not fit."""
    try:
        return RecordsIn.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None


def read_mapping(text: str | None) -> dict[str, str] | None:
    """The mapping in a form's field: a JSON object of our field → their header. Raises InputError."""
    if not text:
        return None
    try:
        mapping: Any = json.loads(text)
    except (ValueError, RecursionError):
        mapping = None
    if not isinstance(mapping, dict) or not all(isinstance(header, str) for header in mapping.values()):
        raise InputError('mapping: write a JSON object of texts, such as {"text": "نظر مشتری"}.', field="mapping")
    return mapping


def file_name(given: str) -> str:
    r"""The last part of whatever path a browser sent, without control characters, short enough to show.

    >>> file_name("C:\\گزارش\\نظرها.xlsx"), file_name("../../x.csv")
    ('نظرها.xlsx', 'x.csv')
    """
    return shown_name(PureWindowsPath(given).name) or "upload"


def shown_name(given: str | None) -> str:
    """A name without control characters and marks that turn the direction of text, at its end as it was; may be empty."""
    return "".join(char for char in given or "" if char.isprintable() or char == "\u200c").strip()[-NAME_CHARS:]


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """The form, its limits kept. Raises InputError where its bytes are not in the character set that it names."""
    try:
        form = await request.form(max_files=1, max_fields=len(_FORM_FIELDS), max_part_size=_MIB)
    except UnicodeError:
        raise InputError("The form's words cannot be read; send it as UTF-8.", code="unknown_encoding") from None
    try:
        yield form
    finally:
        await form.close()


def _words(form: FormData, field: str) -> str | None:
    value = form.get(field)
    if isinstance(value, UploadFile):
        raise InputError(f"{field} is to be text, not a file.", field=field)
    return value.strip() or None if value is not None else None


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # somebody else's, or no number of a process
    return process != os.getpid()  # before the first upload, what bears our own number is of an earlier process


def _copy(source: IO[bytes], path: Path) -> None:
    source.seek(0)
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, _MIB)
