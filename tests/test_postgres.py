"""What only a server has: other processes at work in the same database, its failures, and a store that is moved there."""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event, Thread
from traceback import format_exception
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import psycopg
import pytest
from psycopg.pq import TransactionStatus
from typer.testing import CliRunner

from tests import engines
from tests.disk import all_bytes
from tests.fakes import FakeTagger
from tests.postgres import FORGETFUL, OWNER, Cluster
from tests.serving import ServiceProcess
from tests.spoken import CALL, conversation
from tests.stores import BEFORE_CORRECTIONS, ROOT, TEHRAN, add, database, feedback, key_of, open_store, tag_all
from voc.command import cli
from voc.corrections.correction import Note
from voc.corrections.statement import read_statement
from voc.errors import ConflictError, DiskFullError, InputError, StoreError
from voc.records import Feedback, Reject
from voc.store import Filters, Store
from voc.store.backup import back_up_file
from voc.store.postgres import PostgresServer, PostgresSession, _wait_for_others, name_of
from voc.store.transfer import move_file

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.engines("postgres")]

SURVEY = "نظر,کانال\n" + "پیک دیر رسید,تلفن\n" * 300


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The same database, as another process has it: with connections and locks of its own."""
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def all_rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table but the one that says when the schema was made, in an order that both engines know."""
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' AND table_type = 'BASE TABLE'"
    tables = sorted({name for (name,) in store.select(sql, {})} - {"schema_version"})
    return {table: sorted(map(plain, store.select(f"SELECT * FROM {table}", {})), key=repr) for table in tables}  # noqa: S608


def plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Times in one zone, and figures of four bytes as they were written."""
    return tuple(
        each.astimezone(UTC) if isinstance(each, datetime) else round(each, 6) if isinstance(each, float) else each
        for each in row
    )


def file_of_everything(path: Path) -> None:
    """A DuckDB file with something in every table that a service writes."""
    with Store.open(str(path), zone=TEHRAN) as store:
        rows: list[Feedback | Reject] = [
            Feedback("پیک دیر اومد، دیگه نمیخرم", 2, customer_id="م-۱", agent_id="zohreh.k", channel="", nps=3,
                     occurred_at=datetime(1991, 5, 4, 23, 59, 59, 123456, tzinfo=TEHRAN), attributes={"شهر": "قم", "": 1.5}),
            Feedback("گفت «صبر کنید»,\n\"فردا\" می‌رسه \\. \t", 3, cost=0.1, revenue=-1e-9, abandoned=False),
            conversation(CALL, 4),
            Reject(5, "NPS", "out_of_range", "از ۰ تا ۱۰"),
        ]  # fmt: skip
        add(store, rows, idempotency_key="یک")
        tag_all(store)
        store.corrections.correct("f1", read_statement({"sentiment": "neutral"}), Note("k1", "معمولی بود"), datetime.now(UTC))
        add(store, [Feedback("رفتنی", 2, occurred_at=datetime(1988, 1, 1, tzinfo=UTC)), Feedback("هنوز نخوانده", 3)], "دو")
        store.erase_older(datetime(1990, 1, 1, tzinfo=UTC))


def test_a_file_is_moved_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.duckdb"
    file_of_everything(path)
    before = path.read_bytes()
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    done = CliRunner().invoke(cli, ["migrate-store", str(path)])
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == before
    with Store.open(str(path), zone=TEHRAN) as old, Store.open(database(tmp_path / "voc.duckdb"), zone=TEHRAN) as new:
        rows = all_rows(old)
        assert all_rows(new) == rows
        with old._database.reading() as left, new._database.reading() as arrived:
            assert arrived.sequences() == left.sequences()  # a copy of it goes on there, too, before a number is drawn
        assert {table for table, found in rows.items() if found} >= {
            "agent", "batch", "calendar", "change", "conversation", "correction", "feedback", "idempotency", "reject", "tag",
            "tagging", "tombstone", "turn",
        }  # fmt: skip
        for filters in (Filters(), Filters(q="صبر"), Filters(channel=("",)), Filters(corrected=True)):
            assert list(new.stream_feedback(filters)) == list(old.stream_feedback(filters))
        assert list(new.stream_changes()) == list(old.stream_changes())
        cursor = old.find_changes().next
        assert add(new, feedback("تازه"), "سه").accepted == 1
        assert [each.id for each in new.find_changes(since=cursor).items] == ["f6"]  # numbers go on where they were
        assert new.corrections.correct("f2", read_statement({}), Note(), datetime.now(UTC)).id == "c2"


def test_what_is_there_is_not_mixed_with_what_comes(store: Store, tmp_path: Path) -> None:
    file_of_everything(tmp_path / "old.duckdb")
    add(store, feedback("اینجا بود"))
    with pytest.raises(ConflictError, match="empty one"):
        move_file(str(tmp_path / "old.duckdb"), database(tmp_path / "voc.duckdb"), TEHRAN)
    assert [row.feedback.text for row in store.stream_feedback(Filters())] == ["اینجا بود"]
    with pytest.raises(InputError, match="no file"):
        move_file(str(tmp_path / "missing.duckdb"), database(tmp_path / "voc.duckdb"), TEHRAN)


def test_a_move_that_fails_leaves_an_empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_of_everything(tmp_path / "old.duckdb")
    address = database(tmp_path / "voc.duckdb")
    with monkeypatch.context() as patched:
        load = PostgresSession.load
        patched.setattr(PostgresSession, "load", lambda self, table, rows: None if table == "tag" else load(self, table, rows))
        with pytest.raises(StoreError):
            move_file(str(tmp_path / "old.duckdb"), address, TEHRAN)
    with open_store(tmp_path / "voc.duckdb") as store:
        assert not store.list_batches().items
    move_file(str(tmp_path / "old.duckdb"), address, TEHRAN)


ADDING = """
import sys
from pathlib import Path
from tests.stores import add, feedback, open_store, tag_all
with open_store(Path(sys.argv[1])) as store:
    for n in range(int(sys.argv[3])):
        add(store, feedback(*["پیک دیر رسید"] * 3), f"{sys.argv[2]} {n}")
        add(store, feedback("همان"), f"همه {n}")
        tag_all(store)
