"""JSON into the dataclasses that it was made from, told by their types; a field that they do not know yet is passed over."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from voc.client.records import Rows

T = TypeVar("T")


def decode(record: type[T], value: Mapping[str, Any]) -> T:
    """The record. Raises TypeError where a field is missing that has no default, and ValueError for a time that is none.

    >>> from voc.records import Reject
    >>> decode(Reject, {"line": 3, "column": "تاریخ", "code": "bad_date", "message": "…", "later": 1}).column
    'تاریخ'
    """
    hints = _hints(cast(Any, record))
    return record(**{name: _decode(hint, value[name]) for name, hint in hints.items() if name in value})


def _decode(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        meant = [each for each in get_args(hint) if each is not NoneType]
        return _decode(meant[0], value) if len(meant) == 1 else value
    if origin is tuple:
        item = get_args(hint)[0]
        items = (_decode(item, each) for each in value)
        return Rows(cast(type[Any], item), items) if is_dataclass(item) else tuple(items)
    if hint in (date, datetime):
        return _read_time(value)
    return decode(cast(type[Any], hint), value) if is_dataclass(hint) else value


def _read_time(text: str) -> date:
    """A day, or a moment: the spans of an hour have one where others have a day."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


@cache
def _hints(record: Any) -> dict[str, Any]:
    hints = get_type_hints(record)
    return {each.name: hints[each.name] for each in fields(record)}
