"""Two taggers side by side on the same labels: is the one better than the other, or is it chance?

    voc evaluate --model build/voc-fa-13+corrections-1f3c --against "" --corrections database

On what people corrected, those texts left out that either of them has learnt from, and on texts and conversations of our own.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.conversations import FIGURES, Parts, overlap
from models.corrected import Row, add_source, example_of, learnt_by, read_rows
from models.examples import Example, Labels, labels_folder, read_records
from models.metrics import BOOTSTRAP_DRAWS
from models.report import Sheet, print_sheet
from voc.records import Tags, Turn
from voc.tagging.identity import find_model
from voc.tagging.network import POLARITIES
from voc.tagging.tagger import Tagger, load_tagger
from voc.taxonomy import load_taxonomy

OF_TEXTS: Final = (
    "sentiment accuracy",
    "reasons micro F1",
    "reasons with polarity micro F1",
    "effort micro F1",
    "loyalty micro F1",
    "resolution right",
)
NOTHING: Final[Parts] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two taggers and how much better the first is, with its 95 % interval; not a number where nobody said."""

    first: float
    second: float
    value: float
    low: float
    high: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, let both read, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="model folder; the shipped one when empty")
    parser.add_argument("--against", required=True, help="the other one; the shipped one when empty")
    add_source(parser)
    given = parser.parse_args(arguments)
    folders = [find_model(given.model), find_model(given.against)]
    taggers = [load_tagger(str(folder)) for folder in folders]
    names = (taggers[0].identity.name, taggers[1].identity.name)
    seen = learnt_by(folders[0]) | learnt_by(folders[1])
    rows = [row for row in read_rows(given, others=0).corrected if row.hash not in seen]
    drawn = [row for row in rows if row.drawn]
    for title, chosen in (("Corrected texts that neither has learnt from", rows), ("… those of them drawn at random", drawn)):
        print_sheet(sheet_of(f"{title}: {len(chosen):,}", names, compare_rows(taggers, chosen)))
    for file in ("test_own.jsonl", "test_conversations.jsonl"):
        records = read_records(labels_folder() / file)
        print_sheet(sheet_of(f"{file}: {len(records):,}", names, compare_records(taggers, records)))


def compare_rows(taggers: Sequence[Tagger], rows: Sequence[Row]) -> dict[str, Difference]:
    """Both on what people say of rows; of fields that nobody spoke of nothing is asked."""
    labels = Labels(load_taxonomy())
    truths = [example_of(row, labels) for row in rows]
    read = [[parts_said(truth, tags, labels) for truth, tags in zip(truths, tag(one, rows), strict=True)] for one in taggers]
    return {name: difference([each[name] for each in read[0]], [each[name] for each in read[1]]) for name in OF_TEXTS}


def compare_records(taggers: Sequence[Tagger], records: Sequence[dict[str, Any]]) -> dict[str, Difference]:
    """Both on a label file whose texts stand in it."""
    rows = [Row(each.get("text", ""), tuple(Turn(t["speaker"], t["text"]) for t in each.get("turns", ()))) for each in records]
    both = [tag(one, rows) for one in taggers]
    figures = {name: part for name, part in FIGURES.items() if name in OF_TEXTS or rows[0].turns}

    def parts(part: Callable[[Mapping[str, Any], Tags], Parts], tagged: Sequence[Tags]) -> list[Parts]:
        return [part(*pair) for pair in zip(records, tagged, strict=True)]

    return {name: difference(parts(part, both[0]), parts(part, both[1])) for name, part in figures.items()}


def tag(tagger: Tagger, rows: Sequence[Row]) -> list[Tags]:
    """The tags of rows in order, conversations among them."""
    texts = iter(tagger.tag([row.text for row in rows if not row.turns]))
    conversations = iter(tagger.tag_conversations([row.turns for row in rows if row.turns]))
    return [next(conversations if row.turns else texts) for row in rows]


def parts_said(truth: Example, tags: Tags, labels: Labels) -> dict[str, Parts]:
    """What one row adds to each figure, as far as people spoke of it."""
    known = {code for code, weight in zip(labels.found, truth.found_weights, strict=True) if weight}
    there = {code for code, found in zip(labels.found, truth.found, strict=True) if found} & known
    judged = [f"{labels.reasons[at]}:{POLARITIES[each.argmax()]}" for at, each in enumerate(truth.polarity) if each.any()]
    polarised = [f"{reason.code}:{reason.polarity}" for reason in tags.reasons if reason.code in known]
    sentiment, resolution = labels.sentiments[truth.sentiment.argmax()], (None, *labels.resolutions)[truth.resolution.argmax()]

    def head(codes: Sequence[str], said: Sequence[str]) -> Parts:
        return overlap(there & {*codes}, known & {*said})

    return {
        "sentiment accuracy": _right(sentiment, tags.sentiment) if truth.sentiment_weight else NOTHING,
        "reasons micro F1": head(labels.reasons, [reason.code for reason in tags.reasons]),
        "reasons with polarity micro F1": overlap(judged, polarised),
        "effort micro F1": head(labels.effort, [cue.code for cue in tags.effort]),
        "loyalty micro F1": head(labels.loyalty, [cue.code for cue in tags.loyalty]),
        "resolution right": _right(resolution, tags.resolution) if truth.resolution_weight else NOTHING,
    }


def difference(first: Sequence[Parts], second: Sequence[Parts]) -> Difference:
    """The ratios of two taggers' sums over the same rows, and the interval of their difference over rows drawn anew."""
    sums = np.array([first, second], dtype=float).reshape(2, -1, 2)
    rows = sums.shape[1]
    draws = np.random.default_rng(0).integers(0, max(rows, 1), (BOOTSTRAP_DRAWS, rows))
    with np.errstate(invalid="ignore"):
        one, other = sums.sum(1)[:, 0] / sums.sum(1)[:, 1]
        drawn = sums[:, draws].sum(2)
        gaps = drawn[0, :, 0] / drawn[0, :, 1] - drawn[1, :, 0] / drawn[1, :, 1]
    told = gaps[~np.isnan(gaps)] if np.isfinite(one - other) else np.array([np.nan])
    low, high = np.percentile(told, [2.5, 97.5])
    return Difference(float(one), float(other), float(one - other), float(low), float(high))


def sheet_of(title: str, names: tuple[str, str], figures: Mapping[str, Difference]) -> Sheet:
    """The table of a comparison; a figure of which nobody spoke is a dash."""
    rows: list[tuple[str, ...]] = [
        (name, f"{each.first:.3f}", f"{each.second:.3f}", f"{each.value:+.3f} ({each.low:+.3f} – {each.high:+.3f})")
        for name, each in figures.items()
        if not np.isnan(each.value)
    ]
    return Sheet(title, ("figure", *names, "difference, 95 % interval"), rows)


def _right(true: object, said: object) -> Parts:
    return float(true == said), 1.0


if __name__ == "__main__":
    main()
