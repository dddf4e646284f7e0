"""Keys, the scopes that they carry, what the audit log keeps, and when a service may be open to whoever reaches it.

A key is 256 random bits, so a fast hash is enough to keep it by: there is no dictionary to try, as there is for passwords,
and whoever reads the hashes still cannot ask anything. A slow hash would cost every call tens of milliseconds.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from voc.errors import InputError, SettingsError
from voc.settings import Settings

Scope = Literal["read", "write", "admin"]
Via = Literal["key", "session", "open", "command", "nobody"]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)  # each may do what those before it may
NAME_CHARS: Final = 100  # a name is for telling keys apart in a list
_PREFIX: Final = "voc_"  # so that a scanner of repositories and logs knows one when it sees it
_SECRET_BYTES: Final = 32  # 256 bits: beyond trying out, for ever
_HALF_SPACE: Final = "\u200c"  # not printable to Python, but Persian cannot be written without it
_ID_BYTES: Final = 6  # as many digits as the id of a batch


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept: `digest` is the SHA-256 of its secret, which is nowhere."""

    id: str
    name: str
    scope: Scope
    digest: str = field(repr=False)
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, and how it was answered; never what stood in a request, nor a customer's id."""

    happened_at: datetime
    via: Via
    key_id: str | None
    address: str | None
    method: str
    route: str
    target: str | None
    status: int


def make_key(name: str, scope: str, now: datetime) -> tuple[Key, str]:
    """A new key and its secret, which is to be shown once. Raises InputError for a name or scope that cannot be."""
    if scope not in SCOPES:
        raise InputError(f"scope: there is no {scope!r}.", field="scope", options=SCOPES)
    if not name.strip() or not name.replace(_HALF_SPACE, "").isprintable() or len(name) > NAME_CHARS:
        raise InputError(f"name: give up to {NAME_CHARS} characters that say who or what the key is for.", field="name")
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    return Key("k" + secrets.token_hex(_ID_BYTES), name.strip(), scope, digest_of(secret), now), secret


def digest_of(secret: str) -> str:
    """What a secret is kept as: SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def covers(scope: Scope | None, needed: Scope) -> bool:
    """Whether a scope is enough for a call.

    >>> covers("write", "read"), covers("write", "admin"), covers(None, "read")
    (True, False, False)
    """
    return scope is not None and SCOPES.index(scope) >= SCOPES.index(needed)


def pseudonym(secret: str, value: str) -> str:
    """What stands for an id: for a customer in the audit log, for an agent in every answer.

    It is the same for the same id, and not to be undone without the secret.
    """
    return "h" + hmac.new(secret.encode(), value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_part(address: str) -> str:
    """An address of VOC_ALLOWED_HOSTS without its port and brackets.

    >>> host_part("voc.example.ir:8443"), host_part("[::1]:8000"), host_part("::1")
    ('voc.example.ir', '::1', '::1')
    """
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address if address.count(":") > 1 else address.partition(":")[0]


def check_reach(settings: Settings, keys: Iterable[Key]) -> None:
    """Raises SettingsError where others could reach the service, by address or through a proxy, and no key opens it."""
    has_key = any(key.revoked_at is None for key in keys)
    names = {"VOC_HOST": (settings.host,), "VOC_ALLOWED_HOSTS": tuple(map(host_part, settings.hosts))}
    for setting, hosts in names.items():
        beyond = [host for host in hosts if not is_loopback(host)]
        if beyond and not has_key:
            raise SettingsError(
                f"{setting}: {beyond[0]!r} can be reached by others and there is no access key yet. Make one first, with"
                " `voc keys create --scope admin --name NAME`, or listen on 127.0.0.1 alone.",
                field=setting,
            )
