"""Signs that mean something to SQL, to patterns or to JSON mean nothing in a filter: they are looked for as they stand."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api_client import items, problem, running, send_tagged
from voc.store.database import Engine

SIGNS = (
    "' OR 1=1 --", '"; DROP TABLE feedback; --', "%", "_", "*", ".*", "[", "(", "\\", "$1", "$where_q", "{{7*7}}", "<script>", "\x00", "\u202e",
    "😀", "\ud7ff", "a" * 199, "(a+)+$", "[[:alpha:]]", "\\p{L}", "(?i)", "~", "/", "$.x", "-1", "1e999", "9" * 40, "NaN", "null", "true",
)  # fmt: skip


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("signs")) as client:
        send_tagged(client, "نظر,کانال,شعبه,تاریخ\nپیک دیر اومد,تلفن,ونک,1402/12/11\nسریع بود عالی,اپ,کرج,1403/01/05\n")
        yield client


def calls(client: TestClient) -> list[tuple[str, str]]:
    """Every GET of the OpenAPI document with each of its parameters, and an attribute besides."""
    found = []
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        names = [each["name"] for each in methods.get("get", {}).get("parameters", []) if each["in"] == "query"]
        if names and "events" not in path:
            attributes = ["attr.شعبه", "attr.' OR 1=1 --", "attr.$.x", "attr."] if "channel" in names else []
            found += [(path, name) for name in [*names, *attributes]]
    return found


def test_no_sign_in_any_parameter_is_a_failure(client: TestClient) -> None:
    """Each parameter of each call takes three signs by turns, so that each sign comes to each parameter of some call."""
    signs, batch = itertools.cycle(SIGNS), client.get("/v1/batches").json()["items"][0]["id"]
    for path, name in calls(client):
        narrow = {"names": "nps"} if "kpis" in path and name != "names" else {}
        for sign in itertools.islice(signs, 3):
            place = path.format(
                batch_id=batch, feedback_id="f1", webhook_id="w1", correction_id="c1", code="delivery.time", name="nps"
            )
            answer = client.get(place, params=narrow | {name: sign})
            assert answer.status_code in (200, 404, 422), (path, name, sign, answer.status_code)
            if answer.status_code != 200:
                problem(answer, answer.status_code)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", ["channel", "q", "attr.شعبه", "batch"])
def test_a_sign_matches_only_itself(client: TestClient, name: str, sign: str) -> None:
    answer = client.get("/v1/feedback", params={name: sign})
    if sign == "\u202e" or (sign == "\x00" and answer.status_code == 422):
        return  # no mark of its own: what is left is no filter at all
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []


def test_texts_that_hold_signs_are_found_by_them(client: TestClient) -> None:
    kept = [sign for sign in SIGNS if sign.isprintable() and 1 < len(sign) < 20]
    batch = client.post(
        "/v1/batches", json={"records": [{"text": f"نوشت {sign} و رفت", "channel": sign} for sign in kept]}
    ).json()
    for sign in kept:
        found = items(client, "/v1/feedback", batch=batch["id"], q=f"نوشت {sign} و")
        assert [row["text"] for row in found] == [f"نوشت {sign} و رفت"], sign
    client.delete(f"/v1/batches/{batch['id']}")


def test_a_tampered_parameter_changes_nothing(client: TestClient) -> None:
    before: Any = client.get("/v1/batches").json()["items"]
    for sign in SIGNS:
        client.delete(f"/v1/batches/{sign.encode('utf-8', 'ignore').hex()}")
        client.post("/v1/tag", content=json.dumps({"texts": [sign or "-"]}), headers={"content-type": "application/json"})
    assert client.get("/v1/batches").json()["items"] == before
