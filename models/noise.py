"""The slips of real typing: for training, so that the tagger leans on no tidy spelling, and for measuring what they cost."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers.models import BPE
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from models.examples import Example
from voc.records import Span
from voc.text.align import ZWNJ

NOISY_TEXTS: Final = 0.45
SPLIT_PIECES: Final = 0.06  # share of merges left out (BPE-dropout, Provilkov et al. 2020, arXiv 1910.13267)
SLIPS_PER_CHAR: Final = 0.02
SOUNDS_PER_CHAR: Final = 0.10
JOINED_SPACES: Final = 0.15
STRETCHED_WORDS: Final = 0.10
HIDDEN_PIECES: Final = 0.15  # of every second text: no single word is to carry what is learnt
_KEYBOARD: Final = ("ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو")
_SAME_SOUND: Final = ("زذضظ", "سصث", "تط", "هح", "قغ", "اع")
_ARABIC: Final = str.maketrans("یک۰۱۲۳۴۵۶۷۸۹", "يك٠١٢٣٤٥٦٧٨٩")
_DRAWN_OUT: Final = tuple("ابتدرسشلمنوهی")

_BESIDE: Final = {key: row[max(at - 1, 0) : at] + row[at + 1 : at + 2] for row in _KEYBOARD for at, key in enumerate(row)}
_ALIKE: Final = {letter: group.replace(letter, "") for group in _SAME_SOUND for letter in group}

Ints = NDArray[np.int64]
Spoiler = Callable[[str, np.random.Generator], str]


def slips(text: str, random: np.random.Generator) -> str:
    """Letters dropped, doubled, swapped with the next, or hit beside their key."""
    chars = list(text)
    for at in map(int, np.flatnonzero(random.random(len(chars)) < SLIPS_PER_CHAR)):
        kind = random.integers(4)
        if kind == 0:
            chars[at] = ""
        elif kind == 1:
            chars[at] *= 2
        elif kind == 2 and at + 1 < len(chars):
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
        else:
            chars[at] = _one_of(_BESIDE.get(chars[at], chars[at]), random)
    return "".join(chars)


def same_sound(text: str, random: np.random.Generator) -> str:
    """Letters written by ear: «حاظر», «مرقوب»."""
    chars = list(text)
    for at in map(int, np.flatnonzero(random.random(len(chars)) < SOUNDS_PER_CHAR)):
        chars[at] = _one_of(_ALIKE.get(chars[at], chars[at]), random)
    return "".join(chars)


def joined_words(text: str, random: np.random.Generator) -> str:
    """Spaces left out."""
    return re.sub(" ", lambda _: "" if random.random() < JOINED_SPACES else " ", text)


def stretched(text: str, random: np.random.Generator) -> str:
    """Words drawn out: «خیلییییی»."""
    return " ".join(
        word + word[-1] * 4 if word[-1:] in _DRAWN_OUT and random.random() < STRETCHED_WORDS else word
        for word in text.split(" ")
    )


SPOILERS: Final[Mapping[str, Spoiler]] = {
    "half-spaces lost": lambda text, _: text.replace(ZWNJ, ""),
    "half-spaces as spaces": lambda text, _: text.replace(ZWNJ, " "),
    "Arabic letters and digits": lambda text, _: text.translate(_ARABIC),
    "spaces left out": joined_words,
    "typing slips": slips,
    "written by ear": same_sound,
    "words stretched": stretched,
}
_HARD: Final = ("spaces left out", "typing slips", "written by ear")
_IN_TRAINING: Final = ("half-spaces lost", "half-spaces as spaces", *_HARD, *_HARD)  # the hard ones, which cost most, twice


def a_slip(random: np.random.Generator) -> Spoiler:
    """One kind of slip, drawn at random."""
    return SPOILERS[_IN_TRAINING[random.integers(len(_IN_TRAINING))]]


def spoiled(example: Example, random: np.random.Generator) -> Example:
    """The example with one kind of slip in its text; the ranges of context and of marked words go along."""
    ranges = [*example.context, *(span for _, spans in example.words for span in spans)]
    bounds = sorted({0, len(example.text), *(bound for span in ranges for bound in span)})
    slip = a_slip(random)
    parts = [slip(example.text[start:end], random) for start, end in pairwise(bounds)]
    now = dict(zip(bounds, accumulate(map(len, parts), initial=0), strict=True))

    def moved(spans: Sequence[Span]) -> tuple[Span, ...]:
        return tuple((now[start], now[end]) for start, end in spans)

    words = tuple((label, moved(spans)) for label, spans in example.words)
    return replace(example, text="".join(parts), context=moved(example.context), words=words)


class Noise:
    """Spoils a share of examples and turns them into token ids."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, random: np.random.Generator) -> None:
        self._tokenizer = tokenizer
        self._random = random

    def spoil(self, examples: Sequence[Example]) -> list[Example]:
        """The examples as they were typed in a hurry."""
        return [spoiled(each, self._random) if self._random.random() < NOISY_TEXTS else each for each in examples]

    def encode(
        self, examples: Sequence[Example], longest: int, *, steady: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Token ids, mask, context [B, T] and character ranges [B, T, 2], cut at `longest`.

        Unless `steady`, some pieces are split and some are hidden.
        """
        model = self._tokenizer.backend_tokenizer.model
        if isinstance(model, BPE) and not steady:
            model.dropout = SPLIT_PIECES
        encoded = self._tokenizer(
            [example.text for example in examples],
            truncation=True,
            max_length=longest,
            padding=True,
            return_offsets_mapping=True,
        )
        if isinstance(model, BPE):
            model.dropout = None
        ids, mask, ranges = (np.array(encoded[name]) for name in ("input_ids", "attention_mask", "offset_mapping"))
        if not steady:
            ids = self._with_hidden(ids)
        context = np.zeros_like(ids)
        for row, example in enumerate(examples):
            if example.context:
                context[row] = _inside(ranges[row], example.context)
        return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(context), torch.from_numpy(ranges)

    def _with_hidden(self, ids: Ints) -> Ints:
        if self._tokenizer.mask_token_id is None:
            return ids
        share = HIDDEN_PIECES * (self._random.random((len(ids), 1)) < 0.5)
        hidden = (self._random.random(ids.shape) < share) & ~np.isin(ids, self._tokenizer.all_special_ids)
        return np.where(hidden, self._tokenizer.mask_token_id, ids)


def _inside(tokens: Ints, ranges: Sequence[Span]) -> NDArray[np.bool_]:
    """As `voc.tagging.windows.inside`, of an array [T, 2]: training asks it of every text in every pass."""
    firsts, lasts = np.array(ranges).T
    within = np.searchsorted(firsts, tokens[:, 1]) - 1
    return (within >= 0) & (tokens[:, 1] <= lasts[within])  # type: ignore[no-any-return]


def _one_of(letters: str, random: np.random.Generator) -> str:
    return letters[int(random.integers(len(letters)))]
