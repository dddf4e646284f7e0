"""hazm's normaliser without what hazm loads beside it.

`import hazm` loads its taggers and parsers too, and for them nltk, scikit-learn, pandas and gensim: twenty times what the five
modules of the normaliser take, none of which uses more of nltk than two base classes. So those five are imported here as parts
of packages whose own `__init__` is not run, and kept to this module: whoever imports hazm or nltk later gets them whole.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final

_PACKAGES: Final = ("nltk", "nltk.tokenize", "nltk.stem", "hazm")
_PARTS: Final = ("utils", "stemmer", "word_tokenizer", "lemmatizer", "normalizer")  # each uses those before it


def build_normalizer() -> Any:
    """A `hazm.Normalizer` as hazm builds it, which reads the list of 190,000 words once and not twice."""
    if "hazm" in sys.modules:
        return sys.modules["hazm"].Normalizer()
    with _bare(_PACKAGES), _no_collection():
        parts = {name: _import_part(name) for name in _PARTS}
        read_once = cache(parts["utils"].words_list)
        vars(parts["word_tokenizer"])["words_list"] = read_once
        normalizer = parts["normalizer"].Normalizer()
        read_once.cache_clear()
        return normalizer


def _import_part(name: str) -> ModuleType:
    """A module of hazm; its names become those of the package, where the other modules look for them."""
    part = import_module(f"hazm.{name}")
    vars(sys.modules["hazm"]).update({key: value for key, value in vars(part).items() if not key.startswith("_")})
    return part


@contextmanager
def _bare(names: tuple[str, ...]) -> Iterator[None]:
    """Packages whose modules can be imported though they themselves are not; afterwards nothing is left of them."""
    before = set(sys.modules)
    try:
        for name in names:
            if name not in before:
                sys.modules[name] = _empty_package(name)
        yield
    finally:
        roots = tuple(f"{name}." for name in names)
        for name in set(sys.modules) - before:
            if name in names or name.startswith(roots):
                del sys.modules[name]


def _empty_package(name: str) -> ModuleType:
    spec = find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    empty = ModuleSpec(name, None, is_package=True)
    empty.submodule_search_locations = spec.submodule_search_locations
    return module_from_spec(empty)


@contextmanager
def _no_collection() -> Iterator[None]:
    """No search for garbage while half a million things are made that stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
