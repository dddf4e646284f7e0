"""The system query options, checked against the set that they are asked of."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from voc.errors import QueryError, UnsupportedError
from voc.odata.expressions import Comparison, Constant, Expression, parse_filter
from voc.odata.model import EntitySet, Property
from voc.store.paging import number, read_cursor

KNOWN: Final = ("$select", "$filter", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format")
MOST_ORDERINGS: Final = 10
_ELSEWHERE: Final = frozenset(
    ("$expand", "$search", "$apply", "$compute", "$levels", "$index", "$deltatoken", "$id", "$schemaversion")
)
_KEY: Final = re.compile(r"(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?'(?P<value>(?:[^']|'')*)'", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a set is asked for; `after` are the places of the last row of the page before."""

    select: tuple[Property, ...]
    filter: Expression | None = None
    order: tuple[tuple[Property, bool], ...] = ()  # and whether it descends
    top: int | None = None
    skip: int = 0
    count: bool = False
    after: tuple[int, ...] | None = None
    partly: bool = False  # not all properties


def read_options(entity_set: EntitySet, options: Iterable[tuple[str, str]]) -> Asked:
    """What these options, whose names begin with $ or @, ask of a set.

    Raises QueryError for what is wrong or stands twice and UnsupportedError for what OData knows and this feed does not.
    """
    given: dict[str, str] = {}
    for name, value in options:
        _check_name(name, given)
        given[name] = value.strip()
    select = _select(entity_set, given.get("$select", ""))
    return Asked(
        select=select or entity_set.properties,
        filter=parse_filter(given["$filter"], entity_set) if given.get("$filter") else None,
        order=tuple(_order(entity_set, given.get("$orderby", ""))),
        top=_whole("$top", given["$top"]) if "$top" in given else None,
        skip=_whole("$skip", given.get("$skip", "0")),
        count=_flag("$count", given.get("$count", "false")),
        after=_after(entity_set, given["$skiptoken"]) if "$skiptoken" in given else None,
        partly=bool(select),
    )


def read_key(entity_set: EntitySet, predicate: str) -> Asked:
    """The row that a key in brackets names: `'f12'` or `id='f12'`. Raises QueryError."""
    found = _KEY.fullmatch(predicate.strip())
    if not found or found["name"] not in (None, entity_set.key.name):
        message = f"The key of {entity_set.name} is written ('…') or ({entity_set.key.name}='…')."
        raise QueryError(message, field=entity_set.key.name)
    value = Constant("text", found["value"].replace("''", "'"))
    return Asked(entity_set.properties, Comparison("eq", entity_set.key, value), top=1)


def _check_name(name: str, given: Mapping[str, str]) -> None:
    if name.startswith("@"):
        raise UnsupportedError("Parameter aliases (@name) are not supported by this feed.", field="@")
    if name in _ELSEWHERE:
        raise UnsupportedError(f"{name} is not supported by this feed.", field=name, options=KNOWN)
    if name not in KNOWN:
        raise QueryError(f"There is no option {name[:60]!r}.", code="unknown_parameter", field=name[:60], options=KNOWN)
    if name in given:
        raise QueryError(f"{name} stands twice.", field=name)


def _select(entity_set: EntitySet, text: str) -> tuple[Property, ...]:
    """The properties, each once; none where all are meant."""
    names = [name.strip() for name in text.split(",")] if text else []
    if "*" in names:
        return ()
    return tuple(dict.fromkeys(entity_set.get(_own(name, "$select"), "$select") for name in names))


def _order(entity_set: EntitySet, text: str) -> Iterable[tuple[Property, bool]]:
    terms = text.split(",") if text else []
    if len(terms) > MOST_ORDERINGS:
        raise QueryError(f"$orderby: more than {MOST_ORDERINGS} properties.", field="$orderby")
    for term in terms:
        name, *direction = term.split() or [""]
        if direction not in ([], ["asc"], ["desc"]):
            raise QueryError("$orderby: a property is followed by asc, desc or nothing.", field="$orderby")
        yield entity_set.get(_own(name, "$orderby"), "$orderby"), direction == ["desc"]


def _own(name: str, option: str) -> str:
    if re.search(r"[/()]", name):
        raise UnsupportedError(f"{option}: paths and functions are not supported by this feed.", field=option)
    return name


def _whole(option: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII):
        raise QueryError(f"{option}: a whole number is needed, at most ten digits long.", field=option)
    return int(text)


def _flag(option: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise QueryError(f"{option}: true or false is needed.", field=option, options=("true", "false"))
    return text == "true"


def _after(entity_set: EntitySet, token: str) -> tuple[int, ...]:
    return read_cursor(entity_set.name, token, *[number] * len(entity_set.places))
