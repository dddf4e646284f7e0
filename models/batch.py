"""Examples as tensors: what one step of training reads, and the loss of what the network says of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.examples import Example
from voc.tagging.network import TaggerOutput
from voc.tagging.reading import FOUND

LOSS_WEIGHTS: Final = {"sentiment": 1.0, "found": 12.0, "polarity": 0.6, "resolution": 0.6, "evidence": 0.3, "primary": 1.0}


@dataclass(frozen=True, slots=True)
class Targets:
    """What is true of B texts of T tokens; what nobody said has no weight.

    As in `Example`, stacked: `sentiment` [B, S], `found` and `found_weights` [B, R + E + L + M], `polarity` [B, R, 3],
    `resolution` [B, 1 + resolutions], `sentiment_weight` and `resolution_weight` [B]. Of P conversations the customer came for
    `came_for` [P], and `asked` [P] are their rows. K labels have marked words: `marked` [K, T] tells which tokens,
    `marked_rows` and `marked_labels` [K] where they belong.
    """

    sentiment: Tensor
    sentiment_weight: Tensor
    found: Tensor
    found_weights: Tensor
    polarity: Tensor
    resolution: Tensor
    resolution_weight: Tensor
    asked: Tensor
    came_for: Tensor
    marked_rows: Tensor
    marked_labels: Tensor
    marked: Tensor

    def to(self, device: torch.device | str) -> Self:
        """The same on another device."""
        return type(self)(*(getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)))


def targets_of(examples: Sequence[Example], ranges: Tensor) -> Targets:
    """The targets of a batch whose tokens have these ranges of characters [B, T, 2]."""

    def stack(name: str) -> Tensor:
        return torch.from_numpy(np.stack([np.asarray(getattr(example, name), dtype=np.float32) for example in examples]))

    asked = [row for row, example in enumerate(examples) if example.primary >= 0]
    marks = list(_marks(examples, ranges.numpy()))
    marked = np.stack([tokens for _, _, tokens in marks]) if marks else np.zeros((0, ranges.shape[1]), dtype=bool)
    return Targets(
        **{name: stack(name) for name in ("sentiment", "sentiment_weight", "found", "found_weights")},
        **{name: stack(name) for name in ("polarity", "resolution", "resolution_weight")},
        asked=torch.tensor(asked, dtype=torch.long),
        came_for=torch.tensor([examples[row].primary for row in asked], dtype=torch.long),
        marked_rows=torch.tensor([row for row, _, _ in marks], dtype=torch.long),
        marked_labels=torch.tensor([label for _, label, _ in marks], dtype=torch.long),
        marked=torch.from_numpy(marked),
    )


def loss_of(output: TaggerOutput, targets: Targets) -> Tensor:
    """The weighted sum of the heads' losses, per text; what an example does not say costs nothing."""
    found_logits = torch.cat([getattr(output, head) for head in FOUND], dim=1).float()
    of_customer = found_logits.shape[1] - output.moves.shape[1]
    found = functional.binary_cross_entropy_with_logits(found_logits, targets.found, targets.found_weights, reduction="sum")
    sentiment = -(targets.sentiment * output.sentiment.float().log_softmax(-1)).sum(-1) * targets.sentiment_weight
    polarity = -(targets.polarity * output.polarity.float().log_softmax(-1)).sum((-1, -2))
    resolution = -(targets.resolution * output.resolution.float().log_softmax(-1)).sum(-1) * targets.resolution_weight
    return (
        LOSS_WEIGHTS["sentiment"] * sentiment.sum()
        + LOSS_WEIGHTS["found"] * found / of_customer
        + LOSS_WEIGHTS["polarity"] * polarity.sum()
        + LOSS_WEIGHTS["resolution"] * resolution.sum()
        + LOSS_WEIGHTS["evidence"] * evidence_loss(output.evidence.float(), targets)
        + LOSS_WEIGHTS["primary"] * primary_loss(output.primary.float(), targets)
    ) / len(targets.sentiment)


def primary_loss(primary: Tensor, targets: Targets) -> Tensor:
    """How surprising it is what the customers came for, among all reasons, summed."""
    return functional.cross_entropy(primary[targets.asked], targets.came_for, reduction="sum")


def evidence_loss(evidence: Tensor, targets: Targets) -> Tensor:
    """How surprising the marked words are, summed: tokens compete for each marked label by their part in its logit."""
    logs = evidence[targets.marked_rows, targets.marked_labels].log_softmax(-1)
    return -logs.masked_fill(~targets.marked, -torch.inf).logsumexp(-1).sum()


def _marks(examples: Sequence[Example], ranges: NDArray[np.int64]) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Row, label and tokens of every label whose marked words are among the tokens."""
    for row, example in enumerate(examples):
        starts, ends = ranges[row].T
        for label, spans in example.words:
            tokens = np.zeros(len(starts), dtype=bool)
            for start, end in spans:
                tokens |= (starts < end) & (ends > start) & (ends > starts)
            if tokens.any():
                yield row, label, tokens
