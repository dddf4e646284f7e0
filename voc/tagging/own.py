"""Contact reasons of an organisation's own, on top of a finished network that they change nothing of.

What tells a new reason from ten examples is which words stand in a text, what they mean, and how near it is to each label
that the network knows. So a reason's logit is a sum over the pieces of words, weighed as TF-IDF weighs them, and over the
labels. Both are sums over the tokens, so that each token's part in the logit is the evidence, as it is for all other labels.
"""

import torch
from torch import Tensor, nn

NEAR = 3.0  # a label that is not found, but whose logit lies so little below, tells something, too


class OwnReasons(nn.Module):
    """The weights of C reasons over a vocabulary of V pieces and F labels that the network finds.

    `rarity` [V] is the inverse document frequency of a piece, 0 for one that stands for no words; `heat` [F] are the
    temperatures at which the found labels are looked at.
    """

    rarity: Tensor
    heat: Tensor

    def __init__(self, vocabulary: int, found: int, reasons: int) -> None:
        super().__init__()
        self.pieces = nn.Parameter(torch.zeros(vocabulary, reasons))
        self.found = nn.Parameter(torch.zeros(reasons, found))
        self.bias = nn.Parameter(torch.zeros(reasons))
        self.register_buffer("rarity", torch.zeros(vocabulary))
        self.register_buffer("heat", torch.ones(found))

    def forward(self, ids: Tensor, speaks: Tensor, found: Tensor, focus: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [B, C] and evidence [B, C, T], from ids and `speaks` [B, T], logits [B, F] and where they looked [B, F, T]."""
        share = word_shares(ids, speaks, self.rarity)
        of_words = share[:, None, :] * self.pieces[ids].transpose(1, 2)
        of_found = torch.einsum("cf,bf,bft->bct", self.found, nearness(found / self.heat), focus)
        evidence = of_words + of_found
        return evidence.sum(-1) + self.bias, evidence


def nearness(logits: Tensor) -> Tensor:
    """How near a text is to labels with these logits, from 0 to 1: 0.5 where `NEAR` is missing to an even chance."""
    return ((logits + NEAR) / 2).sigmoid()


def word_shares(ids: Tensor, speaks: Tensor, rarity: Tensor) -> Tensor:
    """What each token counts [B, T]: its piece's rarity, told once however often it stands, all of a text of length 1."""
    weights = rarity[ids] * speaks
    times = ((ids[:, :, None] == ids[:, None, :]) & (speaks[:, None, :] > 0)).sum(-1).clamp(min=1)
    length = (weights.square() / times).sum(-1, keepdim=True).sqrt()
    return weights / times / length.clamp(min=1e-6)
