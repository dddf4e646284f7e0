"""Numbers and spans of time with the signs and the words of a language; `api.persian` and `api.english` give theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MISSING: Final = "—"


@dataclass(frozen=True, slots=True)
class Numerals:
    """How a language writes: `figures` translates 0123456789,.% of English; `units` of time are named for one and for many."""

    figures: Mapping[int, int]
    minus: str
    plus: str
    units: tuple[tuple[str, str, int], ...]
    joint: str
    less_than_a_second: str

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number, with a dash for none."""
        if value is None:
            return MISSING
        written = f"{abs(value):,.{decimals}f}"
        return (self.minus if value < 0 and written.strip("0.") else "") + written.translate(self.figures)

    def signed(self, value: float | None, decimals: int = 0) -> str:
        """A net score, with its sign on either side of nought."""
        is_above = value is not None and value > 0 and f"{value:.{decimals}f}".strip("0.")
        return (self.plus if is_above else "") + self.number(value, decimals)

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """A share in per cent, small ones with a decimal."""
        if share is None:
            return MISSING
        return self.number(100 * share, decimals or int(0 < abs(share) < 0.01)) + "%".translate(self.figures)

    def duration(self, seconds: float | None) -> str:
        """A span of time in its two largest units."""
        if seconds is None:
            return MISSING
        rest, parts = round(abs(seconds)), list[str]()
        for one, many, size in self.units:
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{self.number(count)} {one if count == 1 else many}")
        if not parts:
            return self.less_than_a_second
        return (self.minus if seconds < 0 else "") + self.joint.join(parts[:2])
