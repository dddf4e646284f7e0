"""schemathesis asks every call of the OpenAPI document for what fits it and what does not: no failure, and no answer that
the document does not know.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from api.app import create_app
from tests.api_client import BASE, running, send_tagged
from tests.fakes import FakeTagger
from voc.settings import Settings
from voc.store.database import Engine

pytestmark = [
    pytest.mark.hostile,
    # A thread of the pool of connections to PostgreSQL draws at random while hypothesis makes a case.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"),
]
EXAMPLES = int(os.environ.get("VOC_TEST_EXAMPLES", "12"))
"""For each call and mode. A longer run: VOC_TEST_EXAMPLES=500."""
HEADERS = {"host": "localhost:8000"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
CALLS = [
    (method, path)
    for path, methods in create_app(Settings(), tagger=FakeTagger()).openapi()["paths"].items()
    for method in methods
]


@pytest.fixture(scope="module")
def schema(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running(tmp_path_factory.mktemp("openapi"), rate_per_minute=0) as client:
        send_tagged(client)
        key = client.post("/v1/keys", json={"name": "آزمون", "scope": "admin"}).json()["key"]
        HEADERS["authorization"] = f"Bearer {key}"
        yield schemathesis.openapi.from_asgi("/openapi.json", client.app, headers=HEADERS)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call(schema: Any, method: str, path: str, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() not in HEADERS} | HEADERS
        assert case.call_and_validate(base_url=BASE, checks=CHECKS).status_code != 401

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("nothing does not fit a call without parameters")
