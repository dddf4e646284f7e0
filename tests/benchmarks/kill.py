"""A service that uploads, tags, deletes and exports while it is killed at random moments, and what is left of it each time.

    python -m tests.benchmarks.kill --kills 100 --seed 7

A real process on a real socket, with the fake tagger in real tagging processes. The harness keeps a ledger of what was
acknowledged. After each SIGKILL it opens the database and compares: what was acknowledged is there once, whole, and tagged once
or still waiting; what was sent and not answered is there whole or not at all; what was removed stays removed. Tagging processes
are killed, too. In the end the service must come to its rest with every row tagged.
"""

import argparse
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

import httpx2 as httpx

from tests.serving import ServiceProcess
from tests.stores import TEHRAN
from tests.stores import database as address
from voc.store import Store
from voc.store.erase import ROW_TABLES

# ruff: noqa: S608  the names in the SQL are our own

TAGS_A_ROW: Final = 3
"""«پیک» and «دیر» are reasons and «چندبار» is a cue for the fake tagger."""
MOST_ROWS: Final = 3_000
SPOKEN: Final = 0.35  # the share of uploads that are conversations
LONGEST_LIFE_S: Final = 1.5
"""From the first answer of a service to its death: time for some uploads, a deletion and tens of chunks."""
WORKERS_KILLED: Final = 0.4  # the share of lives in which tagging processes are killed before the service is
DONE_TIMEOUT_S: Final = 120.0

_CHECKS: Final = {
    "rows without a batch": "SELECT count(*) FROM feedback WHERE batch_id NOT IN (SELECT id FROM batch)",
    "batches that are not whole": (
        "SELECT count(*) FROM batch b WHERE b.accepted <> (SELECT count(DISTINCT line) FROM feedback f WHERE f.batch_id = b.id)"
        " OR b.accepted <> (SELECT count(*) FROM feedback f WHERE f.batch_id = b.id) OR b.received <> b.accepted + b.rejected"
    ),
    "rows under one number": "SELECT count(*) - count(DISTINCT seq) FROM feedback",
    "rows tagged twice": "SELECT count(*) - count(DISTINCT seq) FROM tagging",
    "tags without a row": (
        f"SELECT count(*) FROM ({' UNION ALL '.join(f'SELECT seq FROM {table}' for table in ROW_TABLES)}) x"
        " WHERE seq NOT IN (SELECT seq FROM feedback)"
    ),
    "conversations that are not whole": (
        "SELECT count(*) FROM conversation c FULL JOIN ("
        "   SELECT seq, count(DISTINCT position) AS turns, count(*) AS n FROM turn GROUP BY seq"
        ") t ON t.seq = c.seq WHERE c.seq IS NULL OR t.seq IS NULL OR t.turns <> c.turns OR t.n <> c.turns"
    ),
    "half-tagged conversations": (
        "SELECT count(*) FROM (SELECT c.seq,"
        "   (SELECT count(*) FROM tagging t WHERE t.seq = c.seq) AS texts,"
        "   (SELECT count(*) FROM conversation_tagging t WHERE t.seq = c.seq) AS wholes,"
        "   (SELECT count(*) FROM turn_tagging t WHERE t.seq = c.seq) AS moods,"
        "   (SELECT count(*) FROM turn u WHERE u.seq = c.seq AND u.speaker = 'customer') AS turns"
        " FROM conversation c) x WHERE wholes <> texts OR moods <> texts * turns"
    ),
    "half-tagged rows": (
        "SELECT count(*) FROM tagging t FULL JOIN ("
        "   SELECT seq, count(DISTINCT kind || code) AS tags, count(*) AS n FROM tag WHERE kind <> 'move' GROUP BY seq"
        ") g ON g.seq = t.seq WHERE t.seq IS NULL OR g.seq IS NULL OR g.tags <> $tags OR g.n <> $tags"
    ),
    "rows set aside": "SELECT count(*) FROM set_aside",
}  # fmt: skip


@dataclass(slots=True)
class Ledger:
    """What the service has said, and what it was asked and never answered."""

    rows: dict[str, int] = field(default_factory=dict)
    """Acknowledged batches and their rows, but for those that are to be removed."""
    asked: dict[str, int] = field(default_factory=dict)
    """Uploads without an answer, by their name."""
    removing: dict[str, int] = field(default_factory=dict)
    """Removals without an answer: the batch may be there, whole, or gone."""
    removed: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)


