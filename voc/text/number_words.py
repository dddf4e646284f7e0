"""Reads numbers said in words, or in words and digits, as the digits they stand for, in every way they may be meant.

«سیصد و چهل و پنج» is 345, and so may be «سیصد چهل پنج», for speech recognisers drop «و»; but «سیصد چهل پنج» may as well be
300 and 45. `stretches` finds the runs of such words with nothing between them but marks and fillers («بعد», «خب»);
`readings` gives the digits of a run, the likeliest reading first, and never more than a few, so that time stays linear.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import Final, Literal, NamedTuple

Span = tuple[int, int]
Link = Literal["and", "space", "mark", "filler"]

MOST_OPEN: Final = 5  # joints of a run that may be read either way; with 64 readings at most; a phone number has as many
MOST_FILLERS: Final = 4  # between two numbers of a run
MOST_MARKS: Final = 6
LONGEST_RUN: Final = 32  # words that may be read in more ways than one: an IBAN said in thousands has 30
ENOUGH_TO_CLOSE: Final = 6  # numbers in a run after which «هفته» is «هفت» and «ه», not a week

_SPELLINGS: Final = {
    0: "صفر",
    1: "یک",
    2: "دو",
    3: "سه",
    4: "چهار چار چاهار",
    5: "پنج پنش",
    6: "شش شیش",
    7: "هفت",
    8: "هشت",
    9: "نه",
    10: "ده",
    11: "یازده",
    12: "دوازده دوازه",
    13: "سیزده سینزده",
    14: "چهارده چارده چاهارده",
    15: "پانزده پونزده",
    16: "شانزده شونزده",
    17: "هفده هیفده هفتده",
    18: "هجده هیجده هیژده هژده هشتده",
    19: "نوزده نونزده",
    20: "بیست بیس",
    30: "سی",
    40: "چهل چل",
    50: "پنجاه پنجا",
    60: "شصت شست شص",
    70: "هفتاد",
    80: "هشتاد",
    90: "نود",
    100: "صد یکصد",
    200: "دویست دیویست دوویست دویس",
    300: "سیصد",
    400: "چهارصد چارصد چاهارصد",
    500: "پانصد پونصد",
    600: "ششصد شیشصد",
    700: "هفتصد هفصد",
    800: "هشتصد هشصد",
    900: "نهصد",
    1000: "هزار",
}
_FILLERS: Final = (  # between spaces, stretched letters («اممم») as one
    " ا آ م ام اه عه اوم هوم خب خوب بعد بعدش بعدشم سپس بله آره اره یعنی همون همین ببخشید یه این اینم هم دیگه آهان اهان آها حالا"
    " دوباره باز بازم خدمتتون خدمتون عرض کنم چیز درسته اوکی باشه بفرمایید بفرمایین میشه شماره شمارم رو نوشتید نوشتین نوشتم"
    " یادداشت کردید کردین کردم ادامه بدید لطفا مرسی ممنون جانم هست هستش خط تیره فاصله اسلش اول اولش آخرش آخرشم ادامش "
)
_LETTER: Final = "[آ-غف-يپچژکگی\u0640\u064b-\u0652\u0670]"
_BLANK: Final = r"[ \u200c\u00a0]"
_MARK: Final = r"[\s\u200c\u200e\u200f\u00a0\u2010-\u2015\u2026\-_/.,:;،؛؟?!()«»\"'|+]"
_UNIT: Final = "|".join(spelling for value in range(10) for spelling in _SPELLINGS[value].split())
_TOKEN: Final = re.compile(
    rf"(?P<times>دو|سه|چهار|چار|جفت){_BLANK}?تا{_BLANK}{{1,2}}(?:دونه{_BLANK})?(?P<unit>{_UNIT})(?!{_LETTER})"
    rf"|(?P<word>{_LETTER}+)|(?P<digits>[0-9]++(?![/:.,٫٬][0-9]|[A-Za-z@_]))|(?P<mark>{_MARK}{{1,{MOST_MARKS}}})"
    r"|[0-9A-Za-z@_][0-9A-Za-z@_/:.,٫٬]*|(?s:.)"
)
_MARKED: Final = "[\u064b-\u0652]?"
_FIRST: Final = re.compile(
    rf"(?<!{_LETTER})(?:ص{_MARKED}[فد]|[یي]{_MARKED}[کكا]|د{_MARKED}[هویي]|س{_MARKED}[هیي]|چ{_MARKED}[هاآل]|پ{_MARKED}[نوا]"
    rf"|ش{_MARKED}[شیيصساو]|ه{_MARKED}[فشیيجژز]|ن{_MARKED}[هو]|ب{_MARKED}[یي]|جفت)|(?<![0-9A-Za-z@_])[0-9]"
)
_TIMES: Final = {"دو": 2, "جفت": 2, "سه": 3, "چهار": 4, "چار": 4}
_PLAIN: Final = str.maketrans({"ي": "ی", "ك": "ک", "ى": "ی", "\u0640": None} | dict.fromkeys(map(chr, range(0x64B, 0x653))))
_DAMMA: Final = "\u064f"
_STRETCHED: Final = re.compile(r"(.)\1+")


class Atom(NamedTuple):
    """One number word or group of digits at `[start, end)`, and what links it to the one before it.

    A number below `room` may join it: 45 joins 300 (room 100), 5 joins 40 (room 10), nothing joins 5.
    """

    start: int
    end: int
    digits: str
    room: int
    is_word: bool
    link: Link


class Group(NamedTuple):
    """Digits that were said as one number; `link` is that of its first word."""

    start: int
    end: int
    digits: str
    is_word: bool
    link: Link


class _Word(NamedTuple):
    digits: str
    room: int = 0
    goes_on: bool = False  # «نهصدو»: the «و» is written on


def stretches(text: str, pieces: Iterable[Span]) -> Iterator[list[Atom]]:
    """The runs of numbers in the pieces of `text`, whose digits are Latin, read as though the pieces followed each other."""
    run = _Run()
    for start, end in pieces:
        at = start
        while at < end:
            if not run.atoms:  # most words of a text are leapt over
                first = _FIRST.search(text, at, end)
                if first is None:
                    break
                at = first.start()
            at, goes_on = run.read(text, at, end)
            if not goes_on:
                if run.atoms:
                    yield run.atoms
                run = _Run()
        run.new_piece()
    if run.atoms:
        yield run.atoms


def readings(atoms: list[Atom]) -> Iterator[list[Group]]:
    """The ways to read a run as groups of digits, the likeliest first."""
    joints = [_joint(one, other) for one, other in pairwise(atoms)]
    likely = [joint is not None and atom.link in ("and", "space") for joint, atom in zip(joints, atoms[1:], strict=True)]
    yield _grouped(atoms, likely)
    opened = [at for at, joint in enumerate(joints) if joint == "open" and len(atoms) <= LONGEST_RUN]
    opened.sort(key=lambda at: atoms[at + 1].digits != "100")  # one speaker drops «و» always or never; «سه صد» is 300 or 3, 100
    free, alike = opened[:MOST_OPEN], opened[MOST_OPEN:]
    for choice in product((True, False), repeat=len(free) + bool(alike)) if opened else ():
        chosen = dict(zip(free, choice, strict=False)) | dict.fromkeys(alike, choice[-1])
        yield _grouped(atoms, [chosen.get(at, joint is not None) for at, joint in enumerate(joints)])


def _joint(one: Atom, other: Atom) -> Literal["sure", "open"] | None:
    """Whether `other` goes on with the number that `one` is the last word of."""
    if other.is_word and other.link != "and" and other.digits == "1000":
        return "sure" if one.room < 1000 and one.digits.strip("0") and len(one.digits) <= 3 else None
    if other.is_word and other.link != "and" and other.digits == "100" and one.digits in ("30", *"3456789"):
        return None if one.link == "and" else "open"  # «سی و سه صد» is 33 and 100
    if other.digits.startswith("0") or len(other.digits) > 3 or int(other.digits) >= one.room:
        return None
    if other.link == "and":
        return "sure"
    return "open" if other.is_word else None


def _grouped(atoms: list[Atom], joined: list[bool]) -> list[Group]:
    groups = [Group(*atoms[0][:3], *atoms[0][4:])]
    for (one, atom), joins in zip(pairwise(atoms), joined, strict=True):
        last = groups[-1]
        if joins and not (atom.digits == "1000" and len(last.digits) > 3):
            groups[-1] = last._replace(end=atom.end, digits=_together(last.digits, one.digits, atom.digits), is_word=True)
        else:
            groups.append(Group(*atom[:3], *atom[4:]))
    return groups


def _together(whole: str, last: str, next_: str) -> str:
    """`whole`, whose last word is `last`, with `next_`: «سیصد» and «چهل» are 340, «شش» and «هزار» 6000, «سی» and «صد» 300."""
    value, end, more = int(whole), int(last), int(next_)
    if more == 1000 and end < 1000:
        return str(value * 1000)
    if more == 100 and end <= 30:
        return str(value - end + (3 if end == 30 else end) * 100)
    return str(value + more)


class _Run:
    """The run that is being read, and what was read since its last number."""

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self._link: Link = "space"
        self._fillers = 0

    def read(self, text: str, at: int, end: int) -> tuple[int, bool]:
        """Reads the word at `at`: where it ends, and whether the run goes on with it."""
        token = _TOKEN.match(text, at, end)
        return (token.end(), self._goes_on(token)) if token else (end, False)

    def new_piece(self) -> None:
        """The next word is of another piece."""
        self._fillers = 0
        if self._link != "and":
            self._link = "filler"

    def _goes_on(self, token: re.Match[str]) -> bool:
        if token["mark"]:
            return self._mark(token)
        if token["digits"]:
            return self._take(token, _Word(token["digits"]), is_word=False)
        if token["times"]:
            return self._take(token, _Word(_WORDS[token["unit"]].digits * _TIMES[token["times"]]))
        return self._word(token) if token["word"] else False

    def _mark(self, token: re.Match[str]) -> bool:
        if self._link == "space" and not token["mark"].replace("\u200c", " ").isspace():
            self._link = "mark"
        return token.end() - token.start() < MOST_MARKS

    def _word(self, token: re.Match[str]) -> bool:
        written = token["word"]
        key = written.translate(_PLAIN)
        if key == "و":
            self._link = "and"
            return True
        if key not in _WORDS and key.endswith("ه") and (word := _WORDS.get(key[:-1])) and self._may_close():
            return self._take(token, word, closing=1)
        short = _STRETCHED.sub(r"\1", key)
        if word := _WORDS.get(key) or _WORDS.get(short):
            return self._take(token, word._replace(goes_on=word.goes_on or written.endswith(_DAMMA)))
        self._fillers += 1
        if self._link != "and":
            self._link = "filler"
        return self._fillers <= MOST_FILLERS and f" {short} " in _FILLERS

    def _may_close(self) -> bool:
        return self._link == "and" or len(self.atoms) >= ENOUGH_TO_CLOSE

    def _take(self, token: re.Match[str], word: _Word, *, is_word: bool = True, closing: int = 0) -> bool:
        link = self._link if self.atoms else "space"
        self.atoms.append(Atom(token.start(), token.end() - closing, word.digits, word.room, is_word, link))
        self._link = "and" if word.goes_on else "space"
        self._fillers = 0
        return True


def _words() -> dict[str, _Word]:
    """Every way to write a number word, also with «و» written on («نهصدو») or between («بیستوپنج»)."""
    words = {
        spelling: _Word(str(value), 0 if value < 20 else 10 ** (len(str(value)) - 1))
        for value, spellings in _SPELLINGS.items()
        for spelling in spellings.split()
    }
    glued = {f"{ten}و{unit}": _Word(str(int(words[ten].digits) + int(words[unit].digits))) for ten in words for unit in words
             if words[ten].room == 10 and 0 < int(words[unit].digits) < 10}  # fmt: skip
    return glued | {f"{spelling}و": word._replace(goes_on=True) for spelling, word in words.items()} | words


_WORDS: Final = _words()


def is_number_word(word: str) -> bool:
    """Whether a word says a number: «هفتاد», «نهصدو»."""
    return word.translate(_PLAIN) in _WORDS
