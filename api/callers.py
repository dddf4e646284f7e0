"""Who is calling: the keys that exist, held in memory so that no call waits for the database, and the page's sessions.

Where one process has the database, keys change only through here, so what is in memory is what is stored. Where several share
it, keys are read again every second: one that was revoked elsewhere opens nothing a second later.
"""

import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Final

from fastapi import Request

from voc.access import Key, Scope, Via, digest_of, make_key
from voc.errors import ConflictError, StoreError
from voc.store import Store

COOKIE: Final = "voc_session"
FRESH_S: Final = 1.0
SESSION_S: Final = 12 * 3600  # a working day, so that nobody signs in twice in one and nobody stays overnight
_SESSIONS: Final = 10_000  # far more than people; a script that signs in over and over fills no memory
_TOKEN_BYTES: Final = 32  # as many as of a key


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, by what, from where, and what that lets them do; nobody has no scope."""

    via: Via
    scope: Scope | None = None
    key_id: str | None = None
    address: str | None = None

    @property
    def name(self) -> str:
        """What limits count by: the key, or the address of one who shows none."""
        return self.key_id or f"address {self.address}"


class Keyring:
    """The keys of a store. While no key was ever made, whoever reaches the service on loopback may do everything."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: tuple[Key, ...] = ()
        self._reading = Lock()  # so that what was read later is what stays
        self._ended = Event()
        self._read()
        if store.is_shared:
            Thread(target=self._follow, name="voc-keys", daemon=True).start()

    def stop(self) -> None:
        """Look no more for what other processes change."""
        self._ended.set()

    @property
    def is_open(self) -> bool:
        """Whether no key was ever made; where all are revoked, the service stays closed until there is a new one."""
        return not self._keys

    def find(self, secret: str) -> Key | None:
        """The key with this secret; each is compared, in constant time."""
        digest = digest_of(secret)
        found = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]
        return next((key for key in found if key.revoked_at is None), None)

    def get(self, key_id: str) -> Key | None:
        """The key with this id, if it still opens anything."""
        return next((key for key in self._keys if key.id == key_id and key.revoked_at is None), None)

    def make(self, name: str, scope: str, now: datetime) -> tuple[Key, str]:
        """A new key and its secret. Raises ConflictError where it would lock out everyone who can make more."""
        key, secret = make_key(name, scope, now)
        if key.scope != "admin" and not any(each.scope == "admin" and each.revoked_at is None for each in self._keys):
            message = "The first key must have the scope admin: with any other, nobody could make or revoke keys from here on."
            raise ConflictError(message, field="scope", options=("admin",))
        self._store.add_key(key)
        self._read()
        return key, secret

    def revoke(self, key_id: str, now: datetime) -> None:
        """Let a key, and the sessions that were opened with it, open nothing any more. Raises NotFoundError."""
        self._store.revoke_key(key_id, now)
        self._read()

    def _read(self) -> None:
        with self._reading:
            self._keys = self._store.all_keys()

    def _follow(self) -> None:
        while not self._ended.wait(FRESH_S):
            with suppress(StoreError):  # nothing else is answered either while the database cannot be asked
                self._read()


class Sessions:
    """Who has signed in on the page, in memory: a restart signs everybody out. Tokens are kept as their hashes only."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, float]] = {}  # hash of the token → key, and when it ends

    def begin(self, key_id: str, now_s: float) -> str:
        """The token of a new session."""
        for token in [token for token, (_, ends) in self._open.items() if ends <= now_s]:
            del self._open[token]
        while len(self._open) >= _SESSIONS:
            del self._open[next(iter(self._open))]
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._open[digest_of(token)] = (key_id, now_s + SESSION_S)
        return token

    def find(self, token: str, now_s: float) -> str | None:
        """The id of the key that a session was opened with; None where it is over, or never was."""
        key_id, ends = self._open.get(digest_of(token), (None, now_s))
        return key_id if ends > now_s else None

    def end(self, token: str) -> None:
        """Sign out."""
        self._open.pop(digest_of(token), None)


def read_token(cookie: str) -> str | None:
    """The session's token in a Cookie header.

    >>> read_token("a=b; voc_session=t0ken"), read_token("a=b")
    ('t0ken', None)
    """
    for pair in cookie.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value or None
    return None


def is_https(request: Request) -> bool:
    """Whether the browser speaks HTTPS, with us or with a proxy; it says so itself in Origin, which every form sends."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