"""


def test_processes_that_write_at_once_lose_and_double_nothing(store: Store, tmp_path: Path) -> None:
    """Each sends files of its own, and the same ones as the others; all tag whatever waits."""
    writers, times = 3, 8
    command = [sys.executable, "-c", ADDING, str(tmp_path / "voc.duckdb")]
    running = [subprocess.Popen([*command, str(writer), str(times)], cwd=ROOT) for writer in range(writers)]
    cursor, followed = None, dict[str, str]()
    while any(each.poll() is None for each in running):
        page = store.find_changes(since=cursor)
        followed |= {each.id: each.change for each in page.items}
        cursor = page.next
    assert [each.returncode for each in running] == [0] * writers
    followed |= {each.id: each.change for each in store.stream_changes(cursor)}
    rows = 3 * writers * times + times
    assert store.select("SELECT count(*), count(DISTINCT seq), min(seq), max(seq) FROM feedback", {}) == [(rows, rows, 1, rows)]
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(rows, rows)]
    assert store.select("SELECT count(*) FROM tag", {}) == store.select("SELECT count(DISTINCT (seq, kind, code)) FROM tag", {})
    assert followed == {f"f{seq}": "tagged" for seq in range(1, rows + 1)}  # nobody who follows missed one


def test_what_another_process_wrote_is_seen_at_once(store: Store, other: Store) -> None:
    before = store.changes
    batch = add(other, feedback("پیک دیر رسید"))
    assert store.changes.rows != before.rows
    assert store.find_batch(content_key=key_of("نظرها.csv")) == batch
    arrived = store.changes
    tag_all(other)
    assert (store.changes.rows == arrived.rows, store.changes.tags == arrived.tags) == (True, False)
    add(store, feedback("دیگر"), "دیگر", idempotency_key="ک")
    with pytest.raises(ConflictError):
        add(other, feedback("جز آن"), "جز آن", idempotency_key="ک")


def test_a_reader_sees_one_moment_whatever_others_write(store: Store, other: Store) -> None:
    add(store, feedback("یک"))
    with store._database.reading() as session:
        assert session.count("feedback") == 1
        thread = Thread(target=lambda: add(other, feedback("دو", "سه"), "دو"))
        thread.start()
        thread.join()
        assert session.count("feedback") == 1
    assert store.select("SELECT count(*) FROM feedback", {}) == [(3,)]


def test_a_role_goes_to_one_and_on_to_the_next(store: Store, other: Store) -> None:
    assert [store.leads("tagging"), other.leads("tagging"), store.leads("tagging")] == [True, False, True]
    assert other.leads("keeping")
    store.close()
    assert other.leads("tagging")


HOLDING = """
import sys, time
from pathlib import Path
from tests.stores import open_store
store = open_store(Path(sys.argv[1]))
with store._database.writing("arrivals", "taggings") as session:
    session.run("DELETE FROM feedback")
    print(store.leads("tagging"), flush=True)
    time.sleep(60)
