"""The page's sign-in: a key in exchange for a cookie that no script can read and no other site can send."""

import time
from dataclasses import replace
from typing import Annotated, Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from api.access import SIGN_IN
from api.callers import COOKIE, SESSION_S, is_https, read_token
from api.rendering import render
from api.service import Running
from voc.errors import TooLargeError

router = APIRouter(include_in_schema=False)

FORM_BYTES: Final = 4_096  # a key and an address; nobody has shown one yet, so no more is read


@router.get(SIGN_IN)
async def show_sign_in(
    request: Request, service: Running, came_for: Annotated[str, Query(alias="next", max_length=2_000)] = "/"
) -> Response:
    """The form; whoever needs none is led on."""
    if service.access.keyring.is_open or request.state.caller.via == "session":
        return RedirectResponse(own_path(came_for), status_code=303)
    return _form(request, came_for)


@router.post(SIGN_IN)
async def sign_in(request: Request, service: Running) -> Response:
    """What the form sends; leads to where its person was going."""
    given = parse_qs((await read_small_body(request)).decode("utf-8", "replace"))
    came_for = given.get("next", ["/"])[0]
    key = service.access.keyring.find(given.get("key", [""])[0].strip())
    if key is None:
        return _form(request, came_for, failed=True)
    request.state.caller = replace(request.state.caller, via="session", scope=key.scope, key_id=key.id)
    answer = RedirectResponse(own_path(came_for), status_code=303)
    token = service.access.sessions.begin(key.id, time.monotonic())
    answer.set_cookie(COOKIE, token, max_age=SESSION_S, path="/", httponly=True, samesite="strict", secure=is_https(request))
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, service: Running) -> RedirectResponse:
    """Ends the session here and in the browser."""
    if token := read_token(request.headers.get("cookie", "")):
        service.access.sessions.end(token)
    answer = RedirectResponse(SIGN_IN, status_code=303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=is_https(request))
    return answer


def own_path(address: str) -> str:
    r"""The address if it is a page of ours, else the first page: a sign-in must not lead to another site.

    >>> own_path("/texts?q=دیر"), own_path("//evil.example"), own_path("/\\evil.example"), own_path("https://evil.example")
    ('/texts?q=دیر', '/', '/', '/')
    """
    if not address.startswith("/") or address[1:2] in ("/", "\\") or not address.isprintable():
        return "/"
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc and parts.path != SIGN_IN else "/"


async def read_small_body(request: Request, most_bytes: int = FORM_BYTES) -> bytes:
    """A form without files. Raises TooLargeError where it is larger than that."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise TooLargeError("That is more than this form holds.")
    return bytes(body)


def _form(request: Request, came_for: str, *, failed: bool = False) -> HTMLResponse:
    return render(request, "sign_in.html", 401 if failed else 200, came_for=own_path(came_for), failed=failed)
