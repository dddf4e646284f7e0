"""Stands before every call: who is calling, whether they may, whether they ask too much; and keeps who did what.

It refuses before a byte of a body is read. What a call needs follows from its method, so that a new route is closed until
someone with a key asks: GET needs read, DELETE and what nobody knows need admin, the rest needs write; exceptions are below.
"""

import re
import time
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from api.audit import AuditWriter
from api.callers import Caller, Keyring, Sessions, read_token
from api.guard import is_browser_sure
from api.limits import UPLOAD_WAIT_S, CallRate, UploadSlots
from api.problems import Document, describe, respond, wants_page
from api.rendering import render_problem
from voc.access import AuditEntry, Scope, covers, is_loopback, pseudonym
from voc.kpis import KPIS
from voc.settings import Settings
from voc.store import Store
from voc.taxonomy import load_taxonomy

SIGN_IN: Final = "/sign-in"
FEED: Final = "/odata"
"""Where a key may come as the password of Basic too, which is all that Power BI and Excel can send. Nothing is changed there,
so that a browser that remembers a password can be led to no harm; elsewhere it opens nothing."""
ROUTE: Final = "route"  # where a call keeps the template of its route
TARGET: Final = "target"  # where a route leaves the id of what it made, for the log
NOWHERE: Final = "(none)"  # the route, in the log, of a path that leads nowhere
_QUIET: Final = frozenset({"/healthz", "/readyz", "/static", "/static/vendor/{name}"})  # for everyone, and not in the log
_ROUTINE: Final = frozenset({"/metrics"})  # asked for every few seconds: the log of who asked what would be of nothing else
_PUBLIC: Final = _QUIET | {SIGN_IN, "/sign-out"}
_ADMIN: Final = ("/admin", "/v1/keys", "/v1/audit", "/v1/backup", "/v1/webhooks", "/v1/export/database")
_EXCEPTIONS: Final[dict[tuple[str, str], Scope]] = {
    ("POST", "/v1/tag"): "read",  # stores nothing
    ("GET", "/v1/feedback/{feedback_id}/original"): "admin",
    ("DELETE", "/v1/corrections/{correction_id}"): "write",  # takes back what a writer has said; nothing is lost
    ("GET", "/feedback/{feedback_id}/correction"): "write",  # a form that who only reads could not send
    ("POST", "/batches/{batch_id}/delete"): "admin",  # a form knows no DELETE
}
_UPLOADS: Final = frozenset(("POST", path) for path in ("/v1/batches", "/v1/preview", "/upload", "/upload/preview"))
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_ID: Final = re.compile(r"[a-z][0-9a-f]{1,32}")  # b…, f…, k…; what is no name of ours either may be a customer's words
_CUSTOMER: Final = "customer_id"
_STRANGERS_PER_MINUTE: Final = 120  # of one address without a key: enough to sign in, too few to fill the log or try keys
_METHOD_CHARS: Final = 16  # longer than any real one


@dataclass(frozen=True, slots=True)
class Access:
    """What the service knows of its callers; `secret` is that of the pseudonyms in the audit log."""

    keyring: Keyring
    sessions: Sessions
    audit: AuditWriter
    calls: CallRate
    strangers: CallRate
    uploads: UploadSlots
    secret: str


