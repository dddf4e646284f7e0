"""Spikes, drivers, comparisons and what-ifs over HTTP, and the same over the command line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from tests import engines
from tests.api_client import BASE
from tests.fakes import FakeTagger
from tests.ledger import MODEL, TEHRAN, Row, add_rows, on, row, tags
from tests.stores import database
from voc.command import cli
from voc.settings import Settings
from voc.store import Store
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")


def day_of(day: int, late: int, channel: str) -> Iterator[Row]:
    """Ten rows of a day, some of them about late deliveries."""
    for number in range(10):
        reasons, score = (["delivery.time-"], -0.8) if number < late else (["product.quality+"], 0.8)
        yield row(
            tags("negative" if number < late else "positive", score, reasons),
            occurred_at=on(f"1402-{10 + day // 30:02}-{1 + day % 30:02}", 8 + number),
            channel=channel,
            nps=2 if number < late else 10,
            attributes={"شعبه": "ونک" if number % 2 else "تجریش"},
        )


@pytest.fixture(scope="module")
def filled(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two quiet months, and a last day on which most deliveries are late."""
    path = tmp_path_factory.mktemp("insights") / "voc.duckdb"
    rows = [each for day in range(59) for each in day_of(day, 1 + day % 2, "اپ" if day % 3 else "تلفن")]
    rows += [each for _ in range(2) for each in day_of(59, 9, "اپ")]
    new = [row(tags(), occurred_at=on("1402-12-01"), channel="اپ") for _ in range(6)]
    rows += [replace(each, feedback=replace(each.feedback, text="این کوپن خرید چیه؟")) for each in new]
    with Store.open(database(path), zone=TEHRAN) as store:
        add_rows(store, rows)
    return database(path)


@pytest.fixture(scope="module")
def client(engine: Engine, filled: str) -> Iterator[TestClient]:
    app = create_app(Settings(database=filled), tagger=FakeTagger(MODEL.name))
    with TestClient(app, base_url=BASE) as client:
        yield client


def get(client: TestClient, path: str, **asked: Any) -> Any:
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_spike_with_its_texts(client: TestClient) -> None:
    found = get(client, "/v1/spikes", to="1402-12-01", min_n=5)["items"]
    (late,) = [each for each in found if each["code"] == "delivery.time"]
    assert (late["bucket"], late["n"], late["direction"]) == ("1402-11-30", 18, "up")
    assert late["ratio_low"] > 2
    shown = [get(client, f"/v1/feedback/{each}") for each in late["examples"]]
    assert all(each["reasons"][0]["code"] == "delivery.time" for each in shown)
    assert shown


def test_a_new_theme_with_its_texts(client: TestClient) -> None:
    found = get(client, "/v1/themes", **{"from": "1402-12-01", "to": "1402-12-02"})["items"]
    assert [(each["phrase"], each["n"], each["n_before"]) for each in found] == [("کوپن خرید چیه", 6, 0)]
    assert "کوپن خرید" in get(client, f"/v1/feedback/{found[0]['examples'][0]}")["text"]
    assert client.get("/v1/themes").status_code == 422


@pytest.mark.parametrize("target", ["nps", "sentiment"])
def test_drivers(client: TestClient, target: str) -> None:
    report = get(client, "/v1/drivers", target=target)
    by_code = {each["code"]: each for each in report["drivers"]}
    assert by_code["delivery.time"]["effect"] > 0 > by_code["product.quality"]["effect"]
    assert by_code["delivery.time"]["mean_with"] < report["value"]


def test_a_driver_that_cannot_be_told_says_what_would_tell(client: TestClient) -> None:
    report = get(client, "/v1/drivers", target="csat")
    assert (report["null_reason"], report["missing"], report["drivers"]) == ("field_missing", ["csat"], [])


def test_a_time_beside_the_time_before(client: TestClient) -> None:
    found = get(client, "/v1/compare", **{"from": "1402-11-30", "to": "1402-12-01"})
    assert (found["n_first"], found["n_second"]) == (10, 20)
    (late,) = [each for each in found["items"] if (each["kind"], each["code"]) == ("reasons", "delivery.time")]
    assert late["share_second"] == pytest.approx(0.9)
    assert late["beyond_chance"]


def test_segments_side_by_side(client: TestClient) -> None:
    channels = get(client, "/v1/compare", **{"first.channel": "تلفن", "second.channel": "اپ", "to": "1402-11-30"})
    assert (channels["n_first"], channels["n_second"]) == (200, 390)
    branches = get(
        client, "/v1/compare", **{"first.attr.شعبه": "ونک", "second.attr.شعبه": "تجریش", "kinds": "reasons", "to": "1402-12-01"}
    )
    assert {each["kind"] for each in branches["items"]} == {"reasons"}
    assert branches["n_first"] == branches["n_second"] == 305


def test_sides_that_overlap_or_say_nothing_are_refused(client: TestClient) -> None:
    for asked in ({}, {"first.channel": "اپ", "second.sentiment": "negative"}, {"first.chanel": "اپ"}):
        answer = client.get("/v1/compare", params=asked)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("side", ["first", "second"])
def test_a_search_of_a_side_is_as_short_as_any(client: TestClient, side: str) -> None:
    long = "رازِ مشتری" * 21
    answer = client.get("/v1/compare", params={f"{side}.q": long})
    assert (answer.status_code, answer.json()["field"]) == (422, f"{side}.q")
    assert "راز" not in answer.text


def test_what_if(client: TestClient) -> None:
    assert [each["name"] for each in get(client, "/v1/what-if")["items"]] == ["as_it_is", "low_effort", "resolved"]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["spikes", "--where", "to=1402-12-01"], "delivery.time"),
        (["drivers", "nps"], "product.quality"),
        (["drivers", "csat"], ""),
        (["compare", "--where", "from=1402-11-30", "--where", "to=1402-12-01"], "delivery.time"),
        (["compare", "--first", "channel=تلفن", "--second", "channel=اپ"], "product.quality"),
        (["what-if"], "as_it_is"),
        (["themes", "--where", "from=1402-12-01", "--where", "to=1402-12-02"], "کوپن"),
        (["kpis", "nps", "reason_share", "--group", "reason"], "delivery.time"),
    ],
)
def test_commands(filled: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], shown: str) -> None:
    if engines.chosen == "duckdb":  # the service has the file
        copy = tmp_path / "copy.duckdb"
        copy.write_bytes(Path(filled).read_bytes())
        filled = str(copy)
    monkeypatch.setenv("VOC_DATABASE", filled)
    monkeypatch.setenv("COLUMNS", "250")
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert shown in done.output


def test_a_baseline_from_before_all_days_is_as_long_as_there_are_any(client: TestClient) -> None:
    answer = client.get("/v1/spikes", params={"bucket": "year", "baseline": 2_000})
    assert answer.status_code == 200, answer.text
