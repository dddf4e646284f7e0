"""A store with rows in it, for tests."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests import engines
from tests.fakes import FakeTagger
from voc.engine.crew import item_of, tag_items
from voc.records import Batch, Column, Feedback, Notice, Reject, Tags
from voc.store import Store
from voc.store.backup import restore

_FRESH: Final = count()
ROOT: Final = Path(__file__).parent.parent
TEHRAN: Final = ZoneInfo("Asia/Tehran")
BEFORE_PROBABILITY: Final = "ALTER TABLE tagging DROP COLUMN sentiment_probability;"
"""SQL that makes the schema what it was before the sentiment had a probability."""
BEFORE_CORRECTIONS: Final = (
    f"{BEFORE_PROBABILITY}"
    "DROP TABLE judged; DROP TABLE correction; DROP TABLE model_answer; DROP SEQUENCE correction_number;"
    "ALTER TABLE tagging DROP COLUMN corrected_at;"
)
"""SQL that makes the schema what it was before people could correct."""
BEFORE_CHANGES: Final = (
    "DROP SCHEMA kpi_v1 CASCADE;"
    f"{BEFORE_CORRECTIONS}"
    "DROP TABLE webhook; DROP TABLE webhook_delivery; DROP TABLE webhook_told; DROP TABLE webhook_kpi;"
    "DROP SEQUENCE webhook_delivery_number; DROP TABLE tombstone; DROP TABLE change; DROP SEQUENCE change_number;"
    "ALTER TABLE batch DROP COLUMN change; ALTER TABLE tagging DROP COLUMN change;"
)
"""SQL that makes the schema what it was before changes were numbered."""


def database(path: Path) -> str:
    """The database that a test keeps at a path: the file itself, or one of the tests' server that stands for it."""
    return str(path) if engines.keeping() == "duckdb" else engines.database_at(path)


def empty_store(path: Path) -> str:
    """The database that a test keeps at a path, in which there is an empty store at first."""
    return engines.file_at(path) if engines.keeping() == "duckdb" else engines.database_at(path)


@contextmanager
def fresh_store() -> Iterator[Store]:
    """An empty store that no test has seen, gone with the context."""
    path = engines.folder() / f"{next(_FRESH)}.duckdb"
    try:
        with Store.open(empty_store(path), zone=TEHRAN, show_agents=True) as store:
            yield store
    finally:
        empty(path)


def empty(path: Path) -> None:
    """Let nothing be in the database at a path."""
    if engines.chosen == "duckdb":
        path.unlink(missing_ok=True)
    else:
        engines.forget(path)


def put_back(backup: Path, path: Path) -> None:
    """Put a backup in the place of the database at a path; on a server, in that of a new one."""
    if engines.chosen == "postgres":
        engines.forget(path)
    restore(backup, database(path), force=True, now=datetime.now(UTC))


def open_store(path: Path, zone: ZoneInfo = TEHRAN) -> Store:
    return Store.open(empty_store(path), zone=zone, show_agents=True)


def feedback(*texts: str) -> list[Feedback]:
    return [Feedback(text=text, line=line) for line, text in enumerate(texts, start=2)]


def key_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def add(
    store: Store,
    rows: Iterable[Feedback | Reject],
    name: str = "نظرها.csv",
    *,
    idempotency_key: str | None = None,
    columns: Sequence[Column] = (Column("متن", "text"),),
    notices: Callable[[], tuple[Notice, ...]] = tuple,
) -> Batch:
    return store.add_batch(
        name=name,
        content_key=key_of(name),
        source=rows,
        columns=columns,
        notices=notices,
        idempotency_key=idempotency_key,
    )


def tag_all(store: Store, tagger: FakeTagger | None = None) -> None:
    tagger = tagger or FakeTagger()
    store.current = tagger.identity
    after = 0
    while rows := store.pending(tagger.identity, after=after, limit=100):
        store.write_tags(list(zip([row.seq for row in rows], tag_items(tagger, list(map(item_of, rows))), strict=True)))
        after = rows[-1].seq


def five_fields(tags: Tags) -> dict[str, Any]:
    """What people can correct, each field as simple as it can be."""
    return {
        "sentiment": tags.sentiment,
        "reasons": {each.code: each.polarity for each in tags.reasons},
        "effort": {each.code for each in tags.effort},
        "loyalty": {each.code for each in tags.loyalty},
        "resolution": tags.resolution,
    }


def lines_until_killed(script: str, path: Path, start: int, *, seconds: float) -> list[list[str]]:
    """The words of each whole line that a process with this script printed until it was killed, some time after the first."""
    command = [sys.executable, "-c", script, str(path), str(start)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline()]
        time.sleep(seconds)
        process.kill()
        lines += process.stdout.readlines()
    return [line.split() for line in lines if line.endswith("\n")]