@dataclass(frozen=True, slots=True)
class Call:
    """Which route is asked for, for which thing, and what that needs; None where it is for everyone."""

    method: str
    route: str
    target: str | None
    needed: Scope | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem document and the headers that go with it."""

    document: Document
    headers: dict[str, str]


def open_access(store: Store, settings: Settings) -> Access:
    """The access of a service that starts; its audit log is being written from here on."""
    audit = AuditWriter(store, settings.audit_days)
    audit.start()
    return Access(
        Keyring(store),
        Sessions(),
        audit,
        CallRate(settings.rate_per_minute),
        CallRate(min(settings.rate_per_minute, _STRANGERS_PER_MINUTE)),
        UploadSlots(settings.concurrent_uploads),
        store.audit_secret(),
    )


def needed_scope(method: str, route: str) -> Scope | None:
    """What a call needs; None where it is for everyone.

    >>> needed_scope("GET", "/v1/kpis"), needed_scope("DELETE", "/v1/batches/{batch_id}"), needed_scope("GET", "/healthz")
    ('read', 'admin', None)
    """
    if route in _PUBLIC:
        return None
    if (method, route) in _EXCEPTIONS:
        return _EXCEPTIONS[method, route]
    if route.startswith(_ADMIN):
        return "admin"
    if method in _SAFE_METHODS:
        return "read"
    return "admin" if method == "DELETE" or route == NOWHERE else "write"


def list_routes(app: FastAPI) -> list[tuple[str, frozenset[str]]]:
    """The template and the methods of every route, in the order in which they are tried; a mount has all methods."""
    contexts = iter_route_contexts(app.routes)
    return [(each.path or "", frozenset(getattr(each, "methods", None) or ())) for each in contexts]


class AccessGate:
    """Lets a call through to the application if its caller may make it, and notes how it was answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._routes: list[tuple[str, frozenset[str], re.Pattern[str]]] = []

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Serves a request, or refuses it with a problem document, or with the way to the sign-in where a person asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = self._find_call(scope)
        scope.setdefault("state", {})[ROUTE] = call.route
        if call.route in _QUIET:
            await self._app(scope, receive, send)
            return
        access: Access = scope["app"].state.service.access
        caller, refusal = _admit(access, call, scope)
        scope["state"]["caller"] = caller
        recorder = _Recorder(access, call, scope, send)
        try:
            if refusal is not None:
                await _refuse(access, refusal, Request(scope, receive))(scope, receive, recorder.send)
            elif (call.method, call.route) in _UPLOADS:
                await self._upload(access, caller, scope, receive, recorder.send)
            else:
                await self._app(scope, receive, recorder.send)
        except Exception:
            recorder.note_failure()
            raise

    async def _upload(self, access: Access, caller: Caller, scope: Connection, receive: Receive, send: Send) -> None:
        if not access.uploads.enter(caller.name):
            detail = "Too many uploads at once (VOC_CONCURRENT_UPLOADS). Wait until one of them is answered."
            document = describe(429, detail, code="too_many_uploads")
            refusal = Refusal(document, {"Retry-After": str(UPLOAD_WAIT_S)})
            await _refuse(access, refusal, Request(scope, receive))(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            access.uploads.leave(caller.name)

    def _find_call(self, scope: Connection) -> Call:
        if not self._routes:
            self._routes = [(path, methods, _pattern(path, methods)) for path, methods in list_routes(scope["app"])]
        method, path = scope["method"][:_METHOD_CHARS], call_path(scope)
        found = [(route, methods, match) for route, methods, regex in self._routes if (match := regex.match(path))]
        if not found:
            return Call(method, NOWHERE, None, needed_scope(method, NOWHERE))
        route, _, match = next((each for each in found if not each[1] or method in each[1]), found[0])
        target = None if route in _QUIET else _target(match.groupdict(), scope)
        return Call(method, route, target, needed_scope(method, route))


def _admit(access: Access, call: Call, scope: Connection) -> tuple[Caller, Refusal | None]:
    """Who is calling, and why not, if not."""
    headers = Headers(scope=scope)
    caller, doubt = _identify(access, headers, scope)
    rate = access.strangers if caller.via == "nobody" else access.calls
    if wait_s := rate.wait_s(caller.name, time.monotonic()):
        detail = f"Too many calls (VOC_RATE_PER_MINUTE). Try again in {wait_s} s."
        return caller, Refusal(describe(429, detail, code="too_many_calls"), {"Retry-After": str(wait_s)})
    if call.needed is None:
        return caller, None
    if caller.scope is None:
        return caller, doubt or _no_key(access)
    if not covers(caller.scope, call.needed):
        detail = f"The key has the scope {caller.scope}; this call needs {call.needed}."
        challenge = {"WWW-Authenticate": f'Bearer realm="voc", error="insufficient_scope", scope="{call.needed}"'}
        return caller, Refusal(describe(403, detail, code="scope_too_small"), challenge)
    if caller.via == "session" and call.method not in _SAFE_METHODS and not is_browser_sure(headers):
        detail = "A call with the page's cookie must come from the page. Tools send a key, as Authorization: Bearer."
        return caller, Refusal(describe(403, detail, code="cross_site", field="Origin"), {})
    return caller, None


def _identify(access: Access, headers: Headers, scope: Connection) -> tuple[Caller, Refusal | None]:
    """The caller; where a key is shown that opens nothing, nobody and the reason."""
    address = scope["client"][0] if scope.get("client") else None
    if access.keyring.is_open:
        return (Caller("open", "admin", address=address) if _is_local(scope) else Caller("nobody", address=address)), None
    if shown := headers.get("authorization"):
        secret = _shown_secret(shown, call_path(scope))
        key = access.keyring.find(secret) if secret else None
        if key is None:
            return Caller("nobody", address=address), _bad_key()
        return Caller("key", key.scope, key.id, address), None
    token = read_token(headers.get("cookie", ""))
    key_id = access.sessions.find(token, time.monotonic()) if token else None
    key = access.keyring.get(key_id) if key_id else None
    return (Caller("session", key.scope, key.id, address) if key else Caller("nobody", address=address)), None


def _shown_secret(shown: str, path: str) -> str | None:
    """The key in an Authorization header; of Basic the password, whoever the user is said to be. None where there is none."""
    kind, _, secret = shown.partition(" ")
    if kind.lower() == "bearer":
        return secret.strip()
    if kind.lower() != "basic" or not f"{path}/".startswith(f"{FEED}/"):
        return None
    with suppress(ValueError):
        return b64decode(secret.strip(), validate=True).decode().partition(":")[2].strip()
    return None


def _is_local(scope: Connection) -> bool:
    """Whether the connection came in on loopback or a socket file: a server may listen elsewhere than VOC_HOST says."""
    host = (scope.get("server") or ("",))[0]
    return is_loopback(host) or host.startswith("/")


def _no_key(access: Access) -> Refusal:
    detail = "This call needs a key, as Authorization: Bearer KEY. An admin makes one with POST /v1/keys."
    if access.keyring.is_open:
        detail = "There is no key yet, so only this machine is answered. Make one: voc keys create --scope admin --name NAME."
    return Refusal(describe(401, detail, code="no_key"), {"WWW-Authenticate": 'Bearer realm="voc"'})


def _bad_key() -> Refusal:
    document = describe(401, "This key is not known, or was revoked.", code="bad_key", field="Authorization")
    return Refusal(document, {"WWW-Authenticate": 'Bearer realm="voc", error="invalid_token"'})


def _refuse(access: Access, refusal: Refusal, request: Request) -> ASGIApp:
    status = refusal.document["status"]
    if not wants_page(request):
        return respond(refusal.document, refusal.headers)
    if status == 401 and request.method == "GET" and not access.keyring.is_open:  # without any key nobody could sign in
        came_for = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(came_for, safe='')}", status_code=303)
    page = render_problem(request, refusal.document)
    page.headers.update(refusal.headers)
    return page


