"""The forms by which people correct records on the pages: what they offer, and what is said by what they send.

A form holds what it showed, so that only what was changed in it is said: the rest stays the model's. What it leaves as it
was is seen and right, and that is said of all of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from fastapi import Depends, Request
from pydantic import ValidationError

from api.correction_schemas import FiltersIn
from api.routes.sign_in import read_small_body
from api.titles import FILTERS, POLARITIES, code_title
from api.tongue import say
from voc.corrections.statement import CORRECTABLE, UNDECIDED, Statement, read_statement, statement_of, write_statement
from voc.errors import InputError
from voc.records import Tags
from voc.store import MOST_AT_ONCE, Selection
from voc.taxonomy import Code, load_taxonomy

FORM_BYTES: Final = 400_000  # as many ids as can be corrected at once, and the longest reason
_SEPARATOR: Final = ":"  # between the field and the code of what is to be there or not

Pairs = Sequence[tuple[str, str]]
Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be said of a record: codes with their titles, those of reasons and of all sets in groups with theirs."""

    sentiments: Pairs
    reasons: Sequence[tuple[str, Pairs]]
    polarities: Pairs
    effort: Pairs
    loyalty: Pairs
    resolutions: Pairs
    sets: Sequence[tuple[str, Pairs]]


def offered() -> Offered:
    """What the forms offer, in the language of the page."""
    taxonomy = load_taxonomy()
    reasons = [
        (code_title(group.code), _titled([each for each in taxonomy.reasons if each.code.startswith(f"{group.code}.")]))
        for group in taxonomy.groups
    ]
    effort, loyalty = _titled(taxonomy.effort), _titled(taxonomy.loyalty)
    return Offered(
        sentiments=_titled(taxonomy.sentiments),
        reasons=reasons,
        polarities=[(code, say(title)) for code, title in POLARITIES.items()],
        effort=effort,
        loyalty=loyalty,
        resolutions=_titled(taxonomy.resolutions),
        sets=[
            *((title, _of("reasons", codes)) for title, codes in reasons),
            (say(FILTERS["effort"]), _of("effort", effort)),
            (say(FILTERS["loyalty"]), _of("loyalty", loyalty)),
        ],
    )


def shown_by(tags: Tags) -> str:
    """What a form shows of a record, as it goes along with it."""
    return json.dumps(write_statement(statement_of(tags)), ensure_ascii=False, separators=(",", ":"))


async def read_fields(request: Request) -> Fields:
    """What a form sends. Raises TooLargeError where it is more than the forms here hold."""
    return parse_qs((await read_small_body(request, FORM_BYTES)).decode("utf-8", "replace"), keep_blank_values=True)


Sent = Annotated[Fields, Depends(read_fields)]


def first_of(fields: Fields, name: str) -> str:
    """The field's value, empty where it has none."""
    return fields.get(name, [""])[0]


def read_changes(fields: Fields) -> Statement:
    """What is said of a record by its form. Raises InputError where that cannot be said."""
    shown = _read_shown(first_of(fields, "shown"))
    held: dict[str, Any] = {
        "sentiment": first_of(fields, "sentiment"),
        "reasons": {code: said for code, said in zip(*_columns(fields, "reason", "polarity"), strict=True) if code},
        "effort": fields.get("effort", []),
        "loyalty": fields.get("loyalty", []),
        "resolution": _resolution(first_of(fields, "resolution")),
    }
    changed = {name: held[name] for name in CORRECTABLE if _plain(held[name]) != _plain(shown.get(name))}
    return read_statement(changed or shown)


def read_changes_of_all(fields: Fields) -> Statement:
    """What is said of a selection by its form; nothing, only where it says that all are right as they are."""
    said: dict[str, Any] = {"add": {"reasons": {}, "effort": [], "loyalty": []}, "remove": {}}
    for what, polarity in zip(*_columns(fields, "add", "polarity"), strict=True):
        field, _, code = what.partition(_SEPARATOR)
        if field == "reasons":
            said["add"]["reasons"][code] = polarity
        elif what:
            said["add"].setdefault(field, []).append(code)
    for field, _, code in (what.partition(_SEPARATOR) for what in fields.get("remove", []) if what):
        said["remove"].setdefault(field, []).append(code)
    if sentiment := first_of(fields, "sentiment"):
        said["sentiment"] = sentiment
    if resolution := first_of(fields, "resolution"):
        said["resolution"] = _resolution(resolution)
    statement = read_statement(said)
    if bool(statement.fields) == ("confirm" in fields):
        raise InputError("Say what is to be corrected, or that all are right as they are.", field="confirm")
    return statement


def read_selection(fields: Fields) -> Selection:
    """Which records a form means. Raises InputError where it means none."""
    if "all" not in fields:
        if not (ids := fields.get("ids")):
            raise InputError("No records are chosen.", field="ids")
        return Selection(ids=tuple(ids), limit=MOST_AT_ONCE)
    given = {name: values if len(values) > 1 else values[0] for name, values in parse_qs(first_of(fields, "filters")).items()}
    try:
        filters = FiltersIn.model_validate(given).filters
        return Selection(filters=filters, expected=int(first_of(fields, "expected")), limit=MOST_AT_ONCE)
    except (ValidationError, ValueError):
        raise InputError("filters: these are not those of the list.", field="filters") from None


def _titled(codes: Sequence[Code]) -> Pairs:
    return [(each.code, code_title(each.code)) for each in codes]


def _of(field: str, codes: Pairs) -> Pairs:
    return [(f"{field}{_SEPARATOR}{code}", title) for code, title in codes]


def _columns(fields: Fields, *names: str) -> list[list[str]]:
    """Fields that stand side by side in rows. Raises InputError where one is missing in a row."""
    columns = [fields.get(name, []) for name in names]
    if len(set(map(len, columns))) > 1:
        raise InputError(f"{names[0]}: give each with its {names[1]}.", field=names[0])
    return columns


def _resolution(given: str) -> str | None:
    return None if given == UNDECIDED else given


def _plain(value: Any) -> Any:
    """Without the order of codes; what somebody made up may hold anything."""
    return sorted(value, key=repr) if isinstance(value, list) else value


def _read_shown(given: str) -> dict[str, Any]:
    try:
        shown = json.loads(given)
    except (ValueError, RecursionError):
        shown = None
    if not isinstance(shown, dict):
        raise InputError("shown: this is not what the form showed. Open it again.", field="shown")
    return shown
