"""Uploads beside many readers on loopback: errors, rows lost, how long reads take, what tagging loses, whether memory grows.

    python -m tests.benchmarks.load --rows 100000 --readers 50
    python -m tests.benchmarks.load --rows 100000 --readers 50 --model      # the shipped model instead of the fake tagger

First the rows are sent and tagged alone, on a fresh service; then again on another, beside the readers, each of whom asks,
waits for the answer, thinks (--think seconds, by chance half to one and a half of them) and asks again. Readers are processes
of their own, so that what is measured is the service. The fake tagger rests after each chunk (--pause), so that it is about as
fast as the model. With fewer cores than all of this needs, the figures are of the machine, too.
"""

import argparse
import io
import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from threading import Event, Thread
from typing import Any, Final

import httpx2 as httpx
from rich.console import Console
from rich.table import Table

from tests.serving import ServiceProcess, memory_mib
from voc.client import Client, ClientError
from voc.records import Batch

READS: Final = (
    ("a page of texts", "/v1/feedback?limit=50"),
    ("a search", "/v1/feedback?q=پشتیبانی&limit=20"),
    ("reasons by month", "/v1/trends?measure=reasons&bucket=month"),
    ("a KPI by channel", "/v1/kpis?names=nps,text_effort_share&bucket=month&group=channel"),
    ("the files", "/v1/batches"),
    ("the overview page", "/"),
)
FILES: Final = 10
READER_PROCESSES: Final = 2
MOST_DONE_S: Final = 3_600.0
SAMPLE_S: Final = 0.5
_TEXTS: Final = (
    "پیک خیلی دیر اومد و غذا سرد بود", "سریع فرستادین و کیفیت عالی بود", "چندبار زنگ زدم پشتیبانی جواب نداد",
    "موقع ورود کد نمیاد، دیگه نمیخرم", "ارزون و با کیفیت، به همه پیشنهاد میدم", "منتظر موندم و آخرش هم حل نشد",
)  # fmt: skip

_CHANNELS: Final = ("تلفن", "اپ", "سایت")

Read = tuple[str, float, int]
"""What was asked, seconds, status; 0 where there was no answer."""


@dataclass(slots=True)
class Run:
    """What one pass came to."""

    seconds: float = 0.0
    tagged: int = 0
    accepted: int = 0
    errors: list[str] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    @property
    def rows_per_s(self) -> float:
        """Rows that were sent, stored and tagged in a second."""
        return self.tagged / self.seconds if self.seconds else 0.0


def run(folder: Path, rows: int, readers: int, think_s: float, **options: Any) -> Run:
    """Send the rows in ten files, beside so many readers, until all are tagged."""
    done, stop = Run(), Event()
    with ServiceProcess(folder / "voc.duckdb", **options) as service:
        _until_loaded(service)
        with _Readers(service.base, readers, think_s) as asking:
            sampler = Thread(target=_sample_memory, args=(service, stop, done.memory))
            sampler.start()
            began = time.monotonic()
            batches = _send(service.base, rows, done)
            done.tagged = _wait_tagged(service.base, batches, done)
            done.seconds = time.monotonic() - began
            stop.set()
            sampler.join()
        done.reads = asking.reads
        done.errors += [f"{what}: {status}" for what, _, status in done.reads if status != 200]
    return done


def _until_loaded(service: ServiceProcess) -> None:
    while httpx.get(f"{service.base}/readyz", timeout=60).json()["model"] != "loaded":
        time.sleep(0.2)