"""


def test_a_killed_process_holds_nobody_up(store: Store, tmp_path: Path) -> None:
    add(store, feedback("می‌ماند"))
    command = [sys.executable, "-c", HOLDING, str(tmp_path / "voc.duckdb")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        assert not store.leads("tagging")
        holder.kill()
    assert add(store, feedback("تازه"), "دو").accepted == 1
    assert [row.feedback.text for row in store.stream_feedback(Filters())] == ["می‌ماند", "تازه"]
    until = time.monotonic() + 10
    while not store.leads("tagging"):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_two_services_share_the_work_and_one_goes_on_when_the_other_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with ServiceProcess(path, pause_s=0.2, workers=1) as first:
        assert httpx.post(f"{first.base}/v1/batches", files={"file": ("یک.csv", SURVEY)}).status_code == 202
        with ServiceProcess(path, workers=1) as second:
            sent = httpx.post(f"{second.base}/v1/batches", files={"file": ("دو.csv", SURVEY + "خوب,تلفن\n")}).json()
            again = httpx.post(f"{first.base}/v1/batches", files={"file": ("دو.csv", SURVEY + "خوب,تلفن\n")}).json()
            assert again["id"] == sent["id"]
            first.kill()
            until = time.monotonic() + 30
            while httpx.get(f"{second.base}/v1/batches/{sent['id']}").json()["status"] != "done":
                assert time.monotonic() < until
                time.sleep(0.1)
    with open_store(path) as store:
        counts = (
            "SELECT (SELECT count(*) FROM feedback), (SELECT count(*) FROM tagging), (SELECT count(DISTINCT seq) FROM tagging)"
        )
        assert store.select(counts, {}) == [(601, 601, 601)]


def test_a_key_that_one_service_revokes_opens_nothing_at_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "voc.duckdb"
    monkeypatch.setenv("VOC_DATABASE", database(path))
    made = CliRunner().invoke(cli, ["keys", "create", "--scope", "admin", "--name", "اصلی"])
    secret = made.stdout.strip()
    headers = {"Authorization": f"Bearer {secret}"}
    with ServiceProcess(path, workers=1) as first, ServiceProcess(path, workers=1) as second:
        key = httpx.post(f"{first.base}/v1/keys", json={"name": "خواندن", "scope": "read"}, headers=headers).json()
        reader = {"Authorization": f"Bearer {key['key']}"}
        time.sleep(1.1)
        assert httpx.get(f"{second.base}/v1/batches", headers=reader).status_code == 200
        assert httpx.delete(f"{first.base}/v1/keys/{key['id']}", headers=headers).status_code < 300
        time.sleep(1.1)
        assert httpx.get(f"{second.base}/v1/batches", headers=reader).status_code == 401


def test_a_server_that_was_restarted_is_used_again(store: Store) -> None:
    add(store, feedback("پیش از آن"))
    assert store.leads("keeping")
    engines.cluster().restart()

    def write() -> None:
        with store._database.writing() as session:
            engines.cluster().restart()
            session.count("feedback")

    with pytest.raises(StoreError):
        write()
    assert add(store, feedback("پس از آن"), "دو").accepted == 1
    assert len(list(store.stream_feedback(Filters()))) == 2
    assert store.leads("keeping")


def test_no_room_is_said_and_nothing_of_it_is_stored(store: Store) -> None:
    full = "INSERT INTO webhook_told VALUES ('نیمه', current_timestamp); DO $$ BEGIN RAISE disk_full; END $$"
    with pytest.raises(DiskFullError, match="no room on the server"), store._database.writing() as session:
        session.run(full)
    assert store.select("SELECT * FROM webhook_told", {}) == []


@pytest.fixture(scope="module")
def remote(engine: str) -> Iterator[str]:
    """A database that is reached as one on another host is."""
    host = f"127.{random.randrange(1, 255)}.{random.randrange(255)}.{random.randrange(1, 255)}"  # noqa: S311  free on Linux
    server = Cluster(Path(tempfile.mkdtemp(prefix="voc-pg-")))
    server.start(FORGETFUL | {"listen_addresses": host})
    server.create("voc")
    yield f"postgresql://{OWNER}@{host}/voc"
    server.stop()


@pytest.mark.parametrize(
    ("given", "name", "idle_s"), [("", "voc", 20), ("?application_name=mine&keepalives_idle=90", "mine", 90)]
)
def test_a_host_that_vanishes_is_noticed_at_either_end(remote: str, given: str, name: str, idle_s: int) -> None:
    """What the address says comes before our defaults; at the server's end a lost service has nothing to say."""
    asked = ("application_name", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    with Store.open(remote + given, zone=TEHRAN) as store:
        assert isinstance(store._database, PostgresServer)
        found = [store.select("SELECT current_setting($name)", {"name": each})[0][0] for each in asked]
        assert found == [name, "20", "5", "3", "35000"]
        with (
            store._database._pool.connection() as connection,
            socket.socket(fileno=os.dup(connection.fileno())) as line,
        ):
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert [line.getsockopt(socket.IPPROTO_TCP, each) for each in options] == [idle_s, 5, 3, 35_000]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'", "encoding SQL_ASCII"),
        ("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'fa'", "collation"),
    ],
)
def test_a_database_that_orders_texts_otherwise_is_refused(made: str, says: str) -> None:
    name = f"other_{random.randrange(10**9)}"  # noqa: S311
    engines.cluster().run(f"CREATE DATABASE {name} {made}")
    with pytest.raises(StoreError, match=says):
        Store.open(engines.cluster().address(name), zone=TEHRAN)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="cannot be reached") as refused:
        Store.open("postgresql://voc:s3cret@127.0.0.1:1/voc", zone=TEHRAN)
    assert "postgresql://voc@127.0.0.1:1/voc" in refused.value.message
    assert "s3cret" not in refused.value.message
    with pytest.raises(StoreError, match="no address") as refused:
        Store.open("postgresql://voc:s3cret@[/voc", zone=TEHRAN)
    assert "s3cret" not in refused.value.message
    unreadable = "postgresql://voc:s3%zzcret@db/voc"
    with pytest.raises(StoreError, match="no address") as refused:
        Store.open(unreadable, zone=TEHRAN)
    assert "s3%zzcret" not in "".join(format_exception(refused.value))
    assert name_of("postgres://db/voc?password=s3cret") == "postgresql://db/voc"


