"""Endpoints that are told of events, their deliveries, and what an endpoint may be.

Secrets are kept as they are, since a signature cannot be made with a hash; they are shown once, listed nowhere and logged
nowhere. The specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from voc.errors import InputError
from voc.webhooks.addresses import is_address, is_public
from voc.webhooks.events import EVENTS

DisabledReason = Literal["by_hand", "gone", "failing"]
DeliveryStatus = Literal["waiting", "delivered", "failed"]

URL_CHARS: Final = 2_000
DESCRIPTION_CHARS: Final = 200
_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 – as the specification has it
_SECRET_BYTES: Final = 32  # the specification asks for 24 to 64
_ID_BYTES: Final = 6  # as many digits as the id of a batch
_HALF_SPACE: Final = "\u200c"  # not printable to Python, but Persian cannot be written without it


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint; `old_secret` signs beside `secret` until `old_secret_until`; `failing_since` the last that succeeded."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str
    include_text: bool
    created_at: datetime
    secret: str = field(repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None

    @property
    def enabled(self) -> bool:
        """Whether it is told of anything."""
        return self.disabled_at is None

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """The secrets that sign at this moment, the new one first."""
        if self.old_secret is None or self.old_secret_until is None or self.old_secret_until <= now:
            return (self.secret,)
        return (self.secret, self.old_secret)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, and how far it has come; `data` is what is said of it, without a customer's words."""

    number: int
    webhook_id: str
    message_id: str
    event: str
    happened_at: datetime
    data: dict[str, Any] = field(repr=False)
    seq: int | None
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    response_code: int | None
    problem: str | None

    @property
    def id(self) -> str:
        """Its public id."""
        return f"d{self.number}"


def make_webhook(
    url: str, events: Sequence[str], now: datetime, *, description: str = "", include_text: bool = False, private: bool = False
) -> Webhook:
    """A new endpoint with a secret. Raises InputError for a URL, event or description that cannot be."""
    return Webhook(
        id="w" + secrets.token_hex(_ID_BYTES),
        url=check_url(url, private=private),
        events=check_events(events),
        description=check_description(description),
        include_text=include_text,
        created_at=now,
        secret=make_secret(),
    )


def make_secret() -> str:
    """256 random bits, as the specification writes secrets."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def make_message_id() -> str:
    """What a receiver knows a message by, at whichever attempt it comes."""
    return "msg_" + secrets.token_hex(12)


def check_url(url: str, *, private: bool) -> str:
    """The URL itself. Raises InputError, which does not repeat it, where it is none that webhooks may go to.

    A name may lead elsewhere later, so the address is looked at again whenever a call is made.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise _bad_url(f"give an http or https URL of up to {URL_CHARS} ASCII characters, such as https://example.ir/hooks.")
    if parts.username is not None or parts.password is not None:
        raise _bad_url("a URL with a name or password in it would be shown to others; the signature says who calls.")
    if "#" in url:
        raise _bad_url("what follows a # never reaches the other side; leave it out.")
    if not private and is_address(parts.hostname) and not is_public(parts.hostname):
        raise _bad_url("this address is not a public one. VOC_WEBHOOK_PRIVATE=true lets webhooks go there.")
    return url


def check_events(events: Sequence[str]) -> tuple[str, ...]:
    """The events, each once. Raises InputError for none, or one that does not exist."""
    for name in events:
        if name not in EVENTS:
            raise InputError(f"events: there is no event {name[:60]!r}.", field="events", options=EVENTS)
    if not events:
        raise InputError("events: name one at least.", field="events", options=EVENTS)
    return tuple(dict.fromkeys(events))


def check_description(description: str) -> str:
    """The description, without blanks around it. Raises InputError where it is too long or not printable."""
    if len(description) > DESCRIPTION_CHARS or not description.replace(_HALF_SPACE, "").isprintable():
        raise InputError(f"description: give up to {DESCRIPTION_CHARS} characters on one line.", field="description")
    return description.strip()


def _split(url: str) -> SplitResult | None:
    if len(url) > URL_CHARS or not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\"<>'):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _bad_url(why: str) -> InputError:
    return InputError(f"url: {why}", field="url")
