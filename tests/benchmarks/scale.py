"""What tagging and keeping rows costs, measured on a few, and what it comes to for a thousand million.

    make bench-scale
    python -m tests.benchmarks.scale --rows 4000 --stored 100000 --figures 100000 500000

Rows are those of the shipped sample, each copy with a text of its own. The shipped model tags them from file to file, by one
process and by two. The store of either engine takes in and is asked many more: the same rows and tags with the words of each
text in another order, so that no two are alike and none is packed better than what customers write. Questions are asked of the
rows of `tests.benchmarks.figures` at two sizes. What follows from it is worked out in `tests.benchmarks.cost`.
Tables are Markdown, as docs/deploy.md has them.
"""

import argparse
import csv
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Final

import torch
from rich.console import Console

from models.benchmarks.throughput import as_lines, read, timed
from tests.benchmarks import cost
from tests.benchmarks.cost import Asked, StoreCost
from tests.benchmarks.engines import DOORS, fill_whole, least_seconds, open_store, server, vacuum
from tests.benchmarks.figures import QUESTIONS, seconds
from tests.fakes import FakeTagger
from tests.postgres import Cluster
from tests.stores import TEHRAN
from voc.engine import WorkerPool, tag_stream
from voc.export import write_whole
from voc.records import Feedback, Tags
from voc.store import Store
from voc.store.transfer import move_file
from voc.tagging.identity import find_model
from voc.tagging.reading import Reading
from voc.tagging.tagger import TransformerTagger

TEXT: Final = "متن"  # the column of the sample
WORKERS: Final = (1, 2)
ASKED: Final = ("volume by day", "reasons by month", "nps by month", "every KPI, all time", "drivers of NPS")
SIZES: Final = (1_000_000, 10_000_000, 50_000_000, 100_000_000, 1_000_000_000)
CREWS: Final = (16, 256)
WITHIN_H: Final = 24

Tagged = list[tuple[Feedback, Tags]]
Rows = list[list[str]]


class WatchedTagger(TransformerTagger):
    """The shipped tagger, which knows how much processor time went into tokenising and the network."""

    inside_s = 0.0

    def read(self, normalised: Sequence[str]) -> list[Reading]:
        """As ever, by the clock."""
        began = time.process_time()
        try:
            return super().read(normalised)
        finally:
            self.inside_s += time.process_time() - began


class RecallingTagger(FakeTagger):
    """Knows the tags of certain texts, so that the store is given what the model says, at no cost."""

    def __init__(self, known: dict[str, Tags]) -> None:
        super().__init__()
        self._known = known

    def _tag(self, text: str) -> Tags:
        return self._known[text]


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000, help="that the model tags")
    parser.add_argument("--stored", type=int, default=100_000, help="that the stores take in")
    parser.add_argument("--figures", type=int, nargs=2, default=[100_000, 500_000], help="that questions are asked of")
    given = parser.parse_args()
    console = Console(soft_wrap=True)
    with tempfile.TemporaryDirectory() as place, server() as cluster:
        folder = Path(place)
        source = write_sample(folder / "sample.csv", given.rows)
        tagged, outside = watch_one(source, folder / "one.jsonl")
        rates = [rate(source, folder / f"{workers}.jsonl", workers) for workers in WORKERS]
        _show(console, f"{given.rows:,} rows from file to file", tagging_rows(rates, outside))
        costs = measure_stores(folder, cluster, shuffled(tagged, given.stored), given.figures)
    _show(console, f"{given.stored:,} rows, confirmed by the disk", store_rows(costs))
    worker = rates[-1] / WORKERS[-1]
    for name, store in costs.items():
        _show(console, f"{name}, each worker {worker:,.0f} rows a second", sizing(worker, store))


