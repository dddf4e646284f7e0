"""New reasons learnt from a handful of examples: a logistic regression over words and what the network found, in seconds.

All reasons and all folds are fitted at once, each with weights of its own for the examples: a fold's columns do not see its
texts, so what they say of them is what the reason would say of a stranger's. Nothing is drawn at random but the folds, and
these always alike: a draft gives the same weights again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from voc.drafts.examples import FOLDS, NO_FOLD, Examples, sample_texts
from voc.drafts.plan import Plan
from voc.tagging.own import word_shares

if TYPE_CHECKING:
    from voc.tagging.tagger import TransformerTagger

Floats = NDArray[np.float64]

WORD_SCALE: Final = 3.0  # a word may count so much more than a found label; from 1 to 5 the figures hardly differ
WEIGHT_DECAY: Final = 0.1  # likewise from .03 to 1
CUTS: Final = np.arange(-7.0, 3.0, 0.1)  # logits; ten examples among a thousand texts leave most probabilities small
SLOPES: Final = np.arange(1.0, 8.1, 0.5)
SHARED: Final = 0.3  # ten examples settle no threshold by themselves, so each counts the draft's other reasons at this share
LEAST_TEXTS: Final = 2  # a piece that stands in one text alone tells nothing of others
_FIRST_BIAS: Final = -3.0
_STEPS: Final = 80


@dataclass(frozen=True)
class Learnt:
    """C reasons: `pieces` [V, C], `found` [C, F], `bias` [C], `rarity` [V] (`voc.tagging.own`).

    A reason is given from a probability of 0.5. `held_out` [N, C] is the probability that each example gets from a fit that has
    not seen it; `given` [N, C] says which are given a reason, by a threshold that has not seen the example either.
    """

    pieces: Floats
    found: Floats
    bias: Floats
    rarity: Floats
    held_out: Floats
    given: NDArray[np.bool_]


@dataclass(frozen=True)
class _Seen:
    """The examples as numbers: `words` [N, U], `labels` [N, F], which of the V pieces are used [U], and their rarity [V]."""

    words: Floats
    labels: Floats
    used: NDArray[np.int64]
    rarity: Floats

    @property
    def features(self) -> Floats:
        """All of it [N, U + F]."""
        return np.concatenate([WORD_SCALE * self.words, self.labels], axis=1)


def learn(plan: Plan, examples: Examples, tagger: "TransformerTagger") -> Learnt:
    """The plan's new reasons, on top of what `tagger` knows."""
    if not plan.new:
        return _nothing(examples)
    seen = _see(examples.texts, tagger)
    weights, bias = _fit(seen.features, examples)
    scores = _held_out(seen.features @ weights + bias, examples)
    possible = _possible(plan, seen, tagger)
    cuts = choose_cuts(scores, examples, possible, examples.folds != NO_FOLD)
    slope = choose_slope(scores - cuts, examples)
    words, labels = np.split(slope * weights[:, FOLDS :: FOLDS + 1], [len(seen.used)])
    pieces = np.zeros((len(seen.rarity), len(plan.new)))
    pieces[seen.used] = WORD_SCALE * words
    return Learnt(
        pieces=pieces,
        found=labels.T,
        bias=slope * (bias[FOLDS :: FOLDS + 1] - cuts),
        rarity=seen.rarity,
        held_out=1 / (1 + np.exp(-slope * (scores - cuts))),
        given=_given(scores, examples, possible),
    )


