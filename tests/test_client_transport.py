"""What the client makes of services that are slow, busy, broken or somebody else's: a server here says whatever it is told."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from voc.client import Client, ClientError, transport

KINDS: Final = ("sentiments", "groups", "reasons", "effort", "loyalty", "resolutions", "moves")
TAXONOMY: Final = json.dumps({"version": "v1"} | {kind: [] for kind in KINDS}).encode()
HANG_UP: Final = b""
SILENCE: Final = b"silence"
JSON: Final = "application/json"
CLOSE: Final = "Connection: close"
BUSY: Final = b'{"detail": "Too many calls.", "code": "too_many_calls", "status": 429}'


def answer(body: bytes = TAXONOMY, status: int = 200, kind: str = JSON, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} So", f"Content-Type: {kind}", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def busy(status: int = 429, wait: str | None = "2") -> bytes:
    return answer(BUSY, status, "application/problem+json", *([f"Retry-After: {wait}"] if wait else []))


class Scripted:
    """A server that gives these answers, one a request, and keeps what it was sent."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.heard: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """No more connections."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection:
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        while request := _request(connection):
            self.heard.append(request)
            said = self._answers.pop(0)
            if said == HANG_UP:
                return
            if said == SILENCE:
                time.sleep(1)
                return
            connection.sendall(said)
            if CLOSE.encode() in said:
                return


def _request(connection: socket.socket) -> bytes:
    """A whole request; empty where the other side has hung up."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65_536)):
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def scripted(*answers: bytes, **options: float) -> Iterator[tuple[Scripted, Client]]:
    server = Scripted(answers)
    try:
        with Client(server.base, **options) as client:  # type: ignore[arg-type]
            yield server, client
    finally:
        server.close()


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client has waited between tries, without waiting."""
    pauses: list[float] = []

    class Clock:
        monotonic = staticmethod(time.monotonic)
        sleep = staticmethod(pauses.append)

    monkeypatch.setattr(transport, "time", Clock)
    return pauses


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_asked_to(status: int, slept: list[float]) -> None:
    with scripted(busy(status), busy(status), answer()) as (server, client):
        assert client.taxonomy().version == "v1"
    assert slept == [2, 2]
    assert len(server.heard) == 3


def test_who_does_not_say_how_long_is_asked_less_and_less(slept: list[float]) -> None:
    with scripted(*[busy(wait=None)] * 5) as (_, client), pytest.raises(ClientError) as caught:
        client.taxonomy()
    assert (caught.value.status, caught.value.code, str(caught.value)) == (429, "too_many_calls", "Too many calls.")
    assert slept == [0.5, 1, 2, 4]


def test_nobody_waits_an_hour(slept: list[float]) -> None:
    with scripted(busy(wait="3600")) as (_, client), pytest.raises(ClientError) as caught:
        client.taxonomy()
    assert caught.value.retry_after_s == 3600
    assert slept == []


@pytest.mark.parametrize("lost", [HANG_UP, answer(TAXONOMY, 200, JSON, CLOSE, length=500), answer(b"", 502)])
def test_what_asks_is_asked_again(lost: bytes, slept: list[float]) -> None:
    with scripted(lost, answer()) as (_, client):
        assert client.taxonomy().version == "v1"
    assert slept == [0.5]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.delete_batch("b1"),
        lambda client: client.erase_customer("م-۱"),
        lambda client: client.correct("f1", {"sentiment": "mixed"}),
        lambda client: client.correct_all({"sentiment": "mixed"}, ids=["f1"]),
    ],
)
def test_what_deletes_or_says_something_is_not(ask: Callable[[Client], object], slept: list[float]) -> None:
    with scripted(HANG_UP, answer(b"", 204)) as (server, client), pytest.raises(ClientError) as caught:
        ask(client)
    assert (caught.value.status, caught.value.code) == (0, "no_connection")
    assert (len(server.heard), slept) == (1, [])


