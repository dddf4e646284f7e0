"""How far two people agree on the same rows: no model can be told to be better than that.

The first says whole fields of a row, wherever that is: in the random queue every field, elsewhere those that they set or
confirm, one record at a time. The second judges it in the random queue, which hides what others have said until then. What
either says once both have spoken may have been seen by the other, so that it does not count here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal

import numpy as np

from voc.corrections.statement import SETS, restore_statement
from voc.kpis.slices import Selects
from voc.report_card.figures import Ints, kappa_of, micro_f1_of
from voc.report_card.judgements import check_filters
from voc.store.filters import Filters, where

Field = Literal["sentiment", "reasons", "effort", "loyalty", "resolution"]

KAPPAS: Final[tuple[Field, ...]] = ("sentiment", "resolution")
_SAID: Final = """
SELECT c.seq, c.corrected_by, j.judgement, c.changed, j.number IS NULL AND c.selection IS NOT NULL
FROM correction c
JOIN feedback f ON f.seq = c.seq
LEFT JOIN judged j ON j.number = c.number
WHERE c.undone_at IS NULL AND c.corrected_by IS NOT NULL AND {}
ORDER BY c.seq, c.number
"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one field, Cohen's kappa or, of sets of codes, F1 of one person against the other, over `n` rows."""

    field: Field
    figure: Literal["kappa", "f1"]
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int


def find_agreement(store: Selects, filters: Filters) -> tuple[Agreement, ...]:
    """The agreement of the first two people on each row, by field, in what either said without knowing the other's word."""
    pairs = list(_pairs(store, filters))
    found = []
    for name in (*KAPPAS[:1], *SETS, *KAPPAS[1:]):
        both = [(one[name], other[name]) for one, other in pairs if name in one and name in other]
        estimate = kappa_of(_table(both)) if name in KAPPAS else micro_f1_of(_overlaps(both))
        figure: Literal["kappa", "f1"] = "kappa" if name in KAPPAS else "f1"
        found.append(Agreement(name, figure, estimate.value, estimate.ci_low, estimate.ci_high, len(both)))
    return tuple(found)


_Said = Mapping[str, object]
"""By field, what somebody says of it as a whole: a code, or a set of them."""


def _pairs(store: Selects, filters: Filters) -> Iterator[tuple[_Said, _Said]]:
    condition = where(check_filters(filters))
    words = store.select(_SAID.format(condition.sql), condition.parameters)
    for _, of_row in groupby(words, key=lambda word: word[0]):
        if pair := _pair(of_row):
            yield pair


def _pair(words: Iterable[Sequence[Any]]) -> tuple[_Said, _Said] | None:
    """What the first person says of a row before any other speaks, and what the next one says who judges it unknowing."""
    first: dict[str, object] = {}
    spoke = set[str]()
    for _, by, judgement, changed, at_once in words:
        if judgement and spoke and by not in spoke:
            return first, _whole(judgement)
        spoke.add(by)
        if len(spoke) == 1 and not at_once:
            first |= _whole(judgement or changed)
    return None


def _whole(stored: str) -> dict[str, object]:
    """The fields that a statement sets as a whole; what is added or taken away says nothing of the rest."""
    said = restore_statement(json.loads(stored))
    found: dict[str, object] = {name: getattr(said, name) for name in KAPPAS if getattr(said, name) is not None}
    return found | {name: {*codes} for name in SETS if (codes := getattr(said, name)) is not None}


def _table(pairs: Sequence[tuple[object, object]]) -> Ints:
    """How often one says each class where the other says each."""
    classes = sorted({str(each) for pair in pairs for each in pair})
    table = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for one, other in pairs:
        table[classes.index(str(one)), classes.index(str(other))] += 1
    return table


def _overlaps(pairs: Sequence[tuple[object, object]]) -> Ints:
    """How many codes both say, the first and the second [rows, 3]."""
    sets = [({*one}, {*other}) for one, other in pairs]  # type: ignore[misc]
    return np.array([(len(one & other), len(one), len(other)) for one, other in sets], dtype=np.int64).reshape(-1, 3)
