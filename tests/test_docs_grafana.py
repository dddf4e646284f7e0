"""The dashboard and the settings of docs/grafana.md, against a service: each question is asked as Grafana asks it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import pytest
import yaml

from api.spans import begins_at
from tests.serving import ROOT, ServiceProcess
from tests.stores import TEHRAN
from voc.store.database import Engine
from voc.taxonomy import load_taxonomy

DASHBOARD: Final[dict[str, Any]] = json.loads((ROOT / "data" / "grafana" / "voc.json").read_text("utf-8"))
PAGE: Final = (ROOT / "docs" / "grafana.md").read_text("utf-8")
PANELS: Final[list[dict[str, Any]]] = DASHBOARD["panels"]
VARIABLES: Final = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
KINDS: Final[dict[str, Any]] = {"string": (str, type(None)), "number": (int, float, type(None)), "timestamp": str}
TODAY: Final = datetime.now(TEHRAN).date()
DAYS: Final = 60


def rows() -> str:
    """Two months of feedback up to yesterday, on which far more customers than before wrote that it came late."""
    lines = ["نظر,تاریخ,کانال,NPS,CSAT"]
    for age in range(DAYS, 0, -1):
        day = (TODAY - timedelta(days=age)).isoformat()
        lines += [f"پیک دیر اومد و افتضاح بود,{day},تلفن,2,1"] * (40 if age == 1 else 3)
        lines += [f"عالی بود دستتون درد نکنه,{day},اپ,10,5", f"چندبار زنگ زدم ولی کیفیت خوبه,{day},اپ,8,4"]
    return "\n".join(lines) + "\n"


def milliseconds(day: date) -> str:
    """The midnight in Tehran at which a day begins, as Grafana's `${__from}`."""
    return str(int(datetime.combine(day, time(), TEHRAN).timestamp() * 1000))


def iso(day: date) -> str:
    """The same as `${__from:date:iso}`."""
    return datetime.combine(day, time(), TEHRAN).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ask(client: httpx.Client, target: dict[str, Any], **given: str) -> list[dict[str, Any]]:
    """The rows that a target gets: its parameters filled in, its root looked up."""
    filled = {"__from": milliseconds(TODAY - timedelta(days=DAYS)), "__to": milliseconds(TODAY), "channel": " ", "reason": " "}
    filled |= given
    parameters: list[tuple[str, str | int | float | bool | None]] = [
        (each["key"], re.sub(r"\$\{(\w+)\}", lambda name: filled[name[1]], each["value"]))
        for each in target["url_options"]["params"]
    ]
    answer = client.request(target["url_options"]["method"], target["url"], params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()[target["root_selector"]]
    return found


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("grafana")
    with ServiceProcess(folder / "voc.duckdb") as service, httpx.Client(base_url=service.base, timeout=60) as client:
        batch = client.post("/v1/batches", files={"file": ("نظرها.csv", rows().encode())}).json()
        while client.get(f"/v1/batches/{batch['id']}").json()["status"] != "done":
            pass
        yield client


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert (DASHBOARD["uid"], DASHBOARD["version"], DASHBOARD["weekStart"]) == ("voc", 1, "saturday")
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert {panel["type"] for panel in PANELS} <= {"stat", "timeseries", "barchart", "table"}
    taken = set[tuple[int, int]]()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells
        assert panel["datasource"] == {"type": "yesoreyeram-infinity-datasource", "uid": "${datasource}"}
        assert re.search("[آ-ی]|NPS", panel["title"])


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["id"]))
def test_each_panel_gets_rows_with_its_columns(client: httpx.Client, panel: dict[str, Any]) -> None:
    (target,) = panel["targets"]
    assert (target["type"], target["source"], target["parser"], target["refId"]) == ("json", "url", "backend", "A")
    found = ask(client, target)
    assert found
    for row in found:
        for column in target["columns"]:
            assert isinstance(row[column["selector"]], KINDS[column["type"]]), column
    if target["format"] == "timeseries":
        moments = [datetime.fromisoformat(row["time"]) for row in found]
        assert moments == sorted(moments)  # or Grafana cannot tell the series apart
        assert {each.tzinfo and each.utcoffset() for each in moments} == {timedelta(hours=3, minutes=30)}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["id"]))
def test_each_panel_obeys_the_variables(client: httpx.Client, panel: dict[str, Any]) -> None:
    (target,) = panel["targets"]
    assert not [row for row in ask(client, target, channel="ناکجا") if row["n"]]
    assert ask(client, target, reason="delivery.courier") != ask(client, target, reason="digital.login")


@pytest.mark.parametrize("way", [milliseconds, iso])
def test_the_chosen_time_is_that_of_the_rows(client: httpx.Client, way: Any) -> None:
    (target,) = PANELS[5]["targets"]
    start, end = TODAY - timedelta(days=9), TODAY - timedelta(days=2)
    found = ask(client, target, __from=way(start), __to=way(end))
    assert [row["start"] for row in found] == [(start + timedelta(days=number)).isoformat() for number in range(7)]
    assert [row["time"] for row in found] == [begins_at(start + timedelta(days=n), TEHRAN).isoformat() for n in range(7)]  # type: ignore[union-attr]
    assert {row["n"] for row in found} == {5}


def test_the_variables_offer_what_there_is(client: httpx.Client) -> None:
    offered = {}
    for name in ("channel", "reason"):
        variable = VARIABLES[name]
        assert (variable["includeAll"], variable["multi"], variable["allValue"]) == (True, False, " ")
        text, value = (column["selector"] for column in variable["query"]["infinityQuery"]["columns"])
        offered[name] = {row[value]: row[text] for row in ask(client, variable["query"]["infinityQuery"])}
    assert set(offered["channel"]) == {"تلفن", "اپ"}
    assert offered["reason"] == {code.code: code.fa for code in load_taxonomy().reasons}
    panel = PANELS[7]["targets"][0]
    assert [row["code"] for row in ask(client, panel, channel="تلفن", reason="price.value")] == []
    assert ask(client, panel, channel="تلفن", reason="delivery.time")


def test_tables_show_the_titles_of_all_reasons() -> None:
    titles = {code.code: code.fa for code in load_taxonomy().reasons}
    shown = re.findall(r'"([a-z_]+\.[a-z_]+)": \{"text": "([^"]+)"', json.dumps(DASHBOARD, ensure_ascii=False))
    assert len(shown) == 2 * len(titles)
    assert set(shown) == set(titles.items())


def test_the_spike_is_told(client: httpx.Client) -> None:
    found = ask(client, PANELS[8]["targets"][0])
    assert found[0]["code"].startswith("delivery.")
    assert (found[0]["direction"], found[0]["group"], found[0]["n"]) == ("up", "تلفن", 40)


def test_the_data_source_of_the_page() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (source,) = yaml.safe_load(block)["datasources"]
    assert source["type"] == "yesoreyeram-infinity-datasource"
    assert source["jsonData"]["auth_method"] == "bearerToken"
    assert source["url"] in source["jsonData"]["allowedHosts"]
    assert set(source["secureJsonData"]) == {"bearerToken"}


def test_the_commands_of_the_page(client: httpx.Client) -> None:
    addresses = re.findall(r"'http://127.0.0.1:8000([^']+)'", PAGE)
    assert len(addresses) == 3
    for address in addresses:
        assert client.get(address).json()["items"], address
