"""Figures of a tagger on labelled texts, each a function of two tables, so that a bootstrap can draw rows anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.examples import Labels
from voc.records import Tags
from voc.report_card.figures import Bools, Ints, micro_f1
from voc.tagging.shape import TaggerShape

RARE_BELOW: Final = 8  # a macro mean over codes with fewer examples measures luck
BOOTSTRAP_DRAWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Answers:
    """What labellers or a model said of N texts, as tables with a row a text."""

    sentiment: Ints
    reasons: Bools
    polarised: Bools
    effort: Bools
    loyalty: Bools
    resolution: Ints

    def rows(self, chosen: Ints) -> "Answers":
        """The answers of the chosen texts."""
        return Answers(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Score:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Codes:
    """Column numbers for the codes of a model or of the taxonomy."""

    def __init__(self, outputs: TaggerShape | Labels) -> None:
        lists = (outputs.sentiments, outputs.reasons, outputs.effort, outputs.loyalty)
        self.sentiments, self.reasons, self.effort, self.loyalty = (list(codes or ()) for codes in lists)
        self.resolutions = [None, *(outputs.resolutions or ())]
        self.polarities = ("negative", "positive", "neutral")

    def table(self, records: Sequence[Mapping[str, object]]) -> Answers:
        """Records in the form of the label guide as tables."""
        polarised = [[f"{code}:{polarity}" for code, polarity in _reasons(record).items()] for record in records]
        pairs = [f"{code}:{polarity}" for code in self.reasons for polarity in self.polarities]
        return Answers(
            sentiment=np.array([self.sentiments.index(str(record["sentiment"])) for record in records]),
            reasons=_table([list(_reasons(record)) for record in records], self.reasons),
            polarised=_table(polarised, pairs),
            effort=_table([record["effort"] for record in records], self.effort),
            loyalty=_table([record["loyalty"] for record in records], self.loyalty),
            resolution=np.array([self.resolutions.index(record["resolution"]) for record in records]),
        )


def record_of_tags(tags: Tags) -> dict[str, object]:
    """A model's tags in the form of the label guide."""
    return {
        "sentiment": tags.sentiment,
        "reasons": {reason.code: reason.polarity for reason in tags.reasons},
        "effort": [cue.code for cue in tags.effort],
        "loyalty": [cue.code for cue in tags.loyalty],
        "resolution": tags.resolution,
    }


Metric = Callable[[Answers, Answers], float]


def macro_f1(given: Bools, gold: Bools, at_least: int = RARE_BELOW) -> float:
    """Mean F1 of the columns that have at least so many examples."""
    columns = np.flatnonzero(gold.sum(0) >= at_least)
    return float(np.mean([micro_f1(given[:, c], gold[:, c]) for c in columns])) if len(columns) else float("nan")


def class_f1(given: Ints, gold: Ints) -> float:
    """Mean F1 of the classes that occur."""
    return float(np.mean([micro_f1(given == c, gold == c) for c in np.unique(gold)]))


def resolution_f1(given: Ints, gold: Ints) -> float:
    """F1 over resolved and unresolved; saying nothing (0) is neither."""
    said = float((given > 0).sum() + (gold > 0).sum())
    return 2 * float(((given == gold) & (gold > 0)).sum()) / said if said else float("nan")


METRICS: Final[Mapping[str, Metric]] = {
    "sentiment accuracy": lambda given, gold: float((given.sentiment == gold.sentiment).mean()),
    "sentiment macro F1": lambda given, gold: class_f1(given.sentiment, gold.sentiment),
    "reasons micro F1": lambda given, gold: micro_f1(given.reasons, gold.reasons),
    f"reasons macro F1 (codes with {RARE_BELOW}+)": lambda given, gold: macro_f1(given.reasons, gold.reasons),
    "reasons with polarity micro F1": lambda given, gold: micro_f1(given.polarised, gold.polarised),
    "effort micro F1": lambda given, gold: micro_f1(given.effort, gold.effort),
    "loyalty micro F1": lambda given, gold: micro_f1(given.loyalty, gold.loyalty),
    "resolution F1": lambda given, gold: resolution_f1(given.resolution, gold.resolution),
}


def bootstrap(metric: Metric, given: Answers, gold: Answers, draws: int = BOOTSTRAP_DRAWS) -> Score:
    """The figure and its percentile interval over texts drawn anew, with a fixed seed."""
    random, size = np.random.default_rng(0), len(gold.sentiment)
    values = []
    for _ in range(draws):
        chosen = random.integers(0, size, size)
        values.append(metric(given.rows(chosen), gold.rows(chosen)))
    told = [value for value in values if not np.isnan(value)] or [float("nan")]
    low, high = np.percentile(told, [2.5, 97.5])
    return Score(metric(given, gold), float(low), float(high))


def _reasons(record: Mapping[str, object]) -> dict[str, str]:
    return record["reasons"]  # type: ignore[return-value]


def _table(rows: Sequence[object], codes: Sequence[str]) -> Bools:
    column = {code: position for position, code in enumerate(codes)}
    table = np.zeros((len(rows), len(codes)), dtype=bool)
    for position, row in enumerate(rows):
        for code in row:  # type: ignore[attr-defined]
            table[position, column[code]] = True
    return table