def _send(base: str, rows: int, done: Run) -> list[Batch]:
    batches = []
    with Client(base, timeout_s=300, retries=0) as client:
        for number in range(FILES):
            content = io.BytesIO(_file(number, rows // FILES).encode())
            try:
                batches.append(client.upload(content, name=f"{number}.csv", wait=False))
            except ClientError as error:
                done.errors.append(f"upload {number}: {error.status}")
    done.accepted = sum(batch.accepted for batch in batches)
    return batches


def _file(number: int, rows: int) -> str:
    lines = (
        f"{_TEXTS[line % len(_TEXTS)]} {number}-{line},1403/{1 + line % 12:02}/{1 + line % 28:02},"
        f"{_CHANNELS[line % len(_CHANNELS)]},{line % 11}"
        for line in range(rows)
    )
    return "نظر,تاریخ,کانال,NPS\n" + "\n".join(lines)


def _wait_tagged(base: str, batches: Sequence[Batch], done: Run) -> int:
    with Client(base, timeout_s=300, retries=0) as client:
        told = [client.wait(batch, timeout_s=MOST_DONE_S) for batch in batches]
    done.errors += [
        f"batch {each.id}: {each.tagged} of {each.accepted} tagged" for each in told if each.tagged != each.accepted
    ]
    return sum(each.tagged for each in told)


def _sample_memory(service: ServiceProcess, stop: Event, found: list[float]) -> None:
    while not stop.wait(SAMPLE_S):
        total = 0.0
        for pid in (service.pid, *service.workers()):
            with suppress(OSError):
                total += memory_mib(pid).get("VmRSS", 0.0)
        found.append(total)


class _Readers:
    """Processes that ask until they are told to stop; `reads` is whole after the context."""

    def __init__(self, base: str, readers: int, think_s: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._answers = context.Queue()
        shares = [readers // READER_PROCESSES + (n < readers % READER_PROCESSES) for n in range(READER_PROCESSES)]
        self._processes = [
            context.Process(target=_ask_from_many, args=(base, share, think_s, seed, self._stop, self._answers))
            for seed, share in enumerate(shares) if share
        ]  # fmt: skip
        self.reads: list[Read] = []

    def __enter__(self) -> "_Readers":
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for _process in self._processes:
            with suppress(Empty):
                self.reads += self._answers.get(timeout=120)
        for process in self._processes:
            process.join()


def _ask_from_many(base: str, readers: int, think_s: float, seed: int, stop: Any, answers: Any) -> None:
    found: list[Read] = []
    threads = [Thread(target=_ask, args=(base, think_s, random.Random(seed * 1_000 + n), stop, found)) for n in range(readers)]  # noqa: S311
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(found)


def _ask(base: str, think_s: float, chance: random.Random, stop: Any, found: list[Read]) -> None:
    with httpx.Client(base_url=base, timeout=120) as client:
        while not stop.wait(think_s * (0.5 + chance.random())):
            what, path = chance.choice(READS)
            began = time.monotonic()
            try:
                status = client.get(path).status_code
            except httpx.HTTPError:
                status = 0
            found.append((what, time.monotonic() - began, status))


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; 0 of none."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def report(alone: Run, beside: Run, rows: int) -> Table:
    """The figures of both passes."""
    table = Table("what", "n", "p50, ms", "p95, ms", "p99, ms", title=f"{rows:,} rows, with and without readers")
    for what in (*(name for name, _ in READS), "all reads"):
        times = [seconds * 1_000 for name, seconds, _ in beside.reads if what in (name, "all reads")]
        table.add_row(what, str(len(times)), *(f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 0.99)))
    third = max(1, len(beside.memory) // 3)
    early, late = (max(part, default=0.0) for part in (beside.memory[:third], beside.memory[-third:]))
    lost = alone.accepted + beside.accepted - alone.tagged - beside.tagged
    kept = beside.rows_per_s / alone.rows_per_s if alone.rows_per_s else 0.0
    table.caption = (
        f"alone {alone.rows_per_s:,.0f} rows/s, beside readers {beside.rows_per_s:,.0f} ({kept:.0%});"
        f" {alone.accepted + beside.accepted:,} of {2 * rows:,} rows taken, {lost} lost;"
        f" errors {len(alone.errors) + len(beside.errors)};"
        f" MiB of all processes in the first third {early:.0f}, in the last {late:.0f}"
    )
    return table


def main() -> None:
    """Parse the command line, run both passes and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds after each chunk of the fake tagger")
    parser.add_argument("--model", action="store_true")
    given = parser.parse_args()
    options = {"model": given.model, "workers": given.workers, "pause_s": given.pause}
    passes = []
    for readers in (0, given.readers):
        with tempfile.TemporaryDirectory() as folder:
            passes.append(run(Path(folder), given.rows, readers, given.think, **options))
    Console(width=110).print(report(passes[0], passes[1], given.rows))
    for error in [*passes[0].errors, *passes[1].errors][:20]:
        Console().print(f"error: {error}")


if __name__ == "__main__":
    main()
