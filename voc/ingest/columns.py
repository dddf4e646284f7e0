"""Which column is what: by its header, by the values under it where the header leaves doubt, by the user's mapping above all.

Nothing is decided in silence: every decision that the header alone did not make stands in the column's note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import InputError
from voc.ingest.aliases import FIELDS, TURN_FIELDS, Alias, find_alias, is_clock
from voc.ingest.evidence import ENOUGH_VALUES, MOSTLY, Evidence, LongNumbers, Scale, column
from voc.ingest.fields import MOMENTS, SCALES, UNCERTAIN, field_reader
from voc.ingest.mapping import MOST_SHOWN, MappedFields, read_mapping
from voc.ingest.table import Survey
from voc.ingest.texts import TextPart
from voc.ingest.turn_columns import TurnColumns, find_turn_columns
from voc.ingest.utterances import TURNS, Dialogue
from voc.ingest.values import UNIT_SECONDS
from voc.records import Column

RATING: Final = "rating"
_UNNAMED: Final = ("column 1", "unnamed: 0", "__index_level_0__", "index")
_TITLE_VARIETY: Final = 0.2
_BODY_VARIETY: Final = 0.1


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """A field and the columns that it is read from; `lenient` for a rating whose header names no scale."""

    field: str
    indexes: tuple[int, ...]
    header: str
    unit_s: float = 1.0
    zero_is_missing: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """A column that is kept under a name; strings that are plainly numbers are kept as numbers, long ones unless personal."""

    name: str
    index: int
    header: str
    numeric: bool
    long_numbers: LongNumbers


@dataclass(frozen=True, slots=True)
class Layout:
    """How every column of a source is used: `dialogue` is that of conversations, `turns` are those of rows that are turns."""

    columns: tuple[Column, ...]
    text: tuple[TextPart, ...]
    fields: tuple[FieldPlan, ...]
    attributes: tuple[AttributePlan, ...]
    dialogue: int | None = None
    turns: TurnColumns | None = None


def understand(headers: Sequence[str], survey: Survey, mapping: Mapping[str, str] | None, zone: ZoneInfo, name: str) -> Layout:
    """The layout of a source. Raises InputError for a mapping that cannot be followed and where no column holds a text."""
    draft = _Draft(headers, survey, zone)
    mapped = read_mapping(mapping, headers)
    draft.follow(mapped)
    draft.find_dialogues()
    draft.find_text(name)
    for field in FIELDS:
        if field not in mapped.columns and field not in mapped.ignored:
            draft.find_field(field)
    draft.find_rating(open_for_csat="csat" not in mapped.ignored)
    draft.find_clock()
    draft.find_turns(mapped.columns)
    return draft.layout()


class _Draft:
    """A layout in the making: each column is claimed once, and what is never claimed becomes an attribute."""

    def __init__(self, headers: Sequence[str], survey: Survey, zone: ZoneInfo) -> None:
        self._headers = headers
        self._sample = survey.sample
        self._head = survey.head
        self._zone = zone
        self._aliases = [find_alias(header) for header in headers]
        self._evidence: dict[int, Evidence] = {}
        self._field_of: dict[int, str] = {}
        self._notes: dict[int, list[str]] = {}
        self._plans: dict[str, FieldPlan] = {}
        self._text: list[TextPart] = []
        self._rating_name: dict[int, str] = {}
        self._dialogue: int | None = None
        self._turns: TurnColumns | None = None

    def follow(self, mapped: MappedFields) -> None:
        for field, indexes in mapped.columns.items():
            for index in indexes:
                self._note(index, f"mapped to {field}")
                if field == "text":
                    self._take_text(index)
            if field == "occurred_at":  # whoever maps both may name the clock first
                indexes = tuple(sorted(indexes, key=lambda index: self._of(index).is_clock))
            if field != "text" and field not in TURN_FIELDS:
                self._claim(field, indexes)

    def find_dialogues(self) -> None:
        """The column in which records have their turns."""
        if TURNS in self._headers and any(isinstance(cell, Dialogue) for cell in self._of(self._headers.index(TURNS)).values):
            self._dialogue = self._headers.index(TURNS)
            self._field_of[self._dialogue] = TURNS

    def find_text(self, name: str) -> None:
        if self._text:
            return
        known = [index for index in self._free("text") if not self._is_no_text(index)]
        strong = [index for index in known if not self._alias(index).weak]
        body = any(self._alias(index).role in ("body", "more") for index in strong)
        weak = sorted((index for index in known if index not in strong), key=lambda index: self._alias(index).rank)
        if self._dialogue is not None and not (body or weak):
            return  # the subject of a conversation is no text beside it
        for index in [*strong, *weak[: 0 if body else 1]]:
            self._take_text(index)
        if not self._text and self._dialogue is None:
            self._find_text_by_content(name)
        for index in self._free("text"):
            self._note(index, "not the customer's own text, or one that repeats; kept as an attribute")

    def find_field(self, field: str) -> None:
        found = [index for index in self._free(field) if not self._is_unreadable(field, index)]
        if field == "occurred_at":
            found = [index for index in found if not (is_clock(self._headers[index]) and self._of(index).is_clock)]
        if not found:
            return
        best = min(found, key=lambda index: self._preference(field, index))
        self._claim(field, (best,))
        for index in found:
            if index != best:
                why = "which says the time of day too" if self._is_more_precise(field, best, index) else "which is preferred"
                self._note(index, f"{field} is taken from «{self._headers[best]}», {why}; kept as an attribute")
                self._note(best, f"taken before «{self._headers[index]}»")

    def find_rating(self, *, open_for_csat: bool) -> None:
        ratings = sorted(self._free(RATING), key=lambda index: self._alias(index).rank)
        scales = [(index, scale) for index in ratings if (scale := self._of(index).scale())]
        stars = [index for index, scale in scales if scale.is_csat]
        if stars and open_for_csat and "csat" not in self._plans:
            self._claim("csat", (stars[0],), lenient=True)
            self._note(stars[0], "a rating from 1 to 5, so csat; 0 means not rated")
        elif scales and "csat" not in self._plans:
            self._keep_rating(*scales[0])
        for index in self._free(RATING):
            if index not in self._rating_name:
                self._note(index, "a rating that is not used as csat; kept as an attribute")

    def find_clock(self) -> None:
        plan = self._plans.get("occurred_at")
        if plan is None or len(plan.indexes) > 1:
            return
        date = plan.indexes[0]
        if self._of(date).has_times or not self._of(date).values:
            return
        clock = self._clocks()[:1]
        if not clock:
            self._note(date, "days without a time of day")
            return
        self._claim("occurred_at", (date, *clock))
        self._note(date, f"with the time of day from «{self._headers[clock[0]]}»")

    def _clocks(self) -> tuple[int, ...]:
        """The columns of times of day that are in no field."""
        free = (index for index, header in enumerate(self._headers) if index not in self._field_of and is_clock(header))
        return tuple(index for index in free if self._of(index).is_clock)

    def find_turns(self, mapped: Mapping[str, tuple[int, ...]]) -> None:
        """Whether the rows are turns; if so, the conversation's id is that of the row, and their moments are of the turns."""
        moment = self._plans.get("occurred_at")
        at = moment.indexes if moment else self._clocks()[:1]
        found = find_turn_columns(self._headers, self._aliases, self._head, mapped, tuple(self._text), at)
        if found is None or self._dialogue is not None:
            return
        self._turns = found
        ends = found.end if found.lasts is None else found.lasts
        for field, index in (("speaker", found.speaker), ("turn_start", found.start), ("turn_end", ends)):
            if index is not None:
                self._release(index)
                self._field_of[index] = field
        if found.lasts is not None:
            self._note(found.lasts, "how long each turn is")
        for index in at:
            self._field_of.setdefault(index, "turn_start")
            self._note(index, "the time of each turn")
        if found.conversation is not None and "external_id" not in mapped:
            if own := self._plans.get("external_id"):
                self._release(own.indexes[0])
            self._release(found.conversation)
            self._claim("external_id", (found.conversation,))
            self._note(found.conversation, "rows with the same one are turns of one conversation")

    def layout(self) -> Layout:
        left_out = {index for index in range(len(self._headers)) if self._is_row_index(index)}
        for index in left_out:
            self._note(index, "numbers of rows; left out")
        return Layout(
            columns=tuple(self._column(index) for index in range(len(self._headers))),
            text=tuple(self._text),
            fields=tuple(self._plans.values()),
            attributes=tuple(
                AttributePlan(
                    self._rating_name.get(index, header), index, header, self._is_number(index), self._of(index).long_numbers()
                )
                for index, header in enumerate(self._headers)
                if index not in self._field_of and index not in left_out
            ),
            dialogue=self._text[0].index if self._turns else self._dialogue,
            turns=self._turns,
        )

    def _column(self, index: int) -> Column:
        return Column(self._headers[index], self._field_of.get(index), "; ".join(dict.fromkeys(self._notes.get(index, []))))

    def _free(self, field: str) -> list[int]:
        return [
            index for index, alias in enumerate(self._aliases) if alias and alias.field == field and index not in self._field_of
        ]

    def _alias(self, index: int) -> Alias:
        return self._aliases[index] or Alias("", 0)

    def _of(self, index: int) -> Evidence:
        if index not in self._evidence:
            self._evidence[index] = column(self._sample, index)
        return self._evidence[index]

    def _note(self, index: int, note: str) -> None:
        self._notes.setdefault(index, []).append(note)

    def _claim(self, field: str, indexes: tuple[int, ...], *, lenient: bool = False) -> None:
        alias = self._alias(indexes[0])
        header = self._headers[indexes[0]]
        unit_s = UNIT_SECONDS[alias.unit] if alias.unit else 1.0
        self._plans[field] = FieldPlan(field, indexes, header, unit_s, alias.field == RATING and field == "csat", lenient)
        self._field_of.update(dict.fromkeys(indexes, field))
        if alias.unit and unit_s != 1.0:
            self._note(indexes[0], f"in units of {unit_s:g} seconds")

    def _release(self, index: int) -> None:
        """Takes a column out of the field that it was in."""
        if field := self._field_of.pop(index, None):
            self._plans.pop(field, None)

    def _take_text(self, index: int) -> None:
        self._field_of[index] = "text"
        alias = self._alias(index)
        self._text.append(TextPart(index, alias.role if alias.field == "text" else "body"))

    def _is_no_text(self, index: int) -> bool:
        evidence, role = self._of(index), self._alias(index).role
        if role in ("pros", "cons"):
            return False
        others = len(self._free("text")) > 1
        return evidence.is_numeric or (others and evidence.is_category(_TITLE_VARIETY if role == "title" else _BODY_VARIETY))

    def _find_text_by_content(self, name: str) -> None:
        scores = {
            index: score
            for index, alias in enumerate(self._aliases)
            if index not in self._field_of
            and (score := self._of(index).text_score(self._headers[index])) > 0
            and _may_be_text(alias)
        }
        if not scores:
            raise _no_text(name, self._headers)
        best = max(scores, key=lambda index: scores[index])
        self._take_text(best)
        self._note(best, "no header is known to hold the text; this column reads most like it")

    def _is_unreadable(self, field: str, index: int) -> bool:
        evidence = self._of(index)
        if field not in UNCERTAIN or len(evidence.values) < ENOUGH_VALUES:
            return False
        read = field_reader(field, self._zone)
        if evidence.share_read(read) >= 1 - MOSTLY:
            return False
        self._note(index, f"its header means {field}, its values do not; kept as an attribute")
        return True

    def _preference(self, field: str, index: int) -> tuple[bool, bool, int, int, int]:
        """Smallest for the best column; of two spellings of one header the barer counts more: `id` before `_id`."""
        rank = (self._alias(index).rank, len(self._headers[index]), index)
        if field not in MOMENTS:
            return (False, False, *rank)
        evidence = self._of(index)
        unreadable = evidence.share_read(field_reader(field, self._zone)) < 0.5
        return (unreadable, not evidence.has_times, *rank)

    def _is_more_precise(self, field: str, best: int, other: int) -> bool:
        return field in MOMENTS and self._of(best).has_times and not self._of(other).has_times

    def _keep_rating(self, index: int, scale: Scale) -> None:
        if RATING not in self._headers or self._headers[index] == RATING:
            self._rating_name[index] = RATING
        taken = self._rating_name.setdefault(index, self._headers[index])
        self._note(
            index,
            f"a rating from {scale.low:g} to {scale.high:g}, not 1 to 5, so not csat; kept as the attribute «{taken}»; "
            f"if it is one of {', '.join(SCALES)}, map that to «{self._headers[index]}»",
        )

    def _is_number(self, index: int) -> bool:
        return index in self._rating_name or self._of(index).is_canonical

    def _is_row_index(self, index: int) -> bool:
        unnamed = self._headers[index].lower() in _UNNAMED
        return unnamed and index not in self._field_of and self._of(index).counts_rows


def _may_be_text(alias: Alias | None) -> bool:
    return alias is None or alias.field in ("text", RATING)


def _no_text(name: str, headers: Sequence[str]) -> InputError:
    shown = ", ".join(f"«{header}»" for header in headers[:MOST_SHOWN])
    example = headers[0] if headers else "HEADER"
    return InputError(
        f"{name}: no column holds the customer's text. Columns: {shown}. Say which one: the mapping"
        f' {{"text": "{example}"}}, or --map text={example}.',
        code="no_text_column", field="mapping", options=tuple(headers[:MOST_SHOWN]),
    )  # fmt: skip
