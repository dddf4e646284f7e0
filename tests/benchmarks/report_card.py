"""How long the report card and the drift take over many rows.

    python -m tests.benchmarks.report_card --rows 100000 1000000

The rows are those of `tests.benchmarks.figures`, with texts put together from the examples of the taxonomy; a thousand of them,
as many as a diligent team judges in a season, are drawn and confirmed.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import REPEATS, fill, seconds
from voc.corrections.correction import Note, seed_of
from voc.corrections.review import find_offers
from voc.corrections.statement import read_statement
from voc.report_card import draw_up, find_drift
from voc.store import Selection, Store
from voc.tagging import Thresholds
from voc.taxonomy import load_taxonomy

# ruff: noqa: S608  the SQL is put together from our own words

JUDGED: Final = 1_000
WEEKS: Final = 4
_ONE: Final = "$texts[1 + CAST(hash(seq + {}) % $n AS INTEGER)]"
_TEXTS: Final = f"UPDATE feedback SET text = {_ONE.format(0)} || ' ' || {_ONE.format(1)}"
_BATCH: Final = """
    INSERT INTO batch (id, name, content_key, sample, received, accepted, rejected, first_seq, columns, notices, created_at)
    VALUES ('b', 'made up', 'x', FALSE, $rows, $rows, 0, 1, '[]', '[]', TIMESTAMPTZ '2023-01-01')
"""


def main() -> None:
    """Parse the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    table = Table("rows", "report card, s", "drift, s")
    for rows in parser.parse_args().rows:
        with (
            tempfile.TemporaryDirectory() as folder,
            Store.open(str(Path(folder) / "voc.duckdb"), zone=ZoneInfo("Asia/Tehran")) as store,
        ):
            fill(store, rows)
            prepare(store, rows)
            table.add_row(f"{rows:,}", *(f"{each:.2f}" for each in measure(store)))
    Console().print(table)


def prepare(store: Store, rows: int) -> None:
    """Give the rows texts and a batch, and judge some."""
    texts = [hit for reason in load_taxonomy().reasons for hit in reason.hits]
    with store._database.writing() as session:  # as `fill` does
        session.run(_TEXTS, {"texts": texts, "n": len(texts)})
        session.run(_BATCH, {"rows": rows})
    for week in range(WEEKS):
        now = datetime.now(store.zone) + timedelta(weeks=week)
        found = find_offers(store, "random", thresholds=Thresholds(), now=now, seed=seed_of(now), limit=JUDGED // WEEKS)
        ids = tuple(each.record.id for each in found.items)
        store.corrections.correct_all(Selection(ids=ids), read_statement({}), Note("k1", queue="random"), now)


def measure(store: Store) -> Iterator[float]:
    """The least seconds of a few tries, of the report card and of the drift."""
    yield min(seconds(lambda: draw_up(store)) for _ in range(REPEATS))
    yield min(seconds(lambda: find_drift(store)) for _ in range(REPEATS))


if __name__ == "__main__":
    main()
