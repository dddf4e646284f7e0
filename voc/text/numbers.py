"""Finds the numbers that name a person in running text: phone, national id, bank card, IBAN and postal code.

Digits are read in groups, as people write them; a number is a run of whole groups that passes its check (number_rules.py).
What passes by digits alone («weak») must besides not look like a price, a model or an order number. A postal code has no
check digit, so that ten digits alone could be anything: it counts only where a word names it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from voc.text.number_rules import (
    BANKS,
    BARE_MOBILE,
    FEWEST_DIGITS,
    IBAN_WORD,
    LOCAL_PHONE,
    MOST_DIGITS,
    NATIONAL_WORD,
    ORDER_WORD,
    PHONE_WORD,
    POSTAL_WORD,
    POSTAL_WORD_AFTER,
    PREFIXED_PHONE,
    PRICE_AFTER,
    NumberKind,
    passes_luhn,
    passes_mod_11,
    passes_mod_97,
)

Hit = tuple[int, int, NumberKind]

MOST_GROUPS: Final = 11  # a mobile number spelled digit by digit

_BETWEEN: Final = r"[ \u00a0\u2000-\u2015\u202a-\u202f\u2060\u2066-\u2069\u2212\u0640\ufeff\ufe0f\u20e3\-_./\\()]"
_CHAIN: Final = re.compile(rf"[0-9]++(?:(?:{_BETWEEN}{{1,4}}+|[,،])[0-9]++)*+")
_GROUP: Final = re.compile(r"[0-9]+")

# Between a word and the number that it names stands nothing that is or may become a placeholder.
_NEAR: Final = r"[^0-9@.\[\]/]{0,25}"
_BESIDE: Final = r"[^\w\[\]@./]{0,4}"
_NATIONAL_BEFORE: Final = re.compile(rf"{NATIONAL_WORD}{_NEAR}\Z", re.IGNORECASE)
_IBAN_BEFORE: Final = re.compile(rf"{IBAN_WORD}{_NEAR}\Z", re.IGNORECASE)
_IBAN_AFTER: Final = re.compile(rf"{_NEAR}{IBAN_WORD}", re.IGNORECASE)
_COUNTRY_BEFORE: Final = re.compile(rf"IR{_BETWEEN}{{0,4}}\Z", re.IGNORECASE)
_COUNTRY_AFTER: Final = re.compile(rf"{_BETWEEN}{{0,4}}IR(?!{_BETWEEN}{{0,4}}[0-9])", re.IGNORECASE)
_POSTAL_BEFORE: Final = re.compile(rf"{POSTAL_WORD}{_NEAR}\Z", re.IGNORECASE)
_POSTAL_AFTER: Final = re.compile(rf"{_BESIDE}{POSTAL_WORD_AFTER}")
_PHONE_BEFORE: Final = re.compile(rf"{PHONE_WORD}{_BESIDE}\Z")
_ORDER_BEFORE: Final = re.compile(rf"{ORDER_WORD}[آ-ی\u200c]{{0,4}}(?:[\s\u200c](?:من|ما))?{_BESIDE}\Z")
_MODEL_BEFORE: Final = re.compile(r"[A-Za-z][\-_]?\Z")
_MODEL_AFTER: Final = re.compile(r"[A-Za-z]")
_PLUS_BEFORE: Final = re.compile(r"[+\uff0b][ \u200c-\u200f\u202a-\u202e\u2066-\u2069(]{0,2}\Z")
_PLUS_AFTER: Final = re.compile(rf"[+\uff0b](?!{_BETWEEN}{{0,4}}[0-9])")
_WORD_REACH: Final = 45


class _Number(NamedTuple):
    """A run of digit groups in `text`, as a candidate; `sizes` counts the digits of each group."""

    text: str
    start: int
    end: int
    digits: str
    sizes: tuple[int, ...]

    @property
    def before(self) -> str:
        """The words in front, far enough to find one that names the number."""
        return self.text[max(0, self.start - _WORD_REACH) : self.start]

    @property
    def weak(self) -> bool:
        """Whether something around says that this is a price, a model or an order number."""
        return bool(
            PRICE_AFTER.match(self.text, self.end)
            or _MODEL_AFTER.match(self.text, self.end)
            or _MODEL_BEFORE.search(self.before)
            or _ORDER_BEFORE.search(self.before)
        )


def find_numbers(text: str) -> Iterator[Hit]:
    """`(start, end, kind)` of each personal number of `text`, whose digits are Latin, in order and without overlap."""
    for chain in _CHAIN.finditer(text):
        if chain.end() - chain.start() < FEWEST_DIGITS:
            continue
        groups = [group.span() for group in _GROUP.finditer(text, *chain.span())]
        first = 0
        while first < len(groups):
            if hit := _longest(text, groups[first : first + MOST_GROUPS]):
                number, kind = hit
                yield *_whole(number, kind), kind
                first += len(number.sizes)
            else:
                first += 1


def _longest(text: str, groups: list[tuple[int, int]]) -> tuple[_Number, NumberKind] | None:
    """The longest run of groups from the first that is a personal number."""
    for number in reversed(list(_runs(text, groups))):
        for kind, is_one in _CHECKS:
            if is_one(number):
                return number, kind
    return None


def _runs(text: str, groups: list[tuple[int, int]]) -> Iterator[_Number]:
    digits = ""
    sizes: tuple[int, ...] = ()
    for start, end in groups:
        if len(digits) + end - start > MOST_DIGITS:
            return
        digits += text[start:end]
        sizes += (end - start,)
        if len(digits) >= FEWEST_DIGITS:
            yield _Number(text, groups[0][0], end, digits, sizes)


def _is_iban(number: _Number) -> bool:
    if len(number.digits) != 24 or not passes_mod_97(number.digits):
        return False
    before = _COUNTRY_BEFORE.search(number.before) or _IBAN_BEFORE.search(number.before)
    return bool(before or _COUNTRY_AFTER.match(number.text, number.end) or _IBAN_AFTER.match(number.text, number.end))


def _is_card(number: _Number) -> bool:
    digits, sizes = number.digits, number.sizes
    if len(digits) != 16 or len(set(digits)) == 1 or not passes_luhn(digits):
        return False
    if digits[:6] in BANKS:
        return min(sizes) > 1
    return all(size % 4 == 0 for size in sizes) and not number.weak


def _is_postal_code(number: _Number) -> bool:
    """Any ten digits beside «کد پستی», but not digit by digit."""
    if len(number.digits) != 10 or min(number.sizes) == 1 or PRICE_AFTER.match(number.text, number.end):
        return False
    return bool(_POSTAL_BEFORE.search(number.before) or _POSTAL_AFTER.match(number.text, number.end))


def _is_phone(number: _Number) -> bool:
    digits, sizes = number.digits, number.sizes
    if len(digits) > 15:
        return False
    if PREFIXED_PHONE.fullmatch(digits):
        return _is_dialled(number)
    is_foreign = len(digits) <= 12 or not digits.startswith("98")  # a number of ours has 12; what follows is none of it
    if len(digits) >= 10 and is_foreign and _PLUS_BEFORE.search(number.before):
        return not _looks_dated(number) and not PRICE_AFTER.match(number.text, number.end)
    if min(sizes) == 1:
        return False
    if BARE_MOBILE.fullmatch(digits):
        return sizes[0] in (3, 10) and len(sizes) <= 4 and not number.weak
    return bool(LOCAL_PHONE.fullmatch(digits) and _PHONE_BEFORE.search(number.before))


def _is_dialled(number: _Number) -> bool:
    """Whether the groups begin as a phone number's do: «0912», «021», «98 912», not as «09/12/1402» or «98 99 1400 1401»."""
    size, rest = number.sizes[0], number.digits[number.sizes[0] :]
    if number.digits[:size] in ("98", "00"):
        return not (rest.startswith("9") and number.sizes[1:2] == (2,))
    return size >= 3 or not _looks_dated(number)


