"""Finds the personal numbers that are said in words, or in words and digits: «صفر نهصد و دوازده، سیصد و چهل و پنج …».

A run of number words is read in every way that it may be meant (number_words.py), and a stretch of it is masked where
one reading passes the check of its kind (number_rules.py). Prices, times and counts have too few digits to pass any;
what is left to chance (ten digits that may be a national id, sixteen of no known bank) must be the whole of its run,
said in the way that such a number is, and not be called an order.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Final

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
from voc.text.number_words import Atom, Group, readings, stretches
from voc.text.plates import PlateKind, find_plates

LENGTHS: Final = frozenset({8, 10, 11, 12, 13, 14, 16, 24})
WORD_REACH: Final = 60
LARGEST_GROUP: Final = 4  # digits that are said as one number: «شش هزار و سی و هفت»

# Between a word and the number that it names stands nothing that is or may become a placeholder.
_NEAR: Final = r"[^0-9@.\[\]/]{0,40}"
_BESIDE: Final = r"[^0-9@.\[\]/]{0,20}"
_NATIONAL_BEFORE: Final = re.compile(rf"{NATIONAL_WORD}{_NEAR}\Z", re.IGNORECASE)
_IBAN_BEFORE: Final = re.compile(rf"{IBAN_WORD}{_NEAR}\Z", re.IGNORECASE)
_IBAN_AFTER: Final = re.compile(rf"{_BESIDE}{IBAN_WORD}", re.IGNORECASE)
_COUNTRY_BEFORE: Final = re.compile(r"(?:IR|[آا][یي][ \u200c.]{0,2}[آا]ر)[\s\u200c،,:\-]{0,3}\Z", re.IGNORECASE)
_POSTAL_BEFORE: Final = re.compile(rf"{POSTAL_WORD}{_NEAR}\Z", re.IGNORECASE)
_POSTAL_AFTER: Final = re.compile(rf"[^\w\[\]@./]{{0,4}}{POSTAL_WORD_AFTER}")
_CARD_BEFORE: Final = re.compile(rf"[کك]ارت{_NEAR}\Z")
_PHONE_BEFORE: Final = re.compile(rf"(?:{PHONE_WORD}|شماره[\s\u200c]ثابت){_NEAR}\Z")
_MOBILE_BEFORE: Final = re.compile(rf"(?:موبایل|همراه|تلفن|تماس|شمارم|شماره|خط){_BESIDE}\Z")
_ORDER_BEFORE: Final = re.compile(rf"{ORDER_WORD}(?!.*\sبا\s){_BESIDE}\Z")  # «سفارشم با شماره …» names the phone
# A glance: three numbers almost side by side. It begins with a literal, for which a pattern is quickest.
_NUMBER_WORD: Final = (
    r"(?:ص(?:فر|د)|[یي](?:[کك]|ازده)|د(?:ه|[یي]?و(?:[یي]?ست|ازده)?)|س(?:ه|[یي](?:صد|زده)?)|چ(?:ه?ل|ا?ها?ر(?:ده|صد)?|ار(?:ده|صد)?)"
    r"|پ(?:ن[جش](?:اه?)?|[وا]نصد|[وا]نزده)|ش(?:[یي]?ش(?:صد)?|صت?|ست|[وا]نزده)|ه(?:[فش]ت?(?:اد|صد)?|[یي]?[فجژ]ده|زار)"
    r"|ن(?:ه(?:صد)?|ود|وزده)|ب[یي]ست?)"
)
_ANY_DIGIT: Final = "[0-9۰-۹٠-٩０-９]"
_ITEM: Final = rf"(?:{_NUMBER_WORD}|{_ANY_DIGIT}{{1,7}})[و\u064f]?"
_APART: Final = r"[\s\u200c،,.\-]{1,3}(?:و[ \u200c]{1,2})?"
_SAID: Final = re.compile(
    rf" {_ITEM}{_APART}(?:{_ITEM}{_APART}(?:[آ-ی]{{1,9}}{_APART}){{0,2}}{_ITEM}(?![آ-ی]{{2}})|{_ANY_DIGIT}{{8}})"
)
# Digits with a word or a comma between them: «۰۹۱۲ و ۳۴۵ و ۶۷۸۹».
MAY_BE_LINKED: Final = re.compile(rf"{_ANY_DIGIT}(?: ?[،,] |[ ،,.]{{1,3}}(?:و|خب|بعد[آ-ی]*|ا?و?م+)[ ،,.]{{1,3}}){_ANY_DIGIT}")
# «۷۹ صاد ۸۹۹ ایران پنجاه و هشت».
MAY_BE_SPOKEN_PLATE: Final = re.compile(rf"ا[یي]ران[\s\u200c]{{0,2}}{_NUMBER_WORD}")
_PLATE_WORD: Final = re.compile(r"ا[یي]ران|پلا[کك](?!\])")
PLATE_REACH: Final = 20
COUNTED: Final = re.compile(
    r"[\s\u200c]{1,3}(?:تا|بار|دفعه|مرتبه|روز|هفته|ماه|سال|ساعت|دقیقه|شب|نفر|عدد|دونه|کیلو|متر|هزار|میلیون|تومن|تومان|درصد)"
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A personal number said in `groups`."""

    kind: NumberKind
    groups: tuple[Group, ...]
    digits: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    groups: list[Group]
    digits: str
    is_whole: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(group.digits) for group in self.groups)

    @property
    def is_singly(self) -> bool:
        """Whether it was said digit by digit; «دو تا صفر» is two of them."""
        return all(len(set(group.digits)) == 1 for group in self.groups)

    @property
    def has_word(self) -> bool:
        return any(group.is_word for group in self.groups)

    @property
    def weak(self) -> bool:
        """Whether something around says that this is a price or an order number."""
        return bool(PRICE_AFTER.match(self.text, self.groups[-1].end)) or self.follows(_ORDER_BEFORE)

    def follows(self, word: re.Pattern[str]) -> bool:
        start = self.groups[0].start
        return bool(word.search(self.text[max(0, start - WORD_REACH) : start]))

    def precedes(self, word: re.Pattern[str]) -> bool:
        return bool(word.match(self.text, self.groups[-1].end))


