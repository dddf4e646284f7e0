"""What labels of a domain buy that a tagger has not seen: on a frozen encoder, by fine-tuning, and without any tagger.

    python -m models.domain_curve --corpora CORPORA --encoder build/pretrained --out build/domain_curve.json

A tagger is trained from the pre-trained encoder on all labelled texts but those of telecom and places, so that neither is known
to it but as text without labels. Of one of them it is then given some labels. Measured on the domain's texts in dev, test and
`train.jsonl`, of which none is learnt from. Killed and started again, it goes on after the last whole point.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from models.bag_of_words import learn
from models.conversations import FIGURES, Parts, ratio
from models.corpora import text_id
from models.course import BATCH_TEXTS, Course, fit, plan
from models.curves import Point, start
from models.examples import Example, Labels, read_labelled, read_records, read_texts_by_id, records_of
from models.retrain import retrain
from models.tokenizer import load_tokenizer
from models.tune import tune
from voc.records import Cue, Reason, Tags
from voc.tagging.decode import Decoder
from voc.tagging.network import TaggerNetwork
from voc.tagging.reading import read_texts
from voc.taxonomy import load_taxonomy
from voc.text.align import Alignment
from voc.text.normalise import normaliser

DOMAINS: Final = ("telecom", "places")
CORPORA: Final = {"telecom": "telecom_instagram", "places": "place_reviews"}
DRAWS: Final = {100: 2, 300: 2, 1_000: 1}  # how often so many labels are drawn; a draw of many takes long
BASE_STEPS: Final = 2_000  # of 32 texts: two passes over the labels of the other domains
MEASURED: Final = ("dev", "test", "train")
UNLABELLED: Final = 2_000
FIGURE_NAMES: Final = ("reasons micro F1", "sentiment accuracy", "effort micro F1")


@dataclass(frozen=True, slots=True)
class Text:
    """A labelled text: its domain, its label file's name, its record, and what is learnt from it."""

    domain: str
    file: str
    record: dict[str, Any]
    example: Example


@dataclass(frozen=True, slots=True)
class Place:
    """A point of a curve: so many labels of a domain, learnt in some way; without labels, what the tagger knew before."""

    domain: str
    labels: int
    way: str


@dataclass(slots=True)
class Lesson:
    """What there is to learn from: the tagger of the other domains, labelled texts, and texts of the domain without labels."""

    network: TaggerNetwork
    tokenizer: PreTrainedTokenizerFast
    labels: Labels
    given: list[Text]
    unlabelled: list[Example] = field(default_factory=list)
    seed: int = 0
    checkpoint: Path = Path("build/domain_curve.pt")


Way = Callable[[Lesson, Sequence[Text]], list[Tags]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, train what is not there yet, measure, and print every point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=Path, default=Path("data/labels"))
    parser.add_argument("--encoder", type=Path, default=Path("build/pretrained"))
    parser.add_argument("--out", type=Path, default=Path("build/domain_curve.json"))
    given = parser.parse_args(arguments)
    labels = Labels(load_taxonomy())
    texts = read_domains(given.labels, given.corpora, labels)
    base = given.out.with_suffix("") / "base"
    if not (base / "config.json").exists():
        train_base(given.encoder, base, texts, labels)
    network = TaggerNetwork.from_pretrained(base, dtype=torch.float32)
    network.train(mode=False)
    known = {each.record["id"] for each in texts}
    unlabelled = {domain: read_unlabelled(given.corpora, domain, known, labels) for domain in DOMAINS}
    done: list[dict[str, Any]] = json.loads(given.out.read_text("utf-8")) if given.out.exists() else []
    for place in places():
        if any(each["point"] == asdict(place) for each in done):
            continue
        lesson = Lesson(network, load_tokenizer(base), labels, [], unlabelled[place.domain], 0, given.out.with_suffix(".pt"))
        done.append({"point": asdict(place)} | measure(place, texts, lesson))
        given.out.write_text(json.dumps(done, indent=1), encoding="utf-8")
        print(json.dumps(done[-1]), flush=True)


def places() -> Iterator[Place]:
    """The points of all curves: what was known before, then each way with more and more labels."""
    yield from (Place(domain, 0, "before") for domain in DOMAINS)
    yield from (Place(domain, size, way) for size, domain, way in product(DRAWS, DOMAINS, WAYS) if way != "before")


def read_domains(folder: Path, corpora: Sequence[Path], labels: Labels) -> list[Text]:
    """All labelled texts that are no conversations."""
    paths = [path for path in sorted(folder.glob("*.jsonl")) if path.name.startswith(("train", "dev", "test"))]
    paths = [path for path in paths if "conversations" not in path.name]
    ids = {record["id"] for path in paths for record in read_records(path)}
    texts = read_texts_by_id(corpora, ids)

    def read(path: Path) -> Iterator[Text]:
        records = [record for record in read_records(path) if record["id"] in texts or "text" in record]
        for record, example in zip(records, read_labelled(path, texts, labels), strict=True):
            yield Text(record["domain"], path.stem, record, example)

    return [text for path in paths for text in read(path)]


def read_unlabelled(corpora: Sequence[Path], domain: str, known: set[str], labels: Labels) -> list[Example]:
    """Texts of a domain that nobody has labelled, and of which nothing is said."""
    normalise = normaliser().normalise
    found = {text_id(record["text"]): record["text"] for record in records_of(corpora, lambda name: name == CORPORA[domain])}
    texts = sorted((key, text) for key, text in found.items() if key not in known)
    return [labels.blank(normalise(text)) for _, text in texts[:UNLABELLED]]


