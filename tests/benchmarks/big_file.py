"""One file of a million rows sent to a running service: how long until it is answered, and the memory of all its processes.

    python -m tests.benchmarks.big_file --rows 1000000

The file is read, checked, masked and stored in a stream; tagging, with the fake tagger, goes on beside it. Exits with 1 above
the limit.
"""

import argparse
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

from rich.console import Console

from tests.serving import ServiceProcess, memory_mib
from voc.client import Client

LIMIT_MIB: Final = 1_536.0
SAMPLE_S: Final = 0.25


def main() -> int:
    """Write the file, send it, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("شناسه,نظر,تاریخ,کانال,NPS\n")
            file.writelines(
                f"{line},پیک خیلی دیر اومد و غذا سرد بود {line},1404/{1 + line % 12:02}/{1 + line % 28:02},تلفن,{line % 11}\n"
                for line in range(rows)
            )
        size_mb = path.stat().st_size / 1e6
        most, stop = [0.0], Event()
        with ServiceProcess(Path(folder) / "voc.duckdb", max_upload_mb=1_000) as service:
            Thread(target=_watch, args=(service, stop, most), daemon=True).start()
            began = time.monotonic()
            with Client(service.base, timeout_s=1_800, retries=0) as client:
                batch = client.upload(path, wait=False)
            seconds = time.monotonic() - began
            stop.set()
        told = f"{size_mb:,.0f} MB, {batch.accepted:,} of {rows:,} rows stored in {seconds:,.0f} s;"
        Console().print(f"{told} all processes together held at most {most[0]:,.0f} MiB")
        return int(batch.accepted != rows or most[0] > LIMIT_MIB)


def _watch(service: ServiceProcess, stop: Event, most: list[float]) -> None:
    while not stop.wait(SAMPLE_S):
        total = 0.0
        for pid in (service.pid, *service.workers()):
            with suppress(OSError):
                total += memory_mib(pid).get("VmRSS", 0.0)
        most[0] = max(most[0], total)


if __name__ == "__main__":
    sys.exit(main())
