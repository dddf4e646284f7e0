"""What a draft's reasons are learnt from: its own examples and definitions, and the examples of the shipped codes.

What a draft's author wrote counts in full. The examples of other codes were not written with the draft in mind and might have
its reasons, so they count for less. How rare a word is, these texts and the shipped sample tell; nothing else is learnt of it.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from voc.drafts.plan import Plan
from voc.taxonomy import Code

FOLDS: Final = 5
NO_FOLD: Final = -1
WEIGHTS: Final = {"hit": 1.0, "definition": 1.0, "near_miss": 1.0, "shipped": 0.3}

Kind = Literal["hit", "definition", "near_miss", "shipped"]


@dataclass(frozen=True)
class Examples:
    """N texts for C reasons: `has` [N, C], `weights` [N, C] (0 where nobody can say), the fold of each text, what it is.

    Titles and definitions are in no fold: nothing is measured on them, and every fit sees them.
    """

    texts: tuple[str, ...]
    kinds: tuple[Kind, ...]
    has: NDArray[np.bool_]
    weights: NDArray[np.float64]
    folds: NDArray[np.int64]


def examples_of(plan: Plan) -> Examples:
    """The examples of a draft; the hits of a reason that is split say nothing of its parts."""
    new = [code.code for code in plan.new]
    kinds, marks = _marked(plan, new)
    texts = tuple(kinds)
    has = np.array([[code in marks.get(text, ()) for code in new] for text in texts], dtype=bool).reshape(len(texts), len(new))
    weights = np.array([[WEIGHTS[kinds[text]]] * len(new) for text in texts]).reshape(len(texts), len(new))
    of_whole = {code.code: set(code.hits) for code in plan.base.reasons}
    for column, code in enumerate(new):
        unknown = of_whole.get(plan.parts.get(code, ""), set())
        weights[[row for row, text in enumerate(texts) if text in unknown and not has[row, column]], column] = 0.0
    return Examples(texts, tuple(kinds.values()), has, weights, _folds(plan.new, kinds))


def sample_texts() -> tuple[str, ...]:
    """The texts of the shipped sample."""
    source = (files("data") / "samples" / "feedback.csv").read_text("utf-8-sig")
    return tuple(row["متن"] for row in csv.DictReader(io.StringIO(source, newline="")))


def _marked(plan: Plan, new: Sequence[str]) -> tuple[dict[str, Kind], dict[str, set[str]]]:
    """What each text is, the most telling thing first, and which of the new reasons it has."""
    kinds: dict[str, Kind] = {}
    marks: dict[str, set[str]] = {}
    for code in plan.new:
        for text in code.hits:
            kinds[text] = "hit"
            marks.setdefault(text, set()).add(code.code)
        for text in (code.fa, code.definition_fa):
            kinds.setdefault(text, "definition")
            marks.setdefault(text, set()).add(code.code)
        for miss in code.near_misses:
            kinds.setdefault(miss.text, "near_miss")
            if miss.instead in new:
                marks.setdefault(miss.text, set()).add(miss.instead)
    for text in _shipped(plan.base.codes):
        kinds.setdefault(text, "shipped")
    return kinds, marks


def _shipped(codes: Sequence[Code]) -> Iterator[str]:
    for code in codes:
        yield from code.hits
        yield from (miss.text for miss in code.near_misses)


def _folds(new: Sequence[Code], kinds: dict[str, Kind]) -> NDArray[np.int64]:
    """The fold of each text, hits and near misses of each reason dealt out evenly, in an order that is drawn once for all."""
    random = np.random.default_rng(0)
    folds = dict.fromkeys(kinds, NO_FOLD)
    decks = [each for code in new for each in (code.hits, [miss.text for miss in code.near_misses])]
    decks.append([text for text, kind in kinds.items() if kind == "shipped"])
    for deck in decks:
        for place, at in enumerate(random.permutation(len(deck))):
            folds[deck[at]] = place % FOLDS
    return np.array(list(folds.values()), dtype=np.int64)
