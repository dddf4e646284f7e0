"""Words that hold a sentence together and say nothing alone."""

from functools import cache
from importlib.resources import files


@cache
def function_words() -> frozenset[str]:
    """The words of `data/lexicons/function_words.txt`, normalised."""
    return frozenset((files("data") / "lexicons" / "function_words.txt").read_text("utf-8").split())
