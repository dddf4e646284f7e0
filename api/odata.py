"""What OData wants of HTTP: the version on every answer, errors in its own shape, forms of JSON, page sizes, and links.

The rest of the service answers errors with problem documents; under /odata they are turned into OData's shape here, in one
place, whoever made them: a route, the guard, or who refuses a call without a key.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import FEED, call_path
from api.problems import MEDIA_TYPE
from voc.errors import QueryError, VocError

VERSION: Final = "4.0"
PAGE_ROWS: Final = 5_000
"""Rows of a page unless the client asks for fewer: some megabytes, made in well under a second."""

_CHALLENGE: Final = 'Basic realm="voc", charset="UTF-8"'
_PREFERENCE: Final = re.compile(r'(?:^|[,;\s])(odata\.)?maxpagesize\s*=\s*"?(\d{1,9})"?', re.IGNORECASE)
_ANY_JSON: Final = ("*/*", "application/*", "application/json", "json")


class NotAcceptableError(VocError):
    """A form of the answer that is not to be had here."""

    code = "not_acceptable"
    status = 406


class ODataBorder:
    """Turns problem documents under /odata into OData errors and names the version on every answer there."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request; what is not under /odata passes untouched."""
        if scope["type"] == "http" and is_feed(call_path(scope)):
            await self._app(scope, receive, _Translator(send).send)
        else:
            await self._app(scope, receive, send)


def is_feed(path: str) -> bool:
    """Whether a path is the feed's."""
    return path == FEED or path.startswith(f"{FEED}/")


def error_of(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem document as an OData error; what would be right is listed in the message.

    >>> error_of({"code": "bad_query", "detail": "$top: a whole number is needed.", "field": "$top"})["error"]["target"]
    '$top'
    """
    listed = ", ".join(map(str, problem.get("options", ())))
    message = f"{problem['detail']} There are: {listed}." if listed else problem["detail"]
    error = {"code": problem["code"], "message": message}
    return {"error": error | ({"target": problem["field"]} if problem.get("field") else {})}


def json_form(headers: Headers, format: str | None) -> str:
    """`minimal` or `none`: how much of OData's own the JSON is to carry, by $format or else by Accept.

    Raises NotAcceptableError for other forms and QueryError for a later client that speaks only an older OData.
    """
    _check_version(headers)
    if format is None:
        offered = [part.strip() for part in headers.get("accept", "*/*").split(",") if part.strip()] or ["*/*"]
    else:
        offered = [format.strip()]
    for each in offered:
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        if kind in _ANY_JSON and not any(name.startswith("odata.metadata=full") for name in parameters):
            return "none" if "odata.metadata=none" in parameters else "minimal"
    message = (
        "This feed is written in JSON of OData 4.0, with minimal metadata or none: application/json;odata.metadata=minimal."
    )
    raise NotAcceptableError(message, field="Accept" if format is None else "$format")


def page_rows(headers: Headers) -> tuple[int, str | None]:
    """How many rows a page is to have, and the preference that was heeded, as the answer names it."""
    found = _PREFERENCE.search(headers.get("prefer", ""))
    rows = min(int(found[2]), PAGE_ROWS) if found else 0
    return (rows, f"{found[1] or ''}maxpagesize={rows}") if found and rows else (PAGE_ROWS, None)


def root_of(request: Request) -> str:
    """The address of the feed, as the client reached it."""
    return f"{str(request.base_url).rstrip('/')}{FEED}/"


def next_link(request: Request, name: str, token: str, left: int | None) -> str:
    """The address of the page after; `left` are the rows of $top that are still to come."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in ("$skip", "$top", "$skiptoken")]
    following = [*kept, *([("$top", str(left))] if left is not None else []), ("$skiptoken", token)]
    return f"{root_of(request)}{name}?{urlencode(following, quote_via=quote, safe='$,()')}"


def respond_json(content: Mapping[str, Any], form: str, headers: Mapping[str, str] | None = None) -> Response:
    """OData JSON; without metadata, only what leads on and counts stays of it."""
    if form == "none":
        content = {name: value for name, value in content.items() if name != "@odata.context"}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body.encode(), media_type=f"application/json;odata.metadata={form};charset=utf-8", headers=headers)


def system_options(pairs: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """OData's own options, and ours."""
    own, ours = list[tuple[str, str]](), list[tuple[str, str]]()
    for name, value in pairs:
        (own if name.startswith(("$", "@")) else ours).append((name, value))
    return own, ours


def _check_version(headers: Headers) -> None:
    if (most := headers.get("odata-maxversion")) and not re.fullmatch(r"(?:[4-9]|\d\d)(?:\.\d+)?", most.strip(), re.ASCII):
        raise QueryError("This feed speaks OData 4.0; OData-MaxVersion asks for an older one.", field="OData-MaxVersion")


class _Translator:
    """Holds a problem document back until it is whole, and lets everything else through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["OData-Version"] = VERSION
            if headers.get("content-type") == MEDIA_TYPE:
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_error(self._start)
            return
        await self._send(message)

    async def _send_error(self, start: Message) -> None:
        body = json.dumps(error_of(json.loads(self._body)), ensure_ascii=False).encode()
        headers = MutableHeaders(scope=start)
        headers["Content-Type"] = "application/json;charset=utf-8"
        headers["Content-Length"] = str(len(body))
        if start["status"] == 401:
            headers["WWW-Authenticate"] = f"{headers.get('www-authenticate', 'Bearer')}, {_CHALLENGE}"
        start["status"] = 400 if start["status"] == 422 else start["status"]  # OData has one status for what does not fit
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def lists_of(ours: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The values of each of our options, in order."""
    found: dict[str, list[str]] = {}
    for name, value in ours:
        found.setdefault(name, []).append(value)
    return found
