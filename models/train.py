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
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, PreTrainedTokenizerFast

from models.examples import Example, Labels, from_taxonomy, read_labelled, read_records, read_texts_by_id, read_weak
from models.noise import Noise
from models.pretrain import write_checkpoint
from models.teach import read_taught
from models.tokenizer import load_tokenizer
from models.tune import tune
from voc.errors import ModelError
from voc.tagging.identity import MODEL_TYPE
from voc.tagging.network import TaggerConfig, TaggerNetwork, TaggerOutput
from voc.tagging.reading import FOUND
from voc.taxonomy import load_taxonomy
from voc.text.normalise import NORMALISER_VERSION

EPOCHS: Final = 8
BATCH_TEXTS: Final = 32
WEAK_BATCH_TEXTS: Final = 96
WEAK_SHARE: Final = 0.1  # batches of noisy ratings for each batch of labels: more of them costs reasons and cues
ENCODER_RATE: Final = 4e-4
HEAD_RATE: Final = 2e-3
LONGEST_TOKENS: Final = 256  # in training only; serving reads every token, in windows
AVERAGED_OVER_STEPS: Final = 250
CHECKPOINT_S: Final = 300.0
LOSS_WEIGHTS: Final = {"sentiment": 1.0, "found": 12.0, "polarity": 0.6, "resolution": 0.6, "evidence": 0.3, "primary": 3.0}


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
    course = plan(train, weak, first, epochs=given.epochs, weak_share=given.weak_share, seed=given.seed)
    fitted = fit(network, tokenizer, course, given.out / "training.pt", seed=given.seed)
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
    train: list[Example], weak: list[Example], first: list[Example], *, epochs: int, weak_share: float, seed: int
) -> list[list[Example]]:
    """The batches of the whole training in order: ratings once, then passes over the labels with some ratings mixed in."""
    random = np.random.default_rng(seed)
    course = shuffled(first, WEAK_BATCH_TEXTS, random)
    for _ in range(epochs):
        batches = shuffled(train, BATCH_TEXTS, random)
        mixed = batches + shuffled(weak, WEAK_BATCH_TEXTS, random)[: round(len(batches) * weak_share)]
        course += [mixed[position] for position in random.permutation(len(mixed))]
    return course


def fit(
    network: TaggerNetwork,
    tokenizer: PreTrainedTokenizerFast,
    course: list[list[Example]],
    checkpoint: Path,
    *,
    seed: int,
    groups: list[dict[str, Any]] | None = None,
    steady: bool = False,
) -> TaggerNetwork:
    """The network after the course: the running average of its weights, which is steadier than the last step.

    `groups` are the parameters that learn, all of them if left out, with their highest rate as `peak`; `steady` leaves texts
    as they are, no unit out, and nothing to rounding. Killed and called again with the same course, it goes on from its last
    checkpoint.
    """
    optimizer = torch.optim.AdamW(groups or _parameter_groups(network), weight_decay=0.01, betas=(0.9, 0.98))
    averaged: TaggerNetwork = copy.deepcopy(network)
    parts: dict[str, Any] = {"network": network, "averaged": averaged, "optimizer": optimizer}
    done = _restore(checkpoint, parts, len(course))
    began = saved_at = time.monotonic()
    losses: list[float] = []
    for step in range(done, len(course)):
        progress = step / len(course)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(1.0, progress / 0.03 + 0.01, (1 - progress) / 0.6 + 0.01)
        torch.manual_seed(seed + step)
        noise = Noise(tokenizer, np.random.default_rng((seed, step)))
        batch = course[step] if steady else noise.spoil(course[step])
        network.train(mode=not steady)
        with torch.autocast("cpu", torch.bfloat16, enabled=not steady):
            ids, mask, context, ranges = noise.encode(batch, LONGEST_TOKENS, steady=steady)
            output = network(ids, mask, context if context.any() else None)
        loss = loss_of(output, batch, ranges)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        _average(averaged, network, 1 / AVERAGED_OVER_STEPS if step > AVERAGED_OVER_STEPS else 1.0)
        losses.append(loss.item())
        if step % 200 == 199:
            minutes = round((time.monotonic() - began) / 60, 1)
            line = {"step": step + 1, "of": len(course), "loss": round(np.mean(losses[-200:]), 4), "minutes": minutes}
            print(json.dumps(line), flush=True)
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


