"""Finds e-mail addresses and links in running text, also where people write them loosely.

The text is read token by token and each token is looked at once, which keeps the time linear. A bare domain counts by
its ending. An ending that is also a word («app», «me», «site») counts only with a path or «www», because a full stop
without a space after it is common: «kharab bood.site ham baz nashod».
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

AddressKind = Literal["email", "url"]

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
_PROVIDER_HOST: Final = rf"{_PROVIDER}(?:\s?(?:[.,،]|dot)\s?(?:com|ir|me)(?![A-Za-z]))?"
_AT: Final = rf"(?:@|\s@\s|\s?@\s?(?={_PROVIDER}))(?=[0-9.\-]*+[A-Za-z])"
_EMAIL: Final = rf"{_LOCAL}(?:{_AT}(?:{_HOST}|{_PROVIDER_HOST})|\s[\[(]?at[\])]?\s{_PROVIDER_HOST})"
_IN_LINK: Final = r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]"
_PERSIAN_SLUG: Final = r"(?<=[/_=\-])[آ-یـ\u200c]+"
_REST: Final = rf"(?:{_IN_LINK}|{_PERSIAN_SLUG})*+"
_SCHEME: Final = r"(?:https?|ftp|tg)\s?:\s?//"
_TOKEN: Final = re.compile(
    rf"(?P<link>{_SCHEME}[A-Za-z0-9]{_REST})|(?P<email>{_EMAIL})|(?<!@)(?P<host>{_HOST})|{_LOCAL}", re.IGNORECASE
)
_PATH: Final = re.compile(rf"(?::[0-9]{{2,5}})?[/?#](?={_IN_LINK}|{_PERSIAN_SLUG}){_REST}")
_NAMED: Final = re.compile(r"[0-9@]|\.[A-Za-z]")
_LETTERS: Final = re.compile(r"[a-z]+")
_CLOSING: Final = ".,;:!?'*"


def find_addresses(text: str) -> Iterator[tuple[int, int, AddressKind]]:
    """`(start, end, kind)` of each e-mail address and link of `text` (its digits Latin), in order, without overlap."""
    if not any(mark in text for mark in ("@", ".", "://")):
        return
    at = 0
    while token := _TOKEN.search(text, at):
        start, at = token.span()
        if token["email"]:
            yield start, at, "email"
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
