"""Rows of a table as feedback: every row comes out once, accepted or refused with the reason, in the order of the file.

Readers for the cells are made once for each column, so that a row costs little more than its text: strings that come again
(days, scores, branches) are looked up, and only what holds letters goes through the masking of personal data.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.conversations.turns import customer_text
from voc.ingest.columns import AttributePlan, FieldPlan, Layout, understand
from voc.ingest.conversation import Conversation, Mask, read_conversation
from voc.ingest.dates import has_time_of_day, parse_clock
from voc.ingest.evidence import canonical_number, is_long_number
from voc.ingest.fields import field_reader
from voc.ingest.grouping import GroupedTable
from voc.ingest.letters import BROKEN, storable
from voc.ingest.memory import Remembering
from voc.ingest.refusal import RefusalError
from voc.ingest.table import Table, survey
from voc.ingest.texts import text_joiner
from voc.ingest.transcripts import transcript_in
from voc.ingest.utterances import Dialogue
from voc.ingest.values import as_text, is_missing
from voc.records import AttributeValue, Column, EesScale, Feedback, Notice, Reject
from voc.text.mask import mask_personal_data

LONGEST_ATTRIBUTE_CHARS: Final = 2_000
MASKED_CHARS: Final = 2 * LONGEST_ATTRIBUTE_CHARS
LONGEST_NUMBER_CHARS: Final = 64  # an IBAN with a space after each character, and some
_MESSAGES: Final = {
    "blank_rows": "Rows without any value were skipped.",
    "not_rated": "Rows with 0 in this rating count as not rated.",
    "out_of_scale": "Values of this rating outside 1 to 5 were not used as csat and stay in the attribute of the same name.",
    "attribute_cut": f"Values longer than {LONGEST_ATTRIBUTE_CHARS:,} characters were cut to that length.",
    "removed_characters": "Control characters and halves of characters, which no text can hold, were taken out.",
    "text_beside_turns": "Records with turns were read by their turns; the text beside them was left out.",
    "system_lines": "Lines of a system, bot or voice menu were left out of the conversations.",
    "no_rows": "There is a header and no row below it.",
}

_GARBLED: Final = re.compile(r"(?:[ØÙÚÛ][^\sA-Za-z0-9]){3}")

Cells = Sequence[object]
ReadField = Callable[[Cells], object]


class FeedbackSource:
    """The rows of one source, to be iterated once. `columns` says at once how each header is understood; `notices` is whole
    after the iteration. Memory does not grow with the file, workbooks apart.
    """

    def __init__(
        self,
        table: Table,
        *,
        name: str,
        mapping: Mapping[str, str] | None,
        zone: ZoneInfo,
        max_text_chars: int,
        mask_names: bool = False,
        ees_scale: EesScale = "1-5",
        keep_originals: bool = False,
        notices: Sequence[Notice] = (),
    ) -> None:
        found = survey(table)
        layout = understand(table.headers, found, mapping, zone, name)
        self.columns: tuple[Column, ...] = layout.columns
        self.format: str = table.format
        self.encoding: str | None = table.encoding
        self.rows_estimate: int | None = found.rows
        if layout.turns:
            table = GroupedTable(table, layout.turns)
            self.rows_estimate = table.count
        self._table = table
        mask = partial(mask_personal_data, names=mask_names)
        self._rows = _RowReader(
            table, layout, zone, max_text_chars, mask, ees_scale, keep_originals, look_for_broken=found.broken
        )
        self._early = (*notices, *table.notices, *_garbled(table, layout, found.sample))
        self._started = False

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What should be known of the rows read so far, and refused none of them."""
        return (*self._early, *self._rows.notices())

    def __iter__(self) -> Iterator[Feedback | Reject]:
        return self.rows()

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Feedback | Reject]:
        """Those of `rows_estimate` rows from number `start`, counted from 0, to before `stop`, for who reads a file in parts.

        All parts are understood alike, by the whole file. Rows before `start` cost the reading of their cells.
        """
        if self._started:
            raise RuntimeError("a FeedbackSource is iterated once; open it again")
        self._started = True
        read, rows = self._rows.read, 0
        for item in islice(self._table.rows(), start, stop):
            rows += 1
            if isinstance(item, Reject):
                yield item
                continue
            result = read(*item)
            if result is not None:
                yield result
        if not rows:
            self._rows.counts[None, "no_rows"] = 1


