"""Who may call what: every route of the application, with every kind of key; the page's session; the audit log."""

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from api import audit
from api.access import list_routes
from api.app import create_app
from api.callers import COOKIE, SESSION_S, Sessions
from api.routes.sign_in import FORM_BYTES, own_path
from tests.api_client import BASE, SURVEY, items, problem, running, upload
from tests.fakes import FakeTagger
from tests.stores import database, open_store
from voc.access import make_key, pseudonym
from voc.errors import SettingsError, StoreError
from voc.odata import SETS
from voc.settings import Settings
from voc.store import Store
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

EVERYONE: Final = None
NEEDED: Final = {
    ("GET", "/v1/batches"): "read",
    ("POST", "/v1/batches"): "write",
    ("GET", "/v1/batches/{batch_id}"): "read",
    ("DELETE", "/v1/batches/{batch_id}"): "admin",
    ("GET", "/v1/batches/{batch_id}/rejects"): "read",
    ("GET", "/v1/batches/{batch_id}/events"): "read",
    ("POST", "/v1/preview"): "write",
    ("GET", "/v1/reasons/{code}"): "read",
    ("POST", "/v1/tag"): "read",
    ("GET", "/v1/feedback"): "read",
    ("GET", "/v1/feedback/{feedback_id}"): "read",
    ("GET", "/v1/feedback/{feedback_id}/original"): "admin",
    ("GET", "/v1/feedback/{feedback_id}/corrections"): "read",
    ("POST", "/v1/feedback/{feedback_id}/corrections"): "write",
    ("POST", "/v1/corrections"): "write",
    ("GET", "/v1/corrections"): "read",
    ("POST", "/v1/corrections/import"): "write",
    ("DELETE", "/v1/corrections/{correction_id}"): "write",
    ("GET", "/v1/review"): "read",
    ("GET", "/v1/report-card"): "read",
    ("GET", "/v1/drift"): "read",
    ("GET", "/report-card"): "read",
    ("GET", "/v1/export/corrections"): "read",
    ("GET", "/v1/conversations/{conversation_id}"): "read",
    ("GET", "/v1/trends"): "read",
    ("GET", "/v1/spikes"): "read",
    ("GET", "/v1/themes"): "read",
    ("DELETE", "/v1/customers/{customer_id:path}"): "admin",
    ("POST", "/v1/backup"): "admin",
    ("GET", "/v1/drivers"): "read",
    ("GET", "/v1/compare"): "read",
    ("GET", "/v1/what-if"): "read",
    ("GET", "/v1/kpis"): "read",
    ("GET", "/v1/kpis/definitions"): "read",
    ("GET", "/v1/export/feedback"): "read",
    ("GET", "/v1/export/conversations"): "read",
    ("GET", "/v1/changes"): "read",
    ("GET", "/v1/export/database"): "admin",
    ("GET", "/v1/export/trends"): "read",
    ("GET", "/v1/export/kpis"): "read",
    ("GET", "/v1/taxonomy"): "read",
    ("GET", "/v1/keys"): "admin",
    ("POST", "/v1/keys"): "admin",
    ("DELETE", "/v1/keys/{key_id}"): "admin",
    ("GET", "/v1/audit"): "admin",
    ("GET", "/v1/webhooks"): "admin",
    ("POST", "/v1/webhooks"): "admin",
    ("GET", "/v1/webhooks/{webhook_id}"): "admin",
    ("PATCH", "/v1/webhooks/{webhook_id}"): "admin",
    ("DELETE", "/v1/webhooks/{webhook_id}"): "admin",
    ("POST", "/v1/webhooks/{webhook_id}/secret"): "admin",
    ("POST", "/v1/webhooks/{webhook_id}/test"): "admin",
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): "admin",
    ("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"): "admin",
    ("POST", "/v1/webhooks/{webhook_id}/replay"): "admin",
    ("GET", "/"): "read",
    ("GET", "/texts"): "read",
    ("GET", "/admin"): "admin",
    ("POST", "/admin/keys"): "admin",
    ("POST", "/admin/keys/{key_id}/revoke"): "admin",
    ("GET", "/feedback/{feedback_id}"): "read",
    ("GET", "/feedback/{feedback_id}/correction"): "write",
    ("POST", "/feedback/{feedback_id}/correction"): "write",
    ("POST", "/corrections/{correction_id}/undo"): "write",
    ("GET", "/corrections"): "read",
    ("GET", "/review"): "read",
    ("GET", "/texts/rows"): "read",
    ("POST", "/selection"): "write",
    ("POST", "/selection/correction"): "write",
    ("GET", "/kpis"): "read",
    ("GET", "/kpis/{name}"): "read",
    ("GET", "/v1/kpis/{name}"): "read",
    ("GET", "/reasons"): "read",
    ("GET", "/reasons/{code}"): "read",
    ("GET", "/conversations/{conversation_id}"): "read",
    ("GET", "/batches/{batch_id}"): "read",
    ("POST", "/upload"): "write",
    ("POST", "/upload/preview"): "write",
    ("POST", "/batches/{batch_id}/delete"): "admin",
    ("GET", "/docs"): "read",
    ("GET", "/openapi.json"): "read",
    ("GET", "/odata"): "read",
    ("GET", "/odata/"): "read",
    ("GET", "/odata/$metadata"): "read",
    ("GET", "/odata/{rest:path}"): "read",
    **{("GET", f"/odata/{each.name}{part}"): "read" for each in SETS for part in ("", "/$count", "({key:path})")},
    ("GET", "/metrics"): "read",
    ("GET", "/healthz"): EVERYONE,
    ("GET", "/readyz"): EVERYONE,
    ("GET", "/sign-in"): EVERYONE,
    ("POST", "/sign-in"): EVERYONE,
    ("POST", "/sign-out"): EVERYONE,
    ("GET", "/static"): EVERYONE,
    ("GET", "/static/vendor/{name}"): EVERYONE,
}
RANKS: Final = {"nobody": -1, "stranger": -1, "revoked": -1, "read": 0, "write": 1, "admin": 2}
BATCH: Final = "b000000000000"
PAGE: Final = {"accept": "text/html"}


