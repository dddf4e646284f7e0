"""Takes a file or records into the store: what is the same content is the same batch, however often it is sent."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.errors import InputError
from voc.records import Batch
from voc.settings import Settings
from voc.store import Store

if TYPE_CHECKING:
    from voc.ingest import FeedbackSource


def content_key(path: Path, mapping: Mapping[str, str] | None = None) -> str:
    """What tells this content from any other: SHA-256, in hexadecimal, of the file's bytes and the mapping.

    Raises InputError where the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror}).", field="file") from error
    return _key(digest, mapping)


def take_file(
    store: Store,
    path: Path,
    *,
    name: str,
    mapping: Mapping[str, str] | None,
    idempotency_key: str | None,
    settings: Settings,
    sample: bool = False,
) -> Batch:
    """The batch that the file became; its rows are durable when this returns. `name` is the user's name for the file.

    The same content, or the same key, again gives the same batch. Raises ConflictError for a key that came with other
    content, and InputError for a file that cannot be read.
    """

    def open_source() -> "FeedbackSource":
        return open_file(path, name, mapping, settings, keep_originals=store.keeps_originals)

    return _take(store, content_key(path, mapping), open_source, name, idempotency_key, sample)


def take_records(
    store: Store,
    records: Sequence[Mapping[str, object]],
    *,
    name: str,
    mapping: Mapping[str, str] | None,
    idempotency_key: str | None,
    settings: Settings,
    sample: bool = False,
) -> Batch:
    """The same for records that came as JSON."""

    def open_source() -> "FeedbackSource":
        return open_records(records, mapping, settings, keep_originals=store.keeps_originals)

    content = json.dumps(records, ensure_ascii=True, sort_keys=True, default=str).encode()
    return _take(store, _key(hashlib.sha256(content).digest(), mapping), open_source, name, idempotency_key, sample)


def open_file(
    path: Path, name: str, mapping: Mapping[str, str] | None, settings: Settings, *, keep_originals: bool
) -> "FeedbackSource":
    """The file as a source of feedback, read as the settings say. Raises InputError for a file that cannot be read."""
    from voc.ingest import open_feedback

    return open_feedback(path, name=name, mapping=mapping, keep_originals=keep_originals, **_reading(settings))


def open_records(
    records: Sequence[Mapping[str, object]], mapping: Mapping[str, str] | None, settings: Settings, *, keep_originals: bool
) -> "FeedbackSource":
    """The same for records."""
    from voc.ingest import read_records

    return read_records(records, mapping=mapping, keep_originals=keep_originals, **_reading(settings))


def _reading(settings: Settings) -> dict[str, Any]:
    return {
        "zone": settings.zone,
        "max_text_chars": settings.max_text_chars,
        "mask_names": settings.mask_names,
        "ees_scale": settings.ees_scale,
    }


def _take(
    store: Store,
    key: str,
    open_source: "Callable[[], FeedbackSource]",
    name: str,
    idempotency_key: str | None,
    sample: bool,
) -> Batch:
    if known := store.recall_batch(content_key=key, idempotency_key=idempotency_key):
        return known
    source = open_source()
    return store.add_batch(
        name=name,
        content_key=key,
        source=source,
        columns=source.columns,
        notices=lambda: source.notices,
        idempotency_key=idempotency_key,
        sample=sample,
    )


def _key(digest: bytes, mapping: Mapping[str, str] | None) -> str:
    """A mapping without entries is no mapping; the order of its entries does not matter."""
    said = json.dumps(sorted((mapping or {}).items()))
    return hashlib.sha256(digest + said.encode()).hexdigest()
