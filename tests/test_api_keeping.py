"""Erasing and backing up over HTTP and by the command, on a service that runs."""

import time
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from tests import engines
from tests.api_client import items, problem, running, send_tagged, wait_done
from tests.disk import flush, has_on_disk, keep_uncompressed
from tests.stores import database, empty, open_store, tag_all
from tests.test_store_backup import texts
from tests.test_store_erase import marked
from tests.test_store_refusals import voc
from voc.command import cli
from voc.store.backup import read_manifest

pytestmark = pytest.mark.usefixtures("engine")

ROWS = """شناسه مشتری,نظر,تاریخ,NPS
م/۱۲ الف,پیک خیلی دیر اومد,1402/12/11,2
م-۱۳,سریع فرستادین عالی بود,1402/12/12,10
م/۱۲ الف,چندبار زنگ زدم حل نشد,1403/01/05,0
م-۱۳,خوب بود,1403/01/06,نمی‌دانم
"""


def test_a_customer_is_erased_over_http(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        batch = send_tagged(client, ROWS)
        assert (batch["received"], batch["accepted"], batch["rejected"], batch["erased"]) == (4, 3, 1, 0)
        answer = client.delete(f"/v1/customers/{quote('م/۱۲ الف', safe='')}")
        assert (answer.status_code, answer.json()) == (200, {"rows": 2})
        assert [row["customer_id"] for row in items(client, "/v1/feedback")] == ["م-۱۳"]
        batch = wait_done(client, batch["id"])
        assert (batch["received"], batch["accepted"], batch["rejected"], batch["erased"], batch["tagged"]) == (4, 3, 1, 2, 1)
        assert "۱ از ۱ نظر خوانده شد" in client.get(f"/batches/{batch['id']}").text
        document = problem(client.delete(f"/v1/customers/{quote('م/۱۲ الف', safe='')}"), 404)
        assert document["field"] == "customer_id"
        assert "۱۲" not in document["detail"]
        assert client.delete("/v1/customers/").status_code == 404
        assert send_tagged(client, ROWS)["id"] == batch["id"]
        assert len(items(client, "/v1/feedback")) == 1


def test_another_site_cannot_erase_or_back_up(tmp_path: Path) -> None:
    with running(tmp_path, backup_dir=str(tmp_path)) as client:
        send_tagged(client, ROWS)
        for method, path in (("DELETE", "/v1/customers/م-۱۳"), ("POST", "/v1/backup")):
            problem(client.request(method, path, headers={"origin": "http://else.where"}), 403)
        assert len(items(client, "/v1/feedback")) == 3


def test_a_running_service_takes_the_words_out_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.keeper.LOOK_EVERY_S", 0.05)
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        keep_uncompressed(store)
        word = marked(store, 7, 300)
        tag_all(store)
        flush(store)
        assert has_on_disk(path, word)
    with running(tmp_path) as client:
        store = client.app.state.service.store  # type: ignore[attr-defined]
        assert client.delete("/v1/customers/الف").json() == {"rows": 1}
        until = time.monotonic() + 20
        while has_on_disk(path, word) and time.monotonic() < until:
            assert client.get("/v1/batches").json()["items"][0]["erased"] == 1
        assert not has_on_disk(path, word)
        assert items(client, "/v1/batches")[0]["tagged"] == 2_999


def test_a_service_erases_what_is_beyond_its_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.keeper.LOOK_EVERY_S", 0.05)
    with running(tmp_path) as client:
        send_tagged(client, ROWS)
        assert len(items(client, "/v1/feedback")) == 3
    with running(tmp_path, retention_days=30) as client:
        until = time.monotonic() + 20
        while items(client, "/v1/feedback") and time.monotonic() < until:
            time.sleep(0.02)
        assert items(client, "/v1/feedback") == []
        assert items(client, "/v1/batches")[0]["erased"] == 3


def test_a_running_service_makes_a_backup_that_the_command_restores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with running(tmp_path) as client:
        assert problem(client.post("/v1/backup"), 409)["field"] == "VOC_BACKUP_DIR"
    with running(tmp_path, backup_dir=str(folder)) as client:
        send_tagged(client, ROWS)
        answer = client.post("/v1/backup")
        assert answer.status_code == 201
        made = answer.json()
        manifest = read_manifest(folder / made["file"])
        assert (made["sha256"], made["tables"]) == (manifest.sha256, manifest.tables)
        assert made["tables"]["feedback"] == 3
        assert client.post("/v1/backup").json()["file"] != made["file"]
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "new.duckdb"))
    assert CliRunner().invoke(cli, ["restore", str(folder / made["file"])]).exit_code == 0
    assert len(texts(tmp_path / "new.duckdb")) == 3


def test_the_commands_erase_and_back_up_what_no_service_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "voc.duckdb"
    monkeypatch.setenv("VOC_DATABASE", database(path))
    with running(tmp_path) as client:
        send_tagged(client, ROWS)
    run = CliRunner().invoke
    assert run(cli, ["backup", str(tmp_path / "b.duckdb")]).exit_code == 0
    done = run(cli, ["erase", "--customer", "م/۱۲ الف"])
    assert (done.exit_code, "2 rows erased" in done.output) == (0, True)
    assert texts(path) == ["سریع فرستادین عالی بود"]
    assert "0 rows erased" in run(cli, ["erase", "--older-than", "36500"]).output
    if engines.chosen == "postgres":  # a server's database is not replaced: a backup goes into an empty one
        assert run(cli, ["restore", str(tmp_path / "b.duckdb"), "--force"]).exit_code == 1
        empty(path)
        database(path)
    assert run(cli, ["restore", str(tmp_path / "b.duckdb"), "--force"]).exit_code == 0
    assert len(texts(path)) == 3
    assert "3 rows erased" in run(cli, ["erase", "--older-than", "1"]).output
    assert texts(path) == []


@pytest.mark.engines("duckdb")
def test_the_commands_say_how_to_ask_a_service_that_has_the_database(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        send_tagged(client, ROWS)
        for command, says in (
            (["erase", "--customer", "م-۱۳"], "curl -X DELETE http://127.0.0.1:8000/v1/customers/ID"),
            (["backup", "b.duckdb"], "curl -X POST http://127.0.0.1:8000/v1/backup It needs VOC_BACKUP_DIR"),
            (["restore", "b.duckdb"], "There is no file"),
        ):
            done = voc(tmp_path / "voc.duckdb", *command)
            assert done.returncode == 2
            assert says in done.stderr
        assert len(items(client, "/v1/feedback")) == 3
