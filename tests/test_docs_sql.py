"""The commands and questions of docs/sql.md, run as they stand there, and its columns, which are all that there are."""

import re
from pathlib import Path
from typing import Final

import duckdb
import httpx2 as httpx
import pytest

from tests.api_client import SURVEY
from tests.pages import run
from tests.serving import ROOT, ServiceProcess
from tests.test_docs_exports import CALL
from voc.settings import Settings
from voc.store import Store
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

PAGE: Final = (ROOT / "docs" / "sql.md").read_text("utf-8")
BLOCKS: Final = {language: re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) for language in ("sh", "sql", "python")}


@pytest.fixture(scope="module")
def folder(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the page's curl has run while a service had the database."""
    folder = tmp_path_factory.mktemp("sql")
    with ServiceProcess(folder / "voc.duckdb") as service, httpx.Client(base_url=service.base, timeout=60) as client:
        client.post("/v1/batches", files={"file": ("نظرها.csv", SURVEY.encode())})
        client.post("/v1/batches", json={"records": [{**CALL, "agent_id": "E-17"}]})
        while client.get("/v1/batches").json()["items"][0]["status"] != "done":
            pass
        run("sh", BLOCKS["sh"][0].replace("$KEY", "none"), folder, service.base)
        assert not list(folder.glob("*.part"))
    return folder


@pytest.mark.parametrize("question", BLOCKS["sql"])
def test_each_question_has_an_answer(folder: Path, question: str) -> None:
    with duckdb.connect(str(folder / "kpi.duckdb"), read_only=True) as kpi:
        answer = kpi.execute(question).fetchall()
    assert answer
    assert all(value is not None for value in answer[0][:2])


def test_the_months_are_right(folder: Path) -> None:
    with duckdb.connect(str(folder / "kpi.duckdb"), read_only=True) as kpi:
        months = kpi.execute(BLOCKS["sql"][0]).fetchall()
    assert [month[:5] for month in months] == [
        (1402, 12, "اسفند", 2, 0.0), (1403, 1, "فروردین", 2, 0.0), (1403, 2, "اردیبهشت", 1, -100.0),
    ]  # fmt: skip


def test_python_and_the_command(folder: Path) -> None:
    run("python", BLOCKS["python"][0] + "\nassert frame.n.sum() == 5\n", folder, "")
    (folder / "kpi.duckdb").unlink()
    run("sh", BLOCKS["sh"][1], folder, "")
    with duckdb.connect(str(folder / "kpi.duckdb"), read_only=True) as kpi:
        assert kpi.execute("SELECT count(*) FROM kpi_v1.feedback").fetchall() == [(6,)]


@pytest.mark.engines("duckdb")
def test_the_columns_of_the_page_are_those_of_the_views() -> None:
    """So that no name changes by accident: who changes one must change the page, too."""
    shown = {
        view: re.findall(r"^\| `(\w+)` \| ([A-Z ]+) \| (.+) \|$", part, re.MULTILINE)
        for view, part in re.findall(r"^### kpi_v1\.(\w+)\n(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    }
    columns = "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'kpi_v1'"
    there: dict[str, list[tuple[str, str, str]]] = {}
    with Store.open(":memory:", zone=Settings().zone) as store:
        for view, *column in store.select(f"{columns} ORDER BY table_name, column_index", {}):
            there.setdefault(view, []).append((column[0], column[1], column[2]))
    assert shown == there
