"""A page of a long list, and the opaque cursor that leads to the next one."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from voc.errors import InputError

Item = TypeVar("Item")

MOST_ITEMS: Final = 1_000
LAST: Final = 2**63 - 1
"""After every row."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list; `next` is the cursor of the page after, None on the last one."""

    items: tuple[Item, ...]
    next: str | None


def write_cursor(kind: str, *position: int | str) -> str:
    """A cursor that says after which item of the list `kind` the next page begins."""
    return base64.urlsafe_b64encode(json.dumps([kind, *position]).encode()).decode().rstrip("=")


def read_cursor(kind: str, cursor: str, *readers: Callable[[Any], Any], field: str = "cursor") -> tuple[Any, ...]:
    """The position in a cursor of the list `kind`, each part through its reader. Raises InputError where it is not one."""
    try:
        found, *position = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if found == kind:
            return tuple(read(part) for read, part in zip(readers, position, strict=True))
    except (ValueError, TypeError, RecursionError):
        pass
    raise InputError(f"{field}: this is not the `next` of a page of this list.", field=field)


def number(part: Any) -> int:
    """Reads a count or a row number out of a cursor. Raises ValueError for anything else."""
    if type(part) is not int or not 0 <= part <= LAST:
        raise ValueError(part)
    return part


def moment(part: Any) -> datetime:
    """Reads a time with its zone out of a cursor. Raises ValueError for anything else."""
    at = datetime.fromisoformat(part)
    if at.tzinfo is None:
        raise ValueError(part)
    return at


def check_limit(limit: int) -> int:
    """`limit` itself. Raises InputError where a page cannot have so many items."""
    if not 1 <= limit <= MOST_ITEMS:
        raise InputError(f"limit: {limit} is not between 1 and {MOST_ITEMS}.", field="limit")
    return limit


def cut_page(found: list[Item], limit: int) -> tuple[tuple[Item, ...], bool]:
    """The items of a page out of up to `limit + 1` that were asked for, and whether more follow."""
    return tuple(found[:limit]), len(found) > limit
