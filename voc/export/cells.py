"""What a spreadsheet must not do with the text in a cell."""

from typing import Any, Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: Any) -> Any:
    """`value`, with an apostrophe before it where a spreadsheet would run it as a formula.

    >>> harmless("=1+1"), harmless(-1)
    ("'=1+1", -1)
    """
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
