"""The HTTP server's side of a connection: a request's head must come soon, be of sane size, and be HTTP.

uvicorn waits for a head for ever, so that a few hundred clients who send a byte a minute take every connection. h11 is used,
which refuses a head of more than 64 KiB; httptools, which is faster, would gather one of any size. What is no HTTP gets the
same problem document as every other error.
"""

import json
from asyncio import TimerHandle, Transport
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from api.problems import MEDIA_TYPE, describe

HEAD_TIMEOUT_S: Final = 20.0
"""From the connection, or the first byte of the next request, to the end of the head; a head is a packet or two."""


DRAIN_S: Final = 10.0
"""How long the rest of a body that was refused is taken and thrown away: a client that is cut off while it sends would lose
the answer that says why; one that goes on sending for ever is cut off all the same."""


class Connection(H11Protocol):
    """A connection that is closed where no whole head comes in time."""

    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A client has come: its first head is awaited."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head or a body; the first of a head start its time, the last end it."""
        if self.conn.their_state is h11.IDLE and self._head_timer is None:
            self._await_head()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_awaiting()

    def on_response_complete(self) -> None:
        """An answer is out; where the body is not wholly in, the rest must come soon."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(DRAIN_S, self._hang_up, self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_awaiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """A problem document to what is no HTTP, unless an answer has begun."""
        self._refuse(400, msg, "bad_request")

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)

    def _stop_awaiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _hang_up(self, cycle: RequestResponseCycle) -> None:
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.close()

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._refuse(408, f"The head of a request did not come within {HEAD_TIMEOUT_S:g} s.", "too_slow")

    def _refuse(self, status: int, detail: str, code: str) -> None:
        body = json.dumps(describe(status, detail, code=code)).encode()
        headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
        try:
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # an answer has begun: all that is left is to hang up
        self.transport.close()
