"""Says in what script a text is written, so that Finglish and English are reported as such and never read as Persian.

Finglish is Persian in Latin letters, with no fixed spelling. A word counts as Persian if the lexicon has it, also with
its stretched letters taken back («kheyliiii»), or, with less weight, if it is spelled as only Persian is; as English if
it is one of the few that hold a sentence together or is spelled as only English is.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Final

from voc.records import Script
from voc.text.mask import PLACEHOLDERS

_PERSIAN: Final = re.compile("[\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdfb\ufe70-\ufefc]+")
_LATIN_LETTER: Final = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]"
_LATIN: Final = re.compile(rf"{_LATIN_LETTER}+(?:['’]{_LATIN_LETTER}+)*")
_PLACEHOLDER: Final = re.compile("|".join(map(re.escape, PLACEHOLDERS.values())))
_STRETCHED: Final = re.compile(r"(.)\1{2,}")
_DOUBLED: Final = re.compile(r"(.)\1+")

SPELLING_WEIGHT: Final = 0.5
_PERSIAN_SPELLING: Final = re.compile(
    r"kh|gh[aeiou]|zh|q(?!u)|^x[aeiou]|aa"
    r"|^n?e?mi[^aeiou]\w*(?:[ai][mnd]|eh?|and)$|^na[kdrsb]\w+(?:[ai][mnd]|eh?)$|^be[^aeiou]\w*[ai][dn]$"
    r"|(?:[aeiou]sh|et|em)oo?n$|[^aeio]oo[dbrz](?:[ai][mnd]|eh?)$|[^aeiou]eh$|(?:aye|iye|ash|esh|tarin)$"
)
_ENGLISH_SPELLING: Final = re.compile(
    r"th|^wh|w[nrs]|[ts]ion|ing$|ck|ould|ght|qu|ea[kstd]|^un[a-z]{4}"
    r"|(?:[^aeiou]|[aeiou][lrtnsp])ly$|[^aeiou]ed$|(?:ness|ment|[ai]ble|ful|ous|ive|tt?er)$|'(?:s|t|re|ve|ll|m|d)$"
)
# Words that Finglish has too («be», «to», «in», «bad», «man», «ok») are left out.
_ENGLISH: Final = frozenset({
    "the", "a", "and", "or", "but", "if", "is", "are", "was", "were", "been", "i", "you", "he", "she", "it", "its",
    "we", "they", "my", "your", "our", "their", "him", "us", "them", "this", "that", "these", "those", "of", "for",
    "from", "with", "by", "not", "no", "yes", "does", "did", "don't", "can", "can't", "will", "would", "should",
    "have", "has", "had", "very", "just", "all", "any", "some", "more", "most", "than", "then", "there", "here",
    "when", "what", "why", "how", "who", "which", "because", "after", "before", "again", "still", "only", "also",
    "about", "out", "up", "over", "good", "best", "better", "worst", "great", "nice", "excellent", "perfect",
    "awesome", "amazing", "love", "like", "hate", "thank", "thanks", "please", "well", "fine", "cool", "super",
    "never", "always", "ever", "really", "quality", "price", "service", "delivery", "order", "product", "food",
    "cold", "late", "time", "money", "bank", "app", "application", "update", "error", "login", "password",
    "support", "call", "phone", "customer", "work", "works", "use", "easy", "fast", "slow", "new", "old", "one",
    "two", "get", "got", "buy", "pay", "need", "want", "make", "made", "fix", "problem", "open", "wrong", "hi",
    "hello", "lovely", "bravo", "professional", "delicious", "tasty", "book", "big", "day", "hell", "came", "same",
    "see", "go", "stop", "every", "thing",
})  # fmt: skip


def script_of(text: str) -> Script:
    """`"persian"`, `"finglish"`, `"latin"` (any other letters) or `"none"` (no letters, such as emoji, digits, masks).

    Brand names in Latin letters leave a Persian text Persian, however long they are.

    >>> script_of("salam kheyli deer resid, aslan razi nistam"), script_of("گوشی Galaxy S21 عالیه")
    ('finglish', 'persian')
    """
    if "[" in text:
        text = _PLACEHOLDER.sub(" ", text)
    if not any(map(str.isalpha, text)):
        return "none"
    latin, persian = _LATIN.findall(text), _PERSIAN.findall(text)
    if not latin:
        return "persian" if persian else "latin"
    if sum(map(len, persian)) >= sum(map(len, latin)):
        return "persian"
    finglish, english = _weigh(latin)
    if persian and len(persian) >= max(finglish, english):
        return "persian"
    return "finglish" if finglish > english else "latin"


def _weigh(words: list[str]) -> tuple[float, float]:
    """How much is Persian in Latin letters and how much English; a word that may be either counts for none."""
    finglish = english = 0.0
    for word in words:
        weight = _leaning(word.lower().replace("’", "'"))
        finglish += max(weight, 0)
        english -= min(weight, 0)
    return finglish, english


def _leaning(word: str) -> float:
    """1 for a word of the Finglish lexicon, -1 for an English one, a fraction for the spelling of either."""
    forms = {word, _STRETCHED.sub(r"\1\1", word), _STRETCHED.sub(r"\1", word), _DOUBLED.sub(r"\1", word)}
    persian, english = not forms.isdisjoint(_lexicon()), not forms.isdisjoint(_ENGLISH)
    if persian or english:
        return float(persian) - float(english)
    return SPELLING_WEIGHT * (bool(_PERSIAN_SPELLING.search(word)) - bool(_ENGLISH_SPELLING.search(word)))


@cache
def _lexicon() -> frozenset[str]:
    """Every spelling in the lexicon, read when the first Latin word is seen."""
    lines = (files("data") / "lexicons" / "finglish.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.partition("\t")[2].split())
