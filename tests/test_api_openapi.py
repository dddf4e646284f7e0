"""The OpenAPI document is complete enough to work from, its examples are right, and the reference page needs no network."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import correction_schemas, schemas
from tests.api_client import running, send_tagged, wait_done
from voc.store.database import Engine

DOCUMENTED = {
    ("post", "/v1/batches"), ("get", "/v1/batches"), ("get", "/v1/batches/{batch_id}"), ("delete", "/v1/batches/{batch_id}"),
    ("get", "/v1/batches/{batch_id}/rejects"), ("get", "/v1/batches/{batch_id}/events"), ("post", "/v1/tag"),
    ("get", "/v1/feedback"), ("get", "/v1/feedback/{feedback_id}"), ("get", "/v1/trends"), ("get", "/v1/kpis"),
    ("get", "/v1/kpis/definitions"), ("get", "/v1/export/feedback"), ("get", "/v1/export/trends"),
    ("get", "/v1/export/kpis"), ("get", "/v1/taxonomy"), ("get", "/v1/spikes"), ("get", "/v1/themes"),
    ("get", "/v1/drivers"), ("get", "/v1/compare"), ("get", "/v1/what-if"), ("get", "/v1/keys"),
    ("post", "/v1/keys"), ("delete", "/v1/keys/{key_id}"), ("get", "/v1/audit"), ("delete", "/v1/customers/{customer_id}"),
    ("post", "/v1/backup"), ("get", "/v1/conversations/{conversation_id}"), ("get", "/healthz"), ("get", "/readyz"),
    ("get", "/metrics"), ("get", "/v1/export/database"),
    ("get", "/v1/feedback/{feedback_id}/original"), ("post", "/v1/preview"),
    ("get", "/v1/feedback/{feedback_id}/corrections"), ("post", "/v1/feedback/{feedback_id}/corrections"),
    ("post", "/v1/corrections"), ("post", "/v1/corrections/import"), ("delete", "/v1/corrections/{correction_id}"),
    ("get", "/v1/corrections"), ("get", "/v1/review"), ("get", "/v1/report-card"), ("get", "/v1/drift"),
    ("get", "/v1/export/corrections"),
    ("get", "/v1/reasons/{code}"), ("get", "/v1/kpis/{name}"),
    ("get", "/v1/changes"), ("get", "/v1/export/conversations"),
    ("get", "/v1/webhooks"), ("post", "/v1/webhooks"), ("get", "/v1/webhooks/{webhook_id}"),
    ("patch", "/v1/webhooks/{webhook_id}"), ("delete", "/v1/webhooks/{webhook_id}"),
    ("post", "/v1/webhooks/{webhook_id}/secret"), ("post", "/v1/webhooks/{webhook_id}/test"),
    ("get", "/v1/webhooks/{webhook_id}/deliveries"), ("post", "/v1/webhooks/{webhook_id}/replay"),
    ("post", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"),
}  # fmt: skip


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("openapi")) as client:
        yield client


@pytest.fixture(scope="module")
def calls(engine: Engine, client: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    document = client.get("/openapi.json").json()
    return {(method, path): call for path, methods in document["paths"].items() for method, call in methods.items()}


def test_every_call_is_documented(calls: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(calls) == DOCUMENTED
    assert len({call["operationId"] for call in calls.values()}) == len(calls)
    for call in calls.values():
        assert call["summary"]
        assert call["description"]
        assert "application/problem+json" in call["responses"]["default"]["content"]
        assert "422" not in call["responses"]


def test_parameters_are_described(calls: dict[tuple[str, str], dict[str, Any]]) -> None:
    names = {parameter["name"] for parameter in calls["get", "/v1/feedback"]["parameters"]}
    assert names == {
        "from", "to", "channel", "agent", "sentiment", "reason", "polarity", "effort", "loyalty", "resolution", "batch", "kind",
        "corrected", "q", "limit", "cursor",
    }  # fmt: skip


def test_references_lead_somewhere(client: TestClient) -> None:
    document = client.get("/openapi.json")
    known = {f"#/components/schemas/{name}" for name in document.json()["components"]["schemas"]}
    assert set(re.findall(r'"\$ref":"([^"]+)"', document.text)) <= known


EXAMPLES = [
    (model, example)
    for model in (*vars(schemas).values(), *vars(correction_schemas).values())
    if isinstance(model, type) and issubclass(model, schemas.Sent | schemas.Taken)
    for example in model.model_json_schema().get("examples", [])
]


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_examples_fit_their_model(model: type[schemas.Sent | schemas.Taken], example: dict[str, Any]) -> None:
    assert model.model_validate(example)
    kinds = ("reasons", "effort", "loyalty", "moves")
    found = [span for kind in kinds for each in example.get(kind, []) for span in each["evidence"]]
    for *turn, start, end in found:
        text = example["turns"][turn[0]]["text"] if turn else example["text"]
        words = text[start:end]
        assert words == words.strip("، ")
        assert f" {words} " in re.sub(r"[،.!]", " ", f" {text} ")


def test_the_records_example_can_be_sent(client: TestClient) -> None:
    (example,) = schemas.RecordsIn.model_json_schema()["examples"]
    batch = client.post("/v1/batches", json=example).json()
    assert wait_done(client, batch["id"])["rejected"] == 0


def test_what_is_sent_is_what_is_documented(client: TestClient) -> None:
    send_tagged(client)
    models: dict[str, type[schemas.Sent]] = {
        "/v1/feedback": schemas.FeedbackPage,
        "/v1/batches": schemas.BatchPage,
        "/v1/trends": schemas.TrendPage,
        "/v1/kpis": schemas.KpiPage,
        "/v1/kpis/definitions": schemas.KpiDefinitionPage,
    }
    for path, model in models.items():
        answer = client.get(path).json()
        figures = path in ("/v1/trends", "/v1/kpis")
        assert set(answer) == {"items", "next"} | ({"corrected_rows"} if figures else set())
        assert answer["items"]
        assert model.model_validate(answer).model_dump(mode="json").keys() == answer.keys()


def test_the_reference_comes_from_here(client: TestClient) -> None:
    page = client.get("/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any("swagger-ui-bundle.js" in address for address in addresses)
    for address in addresses:
        assert address.startswith("/")
        answer = client.get(address)
        assert answer.status_code == 200, address
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("name", "kind"), [("plotly.min.js", "javascript"), ("swagger-ui-bundle.js", "javascript"), ("swagger-ui.css", "text/css")]
)
def test_vendor_files(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/static/vendor/{name}")
    assert answer.status_code == 200
    assert kind in answer.headers["content-type"]
    assert len(answer.content) > 10_000
