"""Only our own names are answered, other sites change nothing, and a browser is told what it may do."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.guard import CONTENT_POLICY
from tests.api_client import problem, running, upload
from voc.store.database import Engine


@pytest.fixture(scope="module")
def client(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with running(tmp_path_factory.mktemp("guard"), host="127.0.0.5") as client:
        yield client


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:8000", "127.0.0.5"]
)
def test_our_names(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost:x",
        "localhost/..",
        "",
        "[::1",
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/feedback", "/static/page.css"])
def test_other_names(client: TestClient, host: str, path: str) -> None:
    document = problem(client.get(path, headers={"host": host}), 400)
    assert document["code"] == "unknown_host"
    assert document["options"] == ["127.0.0.1", "127.0.0.5", "::1", "localhost"]
    assert "a proxy must pass that address on as Host" in document["detail"]


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"origin": "http://localhost:8000"}, True),
        ({"origin": "http://localhost:8000", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://voice.example", "sec-fetch-site": "same-origin"}, True),  # a proxy rewrote Host
        ({"origin": "https://voice.example", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "http://localhost:8000", "sec-fetch-site": "same-site"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://localhost:3000"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "http://evil.example/localhost:8000"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
def test_other_sites_change_nothing(client: TestClient, headers: dict[str, str], allowed: bool) -> None:
    batch = upload(client, "نظر\nسریع رسید به دستم\n")
    removed = client.post(f"/batches/{batch['id']}/delete", headers=headers, follow_redirects=False)
    assert removed.status_code == (303 if allowed else 403)
    assert client.get(f"/v1/batches/{batch['id']}").status_code == (404 if allowed else 200)
    assert client.get("/v1/batches", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/texts", "/docs", "/v1/feedback", "/v1/nothing", "/static/page.css"])
def test_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    for name, value in (("opener", "same-origin"), ("embedder", "require-corp"), ("resource", "same-origin")):
        assert headers[f"cross-origin-{name}-policy"] == value
    assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static/"))


def test_the_policy_runs_nothing_inline() -> None:
    assert "unsafe" not in CONTENT_POLICY
    assert "default-src 'none'" in CONTENT_POLICY
    assert "frame-ancestors 'none'" in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
