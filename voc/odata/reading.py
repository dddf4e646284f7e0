"""A page of a set, or the number of its rows, with everything that is asked done by the database.

A page begins behind the last row of the page before, wherever that row has come to stand, so rows that arrive meanwhile shift
nothing. The token names that row by its places alone: the values that it is ordered by may be a customer's words, and an
address is no place for them. Figures are worked out anew for each page, and a mark, which is a digest of its key, finds one
again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.errors import GoneError
from voc.kpis.slices import Selects
from voc.odata.conditions import write_condition
from voc.odata.expressions import Expression
from voc.odata.model import EntitySet, Kind
from voc.odata.options import Asked
from voc.store.filters import Filters, where
from voc.store.paging import write_cursor

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

_SQL_TYPES: Final[Mapping[Kind, str]] = {
    "text": "VARCHAR[]",
    "whole": "INTEGER[]",
    "number": "DOUBLE PRECISION[]",
    "flag": "BOOLEAN[]",
    "day": "DATE[]",
    "moment": "TIMESTAMP WITH TIME ZONE[]",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A set, and which of it there is to ask for: what passes a condition, or figures that were worked out just now."""

    of: EntitySet
    condition: str = "TRUE"
    parameters: Mapping[str, object] = field(default_factory=dict)
    figures: str = ""  # the query that has them, under the name `figure`
    figure_parameters: Mapping[str, object] = field(default_factory=dict)

    def query(self, then: str) -> str:
        """The query `then`, which may read the figures."""
        return f"WITH {self.figures}{then}" if self.figures else f"WITH {then}"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Rows as they are written in JSON; `next` leads to the rows that follow, None where there are none."""

    rows: list[dict[str, Any]]
    next: str | None


def source_of_rows(entity_set: EntitySet, filters: Filters) -> Source:
    """A stored set, with the rows of feedback that pass our own filters. Raises InputError for a bad filter."""
    condition = where(filters)
    return Source(entity_set, condition.sql, condition.parameters)


def source_of_figures(entity_set: EntitySet, figures: Sequence[Sequence[Any]]) -> Source:
    """A set of figures, in this order; each has a value for every property of the set."""
    columns = list(zip(*figures, strict=True)) or [()] * len(entity_set.properties)
    named = {f"figure_{place}": list(values) for place, values in enumerate(columns)}
    lists = ", ".join(
        f'unnest(CAST($figure_{place} AS {_SQL_TYPES[each.kind]})) AS "{each.name}"'
        for place, each in enumerate(entity_set.properties)
    )
    places = "unnest(CAST($figure_places AS BIGINT[])) AS place, unnest(CAST($figure_marks AS BIGINT[])) AS mark"
    named |= {"figure_places": list(range(len(figures))), "figure_marks": [_mark(key) for key, *_ in figures]}
    return Source(entity_set, figures=f"figure AS MATERIALIZED (SELECT {places}, {lists}), ", figure_parameters=named)


def _mark(key: str) -> int:
    """Forty bits of a digest: of half a million keys one in a million shares its mark with another."""
    return int.from_bytes(blake2b(key.encode(), digest_size=5).digest())


def count_rows(store: Selects, source: Source, condition: Expression | None) -> int:
    """How many rows of the source meet a condition."""
    sql, parameters = _conditions(source, condition)
    tables = source.of.tables_for(sql)
    counted = source.query(f"counted AS (SELECT count(*) AS n FROM {tables} WHERE {sql}) SELECT n FROM counted")
    ((count,),) = store.select(counted, parameters)
    return int(count)


def read_page(store: Selects, source: Source, asked: Asked, most: int, zone: ZoneInfo) -> FeedPage:
    """The next rows that are asked for, at most `most`, with times in `zone`.

    Raises GoneError where the last row of the page before is gone, so that nobody can say what comes next.
    """
    limit = most if asked.top is None else min(most, asked.top)
    if limit == 0:
        return FeedPage([], None)
    found = store.select(*_page_query(store, source, asked, limit + 1))
    shown, width = found[:limit], len(asked.select)
    rows = [{each.name: plain(value, zone) for each, value in zip(asked.select, row[:width], strict=True)} for row in shown]
    more = len(found) > limit and limit != asked.top
    return FeedPage(rows, write_cursor(source.of.name, *shown[-1][width:]) if more else None)


def plain(value: Any, zone: ZoneInfo) -> Any:
    """A value of the database as JSON has it; of a time, the hour of `zone` where its offset is of whole minutes."""
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        offset = local.utcoffset()
        return (local if offset and not offset.seconds % 60 else value.astimezone(UTC)).isoformat()
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class _Term:
    """What rows are ordered by."""

    sql: str
    descends: bool = False
    always: bool = True

    @property
    def order(self) -> str:
        """As ORDER BY has it; null comes before everything, as OData wants it."""
        return f"{self.sql} DESC NULLS LAST" if self.descends else f"{self.sql} NULLS FIRST"


def _page_query(store: Selects, source: Source, asked: Asked, most: int) -> tuple[str, dict[str, object]]:
    """First the places of the page's rows, then what is shown of those rows alone: lists of codes cost a look at each tag."""
    terms = [*(_Term(f"({each.sql})", descends, each.always) for each, descends in asked.order), *map(_Term, source.of.places)]
    condition, parameters = _conditions(source, asked.filter)
    if asked.after is not None:
        after, values = _behind(terms, _values_at(store, source, asked, terms))
        condition, parameters = f"{condition} AND {after}", parameters | values
    order = ", ".join(term.order for term in terms)
    places = ", ".join(f"{sql} AS place_{number}" for number, sql in enumerate(source.of.places))
    page = (
        f"SELECT {places} FROM {source.of.tables_for(condition, order)}"
        f" WHERE {condition} ORDER BY {order} LIMIT $most OFFSET $skip"
    )
    shown = ", ".join(
        [*(f"({each.sql})" for each in asked.select), *(f"page.place_{number}" for number in range(len(source.of.places)))]
    )
    same = " AND ".join(f"page.place_{number} = {sql}" for number, sql in enumerate(source.of.places))
    tables = source.of.tables_for(shown, order, page="SELECT place_0 FROM page")
    sql = source.query(f"page AS ({page}) SELECT {shown} FROM {tables} JOIN page ON {same} ORDER BY {order}")
    return sql, parameters | {"most": most, "skip": asked.skip if asked.after is None else 0}


