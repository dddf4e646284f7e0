"""Replaces what would tell who a person is with a placeholder: phone, national id, card, IBAN, postal code, car plate,
e-mail, link, handle and, where that is switched on, name.

Masking comes before everything else, so that nothing personal is stored, logged, tagged or exported. A placeholder
keeps the sense of the sentence for the tagger, which has the first six as one piece each. A number is masked only if it
is built like one (check digits, operator and area codes) or stands beside a word that names it; prices, dates, order
numbers and versions stay. Every pattern takes time linear in the text. How well it does: tests/benchmarks/masking.py.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from voc.text.addresses import AddressKind, find_addresses
from voc.text.names import NameKind, find_names
from voc.text.number_rules import NumberKind
from voc.text.numbers import find_numbers
from voc.text.plates import PlateKind, find_plates

Kind = AddressKind | NumberKind | PlateKind | NameKind
Hit = tuple[int, int, Kind]

PLACEHOLDERS: Final[dict[Kind, str]] = {
    "phone": "[تلفن]",
    "national_id": "[کدملی]",
    "card": "[کارت]",
    "iban": "[شبا]",
    "email": "[ایمیل]",
    "url": "[پیوند]",
    "postal_code": "[کدپستی]",
    "plate": "[پلاک]",
    "handle": "[کاربر]",
    "name": "[نام]",
}

Find = Callable[[str], Iterable[Hit]]

_ASCII_DIGITS: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩０１２３４５６７８９", "0123456789" * 3)
_OTHER_DIGIT: Final = re.compile("[۰-۹٠-٩０-９]")
_MAY_BE_PERSONAL: Final = re.compile(r"[0-9۰-۹٠-٩０-９@\[(]|\.[A-Za-z]")
# In this order: links and e-mail addresses may hold numbers, and plates are made of them.
_FINDERS: Final[tuple[Find, ...]] = (find_addresses, find_plates, find_numbers)


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


def mask_personal_data(text: str, *, names: bool = False) -> Masked:
    """`text` with a placeholder for each piece of personal data, and all else exactly as it was.

    Digits may be Persian, Arabic or Latin, in groups or not. `names` masks the names of people too, where a title, an
    introduction or a signature gives them away. Masking a masked text changes nothing.

    >>> mask_personal_data("پولم نیومد، زنگ بزنید ۰۹۱۲ ۳۴۵ ۶۷۸۹ یا ali@example.com").text
    'پولم نیومد، زنگ بزنید [تلفن] یا [ایمیل]'
    """
    pieces: list[str] = []
    found: list[Found] = []
    read = written = 0
    for start, end, kind in _find_all(text, names=names):
        placeholder = PLACEHOLDERS[kind]
        pieces += (text[read:start], placeholder)
        written += start - read + len(placeholder)
        found.append(Found(kind, written - len(placeholder), written))
        read = end
    return Masked("".join([*pieces, text[read:]]), tuple(found))


def _find_all(text: str, low: int = 0, high: int | None = None, *, names: bool) -> Iterator[Hit]:
    """All hits in `text[low:high]`; what lies between them is read again, for a number may hide what is glued to it."""
    part = text[low:high]
    finders = _FINDERS if _MAY_BE_PERSONAL.search(part) else ()
    if names:
        finders += (find_names,)
    elif not finders:
        return
    read = 0
    if _OTHER_DIGIT.search(part):  # translating takes longer than all the rest
        part = part.translate(_ASCII_DIGITS)
    for start, end, kind in _find_once(part, finders):
        yield from _find_all(text, low + read, low + start, names=names)
        yield low + start, low + end, kind
        read = end
    if read:
        yield from _find_all(text, low + read, low + len(part), names=names)


def _find_once(text: str, finders: tuple[Find, ...]) -> Iterator[Hit]:
    """What the first of `finders` finds, and between its hits what the others find."""
    first, *others = finders
    read = 0
    for start, end, kind in (*first(text), (len(text), len(text), None)):
        if others:
            yield from ((read + low, read + high, other) for low, high, other in _find_once(text[read:start], (*others,)))
        if kind:
            yield start, end, kind
        read = end
