"""What an entity set is: its properties, and the SQL that each of them stands for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal

from voc.errors import QueryError

OF_PAGE: Final = "/*of page*/"
"""Stands in a join where it is to look no further than at the rows of a page, once those are known."""

Kind = Literal["text", "whole", "number", "flag", "day", "moment"]

EDM: Final[Mapping[Kind, str]] = {
    "text": "Edm.String",
    "whole": "Edm.Int32",
    "number": "Edm.Double",
    "flag": "Edm.Boolean",
    "day": "Edm.Date",
    "moment": "Edm.DateTimeOffset",
}
"""No Int64 and no Decimal: a client may ask for those as strings (IEEE754Compatible), and nothing here needs them."""


@dataclass(frozen=True, slots=True)
class Property:
    """A column of a set: `sql` is its value over the tables of the set; one that is `always` there is never null."""

    name: str
    kind: Kind
    sql: str
    always: bool = False


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A table of the feed; `type_name` is one row of it, and its first property is the key.

    `table` is what it is read from, with the alias `f` for feedback or figures. `joins` are made where the SQL uses their
    alias. `places` are whole numbers that together tell rows apart, in the order in which rows come unless asked otherwise.
    """

    name: str
    type_name: str
    properties: tuple[Property, ...]
    table: str
    places: tuple[str, ...]
    joins: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Property:
        """The property that names a row."""
        return self.properties[0]

    def get(self, name: str, option: str) -> Property:
        """The property with this name. Raises QueryError, which lists the nearest, or all, where there is none."""
        for each in self.properties:
            if each.name == name:
                return each
        known = [each.name for each in self.properties]
        near = get_close_matches(name, known, n=3) or known
        raise QueryError(f"{option}: {self.name} has no property {name[:60]!r}.", field=option, options=tuple(near))

    def tables_for(self, *used: str, page: str = "") -> str:
        """What stands behind FROM for SQL that is to be `used`; `page` is the query that has the page's rows by number."""
        together = " ".join(used)
        joined = (sql for alias, sql in self.joins.items() if re.search(rf"\b{alias}\.", together))
        return "".join((self.table, *joined)).replace(OF_PAGE, f" WHERE x.seq IN ({page})" if page else "")
