"""The memory that a long export takes, in every format: what a process holds at its most with few and with many rows.

    python -m tests.benchmarks.exports --rows 200000

Rows are made up, stored, tagged by the fake tagger and exported in a process of its own for each format and number of rows.
Exits with 1 where many rows need much more than few.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.fakes import FakeTagger
from tests.serving import ROOT, memory_mib
from tests.spoken import CALL, conversation
from tests.stores import TEHRAN, add, open_store
from voc.export import FORMATS, stream_changes_as, stream_feedback_as, stream_turns_as
from voc.records import Feedback
from voc.store import Filters

FEW: Final = 10_000
LIMIT_MIB: Final = 64.0
"""How much more many rows may take than few: what DuckDB keeps of its file, and the allocators' ups and downs."""
TAGGED_AT_ONCE: Final = 5_000
SPOKEN_EACH: Final = 10
WHAT: Final = {"feedback": stream_feedback_as, "conversations": stream_turns_as, "changes": stream_changes_as}


def main() -> int:
    """Make both databases, export each in every way, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--one", nargs=3, metavar=("DATABASE", "WHAT", "FORMAT"), help="for the processes that it starts")
    given = parser.parse_args()
    if given.one:
        return _export_one(*given.one)
    grew = False
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_fill(Path(folder) / f"{rows}.duckdb", rows) for rows in (FEW, given.rows))
        for what in WHAT:
            for format in FORMATS:
                (small, _, _), (large, size_mb, seconds) = (_measure(path, what, format) for path in (few, many))
                grew = grew or large - small > LIMIT_MIB
                Console().print(
                    f"{what:14} {format:8} {small:6.0f} MiB with {FEW:,} rows, {large:6.0f} MiB with {given.rows:,};"
                    f" {size_mb:6.0f} MB in {seconds:4.0f} s"
                )
    return int(grew)


def _fill(path: Path, rows: int) -> Path:
    with open_store(path) as store:
        add(store, _rows(rows))
        tagger = FakeTagger()
        texts, spoken = tagger.tag(["پیک خیلی دیر اومد، چندبار زنگ زدم"])[0], tagger.tag_conversations([CALL])[0]
        for start in range(1, rows + 1, TAGGED_AT_ONCE):
            seqs = range(start, min(start + TAGGED_AT_ONCE, rows + 1))
            store.write_tags([(seq, texts if seq % SPOKEN_EACH else spoken) for seq in seqs])
    return path


def _rows(rows: int) -> Iterator[Feedback]:
    for seq in range(1, rows + 1):
        if seq % SPOKEN_EACH:
            yield Feedback(f"پیک خیلی دیر اومد، چندبار زنگ زدم {seq}", seq, customer_id=f"م-{seq % 9_999}", nps=seq % 11)
        else:
            yield conversation(CALL, seq)


def _measure(path: Path, what: str, format: str) -> tuple[float, float, float]:
    """MiB at the most, the file's MB, and seconds."""
    command = [sys.executable, "-m", "tests.benchmarks.exports", "--one", str(path), what, format]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    peak, size_mb, seconds = map(float, told)
    return peak, size_mb, seconds


def _export_one(path: str, what: str, format: str) -> int:
    size, began = 0, time.monotonic()
    with open_store(Path(path)) as store:
        source = store.stream_changes() if what == "changes" else store.stream_feedback(Filters())
        for piece in WHAT[what](source, format, TEHRAN):  # type: ignore[operator]
            size += len(piece)
    sys.stdout.write(f"{memory_mib(os.getpid())['VmHWM']} {size / 1e6} {time.monotonic() - began}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
