"""When a delivery that failed is tried again, when it is given up, and when its endpoint is.

The schedule is that of the Standard Webhooks specification: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h
and 24 h, three days and some hours in all, each longer or shorter by up to a tenth so that not all come back at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from voc.webhooks.endpoint import Delivery, DisabledReason, Webhook
from voc.webhooks.post import Answer

DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER: Final = 0.1
GIVE_UP_AFTER: Final = timedelta(days=3)
"""An endpoint that has failed for so long, with nothing that succeeded in between, is disabled."""
LONGEST_REST: Final = timedelta(minutes=5)
"""How long an endpoint that does not answer is let alone: with a long queue, not each delivery is to wait for its time-out."""

_GONE: Final = 410
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True)
class Settled:
    """A delivery after an attempt, since when its endpoint fails, whether that is disabled, and how long it is let alone."""

    delivery: Delivery
    failing_since: datetime | None
    disabled: DisabledReason | None
    rest: timedelta


def settle(webhook: Webhook, delivery: Delivery, answer: Answer, now: datetime, chance: float) -> Settled:
    """What follows from an answer; `chance`, from 0 to 1, spreads the next attempt."""
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        last_attempt_at=now,
        next_attempt_at=None,
        response_code=answer.status,
        problem=answer.problem,
    )
    if answer.status is not None and 200 <= answer.status < 300:
        return Settled(replace(tried, status="delivered"), None, None, timedelta())
    since = webhook.failing_since or now
    disabled = _disabled(answer, since, now)
    delay = None if disabled else delay_after(tried.attempts, chance)
    if delay is None:
        return Settled(replace(tried, status="failed"), since, disabled, _rest(answer, LONGEST_REST))
    delay = max(delay, timedelta(seconds=answer.retry_after_s))
    return Settled(replace(tried, next_attempt_at=now + delay), since, None, _rest(answer, delay))


def delay_after(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many attempts; None where that was the last.

    >>> delay_after(1, 0.5), delay_after(3, 1.0), delay_after(10, 0.5)
    (datetime.timedelta(seconds=5), datetime.timedelta(seconds=1980), None)
    """
    if attempts > len(DELAYS):
        return None
    return DELAYS[attempts - 1] * (1 + JITTER * (2 * chance - 1))


def _disabled(answer: Answer, since: datetime, now: datetime) -> DisabledReason | None:
    if answer.status == _GONE:
        return "gone"
    return "failing" if now - since >= GIVE_UP_AFTER else None


def _rest(answer: Answer, delay: timedelta) -> timedelta:
    """Nothing where the endpoint is well and merely does not take this message: those behind it need not wait."""
    unwell = answer.status is None or answer.status == _TOO_MANY or answer.status >= 500
    return max(min(delay, LONGEST_REST), timedelta(seconds=answer.retry_after_s)) if unwell else timedelta()
