"""Encodes training texts with the slips of real typing, so that the tagger does not lean on tidy spelling."""

from typing import Final

import numpy as np
import torch
from tokenizers.models import BPE
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from voc.text.align import ZWNJ

NOISY_TEXTS: Final = 0.35
SPLIT_PIECES: Final = 0.06  # share of merges left out (BPE-dropout, Provilkov et al. 2020, arXiv 1910.13267)
SLIP_PER_CHAR: Final = 0.015


class Noise:
    """Turns texts into token ids, a share of them with half-spaces lost and letters slipped."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, random: np.random.Generator) -> None:
        self._tokenizer = tokenizer
        self._random = random

    def encode(self, texts: list[str], longest: int) -> tuple[Tensor, Tensor]:
        """Token ids and mask [B, T] of the texts, noise included, cut at `longest` tokens."""
        noisy = [self._slip(text) if self._random.random() < NOISY_TEXTS else text for text in texts]
        model = self._tokenizer.backend_tokenizer.model
        if isinstance(model, BPE):
            model.dropout = SPLIT_PIECES
        encoded = self._tokenizer(noisy, truncation=True, max_length=longest, padding=True, return_tensors="pt")
        if isinstance(model, BPE):
            model.dropout = None
        return torch.as_tensor(encoded["input_ids"]), torch.as_tensor(encoded["attention_mask"])

    def _slip(self, text: str) -> str:
        kind = self._random.integers(4)
        if kind == 0:
            return text.replace(ZWNJ, "")
        if kind == 1:
            return text.replace(ZWNJ, " ")
        chars = list(text)
        for at in np.flatnonzero(self._random.random(len(chars)) < SLIP_PER_CHAR):
            self._slip_char(chars, int(at))
        return "".join(chars)

    def _slip_char(self, chars: list[str], at: int) -> None:
        kind = self._random.integers(3)
        if kind == 0:
            chars[at] = ""
        elif kind == 1 and at + 1 < len(chars):
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
        else:
            chars[at] = chars[at] * 2
