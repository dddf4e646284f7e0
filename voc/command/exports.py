"""`voc export` and `voc changes`: the records themselves, all of them or what has changed, as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voc.command.figures import Where, open_store, parse_filters
from voc.errors import InputError
from voc.export import format_of, stream_changes_as, stream_feedback_as, stream_turns_as, write_whole

if TYPE_CHECKING:
    from voc.store import Change

DATABASE: Final = ".duckdb"
PIECE_BYTES: Final = 1024 * 1024

File = Annotated[
    Path, typer.Argument(help="a .jsonl, .csv, .xlsx, .parquet, .arrows or .duckdb file to write", show_default=False)
]


def export(
    output: File,
    where: Where = None,
    after: Annotated[str, typer.Option(metavar="ID", help="only records that arrived after this one")] = "",
    turns: Annotated[bool, typer.Option("--turns", help="conversations alone, with a row for each turn")] = False,
) -> None:
    """Write all tagged records that pass the filters, or as a .duckdb file all views of kpi_v1 as tables."""
    from voc.store import only_conversations

    if output.suffix.lower() == DATABASE:
        _check_whole(where, after, turns)
        with open_store() as store, store.open_snapshot() as snapshot:
            write_whole(output, iter(lambda: snapshot.read(PIECE_BYTES), b""))
        typer.echo(f"written: {output}", err=True)
        return
    format, filters = format_of(output), parse_filters(where)
    with open_store() as store:
        records = store.stream_feedback(only_conversations(filters) if turns else filters, after=after)
        pieces = (stream_turns_as if turns else stream_feedback_as)(records, format, store.zone)
        write_whole(output, pieces)
    typer.echo(f"written: {output}", err=True)


def changes(
    output: File,
    since: Annotated[str, typer.Option(metavar="CURSOR", help="only what happened after it; without, everything")] = "",
    cursor: Annotated[
        Path | None, typer.Option(metavar="FILE", help="holds the cursor of the last time, and then that of this time")
    ] = None,
) -> None:
    """Write what was stored, tagged or deleted since the last time, and say the cursor for the next time."""
    if since and cursor:
        raise InputError("Say one of --since CURSOR and --cursor FILE.", field="since")
    if cursor and cursor.exists():
        since = cursor.read_text("utf-8").strip()
    format, taken = format_of(output), _Taken(since)
    with open_store() as store:
        write_whole(output, stream_changes_as(taken.count(store.stream_changes(since)), format, store.zone))
    if cursor:
        write_whole(cursor, [taken.cursor.encode()])
    typer.echo(taken.cursor)
    typer.echo(f"{taken.changes:,} changes written: {output}", err=True)


def _check_whole(where: list[str] | None, after: str, turns: bool) -> None:
    if where or after or turns:
        raise InputError(
            "A .duckdb file holds all tables whole: it takes no filters, no --after and no --turns.", field="output"
        )


@dataclass(slots=True)
class _Taken:
    """How many changes went by, and the cursor of the last, or the one from before where there was none."""

    cursor: str
    changes: int = 0

    def count(self, changes: "Iterable[Change]") -> "Iterator[Change]":
        """The changes themselves."""
        for change in changes:
            self.cursor, self.changes = change.cursor, self.changes + 1
            yield change
