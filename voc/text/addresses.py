"""Finds e-mail addresses, links and handles («@name») in running text, also where people write them loosely.

The text is read token by token and each token is looked at once, which keeps the time linear. A bare domain counts by
its ending. An ending that is also a word («app», «me», «site») counts only with a path or «www», because a full stop
without a space after it is common: «kharab bood.site ham baz nashod».
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

AddressKind = Literal["email", "url", "handle"]

ENDINGS: Final = frozenset({
    "com", "ir", "net", "org", "info", "io", "co", "biz", "edu", "gov", "ru", "uk", "tr", "ae", "cn", "xyz", "asia",
    "au", "ca", "eu", "fr", "jp",
})  # fmt: skip
WORDLIKE_ENDINGS: Final = frozenset({
    "me", "app", "shop", "store", "site", "online", "club", "in", "to", "be", "tv", "top", "pro", "live", "link",
    "name", "us", "de", "ly", "ai", "am", "gl", "cc", "page", "blog", "news", "market", "dev", "ee", "im", "fm",
})  # fmt: skip

_LOCAL: Final = r"[A-Za-z0-9_][A-Za-z0-9._%+\-]*+"
_LABEL: Final = r"[A-Za-z0-9][A-Za-z0-9_\-]*+"
_HOST: Final = rf"{_LABEL}(?:\.{_LABEL})++"
_PROVIDER: Final = r"(?:g-?mail|yahoo|ymail|hotmail|outlook|icloud|chmail|protonmail)(?![A-Za-z])"
_DOT: Final = r"(?:[.,،]|dot|[\[(]\s?dot\s?[\])])"
_PROVIDER_HOST: Final = rf"{_PROVIDER}(?:\s?{_DOT}\s?(?:com|ir|me)(?![A-Za-z]))?"
_AT: Final = rf"(?:@|\s@\s|\s?@\s?(?={_PROVIDER}))(?=[0-9.\-]*+[A-Za-z])"
_SPELLED_AT: Final = r"(?:\sat\s|\s?[\[(]\s?at\s?[\])]\s?)"
_EMAIL: Final = rf"{_LOCAL}(?:{_AT}(?:{_HOST}|{_PROVIDER_HOST})|{_SPELLED_AT}{_PROVIDER_HOST})"
_HANDLES: Final = r"(?<![A-Za-z0-9_@])(?:@[0-9]{0,4}[A-Za-z_](?:\.?[A-Za-z0-9_]){2,31}+)++"  # «@sara@ali» too
# In right-to-left text the sign often lands at the other end; a plain Latin word before it is none.
_FLIPPED: Final = r"(?=[A-Za-z]{0,30}[0-9._])[A-Za-z][A-Za-z0-9._]{3,31}+@(?![A-Za-z0-9@])"
_IN_LINK: Final = r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]"
_PERSIAN_SLUG: Final = r"(?<=[/_=\-])[آ-یـ\u200c]+"
_REST: Final = rf"(?:{_IN_LINK}|{_PERSIAN_SLUG})*+"
_SCHEME: Final = r"(?:https?|ftp|tg)\s?:\s?//"
_TOKEN: Final = re.compile(
    rf"(?P<link>{_SCHEME}[A-Za-z0-9]{_REST})|(?P<email>{_EMAIL})|(?P<handles>{_HANDLES})|(?P<flipped>{_FLIPPED})|(?<!@)(?P<host>{_HOST})|{_LOCAL}",
    re.IGNORECASE,
)
_HANDLE: Final = re.compile("@[^@]+")
_MAY_BE_ADDRESS: Final = re.compile(rf"[A-Za-z0-9_\-]\.[A-Za-z0-9]|[A-Za-z0-9]{_SPELLED_AT}[A-Za-z]", re.IGNORECASE)
_PATH: Final = re.compile(rf"(?::[0-9]{{2,5}})?[/?#](?={_IN_LINK}|{_PERSIAN_SLUG}){_REST}")
_NAMED: Final = re.compile(r"[0-9@]|\.[A-Za-z]")
_LETTERS: Final = re.compile(r"[a-z]+")
_CLOSING: Final = ".,;:!?'*"


def find_addresses(text: str) -> Iterator[tuple[int, int, AddressKind]]:
    """`(start, end, kind)` of each e-mail address, link and handle of `text` (its digits Latin), in order, without overlap."""
    if not ("@" in text or "//" in text or _MAY_BE_ADDRESS.search(text)):
        return
    at = 0
    while token := _TOKEN.search(text, at):
        start, at = token.span()
        if token["email"]:
            yield start, at, "email"
        elif token["handles"]:
            yield from ((*handle.span(), "handle") for handle in _HANDLE.finditer(text, start, at))
        elif token["flipped"]:
            yield start, at, "handle"
        elif token["link"]:
            at = _trim(text, start, at)
            if _NAMED.search(text, start, at):
                yield start, at, "url"
        elif token["host"] and (end := _link_end(text, start, token["host"])):
            at = end
            yield start, at, "url"


def _link_end(text: str, start: int, host: str) -> int | None:
    """Where the link that begins with `host` ends; what is glued to the domain is not part of it."""
    labels = host.lower().split(".")
    certain = labels[0] == "www"
    if (certain or labels[-1] in ENDINGS | WORDLIKE_ENDINGS) and (path := _PATH.match(text, start + len(host))):
        return _trim(text, start, path.end())
    if certain:
        return start + len(host)
    for count in range(len(labels) - 1, 0, -1):
        ending = _LETTERS.match(labels[count])
        if ending and ending.group() in ENDINGS and not labels[count - 1].isdecimal():
            return start + len(".".join([*labels[:count], ending.group()]))
    return None


def _trim(text: str, start: int, end: int) -> int:
    """Without the marks that close the sentence rather than the link."""
    closing = _CLOSING if "(" in text[start:end] else _CLOSING + ")"
    while text[end - 1] in closing:
        end -= 1
    return end
