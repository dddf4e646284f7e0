"""What an organisation's people said of its own records, as the tagger can learn it and be measured by it.

The rows come from a store, or from two files that belong together: corrections without texts (`voc corrections export`) and
records with texts (`voc export`). What nobody spoke of has no weight.
"""

import argparse
import heapq
import json
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from models.examples import Example, Labels
from voc.command.figures import open_store
from voc.corrections.correction import DRAWN
from voc.corrections.entry import text_hash
from voc.corrections.statement import SETS, UNDECIDED, Statement, restore_statement
from voc.errors import InputError
from voc.records import Turn
from voc.store import Filters, Store
from voc.tagging.conversation import script
from voc.tagging.network import POLARITIES
from voc.text.normalise import normaliser

DATABASE: Final = "database"
LEARNT_FILE: Final = "learnt.json"
"""In the folder of a tagger that learnt from corrections: the hashes of their texts, so that none of them measures it."""
HELD_OUT_ONE_IN: Final = 5
LEAST_TO_HOLD_OUT: Final = 50
"""Corrected texts below which all are learnt from: of fewer, a fifth measures luck."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record's masked text, its turns if it is a conversation, and what people say of it, in order.

    `drawn`: the review queue `random` offered it, so that its like can measure.
    """

    text: str
    turns: tuple[Turn, ...] = ()
    said: tuple[Statement, ...] = ()
    drawn: bool = False

    @property
    def hash(self) -> str:
        """What tells its text from others, as files of corrections have it."""
        return text_hash(self.text)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that people spoke of, and some of those of which nobody did."""

    corrected: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)

    def split(self) -> tuple[list[Row], list[Row]]:
        """The corrected rows to learn from, and those held out by the hash of their text; none of them where they are few."""
        hashes = {row.hash for row in self.corrected}
        apart = {each for each in hashes if int(each, 16) % HELD_OUT_ONE_IN == 0} if len(hashes) >= LEAST_TO_HOLD_OUT else set()
        return (
            [row for row in self.corrected if row.hash not in apart],
            [row for row in self.corrected if row.hash in apart],
        )


def add_source(parser: argparse.ArgumentParser) -> None:
    """Let a command line say where the corrections are."""
    parser.add_argument(
        "--corrections",
        required=True,
        help="“database” for that of VOC_DATABASE, or what `voc corrections export` wrote (.jsonl)",
    )
    parser.add_argument(
        "--texts", type=Path, help="with a file of corrections: what `voc export` wrote (.jsonl), which has the texts"
    )


def read_rows(given: argparse.Namespace, *, others: int) -> Rows:
    """The rows that a command line means, with so many at most of those that nobody corrected."""
    if given.corrections == DATABASE:
        with open_store() as store:
            return rows_of_store(store, others)
    if given.texts is None:
        raise InputError("Corrections in a file have no texts: give what `voc export` wrote as --texts.", field="texts")
    return rows_of_files(Path(given.corrections), given.texts, others)


def rows_of_store(store: Store, others: int) -> Rows:
    """The corrected rows of a store, and as many others at most, drawn by the hash of their text."""
    said = _Said()
    for correction, record in store.corrections.stream():
        said.add(record.id, correction.said, correction.note.queue)
    records = store.stream_feedback(Filters())
    return _sorted_out((said.row(each.id, each.feedback.text, each.feedback.turns) for each in records), others)


def rows_of_files(corrections: Path, texts: Path, others: int) -> Rows:
    """The same from a file of corrections and one of records, both JSON lines; a correction belongs to an id and a text.

    Raises InputError where a file is none of these, or where no correction finds its text.
    """
    said = _Said()
    for row in _json_lines(corrections, {"feedback_id", "text_hash", "changed"}, "voc corrections export"):
        said.add((row["feedback_id"], row["text_hash"]), restore_statement(row["changed"]), row.get("queue"))

    def rows() -> Iterator[Row]:
        for record in _json_lines(texts, {"id", "text"}, "voc export"):
            turns = tuple(Turn(turn["speaker"], turn["text"]) for turn in record.get("turns") or ())
            yield said.row((record["id"], text_hash(record["text"])), record["text"], turns)

    found = _sorted_out(rows(), others)
    if not found.corrected:
        raise InputError(f"{texts.name}: none of the {len(said.all):,} corrected records is in it.", field="texts")
    return found


def learnt_by(folder: Path) -> set[str]:
    """The hashes of the corrected texts that the tagger in a folder has learnt from."""
    path = folder / LEARNT_FILE
    return set(json.loads(path.read_text("utf-8"))["texts"]) if path.exists() else set()


class _Said:
    """What is said of records, by what they are known by."""

    def __init__(self) -> None:
        self.all: dict[Hashable, tuple[list[Statement], list[str | None]]] = {}

    def add(self, key: Hashable, said: Statement, queue: str | None) -> None:
        statements, queues = self.all.setdefault(key, ([], []))
        statements.append(said)
        queues.append(queue)

    def row(self, key: Hashable, text: str, turns: tuple[Turn, ...]) -> Row:
        """The row of a record with what is said of it."""
        statements, queues = self.all.get(key, ([], []))
        return Row(text, turns, tuple(statements), DRAWN in queues)


def example_of(row: Row, labels: Labels) -> Example:
    """What people say of a row, and nothing else. Codes that the model does not have are passed over."""
    example = blank_of(row, labels)
    said = example.sentiment_weight, example.resolution_weight
    for statement in row.said:
        said = _learn(example, statement, labels, said)
    return replace(example, sentiment_weight=said[0], resolution_weight=said[1])


def blank_of(row: Row, labels: Labels) -> Example:
    """A row as the tagger reads it, of which nothing is said."""
    normalise = normaliser().normalise
    if not row.turns:
        return labels.blank(normalise(row.text))
    its_script = script(row.turns, [normalise(turn.text) for turn in row.turns])
    return replace(labels.blank(its_script.text), context=its_script.context)


def _learn(example: Example, said: Statement, labels: Labels, weights: tuple[float, float]) -> tuple[float, float]:
    """Write what is said into the example's targets; the weights of sentiment and of resolution then."""
    sentiment, resolution = weights
    if said.sentiment:
        example.sentiment[:] = 0
        example.sentiment[labels.sentiments.index(said.sentiment)], sentiment = 1, 1.0
    if said.resolution:
        example.resolution[:] = 0
        place = 0 if said.resolution == UNDECIDED else 1 + labels.resolutions.index(said.resolution)
        example.resolution[place], resolution = 1, 1.0
    for name in SETS:
        if (whole := getattr(said, name)) is not None:
            if {*whole} <= {*getattr(labels, name)}:  # who chose among other codes did not say that these are not there
                _set(example, labels, getattr(labels, name), there=False)
            _set(example, labels, whole, there=True)
        _set(example, labels, getattr(said.remove, name), there=False)
        _set(example, labels, getattr(said.add, name), there=True)
    for code, polarity in {**(said.reasons or {}), **said.add.reasons}.items():
        if code in labels.reasons:
            example.polarity[labels.reasons.index(code)] = [polarity == each for each in POLARITIES]
    return sentiment, resolution


def _set(example: Example, labels: Labels, codes: Iterable[str], *, there: bool) -> None:
    for at in (labels.found.index(code) for code in codes if code in labels.found):
        example.found[at], example.found_weights[at] = there, 1
        if at < len(labels.reasons):
            example.polarity[at] = 0


def _sorted_out(rows: Iterable[Row], others: int) -> Rows:
    found = Rows()

    def unspoken() -> Iterator[Row]:
        for row in rows:
            if row.said:
                found.corrected.append(row)
            elif row.text.strip():
                yield row

    found.others.extend(heapq.nsmallest(max(others, 1), unspoken(), key=lambda row: row.hash)[:others])  # of none it reads none
    return found


def _json_lines(path: Path, needed: set[str], command: str) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines. Raises InputError where they lack what that command writes."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(filter(str.strip, lines), 1):
                row = json.loads(line)
                if not isinstance(row, dict) or not needed <= set(row):
                    raise InputError(f"{path.name}, line {number}: this is nothing that `{command}` writes.", field="file")
                yield row
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as JSON lines ({type(error).__name__}).", field="file") from error
