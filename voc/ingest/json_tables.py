"""JSON as a table: an array of objects, an object with one such array inside, JSON Lines, or records that are already at hand.

The document is read once to learn its names, which need not all stand in its first record, and that it is whole.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from voc.errors import InputError, TooLargeError
from voc.ingest.aliases import is_list_of_turns
from voc.ingest.encodings import Encoding, open_text
from voc.ingest.flatten import flatten
from voc.ingest.json_stream import LONGEST_ELEMENT_CHARS, BrokenJsonError, decoder, stream_elements
from voc.ingest.table import MOST_COLUMNS, Row, distinct_headers
from voc.ingest.utterances import is_said, take_dialogue
from voc.records import Notice, Reject

LONGEST_LINE_CHARS: Final = LONGEST_ELEMENT_CHARS
LONGEST_DOCUMENT_BYTES: Final = 2 * LONGEST_ELEMENT_CHARS
"""Of a document that is one conversation: its letters take two bytes each."""
MOST_NAMES: Final = 3 * MOST_COLUMNS  # some are objects that are empty here and filled there, and become no columns
USUAL_NAMES: Final = (
    "records", "items", "data", "rows", "results", "comments", "reviews", "feedback", "feedbacks", "conversations", "calls",
    "نظرات", "گفتگوها",
)  # fmt: skip

_Item = tuple[int, object]
"""The line or number of a record, and what stands there: an object, something else, or a Reject."""


class RecordTable:
    """Objects as rows; `items` gives them from the first at each call."""

    encoding: str | None = None
    notices: tuple[Notice, ...] = ()
    grid = False
    format = "json"

    def _items(self) -> Iterator[_Item]:
        raise NotImplementedError

    def _learn(self, name: str) -> None:
        filled: dict[str, bool] = {}
        for _, record in self._flat_items():
            if isinstance(record, Mapping):
                for key, value in record.items():
                    filled[key] = filled.get(key, False) or value is not None
            if len(filled) > MOST_NAMES:
                break  # and be refused for it
        parents = {key.rpartition(".")[0] for key in filled}
        self._names = tuple(key for key, has_values in filled.items() if has_values or key not in parents)
        self.headers = distinct_headers(self._names, name)

    def rows(self) -> Iterator[Row | Reject]:
        """The records, each as wide as all their names."""
        names = self._names
        for line, record in self._flat_items():
            if isinstance(record, Mapping):
                get = record.get
                yield line, [get(name) for name in names]
            elif isinstance(record, Reject):
                yield record
            else:
                yield Reject(line, None, "not_an_object", "A record is an object with a name for each value: {…}.")

    def _flat_items(self) -> Iterator[_Item]:
        for line, record in self._items():
            yield line, _flat(record, line) if isinstance(record, Mapping) else record


class JsonTable(RecordTable):
    """A JSON document of one array of objects, wherever in its objects it stands."""

    def __init__(self, path: Path, name: str, encoding: Encoding) -> None:
        self._path = path
        self._encoding = encoding
        self.encoding = encoding.name
        self._is_one = False
        self._array = self._find_array(name)
        if self._is_one and path.stat().st_size > LONGEST_DOCUMENT_BYTES:
            raise TooLargeError(
                f"{name}: one conversation in more than {LONGEST_DOCUMENT_BYTES >> 20} MiB of JSON.", field="file"
            )
        self._learn(name)

    def _items(self) -> Iterator[_Item]:
        if self._is_one:
            yield 1, self._document()
            return
        with open_text(self._path, self._encoding) as stream:
            found = (element for path, element in stream_elements(stream) if path == self._array)
            yield from enumerate(found, 1)

    def _find_array(self, name: str) -> str:
        """The path of the array of objects. Raises InputError where there is none, or several without a usual name."""
        objects: dict[str, int] = {}
        turns: set[str] = set()
        try:
            with open_text(self._path, self._encoding) as stream:
                for path, element in stream_elements(stream):
                    if path not in objects and is_list_of_turns(path) and is_said([element]):
                        turns.add(path)
                    objects[path] = objects.get(path, 0) + isinstance(element, dict)
        except BrokenJsonError as error:
            raise InputError(
                f"{name}: not valid JSON: {error.reason} at character {error.position + 1:,}, after {error.found:,} records.",
                code="broken_json", field="file",
            ) from None  # fmt: skip
        arrays = [path for path, count in objects.items() if count]
        usual = [path for path in arrays if path.split(".")[-1].lower() in USUAL_NAMES]
        chosen = arrays if len(arrays) == 1 else usual or sorted(turns)
        if len(chosen) != 1:
            raise _no_array(name, arrays)
        self._is_one = chosen[0] in turns
        return chosen[0]

    def _document(self) -> object:
        """The whole, where its one array of objects is what is said in one conversation."""
        with open_text(self._path, self._encoding) as stream:
            try:
                return decoder().decode(stream.read().strip(" \t\r\n\ufeff"))
            except (RecursionError, ValueError):
                return _too_deep(1)


class JsonLinesTable(RecordTable):
    """A file with one object on each line; a broken line costs that line."""

    format = "jsonl"

    def __init__(self, path: Path, name: str, encoding: Encoding) -> None:
        self._path = path
        self._encoding = encoding
        self.encoding = encoding.name
        self._learn(name)

    def _items(self) -> Iterator[_Item]:
        decode = decoder().decode
        with open_text(self._path, self._encoding) as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE_CHARS):
                number += 1
                if len(line) >= LONGEST_LINE_CHARS:
                    while line and not line.endswith(("\n", "\r")):
                        line = stream.readline(LONGEST_LINE_CHARS)
                    yield number, Reject(number, None, "row_too_long", f"A line has at most {LONGEST_LINE_CHARS:,} characters.")
                elif text := line.strip(" \t\r\n\ufeff"):
                    yield number, _parse(decode, text, number)


class GivenTable(RecordTable):
    """Records that are already at hand, numbered from 1."""

    def __init__(self, records: Sequence[object], name: str) -> None:
        self._records = records
        self._learn(name)

    def _items(self) -> Iterator[_Item]:
        return iter(enumerate(self._records, 1))


def _parse(decode: Callable[[str], object], text: str, number: int) -> object:
    try:
        return decode(text)
    except json.JSONDecodeError as error:
        return Reject(
            number, None, "broken_json", f"Not valid JSON: {error.msg.lower()} at character {error.pos + 1:,} of the line."
        )
    except (RecursionError, ValueError):
        return _too_deep(number)


def _flat(record: Mapping[str, object], number: int) -> Mapping[str, object] | Reject:
    """Writing a value out takes more of the stack than reading it, so what was read may still be too deep."""
    try:
        return flatten(take_dialogue(record))
    except RecursionError:
        return _too_deep(number)


def _too_deep(number: int) -> Reject:
    return Reject(number, None, "broken_json", "Not valid JSON: a value is nested too deep or a number too long.")


def _no_array(name: str, arrays: Sequence[str]) -> InputError:
    if not arrays:
        return InputError(
            f'{name}: no records. An array of objects is read, [{{"text": …}}, …], or an object with one such array inside.',
            code="no_records", field="file",
        )  # fmt: skip
    return InputError(
        f"{name}: several arrays of objects ({', '.join(arrays[:10])}). Keep the one with the feedback, or name it «records».",
        code="several_tables", field="file", options=tuple(arrays[:10]),
    )  # fmt: skip
