"""Finds e-mail addresses said aloud, as recognisers write them: «ایمیلم علی رضایی ۶۵ ات جیمیل دات کام».

What is looked for is the host; the part before it has no form of its own. It is what stands between «ایمیل» and the host where
that is a few words of one sentence, or else what is spelt in Latin letters and numbers, or else two words.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

from voc.text.number_words import is_number_word

MOST_BEFORE: Final = 120  # characters before the host in which its address began
MOST_NAMES: Final = 5  # words between «ایمیل» and the host that are no numbers and no «نقطه»
MOST_NAMES_WITHOUT_AT: Final = 3
_SPACE: Final = r"[\s\u200c]"
_BEGIN: Final = r"(?<![\w\u200c])"
_PROVIDER: Final = (
    rf"(?:(?:جی|هات){_SPACE}?میل|یاهو|اوت{_SPACE}?لوک|آی{_SPACE}?کلود|چاپار|پروتون{_SPACE}?میل"
    r"|g-?mail|yahoo|ymail|hotmail|outlook|icloud|chmail|protonmail)(?!\w)"
)
_DOT: Final = rf"{_SPACE}+(?:دات|نقطه|dot){_SPACE}+"
_END: Final = rf"(?:کام|[آا]ی{_SPACE}?آر|نت|ارگ|com|ir|net|org)(?!\w)"
_DOT_END: Final = rf"(?:{_DOT}{_END}|\.(?:com|ir|net|org)(?!\w))"
_AT: Final = rf"{_BEGIN}(?:(?:ا[\u064e\u0650]?ت|أت|آت|at)(?:{_SPACE}?ساین)?|اد{_SPACE}?ساین){_SPACE}+"
_HOST: Final = re.compile(
    rf"(?P<at>(?:{_AT}|@{_SPACE}*)(?:{_PROVIDER}(?P<ending>{_DOT_END})?|[\w\-]{{2,30}}+(?P<other>{_DOT_END})))"
    rf"|{_BEGIN}{_PROVIDER}{_DOT}{_END}",
    re.IGNORECASE,
)
_FILLER: Final = (
    r"(?:من|آدرس\w*|رو|را|هست|هستش|است|اینه|این|میشه|می‌شه|که|لطفا|بله|بفرمایید|بفرمایین|بگید|میگم|یادداشت"
    r"|بنویسید|بزنید|کنید|[:=،,])"
)
_NAMED: Final = re.compile(
    rf"(?<!\[)(?:ایمیل|ای{_SPACE}میل|رایانامه|e-?mail)\w*{_SPACE}*(?:{_FILLER}(?:{_SPACE}+|(?<=[:=،,])|$))*", re.IGNORECASE
)
_SENTENCE_END: Final = re.compile(r"[.؟!?؛،,](?=\s)|[\n\[\]()]")
_NO_NAME: Final = frozenset(["در", "از", "تو", "توی", "به", "با", "سایت", "برای", "رو", "هم", "و", "تا", "نه"])
_WORD: Final = re.compile(r"\S+")
_JOINT: Final = re.compile(r"دات|نقطه|آندرلاین|اندرلاین|دش|dot|underscore|dash", re.IGNORECASE)
_SPELT: Final = re.compile(r"[A-Za-z0-9._\-]+")
_SAME: Final = str.maketrans("يك", "یک")


def find_spoken_emails(text: str) -> Iterator[tuple[int, int, Literal["email"]]]:
    """`(start, end, "email")` of each address of `text` (its digits Latin) that is said in words, in order, without overlap."""
    text = text.translate(_SAME)
    read = 0
    for host in _HOST.finditer(text):
        begin = max(read, host.start() - MOST_BEFORE)
        begin += _last_end(_SENTENCE_END, text[begin : host.start()])
        before = text[begin : host.start()]
        at = _named(before, with_at=bool(host["at"]))
        if at is None and host["at"]:
            at = _unnamed(before, certain=bool(host["ending"] or host["other"]))
        if at is not None and at < len(before):
            yield begin + at, host.end(), "email"
            read = host.end()


def may_say_email(text: str) -> bool:
    """Whether `text` may hold an address said in words, by a glance."""
    return any(part in text for part in _GLANCE)


def _named(before: str, *, with_at: bool) -> int | None:
    """Where the part before the host begins by the word «ایمیل», if no more than a name stands between them."""
    *_, named = [None, *_NAMED.finditer(before)]
    if named is None:
        return None
    words = before[named.end() :].split()
    names = [word for word in words if not (_JOINT.fullmatch(word) or is_number_word(word) or word == "و")]
    fits = len(names) <= (MOST_NAMES if with_at else MOST_NAMES_WITHOUT_AT)
    return named.end() if words and fits and words[-1] not in _NO_NAME else None


def _unnamed(before: str, *, certain: bool) -> int | None:
    """Where the part before the host begins, if nothing says that an address follows."""
    start, words_left, joined = None, 2 if certain else 0, False
    for word in reversed(list(_WORD.finditer(before))):
        if _JOINT.fullmatch(word[0]):
            words_left, joined = 0, True
            continue
        if _SPELT.fullmatch(word[0]):
            words_left = 0
        elif not (is_number_word(word[0]) or (word[0] == "و" and start is not None)):
            if word[0] in _NO_NAME or not (words_left or joined):
                break
            words_left -= not joined
        start, joined = word.start(), False
    return start


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    return max((found.end() for found in pattern.finditer(text)), default=0)


_GLANCE: Final = (
    *("میل", "ميل", "یاهو", "ياهو", "دات", "نقطه", "لوک", "لوك", "کلود", "كلود", "چاپار"),
    *("dot", "Dot", "DOT", "mail", "Mail", "MAIL", "yahoo", "Yahoo", "outlook", "Outlook", "icloud", "iCloud"),
)
