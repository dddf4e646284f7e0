"""How much a request may carry and how long it may take to come: a file goes to disk piece by piece, JSON stands in memory.

Starlette has a limit of its own, but answers in plain text; here what is too large is a problem document like all others. Of
time it has none: who sends a byte a second would hold a connection and a temporary file for as long as they like. Nothing is
unpacked on its way in, so what is sent packed is refused and not taken for what it holds.
"""

import asyncio
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer, describe, respond
from voc.errors import TooLargeError, TooSlowError

JSON_LIMIT_MIB: Final = 64
GRACE_S: Final = 30.0
"""What any body may take, and a body may pause for: a lost packet on a bad line comes again within seconds."""
LEAST_BYTES_PER_S: Final = 4 * 1024
"""What must come on average after that: a tenth of what a telephone line carried, four hundred times a byte a second."""
LEAST_WAIT_S: Final = 0.1
"""What has come already is taken, however late this process gets to it; less than the second between two bytes of a trickle."""
_MIB: Final = 1024 * 1024
_FORM_MARGIN: Final = 64 * 1024  # what a form adds to its file


class BodyLimit:
    """Refuses a body that is, or turns out to be, larger than forms or other content may be."""

    def __init__(self, app: ASGIApp, upload_mib: int) -> None:
        self._app = app
        self._upload_mib = upload_mib

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request; while it is read, what goes beyond the limit raises TooLargeError."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("content-encoding", "identity").lower() not in _ENCODINGS:
            await respond(_ENCODED)(scope, receive, send)
            return
        limit, error = self._limit(headers.get("content-type", ""))
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            refusal = await answer(Request(scope), error)
            await refusal(scope, receive, send)
            return
        received, whole, began = 0, False, time.monotonic()

        async def receive_limited() -> Message:
            nonlocal received, whole
            message = await (receive() if whole else _in_time(receive, began, received))
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > limit:
                raise error
            return message

        await self._app(scope, receive_limited, send)

    def _limit(self, content_type: str) -> tuple[int, TooLargeError]:
        if content_type.startswith("multipart/form-data"):
            detail = f"The upload is larger than {self._upload_mib} MiB (VOC_MAX_UPLOAD_MB). Send it in several files."
            return self._upload_mib * _MIB + _FORM_MARGIN, TooLargeError(detail)
        most = min(JSON_LIMIT_MIB, self._upload_mib)
        return most * _MIB, TooLargeError(f"JSON of more than {most} MiB: send it as a JSONL file.")


_ENCODINGS: Final = ("identity", "")
_ENCODED: Final = describe(
    415, "Send the body as it is, without Content-Encoding.", code="unsupported_media_type", field="Content-Encoding"
)


async def _in_time(receive: Receive, began: float, received: int) -> Message:
    """The next piece of a body. Raises TooSlowError where it does not come, or all have come too slowly."""
    left_s = began + GRACE_S + received / LEAST_BYTES_PER_S - time.monotonic()
    try:
        return await asyncio.wait_for(receive(), max(LEAST_WAIT_S, min(GRACE_S, left_s)))
    except TimeoutError:
        pace = f"it may pause for {GRACE_S:g} s, and must come with {LEAST_BYTES_PER_S:,} bytes a second"
        raise TooSlowError(f"The body came too slowly: {pace}.") from None
