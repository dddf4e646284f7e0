"""What a new reason is worth on customers' texts, by number of examples, with a network that never learnt it.

    python -m models.benchmarks.own_codes --corpora CORPORA --base build/pretrained --out build/own_codes

Twenty reasons of the taxonomy stand for new ones, five at a time as one draft. A network that has learnt them would know them
however well their labels were hidden, so two are trained from the encoder in `--base`, each without the labels of ten of
them (ten minutes on a core each; one that is there already is used again). Hits are drawn from the texts that are learnt
from, half as many near misses from those with another reason of the same draft; the F1 of `dev` is a mean over reasons and
draws. The learner's settings were chosen on other texts of the first half of these reasons, with an eye on `dev`.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.course import Course, fit, plan
from models.curves import Point, start
from models.examples import Labels, read_labelled, read_records, read_texts_by_id
from models.packs import found_in
from models.tune import tune
from voc.drafts import Plan
from voc.drafts.examples import examples_of
from voc.drafts.judgement import judge
from voc.drafts.learn import learn
from voc.report_card.figures import f1_of
from voc.tagging.reading import Reading
from voc.tagging.tagger import TransformerTagger
from voc.taxonomy import NearMiss, Taxonomy, shipped_taxonomy

DRAFTS: Final = (
    ("digital.bug", "digital.login", "digital.feature", "digital.usability", "trust.fraud"),
    ("price.value", "price.promotion", "product.defect", "product.mismatch", "after_sales.return"),
    ("delivery.packaging", "delivery.time", "product.quantity", "order.wrong_item", "delivery.courier"),
    ("service.handling", "service.information", "service.access", "service.staff", "billing.fee"),
)
HALVES: Final = (DRAFTS[:2], DRAFTS[2:])
COUNTS: Final = (8, 16, 32)
ROWS: Final = (0, 1_000)
POOL: Final = 4_000  # texts that examples are drawn from; the rows are others
DRAWS: Final = 2
STEPS: Final = 700  # of 32 texts; `models.curves` says what 1,000 come to

Texts = dict[str, set[str]]  # and the reasons of each


@dataclass(frozen=True, slots=True)
class Outcome:
    """One draft learnt: mean F1 over its reasons, by cross-validation and on `dev`, and what it took."""

    inside: float
    outside: float
    seconds: float


class Remembering(TransformerTagger):
    """A tagger that reads each text once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._readings: dict[str, Reading] = {}

    def read(self, normalised: Sequence[str]) -> list[Reading]:
        """What the network says of each text, less the evidence, which is not asked for here."""
        fresh = [text for text in dict.fromkeys(normalised) if text not in self._readings]
        for text, reading in zip(fresh, super().read(fresh), strict=True):
            self._readings[text] = replace(reading, evidence=reading.evidence[:, :0])
        return [self._readings[text] for text in normalised]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the two networks where they are not there, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    parser.add_argument("--base", type=Path, required=True, help="a pre-trained encoder")
    parser.add_argument("--out", type=Path, default=Path("build/own_codes"))
    given = parser.parse_args(arguments)
    paths = [path for path in sorted(given.labels.glob("*.jsonl")) if "conversations" not in path.name]
    records = {path.name: read_records(path) for path in paths}
    texts = read_texts_by_id(given.corpora, {record["id"] for each in records.values() for record in each})
    train = _texts((record for name, each in records.items() if name.startswith("train") for record in each), texts)
    dev = _texts(records["dev.jsonl"], texts)
    outcomes: dict[tuple[int, int], list[Outcome]] = {}
    for number, drafts in enumerate(HALVES):
        without = _without(shipped_taxonomy(), {code for draft in drafts for code in draft})
        tagger = Remembering(_network(given.out / f"without-{number}", without, given.base, records, texts))
        for draft in drafts:
            for key, outcome in _outcomes(draft, without, tagger, train, dev):
                outcomes.setdefault(key, []).append(outcome)
    print("| hits of each reason | unlabelled rows | cross-validated F1 | F1 on `dev` | seconds |\n|--:|--:|--:|--:|--:|")
    for (count, rows), each in sorted(outcomes.items()):
        figures = (f"{np.mean([getattr(outcome, name) for outcome in each]):.2f}" for name in ("inside", "outside"))
        print(f"| {count} | {rows:,} | {' | '.join(figures)} | {np.mean([outcome.seconds for outcome in each]):.0f} |")


