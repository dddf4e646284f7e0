"""A database that cannot be used is refused and left as it is; a full disk refuses what is new and loses nothing."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import duckdb
import pytest

from tests.api_client import items, problem, running, send_tagged, upload, wait_done
from tests.disk import keep_uncompressed
from tests.fakes import FakeTagger
from tests.stores import add, feedback, open_store, tag_all
from tests.test_store_backup import largest_file
from voc.errors import DiskFullError, StoreError
from voc.records import Feedback, Tags
from voc.store import Filters, Store
from voc.store.backup import restore
from voc.store.files import log_of

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.engines("duckdb")]

ROOT = Path(__file__).parent.parent
WORDS = "پیک دیر اومد و کسی جواب نداد"
LETTERS = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"


def rows(count: int) -> list[Feedback]:
    return [Feedback(f"{WORDS} {os.urandom(40).hex()}", n, customer_id=f"م{n % 50}") for n in range(count)]


def all_of(store: Store) -> list[object]:
    return [(row.feedback, row.tags) for row in store.stream_feedback(Filters())]


def write_plain(path: Path, count: int) -> list[object]:
    """A database whose texts stand in its file as they are, and what is read from it."""
    with open_store(path) as store:
        keep_uncompressed(store)
        add(store, rows(count))
        tag_all(store)
        store.rewrite()
        return all_of(store)


def flip(path: Path, at: int) -> bytes:
    """One bit of the file is another from now on; the bytes as they are now."""
    file = bytearray(path.read_bytes())
    file[at] ^= 16
    path.write_bytes(file)
    return bytes(file)


def use_all(path: Path) -> list[object]:
    """Open it, read all, and write the file anew, which reads every block and must not make a bad file the only one."""
    with open_store(path) as store:
        before = path.read_bytes()
        read = all_of(store)
        try:
            store.rewrite()
        except StoreError:
            assert path.read_bytes() == before
            raise
    return read


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[object]]:
    path = tmp_path_factory.mktemp("whole") / "voc.duckdb"
    read = write_plain(path, 1_000)
    return path.read_bytes(), read


@pytest.mark.parametrize("share", [0.001, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_refused_and_left_alone(tmp_path: Path, whole: tuple[bytes, list[object]], share: float) -> None:
    path = tmp_path / "voc.duckdb"
    path.write_bytes(left := whole[0][: int(len(whole[0]) * share)])
    with pytest.raises(StoreError):
        use_all(path)
    assert path.read_bytes() == left


def test_a_flipped_bit_is_refused_or_was_in_nobodys_data(tmp_path: Path, whole: tuple[bytes, list[object]]) -> None:
    """One in each tenth of the file; what is read is never other than what was written."""
    path, refusals = tmp_path / "voc.duckdb", list[str]()
    for tenth in range(10):
        path.write_bytes(whole[0])
        flipped = flip(path, len(whole[0]) * tenth // 10 + 5_555)
        try:
            read = use_all(path)
        except StoreError as error:
            refusals.append(error.message)
            read = whole[1]
            unchanged = path.read_bytes() == flipped
        else:
            unchanged = True
        assert (read == whole[1], unchanged) == (True, True)
    assert len(refusals) >= 5
    assert all("damaged" in each and WORDS not in each for each in refusals)


def test_a_service_over_damaged_rows_says_so_and_a_backup_mends_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "voc.duckdb"
    write_plain(path, 1_000)
    with open_store(path) as store:
        store.back_up(tmp_path / "b.duckdb")
    place = path.read_bytes().index(WORDS.encode()) + 3
    flipped = flip(path, place)
    with running(tmp_path) as client:
        document = problem(client.get("/v1/feedback", params={"q": "دیر"}), 503)
        assert document["code"] == "store_unavailable"
        assert "voc restore" in document["detail"]
        assert WORDS not in document["detail"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/batches").status_code == 200
    assert WORDS not in caplog.text
    damaged = path.read_bytes()  # the audit log went on in it
    assert damaged[place] == flipped[place]
    done = restore(tmp_path / "b.duckdb", str(path), force=True, now=datetime(2026, 5, 4, tzinfo=UTC))
    assert done.kept
    assert done.kept.read_bytes() == damaged
    with running(tmp_path) as client:
        assert len(items(client, "/v1/feedback", q="دیر", limit="1000")) == 1_000


def read_only(path: Path) -> None:
    open_store(path).close()
    path.chmod(0o444)


def of_a_later_release(path: Path) -> None:
    open_store(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, now())")


def cut(path: Path) -> None:
    open_store(path).close()
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("make", "command", "says"),
    [
        (read_only, ["serve"], "read-only"),
        (of_a_later_release, ["serve"], "later release"),
        (cut, ["serve"], "damaged"),
        (of_a_later_release, ["erase", "--older-than", "3"], "later release"),
        (of_a_later_release, ["backup", "b.duckdb"], "later release"),
    ],
)
def test_commands_refuse_it_in_one_line(tmp_path: Path, make: Callable[[Path], None], command: list[str], says: str) -> None:
    path = tmp_path / "voc.duckdb"
    make(path)
    before = path.read_bytes()
    done = voc(path, *command)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["voc.duckdb"]


def voc(path: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    code = "from voc.command import app; app()"
    env = os.environ | {"VOC_DATABASE": str(path), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=path.parent, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def csv(seed: int) -> str:
    """A file of 30 long texts, 600,000 bytes in all."""
    chance = random.Random(seed)  # noqa: S311
    return "نظر\n" + "".join(f"{WORDS} {''.join(chance.choices(LETTERS, k=10_000))}\n" for _ in range(30))


def log_bytes(folder: Path) -> int:
    """What the database's log takes, new tables and calendar included; entries of the audit log need a little more."""
    return log_of(folder / "voc.duckdb").stat().st_size


