"""What an organisation may set about its KPIs: windows, thresholds, working hours and the shares of a study."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from voc.errors import InputError
from voc.records import EesScale

DAYS: Final = ("sat", "sun", "mon", "tue", "wed", "thu", "fri")
"""The Persian week."""

_SPAN: Final = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d\d?)(?::(\d\d))?-(\d\d?)(?::(\d\d))?", re.ASCII)
_DAY_S: Final = 86_400
_EXAMPLE: Final = "sat-wed 8-17, thu 8:00-13:30"

_EES_TOPS: Final[Mapping[EesScale, float]] = {"1-5": 5.0, "0-10": 10.0}

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class KpiOptions:
    """The choices behind KPI values.

    A contact is solved at once if its customer does not come back for the same reason within `fcr_days`. A contact dropped
    sooner than `short_abandon_s` counts as neither dropped nor offered. The `stay_…` shares are those of customers who stay
    (Gartner): problem unresolved, resolved with high effort, resolved with low effort. `working_hours` are spans in seconds
    from Saturday 00:00 in `zone`; with them response and resolution times count working hours alone. On the `ees_scale` from
    0 to 10 employees' answers make an eNPS, on that from 1 to 5 a mean.
    """

    fcr_days: float = 7.0
    short_abandon_s: float = 10.0
    stay_unresolved: float = 0.27
    stay_high_effort: float = 0.37
    stay_low_effort: float = 0.61
    working_hours: tuple[Span, ...] = ()
    zone: str = "Asia/Tehran"
    ees_scale: EesScale = "1-5"

    @property
    def numbers(self) -> Mapping[str, float]:
        """The numbers by name, as `Kpi.compute` finds them beside its counts and SQL as parameters."""
        names = ("fcr_days", "short_abandon_s", "stay_unresolved", "stay_high_effort", "stay_low_effort")
        return {name: getattr(self, name) for name in names} | {"ees_top": _EES_TOPS[self.ees_scale]}

    def parameters_in(self, sql: str, now: datetime | None) -> dict[str, object]:
        """The parameters that stand in a query."""
        given: dict[str, object] = {**self.numbers, "now": now or datetime.max.replace(tzinfo=UTC), "zone": self.zone}
        return {name: value for name, value in given.items() if re.search(rf"\${name}\b", sql)}


def parse_working_hours(text: str) -> tuple[Span, ...]:
    """Working hours as spans in seconds from Saturday 00:00, in order. Raises InputError, which shows an example.

    >>> parse_working_hours("sat 8-9:30, fri 23-24")
    ((28800, 34200), (601200, 604800))
    """
    spans = sorted(span for part in text.split(",") if part.strip() for span in _spans_of(part.strip().lower()))
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise _bad(text)
    return tuple(spans)


def working_seconds(instant: str, spans: tuple[Span, ...]) -> str:
    """SQL for the working seconds from a Saturday long ago to a time with zone: two of them differ by those between."""
    second = f"(extract(epoch FROM timezone($zone, {instant})) - {_ANCHOR_S})"
    week, inside = f"floor({second} / {7 * _DAY_S})", f"({second} - floor({second} / {7 * _DAY_S}) * {7 * _DAY_S})"
    worked = " + ".join(f"greatest(0, least({inside} - {start}, {end - start}))" for start, end in spans)
    return f"({week} * {sum(end - start for start, end in spans)} + {worked})"


_ANCHOR_S: Final = 2 * _DAY_S
"""Saturday 3 January 1970 00:00, as the clock on the wall showed it, in seconds of that clock."""


def _spans_of(part: str) -> Iterator[Span]:
    found = _SPAN.fullmatch(part)
    if not found or any(day and day not in DAYS for day in found.group(1, 2)):
        raise _bad(part)
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    start, end = (int(found[hour]) * 3600 + int(found[hour + 1] or 0) * 60 for hour in (3, 5))
    if not (start < end <= _DAY_S and first <= last):
        raise _bad(part)
    yield from ((day * _DAY_S + start, day * _DAY_S + end) for day in range(first, last + 1))


def _bad(text: str) -> InputError:
    return InputError(f"working hours: {text!r} is not like {_EXAMPLE!r}; days are {', '.join(DAYS)}.", field="working_hours")
