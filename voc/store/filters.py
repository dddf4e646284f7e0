"""The filters that mean the same everywhere, as a condition in SQL; nothing that a user wrote is ever put into the SQL."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from voc.errors import InputError
from voc.records import POLARITIES
from voc.store.database import JsonKey
from voc.taxonomy import Code, Group, Taxonomy, load_taxonomy

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

KINDS: Final = ("feedback", "conversation")
NO_REASON: Final = "none"
MOST_ATTRIBUTES: Final = 50  # more than any table of feedback has to filter by; the database refuses a condition of thousands

_SAME_LETTERS: Final = (
    "اآأإٱ", "بﺏ", "کكڪ", "یيىئېے", "هةۀەہھ", "وؤۇۆۈ",
    "0۰٠", "1۱١", "2۲٢", "3۳٣", "4۴٤", "5۵٥", "6۶٦", "7۷٧", "8۸٨", "9۹٩",
)  # fmt: skip
_LETTER: Final = {letter: f"[{group}]" for group in _SAME_LETTERS for letter in group}
_BETWEEN_LETTERS: Final = "[\u200c\u200d\u200e\u200f\u00ad\u0640\u064b-\u0655\u0670]*"
_WITHOUT_REASON: Final = (
    "EXISTS (SELECT 1 FROM tagging known WHERE known.seq = f.seq)"
    " AND NOT EXISTS (SELECT 1 FROM tag g WHERE g.seq = f.seq AND g.kind = 'reason')"
)
_SPACE: Final = "[\\s\u200c]+"
_UNSEEN: Final = dict.fromkeys(
    [0x200C, 0x200D, 0x200E, 0x200F, 0xAD, 0x640, *range(0x64B, 0x656), 0x670]
)  # the same, to be dropped from what is looked for


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are meant. Several values of one filter are alternatives; different filters narrow each other.

    `to` is exclusive; an `agent` is known by the name that is shown; a `reason` is a code, a group, or `NO_REASON` for tagged
    texts in which none was found; with `polarity` it is the polarity of that very reason; `corrected` are those in which
    people overrule the model; `q` is looked for as it stands, whatever the case, the letter forms and the half-spaces.
    """

    from_: date | None = None
    to: date | None = None
    channel: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    sentiment: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    polarity: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()
    loyalty: tuple[str, ...] = ()
    resolution: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    corrected: bool | None = None
    q: str | None = None
    attributes: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Where:
    """A condition over `f` (feedback) and, only if `needs_tagging`, `t` (tagging, LEFT JOINed on seq), and its parameters.

    The parameters' names begin with `where_`. It is `slow` where it looks at more than a row's plain columns.
    """

    sql: str
    parameters: Mapping[str, object]
    needs_tagging: bool
    slow: bool


def where(filters: Filters) -> Where:
    """`filters` as SQL. Raises InputError for a code that is not in the taxonomy."""
    _check_codes(filters, load_taxonomy())
    _check_number(filters)
    plain, tagging = (*_of_rows(filters),), (*_of_tagging(filters),)
    conditions = (*plain, *_of_texts(filters), *tagging, *_of_tags(filters), *_of_attributes(filters))
    parameters: dict[str, object] = {}
    for _, given in conditions:
        parameters |= given
    return Where(
        sql=" AND ".join(f"({sql})" for sql, _ in conditions) or "TRUE",
        parameters=parameters,
        needs_tagging=bool(tagging),
        slow=len(conditions) > len(plain),
    )


def only_conversations(filters: Filters) -> Filters:
    """The same rows as far as they are conversations; a `kind` that asks for others still asks for them."""
    return filters if filters.kind else replace(filters, kind=("conversation",))


def without_tags(filters: Filters) -> Filters:
    """The same rows whatever was read in them, those that wait for the tagger too."""
    return replace(filters, sentiment=(), reason=(), polarity=(), effort=(), loyalty=(), resolution=(), corrected=None)


def contains_pattern(words: str) -> str:
    """The regular expression that finds `words`, every letter in all its forms, as DuckDB and PostgreSQL read it.

    >>> import re
    >>> bool(re.search(contains_pattern("كتاب"), "کتاب"))
    True
    """
    return "(?i)" + _BETWEEN_LETTERS.join(map(_pattern_of, " ".join(words.translate(_UNSEEN).split())))


_Condition = tuple[str, dict[str, object]]


