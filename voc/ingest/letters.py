"""Small spelling matters that headers, dates and numbers share, and what no text can hold."""

import re
import unicodedata
from typing import Final

from voc.text.letters import latin_digits, plain

__all__ = ["BROKEN", "header_key", "latin_digits", "plain", "storable"]

_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0\ud800-\udfff]")

BROKEN: Final = "\ufdd0"
"""Stands for a byte that its encoding cannot read. Unicode keeps this code point for such use; no text holds it."""


def header_key(header: str) -> str:
    """The letters and digits of a header alone, so that `createdDate`, `created_date` and «تاریخ‌ ثبت» have one spelling.

    >>> header_key("مدت مكالمه (ثانیه)")
    'مدتمکالمهثانیه'
    """
    decomposed = unicodedata.normalize("NFD", plain(header))
    return "".join(char for char in decomposed if char.isalnum())


def storable(text: str) -> str:
    """`text` without the characters that no database takes: NUL and other controls, halves of surrogate pairs."""
    return _UNSTORABLE.sub("", text) if _UNSTORABLE.search(text) else text
