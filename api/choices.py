"""What a reader chooses for all pages. Each choice is a link, as `?lang=en`, and is kept in a cookie.

The server draws the page as chosen, so nothing flashes, and no script reads the cookies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.callers import is_https
from api.tongue import LANGUAGES, SPOKEN, Language

YEAR_S: Final = 365 * 86_400
_NO_PAGES: Final = ("/v1/", "/static/", "/odata", "/metrics", "/openapi.json")


@dataclass(frozen=True, slots=True)
class Choice:
    """The cookie that keeps a choice, and what there is to choose from; the first is meant where nothing was chosen."""

    cookie: str
    options: tuple[str, ...]

    def made(self, request: Request) -> str:
        """What this reader has chosen."""
        kept = request.cookies.get(self.cookie)
        return kept if kept in self.options else self.options[0]


LANGUAGE: Final = Choice("voc_lang", LANGUAGES)
THEME: Final = Choice("voc_theme", ("system", "light", "dark"))
CHOICES: Final[Mapping[str, Choice]] = {"lang": LANGUAGE, "theme": THEME}


def choice_address(request: Request, name: str, value: str) -> str:
    """The link from this page that makes a choice and comes back; from an answer to a form it leads to the first page."""
    if request.method not in ("GET", "HEAD"):
        return f"/?{urlencode({name: value})}"
    given = [pair for pair in request.query_params.multi_items() if pair[0] not in CHOICES and pair[1]]
    return f"?{urlencode([*given, (name, value)])}"


class KeepChoices:
    """Answers in the language that was chosen; keeps a choice that is in the address, and leads on to the page without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or keeps what it chooses."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        language: Language = "en" if LANGUAGE.made(request) == "en" else "fa"
        spoken = SPOKEN.set(language)
        try:
            await (_keep(request) if _chooses(request) else self._app)(scope, receive, send)
        finally:
            SPOKEN.reset(spoken)


def _chooses(request: Request) -> bool:
    chosen = request.method == "GET" and CHOICES.keys() & request.query_params.keys()
    return bool(chosen) and not request.url.path.startswith(_NO_PAGES)


def _keep(request: Request) -> RedirectResponse:
    given = parse_qsl(request.url.query)
    rest = urlencode([pair for pair in given if pair[0] not in CHOICES])
    path = "/" + quote(request.scope["path"].lstrip("/\\"))  # two slashes would lead to another site
    answer = RedirectResponse(path + (f"?{rest}" if rest else ""), status_code=303)
    for name, value in given:
        if name in CHOICES and value in CHOICES[name].options:
            answer.set_cookie(
                CHOICES[name].cookie, value, max_age=YEAR_S, path="/", httponly=True, samesite="lax", secure=is_https(request)
            )
    return answer
