"""Writes what a model's training texts look like into its folder, so that a service can tell when its own texts are others.

    python -m models.fingerprint --corpora CORPORA --model build/NEXT

The texts are those of the training labels; nothing of them is written but counts of word pieces
(`voc.report_card.fingerprint`).
"""

import argparse
from collections import Counter as Tallies
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models.examples import read_records, read_texts_by_id
from voc.conversations.turns import customer_text
from voc.records import Turn
from voc.report_card.fingerprint import (
    FAMILIAR,
    SAMPLE,
    Counter,
    Counts,
    Fingerprint,
    divergence,
    load_split,
    write_fingerprint,
)
from voc.tagging.identity import find_model
from voc.text.script import script_of

SAMPLES: Final = 200  # the 95th of 100 would be told by five of them
DIGITS: Final = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, count, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    parser.add_argument("--model", default="", help="a model's folder; the shipped one when empty")
    given = parser.parse_args(arguments)
    texts = read_training_texts(given.labels, given.corpora)
    fingerprint = take_fingerprint(texts, given.model)
    write_fingerprint(fingerprint, find_model(given.model))
    print(f"{fingerprint.texts:,} texts, usual {fingerprint.usual}, kinds of texts {fingerprint.domains}")


def read_training_texts(labels: Path, corpora: Sequence[Path]) -> Mapping[str, Sequence[str]]:
    """The texts that a model learns from, by their kind; conversations are what customers say in them."""
    records = [record for path in sorted(labels.glob("train*.jsonl")) for record in read_records(path)]
    found = read_texts_by_id(corpora, {record["id"] for record in records if not {"text", "turns"} & record.keys()})
    texts: dict[str, list[str]] = {}
    for record in records:
        if "turns" in record:
            turns = [Turn(turn["speaker"], turn["text"]) for turn in record["turns"]]
            texts.setdefault("conversations", []).append(customer_text(turns))
        elif text := record.get("text") or found.get(record["id"]):
            texts.setdefault(record.get("domain", "other"), []).append(text)
    return texts


def take_fingerprint(texts: Mapping[str, Sequence[str]], model: str) -> Fingerprint:
    """The fingerprint of texts by their kind, in the pieces of a model."""
    split, unknown = load_split(model)
    everything = [text for of_domain in texts.values() for text in of_domain]
    tally = Tallies(piece for pieces in split(everything) for piece in pieces)
    frequent = tally.most_common(FAMILIAR)
    counter = Counter([piece for piece, _ in frequent], split, unknown)
    whole = counter.count(everything).compared
    usual, usual_pieces = _usual(everything, counter, whole)
    scripts = Tallies(map(script_of, everything))
    return Fingerprint(
        texts=len(everything),
        pieces=tuple(piece for piece, _ in frequent),
        counts=tuple(count for _, count in frequent),
        others=tally.total() - sum(count for _, count in frequent),
        unknown=round(tally[unknown] / tally.total(), DIGITS),
        median_chars=float(np.median([len(text) for text in everything])),
        scripts={script: round(count / len(everything), DIGITS) for script, count in scripts.most_common()},
        usual=usual,
        usual_pieces=usual_pieces,
        domains={
            domain: _usual(of_domain, counter, whole)[0]
            for domain, of_domain in sorted(texts.items())
            if len(of_domain) >= SAMPLE
        },
    )


def _usual(texts: Sequence[str], counter: Counter, whole: Counts) -> tuple[float, int]:
    """The divergence from all that 19 of 20 samples stay below, and how many pieces a sample has."""
    random = np.random.default_rng(0)
    samples = [
        counter.count([texts[at] for at in random.integers(0, len(texts), SAMPLE)])  # drawn again, as of endless texts
        for _ in range(SAMPLES)
    ]
    far = [divergence(sample.compared, whole) for sample in samples]
    return round(float(np.percentile(far, 95)), DIGITS), int(np.mean([sample.pieces for sample in samples]))


if __name__ == "__main__":
    main()
