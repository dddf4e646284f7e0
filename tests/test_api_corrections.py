"""Corrections over HTTP: what is said counts at once, everywhere; it is told who said it; it can be taken back and moved."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, problem, running, send_tagged
from tests.fakes import FakeTagger

pytestmark = pytest.mark.usefixtures("engine")

WHY: Final = "کنایه زده، ۰۹۱۲۳۴۵۶۷۸۹ هم شماره‌شه"
SAID: Final = {"sentiment": "negative", "reasons": {"service.staff": "negative"}, "loyalty": ["churn_intent"]}
ANSWER: Final = (
    "sentiment", "sentiment_score", "sentiment_probability", "reasons", "effort", "effort_score", "loyalty", "resolution",
)  # fmt: skip


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with five tagged texts and one key, that of an admin, which the client holds."""
    with running(tmp_path, rate_per_minute=0) as client:
        send_tagged(client)
        made = client.post("/v1/keys", json={"name": "مدیر", "scope": "admin"}).json()
        client.headers |= {"authorization": f"Bearer {made['key']}", "x-key": made["id"]}
        yield client


def say(client: TestClient, row: str = "f2", **given: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/feedback/{row}/corrections", json=given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_correction_shows_in_the_record_beside_the_models_answer(client: TestClient) -> None:
    before = client.get("/v1/feedback/f2").json()
    assert before["corrected"] is None
    made = say(client, changed=SAID, why=WHY, queue="disagrees")
    assert {name: made[name] for name in ("id", "feedback_id", "by", "source", "queue", "confirmed", "selection")} == {
        "id": "c1", "feedback_id": "f2", "by": client.headers["x-key"], "source": "person", "queue": "disagrees",
        "confirmed": False, "selection": None,
    }  # fmt: skip
    assert (made["changed"], made["why"]) == (SAID, "کنایه زده، [تلفن] هم شماره‌شه")
    after = client.get("/v1/feedback/f2").json()
    assert (after["sentiment"], after["sentiment_score"], after["sentiment_probability"]) == ("negative", -1.0, None)
    assert after["reasons"] == [{"code": "service.staff", "polarity": "negative", "score": 1.0, "evidence": []}]
    assert after["corrected"] == {
        "at": made["at"],
        "by": client.headers["x-key"],
        "fields": ["sentiment", "reasons", "loyalty"],
        "why": made["why"],
        "model": {name: before[name] for name in ANSWER} | {"primary_reason": None, "effort_level": None},
    }
    assert [each["id"] for each in items(client, "/v1/feedback", corrected="true")] == ["f2"]
    assert [each["id"] for each in items(client, "/v1/feedback", corrected="false", channel="اپ")] == ["f5"]


def test_figures_have_it_and_say_how_many_rows_are_corrected(client: TestClient) -> None:
    def reasons(**more: str) -> tuple[dict[str, int], int]:
        answer = client.get("/v1/trends", params={"measure": "reasons", "bucket": "none", **more}).json()
        return {each["code"]: each["n"] for each in answer["items"]}, answer["corrected_rows"]

    assert reasons()[1] == 0
    say(client, changed=SAID)
    found, corrected = reasons()
    assert (found["service.staff"], corrected) == (1, 1)
    assert reasons(channel="تلفن")[1] == 0
    assert reasons(polarity="positive")[1] == 1  # which chooses reasons here, and no rows
    kpis = client.get("/v1/kpis", params={"names": "nps"}).json()
    assert kpis["corrected_rows"] == 1
    assert client.get("/v1/kpis", params={"names": "nps", "corrected": "true"}).json()["items"][0]["n"] == 1
    assert client.get("/v1/compare", params={"first.corrected": "true", "second.corrected": "false"}).json()["n_first"] == 1
    assert client.get("/v1/compare", params={"first.corrected": "true", "second.corrected": "false"}).json()["n_second"] == 4


def test_files_and_feeds_have_it(client: TestClient) -> None:
    cursor = client.get("/v1/changes", params={"limit": 1000}).json()["next"]
    say(client, changed=SAID)
    (change,) = items(client, "/v1/changes", since=cursor)
    assert (change["change"], change["record"]) == ("corrected", client.get("/v1/feedback/f2").json())
    rows = list(csv.DictReader(io.StringIO(client.get("/v1/export/feedback?format=csv").content.decode("utf-8-sig"))))
    assert [(row["corrected"], bool(row["corrected_at"])) for row in rows] == [
        ("", False), ("sentiment|reasons|loyalty", True), ("", False), ("", False), ("", False),
    ]  # fmt: skip
    (fed,) = client.get("/odata/Feedback?$filter=corrected_at ne null").json()["value"]
    assert (fed["id"], fed["sentiment"], fed["reasons"]) == ("f2", "negative", "service.staff")


def test_undoing_and_its_history(client: TestClient) -> None:
    before = client.get("/v1/feedback/f2").json()
    say(client, changed=SAID)
    assert client.delete("/v1/corrections/c1").json() == {"undone": 1}
    assert client.delete("/v1/corrections/c1").json() == {"undone": 0}
    assert client.get("/v1/feedback/f2").json() == before
    (told,) = items(client, "/v1/feedback/f2/corrections")
    assert (told["id"], told["undone_by"]) == ("c1", client.headers["x-key"])
    assert told["undone_at"] > told["at"]
    problem(client.delete("/v1/corrections/c9"), 404)
    problem(client.get("/v1/feedback/f99/corrections"), 404)


def test_without_anything_said_a_record_is_confirmed(client: TestClient) -> None:
    made = say(client, queue="random")
    assert (made["confirmed"], made["queue"]) == (True, "random")
    assert made["changed"]["reasons"] == {"delivery.time": "positive"}
    assert client.get("/v1/feedback/f2").json()["corrected"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"changed": {"sentiment": "angry"}}, "sentiment"),
        ({"changed": {"reasons": {"delivery.tyme": "negative"}}}, "reasons"),
        ({"changed": {"resolution": "maybe"}}, "resolution"),
    ],
)
def test_an_unknown_code_is_refused_with_those_there_are(client: TestClient, body: dict[str, Any], field: str) -> None:
    document = problem(client.post("/v1/feedback/f2/corrections", json=body), 422)
    assert document["field"] == field
    assert len(document["options"]) > 1


