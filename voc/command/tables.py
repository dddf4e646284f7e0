"""Figures as a table that fits the terminal: each in one cell with its interval, or with why there is none.

Where it does not fit, the columns that tell least are left out and named.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_ENDS: Final = ("_low", "_high")
_WHY_NONE: Final = ("null_reason", "missing")  # said where the value would stand
_OF_MAIN: Final = ("value", "share", "difference")  # the figure whose interval is ci_low to ci_high
_LEFT_OUT_FIRST: Final = (
    "end", "start", "p_value", "method", "title_fa", "score", "direction", "staying_gain", "share_before", "mean_with",
    "mean_without", "model_error", "examples", "unit", "rank", "partial", "q_value", "negative", "positive", "gain", "n_first",
    "n_second",
)  # fmt: skip
_GAP: Final = 2
_WIDE: Final = 10_000  # of what is no terminal, where nothing needs to fit

Rows = Sequence[Mapping[str, Any]]


def print_figures(rows: Rows) -> None:
    """A table of rows with like names; on a terminal that is too narrow for all columns it says which are left out."""
    console = Console() if Console().is_terminal else Console(width=_WIDE)
    columns = {name: [_with_interval(row, name) for row in rows] for name in _columns(rows)}
    widths = {name: max(map(cell_len, (name, *cells))) + _GAP for name, cells in columns.items()}
    gone = []
    for name in _LEFT_OUT_FIRST:
        if name in columns and sum(widths[each] for each in columns) > console.width:
            del columns[name]
            gone.append(name)
    console.print(_table(rows, columns))
    if gone:
        left_out = f"not shown: {', '.join(gone)} (a wider terminal or --output shows all)"
        console.print(left_out, style="dim", highlight=False)


def _columns(rows: Rows) -> Iterator[str]:
    for name in rows[0]:
        if not name.endswith(_ENDS) and name not in _WHY_NONE and any(row[name] not in (None, ()) for row in rows):
            yield name


def _table(rows: Rows, columns: Mapping[str, Sequence[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in columns:
        numbers = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(name, no_wrap=name != "examples", justify="right" if numbers else "left")
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, cells))  # what customers' files call things is no markup
    return table


def _with_interval(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None and name == "value" and row.get("null_reason"):
        return f"{row['null_reason']} {_text(row['missing'])}"
    low, high = (row.get(f"{'ci' if name in _OF_MAIN else name}{end}") for end in _ENDS)
    shown = _text(row[name])
    return shown if low is None or high is None else f"{shown} ({_text(low)}…{_text(high)})"


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Mapping):  # a figure inside a figure
        return _with_interval(value, "value")
    if isinstance(value, tuple | list):
        return " ".join(map(str, value))
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
