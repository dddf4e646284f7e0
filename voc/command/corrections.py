"""`voc corrections`: what people say in place of the model, to a file and back, while no service has the database open.

A running one is asked at /v1/export/corrections and /v1/corrections/import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.command.figures import open_store
from voc.export import format_of, write_whole
from voc.settings import read_settings

corrections = typer.Typer(help="Carry corrections to a file and back.", no_args_is_help=True)
REFUSED_SHOWN = 20

Output = Annotated[
    Path, typer.Option("-o", "--output", help="a .jsonl, .csv, .xlsx, .parquet or .arrows file", show_default=False)
]
Source = Annotated[Path, typer.Argument(help="a .jsonl or .csv file that `export` wrote", show_default=False)]


@corrections.command()
def export(output: Output) -> None:
    """Write all corrections and confirmations that hold, by the ids of their records and a hash of their texts."""
    from voc.corrections.files import stream_corrections_as

    format = format_of(output)
    with open_store() as store:
        write_whole(output, stream_corrections_as(store.corrections.stream(), format, store.zone))
    typer.echo(f"written: {output}", err=True)


@corrections.command(name="import")
def import_(file: Source) -> None:
    """Take corrections in; what is known already is passed over, what has no record here is told."""
    from voc.corrections.files import read_rows, take_corrections

    with open_store() as store:
        taken = take_corrections(store, read_rows(file), names=read_settings().mask_names)
    typer.echo(f"{taken.placed:,} placed, {taken.known:,} known already, {len(taken.refused):,} not placed", err=True)
    for reject in taken.refused[:REFUSED_SHOWN]:
        typer.echo(f"  line {reject.line}: {reject.code}: {reject.message}", err=True)
    if len(taken.refused) > REFUSED_SHOWN:
        typer.echo(f"  … and {len(taken.refused) - REFUSED_SHOWN:,} more", err=True)
