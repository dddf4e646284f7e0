"""A backup is whole or refused, is made while others write, and restoring one replaces nothing that it does not keep."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import IO

import pytest

from tests import engines
from tests.disk import flush, has_on_disk, keep_uncompressed
from tests.stores import add, database, feedback, open_store, tag_all
from voc.errors import ConflictError, DiskFullError, InputError, StoreError
from voc.records import Feedback
from voc.store import Filters, Store
from voc.store.backup import back_up_file, manifest_of, read_manifest, restore

pytestmark = pytest.mark.usefixtures("engine")

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
WORDS = ["پیک دیر اومد", "سریع رسید", "خیلی گرون"]


def texts(path: Path) -> list[str]:
    with open_store(path) as store:
        return [row.feedback.text for row in store.stream_feedback(Filters())]


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file can grow beyond this, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "live").mkdir()
    with open_store(tmp_path / "live" / "voc.duckdb") as opened:
        add(opened, feedback(*WORDS))
        yield opened


@pytest.fixture
def backup(store: Store, tmp_path: Path) -> Path:
    store.back_up(tmp_path / "b.duckdb")
    return tmp_path / "b.duckdb"


def test_a_backup_is_restored_elsewhere(store: Store, tmp_path: Path) -> None:
    tag_all(store)
    manifest = store.back_up(tmp_path / "b.duckdb")
    # three texts, each with one tag: of the courier twice (پیک، دیر), of the time, of the price
    assert {table: manifest.tables[table] for table in ("batch", "feedback", "tagging", "tag")} == {
        "batch": 1, "feedback": 3, "tagging": 3, "tag": 4,
    }  # fmt: skip
    assert (manifest.zone, manifest.size_bytes) == ("Asia/Tehran", (tmp_path / "b.duckdb").stat().st_size)
    assert read_manifest(tmp_path / "b.duckdb") == manifest
    assert names(tmp_path) == ["b.duckdb", "b.duckdb.json", "live"]
    if engines.chosen == "duckdb":
        assert names(tmp_path / "live")[0] == "voc.duckdb"
        assert not (tmp_path / "live" / "voc.duckdb.copy").exists()
    done = restore(tmp_path / "b.duckdb", database(tmp_path / "new.duckdb"), force=False, now=NOW)
    assert (done.manifest, done.kept) == (manifest, None)
    assert texts(tmp_path / "new.duckdb") == WORDS
    with open_store(tmp_path / "new.duckdb") as restored:
        assert restored.get_feedback("f1").tags == store.get_feedback("f1").tags
        assert add(restored, feedback("تازه"), "بعدی").accepted == 1


def test_a_backup_has_nothing_that_was_deleted(store: Store, tmp_path: Path) -> None:
    word = "ژرفنای‌پگاه"
    keep_uncompressed(store)
    add(store, [Feedback(f"{word} {n} " * 300, n, customer_id="الف") for n in range(50)], "دو")
    flush(store)
    store.erase_customer("الف")
    store.back_up(tmp_path / "b.duckdb")
    assert has_on_disk(tmp_path / "live" / "voc.duckdb", word.encode())
    assert word.encode() not in (tmp_path / "b.duckdb").read_bytes()


def test_a_live_database_is_copied_as_it_was_at_one_moment(store: Store, tmp_path: Path) -> None:
    """Batches of three rows come in all the while: a copy has whole ones."""
    stop, wrong = Event(), list[BaseException]()

    def write() -> None:
        try:
            for n in range(10_000):
                if stop.is_set():
                    return
                add(store, feedback(*WORDS), f"{n}")
        except BaseException as error:
            wrong.append(error)

    thread = Thread(target=write)
    thread.start()
    made = [store.back_up(tmp_path / f"b{turn}.duckdb").tables for turn in range(5)]
    stop.set()
    thread.join()
    assert wrong == []
    assert all(tables["feedback"] == 3 * tables["batch"] for tables in made)
    assert made[0]["batch"] < made[-1]["batch"]
    assert restore(tmp_path / "b4.duckdb", database(tmp_path / "new.duckdb"), force=False, now=NOW).manifest.tables == made[-1]
    assert len(texts(tmp_path / "new.duckdb")) == made[-1]["feedback"]


@pytest.mark.engines("duckdb")
def test_whoever_looks_at_the_catalog_hinders_no_copy(store: Store, tmp_path: Path) -> None:
    """DuckDB's catalog lists the copy that is being made, too, and who reads it holds that file open."""
    stop, wrong = Event(), list[BaseException]()

    def look() -> None:
        try:
            while not stop.is_set():
                store.select("SELECT count(*) FROM information_schema.tables", {})
        except BaseException as error:
            wrong.append(error)

    threads = [Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(10):
            assert store.back_up(tmp_path / f"b{turn}.duckdb").tables["feedback"] == 3
            with store.open_snapshot() as snapshot:
                assert snapshot.read(1)
            store.rewrite()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.engines("duckdb")
def test_what_a_killed_service_left_in_its_log_is_in_the_backup(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    code = (
        "import os, signal, sys; from pathlib import Path; from tests.stores import add, feedback, open_store;"
        "store = open_store(Path(sys.argv[1])); add(store, feedback('دیر رسید')); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    before = path.read_bytes()
    assert back_up_file(str(path), tmp_path / "b.duckdb").tables["feedback"] == 1
    assert path.read_bytes() == before  # opened read-only
    assert names(tmp_path) == ["b.duckdb", "b.duckdb.json", "voc.duckdb", "voc.duckdb.wal"]
    restore(tmp_path / "b.duckdb", str(path), force=True, now=NOW)
    assert texts(path) == ["دیر رسید"]


def test_a_backup_overwrites_nothing(store: Store, backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(InputError, match="already"):
        store.back_up(backup)
    with pytest.raises(InputError, match="no folder"):
        store.back_up(tmp_path / "missing" / "b.duckdb")
    assert backup.read_bytes() == before


def test_a_backup_without_room_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    with largest_file(100_000), pytest.raises(DiskFullError):
        store.back_up(tmp_path / "b.duckdb")
    assert names(tmp_path) == ["live"]
    add(store, feedback("هنوز کار می‌کند"), "بعدی")
    assert store.back_up(tmp_path / "b.duckdb").tables["batch"] == 2


NO_LINKS = [errno.EPERM, errno.ENOTSUP, errno.ENOSYS]  # EOPNOTSUPP is ENOTSUP here


def without_links(monkeypatch: pytest.MonkeyPatch, number: int, meanwhile: Callable[[Path], object] = lambda _: None) -> None:
    """A file system that gives a file no second name, and answers with this number."""

    def link(_: Path, second: Path) -> None:
        meanwhile(second)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", link)


@pytest.mark.parametrize("number", NO_LINKS, ids=errno.errorcode.get)
def test_a_file_system_without_links_takes_backups(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    without_links(monkeypatch, number)
    manifest = store.back_up(tmp_path / "b.duckdb")
    assert names(tmp_path) == ["b.duckdb", "b.duckdb.json", "live"]
    assert restore(tmp_path / "b.duckdb", database(tmp_path / "new.duckdb"), force=False, now=NOW).manifest == manifest
    assert texts(tmp_path / "new.duckdb") == WORDS


def test_without_links_no_file_that_came_meanwhile_is_overwritten(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_links(monkeypatch, errno.ENOTSUP, lambda target: target.write_bytes(b"other"))
    with pytest.raises(StoreError, match="File exists"):
        store.back_up(tmp_path / "b.duckdb")
    assert names(tmp_path) == ["b.duckdb", "live"]
    assert (tmp_path / "b.duckdb").read_bytes() == b"other"


def test_a_backup_that_gets_no_name_leaves_nothing_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_links(monkeypatch, errno.EIO)
    with pytest.raises(StoreError, match="cannot be written"):
        store.back_up(tmp_path / "b.duckdb")
    assert names(tmp_path) == ["live"]


LOCK = """
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


@pytest.mark.engines("duckdb")
def test_without_links_the_old_database_is_kept_as_a_copy(
    store: Store, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "live" / "voc.duckdb"
    add(store, feedback("بعد از پشتیبان"), "دو")
    store.close()
    before = path.read_bytes()
    without_links(monkeypatch, errno.EPERM)
    held: list[bool] = []

    def put(fresh: Path, place: Path) -> None:
        done = subprocess.run([sys.executable, "-c", LOCK, str(place)], capture_output=True, check=False)
        held.append(done.returncode != 0)
        assert place.read_bytes() == before  # a whole database is there until the other one is
        fresh.replace(place)

    monkeypatch.setattr("voc.store.backup.put_in_place", put)
    done = restore(backup, str(path), force=True, now=NOW)
    assert done.kept
    assert done.kept.read_bytes() == before
    assert names(tmp_path / "live") == ["voc.duckdb", done.kept.name]
    assert texts(path) == WORDS
    assert held == [True]


@pytest.mark.engines("duckdb")
def test_without_links_and_room_the_old_database_stays(
    store: Store, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    path = tmp_path / "live" / "voc.duckdb"
    before = path.read_bytes()
    without_links(monkeypatch, errno.EPERM)

    def full(_: object, target: IO[bytes]) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(DiskFullError):
        restore(backup, str(path), force=True, now=NOW)
    assert path.read_bytes() == before
    assert names(tmp_path / "live") == ["voc.duckdb"]


def cut_short(backup: Path) -> None:
    os.truncate(backup, backup.stat().st_size // 2)


def one_bit(backup: Path) -> None:
    file = bytearray(backup.read_bytes())
    file[len(file) // 2] ^= 4
    backup.write_bytes(file)


def no_manifest(backup: Path) -> None:
    manifest_of(backup).unlink()


def torn_manifest(backup: Path) -> None:
    manifest_of(backup).write_text('{"made_at": ')


def later_schema(backup: Path) -> None:
    from hashlib import sha256

    from duckdb import connect

    with connect(str(backup)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, now())")
    change(backup, sha256=sha256(backup.read_bytes()).hexdigest(), schema_version=99)


def other_counts(backup: Path) -> None:
    change(backup, tables={"feedback": 4})


def change(backup: Path, **fields: object) -> None:
    told = json.loads(manifest_of(backup).read_text())
    manifest_of(backup).write_text(json.dumps(told | fields))


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut_short, "damaged"),
        (one_bit, "damaged"),
        (no_manifest, "manifest beside it"),
        (torn_manifest, "not the manifest"),
        (later_schema, "later release"),
        (other_counts, "damaged"),
    ],
)
def test_a_backup_that_cannot_be_trusted_replaces_nothing(
    store: Store, backup: Path, tmp_path: Path, damage: Callable[[Path], None], says: str
) -> None:
    store.close()
    path = tmp_path / "live" / "voc.duckdb"
    before = path.read_bytes()
    damage(backup)
    with pytest.raises((InputError, StoreError), match=says):
        restore(backup, str(path), force=True, now=NOW)
    assert path.read_bytes() == before
    assert names(tmp_path / "live") == ["voc.duckdb"]
    with pytest.raises((InputError, StoreError), match=says):
        restore(backup, database(tmp_path / "new.duckdb"), force=False, now=NOW)
    assert not (tmp_path / "new.duckdb").exists()


@pytest.mark.engines("duckdb")
def test_a_database_is_replaced_only_by_force_and_kept(store: Store, backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "live" / "voc.duckdb"
    add(store, feedback("بعد از پشتیبان"), "دو")
    store.close()
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(ConflictError, match="--force"):
        restore(backup, str(path), force=False, now=NOW)
    assert path.read_bytes() == before
    done = restore(backup, str(path), force=True, now=NOW)
    assert done.kept == tmp_path / "live" / "voc.duckdb.before-20260504T103000"
    assert names(tmp_path / "live") == ["voc.duckdb", "voc.duckdb.before-20260504T103000"]
    assert done.kept.read_bytes() == before
    assert texts(path) == WORDS
    assert path.stat().st_mode & 0o777 == 0o600
    assert texts(done.kept) == [*WORDS, "بعد از پشتیبان"]


@pytest.mark.engines("duckdb")
def test_a_database_that_is_in_use_is_not_replaced(backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(StoreError, match="in use"):
            restore(backup, str(path), force=True, now=NOW)
        with pytest.raises(StoreError, match="in use"):
            back_up_file(str(path), tmp_path / "b2.duckdb")
        holder.communicate(b"\n")
    assert "held.duckdb" in names(tmp_path)
    assert not any("before" in name or "restoring" in name or "b2" in name for name in names(tmp_path))


@pytest.mark.engines("duckdb")
def test_a_damaged_database_is_replaced_and_kept_with_its_log(backup: Path, tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    path.write_bytes(b"no database" * 1000)
    (tmp_path / "voc.duckdb.wal").write_bytes(b"no log")
    done = restore(backup, str(path), force=True, now=NOW)
    assert done.kept
    assert done.kept.read_bytes() == b"no database" * 1000
    assert (tmp_path / f"{done.kept.name}.wal").read_bytes() == b"no log"
    assert not (tmp_path / "voc.duckdb.wal").exists()
    assert texts(path) == WORDS


@pytest.mark.engines("duckdb")
def test_the_log_of_a_missing_database_is_not_given_to_another(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "voc.duckdb.wal").write_bytes(b"log")
    with pytest.raises(ConflictError, match="log"):
        restore(backup, database(tmp_path / "voc.duckdb"), force=True, now=NOW)
    assert not (tmp_path / "voc.duckdb").exists()


@pytest.mark.engines("duckdb")
def test_a_restore_without_room_leaves_the_old(store: Store, backup: Path, tmp_path: Path) -> None:
    store.close()
    path = tmp_path / "live" / "voc.duckdb"
    before = path.read_bytes()
    with largest_file(100_000), pytest.raises(DiskFullError):
        restore(backup, str(path), force=True, now=NOW)
    assert path.read_bytes() == before
    assert names(tmp_path / "live") == ["voc.duckdb"]
