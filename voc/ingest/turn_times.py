"""When each turn of a conversation begins and ends, in seconds from its beginning, whatever the source's clock counts from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from voc.ingest.dates import has_time_of_day, parse_clock, parse_moment
from voc.ingest.refusal import RefusalError
from voc.ingest.utterances import Utterance
from voc.ingest.values import duration_reader, is_missing, parse_number
from voc.text.letters import latin_digits

HOUR_S: Final = 3_600.0
DAY_S: Final = 24 * HOUR_S
LONGEST_OFFSET_S: Final = 1e7
"""Larger numbers are moments (1714800000, 20240301): no conversation goes on for 115 days by a counter of seconds."""

_HOURS_AND_MINUTES: Final = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*")
_WITH_SECONDS: Final = re.compile(r"\s*(\d{1,2}):[0-5]\d:[0-5]\d\s*")
_seconds = duration_reader(1.0)
Span = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """`order` of the utterances by time, where all have one, else as they came; in that order start and end of each.

    `occurred_at` is the moment of the first; where times are times of day, `clock_s` is its own, in seconds.
    """

    order: tuple[int, ...]
    spans: tuple[Span, ...]
    occurred_at: datetime | None
    clock_s: float | None = None


def read_times(utterances: Sequence[Utterance], zone: ZoneInfo) -> TurnTimes:
    """The times of all utterances. Raises RefusalError for one that cannot be read, or that no other can be beside.

    Counters (`start`) stay as they are; moments and times of day count from the first turn, which is when the whole happened.
    """
    counted = any(not is_missing(each.start) for each in utterances)
    written = [each.start if counted else each.at for each in utterances]
    stopped: Sequence[object] = [each.end for each in utterances]
    if not counted and _are_of_day(written):
        written, stopped = ([_with_seconds(each) for each in times] for times in (written, stopped))
    starts, ends = ([_read(each, zone) for each in times] for times in (written, stopped))
    known = [each for each in starts if each is not None]
    if not known:
        return TurnTimes(tuple(range(len(starts))), ((None, None),) * len(starts), None)
    moments = isinstance(known[0], datetime)
    if any(isinstance(each, datetime) != moments for each in [*known, *ends] if each is not None):
        raise _unreadable()
    seconds, stops = _plain_seconds(starts), _plain_seconds(ends)
    if not (counted or moments):
        seconds = _over_midnight(seconds)
        stops = [
            stop if _is_number(end) else _after(start, stop) for end, start, stop in zip(stopped, seconds, stops, strict=True)
        ]
    stops = [
        _end_of(start, each.lasts) if stop is None else stop
        for each, start, stop in zip(utterances, seconds, stops, strict=True)
    ]
    order = _in_time(seconds)
    first = next(place for place in order if seconds[place] is not None)
    zero = 0.0 if counted and not moments else min(each for each in seconds if each is not None)
    whole_days = moments and _says_days_alone(written, known)
    spans = tuple((None, None) if whole_days else _span(seconds[place], stops[place], zero) for place in order)
    began = starts[first]
    if isinstance(began, datetime):
        return TurnTimes(tuple(order), spans, began)
    if counted:
        return TurnTimes(tuple(order), spans, _moment(utterances[order[0]].at, zone))
    return TurnTimes(tuple(order), spans, None, began if began and began >= HOUR_S else None)  # below, it may be a counter


def _are_of_day(written: Sequence[object]) -> bool:
    """Whether «10:32» is a time of day: where it stands beside «10:32:05», or an hour and not the first minute comes first."""
    plain = [latin_digits(each) for each in written if isinstance(each, str)]
    short = [int(found[1]) for each in plain if (found := _HOURS_AND_MINUTES.fullmatch(each))]
    return bool(short) and max(short) < 24 and (short[0] > 0 or any(map(_WITH_SECONDS.fullmatch, plain)))


def _with_seconds(value: object) -> object:
    found = _HOURS_AND_MINUTES.fullmatch(latin_digits(value)) if isinstance(value, str) else None
    return time(int(found[1]), int(found[2])) if found and int(found[1]) < 24 else value


def _in_time(seconds: Sequence[float | None]) -> Sequence[int]:
    """The places of the turns by time; where some have none, as they came, or the other way round where times only fall."""
    known = [each for each in seconds if each is not None]
    places = range(len(seconds))
    if len(known) == len(seconds):
        return sorted(places, key=lambda place: seconds[place] or 0.0)
    return places[::-1] if known[0] > known[-1] and known == sorted(known, reverse=True) else places


def _read(value: object, zone: ZoneInfo) -> float | datetime | None:
    """Seconds, or a moment."""
    if isinstance(value, tuple):
        return _day_and_clock(value, zone)
    if is_missing(value):
        return None
    if isinstance(value, time | timedelta):
        return _seconds(value)
    if isinstance(value, date):
        return parse_moment(value, zone)
    try:
        number = parse_number(value)
    except RefusalError:
        return _from_words(value, zone)
    if number is not None and number < 0:
        raise _unreadable()
    return parse_moment(value, zone) if number is not None and number >= LONGEST_OFFSET_S else number


def _from_words(value: object, zone: ZoneInfo) -> float | datetime | None:
    if not isinstance(value, str):
        raise _unreadable()
    try:
        return _seconds(value.strip().replace(",", "."))
    except RefusalError:
        pass
    try:
        return parse_moment(value, zone)
    except RefusalError:
        clock = parse_clock(value)
        return None if clock is None else _seconds(clock)


def _day_and_clock(value: tuple[object, ...], zone: ZoneInfo) -> datetime | None:
    day, clock = parse_moment(value[0], zone), parse_clock(value[1])
    return day if day is None or clock is None else day.replace(hour=clock.hour, minute=clock.minute, second=clock.second)


def _says_days_alone(written: Sequence[object], known: Sequence[object]) -> bool:
    """Whether a time is only a day: one written so, or all of them midnight."""
    one = any(isinstance(each, str) and each.strip() and not has_time_of_day(each) for each in written)
    return one or not any(map(has_time_of_day, known))


def _moment(value: object, zone: ZoneInfo) -> datetime | None:
    """The moment of the first turn that stands beside its counter, if that is what stands there."""
    try:
        found = _read(value, zone)
    except RefusalError:
        return None
    return found if isinstance(found, datetime) else None


def _plain_seconds(times: Sequence[float | datetime | None]) -> list[float | None]:
    return [each.timestamp() if isinstance(each, datetime) else each for each in times]


def _over_midnight(seconds: Sequence[float | None]) -> list[float | None]:
    """Times of day, with a day more from where they fall by more than half a day, and one less where they rise so again."""
    days, last, through = 0.0, None, list[float | None]()
    for each in seconds:
        if each is not None:
            step = 0.0 if last is None else each - last
            days += DAY_S if step < -DAY_S / 2 else -min(days, DAY_S) if step > DAY_S / 2 else 0.0
            last = each
        through.append(None if each is None else each + days)
    return through


def _after(start: float | None, stop: float | None) -> float | None:
    """The time of day at which a turn stops, on the day of its start or the next."""
    if start is None or stop is None:
        return stop
    while start - stop > DAY_S / 2:
        stop += DAY_S
    return stop


def _end_of(start: float | None, lasts: object) -> float | None:
    """When a turn ends that begins then and lasts so long; None where that is no length."""
    try:
        seconds = None if is_missing(lasts) else _seconds(lasts)
    except RefusalError:
        return None
    return None if start is None or seconds is None else start + seconds


def _is_number(value: object) -> bool:
    """Whether it counts seconds, which no midnight sets back."""
    try:
        return parse_number(value) is not None
    except RefusalError:
        return False


def _span(start: float | None, end: float | None, zero: float) -> Span:
    if start is None:
        return None, None
    if end is not None and end < start:
        raise RefusalError("bad_time", "A turn ends before it begins.")
    return round(start - zero, 3), None if end is None else round(end - zero, 3)


def _unreadable() -> RefusalError:
    return RefusalError(
        "bad_time",
        "The times of turns are all seconds (12.5), all clocks (00:01:30) or all moments (2024-03-01 14:35, ۱۴۰۲/۱۲/۱۱ ۱۴:۳۵).",
    )
