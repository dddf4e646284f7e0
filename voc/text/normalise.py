"""The one door to hazm: Persian text in one spelling, with half-spaces put right.

Why a door: hazm takes seconds to import and half a second to build, so that its parts are imported alone (hazm_parts.py) and
built once per process; it makes its letter table anew for
each text, which is a third of its time; it knows the written verbs but not the spoken ones («میخوام»); a stretched word
(«عااالی») loses to it the stress that its writer gave it; and a few of its patterns take quadratic time on a word of
thousands of letters.
"""

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from voc.text.align import ZWNJ, Alignment
from voc.text.hazm_parts import build_normalizer

NORMALISER_VERSION: Final = "hazm-0.10.0+voc-2"
SEGMENT_CHARS: Final = 2_000
LONGEST_WORD_CHARS: Final = 64

_HALF_SPACES: Final = dict.fromkeys(map(ord, "\u00ac\u200b\u200d\u2060\ufeff"), ZWNJ)
_SPACES: Final = dict.fromkeys(map(ord, "\t\r\n\v\f\x85\xa0\u2028\u2029\u3000"), " ") | dict.fromkeys(
    range(0x2000, 0x200B), " "
)
_NOTHING: Final = dict.fromkeys(
    [*range(0x09), *range(0x0E, 0x20), 0x7F, 0xAD, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A),
     *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)]
)  # fmt: skip
_CLEAN: Final[dict[int, str | None]] = _HALF_SPACES | _SPACES | _NOTHING
_LONG_WORD: Final = re.compile(rf"\S{{{LONGEST_WORD_CHARS + 1},}}")
_PIECE: Final = re.compile(rf"\[\w{{3,8}}\]|.{{1,{LONGEST_WORD_CHARS}}}?(?=\[\w{{3,8}}\]|$)|.{{{LONGEST_WORD_CHARS}}}")
_REPEATED_MARK: Final = re.compile(r"([^\w\s.])\1{2,}")
_LIGATURE: Final = re.compile("[\ufdf0-\ufdfd\ufef5-\ufefc]")
_STRETCH: Final = re.compile(r"([آ-ی])\1{2,}")
_STRETCHED_WORD: Final = re.compile(rf"[آ-ی]*?{_STRETCH.pattern}[آ-ی]*")
STRETCH_MARK: Final = "^"  # a sign that the way back (align.py) takes for no letter
_JOINED_VERB: Final = re.compile(r"\bن?می[آ-ی]+")


class Normaliser:
    """Normalises text for the tagger, the same way in training and in serving.

    Building one takes half a second: use `normaliser()`, which builds one per process.

    >>> normaliser().normalise("كتاب ها رو نميخوام،عااااالی نبود !!!!")
    'کتاب‌ها رو نمی‌خوام، عالی^ نبود!!'
    """

    def __init__(self) -> None:
        self._hazm = build_normalizer()
        letters = _table(self._hazm.translation_src, self._hazm.translation_dst)
        self._letters: dict[int, str | None] = {**_presentation_forms(letters), **letters, **_CLEAN}
        self._digits = _table(self._hazm.number_translation_src, self._hazm.number_translation_dst)
        self._spoken_verbs = _spoken_verbs()

    def normalise(self, text: str) -> str:
        """`text` in one spelling: letters, digits, spaces, half-spaces, repeated letters and marks, small Latin letters."""
        text = _REPEATED_MARK.sub(r"\1\1", text.translate(self._letters).lower())
        if _LONG_WORD.search(text):
            text = _LONG_WORD.sub(lambda word: " ".join(_PIECE.findall(word.group())), text)
        if len(text) <= SEGMENT_CHARS:
            return self._normalise_segment(text)
        return " ".join(map(self._normalise_segment, _segments(text)))

    def align(self, text: str) -> Alignment:
        """`text` normalised, with the way back from its characters to those of `text`."""
        return Alignment(text, self.normalise(text))

    def _normalise_segment(self, text: str) -> str:
        """The steps of hazm in its order, without its two tables being made again and without those that would find nothing."""
        hazm = self._hazm
        text = hazm.persian_style(text).translate(self._digits)
        text = hazm.correct_spacing(hazm.remove_diacritics(text))
        if _LIGATURE.search(text):
            text = hazm.unicodes_replacement(text)
        text = hazm.remove_specials_chars(text)
        if _STRETCH.search(text):
            text = _STRETCHED_WORD.sub(self._shorten, text)
        text = hazm.seperate_mi(text)
        return _JOINED_VERB.sub(self._separate, text).strip()

    def _shorten(self, stretched: re.Match[str]) -> str:
        """The word without its stretch, and a mark that it had one; laughter («هههه») keeps two letters."""
        word = stretched.group()
        once, twice = _STRETCH.sub(r"\1", word), _STRETCH.sub(r"\1\1", word)
        if len(once) == 1:
            return twice
        return (twice if twice in self._hazm.words and once not in self._hazm.words else once) + STRETCH_MARK

    def _separate(self, verb: re.Match[str]) -> str:
        word = verb.group()
        if word not in self._spoken_verbs:
            return word
        prefix = 3 if word.startswith("ن") else 2
        return word[:prefix] + ZWNJ + word[prefix:]


@cache
def normaliser() -> Normaliser:
    """The process's normaliser, built on the first call."""
    return Normaliser()


def _table(old: str, new: str) -> dict[int, str]:
    return {ord(one): other for one, other in zip(old, new, strict=False)}


def _presentation_forms(letters: dict[int, str]) -> dict[int, str]:
    """The shaped letters (U+FB50…, U+FE70…) that PDF and old systems leave behind; hazm's own table misses some."""
    plain = {point: unicodedata.normalize("NFKC", chr(point)) for point in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00))}
    return {point: form.translate(letters) for point, form in plain.items() if len(form) == 1 and form != chr(point)}


def _segments(text: str) -> list[str]:
    """Pieces of at most `SEGMENT_CHARS`, cut between words; hazm's cost is then linear in the length of the text."""
    segments: list[str] = []
    while len(text) > SEGMENT_CHARS:
        cut = text.rfind(" ", 0, SEGMENT_CHARS) + 1 or SEGMENT_CHARS
        segments.append(text[:cut])
        text = text[cut:]
    return [*segments, text]


def _spoken_verbs() -> frozenset[str]:
    lexicon = tomllib.loads((files("data") / "lexicons" / "colloquial_verbs.toml").read_text("utf-8"))
    forms = {stem + ending for stem in lexicon["present_stems"] for ending in lexicon["present_endings"]}
    forms |= {stem + ending for stem in lexicon["past_stems"] for ending in lexicon["past_endings"]}
    forms |= set(lexicon["irregular"])
    return frozenset("می" + form for form in forms) - frozenset(lexicon["not_verbs"]) | {"نمی" + form for form in forms}
