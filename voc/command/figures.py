"""`voc kpis` and `voc trends`: figures of what the database holds, as a table or a file."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer

from voc.calendars import BucketSize, Calendar
from voc.command.tables import print_figures
from voc.days import parse_end, parse_first_day
from voc.errors import InputError
from voc.export import figure_row, format_of, stream_figures_as, write_whole
from voc.opening import open_database
from voc.settings import read_settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from voc.store import Filters, Store

Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="FILTER=VALUE", help="from, to, channel, agent, reason, … or attr.NAME; repeatable"),
]
Bucket = Annotated[str | None, typer.Option(help="hour, day, week (from Saturday), month, quarter or year")]
InCalendar = Annotated[str, typer.Option(help="jalali or gregorian")]
Group = Annotated[str | None, typer.Option(help="channel, agent, … or attr.NAME")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="a .csv, .jsonl, .xlsx, .parquet or .arrows file instead of a table")
]


def kpis(
    names: Annotated[list[str] | None, typer.Argument(help="KPIs to show; all when empty", show_default=False)] = None,
    bucket: Bucket = None,
    calendar: InCalendar = "jalali",
    group: Group = None,
    where: Where = None,
    output: Output = None,
) -> None:
    """Values of KPIs with n, 95 % interval, method, and the reason where there is no value."""
    from voc.kpis import KPIS, KpiRow, compute_kpis, read_setting

    with open_store() as store:
        rows = compute_kpis(
            store,
            names or [kpi.name for kpi in KPIS],
            bucket=one_of("bucket", bucket, BucketSize) if bucket else None,
            calendar=one_of("calendar", calendar, Calendar),
            group=group,
            filters=parse_filters(where),
            setting=read_setting(read_settings(), datetime.now(store.zone)),
        )
    put_figures(rows, output, KpiRow)


def trends(
    measure: Annotated[
        str, typer.Argument(help="volume, sentiment, reasons, reason_net, effort, loyalty or resolution")
    ] = "reasons",
    bucket: Bucket = "month",
    calendar: InCalendar = "jalali",
    group: Group = None,
    level: Annotated[str, typer.Option(help="leaf or group of the contact reasons")] = "leaf",
    where: Where = None,
    output: Output = None,
) -> None:
    """A measure over time: n, share, 95 % interval and change against the bucket before."""
    from voc.trends import OF_REASONS, TrendRow, compute_trend

    filters = parse_filters(where)
    polarity = filters.polarity if measure in OF_REASONS else ()
    with open_store() as store:
        rows = compute_trend(
            store,
            measure,
            bucket=one_of("bucket", bucket or "month", BucketSize),
            calendar=one_of("calendar", calendar, Calendar),
            group=group,
            level=level,
            polarity=polarity,  # of the mentions that are counted, not of the rows, as in the API
            filters=dataclasses.replace(filters, polarity=()) if polarity else filters,
            now=datetime.now(store.zone),
        )
    put_figures(rows, output, TrendRow)


def parse_filters(pairs: list[str] | None) -> "Filters":
    """`NAME=VALUE` pairs as filters; a name given twice means either value. Raises InputError for an unknown name."""
    from voc.store import Filters

    many = ("channel", "agent", "sentiment", "reason", "polarity", "effort", "loyalty", "resolution", "batch", "kind")
    given: dict[str, Any] = {}
    attributes: dict[str, tuple[str, ...]] = {}
    zone = read_settings().zone
    for pair in pairs or ():
        name, _, value = pair.partition("=")
        if name.startswith("attr."):
            key = name.removeprefix("attr.")
            attributes[key] = (*attributes.get(key, ()), value)
        elif name == "from":
            given["from_"] = parse_first_day(value, name, zone)
        elif name == "to":
            given["to"] = parse_end(value, name, zone)
        elif name == "q":
            given["q"] = value
        elif name == "corrected":
            given[name] = one_of(name, value, Literal["true", "false"]) == "true"
        elif name in many:
            given[name] = (*given.get(name, ()), *value.split(","))
        else:
            raise InputError(
                f"No filter {name!r}.", field="where", options=("from", "to", "corrected", "q", *many, "attr.NAME")
            )
    return Filters(**given, attributes=attributes)


@contextmanager
def open_store() -> "Iterator[Store]":
    """The store of the settings, with the tags of their model. Raises InputError where there is no database yet."""
    from voc.tagging import model_identity

    settings = read_settings()
    if not settings.database_is_there:
        raise InputError(f"There is no database {settings.database!r} yet: `voc import FILE` makes one.", field="VOC_DATABASE")
    with open_database(settings) as store:
        store.current = model_identity(settings.model)
        yield store


def put_figures(figures: "Sequence[DataclassInstance]", output: Path | None, record: "type[DataclassInstance]") -> None:
    """Figures that are all of this dataclass as a table on the terminal, or as the file that is asked for."""
    if output:
        write_whole(output, stream_figures_as(figures, format_of(output), record))
    if not figures:
        typer.echo("no rows", err=True)
    elif not output:
        print_figures([figure_row(figure, "jsonl") for figure in figures])


def one_of(name: str, value: str, kind: Any) -> Any:
    """The value, if it is one of a Literal's. Raises InputError, which lists them."""
    if value not in get_args(kind):
        raise InputError(f"{name}: {value!r} is not known.", field=name, options=get_args(kind))
    return cast(Any, value)