def _garbled(table: Table, layout: Layout, sample: Sequence[Cells]) -> Iterator[Notice]:
    """A notice where the text was spoiled before it came here: UTF-8 that was read as Latin letters and saved as such."""
    texts = [text for cells in sample if (text := text_joiner(layout.text)(cells))]
    if sum(bool(_GARBLED.search(text)) for text in texts) > len(texts) / 5:
        message = "The text looks as if it had been saved in a wrong encoding (Ø³Ù„Ø§Ù…). Export it again as UTF-8."
        yield Notice(table.headers[layout.text[0].index], "garbled_text", message)


class _RowReader:
    """Turns the cells of a row into a Feedback or a Reject, and counts what is worth a notice."""

    def __init__(
        self,
        table: Table,
        layout: Layout,
        zone: ZoneInfo,
        max_text_chars: int,
        mask: Mask,
        ees_scale: EesScale,
        keep_originals: bool,
        *,
        look_for_broken: bool,
    ) -> None:
        self.counts: Counter[tuple[str | None, str]] = Counter()
        self._grid = table.grid
        self._headers = table.headers
        self._max_text_chars = max_text_chars
        self._mask = mask
        self._keep_originals = keep_originals
        self._look_for_broken = look_for_broken
        self._join = text_joiner(layout.text)
        self._zone = zone
        self._dialogue = layout.dialogue
        self._words = [part.index for part in layout.text]
        self._text_header = table.headers[self._words[0] if self._words else layout.dialogue or 0]
        lenient = [plan for plan in layout.fields if plan.lenient]
        self._rating = _Rating(lenient[0], zone, self.counts, mask) if lenient else None
        plans = [plan for plan in layout.fields if not plan.lenient]
        self._fields = [(plan.field, plan.header, _reader(plan, zone, ees_scale)) for plan in plans]
        self._attributes = [(plan.name, plan.index, _attribute_reader(plan, self.counts, mask)) for plan in layout.attributes]

    def read(self, line: int, cells: Cells) -> Feedback | Reject | None:
        """The row, None where it is wholly blank."""
        if self._look_for_broken and (broken := self._broken(line, cells)):
            return broken
        values: dict[str, Any] = {}
        header: str | None = self._text_header
        try:
            said = self._said(cells)
            if not said:
                return self._without_text(line, cells)
            conversation = None
            if isinstance(said, Dialogue):
                conversation = self._read_turns(said, values)
            else:
                self._read_text(said, values)
            for field, header, read in self._fields:  # noqa: B007
                if (value := read(cells)) is not None:
                    if conversation and field == "occurred_at" and isinstance(value, datetime) and not has_time_of_day(value):
                        value = conversation.began(value)
                    values[field] = value
        except RefusalError as refusal:
            return Reject(line, header, refusal.code, refusal.message)
        attributes = {name: value for name, index, keep in self._attributes if (value := keep(cells[index])) is not None}
        if self._rating:
            self._rating.read(cells, values, attributes)
        return Feedback(line=line, attributes=attributes, **values)

    def _said(self, cells: Cells) -> Dialogue | str:
        """The turns or the text of a row, "" where there are none. Raises RefusalError."""
        cell = None if self._dialogue is None else cells[self._dialogue]
        if isinstance(cell, Dialogue):
            if self._dialogue not in self._words and self._join(cells):
                self.counts[self._text_header, "text_beside_turns"] += 1
            return cell
        whole = self._join(cells)
        text = storable(whole).strip()
        if len(text) > self._max_text_chars:
            raise RefusalError(
                "text_too_long", f"The text has {len(text):,} characters; at most {self._max_text_chars:,} are taken."
            )
        if text and text != whole:
            self.counts[self._text_header, "removed_characters"] += 1
        return transcript_in(text) or text

    def _read_text(self, text: str, values: dict[str, Any]) -> None:
        values["text"] = self._mask(text).text
        self._keep_original(text, values)

    def _read_turns(self, dialogue: Dialogue, values: dict[str, Any]) -> Conversation:
        found = read_conversation(dialogue, self._zone, self._max_text_chars, self._mask)
        values |= {"text": customer_text(found.turns), "turns": found.turns, "speakers_sure": found.speakers_sure}
        self._keep_original(found.original, values)
        if found.transfers is not None:
            values["transfers"] = found.transfers
        if found.occurred_at:
            values["occurred_at"] = found.occurred_at
        if found.system_lines:
            self.counts[None, "system_lines"] += found.system_lines
        return found

    def _keep_original(self, original: str, values: dict[str, Any]) -> None:
        if self._keep_originals and original != values["text"]:
            values["original"] = original

    def notices(self) -> tuple[Notice, ...]:
        """What was counted so far."""
        return tuple(Notice(column, code, _MESSAGES[code], count) for (column, code), count in self.counts.items())

    def _without_text(self, line: int, cells: Cells) -> Reject | None:
        if self._grid and all(is_missing(cell) or not as_text(cell).strip() for cell in cells):
            self.counts[None, "blank_rows"] += 1
            return None
        return Reject(line, self._text_header, "empty_text", "There is no text in this row.")

    def _broken(self, line: int, cells: Cells) -> Reject | None:
        for header, cell in zip(self._headers, cells, strict=True):
            if isinstance(cell, str) and BROKEN in cell:
                return Reject(
                    line, header, "broken_encoding", "Bytes here are not of the file's encoding; save the file anew as UTF-8."
                )
        return None