def loss_of(output: TaggerOutput, batch: Sequence[Example], ranges: Tensor) -> Tensor:
    """The weighted sum of the heads' losses; what an example does not say costs nothing.

    `ranges` [B, T, 2] are the characters of the tokens; the evidence for a label should lie in the words marked for it.
    """

    def stack(name: str) -> Tensor:
        return torch.from_numpy(np.stack([np.asarray(getattr(example, name), dtype=np.float32) for example in batch]))

    found_logits = torch.cat([getattr(output, head) for head in FOUND], dim=1).float()
    of_customer = found_logits.shape[1] - output.moves.shape[1]
    found = functional.binary_cross_entropy_with_logits(found_logits, stack("found"), stack("found_weights"), reduction="sum")
    sentiment = -(stack("sentiment") * output.sentiment.float().log_softmax(-1)).sum(-1) * stack("sentiment_weight")
    polarity = -(stack("polarity") * output.polarity.float().log_softmax(-1)).sum((-1, -2))
    resolution = -(stack("resolution") * output.resolution.float().log_softmax(-1)).sum(-1) * stack("resolution_weight")
    return (
        LOSS_WEIGHTS["sentiment"] * sentiment.sum()
        + LOSS_WEIGHTS["found"] * found / of_customer
        + LOSS_WEIGHTS["polarity"] * polarity.sum()
        + LOSS_WEIGHTS["resolution"] * resolution.sum()
        + LOSS_WEIGHTS["evidence"] * evidence_loss(output.evidence.float(), batch, ranges)
        + LOSS_WEIGHTS["primary"] * primary_loss(output.primary.float(), batch)
    ) / len(batch)


def primary_loss(primary: Tensor, batch: Sequence[Example]) -> Tensor:
    """How surprising it is what the customers came for, among the reasons that they have, summed."""
    loss = primary.new_zeros(())
    for row, example in enumerate(batch):
        if example.primary >= 0:
            has = torch.from_numpy(example.found[: primary.shape[1]]) > 0
            loss = loss - primary[row].masked_fill(~has, -torch.inf).log_softmax(-1)[example.primary]
    return loss


def evidence_loss(evidence: Tensor, batch: Sequence[Example], ranges: Tensor) -> Tensor:
    """How surprising the marked words are, summed: tokens compete for each marked label by their part in its logit."""
    loss = evidence.new_zeros(())
    for row, example in enumerate(batch):
        starts, ends = ranges[row].unbind(-1)
        for label, spans in example.words:
            marked = torch.stack([(starts < end) & (ends > start) & (ends > starts) for start, end in spans]).any(0)
            if marked.any():
                surprise = -evidence[row, label].log_softmax(-1)
                loss = loss - torch.logsumexp(-surprise[marked], dim=0)
    return loss


def shuffled(examples: list[Example], size: int, random: np.random.Generator) -> list[list[Example]]:
    """Batches of like lengths in random order."""
    lengths = np.array([len(example.text) for example in examples])
    order = np.argsort(lengths * random.uniform(0.8, 1.25, len(lengths)))
    batches = [[examples[i] for i in order[at : at + size]] for at in range(0, len(order), size)]
    return [batches[position] for position in random.permutation(len(batches))]


def _parameter_groups(network: TaggerNetwork) -> list[dict[str, Any]]:
    heads = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    return [
        {"params": list(network.encoder.parameters()), "lr": ENCODER_RATE, "peak": ENCODER_RATE},
        {"params": heads, "lr": HEAD_RATE, "peak": HEAD_RATE},
    ]


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, share: float) -> None:
    for mean, value in zip(averaged.parameters(), network.parameters(), strict=True):
        mean.lerp_(value, share)


def _hash(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


if __name__ == "__main__":
    main()
