"""Originals: never stored unless switched on, then sealed with a key that is not in the database, for an admin's eyes alone."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.fernet import Fernet
from fastapi.testclient import TestClient

from tests.api_client import items, problem, running, send_tagged
from tests.disk import all_bytes
from tests.stores import TEHRAN, add, database, key_of
from tests.test_api_access import bearer, make
from voc.errors import ConflictError, NotFoundError, SettingsError
from voc.ingest import open_feedback, read_records
from voc.intake import take_records
from voc.records import Feedback
from voc.settings import Settings, read_settings
from voc.store import Filters, Store

pytestmark = pytest.mark.usefixtures("engine")

KEY: Final = urlsafe_b64encode(b"one of thirty-two bytes in tests").decode()
OTHER: Final = urlsafe_b64encode(b"another of as many bytes in test").decode()
PHONE: Final = "09121234567"
TEXT: Final = f"پیک نیومد، زنگ بزنید به {PHONE} لطفا"
HARMLESS: Final = "زود رسید، دستتون درد نکنه"
TURNS: Final = [
    {"speaker": "agent", "text": "شماره‌تون رو می‌فرمایید؟"},
    {"speaker": "customer", "text": f"بله، {PHONE}"},
    {"speaker": "agent", "text": "ممنون، پیگیری می‌کنم"},
    {"speaker": "customer", "text": "فقط زودتر لطفا"},
]
SPOKEN: Final = f"بله، {PHONE}\nفقط زودتر لطفا"
AGENT_ALONE: Final = [
    {"speaker": "agent", "text": f"با {PHONE} تماس می‌گیریم"},
    {"speaker": "customer", "text": "باشه، منتظرم"},
]
RECORDS: Final[list[dict[str, Any]]] = [
    {"text": TEXT, "customer_id": "م-۱"},
    {"text": HARMLESS, "customer_id": "م-۲"},
    {"turns": TURNS, "customer_id": "م-۲"},
    {"turns": AGENT_ALONE, "customer_id": "م-۲"},
]


def open_sealed(path: Path, key: str = KEY) -> Store:
    return Store.open(database(path / "voc.duckdb"), zone=TEHRAN, originals_key=key)


def take(store: Store) -> str:
    return take_records(store, RECORDS, name="n", mapping=None, idempotency_key=None, settings=Settings()).id


def sealed(store: Store) -> list[tuple[int, bytes]]:
    return store.select("SELECT seq, sealed FROM original ORDER BY seq", {})


def test_off_by_default_and_nothing_stored(tmp_path: Path) -> None:
    assert Settings().originals_key.get_secret_value() == ""
    with open_sealed(tmp_path, "") as store:
        take(store)
        assert sealed(store) == []
        assert PHONE.encode() not in all_bytes(tmp_path)
        assert HARMLESS.encode() in all_bytes(tmp_path)  # what is stored can be found so
        with pytest.raises(NotFoundError):
            store.get_original("f1")
    assert PHONE.encode() not in all_bytes(tmp_path)


def test_a_store_without_a_key_keeps_none_that_is_handed_to_it(tmp_path: Path) -> None:
    with open_sealed(tmp_path, "") as store:
        add(store, [Feedback("[PHONE]", 2, original=PHONE)])
    assert PHONE.encode() not in all_bytes(tmp_path)


@pytest.mark.engines
@pytest.mark.parametrize(("keep", "expected"), [(False, [None] * 4), (True, [TEXT, None, SPOKEN, None])])
def test_only_what_masking_changed_is_kept(keep: bool, expected: list[str | None]) -> None:
    source = read_records(RECORDS, zone=TEHRAN, max_text_chars=1_000, keep_originals=keep)
    assert [row.original for row in source if isinstance(row, Feedback)] == expected


@pytest.mark.engines
def test_a_file_and_a_transcript_in_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "نظرها.csv"
    said = f"کارشناس: شماره‌تون؟\nمشتری: {PHONE}\nکارشناس: ممنون\nمشتری: زودتر لطفا"
    path.write_text(f'نظر,original\n"{TEXT}",۱\n"{said}",۲\n', "utf-8")
    rows = list(open_feedback(path, zone=TEHRAN, max_text_chars=1_000, keep_originals=True))
    assert [row.original for row in rows if isinstance(row, Feedback)] == [TEXT, f"{PHONE}\nزودتر لطفا"]
    assert PHONE not in repr(rows)


def test_sealed_in_the_file_and_its_backups(tmp_path: Path) -> None:
    with open_sealed(tmp_path) as store:
        take(store)
        rows = sealed(store)
        store.back_up(tmp_path / "b.duckdb")
        assert [seq for seq, _ in rows] == [1, 3]
        assert [store.get_original(each) for each in ("f1", "f3")] == [TEXT, SPOKEN]
        for each in ("f2", "f4", "f99", "x1", "f"):
            with pytest.raises(NotFoundError):
                store.get_original(each)
        assert all(row.feedback.original is None for row in store.stream_feedback(Filters()))
    backup = (tmp_path / "b.duckdb").read_bytes()
    (tmp_path / "b.duckdb").unlink()
    for file, stored in (("the backup", backup), ("the database", all_bytes(tmp_path))):
        assert all(token in stored for _, token in rows), file
        assert HARMLESS.encode() in stored
        assert PHONE.encode() not in stored
        assert TEXT.encode() not in stored
        assert KEY.encode() not in stored
        assert Fernet(KEY)._encryption_key not in stored
    assert Fernet(KEY).decrypt(rows[0][1]).decode() == TEXT


@pytest.mark.parametrize(
    ("key", "code", "word"), [("", "no_originals_key", "no key"), (OTHER, "other_originals_key", "another")]
)
def test_without_its_key_it_stays_sealed(tmp_path: Path, key: str, code: str, word: str) -> None:
    with open_sealed(tmp_path) as store:
        take(store)
    with open_sealed(tmp_path, key) as store, pytest.raises(ConflictError, match=word) as refused:
        store.get_original("f1")
    assert (refused.value.code, refused.value.field) == (code, "VOC_ORIGINALS_KEY")
    assert not any(secret in refused.value.message for secret in (KEY, OTHER))
    with open_sealed(tmp_path) as store:
        assert store.get_original("f1") == TEXT


def test_what_was_tampered_with_is_not_shown(tmp_path: Path) -> None:
    with open_sealed(tmp_path) as store:
        take(store)
        with store._database.writing() as session:
            session.run("UPDATE original SET sealed = $bad", {"bad": sealed(store)[0][1][:-9] + b"AAAAAAA=="})
        with pytest.raises(ConflictError):
            store.get_original("f1")


def test_erased_with_its_row(tmp_path: Path) -> None:
    with open_sealed(tmp_path) as store:
        batch = take(store)
        at = datetime(2020, 1, 1, tzinfo=UTC)
        add(store, [Feedback("[PHONE]", 2, occurred_at=at, original="قدیمی"), Feedback("[PHONE]", 3, original="تازه")])
        ((_, first), *rest) = sealed(store)
        assert [seq for seq, _ in rest] == [3, 5, 6]
        store.erase_customer("م-۱")
        store.rewrite()
        assert [seq for seq, _ in sealed(store)] == [3, 5, 6]
        assert first not in all_bytes(tmp_path)
        store.erase_older(datetime(2021, 1, 1, tzinfo=UTC))
        assert [seq for seq, _ in sealed(store)] == [3, 6]
        store.delete_batch(batch)
        assert [(seq, store.get_original(f"f{seq}")) for seq, _ in sealed(store)] == [(6, "تازه")]
        store.rewrite()
        assert rest[0][1] not in all_bytes(tmp_path)
        with pytest.raises(NotFoundError):
            store.get_original("f1")


def test_a_batch_that_is_refused_leaves_none(tmp_path: Path) -> None:
    def broken() -> Iterator[Feedback]:
        yield from (Feedback("[PHONE]", line, original=PHONE) for line in range(25_000))
        raise RuntimeError

    with open_sealed(tmp_path) as store:
        with pytest.raises(RuntimeError):
            store.add_batch(name="n", content_key=key_of("n"), source=broken(), columns=(), notices=tuple)
        assert sealed(store) == []


def test_shown_to_an_admin_and_nowhere_else(tmp_path: Path) -> None:
    secrets = make(tmp_path, "read", "write", "admin")
    with running(tmp_path, originals_key=KEY, rate_per_minute=0) as client:
        client.headers |= bearer(secrets["admin"])
        made = client.post("/v1/batches", json={"name": "n", "records": RECORDS}).json()
        send_tagged(client, f"نظر,original\n{TEXT},{HARMLESS}\n")
        assert client.get("/v1/feedback/f1/original").json() == {"id": "f1", "text": TEXT}
        assert client.get("/v1/feedback/f3/original").json() == {"id": "f3", "text": SPOKEN}
        assert problem(client.get("/v1/feedback/f2/original"), 404)["code"] == "not_found"
        for scope in ("read", "write"):
            answer = client.get("/v1/feedback/f1/original", headers=bearer(secrets[scope]))
            assert problem(answer, 403)["code"] == "scope_too_small"
            assert PHONE not in answer.text
        places = ["/v1/feedback", "/v1/feedback/f1", "/v1/conversations/f3", "/", "/texts", "/conversations/f3", "/v1/taxonomy"]
        places += [f"/v1/batches/{made['id']}", f"/batches/{made['id']}", "/openapi.json", "/v1/audit"]
        places += [f"/v1/export/feedback?format={each}" for each in ("jsonl", "csv")]
        for place in places:
            answer = client.get(place)
            assert answer.status_code == 200, place
            assert PHONE not in answer.text, place
            assert KEY not in answer.text, place
        assert "original" not in json.dumps([{**each, "attributes": {}} for each in items(client, "/v1/feedback")])
        seen = logged(client)
        assert ("GET", "/v1/feedback/{feedback_id}/original", "f1", 200) in seen
        assert ("GET", "/v1/feedback/{feedback_id}/original", "f1", 403) in seen
    with running(tmp_path, originals_key=OTHER) as client:
        answer = client.get("/v1/feedback/f1/original", headers=bearer(secrets["admin"]))
        assert problem(answer, 409)["code"] == "other_originals_key"
    with running(tmp_path) as client:
        answer = client.get("/v1/feedback/f1/original", headers=bearer(secrets["admin"]))
        assert problem(answer, 409)["code"] == "no_originals_key"


def logged(client: TestClient) -> list[tuple[str, str, str | None, int]]:
    client.app.state.service.access.audit.flush()  # type: ignore[attr-defined]
    return [(each["method"], each["route"], each["target"], each["status"]) for each in items(client, "/v1/audit", limit="200")]


def test_no_mapping_fills_an_original(tmp_path: Path) -> None:
    with running(tmp_path, originals_key=KEY) as client:
        sent = {"name": "n", "records": [{"text": HARMLESS, "x": TEXT}], "mapping": {"original": "x"}}
        problem(client.post("/v1/batches", json=sent), 422)


@pytest.mark.engines
@pytest.mark.parametrize("key", ["secret-word", KEY[:-2], "A" * 8 + KEY, "کلید", " "])
def test_a_wrong_key_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("VOC_ORIGINALS_KEY", key)
    with pytest.raises(SettingsError, match=r"VOC_ORIGINALS_KEY: .*Fernet\.generate_key") as refused:
        read_settings()
    assert refused.value.field == "VOC_ORIGINALS_KEY"
    if key.strip():
        assert key not in f"{refused.value} {refused.value.__cause__}"


@pytest.mark.engines
def test_the_settings_do_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_ORIGINALS_KEY", KEY)
    settings = read_settings()
    assert settings.originals_key.get_secret_value() == KEY
    assert KEY not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
