"""Whether a log quotes a customer: sample texts are Persian and messages English, so a Persian letter is a quotation."""

import re
from typing import Final

_PERSIAN: Final = re.compile("[\u0620-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]")


def quotes(log: str) -> bool:
    """Whether a Persian letter stands in it."""
    return _PERSIAN.search(log) is not None
