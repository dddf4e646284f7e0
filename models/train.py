"""Training of the tagger: a pre-trained encoder, labels and public ratings in, a model folder that serves out.

    voc train --corpora CORPORA --out build/voc-fa-6

Reads from top to bottom: examples, one pass over noisy ratings (sentiment alone), passes over the labels with a share of
ratings mixed in, thresholds and temperatures set on the held-out labels, weights saved in half precision with everything
that serving needs to know. Killed and started again, it goes on from its last checkpoint.
"""

import argparse
import copy
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from transformers import AutoModel, PreTrainedTokenizerFast

from models.batch import Targets, loss_of, targets_of
from models.examples import Example, Labels, from_taxonomy, read_labelled, read_records, read_texts_by_id, read_weak
from models.noise import Noise
from models.pretrain import write_checkpoint
from models.teach import read_taught
from models.tokenizer import load_tokenizer
from models.tune import tune
from voc.errors import ModelError
from voc.tagging.identity import MODEL_TYPE
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.tagging.reading import FOUND
from voc.taxonomy import load_taxonomy
from voc.text.normalise import NORMALISER_VERSION

EPOCHS: Final = 8
BATCH_TEXTS: Final = 32
WEAK_TIMES: Final = 3  # texts in a batch of ratings, which are short, for each in a batch of labels
WEAK_SHARE: Final = 0.1  # batches of noisy ratings for each batch of labels: more of them costs reasons and cues
ENCODER_RATE: Final = 4e-4
HEAD_RATE: Final = 2e-3
LONGEST_TOKENS: Final = 256  # in training only; serving reads every token, in windows
AVERAGED_OVER_STEPS: Final = 250
CHECKPOINT_S: Final = 300.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--base", type=Path, default=Path("build/pretrained"), help="encoder to start from, or a tagger to go on with"
    )
    parser.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with the texts of the labels")
    parser.add_argument("--labels", type=Path, default=Path("data/labels"), help="folder of train*.jsonl and dev*.jsonl")
    parser.add_argument("--taught", type=Path, help="what finished taggers said of unlabelled texts (models.teach)")
    parser.add_argument("--out", type=Path, default=Path("build/voc-fa-6"))
    parser.add_argument("--name", default="voc-fa-6", help="stored with every tag that the model gives")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--weak-share", type=float, default=WEAK_SHARE, help="batches of ratings for each batch of labels")
    parser.add_argument("--batch-texts", type=int, default=BATCH_TEXTS, help="a step; a card is busy from 256 on")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where torch has one")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches ready beside the training")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    torch.manual_seed(given.seed)

    taxonomy = load_taxonomy()
    labels = Labels(taxonomy)
    train_paths, held_out_paths = (sorted(given.labels.glob(f"{part}*.jsonl")) for part in ("train", "dev"))
    records = [record for path in given.labels.glob("*.jsonl") for record in read_records(path)]
    ids = {record["id"] for record in records if not {"text", "turns"} & set(record)}
    texts = read_texts_by_id(given.corpora, ids)
    train = [example for path in train_paths for example in read_labelled(path, texts, labels)]
    held_out = [example for path in held_out_paths for example in read_labelled(path, texts, labels, held_out=True)]
    train += from_taxonomy(taxonomy, labels)
    weak = list(
        read_taught(given.taught, given.corpora, labels, without=ids)
        if given.taught
        else read_weak(given.corpora, labels, without=ids)
    )
    counts = {"train": len(train), "held_out": len(held_out), "weak": len(weak), "texts_missing": len(ids) - len(texts)}
    print(json.dumps(counts), flush=True)

    tokenizer = load_tokenizer(given.base)
    config = TaggerConfig(
        encoder=encoder_of(given.base),
        tagger_name=given.name,
        taxonomy=taxonomy.version,
        normaliser=NORMALISER_VERSION,
        data_hash=_hash([*train_paths, *held_out_paths]),
        **labels.heads,
    )
    network, goes_on = start_from(given.base, config)
    first = [] if goes_on else weak
    share, batch_texts = given.weak_share, given.batch_texts
    batches = plan(train, weak, first, epochs=given.epochs, weak_share=share, seed=given.seed, batch_texts=batch_texts)
    course, checkpoint = Course(batches, tokenizer, seed=given.seed), given.out / "training.pt"
    groups = parameter_groups(network, faster=(given.batch_texts / BATCH_TEXTS) ** 0.5)
    fitted = fit(network.to(given.device), course, checkpoint, groups=groups, workers=given.workers).cpu()
    tune(fitted, tokenizer, held_out, labels)
    fitted.half().save_pretrained(given.out)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(given.out)
    (given.out / "training.pt").unlink(missing_ok=True)
    print(json.dumps({"saved": str(given.out), "thresholds": fitted.config.thresholds}))


