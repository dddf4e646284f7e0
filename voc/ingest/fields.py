"""The fields of a row of feedback that a column can fill, and how a cell is read for each."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Final
from zoneinfo import ZoneInfo

from voc.ingest.aliases import TURN_FIELDS
from voc.ingest.dates import parse_moment
from voc.ingest.letters import plain, storable
from voc.ingest.memory import Remembering
from voc.ingest.values import (
    amount_reader,
    as_text,
    duration_reader,
    is_missing,
    parse_boolean,
    parse_count,
    parse_id,
    refuse_endless,
    score_reader,
)
from voc.records import EesScale, Feedback

Read = Callable[[object], object]

_MADE: Final = ("line", "attributes", "turns", "speakers_sure", "original")
FIELD_NAMES: Final = tuple(field.name for field in fields(Feedback) if field.name not in _MADE)
"""All that a column of feedback can fill, `text` first."""
MAPPED_NAMES: Final = (*FIELD_NAMES, *TURN_FIELDS)
"""All that a mapping may name."""
MOMENTS: Final = ("occurred_at", "first_response_at", "resolved_at")
SCALES: Final = {"csat": (1, 5), "ces": (1, 7), "ves_1": (1, 7), "ves_2": (1, 7), "ees": (1, 5), "nps": (0, 10)}
EES_SCALES: Final[Mapping[EesScale, tuple[int, int]]] = {"1-5": SCALES["ees"], "0-10": (0, 10)}
UNCERTAIN: Final = frozenset(
    [
        "first_response_at",
        "resolved_at",
        "handle_s",
        "wait_s",
        "abandoned",
        "transfers",
        "cost",
        "revenue",
        "referred",
        "referral_sold",
    ]
)
"""Fields whose headers also stand over other things («زمان پاسخ» over minutes): a column of values that mostly cannot be read
is no such field. The time of the row and its scores are never given up like that: their bad rows are refused."""

_SELF_SERVICE: Final = frozenset(
    map(plain, ["self service", "self-service", "selfservice", "سلف سرویس", "سلف‌سرویس", "خودخدمت", "خود خدمتی"])
)


def field_reader(field: str, zone: ZoneInfo, unit_s: float = 1.0, ees_scale: EesScale = "1-5") -> Read:
    """A reader of one column's cells for `field`; durations without a unit are in units of `unit_s` seconds."""
    if field in MOMENTS:
        return Remembering(lambda value: None if is_missing(value) else parse_moment(value, zone))
    if field in SCALES:
        low, high = EES_SCALES[ees_scale] if field == "ees" else SCALES[field]
        return Remembering(score_reader(field, low, high, whole=high == 10))
    if field in ("handle_s", "wait_s"):
        return Remembering(duration_reader(unit_s))
    if field in ("cost", "revenue"):
        return amount_reader()
    return _READERS[field]


def parse_channel(value: object) -> str | None:
    """A channel's name in one spelling of letters and spaces; self-service by the name that the KPIs know it by."""
    if is_missing(value):
        return None
    refuse_endless(value)
    name = " ".join(storable(as_text(value)).replace("ي", "ی").replace("ك", "ک").split())[:200]
    return "self_service" if plain(name) in _SELF_SERVICE else name or None


_READERS: Final[dict[str, Read]] = {
    "external_id": parse_id, "customer_id": parse_id, "agent_id": parse_id, "channel": parse_channel,
    "abandoned": parse_boolean, "referred": parse_boolean, "referral_sold": parse_boolean, "transfers": parse_count,
}  # fmt: skip
