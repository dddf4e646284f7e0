"""What the values of a column say about it, from a sample: numbers, days, times of day, sentences, a scale."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import pairwise
from typing import Final

from voc.ingest.aliases import NOT_THE_CUSTOMER
from voc.ingest.dates import has_time_of_day
from voc.ingest.letters import plain
from voc.ingest.refusal import RefusalError
from voc.ingest.values import as_text, is_missing, parse_number
from voc.text.mask import PLACEHOLDERS, mask_personal_data

MOSTLY: Final = 0.9
ENOUGH_VALUES: Final = 20
"""Fewer values than this say too little to set aside what a header says."""
STRAY_SHARE: Final = 0.01
"""Averages below 1 that a rating of several aspects may hold beside its 1 to 5; a real file had 5 in 3,975."""

PERSONAL_DIGITS: Final = 8

_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?(am|pm|ق\.?ظ\.?|ب\.?ظ\.?|صبح|عصر))?")
_CANONICAL: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,6})?")
_PERSIAN: Final = re.compile("[\u0621-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]")


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of a rating: the smallest, the largest, and whether they can be stars from 1 to 5 (0: not rated)."""

    low: float
    high: float
    is_csat: bool


@dataclass(frozen=True, slots=True)
class LongNumbers:
    """Whether a column is one of numbers that are long enough to be personal, and what to write in their place if they are."""

    is_column: bool
    placeholder: str | None = None


class Evidence:
    """The sampled values of one column that say something."""

    def __init__(self, cells: Iterable[object]) -> None:
        self.values = [cell for cell in cells if not is_missing(cell)]

    def share(self, test: Callable[[object], bool]) -> float:
        """The share of values for which `test` holds, 0 where there is none."""
        return sum(map(test, self.values)) / len(self.values) if self.values else 0.0

    def share_read(self, read: Callable[[object], object]) -> float:
        """The share of values that `read` can read."""
        return self.share(lambda value: _reads(read, value))

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers and not words."""
        return len(self.values) >= 3 and self.share_read(parse_number) > MOSTLY

    @property
    def has_times(self) -> bool:
        """Whether most values say more than the day."""
        return self.share(has_time_of_day) > 0.5

    @property
    def is_clock(self) -> bool:
        """Whether the values are times of day without a day."""
        return self.share(_is_clock) > 0.8

    def is_category(self, distinct_share: float) -> bool:
        """Whether a few values repeat, as categories do and sentences do not."""
        return len(self.values) >= ENOUGH_VALUES and len(set(map(str, self.values))) < distinct_share * len(self.values)

    @property
    def is_canonical(self) -> bool:
        """Whether the strings are numbers that come back letter for letter: no leading zeros, no 1.10, no ids of 16 digits."""
        return bool(self.values) and all(
            isinstance(value, str) and canonical_number(value) is not None for value in self.values
        )

    @property
    def counts_rows(self) -> bool:
        """Whether the values are whole numbers that rise from row to row, as the index of an export does."""
        numbers = [parse_number(value) if _reads(parse_number, value) else None for value in self.values]
        known = [number for number in numbers if number is not None and number == int(number)]
        return len(known) == len(numbers) > 0 and all(one < other for one, other in pairwise(known))

    def long_numbers(self) -> LongNumbers:
        """What the numbers of a column of long numbers are; by chance one in seven ids looks like a personal number."""
        numbers = [text for value in self.values if is_long_number(text := as_text(value))]
        if 2 * len(numbers) <= len(self.values):
            return LongNumbers(is_column=False)
        kinds = Counter(found[0].kind for text in numbers if (found := mask_personal_data(text).found))
        kind, count = next(iter(kinds.most_common(1)), (None, 0))
        return LongNumbers(is_column=True, placeholder=PLACEHOLDERS[kind] if kind and 2 * count >= len(numbers) else None)

    def scale(self) -> Scale | None:
        """The numbers as a rating, None where they are no numbers."""
        if self.share_read(parse_number) <= MOSTLY:
            return None
        numbers = [
            number for value in self.values if _reads(parse_number, value) and (number := parse_number(value)) is not None
        ]
        rated = [number for number in numbers if number != 0]
        strays = sum(number < 1 for number in rated)
        stars = bool(rated) and 2 <= max(rated) <= 5 and min(rated) >= 0 and strays <= STRAY_SHARE * len(numbers)
        return Scale(min(numbers), max(numbers), stars)

    def text_score(self, header: str) -> float:
        """How much the values look like what customers write: long, varied, Persian; 0 where they are no sentences."""
        texts = [value for value in self.values if isinstance(value, str)]
        if not texts or 2 * len(texts) < len(self.values) or self.is_numeric or self.share_read(_no_letters) > 0.5:
            return 0.0
        spaced = sum(" " in text.strip() or bool(_PERSIAN.search(text)) for text in texts) / len(texts)
        lengths = sorted(min(len(text), 300) for text in texts)
        varied = len(set(texts)) / len(texts)
        persian = sum(bool(_PERSIAN.search(text)) for text in texts) / len(texts)
        if spaced < 0.3 or (varied < 0.2 and len(texts) >= ENOUGH_VALUES):
            return 0.0
        others = 0.1 if any(word in plain(header) for word in NOT_THE_CUSTOMER) else 1.0
        return (lengths[len(lengths) // 2] + lengths[-1] / 10) * varied * (0.2 + persian) * others


def is_long_number(text: str) -> bool:
    """Whether a text is a number of so many digits that it may be a telephone, identity or card number."""
    return len(text) >= PERSONAL_DIGITS and text.isdecimal()


def column(sample: Sequence[Sequence[object]], index: int) -> Evidence:
    """The evidence of one column of a sample."""
    return Evidence(row[index] for row in sample)


def canonical_number(text: str) -> int | float | None:
    """The number that is written exactly as `text`, None where there is none.

    >>> canonical_number("15"), canonical_number("2.50"), canonical_number("007")
    (15, None, None)
    """
    if len(text) > 20 or not _CANONICAL.fullmatch(text):
        return None
    number = float(text) if "." in text else int(text)
    return number if str(number) == text else None


def _reads(read: Callable[[object], object], value: object) -> bool:
    try:
        read(value)
    except RefusalError:
        return False
    return True


def _no_letters(value: object) -> None:
    if any(map(str.isalpha, str(value))):
        raise RefusalError("letters", "")


def _is_clock(value: object) -> bool:
    if isinstance(value, str):
        return bool(_CLOCK.fullmatch(plain(value)))
    return isinstance(value, time) and not isinstance(value, datetime)
