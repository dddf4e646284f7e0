"""What the tagger learns from: labels made by reading, the taxonomy's own examples, and noisy public ratings.

Every example is a normalised text with a target and a weight for each output, so that one loss serves all three: a weight
of zero means that nobody said.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.corpora import FORMAL, RATINGS_HELD_OUT, text_id
from voc.conversations.turns import customer_text
from voc.records import Span, Turn
from voc.tagging.conversation import customer_quarters, script
from voc.tagging.network import POLARITIES
from voc.taxonomy import Taxonomy
from voc.text.normalise import normaliser

Floats = NDArray[np.float32]

NO_FEEDBACK: Final = (*FORMAL, "unlabelled_pool")
WHOLE_TIMES: Final = 3  # beside the customer's words alone: some hundred conversations among many thousand reviews
STRETCH_TURNS: Final = 4
LEFT_OUT_TIMES: Final = 4  # each conversation is read again with other turns missing: it is not to be known by heart
LEFT_OUT_TURNS: Final = (0.1, 0.5)
AGENT_TIMES: Final = 3  # an agent's turn is short, and seldom does more than greet: moves are learnt last of all
TAXONOMY_WEIGHT: Final = 0.5  # written to show one code, so less like what customers write than a read text
WEAK_SENTIMENT: Final[Mapping[str, Mapping[str, float]]] = {
    # what a rating says of the writer's sentiment: people who click «negative» also praise now and then
    "negative": {"negative": 0.80, "mixed": 0.15, "neutral": 0.05},
    "positive": {"positive": 0.80, "mixed": 0.15, "neutral": 0.05},
    "neutral": {"neutral": 0.65, "mixed": 0.10, "negative": 0.15, "positive": 0.10},
}


@dataclass(frozen=True, slots=True)
class Example:
    """A normalised text and its targets.

    `sentiment` [S], `found` [R + E + L + M], `polarity` [R, 3], `resolution` [1 + resolutions]; `weights` holds one number
    for sentiment, one for resolution, and `found_weights` one for each label. Polarity counts where `polarity` is not 0.
    `words` are labels with the ranges of `text` that a reader marked for them; `context` are the ranges that an agent says;
    `primary` is the place of the reason that the customer came for, the only one if there is but one; -1 where nobody asked.
    """

    text: str
    sentiment: Floats
    found: Floats
    polarity: Floats
    resolution: Floats
    sentiment_weight: float
    resolution_weight: float
    found_weights: Floats
    words: tuple[tuple[int, tuple[Span, ...]], ...] = ()
    context: tuple[Span, ...] = ()
    primary: int = -1


class Labels:
    """The order of the outputs, as the taxonomy gives it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.sentiments = [entry.code for entry in taxonomy.sentiments]
        self.reasons = [entry.code for entry in taxonomy.reasons]
        self.effort = [entry.code for entry in taxonomy.effort]
        self.loyalty = [entry.code for entry in taxonomy.loyalty]
        self.resolutions = [entry.code for entry in taxonomy.resolutions]
        self.moves = [entry.code for entry in taxonomy.moves]
        self.of_customer = self.reasons + self.effort + self.loyalty
        self.found = self.of_customer + self.moves

    @property
    def heads(self) -> dict[str, Any]:
        """The labels of each head, as a model's configuration names them."""
        names = ("sentiments", "reasons", "effort", "loyalty", "moves", "resolutions")
        return {name: getattr(self, name) for name in names}

    def blank(self, text: str) -> Example:
        """An example that says nothing yet of `text`."""
        return Example(
            text=text,
            sentiment=np.zeros(len(self.sentiments), dtype=np.float32),
            found=np.zeros(len(self.found), dtype=np.float32),
            polarity=np.zeros((len(self.reasons), len(POLARITIES)), dtype=np.float32),
            resolution=np.zeros(1 + len(self.resolutions), dtype=np.float32),
            sentiment_weight=0.0,
            resolution_weight=0.0,
            found_weights=np.zeros(len(self.found), dtype=np.float32),
        )


@cache
def _normalised(text: str) -> str:
    return normaliser().normalise(text)


def labels_folder() -> Path:
    """The label files that come with the package."""
    return Path(str(files("data") / "labels"))


def read_labelled(path: Path, texts: Mapping[str, str], labels: Labels, *, held_out: bool = False) -> list[Example]:
    """The examples of a label file, whose texts stand in it or in `texts` by id; those found in neither are left out.

    `held_out` leaves out the parts of what customers say in conversations, so that thresholds are those of whole texts.
    """
    normalise = normaliser().normalise
    records = read_records(path)
    pairs = [(record, record.get("text") or texts.get(record["id"])) for record in records]
    examples = [_from_record(record, normalise(text), labels) for record, text in pairs if text]
    return examples + [each for record in records if "turns" in record for each in _from_conversation(record, labels, held_out)]