def encoder_of(base: Path) -> dict[str, object]:
    """The configuration of the encoder in an encoder's or a tagger's folder."""
    config: dict[str, object] = json.loads((base / "config.json").read_text("utf-8"))
    inner = config.get("encoder")
    return inner if isinstance(inner, dict) else config


def start_from(base: Path, config: TaggerConfig) -> tuple[TaggerNetwork, bool]:
    """A network on the encoder in `base`; if that is a tagger, it goes on learning, and labels new to it begin from nothing."""
    network = TaggerNetwork(config)
    if json.loads((base / "config.json").read_text("utf-8"))["model_type"] == MODEL_TYPE:
        tagger = TaggerNetwork.from_pretrained(base, dtype=torch.float32)
        if tagger.config.own_reasons or tagger.config.given_as:
            raise ModelError(f"{base} was published from a draft; train the shipped model it rests on, and publish anew.")
        take_over(network, tagger)
        return network, True
    network.encoder = AutoModel.from_pretrained(base)
    return network, False


@torch.no_grad()
def take_over(network: TaggerNetwork, tagger: TaggerNetwork) -> None:
    """Give `network` what `tagger` knows: all weights, those of single labels to the labels of the same place in their head."""
    weights, known = network.state_dict(), tagger.state_dict()
    for name in ("query", "weight", "bias"):
        heads = None if name == "query" else len(FOUND)  # only what is found or not has weights of its own
        old, new = known[name].split(tagger.sizes[:heads]), weights[name].split(network.sizes[:heads])
        for mine, theirs in zip(new, old, strict=True):
            mine[: len(theirs)] = theirs
        known[name] = weights[name]
    network.load_state_dict(known)


def plan(
    train: list[Example],
    weak: list[Example],
    first: list[Example],
    *,
    epochs: int,
    weak_share: float,
    seed: int,
    batch_texts: int = BATCH_TEXTS,
) -> list[list[Example]]:
    """The batches of the whole training in order: ratings once, then passes over the labels with some ratings mixed in."""
    random = np.random.default_rng(seed)
    course = shuffled(first, WEAK_TIMES * batch_texts, random)
    for _ in range(epochs):
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
    """The steps of a training in order, each made ready when it is asked for, always in the same way.

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
        ahead = {"prefetch_factor": 4} if workers else {}
        return DataLoader(
            self, batch_size=None, sampler=range(done, len(self)), collate_fn=_as_it_is, num_workers=workers, **ahead
        )


def _as_it_is(step: Step) -> Step:
    return step


def fit(
    network: TaggerNetwork,
    course: Course,
    checkpoint: Path,
    *,
    groups: list[dict[str, Any]] | None = None,
    workers: int = 0,
) -> TaggerNetwork:
    """The network after the course, on the device it is on: the running average of its weights, steadier than the last step.

    `groups` are the parameters that learn, all of them if left out, with their highest rate as `peak`. In a steady course
    no unit is left out and nothing left to rounding. Killed and called again with the same course, it goes on from its last
    checkpoint.
    """
    device = network.device
    groups = groups or parameter_groups(network)
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=device.type == "cuda" or None)
    averaged: TaggerNetwork = copy.deepcopy(network)
    parts: dict[str, Any] = {"network": network, "averaged": averaged, "optimizer": optimizer}
    done = _restore(checkpoint, parts, len(course))
    began = saved_at = time.monotonic()
    losses: list[Tensor] = []
    network.train(mode=not course.steady)
    for step, read in enumerate(course.loader(done, workers), start=done):
        progress = step / len(course)
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
        if step % 200 == 199:
            minutes = round((time.monotonic() - began) / 60, 1)
            line = {
                "step": step + 1,
                "of": len(course),
                "loss": round(torch.stack(losses).mean().item(), 4),
                "minutes": minutes,
            }
            print(json.dumps(line), flush=True)
            losses.clear()
        if time.monotonic() - saved_at > CHECKPOINT_S:
            state = {name: part.state_dict() for name, part in parts.items()}
            write_checkpoint(checkpoint, state | {"done": step + 1, "steps": len(course)})
            saved_at = time.monotonic()
    averaged.train(mode=False)
    return averaged


def _restore(checkpoint: Path, parts: dict[str, Any], steps: int) -> int:
    """Steps done at the last checkpoint of a course of so many steps, whose state is loaded; 0 without one."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint, weights_only=True)
    if state["steps"] != steps:
        raise SystemExit(f"{checkpoint} is of a training of {state['steps']} steps, this one has {steps}. Delete it first.")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    done: int = state["done"]
    return done


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


def _hash(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


if __name__ == "__main__":
    main()
