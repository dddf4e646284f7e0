"""Agents in the API: no answer, page or export has an id of theirs unless the settings ask for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, running
from tests.ledger import on
from tests.spoken import CALL, conversation
from tests.stores import add, tag_all
from voc.records import Feedback
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

IDS = ("sara.rezaei", "ali-moradi")
ROWS = [
    conversation(CALL, line, agent_id=IDS[line % 2], nps=line % 11, occurred_at=on("1403-01-05"), channel="phone")
    for line in range(2, 26)
] + [Feedback("پیک دیر اومد، حل نشد", 30, agent_id="kam.kar", nps=2, occurred_at=on("1403-01-06"))]


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from filled(tmp_path_factory.mktemp("agents"))


def filled(folder: Path, **settings: Any) -> Iterator[TestClient]:
    with running(folder, **settings) as client:
        service = client.app.state.service  # type: ignore[attr-defined]
        add(service.store, ROWS)
        tag_all(service.store)
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/v1/feedback", "/v1/feedback/f1", "/v1/conversations/f1", "/conversations/f1", "/v1/kpis?names=nps,crr&group=agent",
        "/v1/kpis?names=art_response_median&group=agent_id&bucket=month", "/v1/trends?measure=volume&group=agent",
        "/v1/trends?measure=sentiment&group=agent&bucket=week", "/v1/spikes?group=agent", "/v1/export/feedback?format=csv",
        "/v1/export/kpis?group=agent&format=csv", "/v1/export/trends?group=agent&format=csv",
        "/odata/Feedback", "/odata/Conversations", "/odata/Kpis?group=agent", "/odata/Trends?group=agent_id",
        "/v1/export/feedback?format=jsonl", "/v1/compare?first.agent=x&second.channel=phone", "/", "/texts",
        "/v1/kpis/nps?agent=x", "/kpis/nps", "/kpis/nps?agent=x", "/v1/drivers?target=nps&agent=x", "/v1/what-if?agent=x",
    ],
)  # fmt: skip
def test_no_answer_has_an_id(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert not any(agent_id in answer.text for agent_id in (*IDS, "kam.kar"))


def test_the_name_of_a_record_is_the_group_and_the_filter(client: TestClient) -> None:
    name = client.get("/v1/conversations/f1").json()["agent_id"]
    assert name.startswith("کارشناس ")
    found = items(client, "/v1/kpis", names="art_response_mean,text_recovery", group="agent")
    assert len(found) == 2 * 3
    assert {row["group"]: row["null_reason"] for row in found if row["name"] == "text_recovery"}[name] is None
    rows = items(client, "/v1/feedback", agent=name)
    assert len(rows) == 12
    assert {row["agent_id"] for row in rows} == {name}
    assert items(client, "/v1/feedback", agent=IDS[0]) == []


def test_few_rows_are_no_verdict(client: TestClient) -> None:
    last = items(client, "/v1/feedback", limit="1")[0]["agent_id"]
    for asked in ({"group": "agent"}, {"agent": last}):
        found = items(client, "/v1/kpis", names="text_sentiment_net", **asked)
        assert [(row["value"], row["null_reason"]) for row in found if row["n"] == 1] == [(None, "below_min_n")]


def test_what_is_withheld_is_not_counted_either(client: TestClient) -> None:
    last = items(client, "/v1/feedback", limit="1")[0]["agent_id"]
    many = client.get("/v1/conversations/f1").json()["agent_id"]
    for name, counted, filled in ((last, set(), False), (many, {"positive", "negative", "n"}, True)):
        explained = client.get("/v1/kpis/text_sentiment_net", params={"agent": name}).json()
        assert (explained["value"]["value"] is not None, set(explained["counts"])) == (filled, counted)
        page = client.get("/kpis/text_sentiment_net", params={"agent": name, "lang": "en"}).text
        assert ("/n = 100 × (" in page) is filled


def test_drivers_and_what_if_of_few_rows_are_withheld(client: TestClient) -> None:
    last = items(client, "/v1/feedback", limit="1")[0]["agent_id"]
    many = client.get("/v1/conversations/f1").json()["agent_id"]
    for name, n, told in ((last, 1, False), (many, 12, True)):
        report = client.get("/v1/drivers", params={"target": "nps", "agent": name, "min_n": 1}).json()
        assert (report["n"], report["value"] is not None) == (n, told)
        assert report["null_reason"] == (None if told else "below_min_n")
        scenarios = items(client, "/v1/what-if", agent=name)
        assert [(each["n"], each["share"] is not None) for each in scenarios] == [(n, told)] * 3
        assert ("چند نفر می‌مانند" in client.get("/", params={"agent": name, "lang": "fa"}).text) is told


def test_ids_are_shown_where_that_is_asked_for(tmp_path: Path) -> None:
    for client in filled(tmp_path, show_agents=True, agent_min_n=1):
        found = items(client, "/v1/kpis", names="text_sentiment_net", group="agent")
        assert {(row["group"], row["null_reason"]) for row in found} == {(each, None) for each in (*IDS, "kam.kar")}
        assert len(items(client, "/v1/feedback", agent="kam.kar")) == 1
