"""The user's own word on which header is which field: `{"text": "نظر", "csat": "امتیاز", "nps": "-"}`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from voc.errors import InputError
from voc.ingest.fields import MAPPED_NAMES
from voc.ingest.letters import header_key

IGNORED: Final = "-"
"""In place of a header: fill this field from no column."""
AND: Final = "+"
SEVERAL: Final = ("text", "occurred_at")
"""Fields that may come from several columns: a text from its parts, a moment from a date and a time of day."""
MOST_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class MappedFields:
    """The columns of each mapped field by their index, and the fields that are to stay empty."""

    columns: Mapping[str, tuple[int, ...]]
    ignored: frozenset[str]


def read_mapping(mapping: Mapping[str, str] | None, headers: Sequence[str]) -> MappedFields:
    """`mapping` with its headers found. Raises InputError for a field or a header that is not there, with the closest ones."""
    columns: dict[str, tuple[int, ...]] = {}
    ignored = set()
    for field, header in (mapping or {}).items():
        if field not in MAPPED_NAMES:
            raise _unknown_field(str(field))
        if not isinstance(header, str):
            raise InputError(f"mapping: «{field}» needs a header, given as text.", code="bad_mapping", field="mapping")
        if header.strip() == IGNORED and IGNORED not in headers:
            ignored.add(field)
        else:
            columns[field] = _find(field, header, headers)
    if "text" in ignored:
        raise InputError("mapping: «text» cannot be left out, as it is what is read.", code="bad_mapping", field="mapping")
    return MappedFields(columns, frozenset(ignored))


def named_headers(mapping: Mapping[str, str] | None) -> frozenset[str]:
    """The keys of all headers that a mapping may mean, for finding the header row."""
    wanted = [header for header in (mapping or {}).values() if isinstance(header, str)]
    return frozenset(header_key(part) for header in wanted for part in (header, *header.split(AND))) - {""}


def _find(field: str, wanted: str, headers: Sequence[str]) -> tuple[int, ...]:
    """The whole of `wanted` may be one header; only then is it taken apart at its plus signs."""
    whole = _index(wanted, headers)
    if whole is not None:
        return (whole,)
    parts = [part.strip() for part in wanted.split(AND)]
    found = [_index(part, headers) for part in parts]
    for part, index in zip(parts, found, strict=True):
        if index is None:
            raise _unknown_header(field, part, headers)
    indexes = tuple(dict.fromkeys(index for index in found if index is not None))
    if (len(indexes) > 1 and field not in SEVERAL) or (len(indexes) > 2 and field != "text"):
        raise InputError(f"mapping: «{field}» takes one header, not {len(indexes)}.", code="bad_mapping", field="mapping")
    return indexes


def _index(wanted: str, headers: Sequence[str]) -> int | None:
    if wanted in headers:
        return headers.index(wanted)
    key = header_key(wanted)
    alike = [index for index, header in enumerate(headers) if key and header_key(header) == key]
    return alike[0] if len(alike) == 1 else None


def _unknown_field(field: str) -> InputError:
    options = tuple(get_close_matches(field, MAPPED_NAMES, 5, 0.5)) or MAPPED_NAMES
    return InputError(
        f"mapping: «{field[:100]}» is no field. Fields: {', '.join(options)}.",
        code="unknown_field",
        field="mapping",
        options=options,
    )


def _unknown_header(field: str, wanted: str, headers: Sequence[str]) -> InputError:
    by_key = {header_key(header): header for header in headers}
    close = get_close_matches(header_key(wanted), list(by_key), 5, 0.5)
    options = tuple(by_key[key] for key in close) or tuple(headers[:MOST_SHOWN])
    return InputError(
        f"mapping: no column «{wanted[:100]}» for «{field}». Columns: {', '.join(options)}.",
        code="unknown_header", field="mapping", options=options,
    )  # fmt: skip
