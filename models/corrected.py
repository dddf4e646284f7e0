"""What an organisation's people said of its own records, as the tagger can learn it and be measured by it.

The rows come from a store, or from two files that belong together: corrections without texts (`voc corrections export`) and
records with texts (`voc export`). What nobody spoke of has no weight.
"""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.examples import Example, Labels
from voc.corrections.entry import text_hash
from voc.corrections.statement import SETS, UNDECIDED, Statement, restore_statement
from voc.errors import InputError
from voc.records import Turn
from voc.store import Filters, Store
from voc.tagging.conversation import script
from voc.tagging.network import POLARITIES
from voc.text.normalise import normaliser

HELD_OUT_ONE_IN: Final = 5
LEAST_TO_HOLD_OUT: Final = 50
"""Corrected texts below which all are learnt from: of fewer, a fifth measures luck."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record's masked text, its turns if it is a conversation, and what people say of it, in order."""

    text: str
    turns: tuple[Turn, ...] = ()
    said: tuple[Statement, ...] = ()

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


def rows_of_store(store: Store, others: int) -> Rows:
    """The corrected rows of a store, and as many others at most, drawn by the hash of their text."""
    said: dict[str, list[Statement]] = {}
    for correction, record in store.corrections.stream():
        said.setdefault(record.id, []).append(correction.said)
    records = ((each.id, each.feedback.text, each.feedback.turns) for each in store.stream_feedback(Filters()))
    return _sorted_out((Row(text, turns, tuple(said.get(key, ()))) for key, text, turns in records), others)


def rows_of_files(corrections: Path, texts: Path, others: int) -> Rows:
    """The same from a file of corrections and one of records, both JSON lines; a correction belongs to id and text.

    Raises InputError where a file is none of these, or where no correction finds its text.
    """
    said: dict[tuple[str, str], list[Statement]] = {}
    for line, row in _json_lines(corrections):
        if not {"feedback_id", "text_hash", "changed"} <= set(row):
            raise InputError(f"{corrections.name}, line {line}: `voc corrections export` has not written this.", field="corrections")
        said.setdefault((row["feedback_id"], row["text_hash"]), []).append(restore_statement(row["changed"]))
    rows = _sorted_out((_row_of_record(line, row, said, texts) for line, row in _json_lines(texts)), others)
    if not rows.corrected:
        raise InputError(f"None of the {len(said):,} corrected records is in {texts.name}.", field="texts")
    return rows


def example_of(row: Row, labels: Labels) -> Example:
    """What people say of a row, and nothing else. Codes that the model does not have are passed over."""
    example = _as_read(row, labels)
    said = example.sentiment_weight, example.resolution_weight
    for statement in row.said:
        said = _learn(example, statement, labels, said)
    return replace(example, sentiment_weight=said[0], resolution_weight=said[1])


def _as_read(row: Row, labels: Labels) -> Example:
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

    found.others.extend(heapq.nsmallest(others, unspoken(), key=lambda row: row.hash))
    return found


def _row_of_record(
    line: int, record: Mapping[str, Any], said: Mapping[tuple[str, str], Sequence[Statement]], path: Path
) -> Row:
    if not {"id", "text"} <= set(record):
        raise InputError(f"{path.name}, line {line}: `voc export` has not written this.", field="texts")
    turns = tuple(Turn(turn["speaker"], turn["text"]) for turn in record.get("turns") or ())
    row = Row(record["text"], turns)
    return replace(row, said=tuple(said.get((record["id"], row.hash), ())))


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, json.loads(line)
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as JSON lines ({type(error).__name__}).", field="file") from error
