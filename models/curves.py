"""What more of each thing buys: scores against labels read, word pieces of pre-training, and layers.

    python -m models.curves --corpora CORPORA --bases build/pretrained build/pre2 --out build/curves.json

Every point is a training of its own with the same number of steps, without distillation, so that only one thing differs;
the last base with all its layers and all labels is the point that the three curves share. Scores are those of the held-out
labels and of the test. Killed and started again, it goes on after the last whole point.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

from models.course import Course, fit, plan
from models.examples import Example, Labels, read_labelled, read_records, read_texts_by_id
from models.metrics import METRICS, Codes, record_of_tags
from models.tokenizer import load_tokenizer
from models.tune import tune
from voc.tagging.decode import Decoder
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.tagging.reading import read_texts
from voc.taxonomy import load_taxonomy
from voc.text.align import Alignment
from voc.text.normalise import NORMALISER_VERSION

LABELS: Final = (1_000, 4_000, 16_000)
LAYERS: Final = (1, 2, 4)
STEPS: Final = 1_000  # of 32 texts: one pass over all labels, thirty over the fewest


@dataclass(frozen=True, slots=True)
class Point:
    """One training: `labels` 0 means all, `layers` 0 all; `pieces` is what the encoder has seen, 0 for none at all."""

    base: str
    pieces: int
    labels: int = 0
    layers: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, train every point that is not there yet, and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    parser.add_argument("--bases", type=Path, nargs="+", required=True, help="pre-trained encoders, the best one last")
    parser.add_argument("--out", type=Path, default=Path("build/curves.json"))
    parser.add_argument("--steps", type=int, default=STEPS)
    given = parser.parse_args(arguments)
    labels = Labels(load_taxonomy())
    paths = sorted(given.labels.glob("*.jsonl"))
    texts = read_texts_by_id(given.corpora, {record["id"] for path in paths for record in read_records(path)})

    def read(pattern: str) -> list[Example]:
        chosen = (path for path in sorted(given.labels.glob(pattern)) if "conversations" not in path.name)
        return [example for path in chosen for example in read_labelled(path, texts, labels)]

    train, held_out = read("train*.jsonl"), read("dev.jsonl")
    measured = {name: (read(f"{name}.jsonl"), _golds(given.labels / f"{name}.jsonl", texts)) for name in ("dev", "test")}
    done: list[dict[str, Any]] = json.loads(given.out.read_text("utf-8")) if given.out.exists() else []
    for point in points(given.bases):
        if any(each["point"] == asdict(point) for each in done):
            continue
        network, tokenizer = start(point, labels)
        random = np.random.default_rng(0)
        chosen = [train[at] for at in random.permutation(len(train))[: point.labels or None]]
        epochs = 1 + given.steps * 32 // len(chosen)
        batches = plan([chosen] * epochs, [], [], weak_share=0.0, seed=1)[: given.steps]
        fitted = fit(network, Course(batches, tokenizer, seed=1), given.out.with_suffix(".pt"))
        given.out.with_suffix(".pt").unlink(missing_ok=True)
        tune(fitted, tokenizer, held_out, labels)
        scores = {name: _scores(fitted, tokenizer, *each) for name, each in measured.items()}
        done.append({"point": asdict(point), "learnt_from": len(chosen), "scores": scores})
        given.out.write_text(json.dumps(done, indent=1), encoding="utf-8")
        print(json.dumps(done[-1]), flush=True)


def points(bases: Sequence[Path]) -> Iterator[Point]:
    """The shared point first, then each curve's others: pieces, labels, layers."""
    seen = {base: json.loads((base / "progress.json").read_text("utf-8"))["pieces"] for base in bases}
    best = bases[-1]
    yield Point(str(best), seen[best])
    yield Point(str(best), 0)
    yield from (Point(str(base), seen[base]) for base in bases[:-1])
    yield from (Point(str(best), seen[best], labels=number) for number in LABELS)
    yield from (Point(str(best), seen[best], layers=number) for number in LAYERS)


def start(point: Point, labels: Labels) -> tuple[TaggerNetwork, PreTrainedTokenizerFast]:
    """A tagger on the first layers of the point's encoder, or on one that has learnt nothing."""
    base = Path(point.base)
    shape = AutoConfig.from_pretrained(base)
    if point.layers:
        shape.num_hidden_layers, shape.layer_types = point.layers, shape.layer_types[: point.layers]
    config = TaggerConfig(
        encoder=shape.to_dict(),
        tagger_name="curve",
        taxonomy="",
        normaliser=NORMALISER_VERSION,
        **labels.heads,
    )
    network = TaggerNetwork(config)
    if point.pieces:
        network.encoder = AutoModel.from_pretrained(base, config=shape)
    return network, load_tokenizer(base)


def _golds(path: Path, texts: dict[str, str]) -> list[dict[str, Any]]:
    return [record for record in read_records(path) if record["id"] in texts or "text" in record]


def _scores(
    network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, examples: list[Example], golds: list[dict[str, Any]]
) -> dict[str, float]:
    codes, decoder = Codes(network.config), Decoder(network.config)
    readings = read_texts(network, tokenizer, [example.text for example in examples])
    tags = [decoder.decode(Alignment(each.text, each.text), reading) for each, reading in zip(examples, readings, strict=True)]
    answers = codes.table([record_of_tags(each) for each in tags])
    return {name: round(metric(answers, codes.table(golds)), 4) for name, metric in METRICS.items()}


if __name__ == "__main__":
    main()