@pytest.mark.parametrize(
    ("row", "body", "status"),
    [
        ("f99", {}, 404),
        ("x", {}, 404),
        ("f2", {"changed": {"sentiment": None}}, 422),
        ("f2", {"changed": {"resolved": True}}, 422),
        ("f2", {"changed": {"effort": "easy"}}, 422),
        ("f2", {"changed": {"effort": [], "add": {"effort": ["easy"]}}}, 422),
        ("f2", {"why": "ن" * 501}, 422),
        ("f2", {"queue": "mine"}, 422),
        ("f2", {"sentiment": "negative"}, 422),
        ("f2", [], 422),
    ],
)
def test_what_cannot_be_said(client: TestClient, row: str, body: Any, status: int) -> None:
    problem(client.post(f"/v1/feedback/{row}/corrections", json=body), status)
    assert client.get("/v1/export/corrections").content == b""


def test_a_selection_is_corrected_and_undone_as_one(client: TestClient) -> None:
    said = {"add": {"reasons": {"service.handling": "negative"}}}
    selection = {"filters": {"channel": "تلفن", "attr.شعبه": ["ونک", "نارمک"]}, "expected": 2, "changed": said}
    answer = client.post("/v1/corrections", json=selection)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in ("selection", "corrected", "confirmed")} == {
        "selection": "s1", "corrected": 2, "confirmed": 0,
    }  # fmt: skip
    assert {each["id"] for each in items(client, "/v1/feedback", reason="service.handling")} == {"f1", "f3"}
    again = client.post("/v1/corrections", json={"ids": ["f1", "f3", "f3"], "changed": said}).json()
    assert (again["corrected"], again["confirmed"]) == (0, 2)
    assert client.delete(f"/v1/corrections/{made['selection']}").json() == {"undone": 2}
    entries = {(each["method"], each["route"]): each for each in items(client, "/v1/audit")}
    assert entries["POST", "/v1/corrections"]["target"].startswith("s")
    assert entries["DELETE", "/v1/corrections/{correction_id}"]["target"] == "s1"
    assert entries["DELETE", "/v1/corrections/{correction_id}"]["key_id"] == client.headers["x-key"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"filters": {}, "expected": 4}, 409, "count_differs"),
        ({"filters": {}, "expected": 5, "limit": 4}, 409, "too_many_records"),
        ({"filters": {}}, 422, None),
        ({"filters": {}, "expected": 5, "queue": "random"}, 422, None),  # whoever filters has not been asked unseen
        ({}, 422, None),
        ({"ids": ["f1"], "filters": {}, "expected": 5}, 422, None),
        ({"ids": ["f1", "f99"]}, 404, None),
        ({"filters": {"chanel": ["phone"]}, "expected": 1}, 422, "unknown_parameter"),
        ({"filters": {"reason": ["delivery.tyme"]}, "expected": 1}, 422, None),
        ({"filters": {"q": ["دیر"]}, "expected": 1}, 422, None),
        ({"filters": {"attr.شعبه": 5}, "expected": 1}, 422, None),
        ({"filters": {"attr.شعبه": [5]}, "expected": 1}, 422, None),
        ({"filters": {"channel": [None]}, "expected": 1}, 422, None),
        ({"filters": {"from": "دیروز"}, "expected": 1}, 422, None),
        ({"filters": 5, "expected": 1}, 422, None),
        ({"filters": {"corrected": True}, "expected": 1}, 422, None),
        ({"filters": {"corrected": False}, "expected": 5}, 422, None),
        ({"filters": {"attr.شعبه": 0}, "expected": 5}, 422, None),
        ({"ids": ["f1"] * 10_001}, 422, None),
        ({"ids": ["f1"], "limit": 10_001}, 422, None),
        ({"ids": ["f1"], "expected": -1}, 422, None),
    ],
)
def test_a_selection_that_is_another_than_meant(
    client: TestClient, body: dict[str, Any], status: int, code: str | None
) -> None:
    document = problem(client.post("/v1/corrections", json={"changed": SAID, **body}), status)
    assert code is None or document["code"] == code
    assert client.get("/v1/export/corrections").content == b""


