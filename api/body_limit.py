"""How much a request may carry: a file goes to disk piece by piece, so it may be large; JSON stands in memory whole.

Starlette has a limit of its own, but answers in plain text; here what is too large is a problem document like all others.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import describe, respond
from voc.errors import TooLargeError

JSON_LIMIT_MIB: Final = 64
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
        limit, error = self._limit(headers.get("content-type", ""))
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            await respond(describe(error.status, error.message, code=error.code))(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
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