@dataclass(slots=True)
class Report:
    """What happened, and what was found wrong."""

    kills: int = 0
    workers_killed: int = 0
    uploads: int = 0
    removals: int = 0
    exports: int = 0
    rows: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = (
            f"{self.kills} kills of the service, {self.workers_killed} of tagging processes; {self.uploads} uploads and"
            f" {self.removals} removals acknowledged, {self.exports} whole exports; {self.rows} rows at the end"
        )
        return "\n".join([told, *(f"WRONG: {fault}" for fault in self.faults)])


def run_kills(folder: Path, kills: int, seed: int, tell: Callable[[str], None] = lambda _: None) -> Report:
    """Kill a service so many times and compare after each; the folder is for its database."""
    chance, ledger, report = random.Random(seed), Ledger(), Report()  # noqa: S311
    database = folder / "voc.duckdb"
    for turn in range(kills):
        with _service(folder, database) as service:
            _live(service, chance, ledger, report)
            service.kill()
        report.kills += 1
        report.faults += [f"after kill {turn + 1}: {fault}" for fault in compare(database, ledger)]
        tell(f"kill {turn + 1}: {len(ledger.rows)} batches, {len(report.faults)} faults")
    with _service(folder, database) as service:
        report.faults += _come_to_rest(service, ledger, report)
        service.end()
    report.faults += [f"at the end: {fault}" for fault in compare(database, ledger)]
    left = [each.name for each in folder.glob("voc-upload-*")]
    report.faults += [f"uploads left on the disk: {left}"] if left else []
    return report


def compare(database: Path, ledger: Ledger) -> list[str]:
    """What the database, which no process has open, does not keep of what was promised. Settles what had no answer."""
    with Store.open(address(database), zone=TEHRAN) as store:
        faults = [
            f"{count} {what}"
            for what, sql in _CHECKS.items()
            if (count := store.select(sql, {"tags": TAGS_A_ROW} if "$tags" in sql else {})[0][0])
        ]
        found = {batch: (name, rows) for batch, name, rows in store.select("SELECT id, name, accepted FROM batch", {})}
        for batch, rows in ledger.rows.items():
            if found.get(batch, ("", 0))[1] != rows:
                faults.append(f"batch {batch} of {rows} rows was acknowledged, and {found.get(batch)} is there")
        faults += [f"batch {batch} was removed and is there" for batch in ledger.removed & found.keys()]
    for batch, rows in ledger.removing.items():
        if batch in found:
            ledger.rows[batch] = rows
    for batch, (name, rows) in found.items():
        if ledger.asked.get(name, rows) != rows:
            faults.append(f"batch {batch} has {rows} rows, and {ledger.asked[name]} were sent")
        ledger.rows[batch] = rows
    ledger.asked.clear()
    ledger.removing.clear()
    return faults


