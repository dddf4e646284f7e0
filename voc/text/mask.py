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
from voc.text.letters import latin_digits
from voc.text.names import NameKind, find_names
from voc.text.number_rules import FEWEST_DIGITS, NumberKind
from voc.text.numbers import find_numbers
from voc.text.plates import PlateKind, find_plates
from voc.text.spoken import MAY_BE_LINKED, MAY_BE_SPOKEN_PLATE, find_spoken, find_spoken_plates, may_be_spoken
from voc.text.spoken_addresses import find_spoken_emails, may_say_email

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

MOST_PASSES: Final = 20
"""How often a piece of a text is read; of 148,662 public texts none held anything that only a third time would have found."""

Find = Callable[[str], Iterable[Hit]]

_DIGIT: Final = "0-9۰-۹٠-٩０-９"
_SIGN: Final = re.compile(rf"[{_DIGIT}@\[(]")
_MAY_BE_ADDRESS: Final = re.compile("[A-Za-z]")
_MAY_BE_HOST: Final = re.compile(r"\.[A-Za-z]")
_MAY_BE_PLATE: Final = re.compile(f"[{_DIGIT}](?:[^{_DIGIT}]*+[{_DIGIT}]){{4}}")
_MAY_BE_NUMBER: Final = re.compile(f"[{_DIGIT}](?:[^{_DIGIT}]*+[{_DIGIT}]){{{FEWEST_DIGITS - 1}}}")


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
    finders = _finders(text, names=names)
    if not finders:  # most texts: all that follows would take longer than this glance
        return Masked(text, ())
    pieces: list[str] = []
    found: list[Found] = []
    read = written = 0
    for start, end, kind in _find_all(latin_digits(text), finders):
        placeholder = PLACEHOLDERS[kind]
        pieces += (text[read:start], placeholder)
        written += start - read + len(placeholder)
        found.append(Found(kind, written - len(placeholder), written))
        read = end
    return Masked("".join([*pieces, text[read:]]), tuple(found))


def _find_all(text: str, finders: tuple[Find, ...]) -> list[Hit]:
    """All hits in `text`; what lies between them is read again, for a number may hide what is glued to it.

    A piece that gives something away even when it is read for the last time is one hit as a whole, so what is left is read.
    """
    found: list[Hit] = []
    unread = [(0, len(text))]
    for passes_left in reversed(range(MOST_PASSES)):
        between: list[tuple[int, int]] = []
        for start, end in unread:
            hits = [(start + low, start + high, kind) for low, high, kind in _find_once(text[start:end], finders)]
            if hits and not passes_left:
                hits = [(start, end, hits[0][2])]
            if hits:
                found += hits
                edges = (start, *(edge for hit in hits for edge in hit[:2]), end)
                between += [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high]
        unread = between
    return sorted(found)


def _finders(text: str, *, names: bool) -> tuple[Find, ...]:
    """The finders that may find something in `text`, by a glance: most texts hold nothing, and looking takes ten times as long.

    Their order counts: links and e-mail addresses may hold numbers, spoken numbers digits, and plates are made of them.
    """
    finders: tuple[Find, ...] = ()
    if may_be_spoken(text):
        finders = (find_addresses, find_spoken_plates, find_spoken, find_plates, find_numbers)
    elif _SIGN.search(text):
        finders = tuple(find for glance, find in _GLANCES if glance(text))
    elif "." in text and _MAY_BE_HOST.search(text):
        finders = (find_addresses,)
    if may_say_email(text):
        written = finders[:1] == (find_addresses,)  # what is written is found whole, and what is said may hold numbers
        finders = (*finders[:written], find_spoken_emails, *finders[written:])
    return (*finders, find_names) if names else finders


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


_GLANCES: Final[tuple[tuple[Callable[[str], object], Find], ...]] = (
    (_MAY_BE_ADDRESS.search, find_addresses),
    (MAY_BE_SPOKEN_PLATE.search, find_spoken_plates),
    (MAY_BE_LINKED.search, find_spoken),
    (_MAY_BE_PLATE.search, find_plates),
    (_MAY_BE_NUMBER.search, find_numbers),
)