def test_what_came_with_a_nul_is_found_by_it(store: Store) -> None:
    add(store, [Feedback("پیک دیر اومد", 2, customer_id="م\0۱"), Feedback("خوب بود", 3, customer_id="م۱")])
    assert store.erase_customer("م\0۱") == 1
    assert [row.feedback.text for row in store.stream_feedback(Filters())] == ["خوب بود"]


def test_a_later_release_is_left_alone(store: Store, tmp_path: Path) -> None:
    with store._database.writing() as session:
        session.run("INSERT INTO schema_version VALUES (99, current_timestamp)")
    with pytest.raises(StoreError, match="later release"):
        open_store(tmp_path / "voc.duckdb")


def test_an_earlier_release_is_not_copied(store: Store, tmp_path: Path) -> None:
    """Nothing brings it up to date for a backup, and the copy would be one of this release's schema."""
    add(store, feedback("پیک دیر اومد"))
    with store._database.writing() as session:
        session.run(f"DROP SCHEMA kpi_v1 CASCADE; {BEFORE_CORRECTIONS}")
        session.run("DELETE FROM schema_version WHERE version > 9")
    with pytest.raises(StoreError, match="has schema 9, this release has"):
        back_up_file(database(tmp_path / "voc.duckdb"), tmp_path / "b.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_one_copy_is_made_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes as much room as the database, and several at once would fill the disk."""
    both, together = Barrier(2), list[Path]()

    def copy(session: PostgresSession, name: str, path: Path) -> dict[str, int]:
        with suppress(BrokenBarrierError):
            both.wait(2)
            together.append(path)
        return {}

    def make() -> None:
        with store._database.copied():
            pass

    monkeypatch.setattr("voc.store.transfer.copy_to_file", copy)
    making = [Thread(target=make) for _ in range(2)]
    for each in making:
        each.start()
    for each in making:
        each.join()
    assert (both.broken, together) == (True, [])


def test_two_processes_that_open_an_empty_database_make_it_once(tmp_path: Path) -> None:
    name = f"fresh_{random.randrange(10**9)}"  # noqa: S311
    address = engines.cluster().create(name)
    opening = (
        "import sys; from tests.stores import TEHRAN; from voc.store import Store; Store.open(sys.argv[1], zone=TEHRAN).close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", opening, address], cwd=ROOT) for _ in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    with Store.open(address, zone=TEHRAN) as store:
        versions = [version for (version,) in store.select("SELECT version FROM schema_version", {})]
        assert sorted(versions) == sorted(set(versions))
        assert store.select("SELECT count(*) FROM audit_secret", {}) == [(1,)]


