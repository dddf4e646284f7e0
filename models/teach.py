"""Distillation: what finished taggers say, taken together, of public texts that nobody has labelled.

    python -m models.teach --teachers build/one build/other --corpora CORPORA --out build/taught

`voc train --taught build/taught` learns from it before it learns from the labels. A rating, where a text has one, has its
say in the sentiment. Written in parts: killed and started again, it goes on after the last whole part.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.examples import WEAK_SENTIMENT, Example, Labels, read_feedback, read_records, weak_verdict
from voc.tagging.reading import Reading
from voc.tagging.tagger import TransformerTagger
from voc.taxonomy import load_taxonomy
from voc.text.normalise import normaliser

PART_TEXTS: Final = 4_000
POSSIBLE: Final = 0.02  # a click on the wrong star: no rating rules a sentiment out

Halves = NDArray[np.float16]  # or wider


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities for N texts, or for one, without the first axis.

    `sentiment` [N, S], `found` [N, R + E + L] (customers make no agent's moves), `polarity` [N, R, 3],
    `resolution` [N, 1 + resolutions].
    """

    sentiment: Halves
    found: Halves
    polarity: Halves
    resolution: Halves


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and let the teachers read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teachers", type=Path, nargs="+", required=True, help="folders of finished taggers")
    parser.add_argument("--corpora", type=Path, nargs="+", required=True, help="folders with public texts")
    parser.add_argument("--labels", type=Path, default=Path("data/labels"), help="whatever has a label here is left out")
    parser.add_argument("--out", type=Path, default=Path("build/taught"))
    given = parser.parse_args(arguments)
    labelled = {record["id"] for path in given.labels.glob("*.jsonl") for record in read_records(path)}
    records = list(read_feedback(given.corpora, without=labelled))
    print(json.dumps({"texts": len(records)}), flush=True)
    teachers = [TransformerTagger(folder) for folder in given.teachers]
    labels = Labels(load_taxonomy())
    given.out.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(records), PART_TEXTS):
        part = given.out / f"{start // PART_TEXTS:04}.npz"
        if not part.exists():
            write_part(part, records[start : start + PART_TEXTS], teachers, labels)
        print(json.dumps({"texts": min(start + PART_TEXTS, len(records)), "of": len(records)}), flush=True)


def write_part(
    path: Path, records: Sequence[tuple[str, dict[str, Any]]], teachers: Sequence[TransformerTagger], labels: Labels
) -> None:
    """What the teachers say of the texts of these records, whole or not at all."""
    texts = [teachers[0].normalise(record["text"]) for _, record in records]
    opinion = mean_opinion([teacher.read(texts) for teacher in teachers])
    rated = np.stack([rating_likelihood(weak_verdict(record), labels) for _, record in records])
    sentiment = opinion.sentiment.astype(np.float32) * rated
    arrays = {
        "ids": np.array([key for key, _ in records]),
        "sentiment": (sentiment / sentiment.sum(1, keepdims=True)).astype(np.float16),
        "found": opinion.found[:, : len(labels.of_customer)],
        "polarity": opinion.polarity,
        "resolution": opinion.resolution,
    }
    with path.with_suffix(".tmp").open("wb") as file:
        np.savez(file, **arrays)
    path.with_suffix(".tmp").replace(path)


def mean_opinion(readings: Sequence[Sequence[Reading]]) -> Opinion:
    """The mean of several taggers' readings [teachers][texts]."""

    def mean(name: str) -> Halves:
        each = [np.stack([getattr(reading, name) for reading in taught]) for taught in readings]
        return np.mean(each, axis=0).astype(np.float16)  # type: ignore[no-any-return]

    return Opinion(mean("sentiment"), mean("found"), mean("polarity"), mean("resolution"))


def rating_likelihood(verdict: str | None, labels: Labels) -> NDArray[np.float32]:
    """How likely a rating that means this is under each sentiment [S]; even where there is none."""
    likely = WEAK_SENTIMENT[verdict] if verdict else {}
    return np.array([likely.get(code, POSSIBLE) if verdict else 1.0 for code in labels.sentiments], dtype=np.float32)


def read_taught(folder: Path, corpora: Sequence[Path], labels: Labels, *, without: set[str]) -> Iterator[Example]:
    """An example with soft targets for every text that the teachers read, but for those whose id is in `without`."""
    opinions, normalise = read_taught_opinions(folder), normaliser().normalise
    for key, record in read_feedback(corpora, without=without):
        if key in opinions:
            yield taught_example(labels, normalise(record["text"]), opinions[key])


def read_taught_opinions(folder: Path) -> dict[str, Opinion]:
    """By id of its text each opinion in the parts in `folder`."""
    parts = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    ids, *tables = (np.concatenate([part[name] for part in parts]) for name in ("ids", *Opinion.__dataclass_fields__))
    return {str(key): Opinion(*each) for key, *each in zip(ids, *tables, strict=True)}


def taught_example(labels: Labels, text: str, opinion: Opinion) -> Example:
    """An example of a normalised text that has what was said of it, the opinion of one text, as its targets."""
    sentiment, found, polarity, resolution = (
        getattr(opinion, name).astype(np.float32) for name in Opinion.__dataclass_fields__
    )
    none_said = np.zeros(len(labels.moves), dtype=np.float32)
    return replace(
        labels.blank(text),
        sentiment=sentiment,
        found=np.concatenate([found, none_said]),
        polarity=polarity * found[: len(labels.reasons), None],
        resolution=resolution,
        sentiment_weight=1.0,
        resolution_weight=1.0,
        found_weights=np.concatenate([np.ones_like(found), none_said]),
    )


if __name__ == "__main__":
    main()
