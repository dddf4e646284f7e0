"""The course of a training: which texts are learnt in which order, and the network after it.

Needs torch, transformers and numpy alone, so that a card can be lent a machine that has no more (`models.on_card`).
"""

import copy
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers import PreTrainedTokenizerFast

from models.batch import Targets, loss_of, targets_of
from models.examples import Example
from models.noise import Noise
from models.pretrain import write_checkpoint
from voc.tagging.network import TaggerNetwork

BATCH_TEXTS: Final = 32
WEAK_TIMES: Final = 3  # texts in a batch of ratings, which are short, for each in a batch of labels
ENCODER_RATE: Final = 4e-4
HEAD_RATE: Final = 2e-3
LONGEST_TOKENS: Final = 256  # in training only; serving reads every token, in windows
AVERAGED_OVER_STEPS: Final = 250
CHECKPOINT_S: Final = 300.0
REPORT_STEPS: Final = 200


def plan(
    passes: Sequence[list[Example]],
    weak: list[Example],
    first: list[Example],
    *,
    weak_share: float,
    seed: int,
    batch_texts: int = BATCH_TEXTS,
) -> list[list[Example]]:
    """The batches of the whole training in order: ratings once, then passes over the labels with some ratings mixed in."""
    random = np.random.default_rng(seed)
    course = shuffled(first, WEAK_TIMES * batch_texts, random)
    for train in passes:
        batches = shuffled(train, batch_texts, random)
        mixed = batches + shuffled(weak, WEAK_TIMES * batch_texts, random)[: round(len(batches) * weak_share)]
        course += [mixed[position] for position in random.permutation(len(mixed))]
    return course


@dataclass(frozen=True, slots=True)
class Step:
    """What one step reads: token ids, mask and context [B, T], and what is true of the texts."""

    ids: Tensor
    mask: Tensor
    context: Tensor
    targets: Targets


class Course(Dataset[Step]):
    """The steps of a training in order, each made ready when it is asked for: in the same way, but for what a tokenizer splits.

    `steady` leaves texts as they are; otherwise some are spoiled by slips, pieces split or hidden.
    """

    def __init__(
        self, batches: Sequence[list[Example]], tokenizer: PreTrainedTokenizerFast, *, seed: int, steady: bool = False
    ) -> None:
        self._batches, self._tokenizer, self.seed, self.steady = batches, tokenizer, seed, steady

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, step: int) -> Step:
        noise = Noise(self._tokenizer, np.random.default_rng((self.seed, step)))
        batch = self._batches[step] if self.steady else noise.spoil(self._batches[step])
        ids, mask, context, ranges = noise.encode(batch, LONGEST_TOKENS, steady=self.steady)
        return Step(ids, mask, context, targets_of(batch, ranges))

    def loader(self, done: int = 0, workers: int = 0) -> DataLoader[Step]:
        """The steps after the first `done`, made ready by so many processes beside the training."""
        if workers:
            torch.multiprocessing.set_sharing_strategy("file_system")  # the other runs out of file handles
        ahead: dict[str, Any] = {"prefetch_factor": 4} if workers else {}
        return DataLoader(
            self, batch_size=None, sampler=range(done, len(self)), collate_fn=_as_it_is, num_workers=workers, **ahead
        )


def _as_it_is(step: Any) -> Any:
    return step


def fit(
    network: TaggerNetwork,
    course: Course,
    checkpoint: Path,
    *,
    groups: list[dict[str, Any]] | None = None,
    workers: int = 0,
    minutes: float = math.inf,
) -> TaggerNetwork:
    """The network after the course, on the device it is on: the running average of its weights, steadier than the last step.

    `groups` are the parameters that learn, all of them if left out, with their highest rate as `peak`. In a steady course
    no unit is left out and nothing left to rounding. After `minutes` it ends, its rate run down in time. Killed and called
    again with the same course, it goes on from its last checkpoint.
    """
    device = network.device
    groups = groups or parameter_groups(network)
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    averaged: TaggerNetwork = copy.deepcopy(network)
    parts: dict[str, Any] = {"network": network, "averaged": averaged, "optimizer": optimizer}
    done, spent_s = _restore(checkpoint, parts, len(course))
    saved_at = time.monotonic()
    began = saved_at - spent_s
    losses: list[Tensor] = []
    network.train(mode=not course.steady)
    for step, read in enumerate(course.loader(done, workers), start=done):
        if (progress := max(step / len(course), (time.monotonic() - began) / 60 / minutes)) >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(1.0, progress / 0.03 + 0.01, (1 - progress) / 0.6 + 0.01)
        torch.manual_seed(course.seed + step)
        context = read.context.to(device) if read.context.any() else None
        with torch.autocast(device.type, torch.bfloat16, enabled=not course.steady):
            output = network(read.ids.to(device), read.mask.to(device), context)
        loss = loss_of(output, read.targets.to(device))
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        _average(averaged, network, 1 / AVERAGED_OVER_STEPS if step > AVERAGED_OVER_STEPS else 1.0)
        losses.append(loss.detach())
        if step % REPORT_STEPS == REPORT_STEPS - 1:
            loss_now = _mean_loss(losses, step + 1, len(course))
            spent = round((time.monotonic() - began) / 60, 1)
            print(json.dumps({"step": step + 1, "of": len(course), "loss": round(loss_now, 4), "minutes": spent}), flush=True)
            losses.clear()
        if time.monotonic() - saved_at > CHECKPOINT_S:
            state = {name: part.state_dict() for name, part in parts.items()}
            saved_at = time.monotonic()
            write_checkpoint(checkpoint, state | {"done": step + 1, "steps": len(course), "spent_s": saved_at - began})
    if losses:
        _mean_loss(losses, len(course), len(course))
    averaged.train(mode=False)
    return averaged


def _mean_loss(losses: Sequence[Tensor], step: int, steps: int) -> float:
    """The mean of the last losses; raises SystemExit where it is no number any more."""
    mean = torch.stack(list(losses)).mean().item()
    if not math.isfinite(mean):
        raise SystemExit(f"The loss is no number any more before step {step} of {steps}; nothing is saved.")
    return mean


def _restore(checkpoint: Path, parts: dict[str, Any], steps: int) -> tuple[int, float]:
    """Steps and seconds done at the last checkpoint of a course of so many steps, whose state is loaded; 0 without one."""
    if not checkpoint.exists():
        return 0, 0.0
    state = torch.load(checkpoint, weights_only=True)
    if state["steps"] != steps:
        raise SystemExit(f"{checkpoint} is of a training of {state['steps']} steps, this one has {steps}. Delete it first.")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["done"], state["spent_s"]


def shuffled(examples: list[Example], size: int, random: np.random.Generator) -> list[list[Example]]:
    """Batches of like lengths in random order."""
    lengths = np.array([len(example.text) for example in examples])
    order = np.argsort(lengths * random.uniform(0.8, 1.25, len(lengths)))
    batches = [[examples[i] for i in order[at : at + size]] for at in range(0, len(order), size)]
    return [batches[position] for position in random.permutation(len(batches))]


def parameter_groups(network: TaggerNetwork, *, faster: float = 1.0) -> list[dict[str, Any]]:
    """The encoder and the heads with their rates, `faster` for larger batches."""
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    groups = ((ENCODER_RATE * faster, list(network.encoder.parameters())), (HEAD_RATE * faster, heads))
    return [{"params": each, "lr": rate, "peak": rate} for rate, each in groups]


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, share: float) -> None:
    for mean, value in zip(averaged.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, share)