def _looks_dated(number: _Number) -> bool:
    if number.sizes[:3] == (2, 2, 4) and number.digits[4:6] in ("13", "14", "19", "20"):
        return True
    written = number.text[number.start : number.end]
    return any(mark in written for mark in "/.,،")


def _is_named_national_id(number: _Number) -> bool:
    """Beside «کد ملی» any grouping will do, and the zeros that a spreadsheet takes off may be missing."""
    digits = number.digits
    if len(digits) != 10 and (len(digits) > 10 or len(number.sizes) > 1):
        return False
    return passes_mod_11(digits.zfill(10)) and bool(_NATIONAL_BEFORE.search(number.before))


def _is_bare_national_id(number: _Number) -> bool:
    return number.sizes in ((10,), (3, 6, 1)) and passes_mod_11(number.digits) and not number.weak


def _whole(number: _Number, kind: NumberKind) -> tuple[int, int]:
    """The number with what belongs to it on either side: «IR», «+», an opening bracket."""
    text, start, end = number.text, number.start, number.end
    before, after = _BELONGS.get(kind, (None, None))
    if before and (mark := before.search(number.before)):
        return start - len(mark.group()), end
    if after and (mark := after.match(text, end)):
        return start, mark.end()
    if text[start:end].count(")") > text[start:end].count("(") and text[start - 1 : start] == "(":
        start -= 1
    return start, end


_CHECKS: Final[tuple[tuple[NumberKind, Callable[[_Number], bool]], ...]] = (
    ("iban", _is_iban),
    ("card", _is_card),
    ("national_id", _is_named_national_id),
    ("postal_code", _is_postal_code),
    ("phone", _is_phone),
    ("national_id", _is_bare_national_id),
)
_BELONGS: Final = {"iban": (_COUNTRY_BEFORE, _COUNTRY_AFTER), "phone": (_PLUS_BEFORE, _PLUS_AFTER)}
