"""A published model in a running service: everything follows VOC_MODEL, corrections hold across it, and back is one step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, problem, running, send_tagged
from tests.packs import write_banking
from voc.drafts import plan_of, read_draft
from voc.drafts.examples import examples_of
from voc.drafts.learn import learn
from voc.drafts.publish import publish
from voc.tagging.identity import SHIPPED_MODEL, find_model
from voc.tagging.tagger import TransformerTagger
from voc.taxonomy import load_taxonomy, shipped_taxonomy

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("engine")]
ROWS: Final = """نظر,تاریخ
واسه وام ازدواج ضامن رسمی میخوان، چهار ماهه معطلم کردن,1405/02/01
کارمزد انتقال رو دو بار کم کردن,1405/02/02
همیشه ناموجوده، کی شارژ میکنین,1405/02/03
برنامه هی میپره بیرون,1405/02/04
سه ساعت تو صف شعبه نشستم,1405/02/05
"""
SAID: Final = {"f2": "billing.fee", "f3": "order.availability", "f4": "digital.bug"}


@pytest.fixture(scope="module")
def shipped() -> TransformerTagger:
    return TransformerTagger(find_model())


@pytest.fixture(scope="module")
def folder(shipped: TransformerTagger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("own")
    draft = read_draft(write_banking(place))
    plan = plan_of(draft, shipped_taxonomy())
    publish(draft, plan, learn(plan, examples_of(plan), shipped), (), place / "model")
    return place / "model"


@contextmanager
def serving(path: Path, tagger: TransformerTagger, model: str = "") -> Iterator[TestClient]:
    """The service with VOC_MODEL as given, when all rows have its tags."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOC_MODEL", model)
        load_taxonomy.cache_clear()
        with running(path, tagger=tagger, model=model) as client:
            until = time.monotonic() + 20
            while {row["model"] for row in items(client, "/v1/feedback")} - {tagger.identity.name}:
                assert time.monotonic() < until
                time.sleep(0.05)
            yield client
    load_taxonomy.cache_clear()


def reasons(client: TestClient, row: str) -> set[str]:
    record: dict[str, Any] = client.get(f"/v1/feedback/{row}").json()
    return {each["code"] for each in record["reasons"]}


def say(client: TestClient, row: str, **changed: Any) -> None:
    answer = client.post(f"/v1/feedback/{row}/corrections", json={"changed": changed})
    assert answer.status_code == 201, answer.text


def test_everything_follows_the_model_and_going_back_is_one_step(
    shipped: TransformerTagger, folder: Path, tmp_path: Path
) -> None:
    with serving(tmp_path, shipped) as client:
        send_tagged(client, ROWS)
        for row, code in SAID.items():
            say(client, row, reasons={code: "negative"})
        before = items(client, "/v1/feedback")
    own = TransformerTagger(folder)
    with serving(tmp_path, own, str(folder)) as client:
        check_what_follows(client, own)
        say(client, "f5", add={"reasons": {"banking.loan": "negative"}})
        assert "banking.loan" in reasons(client, "f5")
    with serving(tmp_path, shipped) as client:
        after = {row["id"]: row for row in items(client, "/v1/feedback")}
        assert [after[row["id"]] for row in before if row["id"] != "f5"] == [row for row in before if row["id"] != "f5"]
        assert "banking.loan" not in reasons(client, "f5")
        assert client.get("/v1/feedback/f5/corrections").json()["items"][0]["changed"]["add"]["reasons"] == {
            "banking.loan": "negative"
        }
        assert "banking" in problem(client.get("/v1/feedback?reason=banking.loan"), 422)["detail"]


def check_what_follows(client: TestClient, own: TransformerTagger) -> None:
    """Codes, titles, filters, figures, pages, files and corrections are those of the published model."""
    taxonomy = client.get("/v1/taxonomy").json()
    assert (taxonomy["model"], taxonomy["version"]) == (f"{SHIPPED_MODEL}+banking-1", "v1+banking-1")
    assert taxonomy["given_as"]["digital.bug"] == "digital.usability"
    assert [row["id"] for row in items(client, "/v1/feedback?reason=banking.loan")] == ["f1"]
    assert "banking.loan" in {row["code"] for row in items(client, "/v1/trends?measure=reasons&bucket=month")}
    for page in ("/reasons", "/reasons/banking.loan", "/texts?reason=banking"):
        assert "وام و تسهیلات" in client.get(page).text, page
    assert client.get("/v1/reasons/banking.loan").json()["code"] == "banking.loan"
    assert '"banking.loan"' in client.get("/v1/export/feedback?format=jsonl&reason=banking").text
    assert client.get("/v1/review?queue=uncertain").status_code == 200
    assert [reasons(client, row) for row in SAID] == [{"price.fee"}, set(), {"digital.usability"}]
    assert {row["taxonomy"] for row in items(client, "/v1/feedback")} == {own.identity.taxonomy}