def _conditions(source: Source, condition: Expression | None) -> tuple[str, dict[str, object]]:
    sql, parameters = write_condition(condition) if condition else ("TRUE", {})
    return f"({source.condition}) AND {sql}", {**source.parameters, **source.figure_parameters, **parameters}


def _values_at(store: Selects, source: Source, asked: Asked, terms: Sequence[_Term]) -> list[Any]:
    """What the last row of the page before has of each term."""
    last = asked.after or ()
    if not (asked.order or source.figures):
        return list(last)
    lasting = list(enumerate(source.of.places))[-1 if source.figures else 0 :]  # of a figure the mark, not the place
    at = " AND ".join(f"{sql} = $last_{number}" for number, sql in lasting)
    values = ", ".join(term.sql for term in terms)
    sql = source.query(f"last AS (SELECT {values} FROM {source.of.tables_for(values)} WHERE {at}) SELECT * FROM last")
    named = {f"last_{number}": last[number] for number, _ in lasting}
    for row in store.select(sql, {**source.figure_parameters, **named}):
        return list(row)
    message = "The row that this page begins behind is gone since the page before. Begin again with the first page."
    raise GoneError(message, field="$skiptoken")


def _behind(terms: Sequence[_Term], values: Sequence[Any]) -> tuple[str, dict[str, object]]:
    """The condition that a row comes later than one with these values, as the terms order them."""
    beyond = [
        " AND ".join((*_level(terms[:place], values), _beyond(terms[place], values[place], place)))
        for place in range(len(terms))
    ]
    first = terms[0]
    bound = f"{first.sql} >= $after_0 AND " if first.always and not first.descends else ""  # which the database can look up
    named = {f"after_{place}": value for place, value in enumerate(values) if value is not None}
    return f"({bound}({' OR '.join(f'({each})' for each in beyond)}))", named


def _level(terms: Sequence[_Term], values: Sequence[Any]) -> Iterator[str]:
    for place, term in enumerate(terms):
        yield f"{term.sql} IS NULL" if values[place] is None else f"{term.sql} = $after_{place}"


def _beyond(term: _Term, value: Any, place: int) -> str:
    if value is None:
        return "FALSE" if term.descends else f"{term.sql} IS NOT NULL"
    if not term.descends:
        return f"{term.sql} > $after_{place}"
    return f"({term.sql} < $after_{place} OR {term.sql} IS NULL)"
