"""Figures of a tagger on labelled texts, each a function of two tables, so that a bootstrap can draw rows anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from models.examples import Labels
from voc.records import ConversationTags, Reason, Tags
from voc.report_card.figures import Bools, Ints, micro_f1
from voc.tagging.decode import clearest
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


class AsGiven:
    """Labels and answers of a tagger that was published from a draft (`voc.drafts`), by codes that both of them can have.

    A label's reasons get the codes that the tagger gives them as; those that it does not give are left out. A reason of the
    draft's own that no label has counts as what it is a part of, or is left out. Any other tagger's stay as they are.
    """

    def __init__(self, shape: TaggerShape, records: Sequence[Mapping[str, Any]]) -> None:
        self._given_as = shape.given_as or {}
        labelled = {self._given(code) for record in records for code in record["reasons"]}
        parts = shape.parts or {}
        self._counts_as = {code: self._given(parts.get(code, "")) for code in own_reasons(shape) if code not in labelled}

    @property
    def remark(self) -> str:
        """Which reasons are not measured, and why; empty where all are."""
        hidden = [f"{code} (not given)" for code, to in self._given_as.items() if not to]
        own = [f"{code} (no label has it{f'; counts as {to}' if to else ''})" for code, to in self._counts_as.items()]
        return f"not measured: {', '.join([*own, *hidden])}" if own or hidden else ""

    def label(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record of a label file; what is said of reasons that are one by now is what is said of the first of them."""
        reasons: dict[str, str] = {}
        words: dict[str, list[str]] = {}
        for code, polarity in record["reasons"].items():
            reasons.setdefault(self._given(code), polarity)
        for code, phrases in record.get("words", {}).items():
            words.setdefault(self._given(code), []).extend(phrases)
        reasons.pop("", None)
        given = {**record, "reasons": reasons, "words": words}
        return given | ({"primary_reason": self._given(primary) or None} if (primary := record.get("primary_reason")) else {})

    def answer(self, tags: Tags) -> Tags:
        """What the tagger said of a text or of a conversation."""
        if not self._counts_as:
            return tags
        reasons = clearest([replace(each, code=code) for each in tags.reasons if (code := self._counted(each.code))])
        return replace(tags, reasons=reasons, conversation=tags.conversation and self._follow(tags.conversation, reasons))

    def _follow(self, conversation: ConversationTags, reasons: Sequence[Reason]) -> ConversationTags:
        """What the customer came for is the surest reason where it is one that is left out."""
        primary = self._counted(conversation.primary_reason or "") or next((each.code for each in reasons), None)
        return replace(conversation, primary_reason=primary)

    def _given(self, code: str) -> str:
        return self._given_as.get(code, code)

    def _counted(self, code: str) -> str:
        return self._counts_as.get(code, code)


def own_reasons(shape: TaggerShape) -> list[str]:
    """The reasons of an organisation's own that a tagger has."""
    reasons = shape.reasons or []
    return reasons[len(reasons) - shape.own_reasons :]


class Codes:
    """Column numbers for the codes of a model or of the taxonomy; reasons have those that the model gives them as."""

    def __init__(self, outputs: TaggerShape | Labels) -> None:
        lists = (outputs.sentiments, outputs.reasons, outputs.effort, outputs.loyalty)
        self.sentiments, reasons, self.effort, self.loyalty = (list(codes or ()) for codes in lists)
        given_as = (outputs.given_as or {}) if isinstance(outputs, TaggerShape) else {}
        self.reasons = [code for code in dict.fromkeys(given_as.get(code, code) for code in reasons) if code]
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
