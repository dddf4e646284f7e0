"""The report card over HTTP, by command and as a page: from an empty one to sentences in two languages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

import voc.tagging
from api.choices import LANGUAGE
from tests.api_client import problem, running, send_tagged
from tests.fakes import FakeTagger
from tests.stores import database
from voc import command
from voc.store import Store

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with five tagged texts."""
    with running(tmp_path, rate_per_minute=0) as client:
        send_tagged(client)
        yield client


def judge(client: TestClient, row: str, queue: str = "random", **changed: Any) -> None:
    answer = client.post(f"/v1/feedback/{row}/corrections", json={"queue": queue, "changed": changed})
    assert answer.status_code == 201, answer.text


def card(client: TestClient, **given: str) -> dict[str, Any]:
    answer = client.get("/v1/report-card", params=given)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_was_judged_is_measured(client: TestClient) -> None:
    judge(client, "f1")
    judge(client, "f2", sentiment="mixed")
    judge(client, "f3", queue="uncertain")
    found = card(client)
    figures = {each["name"]: each for each in found["card"]["figures"]}
    assert (found["card"]["n"], found["card"]["left_out"]) == (2, {"other_queue": 1})
    assert (figures["sentiment_accuracy"]["value"], figures["reasons_f1"]["value"]) == (0.5, 1.0)
    assert figures["sentiment_accuracy"]["rows_to_width"] > 100
    assert found["card"]["calibration"]["n"] == 3
    of_sentiment = found["card"]["sentiment_calibration"]
    assert (of_sentiment["n"], round(of_sentiment["error"], 3)) == (2, 0.3)  # it says .8, and one of two is right
    assert [(each["low"], each["share"]) for each in of_sentiment["bins"]] == [(0.8, 0.5)]
    said = {each["code"]: each for each in found["sayings"]}
    assert said["delivery.time"]["verdict"] == "unknown"
    assert "بازبینی کنید" in said["delivery.time"]["fa"]
    assert "review some" in said["delivery.time"]["en"]
    assert card(client, channel="اپ")["card"]["n"] == 1


def test_filters_by_tags_and_unknown_models_are_refused(client: TestClient) -> None:
    judge(client, "f1")
    assert problem(client.get("/v1/report-card?reason=delivery.time"), 422)["field"] == "reason"
    assert problem(client.get("/v1/report-card?model=older"), 422)["options"] == [FakeTagger().identity.name]
    problem(client.get("/v1/report-card?width=0"), 422)
    problem(client.get("/v1/report-card?answers=later"), 422)
    assert card(client, answers="now")["card"]["answers"] == "now"


def test_drift_of_five_texts_is_untold(client: TestClient) -> None:
    found = client.get("/v1/drift").json()
    assert [each["likeness"] for each in found["texts"]] == ["untold"] * 3
    assert found["trained_on"] > 30_000
    assert (found["first"], found["tags"]) == ([], [])
    assert client.get("/v1/drift?reason=delivery").status_code == 200


def test_the_page_says_how_to_begin(client: TestClient) -> None:
    page = client.get("/report-card").text
    assert "هنوز نظری به قید قرعه بازبینی نشده است" in page
    assert 'href="/review?queue=random"' in page
    client.cookies.set(LANGUAGE.cookie, "en")
    assert "No text that was drawn by lot has been reviewed yet" in client.get("/report-card").text


def test_the_page_shows_what_can_be_believed(client: TestClient) -> None:
    for row in ("f1", "f2", "f3", "f4"):
        judge(client, row)
    judge(client, "f5", sentiment="mixed", reasons={"digital.bug": "negative"})
    page = client.get("/report-card").text
    assert "هنوز نمی‌شود گفت" in page
    assert "دربارهٔ «زمان تحویل»" in page
    assert 'data-chart="rows"' in page
    assert 'data-value="1.0"' in page
    assert 'id="sure-of-sentiment-chart"' in page
    assert "خطای اطمینان احساس" in page
    assert "پیش از آن خوانده شده است" not in page
    assert "فیلترهای برچسب" not in page
    narrowed = client.get("/report-card?reason=delivery.time&channel=اپ").text
    assert "فیلترهای برچسب" in narrowed
    assert "از ۲ نظر قرعه‌ای" in narrowed
    client.cookies.set(LANGUAGE.cookie, "en")
    english = client.get("/report-card").text
    assert "Of “Delivery time” nothing can be said yet" in english
    assert "from 5 texts drawn by lot" in english


def test_rows_whose_sentiment_has_no_probability_are_left_out_of_its_calibration_and_told(client: TestClient) -> None:
    store: Store = client.app.state.service.store  # type: ignore[attr-defined]
    with store._database.writing() as session:
        session.run("UPDATE tagging SET sentiment_probability = NULL WHERE seq = 1")
    assert client.get("/v1/feedback/f1").json()["sentiment_probability"] is None
    judge(client, "f1")
    page = client.get("/report-card").text
    assert ('id="sure-chart"' in page, 'id="sure-of-sentiment-chart"' in page) == (True, False)
    judge(client, "f2")
    page = client.get("/report-card").text
    assert ("۱ نظر پیش از آن خوانده شده است" in page, 'id="sure-of-sentiment-chart"' in page) == (True, True)
    assert card(client)["card"]["sentiment_calibration"]["n"] == 1
    client.cookies.set(LANGUAGE.cookie, "en")
    assert "1 text was read before this was kept" in client.get("/report-card").text


def test_a_judgement_shows_on_the_page_at_once(client: TestClient) -> None:
    assert "از ۱ نظر قرعه‌ای" not in client.get("/report-card").text
    judge(client, "f1")
    assert "از ۱ نظر قرعه‌ای" in client.get("/report-card").text
    client.delete("/v1/corrections/c1")
    assert "از ۱ نظر قرعه‌ای" not in client.get("/report-card").text


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path) as client:
        send_tagged(client)
        judge(client, "f1")
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    monkeypatch.setattr(voc.tagging, "model_identity", lambda _model="": FakeTagger().identity)

    def told(*arguments: str) -> tuple[str, str]:
        result = CliRunner().invoke(command.cli, ["report-card", *arguments], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout, result.stderr

    said, beside = told()
    assert "“Delivery time”" in said
    assert "«زمان تحویل»" in said
    assert beside.startswith("1 rows that")
    assert "delivery.time" in told("codes")[0]
    assert "sentiment_accuracy" in told("figures")[0]
    assert "untold" in told("texts")[0]
    of_sentiment, beside = told("sentiment-calibration")
    assert ("0.8" in of_sentiment, "from before" in beside) == (True, False)
    assert "Judge rows" in told("figures", "--where", "channel=نامه")[1]
    out = tmp_path / "codes.csv"
    told("codes", "-o", str(out))
    assert "delivery.time" in out.read_text("utf-8-sig")
