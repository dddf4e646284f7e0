"""What a person says of a record: whole fields, or codes to add and to take away; checked against the taxonomy.

As JSON, in the API, in files and in the database:

    {"sentiment": "negative", "reasons": {"delivery.time": "negative"}, "effort": [], "loyalty": ["churn_intent"],
     "resolution": null, "add": {"reasons": {…}, "effort": […]}, "remove": {"loyalty": […]}}

What is left out is not spoken of, and stays as the model has it, whichever model that will be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, cast

from voc.errors import InputError
from voc.records import POLARITIES, Polarity, Resolution, Sentiment, Tags
from voc.taxonomy import Code, load_taxonomy

CORRECTABLE: Final = ("sentiment", "reasons", "effort", "loyalty", "resolution")
"""The fields of a record that people correct, in the order in which answers name them."""
SETS: Final = ("reasons", "effort", "loyalty")
"""Those that hold several codes, so that some can be added and others taken away."""
UNDECIDED: Final = "none"
LONGEST_CODE: Final = 40


@dataclass(frozen=True, slots=True)
class Added:
    """Codes to be there, of reasons with what is said of them."""

    reasons: Mapping[str, Polarity] = field(default_factory=dict)
    effort: tuple[str, ...] = ()
    loyalty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """Codes not to be there, of reasons whatever is said of them."""

    reasons: tuple[str, ...] = ()
    effort: tuple[str, ...] = ()
    loyalty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What holds in place of the model's answer; None for what is not spoken of. The resolution «none» says that there is none.

    `add` and `remove` change the codes that are there, whichever those are.
    """

    sentiment: Sentiment | None = None
    reasons: Mapping[str, Polarity] | None = None
    effort: tuple[str, ...] | None = None
    loyalty: tuple[str, ...] | None = None
    resolution: Resolution | Literal["none"] | None = None
    add: Added = field(default_factory=Added)
    remove: Removed = field(default_factory=Removed)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it speaks of; none where it says nothing."""
        return tuple(name for name in CORRECTABLE if self._speaks_of(name))

    def _speaks_of(self, name: str) -> bool:
        if getattr(self, name) is not None:
            return True
        return name in SETS and bool(getattr(self.add, name) or getattr(self.remove, name))


def read_statement(said: Mapping[str, Any]) -> Statement:
    """The statement in JSON. Raises InputError, which lists what there is, for an unknown field, code or polarity.

    >>> read_statement({"sentiment": "mixed", "remove": {"effort": ["easy"]}}).fields
    ('sentiment', 'effort')
    """
    _check_names(said, (*CORRECTABLE, "add", "remove"), "changed")
    add, remove = _read_added(said), _read_removed(said)
    _check_once(said, add, remove)
    return Statement(
        sentiment=cast(Sentiment, _one("sentiment", said["sentiment"])) if "sentiment" in said else None,
        reasons=_read_reasons(said["reasons"]) if "reasons" in said else None,
        effort=_several("effort", said["effort"]) if "effort" in said else None,
        loyalty=_several("loyalty", said["loyalty"]) if "loyalty" in said else None,
        resolution=_read_resolution(said["resolution"]) if "resolution" in said else None,
        add=add,
        remove=remove,
    )


def write_statement(statement: Statement) -> dict[str, Any]:
    """The statement as JSON has it; `read_statement` gives it back."""
    said = {name: _as_json(value) for name in CORRECTABLE if (value := getattr(statement, name)) is not None}
    if statement.resolution == UNDECIDED:
        said["resolution"] = None
    for part in ("add", "remove"):
        codes = {name: _as_json(value) for name in SETS if (value := getattr(getattr(statement, part), name))}
        said |= {part: codes} if codes else {}
    return said


def restore_statement(said: Mapping[str, Any]) -> Statement:
    """The statement that `write_statement` wrote, as it was then: its codes may have left the taxonomy since."""
    add, remove = said.get("add", {}), said.get("remove", {})
    return Statement(
        sentiment=said.get("sentiment"),
        reasons=said.get("reasons"),
        effort=tuple(said["effort"]) if "effort" in said else None,
        loyalty=tuple(said["loyalty"]) if "loyalty" in said else None,
        resolution=(said["resolution"] or UNDECIDED) if "resolution" in said else None,
        add=Added(add.get("reasons", {}), *(tuple(add.get(name, ())) for name in SETS[1:])),
        remove=Removed(*(tuple(remove.get(name, ())) for name in SETS)),
    )


def as_known_now(said: Statement) -> Statement:
    """The statement with the codes that its reasons have in the taxonomy in use; those that it lacks are not spoken of.

    All reasons of a record with one among them that this taxonomy never had, not even hidden, are not all of these: they are
    to be there, and of the others nothing is said. What was said stays as it was said, so that it holds again where the
    taxonomy has them again.
    """
    taxonomy = load_taxonomy()
    now = taxonomy.reason_codes
    if all(now.get(code) == code for code in (*(said.reasons or ()), *said.add.reasons, *said.remove.reasons)):
        return said
    there, strange = said.reasons or {}, {*(said.reasons or ())} - {*now, *taxonomy.given_as}
    added = said.add.reasons if not strange else {**there, **said.add.reasons}
    return replace(
        said,
        reasons=None if said.reasons is None or strange else _named(there, now),
        add=replace(said.add, reasons=_named(added, now)),
        remove=replace(said.remove, reasons=tuple(now[code] for code in said.remove.reasons if code in now)),
    )


def statement_of(tags: Tags) -> Statement:
    """What says of a record all that it says already: that of a person who has seen it and finds it right."""
    return Statement(
        sentiment=tags.sentiment,
        reasons={reason.code: reason.polarity for reason in tags.reasons},
        effort=tuple(cue.code for cue in tags.effort),
        loyalty=tuple(cue.code for cue in tags.loyalty),
        resolution=tags.resolution or UNDECIDED,
    )


def _named(reasons: Mapping[str, Polarity], now: Mapping[str, str]) -> dict[str, Polarity]:
    return {now[code]: polarity for code, polarity in reasons.items() if code in now}


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _read_added(said: Mapping[str, Any]) -> Added:
    given = _part(said, "add")
    codes = (_several(name, given.get(name, ())) for name in SETS[1:])
    return Added(_read_reasons(given.get("reasons", {})), *codes)


def _read_removed(said: Mapping[str, Any]) -> Removed:
    given = _part(said, "remove")
    return Removed(*(_several(name, given.get(name, ())) for name in SETS))


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = said.get(name, {})
    if not isinstance(given, Mapping):
        raise _wrong(name, "an object with some of " + ", ".join(SETS))
    _check_names(given, SETS, name)
    return given


def _read_reasons(given: Any) -> Mapping[str, Polarity]:
    if not isinstance(given, Mapping):
        raise _wrong("reasons", "an object of codes and what is said of each")
    return {_one("reasons", code): _polarity(said) for code, said in given.items()}


def _read_resolution(given: Any) -> Resolution | Literal["none"]:
    return UNDECIDED if given is None else cast(Resolution, _one("resolution", given))


def _several(field: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise _wrong(field, "a list of codes")
    return tuple(dict.fromkeys(_one(field, code) for code in given))


def _one(field: str, code: Any) -> str:
    options = tuple(each.code for each in _known(field))
    before = load_taxonomy().reason_codes if field == "reasons" else {}
    if not isinstance(code, str) or code not in {*options, *before}:
        raise InputError(f"{field}: there is no code {_shown(code)}.", field=field, options=options)
    return code


def _known(field: str) -> tuple[Code, ...]:
    taxonomy = load_taxonomy()
    return {
        "sentiment": taxonomy.sentiments,
        "reasons": taxonomy.reasons,
        "effort": taxonomy.effort,
        "loyalty": taxonomy.loyalty,
        "resolution": taxonomy.resolutions,
    }[field]


def _polarity(given: Any) -> Polarity:
    if given not in POLARITIES:
        raise InputError(f"reasons: there is no polarity {_shown(given)}.", field="reasons", options=POLARITIES)
    return cast(Polarity, given)


def _check_names(given: Mapping[str, Any], known: tuple[str, ...], part: str) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"{part}: there is no field {_shown(name)} to correct.", field=part, options=known)


def _check_once(said: Mapping[str, Any], add: Added, remove: Removed) -> None:
    """Two things said of one field would hold in an order that nobody has said."""
    for name in SETS:
        added, removed = getattr(add, name), getattr(remove, name)
        if name in said and (added or removed):
            raise InputError(f"{name}: either the whole set, or what to add and remove.", field=name)
        if both := sorted(set(added) & set(removed)):
            raise InputError(f"{name}: {both[0]!r} is both to be added and to be removed.", field=name)


def _wrong(field: str, wanted: str) -> InputError:
    return InputError(f"{field}: give {wanted}.", field=field)


def _shown(value: Any) -> str:
    """A code that is none, as far as it can be one: a longer value, or one of another kind, may be a customer's words."""
    return repr(value) if isinstance(value, str) and len(value) <= LONGEST_CODE and value.isascii() else "like this"
