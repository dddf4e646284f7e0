"""A receiver of webhooks on a real socket: what it was sent, and answers as a test wants them."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

Respond = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Received:
    """A call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """What it says, if it is signed with this secret, by the reference verifier."""
        said: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return said

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """A server and all that came to it; `respond` says how it answers."""

    respond: Respond
    port: int = 0
    calls: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://127.0.0.1:{self.port}/hooks?to=voc"

    def wait(self, count: int, timeout_s: float = 15) -> list[Received]:
        """The calls, when there are so many."""
        until = time.monotonic() + timeout_s
        while len(self.calls) < count:
            assert time.monotonic() < until, f"{len(self.calls)} calls of {count}"
            time.sleep(0.01)
        return list(self.calls)


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Respond:
    """Answers with this."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


@contextmanager
def receiving(respond: Respond | None = None, port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on loopback, which answers 204 unless told otherwise; with a context it speaks TLS."""
    receiver = Receiver(respond or answer(204))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.calls.append(Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            receiver.respond(self)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A caller that hangs up is what some tests are about."""

    with Server(("127.0.0.1", port), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
