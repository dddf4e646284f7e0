"""One spelling for comparing: digits, letter forms and marks that nobody sees made alike."""

import re
import unicodedata
from typing import Final

_DIGITS: Final = {
    ord(char): str(digit)
    for digits in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９")
    for digit, char in enumerate(digits)
}
_DIGIT: Final = re.compile("[۰-۹٠-٩０-９]")
_SAME: Final = {
    ord(char): letter for letter, forms in {"ی": "يىېۍ", "ک": "كڪ", "ا": "آأإٱ", "و": "ؤ", "ه": "ةۀە"}.items() for char in forms
}
_UNSEEN: Final = dict.fromkeys(
    [
        0xAD,
        0x640,
        0x200B,
        0x200C,
        0x200D,
        0x200E,
        0x200F,
        0x061C,
        0x2060,
        0xFEFF,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ]
)
_SPACES: Final = re.compile(r"\s+")


def latin_digits(text: str) -> str:
    """`text` with its Persian, Arabic and full-width digits written 0-9, character for character."""
    return text.translate(_DIGITS) if _DIGIT.search(text) else text  # translating takes longer than to look


def plain(text: str) -> str:
    """`text` for comparing: Latin digits, one form of each letter, small, no unseen marks, single spaces.

    >>> plain("تاريخ‌ ثبت  ۲")
    'تاریخ ثبت 2'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DIGITS).translate(_SAME).translate(_UNSEEN)
    return _SPACES.sub(" ", text).strip().lower()
