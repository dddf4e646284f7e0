"""Every error of the service as an RFC 9457 problem document that says what is wrong and what would be right.

One shape for all: our own errors, requests that do not fit, unknown paths and methods, and the unforeseen, which tells
the caller nothing of the inside. A customer's words are in none of them, nor in the log: pydantic's `input` is left out,
but for plain parameters, and of an unforeseen error only its type and the lines of code that it passed through are kept.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.rendering import render_problem
from voc.errors import UnsupportedError, VocError, whereabouts
from voc.store.files import FULL

MEDIA_TYPE: Final = "application/problem+json"
SHOWN_CHARS: Final = 60
_CODES: Final = {
    400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type",
    503: "not_ready",
}  # fmt: skip
_PLACES: Final = frozenset({"body", "query", "path", "header", "cookie"})
_MAYBE_WORDS: Final = re.compile(r"((first|second)\.)?(q|attr\..*)", re.DOTALL)  # parameters, of a comparison's sides too
_log = logging.getLogger("voc.api")

Document = dict[str, Any]


def install(app: FastAPI) -> None:
    """Makes `app` answer every error with a problem document, or with a page where a person asked for a page."""
    for kind in (VocError, RequestValidationError, HTTPException, OSError):
        app.add_exception_handler(kind, answer)
    app.add_middleware(CatchUnforeseen)


def describe(status: int, detail: str, *, code: str, field: str | None = None, options: Sequence[str] = ()) -> Document:
    """The document for one problem; `field` names the input at fault and `options` lists what would be right."""
    document: Document = {
        "type": f"urn:voc:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    named = document if field is None else document | {"field": field}
    return named | {"options": list(options)} if options else named


def respond(document: Document, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem document as a response."""
    return JSONResponse(document, status_code=document["status"], media_type=MEDIA_TYPE, headers=headers)


async def answer(request: Request, error: Exception) -> Response:
    """What to say to an error that was to be expected."""
    if isinstance(error.__cause__, VocError):  # raised while the body was read, and wrapped on its way
        error = error.__cause__
    document = _document(request, error)
    if wants_page(request):
        return render_problem(request, document)
    return respond(document, error.headers if isinstance(error, HTTPException) else None)


def wants_page(request: Request) -> bool:
    """Whether a person is looking: a browser that asks for HTML, at an address that is not the API's or the feed's."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/v1/", "/odata"))


def field_name(place: Sequence[str | int]) -> str | None:
    """A place in a request as a person writes it.

    >>> field_name(("body", "texts", 3))
    'texts[3]'
    """
    parts = place[1:] if place and place[0] in _PLACES else place
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return name.removeprefix(".") or None


class CatchUnforeseen:
    """Turns an error that nobody expected into a bare 500, and logs where it came from without what it said."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request; a response that has begun is broken off, so that no one takes it for whole."""
        begun = False

        async def watched_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            return  # whoever would be answered is gone
        except Exception as error:
            if scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "(no route)")  # a path may hold a customer's id
            _log.error("%s %s failed: %s", scope["method"], route, whereabouts(error))
            if begun:
                raise RuntimeError("The response was broken off; the log line before this one says where.") from None
            await respond(_UNFORESEEN)(scope, receive, send)


def _document(request: Request, error: Exception) -> Document:
    if isinstance(error, VocError):
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, UnsupportedError):
            _log.error("%s: %s", error.code, error.message)
        return describe(error.status, error.message, code=error.code, field=error.field, options=error.options)
    if isinstance(error, RequestValidationError):
        return _misfit(error.errors()[0])
    if isinstance(error, HTTPException):
        return _http_problem(request, error)
    if isinstance(error, OSError) and error.errno in FULL:
        detail = "There is no room on the service's disk for what was sent; nothing of it was stored. Send it again later."
        return describe(507, detail, code="disk_full")
    raise error


def _http_problem(request: Request, error: HTTPException) -> Document:
    details = {
        404: f"There is nothing at {request.url.path}; /docs lists what there is.",
        405: f"{request.url.path} does not take {request.method}.",
    }
    detail = details.get(error.status_code, error.detail)
    return describe(error.status_code, detail, code=_CODES.get(error.status_code, "error"))


def _misfit(first: Mapping[str, Any]) -> Document:
    """The first thing that does not fit, by its place in the request."""
    if first["type"] == "json_invalid":
        return describe(422, "The body is not valid JSON.", code="invalid_input")
    field = field_name(first["loc"])
    wrong = "is missing" if first["type"] == "missing" else f"does not fit: {first['msg']}"
    shown = f"{field or 'The request'}{_shown_value(first)}"
    return describe(422, f"{shown} {wrong}.", code="invalid_input", field=field, options=_expected(first))


def _shown_value(misfit: Mapping[str, Any]) -> str:
    """A parameter's value; that of a body, a search or an attribute may be a customer's words and is not repeated."""
    if not misfit["loc"]:  # the body as a whole
        return ""
    place, name = misfit["loc"][0], str(misfit["loc"][-1])
    if place != "query" or _MAYBE_WORDS.fullmatch(name) or not isinstance(misfit.get("input"), str):
        return ""
    return f"={misfit['input'][:SHOWN_CHARS]!r}"


def _expected(misfit: Mapping[str, Any]) -> tuple[str, ...]:
    if misfit["type"] != "literal_error":
        return ()
    return tuple(option.strip("' ") for option in misfit["ctx"]["expected"].replace(" or ", ", ").split(","))


_UNFORESEEN: Final = describe(500, "Something went wrong on our side; the service's log says where.", code="internal")
