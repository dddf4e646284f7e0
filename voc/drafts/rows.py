"""Rows to look at a draft with: a random share of a file's or a database's, masked as they are stored."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from voc.errors import InputError
from voc.opening import open_database
from voc.records import Feedback
from voc.settings import Settings


def rows_of(file: Path | None, settings: Settings, most: int) -> list[Feedback]:
    """Up to `most` rows of the file, or of the database where no file is named; none where there is no database either."""
    if file:
        return _sample(_of_file(file, settings), most)
    return _of_database(settings, most) if settings.database_is_there else []


def _of_file(file: Path, settings: Settings) -> Iterable[Feedback]:
    from voc.ingest import open_feedback

    if not file.is_file():
        raise InputError(f"There is no file {str(file)!r}.", field="rows")
    source = open_feedback(
        file,
        name=file.name,
        mapping=None,
        zone=settings.zone,
        max_text_chars=settings.max_text_chars,
        mask_names=settings.mask_names,
        ees_scale=settings.ees_scale,
    )
    return (row for row in source if isinstance(row, Feedback))


def _of_database(settings: Settings, most: int) -> list[Feedback]:
    from voc.store import Filters

    with open_database(settings) as store:
        return _sample((each.feedback for each in store.stream_feedback(Filters())), most)


def _sample(rows: Iterable[Feedback], most: int) -> list[Feedback]:
    """`most` of the rows, each as likely as any other, always the same of the same rows (Vitter 1985, algorithm R)."""
    random, kept = np.random.default_rng(0), list[Feedback]()
    for number, row in enumerate(rows):
        if number < most:
            kept.append(row)
        elif (place := int(random.integers(0, number + 1))) < most:
            kept[place] = row
    return kept
