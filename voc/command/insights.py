"""`voc spikes`, `themes`, `drivers`, `compare` and `what-if`: what changed, what goes with it, and is it real."""

from datetime import date, datetime
from typing import Annotated

import typer

from voc.calendars import BucketSize, Calendar
from voc.command.figures import Group, InCalendar, Output, Where, one_of, open_store, parse_filters, put_figures
from voc.settings import read_settings

Level = Annotated[str, typer.Option(help="leaf or group of the contact reasons")]
Side = Annotated[list[str] | None, typer.Option(metavar="FILTER=VALUE", help="a filter of this side alone; repeatable")]


def spikes(
    bucket: Annotated[str, typer.Option(help="hour, day, week (from Saturday), month, quarter or year")] = "day",
    calendar: InCalendar = "jalali",
    group: Group = None,
    level: Level = "leaf",
    latest: Annotated[int, typer.Option(help="how many of the last complete buckets are looked at")] = 1,
    where: Where = None,
    output: Output = None,
) -> None:
    """Contact reasons that rose or fell beyond chance, against their own past, season and trend included."""
    from voc.trends import Spike, find_spikes

    with open_store() as store:
        found = find_spikes(
            store,
            bucket=one_of("bucket", bucket, BucketSize),
            calendar=one_of("calendar", calendar, Calendar),
            group=group,
            level=level,
            latest=latest,
            filters=parse_filters(where),
            now=datetime.now(store.zone),
        )
    put_figures(found, output, Spike)


def themes(
    where: Where = None,
    output: Output = None,
) -> None:
    """Phrases that come more often than before where no contact reason was found: --where from=… --where to=…"""
    from voc.trends import NEW, Theme, find_themes, period_before

    filters = parse_filters(where)
    before = period_before(filters).from_
    with open_store() as store:
        found = find_themes(
            store, from_=filters.from_ or date.max, to=filters.to or date.max, before=before, filters=filters, min_score=NEW
        )
    put_figures(found, output, Theme)


def drivers(
    target: Annotated[str, typer.Argument(help="nps, csat, ces or sentiment")] = "sentiment",
    level: Level = "leaf",
    where: Where = None,
    output: Output = None,
) -> None:
    """What a figure is associated with: how it would change without a reason's texts, and a regression."""
    from voc.kpis import read_setting
    from voc.trends import Driver, find_drivers

    least = read_setting(read_settings()).agent_min_n
    with open_store() as store:
        report = find_drivers(store, target, level=level, filters=parse_filters(where), agent_min_n=least)
    if report.null_reason:
        missing = f": no row has {', '.join(report.missing)}" if report.missing else ""
        typer.echo(f"no answer ({report.null_reason}){missing}", err=True)
    else:
        typer.echo(f"{report.target} = {report.value:.3f} over {report.n:,} rows", err=True)
    put_figures(report.drivers, output, Driver)


def compare(
    first: Side = None,
    second: Side = None,
    level: Level = "leaf",
    where: Where = None,
    output: Output = None,
) -> None:
    """Two segments side by side, or a time (--where from=… --where to=…) beside the equally long time before."""
    from voc.trends import Contrast, period_before
    from voc.trends import compare as compare_sides

    one, other = (parse_filters([*(where or ()), *(side or ())]) for side in (first, second))
    with open_store() as store:
        found = compare_sides(store, period_before(other) if one == other else one, other, level=level)
    typer.echo(f"first: {found.n_first:,} tagged rows, second: {found.n_second:,}", err=True)
    put_figures(found.items, output, Contrast)


def what_if(where: Where = None, output: Output = None) -> None:
    """Expected retention now, were high effort low, and were all resolved; in texts and in customers."""
    from voc.kpis import read_setting
    from voc.trends import Scenario
    from voc.trends import what_if as scenarios

    setting = read_setting(read_settings())
    with open_store() as store:
        found = scenarios(store, filters=parse_filters(where), options=setting.options, agent_min_n=setting.agent_min_n)
    put_figures(found, output, Scenario)
