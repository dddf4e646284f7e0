"""Requests and answers over HTTP, by the standard library: connections that are kept, time-outs, and when to try again.

A call is repeated where the service says that it did nothing (429, 503), after the time that it asks for; and where the
connection broke, if the call changes nothing when it comes twice. A time-out is not repeated: whoever set it has waited enough.
"""

import json
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from voc.client.bodies import PIECE_BYTES, Body
from voc.client.errors import NO_ANSWER, ClientError, not_ours, refusal

T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.5  # doubled with each try
LONGEST_PAUSE_S: Final = 60.0  # who is asked to wait longer is told so
KEPT_S: Final = 3.0  # uvicorn hangs up on a connection that rests for five seconds
PROBLEM_BYTES: Final = 1 << 20
_NOT_DONE: Final = frozenset({429, 503})
_LOST: Final = frozenset({NO_ANSWER, 502, 504})
_TIMEOUT: Final = "timeout"


@dataclass(frozen=True, slots=True)
class Request:
    """A call; `repeatable` says that it may come twice and do the same."""

    method: str
    path: str
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


class Transport:
    """Sends requests to one service. Threads may share it: each call has a connection of its own while it lasts."""

    def __init__(self, base_url: str, key: str | None, timeout_s: float, retries: int) -> None:
        parts = _split(base_url)
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ClientError("The key holds signs that no key has.", code="bad_key", field="key")
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._root = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._headers = {"User-Agent": "voc-client"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._timeout_s = timeout_s
        self._retries = retries
        self._kept: list[tuple[float, HTTPConnection]] = []
        weakref.finalize(self, _hang_up, self._kept)

    def send(self, request: Request, take: Callable[[Iterator[bytes]], T]) -> T:
        """What `take` makes of the answer's content. Raises ClientError for an answer that is none of success, or for none.

        `take` is called anew for each try.
        """
        for attempt in range(self._retries + 1):
            try:
                return self._send_once(request, take)
            except ClientError as error:
                pause_s = FIRST_PAUSE_S * 2**attempt if error.retry_after_s is None else error.retry_after_s
                if attempt == self._retries or pause_s > LONGEST_PAUSE_S or not _may_repeat(request, error):
                    raise
            time.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Hangs up what is kept; another call opens a connection again."""
        _hang_up(self._kept)

    def _send_once(self, request: Request, take: Callable[[Iterator[bytes]], T]) -> T:
        connection = self._connect(fresh=not request.repeatable)
        whole = False
        try:
            with self._exchange(connection, request) as response:
                if response.status >= 300:
                    raise _refused(response)
                taken = take(_read(response))
                whole = response.isclosed()
            return taken
        finally:
            if whole:  # else what is left of the answer would be taken for the next
                self._kept.append((time.monotonic(), connection))
            else:
                connection.close()

    def _connect(self, *, fresh: bool) -> HTTPConnection:
        """A kept connection; a new one where none is, and for what must not be lost to one that was hung up meanwhile."""
        with suppress(IndexError):  # none is kept, or another thread took the last
            while not fresh:
                since, connection = self._kept.pop()
                if time.monotonic() - since < KEPT_S:
                    return connection
                connection.close()
        return self._kind(self._host, self._port, timeout=self._timeout_s)

    def _exchange(self, connection: HTTPConnection, request: Request) -> HTTPResponse:
        headers = {**self._headers, **request.headers}
        if request.body:
            headers |= {"Content-Type": request.body.content_type, "Content-Length": str(request.body.size)}
        pieces = _Sent(request.body.pieces()) if request.body else None
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was read: the answer says why
                connection.request(request.method, self._root + request.path, pieces, headers)
            return connection.getresponse()
        except (OSError, HTTPException) as error:
            if pieces and pieces.error is error:
                raise
            raise _lost(error) from error


class _Sent:
    """Pieces on their way out; `error` is what stopped them on our side, as a file that can no longer be read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.error: OSError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except OSError as error:
            self.error = error
            raise


def read_json(pieces: Iterator[bytes]) -> Any:
    """The content as JSON; None where there is none. Raises ClientError where it is something else."""
    content = b"".join(pieces)
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise not_ours() from None


def _split(base_url: str) -> SplitResult:
    parts = urlsplit(base_url)
    with suppress(ValueError):  # a port that is no number
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts
    raise ClientError("base_url is to be as http://127.0.0.1:8000.", code="bad_base_url", field="base_url")


def _hang_up(kept: list[tuple[float, HTTPConnection]]) -> None:
    with suppress(IndexError):
        while True:
            kept.pop()[1].close()


def _read(response: HTTPResponse) -> Iterator[bytes]:
    """The content. Raises ClientError where it breaks off."""
    while piece := _read_piece(response):
        yield piece
    if response.length:
        raise _lost(HTTPException())
    response.close()


def _read_piece(response: HTTPResponse) -> bytes:
    try:
        return response.read(PIECE_BYTES)
    except (OSError, HTTPException) as error:
        raise _lost(error) from error


def _refused(response: HTTPResponse) -> ClientError:
    document = None
    if response.headers.get_content_type() == "application/problem+json":
        with suppress(ValueError, OSError, HTTPException):
            document = json.loads(response.read(PROBLEM_BYTES))
    return refusal(response.status, document, response.headers.get("Retry-After"))


def _lost(error: Exception) -> ClientError:
    if isinstance(error, TimeoutError):
        return ClientError("The service did not answer in time (timeout_s).", code=_TIMEOUT)
    why = getattr(error, "strerror", None) or "the connection was closed before the answer was whole"
    return ClientError(f"The service cannot be reached: {why}.", code="no_connection")


def _may_repeat(request: Request, error: ClientError) -> bool:
    return error.status in _NOT_DONE or (request.repeatable and error.status in _LOST and error.code != _TIMEOUT)