def may_be_spoken(text: str) -> bool:
    """Whether `text` may hold a number said in words, by a glance that must cost next to nothing, for most hold none."""
    if _SAID.search(text) or text.startswith("صفر"):
        return True
    return "\n" in text and bool(_SAID.search(text.replace("\n", " ")))


def find_spoken_plates(text: str) -> Iterator[tuple[int, int, PlateKind]]:
    """`(start, end, kind)` of each plate of `text` that is said in words, as find_plates finds it in digits."""
    if not _PLATE_WORD.search(text):
        return
    groups = [group for atoms in stretches(text, [(0, len(text))]) for group in _pairs(next(readings(atoms)))]
    pieces: list[str] = []
    ends, read, written = [], 0, 0
    for group in groups:
        pieces += (text[read : group.start], group.digits)
        written += group.start - read + len(group.digits)
        ends.append(written)
        read = group.end
    digits = "".join([*pieces, text[read:]])
    for start, end, kind in find_plates(digits):
        first, last = bisect_right(ends, start), bisect_right(ends, end) - 1
        before = digits[max(0, start - PLATE_REACH) : start].rpartition("]")[2]
        is_named = _PLATE_WORD.search(before) or _PLATE_WORD.search(digits, start, end)
        if is_named and any(group.is_word for group in groups[first : last + 1]):
            country = ends[first] - len(groups[first].digits) - start
            yield groups[first].start - country, groups[last].end + end - ends[last], kind


def _pairs(groups: list[Group]) -> Iterator[Group]:
    """The groups, with single digits said one after the other as one: «یک یک یک» is 111."""
    for is_single, run in groupby(groups, key=lambda group: len(group.digits) == 1):
        first, *others = run
        if is_single and others:
            digits = "".join(group.digits for group in (first, *others))
            yield first._replace(end=others[-1].end, digits=digits, is_word=True)
        else:
            yield from (first, *others)


def find_spoken(text: str) -> Iterator[tuple[int, int, NumberKind]]:
    """`(start, end, kind)` of each personal number of `text`, whose digits are Latin, that is not of digits alone."""
    for atoms in stretches(text, [(0, len(text))]):
        for number in spoken_numbers(text, atoms):
            if any(group.is_word for group in number.groups) or any(group.link != "space" for group in number.groups[1:]):
                yield number_start(text, number), number.groups[-1].end, number.kind


def number_start(text: str, number: Spoken) -> int:
    """Where the number begins, with the «IR» or «آی آر» of an IBAN."""
    start = number.groups[0].start
    country = _COUNTRY_BEFORE.search(text, max(0, start - 12), start) if number.kind == "iban" else None
    return country.start() if country else start


def spoken_numbers(text: str, atoms: list[Atom]) -> list[Spoken]:
    """The personal numbers in a run of number words of `text`, in order, by the reading that finds the most."""
    if sum(len(atom.digits) for atom in atoms) < FEWEST_DIGITS:
        return []
    found = [list(_read(text, groups, is_likely=not at)) for at, groups in enumerate(readings(atoms))]
    return max(found, key=lambda numbers: sum(number.groups[-1].end - number.groups[0].start for number in numbers))


