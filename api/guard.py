"""What stands before every request and after every answer: whose it is, and what a browser may do with it.

A service on loopback without keys can still be reached by any web page that the same person opens: by a name that an
attacker points at 127.0.0.1, or by a form that posts across sites. So only our own host names are answered, and nothing is
changed for a request that says it comes from another site.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import describe, respond
from voc.access import host_part

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})  # none: the person's own doing, such as a bookmark


class Guard:
    """Answers only to the given host names, refuses changes asked for by other sites, adds the security headers.

    `proxied` are the names, with their ports where they have one, by which a proxy is asked; a page from there is our own,
    whatever Host the proxy passes on. What is not a static file carries customers' words: it is not to be kept in a cache,
    unless the route says otherwise.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], proxied: tuple[str, ...] = ()) -> None:
        self._app = app
        self._hosts = frozenset(host.lower().strip("[]") for host in (*hosts, *map(host_part, proxied)))
        self._proxied = frozenset(host.lower() for host in proxied)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or refuses it with a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, method: str, headers: Headers) -> ASGIApp | None:
        if host_name(headers.get("host", "")) not in self._hosts:
            detail = (
                "This service does not answer to that host name. Use localhost, or the address that it listens on (VOC_HOST);"
                " a proxy must pass that address on as Host, or its own name must be in VOC_ALLOWED_HOSTS."
            )
            return respond(describe(400, detail, code="unknown_host", field="Host", options=sorted(self._hosts)))
        if method not in _SAFE_METHODS and self._from_elsewhere(headers):
            detail = "Another site may not change anything here. Behind a proxy, put the name of the page in VOC_ALLOWED_HOSTS."
            return respond(describe(403, detail, code="cross_site", field="Origin"))
        return None

    def _from_elsewhere(self, headers: Headers) -> bool:
        if site := headers.get("sec-fetch-site"):  # the browser's own word; Origin misleads behind a proxy that rewrites Host
            return site not in _OWN_SITES
        origin = headers.get("origin")
        return origin is not None and not self._is_own(origin, headers.get("host", ""))

    def _is_own(self, origin: str, host: str) -> bool:
        site = origin.partition("://")[2].lower()
        return site == host.lower() or site in self._proxied


def is_browser_sure(headers: Headers) -> bool:
    """Whether a browser says where a request comes from; what it says is held against our own names by the guard."""
    return "sec-fetch-site" in headers or "origin" in headers


def host_name(header: str) -> str | None:
    """The name in a Host header, without port and brackets, in small letters; None where it is not one.

    >>> host_name("[::1]:8000"), host_name("LocalHost"), host_name("a b")
    ('::1', 'localhost', None)
    """
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or " " in header:
        return None
    return parts.hostname