def _outcomes(
    draft: Sequence[str], base: Taxonomy, tagger: TransformerTagger, train: Texts, dev: Texts
) -> Iterator[tuple[tuple[int, int], Outcome]]:
    """By number of hits and of rows; the rows are texts of which nothing is told."""
    order = np.random.default_rng(0).permutation(len(train))
    shuffled = [list(train)[at] for at in order]
    pool = {text: train[text] for text in shuffled[:POOL]}
    for count in COUNTS:
        for draw in range(DRAWS):
            made = _plan(draft, base, pool, count, draw)
            for rows in ROWS:
                yield (count, rows), _outcome(made, tagger, shuffled[POOL : POOL + rows], dev)


def _outcome(made: Plan, tagger: TransformerTagger, rows: Sequence[str], dev: Texts) -> Outcome:
    examples = examples_of(made)
    began = time.perf_counter()
    learnt = learn(made, examples, tagger, rows)
    seconds = time.perf_counter() - began
    inside = [each.f1.value or 0.0 for each in judge(made, examples, learnt)]
    given = found_in(learnt, list(dev), tagger)
    has = np.array([[code.code in codes for code in made.new] for codes in dev.values()])
    counts = zip((given & has).sum(0), given.sum(0), has.sum(0), strict=True)
    outside = [f1_of(*map(int, each)).value or 0.0 for each in counts]
    return Outcome(float(np.mean(inside)), float(np.mean(outside)), seconds)


def _plan(draft: Sequence[str], base: Taxonomy, pool: Texts, count: int, draw: int) -> Plan:
    """The draft with hits and near misses drawn from the pool; titles and definitions are those of the taxonomy."""
    random = np.random.default_rng(1_000 * draw + count)

    def drawn(texts: Sequence[str], number: int) -> tuple[str, ...]:
        return tuple(texts[at] for at in random.permutation(len(texts))[:number])

    hits = {code: drawn([text for text, codes in pool.items() if code in codes], count) for code in draft}
    chosen = {text for each in hits.values() for text in each}
    new = []
    for code in draft:
        all_hits = tuple(text for text in sorted(chosen) if code in pool[text])  # a text may be a hit of several
        others = [text for text, codes in pool.items() if codes & {*draft} and code not in codes and text not in chosen]
        misses = tuple(NearMiss(text, "", "") for text in drawn(others, count // 2))
        new.append(replace(shipped_taxonomy().get_reason(code), hits=all_hits, near_misses=misses))
    return Plan(base, base, tuple(new), {}, {})


def _without(taxonomy: Taxonomy, hidden: set[str]) -> Taxonomy:
    """The taxonomy without these reasons, and without the near misses that tell of them."""
    reasons = [reason for reason in taxonomy.reasons if reason.code not in hidden]
    kept = [replace(each, near_misses=tuple(m for m in each.near_misses if m.instead not in hidden)) for each in reasons]
    return replace(taxonomy, reasons=tuple(kept))


def _texts(records: Iterator[dict[str, Any]] | list[dict[str, Any]], texts: dict[str, str]) -> Texts:
    """The public ones of the labelled texts, with their reasons."""
    return {texts[record["id"]]: {*record["reasons"]} for record in records if record["id"] in texts}


def _network(
    folder: Path, taxonomy: Taxonomy, base: Path, records: dict[str, list[dict[str, Any]]], texts: dict[str, str]
) -> Path:
    """The folder of a network that has learnt the taxonomy's labels and no others."""
    if (folder / "config.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    labels = Labels(taxonomy)
    for name, each in records.items():
        lines = (json.dumps(_cut(record, {*labels.reasons}), ensure_ascii=False) for record in each)
        (folder / name).write_text("\n".join(lines), "utf-8")
    train = [example for path in sorted(folder.glob("train*.jsonl")) for example in read_labelled(path, texts, labels)]
    network, tokenizer = start(Point(str(base), 1), labels)
    batches = plan([train] * (1 + STEPS * 32 // len(train)), [], [], weak_share=0.0, seed=1)[:STEPS]
    fitted = fit(network, Course(batches, tokenizer, seed=1), folder / "training.pt")
    tune(fitted, tokenizer, read_labelled(folder / "dev.jsonl", texts, labels), labels)
    tokenizer.save_pretrained(folder)
    fitted.save_pretrained(folder)
    return folder


def _cut(record: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """The record without the reasons that are hidden, and without marked words."""
    reasons = {code: polarity for code, polarity in record["reasons"].items() if code in kept}
    return {name: value for name, value in record.items() if name != "words"} | {"reasons": reasons}


if __name__ == "__main__":
    main()
