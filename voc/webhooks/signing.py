"""The one door to `standardwebhooks`: the headers that say a call is ours, made by the code that receivers verify with."""

from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook


def sign(message_id: str, at: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of a call: its id, its time in UTC, and a signature with each secret, parted by spaces."""
    signatures = (Webhook(secret).sign(message_id, at, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
