"""The columns of a file and what stands in them, told by the dataclasses that the rows are made from.

So a column has its type even where the first rows, or all of them, are empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Kind = Literal["text", "whole", "number", "flag", "moment", "clock", "day"]
"""`moment` is a time with its zone, `clock` one without, as the hours of figures are."""

_KINDS: Final[dict[Any, Kind]] = {bool: "flag", int: "whole", float: "number", datetime: "moment", date: "day"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, and what all its values are that are not missing."""

    name: str
    kind: Kind = "text"


def columns_of(record: "type[DataclassInstance]") -> tuple[Column, ...]:
    """The columns of rows made from a dataclass; one inside it has its own, as `NAME_FIELD`.

    >>> from voc.records import Turn
    >>> [(column.name, column.kind) for column in columns_of(Turn)][1:3]
    [('text', 'text'), ('start_s', 'number')]
    """
    return tuple(_columns_in(record))


def _columns_in(record: "type[DataclassInstance]") -> Iterator[Column]:
    hints = get_type_hints(record)
    for field in fields(record):
        inner = _meant(hints[field.name])
        if is_dataclass(inner) and isinstance(inner, type):
            yield from (Column(f"{field.name}_{each.name}", each.kind) for each in _columns_in(inner))
        else:
            yield Column(field.name, _KINDS.get(inner, "text"))


def _meant(hint: Any) -> Any:
    """The one type that a value has where it is not missing; of several, the hint as it is."""
    meant = [each for each in get_args(hint) if each is not NoneType] if NoneType in get_args(hint) else [hint]
    return meant[0] if len(meant) == 1 else hint