def train_base(encoder: Path, folder: Path, texts: Sequence[Text], labels: Labels) -> None:
    """Train the tagger that has seen no label of the domains, and keep it in `folder`."""
    others = [each for each in texts if each.domain not in DOMAINS]
    train = [each.example for each in others if each.file.startswith("train")]
    network, tokenizer = start(Point(str(encoder), 1), labels)
    batches = plan([train] * (1 + BASE_STEPS * BATCH_TEXTS // len(train)), [], [], weak_share=0.0, seed=1)[:BASE_STEPS]
    fitted = fit(network, Course(batches, tokenizer, seed=1), folder / "training.pt")
    tune(fitted, tokenizer, [each.example for each in others if each.file == "dev"], labels)
    fitted.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def measure(place: Place, texts: Sequence[Text], lesson: Lesson) -> dict[str, Any]:
    """The figures of a point over all its draws of labels, on texts of the domain and on those of all others."""
    here = [each for each in texts if each.domain == place.domain and each.file in MEASURED]
    elsewhere = [each for each in texts if each.domain not in DOMAINS and each.file == "test"]
    pool = [each for each in texts if each.domain == place.domain and each.file.startswith("train_")]
    answers = []
    for seed in range(DRAWS.get(place.labels, 1)):
        order = np.random.default_rng(seed).permutation(len(pool))[: place.labels]
        lesson.given, lesson.seed = [pool[at] for at in order], seed
        answers.append(WAYS[place.way](lesson, here + elsewhere))
        lesson.checkpoint.unlink(missing_ok=True)
    parts = {"here": (here, slice(len(here))), "elsewhere": (elsewhere, slice(len(here), None))}
    return {name: _scores(measured, [each[part] for each in answers]) for name, (measured, part) in parts.items()}


def before(lesson: Lesson, measured: Sequence[Text]) -> list[Tags]:
    """What the tagger of the other domains says."""
    return answers_of(lesson.network, lesson.tokenizer, measured)


def heads_alone(lesson: Lesson, measured: Sequence[Text]) -> list[Tags]:
    """As `voc train --corrections` does with few corrections: the encoder stays as it is."""
    return answers_of(_retrained(lesson, encoder_learns=False), lesson.tokenizer, measured)


def fine_tuned(lesson: Lesson, measured: Sequence[Text]) -> list[Tags]:
    """As it does with many."""
    return answers_of(_retrained(lesson, encoder_learns=True), lesson.tokenizer, measured)


def answers_of(network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, measured: Sequence[Text]) -> list[Tags]:
    """What a network says of the texts."""
    decoder, texts = Decoder(network.config), [each.example.text for each in measured]
    readings = read_texts(network, tokenizer, texts)
    return [decoder.decode(Alignment(text, text), reading) for text, reading in zip(texts, readings, strict=True)]


def bag_of_words(lesson: Lesson, measured: Sequence[Text]) -> list[Tags]:
    """TF-IDF and logistic regression on the same labels and nothing else; it says nothing of resolution and polarity."""
    labels, given = lesson.labels, [each.example for each in lesson.given]
    found = np.stack([each.found[: len(labels.of_customer)] > 0 for each in given])
    classes = np.array([each.sentiment.argmax() for each in given])
    texts = [each.example.text for each in measured]
    learnt = learn([each.text for each in given], found, classes)
    pairs = zip(learnt.found(texts), learnt.classed(texts), strict=True)
    return [_plain_tags(labels, *pair) for pair in pairs]


WAYS: Final[Mapping[str, Way]] = {
    "before": before,
    "heads on a frozen encoder": heads_alone,
    "fine-tuning": fine_tuned,
    "TF-IDF + logistic regression": bag_of_words,
}


def _retrained(lesson: Lesson, *, encoder_learns: bool) -> TaggerNetwork:
    """The tagger of the other domains after it has learnt the labels, each a correction of all fields."""
    given = [each.example for each in lesson.given]
    return retrain(
        lesson.network,
        lesson.tokenizer,
        given,
        lesson.unlabelled,
        lesson.checkpoint,
        seed=lesson.seed,
        encoder_learns=encoder_learns,
    )


def _plain_tags(labels: Labels, found: Any, sentiment: int) -> Tags:
    codes = {code for code, there in zip(labels.of_customer, found, strict=True) if there}
    return Tags(
        sentiment=labels.sentiments[sentiment],  # type: ignore[arg-type]
        sentiment_score=0.0,
        reasons=tuple(Reason(code, "negative", 1.0) for code in labels.reasons if code in codes),
        effort=tuple(Cue(code, 1.0) for code in labels.effort if code in codes),
        effort_score=None,
        loyalty=tuple(Cue(code, 1.0) for code in labels.loyalty if code in codes),
        resolution=None,
        script="persian",
        model="",
        taxonomy="",
    )


def _scores(measured: Sequence[Text], answers: Sequence[Sequence[Tags]]) -> dict[str, Any]:
    return {"texts": len(measured)} | {name: _score(name, measured, answers) for name in FIGURE_NAMES}


def _score(name: str, measured: Sequence[Text], answers: Sequence[Sequence[Tags]]) -> dict[str, Any]:
    """The figure over all draws with its interval over the texts drawn anew, and the figure of each draw."""
    each = [[FIGURES[name](text.record, tags) for text, tags in zip(measured, said, strict=True)] for said in answers]
    together: list[Parts] = [(sum(a for a, _ in row), sum(b for _, b in row)) for row in zip(*each, strict=True)]
    whole = ratio(together)
    draws = [round(ratio(parts).value, 4) for parts in each]
    return {"value": round(whole.value, 4), "low": round(whole.low, 4), "high": round(whole.high, 4), "draws": draws}


if __name__ == "__main__":
    main()
