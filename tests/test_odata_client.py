"""The feed on a real socket, asked by an OData client of others' making and by every command of docs/power-bi.md."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import pytest
from odata.service import ODataService
from requests.auth import HTTPBasicAuth

from tests.api_client import SURVEY
from tests.serving import ServiceProcess
from tests.stores import open_store
from voc.access import make_key
from voc.odata import SETS
from voc.store.database import Engine

PAGE: Final = Path(__file__).parent.parent / "docs" / "power-bi.md"
COMMANDS: Final = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL) for line in block.splitlines() if line
]
ROWS: Final = SURVEY.replace("تلفن", "phone")


@pytest.fixture(scope="module")
def feed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a service with tagged rows, and a key that reads."""
    database = tmp_path_factory.mktemp("feed") / "voc.duckdb"
    made = {}
    with open_store(database) as store:
        for scope in ("admin", "read"):
            key, made[scope] = make_key(f"کلید {scope}", scope, datetime.now(UTC))
            store.add_key(key)
    with ServiceProcess(database, workers=1) as service:
        admin = {"authorization": f"Bearer {made['admin']}"}
        batch = httpx.post(f"{service.base}/v1/batches", files={"file": ("survey.csv", ROWS)}, headers=admin).json()
        until = time.monotonic() + 30
        while httpx.get(f"{service.base}/v1/batches/{batch['id']}", headers=admin).json()["status"] != "done":
            assert time.monotonic() < until
            time.sleep(0.05)
        yield service.base, made["read"]


@pytest.fixture(scope="module")
def client(engine: Engine, feed: tuple[str, str]) -> Any:
    base, key = feed
    return ODataService(f"{base}/odata/", auth=HTTPBasicAuth("voc", key), reflect_entities=True, quiet_progress=True)


def test_the_client_finds_every_set(client: Any) -> None:
    assert set(client.entities) == {each.name for each in SETS}
    for each in SETS:
        found = client.query(client.entities[each.name]).limit(2).all()
        assert len(found) == (0 if each.name in ("Conversations", "Turns") else 2), each.name


def test_the_client_reads_rows_with_their_types(client: Any) -> None:
    records = client.entities["Feedback"]
    rows = client.query(records).order_by(records.nps.desc()).all()
    assert [row.nps for row in rows] == [10, 9, 2, 1, 0]
    assert rows[0].text == "سریع فرستادین عالی بود"
    assert isinstance(rows[0].occurred_at, datetime)
    assert rows[0].occurred_at.astimezone(UTC) == datetime(2024, 3, 1, 20, 30, tzinfo=UTC)
    assert rows[2].reasons == "delivery.time|delivery.courier"
    assert rows[0].handle_s is None


def test_the_client_filters_counts_and_pages(client: Any) -> None:
    records = client.entities["Feedback"]
    query = client.query(records).filter((records.channel == "phone") & (records.nps <= 2)).order_by(records.nps.asc())
    assert [row.nps for row in query.all()] == [0, 2]
    assert query.count() == 2
    assert [row.nps for row in query.offset(1).limit(5).all()] == [2]
    assert client.query(records).filter(records.text.contains("پشتیبانی")).first().id == "f3"
    assert client.query(records).get("f2").nps == 10
    assert client.query(records).select(records.id, records.channel).limit(1).all() == [{"id": "f1", "channel": "phone"}]


def test_the_client_follows_the_links(feed: tuple[str, str]) -> None:
    base, key = feed
    small = ODataService(
        f"{base}/odata/",
        auth=HTTPBasicAuth("voc", key),
        extra_headers={"Prefer": "odata.maxpagesize=2"},
        reflect_entities=True,
        quiet_progress=True,
    )
    codes = small.entities["Taxonomy"]
    reasons = small.query(codes).filter(codes.kind == "reason").all()
    assert len({row.code for row in reasons}) == len(reasons) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page(feed: tuple[str, str], command: str) -> None:
    base, key = feed
    assert command.startswith("curl ")
    done = subprocess.run(
        ["bash", "-c", command.replace("curl ", "curl -sS --fail-with-body ", 1)],
        env=os.environ | {"VOC": base, "KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["value"] if isinstance(answer, dict) else answer > 0


def test_the_page_names_what_there_is() -> None:
    text = PAGE.read_text("utf-8")
    for each in SETS:
        assert f"`{each.name}`" in text, each.name
    for table, column in re.findall(r"`(\w+)\[(\w+)\]`", text):
        (entity_set,) = [each for each in SETS if each.name == table]
        assert column in {each.name for each in entity_set.properties}, (table, column)
    assert len(COMMANDS) == 5