@contextmanager
def _service(folder: Path, database: Path) -> Iterator[ServiceProcess]:
    """A service whose temporary files are in the folder, too."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        service = ServiceProcess(database, pause_s=0.01, workers=2)
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
    try:
        yield service.wait_ready()
    finally:
        service.kill()


def _live(service: ServiceProcess, chance: random.Random, ledger: Ledger, report: Report) -> None:
    """Load from several sides until the moment of death."""
    over = Event()
    sides = [
        Thread(target=_repeat, args=(over, work, service.base, random.Random(chance.random()), ledger, report))  # noqa: S311
        for work in (_upload, _upload, _remove, _export)
    ]
    until = time.monotonic() + chance.random() * LONGEST_LIFE_S
    worker_at = time.monotonic() + chance.random() * LONGEST_LIFE_S if chance.random() < WORKERS_KILLED else until
    for side in sides:
        side.start()
    time.sleep(max(0.0, min(worker_at, until) - time.monotonic()))
    if worker_at < until:
        report.workers_killed += kill_a_worker(service, chance)
        time.sleep(max(0.0, until - time.monotonic()))
    while not report.uploads and time.monotonic() < until + DONE_TIMEOUT_S:  # a slow machine has a longer first life
        time.sleep(0.05)
    service.kill()
    over.set()
    for side in sides:
        side.join()


def kill_a_worker(service: ServiceProcess, chance: random.Random) -> bool:
    """SIGKILL to one of its tagging processes; whether there was one."""
    taggers = [pid for pid in service.workers() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    with suppress(ProcessLookupError, IndexError):
        os.kill(chance.choice(taggers), signal.SIGKILL)
        return True
    return False


Work = Callable[[httpx.Client, random.Random, Ledger, Report], None]


def _repeat(over: Event, work: Work, base: str, chance: random.Random, ledger: Ledger, report: Report) -> None:
    with httpx.Client(base_url=base, timeout=30) as client:
        while not over.is_set():
            try:
                work(client, chance, ledger, report)
            except httpx.HTTPError:  # killed while it was asked
                over.wait(0.05)


def _upload(client: httpx.Client, chance: random.Random, ledger: Ledger, report: Report) -> None:
    name, rows = f"{secrets.token_hex(8)}.csv", chance.randint(1, MOST_ROWS)
    content = _conversations(name, rows) if chance.random() < SPOKEN else _texts(name, rows)
    with ledger.lock:
        ledger.asked[name] = rows
    answer = client.post("/v1/batches", files={"file": (name, content)})
    if answer.status_code != 202:
        report.faults.append(f"an upload was answered with {answer.status_code}")
        return
    with ledger.lock:
        ledger.rows[answer.json()["id"]] = rows
        del ledger.asked[name]
        report.uploads += 1


def _texts(name: str, rows: int) -> str:
    return "شناسه,نظر\n" + "".join(f"{name}-{line},پیک دیر اومد و چندبار گفتم {name} {line}\n" for line in range(rows))


def _conversations(name: str, rows: int) -> str:
    """As many conversations, of three turns each."""
    turns = (("مشتری", "پیک دیر اومد"), ("کارشناس", "بله"), ("مشتری", "چندبار گفتم"))
    return "شناسه گفتگو,گوینده,متن\n" + "".join(
        f"{name}-{line},{speaker},{text} {name} {line}\n" for line in range(rows) for speaker, text in turns
    )


def _remove(client: httpx.Client, chance: random.Random, ledger: Ledger, report: Report) -> None:
    time.sleep(chance.random() * 0.5)
    with ledger.lock:
        if len(ledger.rows) < 3:
            return
        batch = chance.choice(sorted(ledger.rows))
        ledger.removing[batch] = ledger.rows.pop(batch)
    answer = client.delete(f"/v1/batches/{batch}")
    if answer.status_code != 204:
        report.faults.append(f"a removal was answered with {answer.status_code}")
        return
    with ledger.lock:
        ledger.removed.add(batch)
        del ledger.removing[batch]
        report.removals += 1


def _export(client: httpx.Client, chance: random.Random, ledger: Ledger, report: Report) -> None:
    """A whole export has every row that was acknowledged before it began and not asked to be removed until it ended."""
    time.sleep(chance.random() * 0.3)
    with ledger.lock:
        before = dict(ledger.rows)
    answer = client.get("/v1/export/feedback", params={"format": "jsonl"})
    exported = [json.loads(line) for line in answer.content.splitlines()]
    counts: dict[str, int] = {}
    for row in exported:
        counts[row["batch_id"]] = counts.get(row["batch_id"], 0) + 1
    with ledger.lock:
        lacking = [batch for batch, rows in before.items() if batch in ledger.rows and counts.get(batch) != rows]
        if answer.status_code != 200 or lacking or len({row["id"] for row in exported}) != len(exported):
            report.faults.append(f"an export ({answer.status_code}) lacks rows of {lacking} or has some twice")
        report.exports += 1


def _come_to_rest(service: ServiceProcess, ledger: Ledger, report: Report) -> list[str]:
    """What is wrong when all should be tagged."""
    until = time.monotonic() + DONE_TIMEOUT_S
    with httpx.Client(base_url=service.base, timeout=30) as client:
        for batch, rows in ledger.rows.items():
            while (told := client.get(f"/v1/batches/{batch}").json())["status"] != "done" and time.monotonic() < until:
                time.sleep(0.05)
            if (told["status"], told["tagged"], told["accepted"]) != ("done", rows, rows):
                return [f"batch {batch} of {rows} rows came to rest as {told['status']} with {told['tagged']} tagged"]
        lines = client.get("/v1/export/feedback", params={"format": "jsonl"}).content.splitlines()
    report.rows = len(lines)
    total = sum(ledger.rows.values())
    return [] if len(lines) == total else [f"the last export has {len(lines)} rows, not {total}"]


def main() -> int:
    """Parse the command line, kill, and print what was found; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        report = run_kills(Path(folder), given.kills, given.seed, lambda line: print(line, flush=True))  # noqa: T201
    print(report)  # noqa: T201
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