def make(path: Path, *scopes: str) -> dict[str, str]:
    """The secrets of new keys in a database that no service has open, by their scopes."""
    made: dict[str, str] = {}
    with open_store(path / "voc.duckdb") as store:
        for scope in scopes:
            key, made[scope] = make_key(f"کلید {scope}", scope, datetime.now(UTC))
            store.add_key(key)
    return made


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def as_problem(answer: Any, status: int) -> dict[str, Any]:
    """A refusal as a problem document; an OData error says the same with other names."""
    if "odata-version" not in answer.headers:
        return problem(answer, status)
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error | {"detail": error["message"]}


def refusal(answer: Any) -> str | None:
    """The code of a refusal to let a caller in."""
    problems = answer.headers.get("content-type") == "application/problem+json"
    code = answer.json()["code"] if problems else None
    if "odata-version" in answer.headers and answer.status_code >= 400:
        code = answer.json()["error"]["code"]
    return code if code in ("no_key", "bad_key", "scope_too_small", "cross_site", "too_many_calls") else None


def sign_in(client: TestClient, secret: str, **headers: str) -> Any:
    return client.post("/sign-in", data={"key": secret, "next": "/texts"}, headers=headers, follow_redirects=False)


@pytest.fixture(scope="module")
def keys(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A service with a key of each scope, and one that was revoked."""
    path = tmp_path_factory.mktemp("access")
    made = make(path, "read", "write", "admin")
    with open_store(path / "voc.duckdb") as store:
        key, made["revoked"] = make_key("پیشین", "admin", datetime.now(UTC))
        store.add_key(key)
        store.revoke_key(key.id, datetime.now(UTC))
    with running(path, rate_per_minute=0) as client:
        yield client, made | {"stranger": make_key("ناشناس", "admin", datetime.now(UTC))[1]}


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service with one key, which it holds; reads are not written to the log until someone asks."""
    with running(tmp_path, rate_per_minute=0) as client:
        client.headers |= bearer(client.post("/v1/keys", json={"name": "مدیر", "scope": "admin"}).json()["key"])
        yield client


def test_every_route_has_a_scope() -> None:
    """A new route must be put into the table above, with the scope that it is meant to need."""
    routes = list_routes(create_app(Settings(database=":memory:"), tagger=FakeTagger()))
    found = {(method, route) for route, methods in routes for method in (methods or {"GET"}) if method != "HEAD"}
    assert found == set(NEEDED)


@pytest.mark.parametrize("caller", RANKS)
@pytest.mark.parametrize(("method", "route"), NEEDED, ids=lambda value: str(value))
def test_every_call_with_every_scope(keys: tuple[TestClient, dict[str, str]], method: str, route: str, caller: str) -> None:
    client, secrets = keys
    client.cookies.clear()
    path = re.sub(r"\{name\}", "swagger-ui.css", re.sub(r"\{\w+_id\}", BATCH, route))
    path = "/static/page.css" if path == "/static" else path
    answer = client.request(method, path, headers=bearer(secrets[caller]) if caller != "nobody" else {}, follow_redirects=False)
    needed = NEEDED[method, route]
    if needed is EVERYONE or RANKS[caller] >= RANKS[needed]:
        assert refusal(answer) is None, answer.text
        assert answer.status_code < 500
    elif RANKS[caller] < 0:
        as_problem(answer, 401)
        assert refusal(answer) == ("no_key" if caller == "nobody" else "bad_key")
        assert answer.headers["www-authenticate"].startswith('Bearer realm="voc"')
    else:
        document = as_problem(answer, 403)
        assert document["code"] == "scope_too_small"
        assert f'scope="{needed}"' in answer.headers["www-authenticate"]
        assert f"needs {needed}" in document["detail"]


@pytest.mark.parametrize(
    ("method", "path", "caller", "status"),
    [
        ("GET", "/v1/nothing", "nobody", 401),
        ("GET", "/v1/nothing", "read", 404),
        ("PUT", "/v1/tag", "nobody", 401),
        ("PUT", "/v1/tag", "write", 405),
        ("DELETE", "/v1/feedback", "write", 403),
        ("POST", "/v1/nothing", "write", 403),
        ("POST", "/v1/nothing", "admin", 404),
        ("GET", "/v1/feedback/", "nobody", 401),
        ("GET", "//v1/feedback", "nobody", 401),
        ("GET", "/V1/feedback", "nobody", 401),
        ("GET", "/static/../v1/feedback", "nobody", 401),
        ("GET", "/static/%2e%2e/v1/feedback", "nobody", 404),
        ("GET", "/healthz/../v1/feedback", "nobody", 401),
        ("OPTIONS", "/v1/feedback", "nobody", 401),
        ("HEAD", "/v1/feedback", "nobody", 401),
        ("HEAD", "/openapi.json", "nobody", 401),
    ],
)
def test_paths_that_lead_nowhere(
    keys: tuple[TestClient, dict[str, str]], method: str, path: str, caller: str, status: int
) -> None:
    client, secrets = keys
    headers = bearer(secrets[caller]) if caller != "nobody" else {}
    assert client.request(method, path, headers=headers, follow_redirects=False).status_code == status


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("Bearer {key}", 200),
        ("bearer {key}", 200),
        ("BEARER   {key} ", 200),
        ("Bearer {key}x", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("{key}", 401),
        ("Basic {key}", 401),
        ("Token {key}", 401),
        ("Bearer é{key}", 401),
    ],
)
def test_how_a_key_is_shown(keys: tuple[TestClient, dict[str, str]], shown: str, status: int) -> None:
    client, secrets = keys
    value = shown.format(key=secrets["read"]).encode("latin-1")
    assert client.get("/v1/batches", headers=[(b"authorization", value)]).status_code == status


