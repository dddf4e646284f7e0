"""Files and records as rows of feedback: read, columns understood, dates and numbers made plain, bad rows refused one by one.

>>> record = {"نظر": "زود رسید، ممنون", "تاریخ": "۱۴۰۳/۰۲/۱۵"}
>>> source = read_records([record], zone=ZoneInfo("Asia/Tehran"), max_text_chars=1000)
>>> [(row.text, str(row.occurred_at)) for row in source]
[('زود رسید، ممنون', '2024-05-04 00:00:00+03:30')]
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from voc.errors import InputError
from voc.ingest.formats import fits_ending, open_table
from voc.ingest.json_tables import GivenTable
from voc.ingest.mapping import named_headers
from voc.ingest.reader import FeedbackSource
from voc.records import EesScale, Notice

__all__ = ["FeedbackSource", "open_feedback", "read_records"]


def open_feedback(
    path: Path,
    *,
    name: str | None = None,
    mapping: Mapping[str, str] | None = None,
    zone: ZoneInfo,
    max_text_chars: int,
    mask_names: bool = False,
    ees_scale: EesScale = "1-5",
    keep_originals: bool = False,
) -> FeedbackSource:
    """The file at `path` as a source of feedback; `name` is what its user calls it. `mask_names` masks names of people too.
    `ees_scale` is that of the employees' answers. With `keep_originals`, rows that masking changed have `original`.

    `mapping` leads from a field to its header, or to several («title+body»), or to «-» for none. Raises InputError where the
    file is none that is read, holds no text or cannot follow the mapping.
    """
    name = name or path.name
    if not path.is_file():
        raise InputError(f"{name}: no such file.", code="no_file", field="file")
    table = open_table(path, name, named_headers(mapping))
    notices = []
    if not fits_ending(table.format, name):
        message = f"The file is {table.format.upper()} by its content, whatever its name says, and was read as that."
        notices.append(Notice(None, "format_by_content", message))
    return FeedbackSource(
        table,
        name=name,
        mapping=mapping,
        zone=zone,
        max_text_chars=max_text_chars,
        mask_names=mask_names,
        ees_scale=ees_scale,
        keep_originals=keep_originals,
        notices=notices,
    )


def read_records(
    records: Sequence[Mapping[str, object]],
    *,
    mapping: Mapping[str, str] | None = None,
    zone: ZoneInfo,
    max_text_chars: int,
    mask_names: bool = False,
    ees_scale: EesScale = "1-5",
    keep_originals: bool = False,
) -> FeedbackSource:
    """Records that are already at hand as a source of feedback; lines count from 1. Raises InputError as a file does."""
    if not records:
        raise InputError("records: at least one record is needed.", code="no_records", field="records")
    table = GivenTable(records, "records")
    return FeedbackSource(
        table,
        name="records",
        mapping=mapping,
        zone=zone,
        max_text_chars=max_text_chars,
        mask_names=mask_names,
        ees_scale=ees_scale,
        keep_originals=keep_originals,
    )
