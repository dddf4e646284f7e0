"""A nested record as one row: objects become `a.b`, lists become their items with «، » between them."""

import json
from collections.abc import Mapping
from typing import Final

from voc.ingest.texts import LIST_MARK
from voc.ingest.values import as_text

DEEPEST: Final = 8
_SCALARS: Final = frozenset((str, int, float, bool, type(None)))


def flatten(record: Mapping[str, object]) -> Mapping[str, object]:
    """`record` with one plain value for each name; an empty list or object gives no name.

    The one-armed objects of MongoDB ({"$date": …}) stand for their value.

    >>> flatten({"id": 7, "foods": [{"title": "کباب"}, {"title": "دوغ"}], "user": {"city": "یزد"}})
    {'id': 7, 'foods.title': 'کباب، دوغ', 'user.city': 'یزد'}
    """
    if all(type(value) in _SCALARS for value in record.values()):
        return record
    flat: dict[str, object] = {}
    for name, value in record.items():
        _put(flat, str(name), value, 1)
    return flat


def _put(flat: dict[str, object], name: str, value: object, depth: int) -> None:
    if depth > DEEPEST and isinstance(value, Mapping | list | tuple):
        flat[name] = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, Mapping) and len(value) == 1 and next(iter(value)).startswith("$"):
        _put(flat, name, next(iter(value.values())), depth + 1)
    elif isinstance(value, Mapping):
        for inner, inside in value.items():
            _put(flat, f"{name}.{inner}", inside, depth + 1)
    elif isinstance(value, list | tuple):
        _put_items(flat, name, value, depth)
    else:
        flat[name] = value


def _put_items(flat: dict[str, object], name: str, items: list[object] | tuple[object, ...], depth: int) -> None:
    joined: dict[str, list[str]] = {}
    for item in items:
        inside: dict[str, object] = {}
        _put(inside, name, item, depth + 1)
        for inner, value in inside.items():
            text = as_text(value).strip()
            joined.setdefault(inner, []).extend([text] if text else [])
    for inner, texts in joined.items():
        flat[inner] = LIST_MARK.join(texts) or None
