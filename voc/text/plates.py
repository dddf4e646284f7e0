"""Finds the plates of cars in running text: two digits, a letter, three digits, and the two digits of the place.

«ایران» or «پلاک» beside it makes a plate certain. Without them the letter decides, for «۲۰ م ۱۵۰» may as well be metres
and «۱۲ و ۳۴۵» two numbers.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

PlateKind = Literal["plate"]

_GAP: Final = r"[\u064b-\u0652\s\u200c\u200e\u200f\u202a-\u202e\u0640\-_/|.,،()]"
_UNITS: Final = frozenset("تدسکكگمهويی")  # letters that also stand for a unit («م» a metre, «ت» a toman), or for «and»
_LETTER: Final = "(?:الف|جیم|دال|سین|شین|صاد|طا|عین|قاف|کاف|لام|میم|نون|واو|[بپتثجدزژسشصطعفقکكگلمنوهيیDS])"
_COUNTRY: Final = r"(?:ا[یي]ران|[Ii]ran)"
_CORE: Final = re.compile(rf"(?<![0-9])[0-9]{{2}}{_GAP}{{0,3}}({_LETTER}){_GAP}{{0,3}}[0-9]{{3}}([0-9]{{2}})?(?![0-9])")
_COUNTRY_AFTER: Final = re.compile(rf"{_GAP}{{0,3}}{_COUNTRY}{_GAP}{{0,3}}[0-9]{{2}}(?![0-9])")
_COUNTRY_BEFORE: Final = re.compile(
    rf"(?:{_COUNTRY}{_GAP}{{0,3}}[0-9]{{2}}|(?<![0-9])[0-9]{{2}}{_GAP}{{0,3}}{_COUNTRY}){_GAP}{{0,3}}\Z"
)
_PLACE_AFTER: Final = re.compile(rf"{_GAP}{{1,3}}[0-9]{{2}}(?![0-9])")
_NAMED: Final = re.compile(r"پلا[کك][^0-9\[\]]{0,15}\Z")
_REACH: Final = 20


def find_plates(text: str) -> Iterator[tuple[int, int, PlateKind]]:
    """`(start, end, kind)` of each plate of `text`, whose digits are Latin, in order and without overlap."""
    read = 0
    for core in _CORE.finditer(text):
        if (start := core.start()) >= read and (span := _span(text, core, text[max(read, start - _REACH) : start])):
            read = span[1]
            yield *span, "plate"


def _span(text: str, core: re.Match[str], before: str) -> tuple[int, int] | None:
    """Where the plate around `core` begins and ends, None where it may be something else."""
    start, end = core.span()
    if after := _COUNTRY_AFTER.match(text, end):
        return start, after.end()
    if country := _COUNTRY_BEFORE.search(before):
        return start - len(country.group()), end
    letter, place = core[1], _PLACE_AFTER.match(text, end)
    is_whole = bool(core[2] or place)
    is_certain = letter not in _UNITS or (letter != "و" and (core.group().isalnum() or (place and "/" in place.group())))
    if _NAMED.search(before):
        is_certain, is_whole = True, is_whole or letter != "و"
    return (start, place.end() if place else end) if is_whole and is_certain else None