def _of_rows(filters: Filters) -> Iterator[_Condition]:
    if filters.from_ is not None:
        yield "f.occurred_on >= $where_from", {"where_from": filters.from_}
    if filters.to is not None:
        yield "f.occurred_on < $where_to", {"where_to": filters.to}
    if filters.channel:
        yield "f.channel = ANY($where_channel)", {"where_channel": list(filters.channel)}
    if filters.agent:
        known = "SELECT agent_id FROM agent WHERE shown_as = ANY($where_agent)"
        yield f"f.agent_id IN ({known})", {"where_agent": list(filters.agent)}
    if filters.batch:
        yield "f.batch_id = ANY($where_batch)", {"where_batch": list(filters.batch)}
    if len(set(filters.kind)) == 1:
        among = "NOT EXISTS" if "feedback" in filters.kind else "EXISTS"
        yield f"{among} (SELECT 1 FROM conversation spoken WHERE spoken.seq = f.seq)", {}


def _of_texts(filters: Filters) -> Iterator[_Condition]:
    if filters.q and (words := filters.q.translate(_UNSEEN).strip()):
        yield "regexp_like(f.text, $where_q)", {"where_q": contains_pattern(words)}


def _of_tagging(filters: Filters) -> Iterator[_Condition]:
    if filters.sentiment:
        yield "t.sentiment = ANY($where_sentiment)", {"where_sentiment": list(filters.sentiment)}
    if filters.resolution:
        yield "t.resolution = ANY($where_resolution)", {"where_resolution": list(filters.resolution)}
    if filters.corrected is not None:
        yield f"t.corrected_at IS {'NOT ' if filters.corrected else ''}NULL", {}


def _of_tags(filters: Filters) -> Iterator[_Condition]:
    if filters.reason or filters.polarity:
        parts, parameters = ["kind = 'reason'"], dict[str, object]()
        if filters.reason:
            parts.append("(code = ANY($where_reason) OR split_part(code, '.', 1) = ANY($where_reason))")
            parameters["where_reason"] = list(filters.reason)
        if filters.polarity:
            parts.append("polarity = ANY($where_polarity)")
            parameters["where_polarity"] = list(filters.polarity)
        found = f"f.seq IN (SELECT seq FROM tag WHERE {' AND '.join(parts)})"
        without = NO_REASON in filters.reason and not filters.polarity
        yield f"{found} OR {_WITHOUT_REASON}" if without else found, parameters
    for kind, codes in (("effort", filters.effort), ("loyalty", filters.loyalty)):
        if codes:
            sql = f"f.seq IN (SELECT seq FROM tag WHERE kind = '{kind}' AND code = ANY($where_{kind}))"
            yield sql, {f"where_{kind}": list(codes)}


def _of_attributes(filters: Filters) -> Iterator[_Condition]:
    for number, (name, value) in enumerate(filters.attributes.items()):
        key, values = f"where_attribute_{number}", f"where_attribute_{number}_values"
        wanted = [value] if isinstance(value, str) else list(value)
        yield f"(f.attributes ->> ${key}) = ANY(${values})", {key: JsonKey(name), values: wanted}


def _pattern_of(letter: str) -> str:
    if letter in _LETTER:
        return _LETTER[letter]
    if letter.isspace():
        return _SPACE
    return "\\" + letter if letter in string.punctuation else letter


def _check_number(filters: Filters) -> None:
    if len(filters.attributes) > MOST_ATTRIBUTES:
        raise InputError(
            f"attr: {len(filters.attributes):,} attributes; at most {MOST_ATTRIBUTES} can filter at once.", field="attr"
        )


def _check_codes(filters: Filters, taxonomy: Taxonomy) -> None:
    known: dict[str, tuple[Code | Group, ...]] = {
        "sentiment": taxonomy.sentiments,
        "reason": (*taxonomy.groups, *taxonomy.reasons),
        "effort": taxonomy.effort,
        "loyalty": taxonomy.loyalty,
        "resolution": taxonomy.resolutions,
    }
    options = {name: tuple(entry.code for entry in entries) for name, entries in known.items()}
    options |= {
        "reason": (*options["reason"], NO_REASON),
        "polarity": POLARITIES,
        "kind": KINDS,
    }
    for name, codes in options.items():
        for code in getattr(filters, name):
            if code not in codes:
                raise InputError(f"{name}: there is no code {code!r}.", field=name, options=codes)
