"""`voc report-card`: how right the model is on rows that people judged, and what has changed, as tables and sentences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import typer

from voc.calendars import Calendar
from voc.command.figures import InCalendar, Output, Where, one_of, open_store, parse_filters, put_figures

Part = Literal[
    "sayings", "figures", "codes", "confusion", "calibration", "sentiment-calibration", "slices", "draws", "agreement", "drift",
    "texts", "tags",
]  # fmt: skip

OF_DRIFT: Final = ("drift", "texts", "tags")


def report_card(
    part: Annotated[str, typer.Argument(help=", ".join(get_args(Part)))] = "sayings",
    model: Annotated[str | None, typer.Option(help="by default the current one, if rows were judged under it")] = None,
    answers: Annotated[str, typer.Option(help="seen: of when rows were judged; now: of today")] = "seen",
    width: Annotated[float, typer.Option(help="to which width, ±, the rows still needed are counted")] = 0.05,
    calendar: InCalendar = "jalali",
    where: Where = None,
    output: Output = None,
) -> None:
    """For which codes trends can be believed, from rows that were drawn by lot and judged; and what has changed since."""
    from voc import report_card as cards
    from voc.settings import read_settings

    records: Mapping[Part, type[Any]] = {
        "sayings": cards.Saying,
        "figures": cards.Figure,
        "codes": cards.CodeScore,
        "confusion": cards.Confused,
        "calibration": cards.Bin,
        "sentiment-calibration": cards.Bin,
        "slices": cards.Slice,
        "draws": cards.Draw,
        "agreement": cards.Agreement,
        "drift": cards.Reading,
        "texts": cards.TextDrift,
        "tags": cards.TagDrift,
    }
    chosen: Part = one_of("part", part, Part)
    filters, months = parse_filters(where), one_of("calendar", calendar, Calendar)
    with open_store() as store:
        if chosen in OF_DRIFT:
            drift = cards.find_drift(store, filters=filters, calendar=months, model=read_settings().model)
            _put(drift.readings if chosen == "drift" else getattr(drift, chosen), output, records[chosen])
            return
        card = cards.draw_up(
            store,
            filters=filters,
            model=model,
            current=store.current.name if store.current else None,
            answers=one_of("answers", answers, cards.Answers),
            calendar=months,
            width=width,
        )
    left_out = ", ".join(f"{n:,} {why}" for why, n in card.left_out.items())
    typer.echo(f"{card.n:,} rows that {card.model or 'no model'} had tagged; left out: {left_out or 'none'}", err=True)
    if not card.n:
        typer.echo("Judge rows of the random queue first: /v1/review?queue=random, or the page /review.", err=True)
    of_sentiment = card.sentiment_calibration
    if chosen == "sentiment-calibration" and of_sentiment.n < card.n:
        typer.echo(f"{card.n - of_sentiment.n:,} of them are from before this probability was kept, and left out", err=True)
    parts: Mapping[Part, Sequence[Any]] = {
        "sayings": cards.sayings(card.codes),
        "calibration": card.calibration.bins,
        "sentiment-calibration": of_sentiment.bins,
    }
    _put(parts[chosen] if chosen in parts else getattr(card, chosen), output, records[chosen])


def _put(found: Sequence[Any], output: Path | None, record: type[Any]) -> None:
    """Figures as a table, sentences as lines, in both languages; or either as a file."""
    if output or not found or not hasattr(found[0], "fa"):
        put_figures(found, output, record)
        return
    for each in found:
        typer.echo(f"{each.en}\n  {each.fa}")
