"""Replaces what would tell who a customer is (phone, national id, card, IBAN, e-mail, link) with a placeholder.

Masking comes before everything else, so that nothing personal is stored, logged, tagged or exported. A placeholder
keeps the sense of the sentence for the tagger, which has each of the six as one piece. A number is masked only if it is
built like one (check digits, operator and area codes) or stands beside a word that names it; prices, dates, order
numbers and versions stay. Every pattern takes time linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from voc.text.addresses import AddressKind, find_addresses
from voc.text.numbers import NumberKind, find_numbers

Kind = AddressKind | NumberKind
Hit = tuple[int, int, Kind]

PLACEHOLDERS: Final[dict[Kind, str]] = {
    "phone": "[تلفن]",
    "national_id": "[کدملی]",
    "card": "[کارت]",
    "iban": "[شبا]",
    "email": "[ایمیل]",
    "url": "[پیوند]",
}

_ASCII_DIGITS: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_MAY_BE_PERSONAL: Final = re.compile(r"[0-9۰-۹٠-٩@]|\.[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Found:
    """A placeholder that stands at `[start, end)` of the masked text, and what it stands for."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal data, and where the placeholders stand in it, in order."""

    text: str
    found: tuple[Found, ...]


def mask_personal_data(text: str) -> Masked:
    """`text` with a placeholder for each piece of personal data, and all else exactly as it was.

    Digits may be Persian, Arabic or Latin, in groups or not. Masking a masked text changes nothing.

    >>> mask_personal_data("پولم نیومد، زنگ بزنید ۰۹۱۲ ۳۴۵ ۶۷۸۹ یا ali@example.com").text
    'پولم نیومد، زنگ بزنید [تلفن] یا [ایمیل]'
    """
    pieces: list[str] = []
    found: list[Found] = []
    read = written = 0
    for start, end, kind in _find_all(text):
        placeholder = PLACEHOLDERS[kind]
        pieces += (text[read:start], placeholder)
        written += start - read + len(placeholder)
        found.append(Found(kind, written - len(placeholder), written))
        read = end
    return Masked("".join([*pieces, text[read:]]), tuple(found))


def _find_all(text: str, low: int = 0, high: int | None = None) -> Iterator[Hit]:
    """All hits in `text[low:high]`; what lies between them is read again, for a number may hide what is glued to it."""
    part = text[low:high]
    if not _MAY_BE_PERSONAL.search(part):
        return
    read = 0
    for start, end, kind in _find_once(part.translate(_ASCII_DIGITS)):
        yield from _find_all(text, low + read, low + start)
        yield low + start, low + end, kind
        read = end
    if read:
        yield from _find_all(text, low + read, low + len(part))


def _find_once(text: str) -> Iterator[Hit]:
    """Links and e-mail addresses first, for they may hold numbers; then the numbers between them."""
    read = 0
    for start, end, kind in (*find_addresses(text), (len(text), len(text), None)):
        yield from ((read + low, read + high, number) for low, high, number in find_numbers(text[read:start]))
        if kind:
            yield start, end, kind
        read = end