def _read(text: str, groups: list[Group], *, is_likely: bool) -> Iterator[Spoken]:
    """The numbers that a reading holds; one that is not the likeliest counts only where it explains its whole run."""
    edges = _edges(text, groups)
    first = 0
    while first < (len(groups) if is_likely else 2):
        number = _longest(text, groups, first, edges)
        if number and (is_likely or (first in edges[0] and first + len(number.groups) in edges[1])):
            yield number
            first += len(number.groups)
        else:
            first += 1


def _edges(text: str, groups: list[Group]) -> tuple[set[int], set[int]]:
    """Where the run may begin and end as a whole: a «نه» on either side may be a no, a number behind may count («دو روزه»)."""
    begins, ends = {0}, {len(groups)}
    if groups[0].digits == "9" and groups[0].is_word:
        begins.add(1)
    if (groups[-1].digits == "9" and groups[-1].is_word) or COUNTED.match(text, groups[-1].end):
        ends.add(len(groups) - 1)
    return begins, ends


def _longest(text: str, groups: list[Group], first: int, edges: tuple[set[int], set[int]]) -> Spoken | None:
    """The longest run of groups from the first that is a personal number; a run said digit by digit is not cut within."""
    begins, ends = edges
    if first not in begins and _is_tight(groups, first):
        return None
    found, digits = None, ""
    for end in range(first + 1, len(groups) + 1):
        digits += groups[end - 1].digits
        if len(digits) > MOST_DIGITS:
            break
        if len(digits) in LENGTHS and (end in ends or not _is_tight(groups, end)):
            candidate = _Candidate(text, groups[first:end], digits, first in begins and end in ends)
            if kind := next((kind for kind, is_one in _CHECKS if is_one(candidate)), None):
                found = Spoken(kind, tuple(candidate.groups), digits)
    return found


def _is_tight(groups: list[Group], at: int) -> bool:
    """Whether the groups on both sides of `at` are single digits said in one breath."""
    return at < len(groups) and groups[at].link == "space" and len(groups[at - 1].digits) == len(groups[at].digits) == 1


def _is_iban(said: _Candidate) -> bool:
    if len(said.digits) != 24 or not passes_mod_97(said.digits):
        return False
    is_named = said.follows(_COUNTRY_BEFORE) or said.follows(_IBAN_BEFORE) or said.precedes(_IBAN_AFTER)
    return is_named or (said.is_whole and not said.weak)


def _is_card(said: _Candidate) -> bool:
    digits = said.digits
    if len(digits) != 16 or len(set(digits)) == 1 or not passes_luhn(digits):
        return False
    if digits[:6] in BANKS:
        return True
    return not said.weak and (said.follows(_CARD_BEFORE) or (said.is_whole and (said.is_singly or len(set(said.sizes)) == 1)))


def _is_named_national_id(said: _Candidate) -> bool:
    return len(said.digits) == 10 and passes_mod_11(said.digits) and said.follows(_NATIONAL_BEFORE)


def _is_postal_code(said: _Candidate) -> bool:
    if len(said.digits) != 10 or said.precedes(PRICE_AFTER):
        return False
    return said.follows(_POSTAL_BEFORE) or said.precedes(_POSTAL_AFTER)


def _is_phone(said: _Candidate) -> bool:
    digits, sizes = said.digits, said.sizes
    if any(group.is_word and len(group.digits) > LARGEST_GROUP for group in said.groups):
        return False
    if PREFIXED_PHONE.fullmatch(digits):
        return not (sizes[0] == 2 and sizes[1] == 2 and digits.startswith("989"))  # the years 98, 99, 1400 and 1401
    if said.weak:
        return False
    if not said.is_whole:
        return False
    if BARE_MOBILE.fullmatch(digits) and len(set(digits)) > 1:
        ends = set(accumulate(sizes))
        is_grouped = {3, 6} <= ends and (8 in ends or sizes[-1] == 4)
        return said.has_word and (is_grouped or said.is_singly or said.follows(_MOBILE_BEFORE))
    return bool(LOCAL_PHONE.fullmatch(digits) and said.follows(_PHONE_BEFORE))


def _is_bare_national_id(said: _Candidate) -> bool:
    if len(said.digits) != 10 or not (said.is_singly or said.digits.startswith("0")):
        return False
    return said.is_whole and said.has_word and max(said.sizes) <= LARGEST_GROUP and passes_mod_11(said.digits) and not said.weak


_CHECKS: Final[tuple[tuple[NumberKind, Callable[[_Candidate], bool]], ...]] = (
    ("iban", _is_iban),
    ("card", _is_card),
    ("national_id", _is_named_national_id),
    ("postal_code", _is_postal_code),
    ("phone", _is_phone),
    ("national_id", _is_bare_national_id),
)