def test_keys_that_only_read_cannot_correct(client: TestClient) -> None:
    reader = client.post("/v1/keys", json={"name": "خواننده", "scope": "read"}).json()["key"]
    writer = client.post("/v1/keys", json={"name": "نویسنده", "scope": "write"}).json()["key"]
    read, write = ({"authorization": f"Bearer {key}"} for key in (reader, writer))
    problem(client.post("/v1/feedback/f2/corrections", json={}, headers=read), 403)
    assert client.post("/v1/feedback/f2/corrections", json={}, headers=write).status_code == 201
    problem(client.delete("/v1/corrections/c1", headers=read), 403)
    assert client.delete("/v1/corrections/c1", headers=write).status_code == 200
    assert client.get("/v1/review", headers=read).status_code == 200


def test_all_that_was_said_is_listed_newest_first(client: TestClient) -> None:
    say(client, changed=SAID, why=WHY)
    say(client, "f3", queue="random")
    selection = client.post("/v1/corrections", json={"ids": ["f1", "f4"], "changed": {"sentiment": "mixed"}}).json()[
        "selection"
    ]
    client.delete("/v1/corrections/c1")
    first = client.get("/v1/corrections", params={"limit": 3}).json()
    second = client.get("/v1/corrections", params={"limit": 3, "cursor": first["next"]}).json()
    told = [*first["items"], *second["items"]]
    assert [(each["id"], each["feedback_id"], each["undone_at"] is None) for each in told] == [
        ("c4", "f4", True), ("c3", "f1", True), ("c2", "f3", True), ("c1", "f2", False),
    ]  # fmt: skip
    assert second["next"] is None
    assert told[3] == items(client, "/v1/feedback/f2/corrections")[0]

    def ids(**filters: str) -> list[str]:
        return [each["id"] for each in items(client, "/v1/corrections", **filters)]

    assert ids(selection=selection) == ["c4", "c3"]
    assert ids(by=client.headers["x-key"], undone="false", confirmed="false") == ["c4", "c3"]
    assert ids(by="none") == ids(source="import") == ids(to="1402-01-01") == []
    assert ids(queue="random") == ids(confirmed="true") == ["c2"]
    for wrong in ({"selection": "c1"}, {"undone": "maybe"}, {"source": "model"}, {"from": "دیروز"}, {"who": "k1"}):
        problem(client.get("/v1/corrections", params=wrong), 422)
    problem(client.get("/v1/corrections", params={"selection": "x"}), 404)


def test_they_are_carried_to_another_database_by_ids_and_text(client: TestClient, tmp_path: Path) -> None:
    say(client, changed=SAID, why=WHY, queue="random")
    say(client, "f3")
    say(client, "f4", changed={"sentiment": "mixed"})
    client.delete("/v1/corrections/c3")
    rows = [json.loads(line) for line in client.get("/v1/export/corrections?format=jsonl").text.splitlines()]
    assert [(row["feedback_id"], row["confirmed"], row["queue"]) for row in rows] == [
        ("f2", False, "random"),
        ("f3", True, None),
    ]
    assert not any("سریع" in json.dumps(row, ensure_ascii=False) for row in rows)
    assert client.post("/v1/corrections/import", json={"corrections": rows}).json() == {"placed": 0, "known": 2, "refused": []}
    expected = client.get("/v1/feedback/f2").json()
    (tmp_path / "other").mkdir()
    with running(tmp_path / "other", tagger=FakeTagger("fake-2")) as other:
        send_tagged(other)
        refused = [{**rows[0], "text_hash": "0" * 12}, {**rows[0], "feedback_id": "f99"}, {**rows[0], "changed": {}}, {}]
        taken = other.post("/v1/corrections/import", json={"corrections": [*rows, *refused]}).json()
        assert (taken["placed"], taken["known"]) == (2, 0)
        assert [(each["line"], each["column"], each["code"]) for each in taken["refused"]] == [
            (3, None, "other_text"), (4, None, "no_such_record"), (5, "changed", "invalid_input"),
            (6, "changed", "invalid_input"),
        ]  # fmt: skip
        moved = other.get("/v1/feedback/f2").json()
        assert {**moved, "model": "fake-1", "batch_id": expected["batch_id"]} == expected
        (told,) = items(other, "/v1/feedback/f2/corrections")
        assert (told["source"], told["queue"], told["by"]) == ("import", "random", client.headers["x-key"])


