"""From which logit on a new reason is given: by the examples, and sooner where the rows have it more often than they.

Nobody has said of the rows which have the reason. How often they have it is estimated from the logits themselves
(Saerens, Latinne & Decaestecker 2002), held back towards what is usual; from that follows the cut that F1 is best with
(Lipton, Elkan & Naryanaswamy 2014: half of the best F1, as a probability).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.drafts.examples import FOLDS, NO_FOLD, Examples

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CUTS: Final = np.arange(-8.0, 3.0, 0.1)  # logits; ten examples among a thousand texts leave most probabilities small
SLOPES: Final = np.arange(1.0, 8.1, 0.5)
SHARED: Final = 0.3  # ten examples settle no threshold by themselves, so each counts the draft's other reasons at this share
USUAL_SHARE: Final = 0.02  # of rows with a reason, as far as nothing is known of it
USUAL_COUNTS: Final = 0.3  # so much, where the rows count 1
LEAST_ROWS: Final = 50  # fewer tell no share
_ROUNDS: Final = 100
_STEPS: Final = 50


def choose_cuts(scores: Floats, examples: Examples, possible: Bools, rows: Bools) -> Floats:
    """By reason the logit of best F1 on these examples, counted over its own column and a share of all others."""
    has, known = examples.has[rows], examples.weights[rows] > 0
    given = (scores[rows] >= CUTS[:, None, None]) & possible[rows] & known
    hits, said, true = (given & has).sum(1), given.sum(1), (has & known).sum(0)
    both = said + true + SHARED * (said.sum(1, keepdims=True) + true.sum())
    f1 = 2 * (hits + SHARED * hits.sum(1, keepdims=True)) / np.maximum(both, 1)
    best: Floats = CUTS[f1.argmax(0)]
    return best


def given_in_folds(scores: Floats, examples: Examples, possible: Bools) -> Bools:
    """Which examples are given a reason by a cut that has not seen them."""
    given = np.zeros_like(examples.has)
    for fold in range(FOLDS):
        mine, others = examples.folds == fold, (examples.folds != fold) & (examples.folds != NO_FOLD)
        given[mine] = (scores >= choose_cuts(scores, examples, possible, others))[mine] & possible[mine]
    return given


def sooner(cuts: Floats, scores: Floats, examples: Examples, rows: Floats) -> Floats:
    """The cuts, lower where the rows' logits [M, C] say that a reason is more common there than in the examples."""
    said = examples.folds != NO_FOLD
    if len(rows) < LEAST_ROWS:
        return cuts
    slope, offset = _likelihood(scores[said], examples.has[said], examples.weights[said] > 0)
    return np.minimum(cuts, [(_best_cut(slope * column + offset) - offset) / slope for column in rows.T])


def choose_slope(logits: Floats, examples: Examples) -> float:
    """What logits are multiplied by so that probabilities mean most; texts with and without a reason count alike."""
    rows = examples.folds != NO_FOLD
    surprise = np.logaddexp(0, np.where(examples.has, -1, 1) * logits * SLOPES[:, None, None])[:, rows]
    has = examples.has[rows]
    return float(SLOPES[(surprise[:, has].mean(1) + surprise[:, ~has].mean(1)).argmin()])


def _likelihood(scores: Floats, has: Bools, known: Bools) -> tuple[float, float]:
    """Slope and offset that make log-likelihood ratios of logits (Platt 1999), all reasons together; Newton's steps."""
    score, true = scores[known], has[known].astype(np.float64)
    weights = np.where(true > 0, 0.5 / max(true.sum(), 1), 0.5 / max((1 - true).sum(), 1))
    inputs, at = np.stack([score, np.ones_like(score)], axis=1), np.array([1.0, 2.0])
    for _ in range(_STEPS):
        guess = _sigmoid(inputs @ at)
        gradient = inputs.T @ (weights * (guess - true))
        curvature = (inputs * (weights * guess * (1 - guess))[:, None]).T @ inputs + 1e-4 * np.eye(2)
        at -= np.clip(np.linalg.solve(curvature, gradient), -2, 2)
    return max(float(at[0]), 0.1), float(at[1])


def _best_cut(ratios: Floats) -> float:
    """The log-likelihood ratio from which on giving the reason makes for the best F1 to be expected on these rows."""
    share = USUAL_SHARE
    for _ in range(_ROUNDS):
        share = float(_sigmoid(ratios + np.log(share / (1 - share))).mean() + USUAL_COUNTS * USUAL_SHARE) / (1 + USUAL_COUNTS)
    likely = np.sort(_sigmoid(ratios + np.log(share / (1 - share))))[::-1]
    best = (2 * likely.cumsum() / (np.arange(1, len(likely) + 1) + likely.sum())).max()
    return float(np.log(best / (2 - best)) - np.log(share / (1 - share)))


def _sigmoid(logits: Floats) -> Floats:
    probabilities: Floats = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
    return probabilities