def test_a_key_in_the_address_opens_nothing(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    for name in ("key", "token", "access_token", "authorization"):
        problem(client.get(f"/v1/batches?{name}={secrets['admin']}"), 401)


def test_nothing_of_a_body_is_read_before_the_key(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    read: list[int] = []

    def body() -> Iterator[bytes]:
        for piece in range(100):
            read.append(piece)
            yield b" " * 1024

    headers = bearer(secrets["read"]) | {"content-type": "application/json"}
    problem(client.post("/v1/batches", content=body(), headers=headers), 403)
    assert len(read) <= 1


def test_without_keys_this_machine_may_do_everything(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for method, route in NEEDED:
            path = re.sub(r"\{\w+\}", BATCH, route)
            if (method, route) != ("POST", "/v1/keys"):
                assert refusal(client.request(method, path, follow_redirects=False)) is None
        assert client.get("/sign-in", follow_redirects=False).headers["location"] == "/"


def test_without_keys_no_other_machine_is_answered(tmp_path: Path) -> None:
    """Whatever VOC_HOST says, a server that was told to listen elsewhere has no open door there."""
    app = create_app(Settings(database=database(tmp_path / "voc.duckdb")), tagger=FakeTagger())
    with TestClient(app, base_url="http://192.168.1.5:8000", headers={"host": "localhost:8000"}) as client:
        document = problem(client.get("/v1/feedback"), 401)
        assert "voc keys create" in document["detail"]
        problem(client.post("/v1/keys", json={"name": "x", "scope": "admin"}), 401)
        assert client.get("/healthz").status_code == 200


def test_without_keys_a_person_elsewhere_is_told_to_make_one(tmp_path: Path) -> None:
    app = create_app(Settings(database=database(tmp_path / "voc.duckdb")), tagger=FakeTagger())
    with TestClient(app, base_url="http://192.168.1.5:8000", headers={"host": "localhost:8000"}) as client:
        for path in ("/", "/sign-in"):
            answer = client.get(path, headers=PAGE)
            assert answer.status_code == 401
            assert 'data-problem="no_key"' in answer.text
            assert "voc keys create" in answer.text


@pytest.mark.parametrize(
    ("settings", "starts"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "127.0.0.5"}, True),
        ({"host": "::1"}, True),
        ({"allowed_hosts": "localhost:9000"}, True),
        ({"host": "0.0.0.0"}, False),  # noqa: S104 – that it is refused is the point
        ({"host": "::"}, False),
        ({"host": "192.168.1.5"}, False),
        ({"host": "voc.example.ir"}, False),
        ({"allowed_hosts": "localhost, voc.example.ir:8443"}, False),
    ],
)
def test_no_start_within_reach_of_others_without_a_key(tmp_path: Path, settings: dict[str, Any], starts: bool) -> None:
    refused = contextlib.nullcontext() if starts else pytest.raises(SettingsError, match="voc keys create --scope admin")
    with refused, running(tmp_path, **settings):
        pass
    make(tmp_path, "read")
    with running(tmp_path, **settings) as client:
        problem(client.get("/v1/batches"), 401)


def test_revoked_keys_alone_do_not_start_it_either(tmp_path: Path) -> None:
    make(tmp_path, "admin")
    with open_store(tmp_path / "voc.duckdb") as store:
        store.revoke_key(store.all_keys()[0].id, datetime.now(UTC))
    with pytest.raises(SettingsError, match="VOC_HOST"), running(tmp_path, host="192.168.1.5"):
        pass
    with running(tmp_path) as client:  # on loopback it starts, and stays closed
        problem(client.get("/v1/batches"), 401)


def test_the_first_key_closes_the_service(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert problem(client.post("/v1/keys", json={"name": "اکسل", "scope": "read"}), 409)["options"] == ["admin"]
        made = client.post("/v1/keys", json={"name": "مدیر", "scope": "admin"})
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        problem(client.get("/v1/batches"), 401)
        client.headers |= bearer(made.json()["key"])
        reader = client.post("/v1/keys", json={"name": "اکسل", "scope": "read"}).json()
        listed = client.get("/v1/keys").text
        assert [key["name"] for key in items(client, "/v1/keys")] == ["اکسل", "مدیر"]
        assert made.json()["key"] not in listed
        assert "digest" not in listed
        assert client.delete(f"/v1/keys/{reader['id']}").status_code == 204
        assert client.get("/v1/batches", headers=bearer(reader["key"])).status_code == 401
        assert items(client, "/v1/keys")[0]["revoked_at"]
        problem(client.delete("/v1/keys/k00"), 404)


@pytest.mark.parametrize(
    "given",
    [{"name": "", "scope": "read"}, {"name": "x", "scope": "root"}, {"name": "x"}, {"name": "a\nb", "scope": "read"}, {}],
)
def test_keys_that_cannot_be_made(admin: TestClient, given: dict[str, str]) -> None:
    problem(admin.post("/v1/keys", json=given), 422)
    assert len(items(admin, "/v1/keys")) == 1


def test_the_last_use_of_a_key_is_seen(tmp_path: Path) -> None:
    secrets = make(tmp_path, "admin")
    with running(tmp_path) as client:
        client.get("/v1/kpis/definitions", headers=bearer(secrets["admin"]))
    with open_store(tmp_path / "voc.duckdb") as store:
        (key,) = store.all_keys()
    assert key.last_used_at
    assert abs((datetime.now(UTC) - key.last_used_at).total_seconds()) < 60


def test_a_person_is_led_to_the_sign_in_and_back(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    client.cookies.clear()
    led = client.get("/texts?q=دیر", headers=PAGE, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Ftexts%3Fq%3D%25D8%25AF%25DB%258C%25D8%25B1")
    form = client.get(led.headers["location"], headers=PAGE)
    assert '<html lang="fa" dir="rtl">' in form.text
    assert 'name="next" value="/texts?q=%D8%AF%DB%8C%D8%B1"' in form.text
    wrong = sign_in(client, "voc_wrong")
    assert wrong.status_code == 401
    assert "این کلید شناخته نشد" in wrong.text
    assert "voc_wrong" not in wrong.text
    assert not client.cookies
    assert sign_in(client, secrets["revoked"]).status_code == 401
    right = sign_in(client, f" {secrets['read']}\n")
    assert (right.status_code, right.headers["location"]) == (303, "/texts")
    assert client.get("/texts").status_code == 200
    assert client.get("/v1/feedback").status_code == 200
    assert client.get("/sign-in", follow_redirects=False).status_code == 303
    signed_out = client.post("/sign-out", headers={"origin": BASE}, follow_redirects=False)
    assert signed_out.headers["location"] == "/sign-in"
    assert not client.cookies
    problem(client.get("/v1/feedback"), 401)


def test_signing_out_ends_the_session_and_not_only_the_cookie(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    client.cookies.clear()
    sign_in(client, secrets["read"])
    kept = {"cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    client.cookies.clear()
    assert client.get("/v1/feedback", headers=kept).status_code == 200
    client.post("/sign-out", headers=kept | {"origin": BASE})
    assert client.get("/v1/feedback", headers=kept).status_code == 401
    assert client.get("/v1/feedback", headers={"cookie": f"{COOKIE}="}).status_code == 401
    assert client.get("/v1/feedback", headers=[(b"cookie", f"{COOKIE}=é".encode("latin-1"))]).status_code == 401


@pytest.mark.parametrize(("origin", "secure"), [(BASE, False), ("https://localhost:8000", True), (None, False)])
def test_the_cookie_is_for_this_page_alone(keys: tuple[TestClient, dict[str, str]], origin: str | None, secure: bool) -> None:
    client, secrets = keys
    client.cookies.clear()
    set_cookie = sign_in(client, secrets["read"], **({"origin": origin} if origin else {})).headers["set-cookie"]
    attributes = {each.strip().lower() for each in set_cookie.split(";")[1:]}
    assert attributes == {"httponly", "path=/", "samesite=strict", f"max-age={SESSION_S}"} | ({"secure"} if secure else set())
    assert secrets["read"] not in set_cookie


def test_a_session_ends_after_twelve_hours_and_with_its_key(admin: TestClient) -> None:
    sessions = Sessions()
    token = sessions.begin("k1", now_s=1_000.0)
    assert sessions.find(token, 1_000.0 + 12 * 3600 - 1) == "k1"
    assert sessions.find(token, 1_000.0 + 12 * 3600) is None
    assert sessions.find(token + "x", 1_000.0) is None
    made = admin.post("/v1/keys", json={"name": "کارشناس", "scope": "read"}).json()
    sign_in(admin, made["key"])
    cookie = {"cookie": f"{COOKIE}={admin.cookies[COOKIE]}", "authorization": ""}
    admin.cookies.clear()
    assert admin.get("/v1/feedback", headers=cookie).status_code == 200
    admin.delete(f"/v1/keys/{made['id']}")
    assert admin.get("/v1/feedback", headers=cookie).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": BASE}, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({}, 403),  # no browser sends a form without saying where it stood
        ({"origin": "http://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": BASE}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_a_form_of_another_site_changes_nothing(
    keys: tuple[TestClient, dict[str, str]], headers: dict[str, str], status: int
) -> None:
    client, secrets = keys
    batch = client.post("/v1/batches", files={"file": ("a.csv", SURVEY)}, headers=bearer(secrets["write"])).json()
    client.cookies.clear()
    sign_in(client, secrets["admin"])
    answer = client.post(f"/batches/{batch['id']}/delete", headers=headers, follow_redirects=False)
    assert answer.status_code == status
    left = client.get(f"/v1/batches/{batch['id']}").status_code
    assert left == (404 if status == 303 else 200)


@pytest.mark.engines
@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("/texts?reason=delivery", True),
        ("/", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/\t/evil.example", False),
        ("/\n//evil.example", False),
        ("", False),
        ("/sign-in?next=/sign-in", False),
    ],
)
def test_a_sign_in_leads_to_no_other_site(address: str, safe: bool) -> None:
    assert own_path(address) == (address if safe else "/")


def test_a_sign_in_reads_no_more_than_a_key(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, _ = keys
    problem(client.post("/sign-in", content=b"key=" + b"x" * FORM_BYTES), 413)


@pytest.mark.parametrize(
    ("scope", "uploads", "deletes"), [("read", False, False), ("write", True, False), ("admin", True, True)]
)
def test_the_page_offers_what_its_person_may_do(
    keys: tuple[TestClient, dict[str, str]], scope: str, uploads: bool, deletes: bool
) -> None:
    client, secrets = keys
    batch = client.post("/v1/batches", files={"file": ("a.csv", SURVEY)}, headers=bearer(secrets["write"])).json()
    client.cookies.clear()
    sign_in(client, secrets[scope])
    assert ('action="/upload"' in client.get("/").text) == uploads
    assert ("/delete" in client.get(f"/batches/{batch['id']}").text) == deletes
    assert 'action="/sign-out"' in client.get("/").text


def test_a_person_who_may_not_gets_a_page(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    client.cookies.clear()
    answer = client.post("/upload", headers=PAGE)
    assert answer.status_code == 401
    assert 'data-problem="no_key"' in answer.text
    assert 'href="/sign-in"' in answer.text
    sign_in(client, secrets["read"])
    answer = client.post("/upload", headers=PAGE | {"origin": BASE})
    assert answer.status_code == 403
    assert "این کلید اجازهٔ این کار را ندارد" in answer.text


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("voc.example.ir", "https://voc.example.ir", 404),
        ("voc.example.ir", "http://voc.example.ir", 404),
        ("localhost:8000", "http://voc.example.ir", 404),  # a plain proxy that rewrites Host
        ("127.0.0.1:8000", "http://intranet:8443", 404),
        ("127.0.0.1:8000", "http://intranet", 403),
        ("127.0.0.1:8000", "http://evil.example", 403),
        ("127.0.0.1:8000", "http://voc.example.ir.evil.example", 403),
        ("intranet:8443", "http://intranet:8443", 404),
        ("evil.example", "http://evil.example", 400),
    ],
)
def test_behind_a_proxy(tmp_path: Path, host: str, origin: str, status: int) -> None:
    secret = make(tmp_path, "admin")["admin"]
    with running(tmp_path, allowed_hosts="voc.example.ir, Intranet:8443") as client:
        headers = bearer(secret) | {"host": host, "origin": origin}
        assert client.post(f"/batches/{BATCH}/delete", headers=headers).status_code == status


def test_no_other_origin_is_let_in(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "GET"}
    for answer in (
        client.options("/v1/feedback", headers=asked),
        client.get("/v1/feedback", headers=asked | bearer(secrets["read"])),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_document_declares_the_keys(keys: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = keys
    document = client.get("/openapi.json", headers=bearer(secrets["read"])).json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    scopes = {(method, path.replace(":path}", "}")): scope for (method, path), scope in NEEDED.items()}
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            needed = scopes[method.upper(), path]
            assert call["security"] == ([{"key": [needed]}] if needed else [])


def test_what_changes_something_is_in_the_log_before_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "EVERY_S", 3_600.0)  # so that nothing is written by the clock
    with running(tmp_path) as client:
        made = client.post("/v1/keys", json={"name": "مدیر", "scope": "admin"}).json()
        client.headers |= bearer(made["key"])
        client.get("/v1/feedback?q=دیر&attr.شهر=یزد")
        assert [entry["route"] for entry in items(client, "/v1/audit")] == ["/v1/keys"]
        batch = upload(client)
        client.get("/v1/kpis/definitions")
        client.delete(f"/v1/batches/{batch['id']}")
        logged = client.get("/v1/audit")
        seen = [tuple(entry[name] for name in ("method", "route", "target", "status")) for entry in logged.json()["items"]]
        assert seen == [
            ("DELETE", "/v1/batches/{batch_id}", batch["id"], 204),
            ("GET", "/v1/kpis/definitions", None, 200),
            ("POST", "/v1/batches", batch["id"], 202),
            ("GET", "/v1/audit", None, 200),
            ("GET", "/v1/feedback", None, 200),
            ("POST", "/v1/keys", made["id"], 201),
        ]
        who = [(entry["via"], entry["key_id"]) for entry in logged.json()["items"]]
        assert who == [("key", made["id"])] * 5 + [("open", None)]
        assert "دیر" not in logged.text
        assert "یزد" not in logged.text


def test_refusals_and_sessions_are_in_the_log(tmp_path: Path) -> None:
    secrets = make(tmp_path, "admin", "read")
    with running(tmp_path) as client:
        client.get("/v1/feedback")
        client.get("/v1/keys", headers=bearer(secrets["read"]))
        sign_in(client, "voc_wrong")
        sign_in(client, secrets["admin"])
        client.get("/healthz")
        client.get("/static/page.css")
        client.get("/v1/feedback")
    with open_store(tmp_path / "voc.duckdb") as store:
        admin_id, read_id = (next(key.id for key in store.all_keys() if key.scope == scope) for scope in ("admin", "read"))
        entries = store.list_audit().items
    assert [(each.via, each.key_id, each.method, each.route, each.status) for each in entries] == [
        ("session", admin_id, "GET", "/v1/feedback", 200),
        ("session", admin_id, "POST", "/sign-in", 303),
        ("nobody", None, "POST", "/sign-in", 401),
        ("key", read_id, "GET", "/v1/keys", 403),
        ("nobody", None, "GET", "/v1/feedback", 401),
    ]
    assert {each.address for each in entries} == {"testclient"}


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        ("/v1/feedback/f1024", "f1024"),
        (f"/v1/batches/{BATCH}", BATCH),
        ("/reasons/delivery.time", "delivery.time"),
        ("/v1/kpis/nps", "nps"),
        ("/reasons/خانم رضایی", None),
        ("/v1/feedback/09121234567", None),
        ("/batches/علی", None),
    ],
)
def test_only_our_own_ids_are_readable_in_the_log(admin: TestClient, path: str, readable: str | None) -> None:
    admin.get(path)
    admin.app.state.service.access.audit.flush()  # type: ignore[attr-defined]
    target = next(entry["target"] for entry in items(admin, "/v1/audit") if entry["target"])
    if readable:
        assert target == readable
    else:
        assert re.fullmatch(r"h[0-9a-f]{16}", target)


def test_a_customer_in_the_log_is_a_keyed_hash(tmp_path: Path) -> None:
    """Even where the id looks like one of ours: the name of the parameter decides."""
    app = create_app(Settings(database=database(tmp_path / "voc.duckdb")), tagger=FakeTagger())

    @app.get("/v1/of/{customer_id}")
    def look(customer_id: str) -> str:
        return customer_id

    with TestClient(app, base_url=BASE) as client:
        assert client.get("/v1/of/c0912123").status_code == 200
        secret = app.state.service.access.secret
    with open_store(tmp_path / "voc.duckdb") as store:
        (entry,) = store.list_audit().items
    assert (entry.route, entry.target) == ("/v1/of/{customer_id}", pseudonym(secret, "c0912123"))
    assert "0912123" not in str(entry.target)
    assert pseudonym("another secret", "c0912123") != entry.target


def test_the_log_page_by_page(admin: TestClient) -> None:
    for _ in range(7):
        admin.get("/v1/taxonomy")
    admin.app.state.service.access.audit.flush()  # type: ignore[attr-defined]
    first = admin.get("/v1/audit", params={"limit": 5}).json()
    second = admin.get("/v1/audit", params={"limit": 5, "cursor": first["next"]}).json()
    assert len(first["items"]) == 5
    assert [entry["route"] for entry in first["items"] + second["items"]] == ["/v1/taxonomy"] * 7 + ["/v1/keys"]
    assert second["next"] is None
    problem(admin.get("/v1/audit", params={"cursor": "x"}), 422)


def test_old_entries_go(tmp_path: Path) -> None:
    secrets = make(tmp_path, "admin")
    with running(tmp_path) as client:
        client.get("/v1/taxonomy", headers=bearer(secrets["admin"]))
    with open_store(tmp_path / "voc.duckdb") as store:
        (entry,) = store.list_audit().items
        store.trim_audit(entry.happened_at, 0)
        assert store.list_audit().items == (entry,)
        store.trim_audit(datetime(2100, 1, 1, tzinfo=UTC), 365)
        assert store.list_audit().items == ()


def test_no_change_is_answered_that_is_not_in_the_log(admin: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("The disk is full.")

    batch = upload(admin)
    with monkeypatch.context() as broken:
        broken.setattr(Store, "write_audit", fail)
        assert admin.delete(f"/v1/batches/{batch['id']}").status_code == 500
        assert admin.get("/v1/taxonomy").status_code == 200
    admin.app.state.service.access.audit.flush()  # type: ignore[attr-defined]
    routes = [entry["route"] for entry in items(admin, "/v1/audit")]
    assert routes[:2] == ["/v1/taxonomy", "/v1/batches/{batch_id}"]  # what could not be written then is not lost


def test_a_call_that_failed_is_in_the_log(admin: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("رازِ مشتری")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "delete_batch", fail)
        assert admin.delete(f"/v1/batches/{BATCH}").status_code == 500
    admin.app.state.service.access.audit.flush()  # type: ignore[attr-defined]
    entry = items(admin, "/v1/audit")[0]
    assert (entry["method"], entry["target"], entry["status"]) == ("DELETE", BATCH, 500)
