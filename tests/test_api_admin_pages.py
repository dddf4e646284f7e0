"""The page for whoever runs the service, and the page of one text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.callers import Keyring
from tests.api_client import running, send_tagged

pytestmark = pytest.mark.usefixtures("engine")

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://localhost:8000", "Accept": "text/html"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as client:
        send_tagged(client)
        yield client


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_health_without_keys(client: TestClient) -> None:
    seen = words(client.get("/admin").text)
    assert "نظرها ۵" in seen
    assert "خوانده‌نشده ۰" in seen
    assert "هنوز کلیدی نیست" in seen


def test_a_key_is_made_shown_once_and_revoked(client: TestClient) -> None:
    made = client.post("/admin/keys", content="name=%D8%AF%D8%A7%D8%B4%D8%A8%D9%88%D8%B1%D8%AF&scope=admin", headers=FORM)
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    found = re.search(r"voc_[\w-]+", words(made.text))
    assert found
    secret = {"Authorization": f"Bearer {found.group()}"}
    page = client.get("/admin", headers=secret)
    assert "داشبورد" in words(page.text)
    assert found.group() not in page.text
    assert client.get("/admin").status_code == 401  # with a key there is no open door any more
    (key,) = client.get("/v1/keys", headers=secret).json()["items"]
    assert key["scope"] == "admin"
    other = client.post("/v1/keys", json={"name": "دیگر", "scope": "read"}, headers=secret).json()
    revoked = client.post(f"/admin/keys/{other['id']}/revoke", headers=secret | FORM, follow_redirects=False)
    assert (revoked.status_code, revoked.headers["Location"]) == (303, "/admin")
    assert client.get("/v1/kpis", headers={"Authorization": f"Bearer {other['key']}"}).status_code == 401
    assert "باطل" in words(client.get("/admin", headers=secret).text)


def test_others_are_answered_while_a_key_is_made(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    make, meanwhile = Keyring.make, list[int]()

    def slow(*given: Any) -> Any:
        meanwhile.append(client.get("/v1/taxonomy").status_code)  # the database may be busy for long
        return make(*given)

    monkeypatch.setattr(Keyring, "make", slow)
    assert client.post("/admin/keys", content="name=x&scope=admin", headers=FORM).status_code == 200
    assert meanwhile == [200]


def test_a_key_needs_a_name_and_a_scope(client: TestClient) -> None:
    for body in ("name=&scope=read", "name=x&scope=root", "", "name=x"):
        assert client.post("/admin/keys", content=body, headers=FORM).status_code == 422
    assert client.get("/v1/keys").json()["items"] == []


def test_the_page_of_a_text(client: TestClient) -> None:
    (first, *_) = client.get("/v1/feedback", params={"reason": "delivery.time"}).json()["items"]
    page = client.get(f"/feedback/{first['id']}").text
    assert "".join(re.findall(r"<mark[^>]*>([^<]*)</mark>", page))
    assert 'data-lights="delivery.time"' in page
    assert re.search(r'<mark data-codes="[^"]*delivery\.time', page)
    assert 'href="/reasons/delivery.time"' in page
    assert first["attributes"]["شعبه"] in words(page)
    assert client.get("/feedback/f999", headers={"Accept": "text/html"}).status_code == 404
