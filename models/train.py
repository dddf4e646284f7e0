"""Training of the tagger: a pre-trained encoder, labels and public ratings in, a model folder that serves out.

    voc train --corpora CORPORA --out build/NEXT

Reads from top to bottom: examples, one pass over noisy ratings (sentiment alone), passes over the labels with a share of
ratings mixed in, thresholds and temperatures set on the held-out labels, weights saved in half precision with everything
that serving needs to know. Killed and started again, it goes on from its last checkpoint.
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel

from models.course import BATCH_TEXTS, Course, fit, parameter_groups, plan
from models.examples import (
    Example,
    Labels,
    from_taxonomy,
    labels_hash,
    read_labelled,
    read_records,
    read_texts_by_id,
    read_weak,
)
from models.teach import read_taught
from models.tokenizer import load_tokenizer
from models.tune import tune
from voc.errors import ModelError
from voc.tagging.identity import MODEL_TYPE
from voc.tagging.network import POLARITIES, TaggerConfig, TaggerNetwork
from voc.tagging.reading import FOUND
from voc.taxonomy import load_taxonomy
from voc.text.normalise import NORMALISER_VERSION

EPOCHS: Final = 8
WEAK_SHARE: Final = 0.1  # batches of noisy ratings for each batch of labels: more of them costs reasons and cues


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--base", type=Path, default=Path("build/pretrained"), help="encoder to start from, or a tagger to go on with"
    )
    parser.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with the texts of the labels")
    parser.add_argument("--labels", type=Path, default=Path("data/labels"), help="folder of train*.jsonl and dev*.jsonl")
    parser.add_argument("--taught", type=Path, help="what finished taggers said of unlabelled texts (models.teach)")
    parser.add_argument("--out", type=Path, default=Path("build/tagger"))
    parser.add_argument("--name", help="stored with every tag that the model gives; that of the folder without it")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--weak-share", type=float, default=WEAK_SHARE, help="batches of ratings for each batch of labels")
    parser.add_argument(
        "--share", type=share_of, nargs="+", default=[], metavar="FILE=SHARE", help="how much of a label file each pass reads"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop by then, learning rate run down in time")
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
    read = {path.stem: read_labelled(path, texts, labels) for path in train_paths}
    shares = dict(given.share)
    if strangers := shares.keys() - read:
        parser.error(f"--share: no {', '.join(sorted(strangers))} among {', '.join(read)}")
    held_out = [example for path in held_out_paths for example in read_labelled(path, texts, labels, held_out=True)]
    if not any(example.sentiment_weight and not example.context for example in held_out):
        parser.error("--corpora has none of the texts of dev*.jsonl, by which thresholds are set")
    weak = list(
        read_taught(given.taught, given.corpora, labels, without=ids)
        if given.taught
        else read_weak(given.corpora, labels, without=ids)
    )
    counts = {
        **{name: len(examples) for name, examples in read.items()},
        "held_out": len(held_out),
        "weak": len(weak),
        "texts_missing": len(ids) - len(texts),
    }
    print(json.dumps(counts), flush=True)

    tokenizer = load_tokenizer(given.base)
    config = TaggerConfig(
        encoder=encoder_of(given.base),
        tagger_name=given.name or given.out.name,
        taxonomy=taxonomy.version,
        normaliser=NORMALISER_VERSION,
        data_hash=labels_hash(given.labels),
        **labels.heads,
    )
    network, goes_on = start_from(given.base, config)
    first = [] if goes_on else weak
    read["taxonomy"] = from_taxonomy(taxonomy, labels)
    passes = [
        [each for name in read for each in some_of(read[name], shares.get(name, 1.0), given.seed + at)]
        for at in range(given.epochs)
    ]
    batches = plan(passes, weak, first, weak_share=given.weak_share, seed=given.seed, batch_texts=given.batch_texts)
    course, checkpoint = Course(batches, tokenizer, seed=given.seed), given.out / "training.pt"
    groups = parameter_groups(network, faster=(given.batch_texts / BATCH_TEXTS) ** 0.5)
    on_device = network.to(given.device)
    fitted = fit(on_device, course, checkpoint, groups=groups, workers=given.workers, minutes=given.minutes).cpu()
    tune(fitted, tokenizer, held_out, labels)
    fitted.half().save_pretrained(given.out)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(given.out)
    (given.out / "training.pt").unlink(missing_ok=True)
    print(json.dumps({"saved": str(given.out), "thresholds": fitted.config.thresholds}))


def share_of(said: str) -> tuple[str, float]:
    """A label file's name and the share of it that each pass reads.

    >>> share_of("train_own=2")
    ('train_own', 2.0)
    """
    name, share = said.split("=")
    return name, float(share)


def some_of(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """A share of the examples, drawn anew for each seed; a share of 2.5 is each twice, and half of them once more."""
    drawn = np.random.default_rng(seed).permutation(len(examples))
    return [examples[at] for at in np.resize(drawn, round(share * len(examples)))]


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
    """Give `network` what `tagger` knows: all weights, those of single labels to the labels of the same code."""
    mine, known = network.state_dict(), tagger.state_dict()

    def same(*widths: tuple[str, int]) -> tuple[Tensor, Tensor]:
        """Where in both the labels that both have stand, head after head, each label so many numbers wide."""
        places: tuple[list[int], list[int]] = ([], [])
        starts = [0, 0]
        for head, width in widths:
            both = [_codes(each.config, head) for each in (network, tagger)]
            for code in (code for code in both[0] if code in both[1]):
                for side, codes in enumerate(both):
                    start = starts[side] + codes.index(code) * width
                    places[side].extend(range(start, start + width))
            starts = [start + len(codes) * width for start, codes in zip(starts, both, strict=True)]
        return torch.tensor(places[0], dtype=torch.long), torch.tensor(places[1], dtype=torch.long)

    found, judged = [(head, 1) for head in FOUND], [("sentiments", 1), ("resolutions", 1)]
    rows = {"query": [*found, *judged], "weight": found, "bias": found}
    for judge, head in (("sentiment", "sentiments"), ("resolution", "resolutions")):
        rows |= {f"{judge}.3.{part}": [(head, 1)] for part in ("weight", "bias")}
        seen = same((head, network.query.shape[1]), ("reasons", len(POLARITIES)), ("effort", 1), ("loyalty", 1))
        inside = f"{judge}.0.weight"
        known[inside] = mine[inside].index_copy(1, seen[0], known[inside][:, seen[1]])
    for name, heads in rows.items():
        here, there = same(*heads)
        known[name] = mine[name].index_copy(0, here, known[name][there])
    network.load_state_dict(known)


def _codes(config: TaggerConfig, head: str) -> list[str]:
    """The labels of a head; first of all that there is no resolution."""
    return [*([""] if head == "resolutions" else []), *(getattr(config, head) or ())]


if __name__ == "__main__":
    main()
