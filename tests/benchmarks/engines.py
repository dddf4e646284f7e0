"""The two engines of the store side by side: what loading, tagging and figures take, what indices buy, and whether months pay.

    python -m tests.benchmarks.engines --rows 1000000

Rows are those of `tests.benchmarks.figures`, moved to a PostgreSQL server of the benchmark's own as `voc migrate-store` moves
them. Its settings are Debian's but for memory. What a partitioned table would be is tried on a copy that is parted by month.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

import psycopg
from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import QUESTIONS, REPEATS, Question, fill, seconds
from tests.fakes import FakeTagger
from tests.postgres import Cluster
from tests.stores import TEHRAN, add
from voc.engine.crew import item_of, tag_items
from voc.records import Feedback
from voc.store import Filters, Store
from voc.store.database import Session
from voc.store.transfer import move_file
from voc.tagging import Tagger

SETTINGS: Final = {
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
}
"""Those that docs/deploy.md advises."""
SENT_ROWS: Final = 100_000
FIGURED: Final = ("feedback", "tag", "tagging", "conversation", "conversation_tagging", "turn")
TAGGED_AT_ONCE: Final = 512  # as the engine hands them over
_BATCH: Final = (
    "INSERT INTO batch (id, name, content_key, sample, received, accepted, rejected, first_seq, columns, notices, created_at,"
    " erased, change) SELECT 'b', 'made up', 'b', FALSE, $rows, $rows, 0, 1, '[]', '[]', current_timestamp, 0, 0"
)
_LOOKUPS: Final[dict[str, tuple[str, str]]] = {
    "50 rows by number, with tags": (
        "SELECT * FROM {feedback} f JOIN tag g ON g.seq = f.seq WHERE f.seq >= {low} AND f.seq <= {high}"
        " AND f.seq = ANY(ARRAY(SELECT generate_series({low}, {high}, 97)))",
        "feedback_pkey, tag_row",
    ),
    "texts of one reason, the latest 51": (
        "SELECT f.seq FROM {feedback} f WHERE f.seq IN (SELECT seq FROM tag WHERE kind = 'reason' AND code = 'delivery.time')"
        " ORDER BY f.seq DESC LIMIT 51",
        "feedback_pkey, tag_code",
    ),
    "volume of one month": (
        "SELECT count(*) FROM {feedback} f WHERE f.occurred_on >= DATE '2024-05-20' AND f.occurred_on < DATE '2024-06-20'",
        "feedback_day",
    ),
    "NPS of one month by channel": (
        "SELECT f.channel, count(*) FILTER (WHERE f.nps >= 9), count(*) FILTER (WHERE f.nps <= 6) FROM {feedback} f"
        " WHERE f.occurred_on >= DATE '2024-05-20' AND f.occurred_on < DATE '2024-06-20' GROUP BY f.channel",
        "feedback_day",
    ),
    "reasons of one month": (
        "SELECT g.code, count(*) FROM {feedback} f JOIN tag g ON g.seq = f.seq AND g.kind = 'reason'"
        " WHERE f.occurred_on >= DATE '2024-05-20' AND f.occurred_on < DATE '2024-06-20' GROUP BY g.code",
        "feedback_day, tag_row",
    ),
    "NPS of all time by channel": (
        "SELECT f.channel, count(*) FILTER (WHERE f.nps >= 9), count(f.nps) FROM {feedback} f GROUP BY f.channel",
        "none: all rows are read",
    ),
    "a customer's rows": ("SELECT seq FROM {feedback} f WHERE f.customer_id = 'c17'", "feedback_customer"),
}
_WITHOUT: Final = "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off"
_MONTHS: Final = 27
_LAYOUTS: Final = ("feedback", "feedback_by_month", "shuffled", "shuffled_by_month")
_INDICES: Final = (
    "CREATE INDEX ON {0} (seq); CREATE INDEX ON {0} (occurred_on);"
    " CREATE INDEX ON {0} (customer_id, occurred_at) WHERE customer_id IS NOT NULL"
)


def main() -> None:
    """Parse the command line and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true", help="print the plans of the look-ups, too")
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder, server() as cluster:
        path, address = Path(folder) / "voc.duckdb", cluster.create("figures")
        with open_store(str(path)) as store:
            fill_whole(store, given.rows)
        took = seconds(lambda: move_file(str(path), address, TEHRAN))
        console.print(f"moved {given.rows:,} rows of feedback with their tags in {took:.0f} s")
        with open_store(str(path)) as file, open_store(address) as served:
            vacuum(served)
            console.print(_asked(file, served, given.rows))
            console.print(_found(served, given.rows, plans=given.plans))
        with open_store(str(Path(folder) / "sent.duckdb")) as file, open_store(cluster.create("sent")) as served:
            console.print(_written(file, served))


def fill_whole(store: Store, rows: int) -> None:
    """Made-up rows with their tags, and the batch that they came in, without which they could not be moved."""
    fill(store, rows)
    with store._database.writing() as session:
        session.run(_BATCH, {"rows": rows})


def open_store(database: str) -> Store:
    """A store that knows agents by their ids."""
    return Store.open(database, zone=TEHRAN, show_agents=True)