def write_sample(target: Path, rows: int) -> Path:
    """A file of so many rows with texts of their own, from the shipped sample over and over."""
    with Path(str(files("data") / "samples" / "feedback.csv")).open(encoding="utf-8-sig", newline="") as file:
        sample = list(csv.DictReader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(sample[0]))
        writer.writeheader()
        copies = ((copy, row) for copy in range(-(-rows // len(sample))) for row in sample)
        writer.writerows({**row, TEXT: f"{row[TEXT]} {copy}"} for copy, row in islice(copies, rows))
    return target


def watch_one(source: Path, target: Path) -> tuple[Tagged, float]:
    """All rows with their tags, by one thread from file to file, and the share of its time outside tokenising and network."""
    torch.set_num_threads(1)
    tagger = WatchedTagger(find_model(), "cpu")
    tagger.tag(["سلام"])
    tagger.inside_s, began = 0.0, time.process_time()
    tagged = list(tag_stream(read(source), tagger))
    write_whole(target, as_lines(tagged))
    return tagged, 1 - tagger.inside_s / (time.process_time() - began)


def rate(source: Path, target: Path, workers: int) -> float:
    """Rows per second from file to file, by processes that have loaded the model."""
    with WorkerPool("", workers) as pool:
        for first in [pool.submit((f"سلام {worker}",)) for worker in range(workers)]:
            first.result()
        _, took = timed(lambda: write_whole(target, as_lines(tag_stream(read(source), pool))))
    with target.open("rb") as file:
        return sum(1 for _ in file) / took


def shuffled(tagged: Tagged, rows: int) -> Tagged:
    """So many rows with the tags of these, the words of each text in an order of its own and a number behind them."""
    chance = random.Random(0)  # noqa: S311
    made = []
    for number in range(rows):
        row, tags = tagged[number % len(tagged)]
        words = row.text.split(" ")
        chance.shuffle(words)
        made.append((replace(row, text=f"{' '.join(words)} {number}", line=number + 2, external_id=f"NL-{number}"), tags))
    return made


def measure_stores(folder: Path, cluster: Cluster, tagged: Tagged, sizes: Sequence[int]) -> dict[str, StoreCost]:
    """What each engine takes to write these rows and tags, the room for them, and what questions take at two sizes."""
    addresses = {"DuckDB": str(folder / "sent.duckdb"), "PostgreSQL": cluster.create("sent")}
    few, many = (measure_questions(folder, cluster, size) for size in sizes)
    costs = {}
    for engine, address in addresses.items():
        asked = {name: Asked(sizes[0], few[engine][name], sizes[1], many[engine][name]) for name in ASKED}
        costs[engine] = _measure_store(address, tagged, asked)
    return costs


def _measure_store(address: str, tagged: Tagged, questions: dict[str, Asked]) -> StoreCost:
    rows, tagger = [row for row, _ in tagged], RecallingTagger({row.text: tags for row, tags in tagged})
    empty = _bytes_of(address)
    with open_store(address) as store:
        taken_in, tagged_in = (
            len(rows) / seconds(partial(DOORS[door], store, rows, tagger)) for door in ("taken in", "tagged")
        )
    return StoreCost(taken_in, tagged_in, (_bytes_of(address) - empty) / len(rows), questions)


def _bytes_of(address: str) -> int:
    """The room of a database when nobody has it open, so that its log is in it."""
    open_store(address).close()
    with open_store(address) as store:
        return store.size_bytes() or 0


def measure_questions(folder: Path, cluster: Cluster, rows: int) -> dict[str, dict[str, float]]:
    """Seconds of each question, of either engine, over so many made-up rows."""
    with _both(folder / f"{rows}.duckdb", cluster.create(f"figures_{rows}"), rows) as stores:
        asked = {each.name: least_seconds(each, stores) for each in QUESTIONS if each.name in ASKED}
    return {
        engine: {name: took[place] for name, took in asked.items()} for place, engine in enumerate(("DuckDB", "PostgreSQL"))
    }


@contextmanager
def _both(path: Path, address: str, rows: int) -> Iterator[tuple[Store, Store]]:
    """The same made-up rows in a file and on the server."""
    with open_store(str(path)) as store:
        fill_whole(store, rows)
    move_file(str(path), address, TEHRAN)
    with open_store(str(path)) as file, open_store(address) as served:
        vacuum(served)
        yield file, served


def tagging_rows(rates: Sequence[float], outside: float) -> Rows:
    """The table of rows per second."""
    gain = rates[-1] / rates[0]
    return [
        ["cores", *(f"{workers} worker{'s' * (workers > 1)}, rows/s" for workers in WORKERS), "gain", "outside the model"],
        [str(len(os.sched_getaffinity(0))), *(f"{each:,.0f}" for each in rates), f"{gain:.2f} ×", f"{outside:.1%}"],
    ]


def store_rows(costs: dict[str, StoreCost]) -> Rows:
    """The table of what was measured of the stores, questions by rows."""
    one = next(iter(costs.values()))
    headings = [f"{name}, s over {size / 1e6:g} M" for name, each in one.questions.items() for size in (each.few, each.many)]
    table = [["", "taken in, rows/s", "tagged, rows/s", "bytes a row", *headings]]
    for engine, each in costs.items():
        took = [f"{spent:.3f}" for asked in each.questions.values() for spent in (asked.few_s, asked.many_s)]
        table.append([engine, f"{each.taken_in:,.0f}", f"{each.tagged:,.0f}", f"{each.row_bytes:,.0f}", *took])
    return [list(line) for line in zip(*table, strict=True)]


def sizing(worker: float, store: StoreCost) -> Rows:
    """The table of what many rows come to, by workers of so many rows per second and this store."""
    crews = [f"{crew} workers, h" for crew in CREWS]
    asked = [f"{name}, s" for name in store.questions]
    within = f"workers for {WITHIN_H} h"
    table = [["rows", "1 worker, h", *crews, within, "workers as rows come in a year", "the store alone, h", "GB", *asked]]
    for rows in SIZES:
        crew = [cost.hours(rows, worker, store, each) for each in (1, *CREWS)]
        needed = [cost.workers_within(rows, worker, store, within) for within in (WITHIN_H, cost.YEAR_HOURS)]
        table.append(
            [
                f"{rows / 1e6:,.0f} M",
                *map(brief, crew),
                *("–" if each is None else f"{each:,}" for each in needed),
                brief(cost.store_hours(rows, store)),
                brief(cost.storage_gb(rows, store)),
                *(brief(cost.question_s(rows, each)) for each in store.questions.values()),
            ]
        )
    return table


def brief(number: float) -> str:
    """A figure with as many digits as it deserves.

    >>> brief(2777.8), brief(2.78), brief(0.06)
    ('2,778', '2.8', '0.06')
    """
    digits = 0 if number >= 10 else 1 if number >= 0.1 else 2
    return f"{number:,.{digits}f}"


def _show(console: Console, title: str, rows: Rows) -> None:
    head, *body = rows
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *body]
    console.print(f"\n{title}\n", *(f"| {' | '.join(line)} |" for line in lines), sep="\n", markup=False, highlight=False)


if __name__ == "__main__":
    main()
