"""What opens, what does not, and that what does not is left as it was."""

# ruff: noqa: S608  the names in the SQL are our own

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pytest

from tests.stores import TEHRAN, add, feedback, open_store
from voc.errors import StoreError
from voc.store import Store

pytestmark = pytest.mark.usefixtures("engine")

ROOT = Path(__file__).parent.parent
VERSIONS = sorted(int(path.name.partition("_")[0]) for path in (ROOT / "voc" / "store" / "migrations").glob("*.sql"))


def test_a_missing_file_is_made_and_found_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        batch = add(store, feedback("ارسالتون حرف نداره"))
    with open_store(tmp_path / "voc.duckdb") as store:
        assert store.get_batch(batch.id) == batch
        assert [version for (version,) in store.select("SELECT version FROM schema_version ORDER BY 1", {})] == VERSIONS


def test_the_calendar_is_filled(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        days = store.select("SELECT count(*), min(jalali_year), max(jalali_year) FROM calendar", {})
        nowruz = store.select(
            "SELECT jalali_year, jalali_month, jalali_day FROM calendar WHERE day = $day::DATE", {"day": "2024-03-20"}
        )
    assert days == [(51 * 365 + 12, 1380, 1430)]
    assert nowruz == [(1403, 1, 1)]


def text_file(path: Path) -> None:
    path.write_text("id,text\n1,خوب\n" * 500, "utf-8")


def empty_file(path: Path) -> None:
    path.touch()


def torn_file(path: Path) -> None:
    with open_store(path) as store:
        add(store, feedback(*["کرایه‌اش زیاد شده"] * 500))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))


def later_duckdb(path: Path) -> None:
    open_store(path).close()
    file = bytearray(path.read_bytes())
    checksum, word = struct.unpack("<QQ", file[:16])
    later = word & 0xFFFFFFFF | 1_000 << 32  # the version; the checksum is the exclusive or of every word's product
    file[:16] = struct.pack("<QQ", checksum ^ _product(word) ^ _product(later), later)
    path.write_bytes(file)


def _product(word: int) -> int:
    return word * 0xBF58476D1CE4E5B9 % 2**64


def wrong_checksum(path: Path) -> None:
    open_store(path).close()
    file = bytearray(path.read_bytes())
    file[100] ^= 1
    path.write_bytes(file)


def later_schema(path: Path) -> None:
    open_store(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, now())")


def another_program(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")


def read_only(path: Path) -> None:
    open_store(path).close()
    path.chmod(0o444)


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (text_file, "not a DuckDB database"),
        (empty_file, "not a DuckDB database"),
        (torn_file, "damaged"),
        (later_duckdb, "later DuckDB"),
        (wrong_checksum, "damaged"),
        (later_schema, "later release"),
        (another_program, "another program"),
        (read_only, "read-only"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_left_alone(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    path = tmp_path / "voc.duckdb"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=says) as refused:
        open_store(path)
    assert refused.value.field == "VOC_DATABASE"
    assert str(path) in refused.value.message
    assert path.read_bytes() == before


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize(
    ("database", "says"),
    [
        ("{tmp}/missing/voc.duckdb", "no folder"),
        ("{tmp}", "is a folder"),
        ("mysql://voc@db/voc", "address"),
    ],
)
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path, database: str, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        Store.open(database.format(tmp=tmp_path), zone=TEHRAN)


@pytest.mark.engines("duckdb")
def test_a_file_in_use_by_another_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(StoreError, match=f"in use by another process.*{holder.pid}"):
            open_store(path)
        holder.communicate(b"\n")
    open_store(path).close()


def test_days_are_of_one_zone_for_ever(tmp_path: Path) -> None:
    open_store(tmp_path / "voc.duckdb").close()
    with pytest.raises(StoreError, match="VOC_TIMEZONE=Asia/Tehran"):
        open_store(tmp_path / "voc.duckdb", ZoneInfo("Europe/Berlin"))
    open_store(tmp_path / "voc.duckdb").close()


def test_the_machines_zone_does_not_matter(tmp_path: Path) -> None:
    code = f"""
from datetime import datetime
from pathlib import Path
from tests.stores import TEHRAN, add, open_store
from voc.records import Feedback
with open_store(Path({str(tmp_path / "voc.duckdb")!r})) as store:
    add(store, [Feedback("شب دیر رسید", 2, occurred_at=datetime(2026, 5, 4, 23, 30, tzinfo=TEHRAN))])
    print(store.get_feedback("f1").feedback.occurred_at.isoformat())
    print(*store.select("SELECT occurred_on, occurred_hour FROM feedback", {{}})[0])
"""
    env = {"TZ": "America/New_York", "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=env, check=True)
    assert done.stdout.split("\n")[:2] == ["2026-05-04T23:30:00+03:30", "2026-05-04 23"]


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "voc.duckdb"
    open_store(path).close()
    last, extra = VERSIONS[-1], "CREATE TABLE extra (n INTEGER)"
    monkeypatch.setattr("voc.store.migrate._migrations", lambda *_: {last: "", last + 1: extra, last + 2: extra})
    with pytest.raises((duckdb.CatalogException, psycopg.errors.DuplicateTable)):
        open_store(path)
    monkeypatch.setattr("voc.store.migrate._migrations", lambda *_: {last: "", last + 1: extra})
    with open_store(path) as store:
        assert store.select("SELECT max(version) FROM schema_version", {}) == [(last + 1,)]
        assert store.select("SELECT count(*) FROM extra", {}) == [(0,)]
