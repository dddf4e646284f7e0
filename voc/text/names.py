"""Finds the names of people where the sentence gives them away: after a title, in an introduction, in a signature.

A name alone in the middle of a sentence is not looked for: half of the Persian first names are everyday words («امید»,
«شیرین», «پیروز»). After «آقای» any word counts that is not known to be a trade or to go on with the sentence, for its
«ی» asks for a name; everywhere else a word must be a known name or be built like one. The lexicon is data/lexicons/names.toml.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

NameKind = Literal["name"]
Span = tuple[int, int]

MOST_WORDS: Final = 4  # «سید علی اصغر محمدی»
SHORTEST_GUESS: Final = 5  # letters; shorter words with «ی» at their end are mostly adjectives
MOST_JOINED: Final = 5  # letters that «آزاده» and «شاپور» have, which end like surnames by chance
_LETTER: Final = "[آ-غف-يپچژکگی\u0654\u200c]"
_BEGIN: Final = rf"(?<!{_LETTER})"
_END: Final = rf"(?!{_LETTER})"
_GAP: Final = r"[ \u00a0\u200e\u200f\t]{1,3}"
_STOP: Final = r"[\s،,.:؛;!؟?\-–—_()«»\"*]{1,4}"
_WORD: Final = re.compile(rf"{_LETTER}+")
_NEXT_WORD: Final = re.compile(rf"{_GAP}({_LETTER}+)")
_TITLE: Final = re.compile(
    rf"{_BEGIN}(?P<title>[آا]قای|آقا|خانم|خانوم|جناب|سر[کك]ار){_GAP}(?P<rank>(?:(?:د[کك]تر|مهندس|حاج|حاجی|استاد){_GAP}){{0,2}})"
)
_TOLD: Final = re.compile(rf"{_BEGIN}(?:(?:اسم|نام)(?:م|{_GAP}(?:من|بنده))|(?:فامیل|فامیلی)م){_STOP}(?:هم{_GAP})?")
_INTRODUCED: Final = re.compile(rf"{_BEGIN}(?:من|بنده|اینجانب|سلام|درود){_STOP}")
_SIGNED: Final = re.compile(
    rf"{_BEGIN}(?:تشکر|احترام|سپاس|ارادتمند|ممنونم?|مرسی)(?:{_GAP}(?:فراوان|بسیار))?{_STOP}(?:از{_GAP}طرف{_GAP})?"
)
_AM: Final = re.compile(rf"{_GAP}(?:هستم|هستش|هست|است|ام){_END}")
_IS: Final = re.compile(rf"{_AM.pattern}|(?<=ی)ه{_END}")
_ADDRESSED: Final = re.compile(rf"{_GAP}(?:جان|جون|عزیز){_END}")
_CLOSED: Final = re.compile(r"[ \t،,.!()«»\"*\u200e\u200f]{0,6}(?:\n|\Z)")
_GUESSED: Final = frozenset({"آقای", "اقای", "خانم", "خانوم", "جناب"})
_DONE: Final = re.compile(rf"{_GAP}(?:ن?می|ن?[کك]رد|ب?[کك]ن|ن?داد|ن?شد|ن?بود|ن?دار|خوب|بد|عالی|بس[یي]ار)")
_COMPOUND: Final = re.compile(rf"{_GAP}(?:زاده|پور|نژاد|نیا|فر){_END}")
_PLAIN: Final = str.maketrans({"ي": "ی", "ك": "ک", "\u200c": None, "\u0654": None})


def find_names(text: str) -> Iterator[tuple[int, int, NameKind]]:
    """`(start, end, kind)` of each name of `text` that the sentence gives away, in order and without overlap."""
    read = 0
    for start, end in sorted((*_titled(text), *_told(text), *_introduced(text), *_signed(text))):
        if start >= read:
            yield start, end, "name"
            read = end


def _titled(text: str) -> Iterator[Span]:
    for title in _TITLE.finditer(text):
        start = title.end()
        name = _read(text, start)
        if name.is_titled:
            yield start, name.end if name.has_surname else _with_surname(text, name.end)
        elif not name.words and (end := _guess(text, title)):
            yield start, _read(text, start, guessed=end).end


def _guess(text: str, title: re.Match[str]) -> int:
    """Where the unknown word after a title ends, 0 if it is no name: after «آقای» any noun, else what ends like a surname."""
    word = _WORD.match(text, title.end())
    if word is None or title["title"] not in _GUESSED or _goes_on(key := _key(word)):
        return 0
    asks_for_name = title["title"].endswith("ای") and not title["rank"]
    return word.end() if asks_for_name or (len(key) >= SHORTEST_GUESS and key.endswith("ی")) else 0


def _with_surname(text: str, end: int) -> int:
    """The end of a word behind a first name that ends like a surname and is not said to be done («پیگیری کرد»), or `end`."""
    word = _NEXT_WORD.match(text, end)
    if word is None or not _key(word).endswith("ی") or _goes_on(_key(word)) or _DONE.match(text, word.end()):
        return end
    return word.end()


def _told(text: str) -> Iterator[Span]:
    """«اسمم … است»: the sentence says that it is a name, so that a word which is not known may be one too."""
    for told in _TOLD.finditer(text):
        start = told.end()
        name = _read(text, start, copula=True)
        if name.words:
            yield start, _extended(text, name, _IS)
        elif (word := _WORD.match(text, start)) and not _goes_on(_key(word)) and _AM.match(text, word.end()):
            yield word.span()


def _introduced(text: str) -> Iterator[Span]:
    """«من … هستم», «سلام … جان»."""
    for introduced in _INTRODUCED.finditer(text):
        name = _read(text, introduced.end())
        end = _extended(text, name, _AM)
        if name.is_sure and (_AM.match(text, end) or _ADDRESSED.match(text, end)):
            yield name.start, end


def _signed(text: str) -> Iterator[Span]:
    """«با تشکر، …» at the end of a line."""
    for signed in _SIGNED.finditer(text):
        name = _read(text, signed.end())
        end = _extended(text, name, _CLOSED)
        if name.words and _CLOSED.match(text, end):
            yield name.start, end


@dataclass(frozen=True, slots=True)
class _Name:
    """The known names in a row, `words` of them; `is_titled` and `is_sure`: enough behind a title, and anywhere."""

    start: int
    end: int
    words: int = 0
    is_titled: bool = False
    is_sure: bool = False
    has_surname: bool = False

    def joined(self, end: int, *, is_rare: bool, is_surname: bool) -> "_Name":
        """With one more word, which ends at `end`."""
        return _Name(
            self.start,
            end,
            self.words + 1,
            is_titled=self.is_titled or is_rare or is_surname,
            is_sure=self.is_sure or is_rare,
            has_surname=self.has_surname or is_surname,
        )


def _read(text: str, start: int, *, guessed: int = 0, copula: bool = False) -> _Name:
    """The known names that stand at `start`, behind a guessed one that ends there; with `copula`, «رضاییه» is one too."""
    lexicon = _lexicon()
    name = _Name(start, guessed or start, int(guessed > 0))
    word = _NEXT_WORD.match(text, guessed) if guessed else _WORD.match(text, start)
    while word and name.words < MOST_WORDS:
        key, end = _key(word), word.end()
        if copula and not lexicon.is_name(key) and key.endswith("ه") and lexicon.goes_with(key[:-1], name.words):
            key, end = key[:-1], end - 1
        is_surname = lexicon.is_surname(key) or key in lexicon.endings
        if not lexicon.goes_with(key, name.words):
            if _goes_on(key) or not (ending := _COMPOUND.match(text, end)):
                break
            is_surname, end = True, ending.end()
        name = name.joined(end, is_rare=key not in lexicon.ambiguous, is_surname=is_surname)
        word = _NEXT_WORD.match(text, end)
    return name


def _extended(text: str, name: _Name, closed: re.Pattern[str]) -> int:
    """The end of the name with one more word, an unknown surname, where only then the sentence is closed."""
    if not name.words or closed.match(text, name.end):
        return name.end
    word = _NEXT_WORD.match(text, name.end)
    if word is None or _goes_on(_key(word)):
        return name.end
    return next((end for end in (word.end(), word.end() - 1) if closed.match(text, end)), name.end)


def _key(word: re.Match[str]) -> str:
    return word.group(word.lastindex or 0).translate(_PLAIN)


def _goes_on(key: str) -> bool:
    """Whether a word is known to be none of a name; «ی», «ها» and «ای» at its end do not make it one."""
    others = _lexicon().others
    return len(key) < 2 or key in others or any(key.removesuffix(end) in others for end in ("ی", "ای", "ها", "های", "هایی"))


@dataclass(frozen=True, slots=True)
class _Lexicon:
    first: frozenset[str]
    ambiguous: frozenset[str]
    surnames: frozenset[str]
    endings: frozenset[str]
    others: frozenset[str]

    def is_name(self, key: str) -> bool:
        """Whether `key` is a first name or a surname."""
        return key in self.first or key in self.ambiguous or self.is_surname(key)

    def goes_with(self, key: str, words: int) -> bool:
        """Whether `key` is a name, or ends one that has begun."""
        return self.is_name(key) or (words > 0 and key in self.endings)

    def is_surname(self, key: str) -> bool:
        """Whether `key` is a known surname or made of a name: «رضایی», «کریمیان», «حسن‌زاده», «پورمحمدی»."""
        if key in self.surnames:
            return True
        stems = [key.removesuffix(end) for end in ("ی", "یی", "ئی", "یان", *self.endings) if key.endswith(end)]
        if key.startswith("پور"):
            stems.append(key.removeprefix("پور"))
        if len(key) > MOST_JOINED and key.endswith(("زاده", "پور", "نژاد")):
            return True
        return any((stem in self.first and stem not in self.ambiguous) or stem in self.surnames for stem in stems)


@cache
def _lexicon() -> _Lexicon:
    """The lexicon, read when the first text is looked through for names."""
    lists = tomllib.loads((files("data") / "lexicons" / "names.toml").read_text("utf-8"))
    words = {name: frozenset(text.translate(_PLAIN).split()) for name, text in lists.items()}
    return _Lexicon(words["first"], words["ambiguous"], words["surnames"], words["endings"], words["not_names"])