def choose_cuts(scores: Floats, examples: Examples, possible: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Floats:
    """By reason the logit of best F1 on these rows, counted over its own column and a share of all others."""
    has, known = examples.has[rows], examples.weights[rows] > 0
    given = (scores[rows] >= CUTS[:, None, None]) & possible[rows] & known
    hits, said, true = (given & has).sum(1), given.sum(1), (has & known).sum(0)
    both = said + true + SHARED * (said.sum(1, keepdims=True) + true.sum())
    f1 = 2 * (hits + SHARED * hits.sum(1, keepdims=True)) / np.maximum(both, 1)
    best: Floats = CUTS[f1.argmax(0)]
    return best


def choose_slope(logits: Floats, examples: Examples) -> float:
    """What logits are multiplied by so that probabilities mean most; texts with and without a reason count alike."""
    rows = examples.folds != NO_FOLD
    surprise = np.logaddexp(0, np.where(examples.has, -1, 1) * logits * SLOPES[:, None, None])[:, rows]
    has = examples.has[rows]
    return float(SLOPES[(surprise[:, has].mean(1) + surprise[:, ~has].mean(1)).argmin()])


def _nothing(examples: Examples) -> Learnt:
    """What a draft without new reasons has learnt."""
    none, flat = np.zeros((0, 0)), np.zeros(0)
    return Learnt(none, none, flat, flat, examples.weights, examples.has)


def _given(scores: Floats, examples: Examples, possible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    given = np.zeros_like(examples.has)
    for fold in range(FOLDS):
        mine, others = examples.folds == fold, (examples.folds != fold) & (examples.folds != NO_FOLD)
        given[mine] = (scores >= choose_cuts(scores, examples, possible, others))[mine] & possible[mine]
    return given


def _possible(plan: Plan, seen: _Seen, tagger: "TransformerTagger") -> NDArray[np.bool_]:
    """Where a reason can be given at all: a part only where its whole is found."""
    config = tagger.config
    reasons = list(config.reasons or ())
    possible = np.ones((len(seen.labels), len(plan.new)), dtype=bool)
    for column, code in enumerate(plan.new):
        if whole := plan.parts.get(code.code):
            possible[:, column] = seen.labels[:, reasons.index(whole)] >= (config.thresholds or {})[whole]
    return possible


def _see(texts: Sequence[str], tagger: "TransformerTagger") -> _Seen:
    normalised = [tagger.normalise(text) for text in texts]
    ids = tagger.pieces(normalised)
    others = tagger.pieces([tagger.normalise(text) for text in sample_texts()])
    rarity = _rarity([*ids, *others], tagger.vocabulary)
    rarity[tagger.marks] = 0.0
    pieces, texts_with = np.unique(
        np.concatenate([np.unique(np.array(each, dtype=np.int64)) for each in ids]), return_counts=True
    )
    used = pieces[texts_with >= LEAST_TEXTS]
    labels = np.stack([reading.found for reading in tagger.read(normalised)]).astype(np.float64)
    return _Seen(np.stack([_words(each, rarity)[used] for each in ids]), labels, used, rarity)


def _words(ids: Sequence[int], rarity: Floats) -> Floats:
    """What each piece counts in a text [V]."""
    shares = word_shares(torch.tensor([ids], dtype=torch.long), torch.ones(1, len(ids)), torch.from_numpy(rarity))[0]
    words: Floats = np.bincount(np.array(ids, dtype=np.int64), shares.numpy(), minlength=len(rarity)).astype(np.float64)
    return words


def _rarity(ids: Sequence[Sequence[int]], vocabulary: int) -> Floats:
    """The inverse document frequency of every piece; one that is in no text is as rare as can be."""
    texts = np.zeros(vocabulary)
    for each in ids:
        texts[list(set(each))] += 1
    rarity: Floats = np.log((len(ids) + 1) / (texts + 1))
    return rarity


def _held_out(scores: Floats, examples: Examples) -> Floats:
    """Of each text and reason [N, C] the score by the fit that has not seen the text, from those by all fits."""
    by_fold = scores.reshape(len(scores), -1, FOLDS + 1)
    unseen: Floats = by_fold[np.arange(len(scores)), :, np.where(examples.folds == NO_FOLD, FOLDS, examples.folds)]
    return unseen


def _fit(features: Floats, examples: Examples) -> tuple[Floats, Floats]:
    """Weights [features, C · (folds + 1)] and biases: of each reason one fit without each fold and, last, one of all."""
    inputs = torch.from_numpy(features.astype(np.float32))
    has = torch.from_numpy(np.repeat(examples.has, FOLDS + 1, axis=1).astype(np.float32))
    importance = torch.from_numpy(_importance(examples).astype(np.float32))
    weight = torch.zeros(inputs.shape[1], has.shape[1], requires_grad=True)
    bias = torch.full((has.shape[1],), _FIRST_BIAS, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = inputs @ weight + bias
        surprise = functional.binary_cross_entropy_with_logits(logits, has, weight=importance, reduction="sum")
        total = surprise + WEIGHT_DECAY / 2 * weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return weight.detach().numpy().astype(np.float64), bias.detach().numpy().astype(np.float64)


def _importance(examples: Examples) -> Floats:
    """The weight of each text in each fit: none in the fit that is to be asked about it."""
    weights: Floats = np.repeat(examples.weights, FOLDS + 1, axis=1)
    for fold in range(FOLDS):
        weights[examples.folds == fold, fold :: FOLDS + 1] = 0.0
    return weights