@contextmanager
def server() -> Iterator[Cluster]:
    """A server that keeps what it is given as a real one does."""
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="voc-pg-")))
    cluster.start({"listen_addresses": "''", **SETTINGS})
    try:
        yield cluster
    finally:
        cluster.stop()


def _asked(file: Store, served: Store, rows: int) -> Table:
    """Every question of the other benchmark, of both engines by turns."""
    table = Table("question", "DuckDB, s", "PostgreSQL, s", "ratio", title=f"figures over {rows:,} rows")
    for question in QUESTIONS:
        least = least_seconds(question, (file, served))
        table.add_row(question.name, *(f"{each:.3f}" for each in least), f"{least[1] / least[0]:.1f}")
    return table


def least_seconds(question: Question, stores: Sequence[Store]) -> list[float]:
    """What the question takes each store, the least of a few tries by turns."""
    tries = [[seconds(partial(question.ours, store)) for store in stores] for _ in range(REPEATS)]
    return [min(each) for each in zip(*tries, strict=True)]


def _found(served: Store, rows: int, *, plans: bool) -> Table:
    """Look-ups with the indices, without any, and over rows that are parted by month; as they came in, and in any order."""
    with served._database.writing() as session:
        session.run("CREATE TABLE shuffled AS SELECT * FROM feedback ORDER BY md5(CAST(seq AS VARCHAR))")
        session.run(_INDICES.format("shuffled"))
        for of in ("feedback", "shuffled"):
            _part_by_month(session, of)
    vacuum(served, _LAYOUTS)
    headings = ("with indices, ms", "without", "by month", "any order, indices", "any order, by month", "indices")
    found = Table("look-up", *headings, title=f"look-ups over {rows:,} rows")
    for name, (sql, indices) in _LOOKUPS.items():
        asked = [sql.format(feedback=of, low=rows // 2, high=rows // 2 + 49 * 97) for of in _LAYOUTS]
        with served._database.reading() as session:
            took = [_least_ms(session, each) for each in asked]
            if plans:
                Console().print(
                    name, *(row for (row,) in session.query(f"EXPLAIN (ANALYZE, COSTS OFF) {asked[0]}")), sep="\n  "
                )
            session.run(_WITHOUT)
            took.insert(1, _least_ms(session, asked[0]))
        found.add_row(name, *(f"{each:.1f}" for each in took), indices)
    return found


def _part_by_month(session: Session, of: str) -> None:
    """A copy of the rows with the same indices, in a table for each month and one for rows without a day."""
    session.run(f"CREATE TABLE {of}_by_month (LIKE feedback) PARTITION BY RANGE (occurred_on)")
    session.run(f"CREATE TABLE {of}_undated PARTITION OF {of}_by_month DEFAULT")
    months = [(2023 + month // 12, month % 12 + 1) for month in range(1, _MONTHS + 1)]
    for (year, month), (next_year, next_month) in pairwise(months):
        session.run(
            f"CREATE TABLE {of}_{year}_{month} PARTITION OF {of}_by_month"
            f" FOR VALUES FROM ('{year}-{month}-01') TO ('{next_year}-{next_month}-01')"
        )
    session.run(f"INSERT INTO {of}_by_month SELECT * FROM {of}")  # noqa: S608
    session.run(_INDICES.format(f"{of}_by_month"))


def vacuum(served: Store, tables: Sequence[str] = FIGURED) -> None:
    """What the server does by itself in a quiet minute, so that plans know what there is."""
    with psycopg.connect(served._database._conninfo, autocommit=True) as connection:  # type: ignore[attr-defined]
        for table in tables:
            connection.execute(f"VACUUM ANALYZE main.{table}")


def _least_ms(session: Session, sql: str) -> float:
    return 1_000 * min(seconds(lambda: session.query(sql)) for _ in range(REPEATS))


def _written(file: Store, served: Store) -> Table:
    """Rows taken in, tagged and read back through the front door, which a disk confirms."""
    table = Table("through the front door", "DuckDB, rows/s", "PostgreSQL, rows/s", "ratio", title=f"{SENT_ROWS:,} rows")
    rows = [Feedback("سفارشم دیر رسید و کسی هم جواب تلفن رو نداد", n, channel="phone", nps=n % 11) for n in range(SENT_ROWS)]
    for name, work in DOORS.items():
        rates = [SENT_ROWS / seconds(partial(work, store, rows, FakeTagger())) for store in (file, served)]
        table.add_row(name, *(f"{each:,.0f}" for each in rates), f"{rates[1] / rates[0]:.2f}")
    return table


def _send(store: Store, rows: Sequence[Feedback], _tagger: Tagger) -> None:
    add(store, rows)


def _tag(store: Store, _rows: Sequence[Feedback], tagger: Tagger) -> None:
    after = 0
    while found := store.pending(tagger.identity, after=after, limit=TAGGED_AT_ONCE):
        store.write_tags(list(zip([row.seq for row in found], tag_items(tagger, list(map(item_of, found))), strict=True)))
        after = found[-1].seq


def _read(store: Store, rows: Sequence[Feedback], _tagger: Tagger) -> None:
    assert sum(1 for _ in store.stream_feedback(Filters())) == len(rows)


DOORS: Final = {"taken in": _send, "tagged": _tag, "read with tags": _read}
"""What is done with rows, in this order: each needs what those before it have done."""


if __name__ == "__main__":
    main()