def labels_hash(folder: Path) -> str:
    """By which the content of the `train*.jsonl` and `dev*.jsonl` in a folder is known in a model's configuration."""
    paths = [path for part in ("train", "dev") for path in sorted(folder.glob(f"{part}*.jsonl"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def read_records(path: Path) -> list[dict[str, Any]]:
    """The records of a label file, one JSON object a line."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def read_texts_by_id(folders: Iterable[Path], wanted: set[str]) -> dict[str, str]:
    """The texts with these ids among all `*.jsonl` and `*.jsonl.gz` files of the folders."""
    found: dict[str, str] = {}
    for record in records_of(folders) if wanted else ():
        if "text" in record and (key := text_id(record["text"])) in wanted:
            found[key] = record["text"]
    return found


def read_held_out(folder: Path, corpora: Sequence[Path], labels: Labels) -> list[Example]:
    """The examples of the `dev*.jsonl` in a folder, by which thresholds are set."""
    paths = sorted(folder.glob("dev*.jsonl"))
    texts = read_texts_by_id(corpora, {record["id"] for path in paths for record in read_records(path)})
    return [example for path in paths for example in read_labelled(path, texts, labels, held_out=True)]


def from_taxonomy(taxonomy: Taxonomy, labels: Labels) -> list[Example]:
    """Each hit says that its code is there, each near miss that it is not; of the other codes they say nothing."""
    normalise = normaliser().normalise
    examples = []
    for entry in (*taxonomy.reasons, *taxonomy.effort, *taxonomy.loyalty, *taxonomy.moves):
        at = labels.found.index(entry.code)
        pairs = [(text, 1.0) for text in entry.hits] + [(miss.text, 0.0) for miss in entry.near_misses]
        for text, target in pairs:
            example = labels.blank(normalise(text))
            example.found[at], example.found_weights[at] = target, TAXONOMY_WEIGHT
            examples.append(example)
    return examples


def read_feedback(folders: Iterable[Path], *, without: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and record of every distinct customer text of the corpora, those with an id in `without` left out.

    Running text and the pool of tweets and film comments are no feedback; the ratings held out for measuring stay unseen,
    wherever else their texts stand.
    """
    folders = list(folders)
    seen = without | {text_id(record["text"]) for record in records_of(folders, lambda name: name == RATINGS_HELD_OUT)}
    for record in records_of(folders, lambda name: name not in NO_FEEDBACK):
        if "text" in record and (key := text_id(record["text"])) not in seen:
            seen.add(key)
            yield key, record


def read_weak(folders: Iterable[Path], labels: Labels, *, without: set[str]) -> Iterator[Example]:
    """An example of sentiment alone for every rated text of the corpora whose id is not in `without`."""
    normalise = normaliser().normalise
    for _, record in read_feedback(folders, without=without):
        if verdict := weak_verdict(record):
            yield rated_example(labels, normalise(record["text"]), verdict)


def rated_example(labels: Labels, text: str, verdict: str) -> Example:
    """What a public rating says of a normalised text."""
    target = [WEAK_SENTIMENT[verdict].get(code, 0.0) for code in labels.sentiments]
    return replace(labels.blank(text), sentiment=np.array(target, dtype=np.float32), sentiment_weight=1.0)


def weak_verdict(record: Mapping[str, Any]) -> str | None:
    """What a public rating says of the sentiment; None where it says nothing clear. Zero stars mean that none were given.

    >>> weak_verdict({"stars": 1}), weak_verdict({"stars": 0}), weak_verdict({"rating10": 10})
    ('negative', None, 'positive')
    """
    if record.get("sentiment") in WEAK_SENTIMENT and "reasons" not in record:
        return str(record["sentiment"])
    stars = float(record.get("stars") or 0)
    ten = record.get("rating10")
    if 1 <= stars <= 2 or (ten is not None and ten <= 2) or record.get("recommendation") == "not_recommended":
        return "negative"
    if stars == 5 or ten == 10 or (record.get("recommendation") == "recommended" and not 0 < stars < 4):
        return "positive"
    return None


def _from_record(record: dict[str, Any], text: str, labels: Labels) -> Example:
    example = labels.blank(text)
    example.sentiment[labels.sentiments.index(record["sentiment"])] = 1.0
    for code, polarity in record["reasons"].items():
        at = labels.reasons.index(code)
        example.found[at] = 1.0
        example.polarity[at, POLARITIES.index(polarity)] = 1.0
    for code in record["effort"] + record["loyalty"]:
        example.found[labels.found.index(code)] = 1.0
    resolution = record["resolution"]
    example.resolution[0 if resolution is None else 1 + labels.resolutions.index(resolution)] = 1.0
    example.found_weights[: len(labels.of_customer)] = 1.0
    marked = tuple(_marked(record, text, labels))
    primary = labels.reasons.index(*record["reasons"]) if len(record["reasons"]) == 1 else -1
    return replace(example, sentiment_weight=1.0, resolution_weight=1.0, words=marked, primary=primary)


def whole_conversation(record: dict[str, Any], labels: Labels) -> Example:
    """A labelled conversation as the tagger reads it, both sides, with what its reader says of the whole."""
    primary = labels.reasons.index(record["primary_reason"]) if record["primary_reason"] else -1
    return replace(_as_read(record, range(len(record["turns"])), labels), primary=primary)


def _as_read(record: dict[str, Any], part: Sequence[int], labels: Labels) -> Example:
    """Some of the turns, both sides, with the record's labels; a label's words are the turns that are marked to say it."""
    turns = [Turn(record["turns"][at]["speaker"], record["turns"][at]["text"]) for at in part]
    its_script = script(turns, [_normalised(turn.text) for turn in turns])
    own = dict(
        zip((at for at, turn in zip(part, turns, strict=True) if turn.speaker == "customer"), its_script.own, strict=True)
    )
    said = {code: tuple(own[at] for at in places if at in own) for code, places in record.get("said", {}).items()}
    words = tuple((labels.found.index(code), spans) for code, spans in said.items() if spans)
    return replace(_from_record(record, its_script.text, labels), context=its_script.context, words=words)


def _parts(record: dict[str, Any], labels: Labels) -> Iterator[Example]:
    """A few turns at a time, and the whole with some turns left out, with the labels that are said in them."""
    turns, random = len(record["turns"]), np.random.default_rng(list(record["id"].encode()))
    for start in range(0, max(1, turns - STRETCH_TURNS // 2), STRETCH_TURNS // 2):
        yield replace(_part(record, range(start, min(start + STRETCH_TURNS, turns)), labels), primary=-1)
    for _ in range(LEFT_OUT_TIMES):
        kept = np.flatnonzero(random.random(turns) >= random.uniform(*LEFT_OUT_TURNS))
        if any(record["turns"][at]["speaker"] == "customer" for at in kept):
            yield _part(record, [int(at) for at in kept], labels)


def _part(record: dict[str, Any], part: Sequence[int], labels: Labels) -> Example:
    """Some of the turns with the labels that are said in them; what the customer came for, if that is."""
    here = {code for code, places in record["said"].items() if not set(part).isdisjoint(places)}
    reasons = {code: polarity for code, polarity in record["reasons"].items() if code in here}
    cues = {name: [code for code in record[name] if code in here] for name in ("effort", "loyalty")}
    primary = record["primary_reason"] if record["primary_reason"] in here else None
    example = _as_read({**record, "reasons": reasons, **cues}, part, labels)
    return replace(
        example, sentiment_weight=0.0, resolution_weight=0.0, primary=labels.reasons.index(primary) if primary else -1
    )


def _from_conversation(record: dict[str, Any], labels: Labels, held_out: bool) -> Iterator[Example]:
    """The whole with its labels, its parts with theirs, each agent's turn with its moves."""
    whole = whole_conversation(record, labels)
    if held_out:
        yield whole
    else:
        yield from repeat(whole, WHOLE_TIMES)
        yield from _parts(record, labels) if "said" in record else ()
        yield from _from_customer(record, whole, labels)
    for turn in record["turns"]:
        if turn["speaker"] == "agent":
            yield from repeat(_from_agent(turn, labels), 1 if held_out else AGENT_TIMES)


def _from_customer(record: dict[str, Any], whole: Example, labels: Labels) -> Iterator[Example]:
    """The customer's words alone, their beginning and end, and each turn; what the whole does not speak of, no part does."""
    turns = [Turn(turn["speaker"], turn["text"]) for turn in record["turns"]]
    yield replace(whole, text=_normalised(customer_text(turns)), context=(), words=())
    absent = (1.0 - whole.found) * whole.found_weights
    quarters = list(customer_quarters(turns))
    parts = [(quarters[0], record["sentiment_start"]), (quarters[-1], record["sentiment_end"])]
    parts += [(turn["text"], turn["sentiment"]) for turn in record["turns"] if turn["speaker"] == "customer"]
    for text, sentiment in parts:
        example = labels.blank(_normalised(text))
        example.sentiment[labels.sentiments.index(sentiment)] = 1.0
        yield replace(example, sentiment_weight=1.0, found_weights=absent)


def _from_agent(turn: Mapping[str, Any], labels: Labels) -> Example:
    example = labels.blank(_normalised(turn["text"]))
    example.found_weights[len(labels.of_customer) :] = 1.0
    for code in turn["moves"]:
        example.found[labels.found.index(code)] = 1.0
    return example


def _marked(record: dict[str, Any], text: str, labels: Labels) -> Iterator[tuple[int, tuple[Span, ...]]]:
    for code, phrases in record.get("words", {}).items():
        found = [(text.find(phrase), len(phrase)) for phrase in map(normaliser().normalise, phrases)]
        if spans := tuple((start, start + length) for start, length in found if start >= 0):
            yield labels.found.index(code), spans


def records_of(folders: Iterable[Path], wanted: Callable[[str], bool] = bool) -> Iterator[dict[str, Any]]:
    """The records of the corpora whose name is wanted, file by file in name order."""
    for folder in folders:
        for path in sorted([*folder.glob("*.jsonl.gz"), *folder.glob("*.jsonl")]):
            if wanted(path.name.split(".")[0]):
                with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
                    yield from map(json.loads, lines)
