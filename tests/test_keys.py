"""Access keys: what they are, how they are kept, and the command that makes them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api import audit
from api.audit import AuditWriter
from tests.stores import TEHRAN, database, open_store
from voc import command
from voc.access import AuditEntry, Via, check_reach, covers, digest_of, host_part, make_key
from voc.errors import InputError, NotFoundError, SettingsError, StoreError
from voc.settings import Settings
from voc.store import Store

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def voc_(*arguments: str) -> Result:
    return CliRunner().invoke(command.cli, list(arguments), catch_exceptions=False)


def entry(at: datetime = NOW, key_id: str | None = None, route: str = "/v1/kpis", via: Via = "key") -> AuditEntry:
    return AuditEntry(at, via, key_id, "10.0.0.7", "GET", route, None, 200)


@pytest.mark.engines
def test_a_key_is_256_random_bits_and_kept_as_its_hash() -> None:
    key, secret = make_key("  داشبوردِ مدیر‌ها ", "read", NOW)
    assert re.fullmatch(r"voc_[A-Za-z0-9_-]{43}", secret)
    assert re.fullmatch(r"k[0-9a-f]{12}", key.id)
    assert (key.name, key.scope, key.created_at) == ("داشبوردِ مدیر‌ها", "read", NOW)
    assert key.digest == digest_of(secret)
    assert key.digest not in repr(key)
    assert len({make_key("x", "read", NOW)[1] for _ in range(100)}) == 100


@pytest.mark.engines
def test_the_hash_is_sha_256() -> None:
    """The example of FIPS 180-2: what is stored must open in every later release."""
    assert digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.engines
@pytest.mark.parametrize(
    ("name", "scope", "field"),
    [("x", "root", "scope"), ("x", "", "scope"), ("", "read", "name"), ("  ", "read", "name"), ("a\x1b[2J", "read", "name"),
     ("a\nb", "read", "name"), ("\u202eمدیر", "read", "name"), ("x" * 101, "read", "name")],
)  # fmt: skip
def test_keys_that_cannot_be(name: str, scope: str, field: str) -> None:
    with pytest.raises(InputError) as refused:
        make_key(name, scope, NOW)
    assert refused.value.field == field


@pytest.mark.engines
@pytest.mark.parametrize(
    ("scope", "may"), [("read", (True, False, False)), ("write", (True, True, False)), ("admin", (True, True, True))]
)
def test_a_scope_holds_those_before_it(scope: str, may: tuple[bool, ...]) -> None:
    assert tuple(covers(scope, needed) for needed in ("read", "write", "admin")) == may  # type: ignore[arg-type]
    assert not covers(None, "read")


@pytest.mark.engines
@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("voc.example.ir", "voc.example.ir"),
        ("voc:8443", "voc"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:80", "::1"),
        ("::1", "::1"),
    ],
)
def test_the_name_in_an_address(address: str, host: str) -> None:
    assert host_part(address) == host


@pytest.mark.engines
def test_a_proxy_on_loopback_needs_no_key_but_its_name_does() -> None:
    check_reach(Settings(allowed_hosts="localhost:9000, 127.0.0.1"), ())
    with pytest.raises(SettingsError, match=r"VOC_ALLOWED_HOSTS: 'voc\.example\.ir'"):
        check_reach(Settings(allowed_hosts="localhost, voc.example.ir:8443"), ())
    check_reach(Settings(host="::", allowed_hosts="voc.example.ir"), [make_key("x", "read", NOW)[0]])


def test_made_listed_and_revoked_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    made = voc_("keys", "create", "--scope", "admin", "--name", "مدیر سامانه")
    secret = made.stdout.strip()
    assert re.fullmatch(r"voc_[\w-]{43}", secret)
    assert "cannot be shown again" in made.stderr
    key_id = made.stderr.split()[0]
    listed = voc_("keys", "list").stdout
    assert re.search(rf"{key_id}  admin  made \d{{4}}-\d\d-\d\d  never used +مدیر سامانه", listed)
    assert secret not in listed
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "revoked" in voc_("keys", "revoke", key_id).stderr
    assert f"{key_id}  admin  made" in voc_("keys", "list").stdout
    assert "  revoked 20" in voc_("keys", "list").stdout
    with open_store(tmp_path / "voc.duckdb") as store:
        logged = [(each.via, each.route, each.target) for each in store.list_audit().items]
    assert logged == [("command", "keys revoke", key_id), ("command", "keys create", key_id)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["keys", "create", "--name", "x", "--scope", "root"], "root"),
        (["keys", "create", "--name", "", "--scope", "read"], "name"),
    ],
)
def test_the_command_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    with pytest.raises(InputError, match=message):
        voc_(*arguments)
    with pytest.raises(NotFoundError, match="k00"):
        voc_("keys", "revoke", "k00")


def test_serve_says_how_to_make_the_first_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOC_DATABASE", database(tmp_path / "voc.duckdb"))
    monkeypatch.setenv("VOC_HOST", "192.168.1.5")
    monkeypatch.setattr("voc.tagging.model_identity", lambda _model="": None)
    started: list[str] = []
    monkeypatch.setattr("uvicorn.run", lambda *_, host, **__: started.append(host))
    with pytest.raises(SettingsError, match="voc keys create --scope admin --name NAME"):
        voc_("serve", "-q")
    voc_("keys", "create", "--scope", "admin", "--name", "x")
    voc_("serve", "-q")
    assert started == ["192.168.1.5"]


def test_keys_page_by_page(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        for minute in range(5):
            store.add_key(make_key(f"کلید {minute}", "read", NOW + timedelta(minutes=minute))[0])
        store.revoke_key(store.all_keys()[0].id, NOW)
        first = store.list_keys(limit=3)
        second = store.list_keys(limit=3, cursor=first.next)
        assert [key.name for key in first.items + second.items] == [f"کلید {minute}" for minute in (4, 3, 2, 1, 0)]
        assert second.next is None
        assert first.items[0].created_at.tzinfo == TEHRAN


def test_revoking_twice_keeps_the_first_time(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        store.add_key(make_key("x", "read", NOW)[0])
        (key,) = store.all_keys()
        store.revoke_key(key.id, NOW)
        store.revoke_key(key.id, NOW + timedelta(days=1))
        assert store.all_keys()[0].revoked_at == NOW
        with pytest.raises(NotFoundError):
            store.revoke_key("k00", NOW)


def test_the_last_use_is_written_once_a_minute(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        store.add_key(make_key("x", "read", NOW)[0])
        (key,) = store.all_keys()
        writer = AuditWriter(store, days=0)
        seen = []
        for second in (0, 30, 59, 60, 100, 130):
            writer.write(entry(NOW + timedelta(seconds=second), key.id))
            used = store.all_keys()[0].last_used_at
            assert used
            seen.append((used - NOW).total_seconds())
        assert seen == [0, 0, 0, 60, 60, 130]


def test_entries_keep_their_order_and_survive_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("The disk is full.")

    with open_store(tmp_path / "voc.duckdb") as store:
        writer = AuditWriter(store, days=0)
        writer.note(entry(route="/1"))
        with monkeypatch.context() as broken:
            broken.setattr(Store, "write_audit", fail)
            with pytest.raises(StoreError):
                writer.write(entry(route="/2"))
        writer.note(entry(route="/3"))
        writer.flush()
        writer.write(entry(route="/4"))
        assert [each.route for each in store.list_audit().items] == ["/4", "/3", "/2", "/1"]
    with open_store(tmp_path / "voc.duckdb") as store:
        store.write_audit([entry(route="/5"), entry(route="/6")])
        assert [each.route for each in store.list_audit().items] == ["/6", "/5", "/4", "/3", "/2", "/1"]


def test_a_log_that_cannot_be_written_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST_WAITING", 3)
    with open_store(tmp_path / "voc.duckdb") as store:
        writer = AuditWriter(store, days=0)
        for number in range(5):
            writer.note(entry(route=f"/{number}"))
        writer.flush()
        assert [each.route for each in store.list_audit().items] == ["/4", "/3", "/2"]


def test_the_secret_of_the_pseudonyms_stays(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        secret = store.audit_secret()
        assert store.audit_secret() == secret
    with open_store(tmp_path / "voc.duckdb") as store:
        assert store.audit_secret() == secret
        assert len(secret) == 64
