"""A text as numbers that a new reason can be told by: its words, what they mean, and how near it is to what the network knows.

All three are sums over its tokens, so that what is learnt of them can be written as a weight for each piece of a word and
one for each label (`voc.tagging.own`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from voc.drafts.examples import sample_texts
from voc.tagging.own import nearness, word_shares

if TYPE_CHECKING:
    from voc.tagging.tagger import TransformerTagger

Floats = NDArray[np.float64]

WORD_SCALE: Final = 3.0  # a word may count so much more than a label; from 2 to 5 the figures hardly differ
MEANING_SCALE: Final = 1.5  # at 3 what words mean drowns the words themselves where rows are longer than the examples
LEAST_TEXTS: Final = 2  # a piece that stands in one example alone tells nothing of others
_COMMON: Final = 8  # directions that embeddings share whatever they mean (Mu & Viswanath 2018, «All-but-the-top»)
_LEAST: Final = 1e-6


@dataclass(frozen=True)
class Features:
    """N texts: `words` [N, U] of the used pieces, `meaning` [N, H] and `labels` [N, F]; `found` [N, F] are probabilities.

    `used` [U] are the pieces that stand in several examples, `rarity` [V] and `meanings` [V, H] are those of all pieces.
    """

    words: Floats
    meaning: Floats
    labels: Floats
    found: Floats
    used: NDArray[np.int64]
    rarity: Floats
    meanings: Floats

    @property
    def columns(self) -> Floats:
        """All of it, scaled [N, U + H + F]."""
        return np.concatenate([WORD_SCALE * self.words, MEANING_SCALE * self.meaning, self.labels], axis=1)

    def unfold(self, weights: Floats) -> tuple[Floats, Floats]:
        """Weights of the columns [U + H + F, C] as those of all pieces [V, C] and of the labels [C, F]."""
        words, meaning, labels = np.split(weights, np.cumsum([len(self.used), self.meanings.shape[1]]))
        pieces = MEANING_SCALE * self.meanings @ meaning
        pieces[self.used] += WORD_SCALE * words
        return pieces, labels.T


def see(examples: Sequence[str], rows: Sequence[str], tagger: "TransformerTagger") -> Features:
    """The features of the examples and, behind them, of the rows; which pieces are used, the examples alone settle."""
    normalised = [tagger.normalise(text) for text in (*examples, *rows)]
    ids = [np.array(each, dtype=np.int64) for each in tagger.pieces(normalised)]
    rarity = _rarity([*ids, *map(np.array, tagger.pieces([tagger.normalise(text) for text in sample_texts()]))], tagger)
    used = _used(ids[: len(examples)])
    meanings = _meanings(tagger.embeddings)
    shares = [_shares(each, rarity) for each in ids]
    found = np.stack([reading.found for reading in tagger.read(normalised)])
    return Features(
        words=np.stack([_of_pieces(each, share, len(rarity))[used] for each, share in zip(ids, shares, strict=True)]),
        meaning=np.stack([share @ meanings[each] for each, share in zip(ids, shares, strict=True)]),
        labels=labels_of(found),
        found=found.astype(np.float64),
        used=used,
        rarity=rarity,
        meanings=meanings,
    )


def labels_of(found: NDArray[np.float32]) -> Floats:
    """How near texts are to each label, from its probability."""
    near: Floats = nearness(torch.from_numpy(found.astype(np.float64)).logit(eps=_LEAST)).numpy()
    return near


def _used(ids: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    pieces, texts_with = np.unique(np.concatenate([np.unique(each) for each in ids]), return_counts=True)
    used: NDArray[np.int64] = pieces[texts_with >= LEAST_TEXTS]
    return used


def _shares(ids: NDArray[np.int64], rarity: Floats) -> Floats:
    shares: Floats = word_shares(torch.from_numpy(ids)[None], torch.ones(1, len(ids)), torch.from_numpy(rarity))[0].numpy()
    return shares


def _of_pieces(ids: NDArray[np.int64], shares: Floats, vocabulary: int) -> Floats:
    return np.bincount(ids, shares, minlength=vocabulary).astype(np.float64)


def _rarity(ids: Sequence[NDArray[np.int64]], tagger: "TransformerTagger") -> Floats:
    """The inverse document frequency of every piece; one that is in no text is as rare as can be, a mark counts nothing."""
    texts = np.zeros(len(tagger.embeddings))
    for each in ids:
        texts[np.unique(each.astype(np.int64))] += 1
    rarity: Floats = np.log((len(ids) + 1) / (texts + 1))
    rarity[tagger.marks] = 0.0
    return rarity


def _meanings(embeddings: NDArray[np.float32]) -> Floats:
    """What pieces mean: their embeddings without what all have in common, each of length 1."""
    centred = embeddings.astype(np.float64) - embeddings.mean(0)
    _, common = np.linalg.eigh(centred.T @ centred)
    centred -= (centred @ common[:, -_COMMON:]) @ common[:, -_COMMON:].T
    meanings: Floats = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), _LEAST)
    return meanings