def test_a_full_disk_refuses_uploads_with_507_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        first = send_tagged(client, csv(1))
        with largest_file(log_bytes(tmp_path) + 200_000):  # no room for a second upload in the database's log
            document = problem(client.post("/v1/batches", files={"file": ("دو.csv", csv(2))}), 507)
            assert document["code"] == "disk_full"
            assert document["field"] == "VOC_DATABASE"
            assert WORDS not in document["detail"]
            assert [batch["id"] for batch in items(client, "/v1/batches")] == [first["id"]]
            assert len(items(client, "/v1/feedback")) == 30
        again = send_tagged(client, csv(2), "دو.csv")
        assert (again["accepted"], again["tagged"]) == (30, 30)
    with open_store(tmp_path / "voc.duckdb") as store:
        for table in ("feedback", "tagging"):
            assert store.select(f"SELECT count(*), count(DISTINCT seq) FROM {table}", {}) == [(60, 60)]  # noqa: S608


def test_no_room_for_the_upload_itself(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        with largest_file(log_bytes(tmp_path) + 100_000):
            assert problem(client.post("/v1/batches", files={"file": ("یک.csv", csv(1))}), 507)["code"] == "disk_full"
        assert items(client, "/v1/batches") == []
        assert upload(client, csv(1))["accepted"] == 30


class _HeldTagger(FakeTagger):
    def __init__(self) -> None:
        super().__init__()
        self.go = Event()

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        assert self.go.wait(10)
        return super().tag(texts)


def test_no_room_for_tags_is_a_pause(tmp_path: Path) -> None:
    """The service says what is wrong, tries again by itself, and every row has its tags once in the end."""
    tagger = _HeldTagger()
    with running(tmp_path, tagger=tagger) as client:
        batch = upload(client)
        with largest_file(log_bytes(tmp_path)):
            tagger.go.set()
            until = time.monotonic() + 10
            while client.get("/readyz").status_code == 200 and time.monotonic() < until:
                time.sleep(0.02)
            assert "no room" in problem(client.get("/readyz"), 503)["detail"]
            assert len(items(client, "/v1/feedback")) == 5
        assert wait_done(client, batch["id"])["tagged"] == 5
        assert client.get("/readyz").status_code == 200


def test_a_database_that_duckdb_gave_up_is_opened_anew(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("یک"))
        with pytest.raises(StoreError), store._database.writing():
            raise duckdb.FatalException("the database has been invalidated because of a previous fatal error")
        store._database._connection.close()  # type: ignore[attr-defined]  # as good as dead
        assert [row.feedback.text for row in store.stream_feedback(Filters())] == ["یک"]
        assert add(store, feedback("دو"), "دو").accepted == 1


def test_a_rewrite_without_room_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        add(store, [Feedback("رفتنی", 2, customer_id="الف"), Feedback("می‌ماند", 3)])
        store.erase_customer("الف")
        with largest_file(1_000_000), pytest.raises(DiskFullError):
            store.rewrite()
        assert store.rewrite_due_since() is not None
        assert [row.feedback.text for row in store.stream_feedback(Filters())] == ["می‌ماند"]
        store.rewrite()
        assert store.rewrite_due_since() is None
    assert [each.name for each in tmp_path.iterdir()] == ["voc.duckdb"]