def test_what_deletes_waits_its_turn(slept: list[float]) -> None:
    with scripted(busy(), answer(b'{"rows": 3}')) as (_, client):
        assert client.erase_customer("م-۱") == 3
    assert slept == [2]


def test_what_deletes_goes_over_a_new_connection() -> None:
    with scripted(answer(), answer(), answer(b"", 204)) as (server, client):
        client.taxonomy()
        client.taxonomy()
        assert server.connections == 1
        threading.Timer(0.1, client.close).start()  # the server has one ear: it hears the next when this one is over
        client.delete_batch("b1")
    assert server.connections == 2


def test_a_connection_that_rested_too_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "KEPT_S", 0)
    with scripted(answer(), answer()) as (server, client):
        client.taxonomy()
        client.taxonomy()
    assert server.connections == 2


def test_an_upload_is_sent_again_whole(tmp_path: Path) -> None:
    path = tmp_path / "نظر.csv"
    path.write_bytes("نظر\n".encode() + "سریع بود\n".encode() * 20_000)
    with scripted(busy(), HANG_UP, busy(422)) as (server, client), pytest.raises(ClientError):
        client.upload(path)
    bodies = {request.partition(b"\r\n\r\n")[2] for request in server.heard}
    assert len(server.heard) == 3
    assert len(bodies) == 1
    assert path.read_bytes() in bodies.pop()


def test_a_time_out_is_not_repeated(slept: list[float]) -> None:
    with scripted(SILENCE, timeout_s=0.1) as (server, client), pytest.raises(ClientError, match="timeout_s") as caught:
        client.taxonomy()
    assert (caught.value.code, len(server.heard), slept) == ("timeout", 1, [])


@pytest.mark.parametrize(
    "said",
    [
        answer("<p>مینا، شماره‌ات؟</p>".encode(), kind="text/html"),
        answer('["مینا"]'.encode()),
        answer('{"version": "مینا"}'.encode()),
        answer("مینا".encode(), 404, "text/html"),
        answer("مینا".encode(), 418, "application/problem+json"),
        answer(b"", 307, "text/html", "Location: http://127.0.0.1:9/x"),
    ],
)
def test_what_is_not_ours_is_not_quoted_and_not_followed(said: bytes) -> None:
    with scripted(said, retries=0) as (_, client), pytest.raises(ClientError, match="base_url") as caught:
        client.taxonomy()
    assert caught.value.code == "unexpected_answer"
    assert "مینا" not in repr(caught.value) + str(caught.value.__cause__)


@pytest.mark.parametrize(
    "lost",
    [
        answer(b"id,text\r\n", 200, "text/csv", CLOSE, length=500),
        f"HTTP/1.1 200 So\r\n{CLOSE}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nid,".encode(),
    ],
)
def test_a_file_that_breaks_off_leaves_the_old_one(lost: bytes, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("دیروز", "utf-8")
    with scripted(lost, retries=0) as (_, client), pytest.raises(ClientError) as caught:
        client.export(path)
    assert caught.value.code == "no_connection"
    assert path.read_text("utf-8") == "دیروز"
    assert [each.name for each in tmp_path.iterdir()] == ["out.csv"]


def test_the_key_and_the_path_of_the_address_are_sent() -> None:
    with scripted(answer()) as (server, _), Client(f"{server.base}/voc/", key="k-1") as client:
        client.taxonomy()
    assert server.heard[0].startswith(b"GET /voc/v1/taxonomy HTTP/1.1\r\n")
    assert b"Authorization: Bearer k-1\r\n" in server.heard[0]


@pytest.mark.parametrize(
    ("base", "key"),
    [("127.0.0.1:8000", None), ("ftp://x", None), ("http://x:y", None), ("http://x", "a\r\nX: y"), ("http://x", "کلید")],
)
def test_what_cannot_be_asked_is_said_at_once(base: str, key: str | None) -> None:
    with pytest.raises(ClientError) as caught:
        Client(base, key)
    assert "X: y" not in str(caught.value)