class _Recorder:
    """Notes how a call is answered; what changes something is in the log before its answer goes out."""

    def __init__(self, access: Access, call: Call, scope: Connection, send: Send) -> None:
        self._audit = access.audit
        self._call = call
        self._state: dict[str, Any] = scope["state"]
        self._send = send
        self._noted = False
        self._changes = call.method not in _SAFE_METHODS and call.needed != "read"

    async def send(self, message: Message) -> None:
        """Sends a message on, once what it answers is noted."""
        if message["type"] == "http.response.start" and not self._noted:
            self._noted = True
            entry = self._entry(message["status"])
            if self._changes and entry.via != "nobody":
                await run_in_threadpool(self._audit.write, entry)
            elif self._call.route in _ROUTINE and entry.status == 200:
                self._audit.note_use(entry)
            elif entry.via != "nobody" or entry.status != 429:  # a flood must not become a flood of entries
                self._audit.note(entry)
        await self._send(message)

    def note_failure(self) -> None:
        """Notes a call that nothing was answered to, for it may have changed something all the same."""
        if not self._noted:
            self._audit.note(self._entry(500))

    def _entry(self, status: int) -> AuditEntry:
        caller, call = self._state["caller"], self._call
        target = self._state.get(TARGET, call.target)
        at = datetime.now(UTC)
        return AuditEntry(at, caller.via, caller.key_id, caller.address, call.method, call.route, target, status)


def _target(found: dict[str, Any], scope: Connection) -> str | None:
    """The id in the path as the log has it: that of a customer, and what is no id of ours, is not readable there."""
    name, value = next(iter(found.items()), (None, None))
    if value is None:
        return None
    if name != _CUSTOMER and (_OWN_ID.fullmatch(value) or value in _our_names()):
        return str(value)
    return pseudonym(scope["app"].state.service.access.secret, value)


@cache
def _our_names() -> frozenset[str]:
    """The codes and KPIs that pages are named by."""
    taxonomy = load_taxonomy()
    return frozenset({*taxonomy.titles_fa, *(kpi.name for kpi in KPIS)})


def _pattern(path: str, methods: frozenset[str]) -> re.Pattern[str]:
    regex, _, _ = compile_path(path if methods else f"{path}/{{path:path}}")
    return regex


def call_path(scope: Connection) -> str:
    """The path below the address that the application is mounted at."""
    path: str = scope["path"]
    root = scope.get("root_path", "")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path
