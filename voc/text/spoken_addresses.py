"""Finds e-mail addresses said aloud, as recognisers write them: «ایمیلم علی رضایی ۶۵ ات جیمیل دات کام».

What is looked for is the host; the part before it has no form of its own, so it is what stands between «ایمیل» and the host,
or else what is spelt in Latin letters, or else two words.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

MOST_BEFORE: Final = 120  # characters before the host in which its address began
_SPACE: Final = r"[\s\u200c]"
_PROVIDER: Final = (
    rf"(?:(?:جی|هات){_SPACE}?میل|یاهو|اوت{_SPACE}?لوک|آی{_SPACE}?کلود|چاپار|پروتون{_SPACE}?میل"
    r"|g-?mail|yahoo|ymail|hotmail|outlook|icloud|chmail|protonmail)"
)
_ENDING: Final = rf"(?:کام|آی{_SPACE}?آر|ای{_SPACE}?آر|نت|ارگ|com|ir|net|org)"
_DOT_ENDING: Final = rf"{_SPACE}*(?:دات|نقطه|dot|\.){_SPACE}*{_ENDING}(?!\w)"
_AT: Final = rf"(?:ات|اَت|أت|اد|آت|at)(?:{_SPACE}?ساین)?"
_HOST: Final = re.compile(
    rf"(?<!\w)(?:(?P<at>(?:{_AT}{_SPACE}+|@{_SPACE}*)(?:{_PROVIDER}(?!\w)(?P<ending>{_DOT_ENDING})?|[\w\-]{{2,30}}+(?P<other_ending>{_DOT_ENDING})))"
    rf"|{_PROVIDER}{_DOT_ENDING})",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    rf"(?:ایمیل|ای{_SPACE}میل|رایانامه|جیمیل|e-?mail)\w*(?:{_SPACE}(?:من|آدرس\w*))?(?:{_SPACE}*(?:[:=،,]|هست|هستش|اینه|میشه|می‌شه|است))*"
    rf"{_SPACE}*(?=\S)",
    re.IGNORECASE,
)
_SPELT: Final = re.compile(
    rf"(?:(?<!\w)(?:[A-Za-z0-9._\-]+|دات|نقطه|آندر{_SPACE}?لاین|اندر{_SPACE}?لاین|خط{_SPACE}تیره|دش){_SPACE}+)+$"
)
_TWO_WORDS: Final = re.compile(rf"(?:\w+{_SPACE}+){{1,2}}$")


def find_spoken_emails(text: str) -> Iterator[tuple[int, int, Literal["email"]]]:
    """`(start, end, "email")` of each address of `text` (its digits Latin) that is said in words, in order, without overlap."""
    read = 0
    for host in _HOST.finditer(text):
        at = max(read, host.start() - MOST_BEFORE)
        before = text[at : host.start()]
        *_, named = [None, *_NAMED.finditer(before)]
        local = (
            named.end()
            if named
            else _unnamed(before, certain=bool(host["ending"] or host["other_ending"]))
            if host["at"]
            else None
        )
        if local is not None and local < len(before):
            yield at + local, host.end(), "email"
            read = host.end()


def _unnamed(before: str, *, certain: bool) -> int | None:
    """Where the part before the host begins, if nothing says that an address follows."""
    found = _SPELT.search(before) or (_TWO_WORDS.search(before) if certain else None)
    return found.start() if found else None


def may_say_email(text: str) -> bool:
    """Whether `text` may hold an address said in words, by a glance."""
    return "میل" in text or "یاهو" in text or "دات" in text or "نقطه" in text or "لوک" in text or "dot" in text.lower()
