"""One HTTP call: to the address that was looked at, within a time in all, without redirects; only the answer's head is read.

The standard library's clients look a name up themselves and limit single reads but not the whole, so that the connection is
made here and `http.client` only reads the head of the answer.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from voc.webhooks.addresses import PrivateAddressError, look_up

Problem = Literal["private_address", "no_such_host", "no_connection", "tls", "timeout", "no_http"]

TIMEOUT_S: Final = 15.0  # the specification asks for 15 to 30 s
MOST_HEAD_BYTES: Final = 16_384
_LONGEST_RETRY_AFTER_S: Final = 86_400.0
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """The status that was answered, or why there is none; `retry_after_s` is how long the other side asks to be let alone."""

    status: int | None = None
    problem: Problem | None = None
    retry_after_s: float = 0.0


def post(url: str, headers: Mapping[str, str], body: str, *, private: bool, timeout_s: float = TIMEOUT_S) -> Answer:
    """Post JSON to a URL of `check_url`, and what was answered; it never raises for what the other side does."""
    until = time.monotonic() + timeout_s
    try:
        return _exchange(urlsplit(url), headers, body.encode(), private, until)
    except PrivateAddressError:
        return Answer(problem="private_address")
    except TimeoutError:
        return Answer(problem="timeout")
    except ssl.SSLError:
        return Answer(problem="tls")
    except socket.gaierror:
        return Answer(problem="no_such_host")
    except (http.client.HTTPException, ValueError):
        return Answer(problem="no_http")
    except OSError:
        return Answer(problem="no_connection")


def _exchange(parts: SplitResult, headers: Mapping[str, str], body: bytes, private: bool, until: float) -> Answer:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    with _connect(host, port, private, until) as plain:
        connection = plain
        if parts.scheme == "https":
            plain.settimeout(_left_s(until))
            connection = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        with connection:
            connection.settimeout(_left_s(until))
            connection.sendall(_request(parts, headers, body))
            return _read_answer(connection, until)


def _connect(host: str, port: int, private: bool, until: float) -> socket.socket:
    """A connection to the first address of the host that takes one."""
    failed: OSError = socket.gaierror("no address")
    for place in look_up(host, port, private=private):
        connection = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left_s(until))
            connection.connect(place.address)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    told = {
        "Host": parts.netloc,
        "User-Agent": "voc-webhooks",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _read_answer(connection: socket.socket, until: float) -> Answer:
    response = http.client.HTTPResponse(_Head(connection, until), method="POST")  # type: ignore[arg-type]
    response.begin()
    try:
        return Answer(response.status, retry_after_s=_retry_after_s(response.getheader("retry-after")))
    finally:
        response.close()


def _retry_after_s(value: str | None) -> float:
    """The seconds of a Retry-After header; a date in it is not read."""
    told = float(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0.0
    return min(told, _LONGEST_RETRY_AFTER_S)


def _left_s(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


class _Head(io.RawIOBase):
    """What comes over a connection, until the time is over or a head is too long."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until
        self._read = 0

    def makefile(self, _mode: str) -> io.BufferedReader:
        """A file to read from, which is all that `http.client` asks of a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes. Raises TimeoutError, and HTTPException for too many."""
        self._connection.settimeout(_left_s(self._until))
        count = self._connection.recv_into(buffer)
        self._read += count
        if self._read > MOST_HEAD_BYTES:
            raise http.client.LineTooLong("head")
        return count
