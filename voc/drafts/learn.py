"""New reasons learnt from a handful of examples: a logistic regression over what is seen of a text, in seconds.

All reasons and all folds are fitted at once, each with weights of its own for the examples: a fold's columns do not see its
texts, so what they say of them is what the reason would say of a stranger's. Rows, of which nobody has said anything, stand
beside them as texts that most likely do not have a reason, and count very little. Nothing is drawn at random but the folds,
and these always alike: the same draft and the same rows give the same weights again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from voc.drafts.cuts import choose_cuts, choose_slope, given_in_folds, sooner
from voc.drafts.examples import FOLDS, NO_FOLD, Examples
from voc.drafts.features import see
from voc.drafts.plan import Plan
from voc.tagging.identity import Thresholds

if TYPE_CHECKING:
    from voc.tagging.tagger import TransformerTagger

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROW_WEIGHT: Final = 0.03  # of an example; two thousand rows count as sixty near misses, and some of them are hits
WEIGHT_DECAY: Final = 0.1  # from .03 to 1 the figures hardly differ
_FIRST_BIAS: Final = -3.0
_STEPS: Final = 80


@dataclass(frozen=True)
class Learnt:
    """C reasons: `pieces` [V, C], `found` [C, F], `bias` [C], `rarity` [V] (`voc.tagging.own`); `rows` they were learnt beside.

    A reason is given from a probability of 0.5. `held_out` [N, C] is the probability that each example gets from a fit that has
    not seen it; `given` [N, C] says which are given a reason, by a threshold that has not seen the example either.
    """

    pieces: Floats
    found: Floats
    bias: Floats
    rarity: Floats
    held_out: Floats
    given: Bools
    rows: int = 0


def learn(plan: Plan, examples: Examples, tagger: "TransformerTagger", rows: Sequence[str] = ()) -> Learnt:
    """The plan's new reasons, on top of what `tagger` knows; `rows` are texts of the organisation, such as it will tag."""
    if not plan.new:
        return _nothing(examples)
    known = set(examples.texts)
    strangers = [text for text in dict.fromkeys(rows) if text not in known]
    seen = see(examples.texts, strangers, tagger)
    all_folds = np.concatenate([examples.folds, np.arange(len(strangers)) % FOLDS])
    weights, bias = _fit(seen.columns, *_with_rows(examples, len(strangers)), all_folds)
    scores, of_rows = np.split(_unseen(seen.columns @ weights + bias, all_folds), [len(examples.texts)])
    possible = _possible(plan, seen.found[: len(examples.texts)], tagger)
    cuts = sooner(choose_cuts(scores, examples, possible, examples.folds != NO_FOLD), scores, examples, of_rows)
    slope = choose_slope(scores - cuts, examples)
    pieces, found = seen.unfold(slope * weights[:, FOLDS :: FOLDS + 1])
    return Learnt(
        pieces=pieces,
        found=found,
        bias=slope * (bias[FOLDS :: FOLDS + 1] - cuts),
        rarity=seen.rarity,
        held_out=1 / (1 + np.exp(-slope * (scores - cuts))),
        given=given_in_folds(scores, examples, possible),
        rows=len(strangers),
    )


def _nothing(examples: Examples) -> Learnt:
    """What a draft without new reasons has learnt."""
    none, flat = np.zeros((0, 0)), np.zeros(0)
    return Learnt(none, none, flat, flat, examples.weights, examples.has)


def _possible(plan: Plan, found: Floats, tagger: "TransformerTagger") -> Bools:
    """Where a reason can be given at all: a part only where its whole is found."""
    config = tagger.config
    reasons, thresholds = list(config.reasons or ()), Thresholds(config.thresholds or {})
    possible = np.ones((len(found), len(plan.new)), dtype=bool)
    for column, code in enumerate(plan.new):
        if whole := plan.parts.get(code.code):
            possible[:, column] = found[:, reasons.index(whole)] >= thresholds.of_text(whole)
    return possible


def _with_rows(examples: Examples, rows: int) -> tuple[Bools, Floats]:
    """Which texts have which reasons, and what that counts, the rows behind the examples."""
    size = (rows, examples.has.shape[1])
    return np.concatenate([examples.has, np.zeros(size, bool)]), np.concatenate([examples.weights, np.full(size, ROW_WEIGHT)])


def _unseen(scores: Floats, folds: NDArray[np.int64]) -> Floats:
    """Of each text and reason [N, C] the score by the fit that has not seen the text, from those by all fits."""
    by_fold = scores.reshape(len(scores), -1, FOLDS + 1)
    unseen: Floats = by_fold[np.arange(len(scores)), :, np.where(folds == NO_FOLD, FOLDS, folds)]
    return unseen


def _fit(columns: Floats, has: Bools, weights: Floats, folds: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Weights [columns, C · (folds + 1)] and biases: of each reason one fit without each fold and, last, one of all."""
    inputs = torch.from_numpy(columns.astype(np.float32))
    targets = torch.from_numpy(np.repeat(has, FOLDS + 1, axis=1).astype(np.float32))
    importance = torch.from_numpy(_importance(weights, folds).astype(np.float32))
    weight = torch.zeros(inputs.shape[1], targets.shape[1], requires_grad=True)
    bias = torch.full((targets.shape[1],), _FIRST_BIAS, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = inputs @ weight + bias
        surprise = functional.binary_cross_entropy_with_logits(logits, targets, weight=importance, reduction="sum")
        total = surprise + WEIGHT_DECAY / 2 * weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return weight.detach().numpy().astype(np.float64), bias.detach().numpy().astype(np.float64)


def _importance(weights: Floats, folds: NDArray[np.int64]) -> Floats:
    """The weight of each text in each fit: none in the fit that is to be asked about it."""
    importance: Floats = np.repeat(weights, FOLDS + 1, axis=1)
    for fold in range(FOLDS):
        importance[folds == fold, fold :: FOLDS + 1] = 0.0
    return importance
