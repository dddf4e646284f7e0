"""One call of a webhook: where it may go, what it follows, how long it may take and how much it reads."""

import doctest
import importlib
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.receiver import answer, receiving
from voc.errors import InputError
from voc.webhooks.addresses import is_public
from voc.webhooks.endpoint import check_url, make_secret, make_webhook
from voc.webhooks.post import MOST_HEAD_BYTES, Answer, post
from voc.webhooks.signing import sign

BODY = '{"type":"webhook.test","data":{"name":"پیگیری"}}'
NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)


def call(url: str, *, private: bool = True, timeout_s: float = 5) -> Answer:
    return post(url, {"webhook-id": "msg_1"}, BODY, private=private, timeout_s=timeout_s)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "192.0.0.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::1",
        "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
        "2002:a00:1::", "2001::1",
        "0.0.0.0",  # noqa: S104 – that it is refused is the point
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)
    host = f"[{address.partition('%')[0]}]" if ":" in address else address
    with pytest.raises(InputError, match="VOC_WEBHOOK_PRIVATE"):
        check_url(f"https://{host}/hooks", private=False)
    assert check_url(f"https://{host}/hooks", private=True)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.ir", "ftp://example.ir/", "file:///etc/passwd", "javascript:alert(1)", "https://", "https:///x", "http://a:0/",
        "http://a:99999/", "http://a:b/", "https://user:secret@example.ir/", "https://user@example.ir/", "https://:@example.ir/",
        "https://example.ir/#x", "https://example.ir/#", "https://example.ir/a b", "https://example.ir/\r\nX: y", "https://نمونه.ایران/",
        "https://exa[mple/", "http://a\\b/", "https://example.ir/" + "a" * 2_000,
    ],
)  # fmt: skip
def test_urls_that_webhooks_do_not_go_to(url: str) -> None:
    with pytest.raises(InputError) as refused:
        check_url(url, private=True)
    assert refused.value.field == "url"
    assert "secret@" not in refused.value.message


def test_what_an_endpoint_may_be() -> None:
    made = make_webhook("https://example.ir/h", ["spike.found", "spike.found"], NOW, description=" پیگیری ")
    assert (made.events, made.description, made.include_text) == (("spike.found",), "پیگیری", False)
    assert made.secret not in repr(made)
    wrongs: list[dict[str, Any]] = [{"events": []}, {"events": ["spike"]}, {"description": "x" * 201}, {"description": "a\nb"}]
    for wrong in wrongs:
        given: dict[str, Any] = {"events": ["spike.found"], **wrong}
        with pytest.raises(InputError) as refused:
            make_webhook("https://example.ir/h", given.pop("events"), NOW, **given)
        assert refused.value.field in wrong


def test_a_call_is_what_the_specification_says() -> None:
    secret, old = make_secret(), make_secret()
    headers = sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", datetime.now(UTC), BODY, (secret, old))
    with receiving() as receiver:
        assert post(receiver.url, headers, BODY, private=True) == Answer(204)
        (came,) = receiver.calls
    assert came.path == "/hooks?to=voc"
    assert came.body == BODY.encode()
    assert came.headers["content-type"] == "application/json"
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    for each in (secret, old):
        assert came.verified(each)["data"] == {"name": "پیگیری"}
    with pytest.raises(Exception, match="No matching signature"):
        came.verified(make_secret())


def test_the_signature_is_that_of_the_specification_s_example() -> None:
    """The vector of the reference implementations' tests."""
    headers = sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",),
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_private_addresses_are_not_called() -> None:
    with receiving() as receiver:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "0"):
            url = f"http://{host}:{receiver.port}/"
            assert call(url, private=False) == Answer(problem="private_address"), host
        assert receiver.calls == []
        assert call(receiver.url).status == 204


def test_a_name_with_one_private_address_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.7")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert call("http://example.ir/", private=False) == Answer(problem="private_address")


def test_the_address_that_was_looked_at_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers with a public address first and loopback then: the second answer is never asked for."""
    asked: list[str] = []
    connected: list[Any] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(_: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    with receiving() as receiver:
        monkeypatch.setattr("socket.getaddrinfo", look_up)
        monkeypatch.setattr("socket.socket.connect", connect)
        assert call(f"http://example.ir:{receiver.port}/", private=False) == Answer(problem="no_connection")
    assert (asked, connected) == (["example.ir"], [("93.184.216.34", receiver.port)])


def test_redirects_are_not_followed() -> None:
    with receiving() as inside, receiving(answer(307, headers={"location": inside.url})) as receiver:
        assert call(receiver.url) == Answer(307)
        assert len(receiver.calls) == 1
        assert inside.calls == []


def drip_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        time.sleep(0.05)
        handler.wfile.write(f"x-{number}: 1\r\n".encode())


def sleep_long(_: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


def endless_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"x: " + b"a" * 1_000 + b"\r\n")


def endless_line(handler: BaseHTTPRequestHandler) -> None:
    while True:
        handler.wfile.write(b"a" * 1_000)


def not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example.ir ESMTP\r\n")


def hang_up(_: BaseHTTPRequestHandler) -> None:
    """Nothing is answered."""


def endless_continue(handler: BaseHTTPRequestHandler) -> None:
    while True:
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(
    ("respond", "problem"),
    [
        (drip_head, "timeout"),
        (sleep_long, "timeout"),
        (endless_head, "no_http"),
        (endless_line, "no_http"),
        (endless_continue, "no_http"),
        (not_http, "no_http"),
        (hang_up, "no_http"),
    ],
)
def test_answers_that_are_slow_or_endless(respond: Callable[[Any], None], problem: str) -> None:
    with receiving(respond) as receiver:
        began = time.monotonic()
        assert call(receiver.url, timeout_s=0.5) == Answer(problem=problem)  # type: ignore[arg-type]
        assert time.monotonic() - began < 2


def test_of_a_huge_answer_only_the_head_is_read() -> None:
    sent: list[int] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
        while True:
            handler.wfile.write(b"a" * 65_536)
            sent.append(65_536)

    with receiving(respond) as receiver:
        assert call(receiver.url) == Answer(200)
    assert sum(sent) < 50e6  # what the sockets of both sides hold
    assert MOST_HEAD_BYTES < 20_000


@pytest.mark.parametrize(
    ("value", "told_s"),
    [("120", 120.0), ("9999999", 86_400.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("-1", 0.0), ("٣", 0.0)],
)
def test_how_long_the_other_side_asks_to_be_let_alone(value: str, told_s: float) -> None:
    from voc.webhooks.post import _retry_after_s

    assert _retry_after_s(value) == told_s


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert call(f"http://127.0.0.1:{port}/") == Answer(problem="no_connection")
    assert call("http://nobody.invalid/") == Answer(problem="no_such_host")
    assert call(f"http://{'a' * 70}.ir/") == Answer(problem="no_such_host")


def certificate(folder: Path, name: str) -> Path:
    """A certificate for a name and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "cert.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_certificates_are_those_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def tls(port: int, host: str) -> Answer:
        return call(f"https://{host}:{port}/hooks")

    with receiving() as plain:
        assert tls(plain.port, "localhost").problem in ("tls", "no_connection")
    with receiving(context=context) as receiver:
        assert tls(receiver.port, "localhost") == Answer(problem="tls")  # who signed it is not known
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert tls(receiver.port, "localhost") == Answer(204)
        assert tls(receiver.port, "127.0.0.1") == Answer(problem="tls")  # it is of another name
        assert len(receiver.calls) == 1


@pytest.mark.parametrize("name", ["addresses", "events", "schedule"])
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"voc.webhooks.{name}")).failed == 0
