"""What labels of a domain buy that the model has not seen: the cheap path and fine-tuning, beside TF-IDF with regression.

    python -m models.domain_curve --corpora CORPORA --encoder build/pretrained --out build/domain_curve.json

A tagger is trained from the pre-trained encoder on all labels but those of telecom and places, so that neither is known to it
(the encoder has read their texts as any others, without labels). Then it is given some labels of one of them. Killed and started
again, it goes on after the last whole point.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch
from transformers import PreTrainedTokenizerFast

from models.curves import Point, start
from models.examples import Example, Labels, read_labelled, read_records, read_texts_by_id
from models.train import fit, plan
from models.tune import tune
from voc.tagging.network import TaggerNetwork
from voc.taxonomy import load_taxonomy

DOMAINS: Final = ("telecom", "places")
BASE_STEPS: Final = 2_000  # of 32 texts: two passes over the labels of the other domains


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    parser.add_argument("--encoder", type=Path, default=Path("build/pretrained"))
    parser.add_argument("--out", type=Path, default=Path("build/domain_curve.json"))
    given = parser.parse_args(arguments)
    labels = Labels(load_taxonomy())
    ids = {record["id"] for path in given.labels.glob("*.jsonl") for record in read_records(path)}
    texts = read_texts_by_id(given.corpora, ids)
    others, held_out = [], []
    for path in sorted(given.labels.glob("*.jsonl")):
        if path.name.startswith(("train", "dev")) and "conversations" not in path.name:
            examples = read(path, texts, labels)
            (others if path.name.startswith("train") else held_out).extend(e for d, e in examples if d not in DOMAINS)
    print(len(others), len(held_out), flush=True)
    folder = given.out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    network, tokenizer = start(Point(str(given.encoder), 1), labels)
    course = plan(others, [], [], epochs=1 + BASE_STEPS * 32 // len(others), weak_share=0.0, seed=1)[:BASE_STEPS]
    fitted = fit(network, tokenizer, course, folder / "base.pt", seed=1)
    tune(fitted, tokenizer, held_out, labels)
    fitted.save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")


def read(path: Path, texts: dict[str, str], labels: Labels) -> list[tuple[str, Example]]:
    records = [r for r in read_records(path) if r["id"] in texts or "text" in r]
    return list(zip([r["domain"] for r in records], read_labelled(path, texts, labels), strict=True))


if __name__ == "__main__":
    main()
