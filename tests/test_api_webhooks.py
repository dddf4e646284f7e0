"""Webhooks over HTTP and by the command: a running service, a real receiver, and the example of the docs as it stands there."""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from tests.api_client import SURVEY, items, problem, running, send_tagged
from tests.receiver import Receiver, answer, receiving
from tests.serving import ServiceProcess
from tests.stores import database, open_store
from voc.command import cli

pytestmark = pytest.mark.usefixtures("engine")

PAGE: Final = (Path(__file__).parent.parent / "docs" / "webhooks.md").read_text("utf-8")
EVENTS: Final = ["batch.finished", "spike.found", "kpi.crossed_target", "feedback.churn_cue"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path, webhook_private=True) as client:
        yield client


def make(client: Any, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    answered = client.post("/v1/webhooks", json={"url": receiver.url, "events": EVENTS, **fields})
    assert answered.status_code == 201, answered.text
    made: dict[str, Any] = answered.json()
    return made


def wait_for(client: Any, webhook_id: str, status: str, count: int, timeout_s: float = 15) -> list[dict[str, Any]]:
    """The deliveries with this status, when there are so many, the newest first."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        found: list[dict[str, Any]] = client.get(f"/v1/webhooks/{webhook_id}/deliveries?status={status}").json()["items"]
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {count} deliveries are {status}")


def test_a_service_tells_of_a_batch_and_of_those_who_leave(client: TestClient) -> None:
    with receiving() as receiver:
        webhook = make(client, receiver, include_text=True, description="پیگیری")
        batch = send_tagged(client)
        told = [call.verified(webhook["secret"]) for call in receiver.wait(2)]
        assert sorted(said["type"] for said in told) == ["batch.finished", "feedback.churn_cue"]
        by_type = {said["type"]: said["data"] for said in told}
        assert by_type["batch.finished"]["id"] == batch["id"]
        assert by_type["feedback.churn_cue"]["text"] == "موقع ورود کد نمیاد دیگه نمیخرم"
        for data in by_type.values():
            assert client.get(data["links"]["self"]).json()["id"] == data["id"]
        for each in wait_for(client, webhook["id"], "delivered", 2):
            assert (each["attempts"], each["response_code"], each["next_attempt_at"], each["problem"]) == (1, 204, None, None)
            assert each["message_id"] in {call.id for call in receiver.calls}
        listed = client.get(f"/v1/webhooks/{webhook['id']}/deliveries").text
        assert "نمیخرم" not in listed


def test_a_secret_is_shown_once(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as receiver:
        webhook = make(client, receiver)
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", webhook["secret"])
        rotated = client.post(f"/v1/webhooks/{webhook['id']}/secret", json={"old_valid_h": 1}).json()
        seen = [client.get(path).text for path in ("/v1/webhooks", f"/v1/webhooks/{webhook['id']}", "/v1/audit")]
        seen.append(client.patch(f"/v1/webhooks/{webhook['id']}", json={"description": "دیگر"}).text)
        for secret in (webhook["secret"], rotated["secret"]):
            assert all(secret not in text for text in seen)
            assert secret not in caplog.text
        left = datetime.fromisoformat(rotated["old_secret_until"]) - datetime.now(UTC)
        assert timedelta(minutes=59) < left <= timedelta(hours=1)
        client.post(f"/v1/webhooks/{webhook['id']}/test")
        (call,) = receiver.wait(1)
        for secret in (webhook["secret"], rotated["secret"]):
            assert call.verified(secret)["type"] == "webhook.test"


def test_a_test_event_answers_with_its_delivery(client: TestClient) -> None:
    with receiving() as receiver:
        webhook = make(client, receiver)
        answered = client.post(f"/v1/webhooks/{webhook['id']}/test")
        assert (answered.status_code, answered.json()["status"]) == (202, "waiting")
        (call,) = receiver.wait(1)
        assert call.id == answered.json()["message_id"]
        assert call.verified(webhook["secret"])["data"] == {
            "id": webhook["id"], "links": {"self": f"/v1/webhooks/{webhook['id']}"},
        }  # fmt: skip


def test_a_webhook_is_changed_disabled_enabled_and_removed(client: TestClient) -> None:
    with receiving(answer(500)) as receiver:
        webhook = make(client, receiver)
        path = f"/v1/webhooks/{webhook['id']}"
        changed = client.patch(
            path, json={"events": ["spike.found"], "include_text": True, "url": receiver.url + "&x=1"}
        ).json()
        assert (changed["events"], changed["include_text"], changed["url"]) == (["spike.found"], True, receiver.url + "&x=1")
        client.post(f"{path}/test")
        receiver.wait(1)
        wait_for(client, webhook["id"], "waiting", 1)
        disabled = client.patch(path, json={"enabled": False}).json()
        assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "by_hand")
        (failed,) = wait_for(client, webhook["id"], "failed", 1)
        for refused in (f"{path}/test", f"{path}/deliveries/{failed['id']}/replay"):
            assert problem(client.post(refused), 409)["code"] == "webhook_disabled"
        enabled = client.patch(path, json={"enabled": True}).json()
        assert (enabled["enabled"], enabled["disabled_reason"], enabled["failing_since"]) == (True, None, None)
        receiver.respond = answer(200)
        assert client.post(f"{path}/replay", json={"since": "2020-01-01T00:00:00Z"}).json() == {"replayed": 1}
        (delivered,) = wait_for(client, webhook["id"], "delivered", 1)
        assert delivered["id"] == failed["id"]
        calls = len(receiver.calls)
        assert client.post(f"{path}/deliveries/{failed['id']}/replay").status_code == 202
        assert receiver.wait(calls + 1)[-1].id == failed["message_id"]
        assert client.delete(path).status_code == 204
        for method, gone in (
            ("GET", path),
            ("DELETE", path),
            ("PATCH", path),
            ("GET", f"{path}/deliveries"),
            ("POST", f"{path}/test"),
        ):
            problem(client.request(method, gone, json={} if method == "PATCH" else None), 404)
        assert items(client, "/v1/webhooks") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://example.ir", "events": EVENTS}, "url"),
        ({"url": "https://user:pw@example.ir", "events": EVENTS}, "url"),
        ({"url": "https://example.ir", "events": []}, "events"),
        ({"url": "https://example.ir", "events": ["batch.started"]}, "events[0]"),
        ({"url": "https://example.ir", "events": EVENTS, "description": "a\x00b"}, "description"),
        ({"url": "https://example.ir", "events": EVENTS, "secret": "whsec_x"}, "secret"),
    ],
)
def test_webhooks_that_cannot_be(client: TestClient, body: dict[str, Any], field: str) -> None:
    assert problem(client.post("/v1/webhooks", json=body), 422)["field"].endswith(field)


def test_replaying_needs_a_moment_with_its_zone(client: TestClient) -> None:
    with receiving() as receiver:
        path = f"/v1/webhooks/{make(client, receiver)['id']}/replay"
        for since in ("2026-05-04", "2026-05-04T10:00:00", "0001-01-01T00:00:00+14:00", "x", None):
            problem(client.post(path, json={"since": since}), 422)


def test_private_addresses_are_for_those_who_say_so(tmp_path: Path) -> None:
    with running(tmp_path) as client, receiving() as receiver:
        refused = problem(client.post("/v1/webhooks", json={"url": receiver.url, "events": EVENTS}), 422)
        assert "VOC_WEBHOOK_PRIVATE" in refused["detail"]
        named = {"url": f"http://localhost:{receiver.port}/", "events": EVENTS}
        webhook = client.post("/v1/webhooks", json=named).json()
        client.post(f"/v1/webhooks/{webhook['id']}/test")
        until = time.monotonic() + 15
        while not (state := items(client, f"/v1/webhooks/{webhook['id']}/deliveries")[0])["attempts"]:
            assert time.monotonic() < until
            time.sleep(0.02)
        assert (state["status"], state["problem"], state["response_code"]) == ("waiting", "private_address", None)
        assert receiver.calls == []
        problem(client.patch(f"/v1/webhooks/{webhook['id']}", json={"url": receiver.url}), 422)


def test_pages_of_webhooks_and_deliveries(client: TestClient) -> None:
    with receiving() as receiver:
        made = [make(client, receiver)["id"] for _ in range(3)]
        for path, ids in (("/v1/webhooks", made[::-1]), (f"/v1/webhooks/{made[0]}/deliveries", ["d3", "d2", "d1"])):
            for _ in range(3 if "deliveries" in path else 0):
                client.post(f"/v1/webhooks/{made[0]}/test")
            first = client.get(path, params={"limit": 2}).json()
            second = client.get(path, params={"limit": 2, "cursor": first["next"]}).json()
            assert [each["id"] for each in first["items"] + second["items"]] == ids
            assert second["next"] is None


def test_a_service_that_is_killed_tells_all_the_same(tmp_path: Path) -> None:
    """The receiver is away, the service is killed, both come back: each event comes, under the id that it had before."""
    with receiving(answer(503)) as receiver:
        port = receiver.port
        with ServiceProcess(tmp_path / "voc.duckdb", webhook_private=True) as service:
            with httpx.Client(base_url=service.base, timeout=30) as client:
                webhook = make(client, receiver)
                client.post("/v1/batches", files={"file": ("a.csv", SURVEY)})
                wait_for(client, webhook["id"], "waiting", 2, timeout_s=60)
                receiver.wait(1)
                before = {each["message_id"] for each in wait_for(client, webhook["id"], "waiting", 2)}
            service.kill()
    with receiving(port=port) as receiver, ServiceProcess(tmp_path / "voc.duckdb", webhook_private=True) as service:
        calls = receiver.wait(2, timeout_s=60)
        assert {call.id for call in calls} == before
        assert {call.verified(webhook["secret"])["type"] for call in calls} == {"batch.finished", "feedback.churn_cue"}
        with httpx.Client(base_url=service.base, timeout=30) as client:
            wait_for(client, webhook["id"], "delivered", 2)


def test_the_receiver_of_the_docs_verifies(client: TestClient) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) == 10
    with receiving() as free:
        port = free.port
    webhook = client.post("/v1/webhooks", json={"url": f"http://127.0.0.1:{port}/", "events": EVENTS}).json()
    environment = {"SECRET": webhook["secret"], "PORT": str(port), "PYTHONWARNINGS": "error"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            send_tagged(client)
            delivered = wait_for(client, webhook["id"], "delivered", 2, timeout_s=30)
        finally:
            process.terminate()
        assert process.stdout is not None
        printed = process.stdout.read()
    for each in delivered:
        assert f"{each['message_id']} {{'type': '{each['event']}'," in printed


def test_what_the_docs_ask_for_is_answered(client: TestClient) -> None:
    asked = re.search(r"-d '([^']+)'", PAGE)
    assert asked
    answered = client.post("/v1/webhooks", content=asked[1], headers={"content-type": "application/json"})
    assert answered.status_code == 201
    assert set(re.findall(r"^\| `([a-z]+\.[a-z_]+)`", PAGE, re.MULTILINE)) == {*EVENTS, "webhook.test"}
    routes = set(re.findall(r"(GET|POST|PATCH|DELETE) (/v1/webhooks[^`\s]*)`", PAGE))
    document = client.get("/openapi.json").json()["paths"]
    there = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path)) for path, calls in document.items() for method in calls
        if path.startswith("/v1/webhooks")
    }  # fmt: skip
    assert routes == there


def test_the_commands_of_the_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    commands = re.findall(r"^voc (webhooks .+)$", PAGE, re.MULTILINE)
    webhook_id, said = "", {}
    for command in commands:
        words = shlex.split(command.replace("ID", webhook_id))
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, (command, done.output)
        said[words[1]] = done.output
        if words[1] == "create":
            with open_store(tmp_path / "voc.duckdb") as store:
                (webhook,) = store.webhooks.page().items
                webhook_id = webhook.id
                store.webhooks.try_out(webhook_id, datetime.now(UTC))
            assert webhook.secret in done.output
        if words[1] == "disable":
            listed = CliRunner().invoke(cli, ["webhooks", "list"]).output
            assert "disabled (by_hand)" in listed
    assert [command.split()[1] for command in commands] == [
        "create", "list", "deliveries", "rotate", "replay", "disable", "enable", "delete",
    ]  # fmt: skip
    assert "batch.finished,spike.found" in said["list"]
    assert "webhook.test" in said["deliveries"]
    assert said["rotate"].startswith("whsec_")
    assert "0 deliveries wait" in said["replay"]
    with open_store(tmp_path / "voc.duckdb") as store:
        assert store.webhooks.page().items == ()
        targets = {entry.target for entry in store.list_audit().items}
        assert targets == {webhook_id}
