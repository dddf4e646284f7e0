"""Keeps what was taken in: durable first, in a DuckDB file by default, or on a PostgreSQL server.

`Store` is the way in; `Filters` says which rows are meant and `where` says it in SQL, for those who count.
"""

from voc.store.activity import Changes
from voc.store.changes import BEGINNING, Change, ChangePage
from voc.store.correction_list import NOBODY, CorrectionFilters, Reviewed, SelectionCounts
from voc.store.corrections import MOST_AT_ONCE, USUAL_LIMIT, Selection
from voc.store.filters import Filters, Where, only_conversations, where
from voc.store.paging import Page
from voc.store.store import Store
from voc.store.tagging import PendingText, SetAside

__all__ = [
    "BEGINNING",
    "MOST_AT_ONCE",
    "NOBODY",
    "USUAL_LIMIT",
    "Change",
    "ChangePage",
    "Changes",
    "CorrectionFilters",
    "Filters",
    "Page",
    "PendingText",
    "Reviewed",
    "Selection",
    "SelectionCounts",
    "SetAside",
    "Store",
    "Where",
    "only_conversations",
    "where",
]
