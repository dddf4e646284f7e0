"""Tables with many rows for each conversation as tables with one: in order of first appearance, in bounded memory.

Most exports have the rows of a conversation one behind the other, and are read so. Where an id comes again after another
one, as in the log of a chat service, the rows go through a temporary database on disk that nobody else can open and that is
gone with its connection.
"""

import pickle
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from voc.ingest.aliases import find_alias
from voc.ingest.refusal import RefusalError
from voc.ingest.table import Row, Table
from voc.ingest.texts import text_joiner
from voc.ingest.turn_columns import TurnColumns
from voc.ingest.utterances import Listener, Utterance, in_seconds
from voc.ingest.values import as_text, is_missing, parse_id
from voc.records import Reject

CACHE_KIB: Final = 64 << 10
"""Memory of the temporary database; the rest lies on disk."""
_ONE: Final = "1"

Item = tuple[str | None, int, Sequence[object]] | Reject
"""The id of the conversation (None: no turn), line and cells; or a row that is none."""


class GroupedTable:
    """`table` with the rows of each conversation as one under the line of the first: the Dialogue stands in the column of the
    text, and of every other column the first value that says something.
    """

    def __init__(self, table: Table, columns: TurnColumns) -> None:
        self.format, self.encoding, self.grid = table.format, table.encoding, table.grid
        self.headers, self.notices = table.headers, table.notices
        self._table = table
        self._columns = columns
        self._join = text_joiner(columns.text)
        self._aliases = [find_alias(header) for header in table.headers]
        self.count, self._in_order = self._survey()

    def rows(self) -> Iterator[Row | Reject]:
        """The conversations; rows that belong to none come as they are, between them."""
        gathering: _Gathering | None = None
        for item in self._items() if self._in_order else self._sorted():
            key = None if isinstance(item, Reject) else item[0]
            if gathering and gathering.key != key and (key or not self._in_order):
                yield gathering.row()
                gathering = None
            if isinstance(item, Reject):
                yield item
            elif key is None:
                yield item[1:]
            else:
                gathering = gathering or _Gathering(key, *item[1:], self._columns)
                gathering.add(item[2], self._utterance(item[2]))
        if gathering:
            yield gathering.row()

    def _items(self) -> Iterator[Item]:
        index, speaker = self._columns.conversation, self._columns.speaker
        for item in self._table.rows():
            if isinstance(item, Reject):
                yield item
                continue
            line, cells = item
            try:
                key = _ONE if index is None else parse_id(cells[index])
            except RefusalError as refusal:
                yield Reject(line, self.headers[index or 0], refusal.code, refusal.message)
                continue
            if key is None and not is_missing(cells[speaker]):
                yield Reject(line, self.headers[index or 0], "no_conversation_id", "A turn needs the id of its conversation.")
            else:
                yield key if any(cells) else None, line, cells

    def _survey(self) -> tuple[int, bool]:
        """How many rows come out, and whether the turns of each conversation stand together.

        Two ids with one hash only cost the way over the database.
        """
        import numpy as np

        others, last, begun = 0, None, array("q")
        for item in self._items():
            if isinstance(item, Reject) or item[0] is None:
                others += 1
            elif item[0] != last:
                last = item[0]
                begun.append(hash(last))
        distinct = len(np.unique(np.frombuffer(begun, np.int64))) if begun else 0
        return others + distinct, distinct == len(begun)

    def _sorted(self) -> Iterator[Item]:
        database = sqlite3.connect("", check_same_thread=False)
        try:
            database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            database.execute("PRAGMA temp_store = FILE")
            database.execute("CREATE TABLE item (key BLOB, value BLOB)")
            database.executemany("INSERT INTO item VALUES (?, ?)", map(_written, self._items()))
            database.execute("CREATE TABLE first AS SELECT key, min(rowid) AS place FROM item GROUP BY key")
            found = database.execute("SELECT value FROM item JOIN first USING (key) ORDER BY place, item.rowid")
            yield from (pickle.loads(value) for (value,) in found)  # noqa: S301  # our own, from a moment ago
        finally:
            database.close()

    def _utterance(self, cells: Sequence[object]) -> Utterance:
        columns = self._columns

        def cell(index: int | None) -> object:
            return None if index is None or is_missing(cells[index]) else in_seconds(cells[index], self._aliases[index])

        at = [cell(index) for index in columns.at]
        moment = at[0] if len(at) == 1 else tuple(at) if at else None
        speaker = "" if is_missing(cells[columns.speaker]) else as_text(cells[columns.speaker])
        start, end, lasts = (cell(index) for index in (columns.start, columns.end, columns.lasts))
        return Utterance(" ".join(speaker.split()), self._join(cells), start, end, moment, lasts)


class _Gathering:
    """The rows of one conversation so far."""

    def __init__(self, key: str, line: int, cells: Sequence[object], columns: TurnColumns) -> None:
        self.key = key
        self._line = line
        self._cells = list(cells)
        self._words = columns.text[0].index
        self._own = columns.own
        self._others = [index for index in range(len(cells)) if index not in columns.own]
        self._listener = Listener()
        self._spoken = False

    def add(self, cells: Sequence[object], utterance: Utterance) -> None:
        self._listener.add(utterance)
        self._spoken = self._spoken or bool(utterance.speaker)
        for index in self._others:
            if is_missing(self._cells[index]):
                self._cells[index] = cells[index]

    def row(self) -> Row:
        """A lone row of which nobody is said to speak it is feedback like any other."""
        if self._spoken or self._listener.count > 1:
            for index in self._own:
                self._cells[index] = None  # what its turns say of themselves stands in the dialogue
            self._cells[self._words] = self._listener.dialogue()
        return self._line, self._cells


def _written(item: Item) -> tuple[bytes, bytes]:
    """An item as a line of the database; what is no turn is a group of its own."""
    key, line = (None, item.line) if isinstance(item, Reject) else item[:2]
    return b"\0%d" % line if key is None else key.encode("utf-8", "surrogatepass"), pickle.dumps(item)
