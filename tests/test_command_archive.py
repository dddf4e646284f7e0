"""Archives tagged by Ray Data: the tags of the local engine, part by part, whatever dies meanwhile."""

import csv
import io
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.clusters import assert_quotes_nothing, crash, open_cluster
from tests.fakes import FakeTagger
from tests.test_engine_kill import ROOT, alive, wait_for
from voc.command import cli
from voc.command.archive import Outcome, Part, PartTagger, Place, Plan, _find_files, _run, place, tag_archive
from voc.errors import ClusterError, InputError
from voc.records import Tags

pytestmark = [
    pytest.mark.ray,
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:ray.data.context"),  # Ray's, of its own settings
]

PART_ROWS = 40
WORDS = ("پیک خیلی دیر اومد", "عالی بود", "چندبار زنگ زدم، حل نشد", "گرون بود ولی کیفیت داشت", "پیشنهاد میکنم")


class _Moody(FakeTagger):
    def tag(self, texts: Sequence[str]) -> list[Tags]:
        if any("بکش" in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        if any("نپذیر" in text for text in texts):
            raise ValueError(*texts)
        return super().tag(texts)


class _SlowTagger(FakeTagger):
    def tag(self, texts: Sequence[str]) -> list[Tags]:
        time.sleep(0.5)
        return super().tag(texts)


def moody(_: str) -> _Moody:
    return _Moody()


def load_slow(pids: str) -> _SlowTagger:
    (Path(pids) / str(os.getpid())).touch()
    return _SlowTagger()


def plan(**other: Any) -> Plan:
    given: dict[str, Any] = {
        "mapping": {},
        "timezone": "Asia/Tehran",
        "max_text_chars": 1_000,
        "mask_names": False,
        "ees_scale": "1-5",
    }
    return Plan(FakeTagger().identity, **given | {"part_rows": PART_ROWS} | other)


def run(cluster: Any, *inputs: Path | str, out: Path, load: Any = moody, model: str = "", **other: Any) -> str:
    """What the console says."""
    said = io.StringIO()
    console = Console(file=said, width=200)
    tag_archive(
        [*map(str, inputs)],
        str(out),
        plan(**other),
        model=model,
        workers=0,
        address=cluster.address,
        console=console,
        load=load,
    )
    return said.getvalue()


def write(path: Path, rows: int, **replaced: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    texts = [replaced.get(f"row{n}", f"{WORDS[n % len(WORDS)]} {n}") for n in range(rows)]
    pq.write_table(pa.table({"id": [f"{path.stem}-{n}" for n in range(rows)], "متن": texts}), path)
    return path


def read(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with open_cluster() as opened:
        yield opened


def test_parts_hold_what_the_local_engine_writes(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in"
    write(source / "a.parquet", 100, row3="", row50="بکش", row70="نپذیر", row99="کارتم 6037997512345678 بود، دیر شد")
    write(source / "b.parquet", 7)
    turns = [(f"c{n}", speaker, text) for n in range(60) for speaker, text in (("مشتری", "دیر شد"), ("کارشناس", "شرمنده"))]
    pq.write_table(
        pa.table(dict(zip(("conversation_id", "speaker", "text"), zip(*turns, strict=True), strict=True))), source / "c.parquet"
    )
    pq.write_table(pa.table({"متن": pa.array([], pa.string())}), source / "d.parquet")

    said = run(cluster, source / "*.parquet", out=tmp_path / "ray")

    monkeypatch.setattr("voc.tagging.model_identity", lambda _="": FakeTagger().identity)
    monkeypatch.setattr(import_module("voc.command.tag"), "_tagger", _pool_of_moody)
    (tmp_path / "local").mkdir()
    for name in "abcd":
        given = ["tag", f"{source}/{name}.parquet", "-q", "-o", f"{tmp_path}/local/{name}.parquet"]
        assert CliRunner().invoke(cli, given).exit_code == 0
    assert read(tmp_path / "ray") == read(tmp_path / "local")
    assert [path.name for path in sorted((tmp_path / "ray").glob("*.parquet"))] == [
        *(f"a-0000{n}-of-00003.parquet" for n in (1, 2, 3)),
        "b-00001-of-00001.parquet",
        *(f"c-0000{n}-of-00002.parquet" for n in (1, 2)),
        "d-00001-of-00001.parquet",
    ]
    refused = [line for n in (1, 2) for line in rejects(tmp_path / "ray" / f"a-0000{n}-of-00003.parquet.rejects.csv")]
    assert refused == rejects(tmp_path / "local" / "a.parquet.rejects.csv")
    assert [line["line"] for line in refused] == ["4", "51", "71"]
    assert "164 tagged" in said
    assert "3 refused" in said
    assert re.search(r"conversations +60", said)


def _pool_of_moody(*_: object) -> Any:
    from voc.engine import WorkerPool

    return WorkerPool(workers=1, load=moody, identity=FakeTagger().identity)


def rejects(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


ARCHIVE = """
import sys
from rich.console import Console
from tests.test_command_archive import load_slow, plan
from voc.command.archive import tag_archive
if __name__ == "__main__":
    address, source, out, pids = sys.argv[1:]
    tag_archive([source], out, plan(), model=pids, workers=0, address=address, console=Console(quiet=True), load=load_slow)
"""


def test_a_killed_run_leaves_whole_parts_and_the_next_goes_on(cluster: Any, tmp_path: Path) -> None:
    source, out, pids = tmp_path / "in", tmp_path / "out", tmp_path / "pids"
    pids.mkdir()
    write(source / "a.parquet", 10 * PART_ROWS)
    with subprocess.Popen([sys.executable, "-c", ARCHIVE, cluster.address, source, out, pids], cwd=ROOT) as process:
        wait_for(lambda: len(list(out.glob("*.parquet"))) >= 2, timeout_s=120)
        process.kill()
    wait_for(lambda: not any(alive(each.name) for each in pids.iterdir()), timeout_s=60)
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.parquet")}
    assert 2 <= len(before) < 10
    assert all(pq.read_metadata(path).num_rows == PART_ROWS for path in before)
    (out / "a-00010-of-00010.parquet.0123.partial").write_bytes(b"PAR1")

    said = run(cluster, source, out=out, load=load_slow, model=str(pids))
    assert f"{len(before)} of 10 parts were tagged before" in said
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [row["id"] for row in read(out)] == [f"a-{n}" for n in range(10 * PART_ROWS)]
    assert not list(out.glob("*.partial"))
    assert "10 of 10 parts were tagged before" in run(cluster, source, out=out)

    os.utime(source / "a.parquet")  # a file that has changed since is tagged anew
    assert "tagged before" not in run(cluster, source, out=out)


class _Here:
    """Tags parts one after the other without Ray; that with the number `broken` fails."""

    model = ""

    def __init__(self, broken: int) -> None:
        self.plan = plan()
        self._broken = broken

    def count(self, files: Sequence[Place]) -> Iterator[Outcome]:
        return (Outcome(file, pq.read_metadata(file.path).num_rows) for file in files)

    def tag(self, parts: Sequence[Part]) -> Iterator[Outcome]:
        tagger = PartTagger(self.plan, self.model, moody)
        for number, part in enumerate(parts, 1):
            if number == self._broken:
                yield Outcome(part.target, error="There is no room left.")
            else:
                yield pickle.loads(tagger({"given": pickle.dumps(part)})["outcome"])  # noqa: S301
        tagger._pool.close()


def run_here(*files: Path, out: Path, broken: int = 0) -> None:
    out.mkdir(exist_ok=True)
    for file in files:
        os.utime(file, (time.time() + 60,) * 2)  # changed since all parts were written
    _run(_Here(broken), _find_files([*map(str, files)]), place(str(out)), Console(quiet=True))  # type: ignore[arg-type]


def test_a_file_that_grows_or_shrinks_leaves_no_row_twice_and_no_refusal_of_before(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = write(tmp_path / "a.parquet", 3 * PART_ROWS, row3="", row90="")
    run_here(first, write(tmp_path / "a-00001-of-00002.parquet", 2), out=out)
    others = {out / name for name in ("a-00009-of-00009.txt", "b-00001-of-00009.parquet", "a.parquet", "a-1-of-1.parquet")}
    for path in others:
        path.touch()
    others.add(out / "a-00001-of-00002-00001-of-00001.parquet")
    for rows, count, empty in ((200, 5, ["row41"]), (80, 2, ["row3"]), (79, 2, [])):
        write(first, rows, **dict.fromkeys(empty, ""))
        run_here(first, out=out)
        parts = {out / f"a-{number:05}-of-{count:05}.parquet" for number in range(1, count + 1)}
        refused = {path for path in out.iterdir() if path.name.endswith(".rejects.csv")}
        assert {*out.iterdir()} == others | parts | refused
        assert sum(pq.read_metadata(part).num_rows for part in parts) == rows - len(empty)
        assert len(refused) == len(empty)
        assert refused <= {part.with_name(f"{part.name}.rejects.csv") for part in parts}


def test_parts_of_before_stay_until_all_of_now_are_whole(tmp_path: Path) -> None:
    source, out = write(tmp_path / "a.parquet", PART_ROWS), tmp_path / "out"
    run_here(source, out=out)
    write(source, 3 * PART_ROWS)
    with pytest.raises(InputError, match="no room"):
        run_here(source, out=out, broken=2)
    assert sorted(path.name for path in out.iterdir()) == [
        "a-00001-of-00001.parquet",
        "a-00001-of-00003.parquet",
        "a-00003-of-00003.parquet",
    ]
    run_here(source, out=out)
    assert sorted(path.name for path in out.iterdir()) == [f"a-0000{number}-of-00003.parquet" for number in (1, 2, 3)]


class _Replacing(_Here):
    """A nightly dump that comes anew between the count and the tagging."""

    def tag(self, parts: Sequence[Part]) -> Iterator[Outcome]:
        write(Path(parts[0].source.path), PART_ROWS - 1)
        return super().tag(parts)


def test_a_file_that_changes_meanwhile_is_not_done(tmp_path: Path) -> None:
    source, out = write(tmp_path / "a.parquet", PART_ROWS), tmp_path / "out"
    out.mkdir()
    os.utime(source, (0, 0))
    with pytest.raises(InputError, match="changed while"):
        _run(_Replacing(0), _find_files([str(source)]), place(str(out)), Console(quiet=True))  # type: ignore[arg-type]
    assert not [*out.glob("*.parquet")]
    run_here(source, out=out)
    assert pq.read_metadata(out / "a-00001-of-00001.parquet").num_rows == PART_ROWS - 1


def test_a_file_beside_its_parts_is_none_of_them(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.parquet", 1), write(tmp_path / "a-00001-of-00002.parquet", 1)
    run_here(first, second, out=tmp_path)
    assert second.exists()


def test_a_node_that_is_lost_costs_no_row(cluster: Any, tmp_path: Path) -> None:
    source, out, pids = tmp_path / "in", tmp_path / "out", tmp_path / "pids"
    pids.mkdir()
    write(source / "a.parquet", 16 * PART_ROWS)
    third = cluster.add_node(num_cpus=1)
    with subprocess.Popen([sys.executable, "-c", ARCHIVE, cluster.address, source, out, pids], cwd=ROOT) as process:
        wait_for(lambda: len(list(out.glob("*.parquet"))) >= 3, timeout_s=120)
        crash(third)
        os.kill(int(next(pids.iterdir()).name), signal.SIGKILL)
        assert len(list(out.glob("*.parquet"))) < 16, "that came too late"
        assert process.wait(180) == 0
    assert [row["id"] for row in read(out)] == [f"a-{n}" for n in range(16 * PART_ROWS)]


def test_a_file_that_cannot_be_read_costs_no_other_and_settings_are_not_mixed(cluster: Any, tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.parquet", 3)
    (tmp_path / "in" / "b.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"1 could not be tagged: .*b\.parquet: .*damaged"):
        run(cluster, tmp_path / "in", out=tmp_path / "out")
    assert len(read(tmp_path / "out")) == 3
    with pytest.raises(InputError, match="another mask_names"):
        run(cluster, tmp_path / "in", out=tmp_path / "out", mask_names=True)


def test_no_log_of_the_cluster_quotes_a_text(cluster: Any) -> None:
    assert_quotes_nothing(cluster)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["nowhere/*.parquet", "-o", "out"], "no file"),
        (["nowhere", "-o", "out"], "no file"),
        (["in/a.csv", "-o", "out"], "called otherwise"),
        (["in/a.parquet", "in/again/a.parquet", "-o", "out"], "folders of their own"),
        (["nosuch://in/a.parquet", "-o", "out"], "no file system"),
        (["in/a.parquet"], "-o"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_cluster(
    given: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("in/a.parquet"), 1)
    write(Path("in/again/a.parquet"), 1)
    Path("in/a.csv").write_text("متن\nعالی\n", "utf-8")
    result = CliRunner().invoke(cli, ["tag", *given, "--engine", "ray"])
    assert isinstance(result.exception, InputError)
    assert says in result.exception.message


def test_several_files_without_ray_are_refused() -> None:
    result = CliRunner().invoke(cli, ["tag", "a.parquet", "b.parquet"])
    assert isinstance(result.exception, InputError)
    assert "--engine ray" in result.exception.message


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_RAY_ADDRESS", "127.0.0.1:1")
    write(tmp_path / "in" / "a.parquet", 1)
    result = CliRunner().invoke(cli, ["tag", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--engine", "ray"])
    assert isinstance(result.exception, ClusterError)