def test_a_file_of_corrections_for_spreadsheets(client: TestClient) -> None:
    say(client, changed=SAID, why="=1+1")
    answer = client.get("/v1/export/corrections?format=csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (json.loads(row["changed"]), row["why"]) == (SAID, "'=1+1")
    assert "corrections-" in answer.headers["content-disposition"]
    problem(client.get("/v1/export/corrections?format=pdf"), 422)


def test_the_page_can_be_narrowed_to_corrected_texts(client: TestClient) -> None:
    say(client, changed=SAID)
    page = client.get("/texts", params={"corrected": "true"}, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "اصلاح‌شده" in page.text


def test_queues_come_in_pages_and_leave_out_what_was_seen(client: TestClient) -> None:
    first = client.get("/v1/review", params={"queue": "uncertain", "limit": 3}).json()
    second = client.get("/v1/review", params={"queue": "uncertain", "limit": 3, "cursor": first["next"]}).json()
    ids = [each["record"]["id"] for each in (*first["items"], *second["items"])]
    assert (len(ids), len(set(ids)), second["next"]) == (5, 5, None)
    assert (first["left"], second["left"]) == (5, 5)
    say(client, ids[0], queue="uncertain")
    left = items(client, "/v1/review", queue="uncertain")
    assert [each["record"]["id"] for each in left] == ids[1:]
    drawn = client.get("/v1/review", params={"queue": "random"}).json()
    assert drawn["seed"].startswith("14")
    assert [each["reviewed"] for each in drawn["items"]] == [False] * 4
    assert drawn["left"] == 4
    assert ids[0] not in {each["record"]["id"] for each in drawn["items"]}
    problem(client.get("/v1/review", params={"queue": "random", "cursor": first["next"]}), 422)
    problem(client.get("/v1/review", params={"queue": "mine"}), 422)


def test_a_second_opinion_is_asked_of_another_who_does_not_see_the_first(client: TestClient) -> None:
    before = client.get("/v1/feedback/f2").json()
    say(client, changed=SAID, queue="random", why="کنایه زده")
    made = client.post("/v1/keys", json={"name": "دومی", "scope": "write"}).json()
    client.headers["authorization"] = f"Bearer {made['key']}"
    drawn = client.get("/v1/review", params={"queue": "random"}).json()
    assert [each["reviewed"] for each in drawn["items"]] == [False] * 4 + [True]
    offered = drawn["items"][-1]["record"]
    assert offered == {name: before[name] for name in offered}
    assert (offered["corrected"], "کنایه زده" in json.dumps(drawn, ensure_ascii=False)) == (None, False)
    assert say(client, queue="random", seed=drawn["seed"])["changed"]["sentiment"] == before["sentiment"]
    assert client.get("/v1/feedback/f2").json()["corrected"] is None
    again = client.get("/v1/review", params={"queue": "random"}).json()
    assert "f2" not in {each["record"]["id"] for each in again["items"]}


def test_a_drawn_record_is_judged_with_the_seed_of_its_draw(client: TestClient) -> None:
    (first, *_) = items(client, "/v1/review", queue="random", seed="1404-W50")
    made = say(client, first["record"]["id"], queue="random", seed="1404-W50")
    assert made["seed"] == "1404-W50"
    assert [each["seed"] for each in items(client, "/v1/corrections")] == ["1404-W50"]
    assert client.get("/v1/report-card").json()["card"]["draws"] == [{"seed": "1404-W50", "judged": 1, "passed_over": 0}]
    drawn = client.get("/v1/review", params={"queue": "random"}).json()
    assert say(client, drawn["items"][0]["record"]["id"], queue="random")["seed"] == drawn["seed"]
    assert say(client, "f1")["seed"] is None
    for queue, seed in ((None, "1404-W50"), ("uncertain", "1404-W50"), ("random", "x" * 21), ("random", "هفته")):
        problem(client.post("/v1/feedback/f1/corrections", json={"queue": queue, "seed": seed}), 422)