def test_a_busy_table_is_written_anew_later(store: Store, other: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.store.postgres.PATIENCE_S", 0.2)
    add(store, [Feedback("رفتنی", 2, customer_id="م")])
    store.erase_customer("م")
    with other._database.reading() as session:
        session.count("feedback")
        with pytest.raises(StoreError, match="busy"):
            store.rewrite()
    assert store.rewrite_due_since() is not None
    store.rewrite()
    assert store.rewrite_due_since() is None


def test_a_user_who_is_no_superuser_waits_for_others_transactions_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction of another user, which has read no table of ours, still keeps what it might read."""
    monkeypatch.setattr("voc.store.postgres.PATIENCE_S", 0.2)
    name = f"owned_{random.randrange(10**9)}"  # noqa: S311
    address = engines.cluster().create(name)
    engines.cluster().run(f"CREATE ROLE {name} LOGIN")
    engines.cluster().run(f"ALTER DATABASE {name} OWNER TO {name}")
    with (
        Store.open(address.replace("postgres@", f"{name}@"), zone=TEHRAN) as store,
        psycopg.connect(address) as reader,
    ):
        add(store, [Feedback("رفتنی", 2, customer_id="م")])
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        store.erase_customer("م")
        with pytest.raises(StoreError, match="busy"):
            store.rewrite()
        reader.commit()
        store.rewrite()
        assert store.rewrite_due_since() is None


def test_who_begins_beside_an_older_transaction_is_waited_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader comes after the erasure, but it sees what the writer may: the state in which that one began."""
    customer = "مشتری‌لاله‌پگاه"
    address = database(tmp_path / "voc.duckdb")
    add(store, [Feedback("رفتنی", 2, customer_id=customer)])
    with psycopg.connect(address) as writer, psycopg.connect(address) as reader:
        writer.execute("SELECT pg_current_xact_id()")
        store.erase_customer(customer)

        def meanwhile(pause_s: float) -> None:
            if writer.info.transaction_status == TransactionStatus.INTRANS:
                reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                reader.execute("SELECT 1")
                writer.commit()
            time.sleep(pause_s)

        monkeypatch.setattr("voc.store.postgres.PATIENCE_S", 0.2)
        monkeypatch.setattr("voc.store.postgres.time", SimpleNamespace(monotonic=time.monotonic, sleep=meanwhile))
        with pytest.raises(StoreError, match="busy"):
            store.rewrite()
        reader.commit()
    store.rewrite()
    assert customer.encode() not in all_bytes(tmp_path)


def test_what_is_erased_while_tables_are_written_anew_is_not_forgotten(
    store: Store, other: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last table is held until the others are written, and another process erases in that moment."""
    word = "مشتری‌سپیده‌پگاه"
    add(store, [Feedback("پیک دیر اومد", 2, customer_id="م"), Feedback("نوبت نرسید", 3, customer_id=word)])
    store.erase_customer("م")
    erasing, begun = Thread(target=other.erase_customer, args=(word,)), Event()

    def hold() -> None:
        waiting = "SELECT 1 FROM pg_locks WHERE relation = CAST('main.webhook_told' AS regclass) AND NOT granted"
        with psycopg.connect(database(tmp_path / "voc.duckdb")) as holder:
            holder.execute("LOCK TABLE main.webhook_told IN ACCESS SHARE MODE")
            begun.set()
            while not holder.execute(waiting).fetchall():
                time.sleep(0.01)
            erasing.start()
            erasing.join(1)

    holding = Thread(target=hold)

    def wait(connection: psycopg.Connection[Any]) -> None:
        _wait_for_others(connection)
        holding.start()
        assert begun.wait(10)

    monkeypatch.setattr("voc.store.postgres._wait_for_others", wait)
    store.rewrite()
    monkeypatch.undo()
    holding.join()
    erasing.join()
    assert store.rewrite_due_since() is not None
    store.rewrite()
    assert word.encode() not in all_bytes(tmp_path)


def test_a_deletion_that_takes_long_has_tables_written_anew_later(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voc.store.postgres.PATIENCE_S", 0.2)
    for deleting in (store, other):
        with deleting._database.writing("erasing"), pytest.raises(StoreError, match="busy"):
            store.rewrite()
    store.rewrite()


def test_an_erased_customer_is_in_no_statistics(store: Store, tmp_path: Path) -> None:
    customer = "مشتری‌ژاله‌پگاه"
    add(store, [Feedback("پیک دیر اومد", n, customer_id=customer) for n in range(50)])
    with store._database.writing() as session:
        session.run("ANALYZE")
    assert customer.encode() in all_bytes(tmp_path)
    store.erase_customer(customer)
    store.rewrite()
    assert customer.encode() not in all_bytes(tmp_path)


def test_a_tool_reads_the_views_and_nothing_else(store: Store, tmp_path: Path) -> None:
    add(store, feedback("پیک دیر اومد"))
    tag_all(store)
    engines.cluster().run("CREATE ROLE tool LOGIN")
    with store._database.writing() as session:
        session.run("GRANT USAGE ON SCHEMA kpi_v1 TO tool; GRANT SELECT ON ALL TABLES IN SCHEMA kpi_v1 TO tool")
    with psycopg.connect(database(tmp_path / "voc.duckdb").replace("postgres@", "tool@"), autocommit=True) as tool:
        sql = "SELECT text, sentiment, weekday_fa FROM kpi_v1.feedback f LEFT JOIN kpi_v1.dates d ON d.day = f.occurred_on"
        assert tool.execute(sql).fetchall() == [("پیک دیر اومد", "neutral", None)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tool.execute("SELECT * FROM main.feedback")
    with store._database.writing() as session:
        session.run("DROP OWNED BY tool; DROP ROLE tool")


def test_another_users_database_says_what_it_needs(store: Store, tmp_path: Path) -> None:
    engines.cluster().run("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN")
    with store._database.writing() as session:
        session.run("GRANT USAGE ON SCHEMA main TO guest; GRANT ALL ON ALL TABLES IN SCHEMA main TO guest")
    address = database(tmp_path / "voc.duckdb").replace("postgres@", "guest@")
    with Store.open(address, zone=TEHRAN, show_agents=True) as guest:
        with pytest.raises(StoreError, match="belong to another user"):
            guest.rewrite()
        with pytest.raises(StoreError, match="may not do this"):
            add(guest, [Feedback("دیر رسید", 2)])
    with store._database.writing() as session:
        session.run("DROP OWNED BY guest; DROP ROLE guest")


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT * FROM feedback WHERE seq >= 100 AND seq <= 9000 AND seq = ANY(ARRAY[100, 4000, 9000])", "feedback_pkey"),
        ("SELECT * FROM tag WHERE seq >= 100 AND seq <= 9000 AND seq = ANY(ARRAY[100, 4000, 9000])", "tag_row"),
        ("SELECT seq FROM feedback WHERE customer_id = 'م17'", "feedback_customer"),
        ("SELECT count(*) FROM feedback WHERE occurred_on >= '2026-05-04' AND occurred_on < '2026-05-06'", "feedback_day"),
        ("SELECT seq FROM tagging WHERE change > 3 ORDER BY change, seq LIMIT 50", "tagging_change"),
        ("SELECT line FROM reject WHERE batch_id = 'b' AND line > 5 ORDER BY line LIMIT 10", "reject_line"),
    ],
)
def test_what_is_looked_up_is_found_by_an_index(many: Store, sql: str, index: str) -> None:
    plan = "\n".join(row for (row,) in many.select(f"EXPLAIN {sql}", {}))
    assert index in plan, plan


@pytest.fixture(scope="module")
def many(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Twenty thousand tagged rows of a year, and as many refusals."""
    with open_store(tmp_path_factory.mktemp("many") / "voc.duckdb") as store:
        day = datetime(2026, 1, 1, tzinfo=TEHRAN).timestamp()
        rows = (
            Feedback("پیک دیر اومد", n, customer_id=f"م{n % 5000}", occurred_at=datetime.fromtimestamp(day + n * 1_500, TEHRAN))
            for n in range(20_000)
        )
        add(store, rows)
        add(store, (Reject(n, "متن", "empty", "خالی است") for n in range(20_000)), "رد")
        found = [(row.seq, row) for row in store.pending(FakeTagger().identity, after=0, limit=20_000)]
        tags = FakeTagger().tag(["پیک دیر اومد"])[0]
        for start in range(0, len(found), 4_000):
            store.write_tags([(seq, replace(tags)) for seq, _ in found[start : start + 4_000]])
        with store._database.writing() as session:
            session.run("ANALYZE")
        yield store