class _Rating:
    """A rating whose header names no scale: csat where it is 1 to 5, nothing where it is 0, else kept as it is."""

    def __init__(self, plan: FieldPlan, zone: ZoneInfo, counts: Counter[tuple[str | None, str]], mask: Mask) -> None:
        self._index = plan.indexes[0]
        self._header = plan.header
        self._score = field_reader("csat", zone)
        self._counts = counts
        self._mask = mask

    def read(self, cells: Cells, values: dict[str, Any], attributes: dict[str, AttributeValue]) -> None:
        """Puts the rating where it belongs; it never costs the row."""
        value = cells[self._index]
        try:
            score = self._score(value)
        except RefusalError:
            if as_text(value).strip() in _ZEROS:
                self._counts[self._header, "not_rated"] += 1
                return
            self._counts[self._header, "out_of_scale"] += 1
            if kept := _masked_beginning(storable(as_text(value)), self._mask):
                attributes[self._header] = kept[:LONGEST_ATTRIBUTE_CHARS]
        else:
            if score is not None:
                values["csat"] = score


def _masked_beginning(text: str, mask: Mask) -> str:
    """`text` masked, as far as an attribute may reach: masking a cell of two million characters would take a minute.

    What was cut off might have told that the last digits are of a number to mask, so they go, too.
    """
    if len(text) <= MASKED_CHARS:
        return mask(text).text
    return mask(text[:MASKED_CHARS]).text[:-LONGEST_NUMBER_CHARS]


_ZEROS: Final = frozenset(["0", "0.0", "0.00", "۰", "٠"])


def _reader(plan: FieldPlan, zone: ZoneInfo, ees_scale: EesScale) -> ReadField:
    """A reader of the row's cells for a field."""
    read, index = field_reader(plan.field, zone, plan.unit_s, ees_scale), plan.indexes[0]
    if plan.zero_is_missing:
        return lambda cells: None if as_text(cells[index]).strip() in _ZEROS else read(cells[index])
    if len(plan.indexes) == 1:
        return lambda cells: read(cells[index])
    clock = plan.indexes[1]

    def read_both(cells: Cells) -> object:
        day: Any = read(cells[index])
        time = parse_clock(cells[clock])
        return day if day is None or time is None else day.replace(hour=time.hour, minute=time.minute, second=time.second)

    return read_both


def _attribute_reader(
    plan: AttributePlan, counts: Counter[tuple[str | None, str]], mask: Mask
) -> Callable[[object], AttributeValue | None]:
    """A reader that masks personal data, cuts what is too long and keeps nothing of an empty cell."""
    numbers = plan.long_numbers

    def from_text(value: str) -> AttributeValue | None:
        text = storable(value).strip()
        if not text:
            return None
        masked = text if numbers.is_column and is_long_number(text) else _masked_beginning(text, mask)
        if len(masked) > LONGEST_ATTRIBUTE_CHARS or len(text) > MASKED_CHARS:
            counts[plan.header, "attribute_cut"] += 1
        number = canonical_number(text) if plan.numeric and masked == text else None
        return masked[:LONGEST_ATTRIBUTE_CHARS] if number is None else number

    def from_cell(value: object) -> AttributeValue | None:
        text = as_text(value)
        if is_long_number(text):
            if numbers.placeholder:
                return numbers.placeholder
            if not numbers.is_column:
                return from_text(text)
        if isinstance(value, float) and text:
            return int(value) if value.is_integer() else value
        return value if isinstance(value, bool | int) else from_text(text)

    return Remembering(from_cell)
