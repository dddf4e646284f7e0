"""Thresholds and temperatures from held-out labels.

    python -m models.tune FOLDER --corpora CORPORA --name NEXT

A temperature for each head, a threshold for each code. A few hundred texts hold few examples of a rare code, so each code
is scored together with a share of its head: one that is seldom seen takes the head's threshold, a common one its own. Both
pay for straying from where the best F1 lies on probabilities that are true (half of it: Lipton and others 2014).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from models.examples import Example, Floats, Labels, labels_hash, read_held_out
from models.metrics import resolution_f1
from models.tokenizer import load_tokenizer
from voc.report_card.figures import Bools
from voc.tagging.network import TaggerNetwork
from voc.tagging.reading import FOUND, Reading, read_texts
from voc.taxonomy import load_taxonomy

THRESHOLDS: Final = np.arange(0.20, 0.71, 0.01)
HEAD_EXAMPLES: Final = 40  # how many examples of its whole head stand beside a code's own
USUAL: Final = 0.4
STRAYING_COST: Final = 2.0  # of F1, by the square of the way; a tenth costs two points. By `models.benchmarks.thresholds`
TEMPERATURES: Final = np.arange(0.6, 2.6, 0.05)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, and settle what a folder still lacks: name, hash of the labels, thresholds, temperatures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with the texts of the held-out labels")
    parser.add_argument("--labels", type=Path, default=Path("data/labels"), help="folder of train*.jsonl and dev*.jsonl")
    parser.add_argument("--name", required=True, help="stored with every tag that the model gives")
    given = parser.parse_args(arguments)
    network, tokenizer = TaggerNetwork.from_pretrained(given.folder, dtype=torch.float32), load_tokenizer(given.folder)
    network.train(mode=False)
    labels = Labels(load_taxonomy())
    network.config.tagger_name = given.name
    network.config.data_hash = labels_hash(given.labels)
    tune(network, tokenizer, read_held_out(given.labels, given.corpora, labels), labels)
    network.half().save_pretrained(given.folder)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(given.folder)


def tune(network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, held_out: Sequence[Example], labels: Labels) -> None:
    """Set the network's temperatures by head and its thresholds by label, those of whole conversations apart."""
    config = network.config
    config.thresholds, config.temperatures, config.conversation_thresholds = None, None, None
    said = [example for example in held_out if not example.context]
    config.thresholds, config.temperatures = _of_texts(
        read_texts(network, tokenizer, [each.text for each in said]), said, labels
    )
    if spoken := [example for example in held_out if example.context]:
        readings = read_texts(network, tokenizer, [each.text for each in spoken], [each.context for each in spoken])
        config.conversation_thresholds = _of_conversations(readings, spoken, labels)


def _of_conversations(readings: Sequence[Reading], held_out: Sequence[Example], labels: Labels) -> dict[str, float]:
    """The thresholds of what customers say in conversations, from readings that have their temperatures."""
    found, gold = _stack([each.found for each in readings]), _stack([example.found for example in held_out]) > 0
    thresholds: dict[str, float] = {}
    at = 0
    for head in FOUND[:-1]:
        codes = getattr(labels, head)
        columns = slice(at, at + len(codes))
        thresholds |= thresholds_of(codes, found[:, columns], gold[:, columns])
        at += len(codes)
    truth = _stack([example.resolution for example in held_out]).argmax(1)
    return thresholds | {"resolution": _of_resolution(_stack([each.resolution for each in readings]), truth)}


def _of_texts(
    readings: Sequence[Reading], held_out: Sequence[Example], labels: Labels
) -> tuple[dict[str, float], dict[str, float]]:
    """Thresholds by label and temperatures by head: the temperature of least surprise, then the threshold of best F1.

    A head without held-out examples that speak of it, as moves without conversations, keeps what it has by itself.
    """
    found = _stack([reading.found for reading in readings])
    gold = _stack([example.found for example in held_out]) > 0
    said = _stack([example.found_weights for example in held_out]) > 0
    temperatures: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    at = 0
    for head in FOUND:
        codes = getattr(labels, head)
        columns = slice(at, at + len(codes))
        at += len(codes)
        rows = said[:, columns].any(1)
        if not rows.any():
            continue
        of_head, truths = found[rows, columns], gold[rows, columns]
        logits = np.log(of_head / np.clip(1 - of_head, 1e-7, 1))
        temperatures[head] = _best(TEMPERATURES, lambda t, z=logits, y=truths: -_binary_surprise(z / t, y))
        probabilities = 1 / (1 + np.exp(-logits / temperatures[head]))
        thresholds |= thresholds_of(codes, probabilities, truths)
    for head in ("sentiment", "resolution"):
        spoken = [at for at, example in enumerate(held_out) if getattr(example, f"{head}_weight")]
        logits = np.log(np.clip(_stack([getattr(readings[at], head) for at in spoken]), 1e-7, 1))
        truth = _stack([getattr(held_out[at], head) for at in spoken]).argmax(1)
        temperatures[head] = _best(TEMPERATURES, lambda t, z=logits, y=truth: -_surprise(z / t, y))
    resolution = torch.from_numpy(logits / temperatures["resolution"]).softmax(-1).numpy()
    return thresholds | {"resolution": _of_resolution(resolution, truth)}, temperatures


def _of_resolution(resolution: Floats, truth: NDArray[np.int64]) -> float:
    """The probability of there being a resolution, from those of each [N, 1 + resolutions], from which it is best given."""
    chosen = 1 + resolution[:, 1:].argmax(1)
    return _best(
        THRESHOLDS,
        lambda t: resolution_f1(np.where(resolution[:, 1:].sum(1) >= t, chosen, 0), truth) - _straying(t, STRAYING_COST),
    )


def thresholds_of(
    codes: Sequence[str], probabilities: Floats, gold: Bools, straying_cost: float = STRAYING_COST
) -> dict[str, float]:
    """By code the threshold of best F1 over its own column [N, C] and `HEAD_EXAMPLES` examples' worth of the head.

    What it strays from the usual is taken off.
    """
    given = probabilities >= THRESHOLDS[:, None, None]
    hits, said, true = (given & gold).sum(1), given.sum(1), gold.sum(0)
    share = HEAD_EXAMPLES / max(int(true.sum()), 1)
    both = said + true + share * (said.sum(1, keepdims=True) + true.sum())
    f1 = 2 * (hits + share * hits.sum(1, keepdims=True)) / np.maximum(both, 1)
    scores = f1 - _straying(THRESHOLDS, straying_cost)[:, None]
    return {code: round(float(THRESHOLDS[best]), 2) for code, best in zip(codes, scores.argmax(0), strict=True)}


def _straying(thresholds: Any, cost: float) -> Any:
    return cost * np.square(thresholds - USUAL)


def _best(options: Floats, score) -> float:  # type: ignore[no-untyped-def]
    return round(float(max(options, key=lambda option: np.nan_to_num(score(option)))), 2)


def _stack(rows: Sequence[Floats]) -> Floats:
    return np.stack(rows).astype(np.float64)


def _binary_surprise(logits: Floats, gold: NDArray[np.bool_]) -> float:
    return float(np.logaddexp(0, np.where(gold, -logits, logits)).mean())


def _surprise(logits: Floats, truth: NDArray[np.int64]) -> float:
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return -float(logs[np.arange(len(truth)), truth].mean())


if __name__ == "__main__":
    main()
