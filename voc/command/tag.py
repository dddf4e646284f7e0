"""`voc tag` and `voc import`: a file in, tags out, with what was understood, progress, and a summary worth reading."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from voc.command.rejects import RejectsFile
from voc.command.summary import Summary
from voc.conversations.timings import with_handle_time
from voc.errors import InputError, ModelError
from voc.export import format_of, stream_feedback_as, write_whole
from voc.opening import open_database
from voc.records import Batch, Feedback, Reject, TaggedFeedback, Tags
from voc.settings import Settings, read_settings
from voc.taxonomy import taxonomy_of

if TYPE_CHECKING:
    from voc.engine import WorkerPool
    from voc.ingest import FeedbackSource
    from voc.tagging import Tagger

FEW_ROWS: Final = 400  # fewer are tagged sooner in this process than workers take to start

READ: Final = "CSV, TSV, XLSX, XLS, JSON, JSONL, Parquet, VTT, SRT, EML or text file"
EngineName = Literal["local", "ray"]

Input = Annotated[Path, typer.Argument(help=READ, show_default=False)]
Mapped = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=HEADER", help="read FIELD from HEADER; several texts as text=title+body"),
]


def tag(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help=f"{READ}; for --engine ray Parquet files or folders", show_default=False),
    ],
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help=".jsonl, .csv, .xlsx, .parquet or .arrows, a folder for --engine ray",
            show_default="INPUT.tagged.jsonl here",
        ),
    ] = "",
    map: Mapped = None,
    model: Annotated[str, typer.Option(help="model folder or hub name instead of VOC_MODEL")] = "",
    workers: Annotated[int, typer.Option(min=0, max=256, help="tagging processes; 0 for one per core")] = 0,
    engine: Annotated[
        EngineName, typer.Option(help="ray: archives, by the cluster of VOC_RAY_ADDRESS or this machine alone")
    ] = "local",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="no progress and no summary")] = False,
) -> None:
    """Tag every row of a file; refused rows go to OUTPUT.rejects.csv with line, column and reason."""
    settings = read_settings()
    console = Console(stderr=True, quiet=quiet)
    if engine == "ray":
        _tag_by_ray(inputs, output, parse_mapping(map), model or settings.model, workers or settings.workers, settings, console)
        return
    if len(inputs) > 1:
        raise InputError("Several files at once are for --engine ray; else give one.", field="input")
    input = Path(inputs[0])
    target = Path(output or f"{input.stem}.tagged.jsonl")
    format = format_of(target)
    if target.resolve() == input.resolve():
        raise InputError(f"The output {str(target)!r} is the input itself; give it another name.", field="output")
    source = _open(input, parse_mapping(map), settings)
    _show_columns(console, input, source)
    chosen = model or settings.model
    summary, rejects = Summary(taxonomy_of(chosen)), RejectsFile(target.with_name(target.name + ".rejects.csv"))
    with rejects, _tagger(chosen, workers or settings.workers, source.rows_estimate, settings) as tagger:
        write_whole(target, stream_feedback_as(_tagged(source, tagger, summary, rejects, console), format, settings.zone))
    for notice in source.notices:
        show_notice(console, notice.column, notice.message, notice.count)
    summary.show(console)
    refused = f" · {summary.refused:,} refused → {escape(str(rejects.path))}" if summary.refused else ""
    console.print(f"[bold]{summary.rows:,}[/] tagged → [bold]{escape(str(target))}[/]{refused}")


def _tag_by_ray(
    inputs: Sequence[str],
    output: str,
    mapping: Mapping[str, str],
    model: str,
    workers: int,
    settings: Settings,
    console: Console,
) -> None:
    from voc.command.archive import Plan, tag_archive
    from voc.engine.cluster import require_ray
    from voc.tagging import loader, model_identity

    if not output:
        raise InputError("Say with -o which folder the parts go into.", field="output")
    require_ray()
    plan = Plan(
        identity=model_identity(model),
        mapping=mapping,
        timezone=settings.timezone,
        max_text_chars=settings.max_text_chars,
        mask_names=settings.mask_names,
        ees_scale=settings.ees_scale,
    )
    address = settings.ray_address or "local"
    load = loader(settings.device, settings.precision)
    tag_archive(inputs, output, plan, model=model, workers=workers, address=address, console=console, load=load)


def import_(input: Input, map: Mapped = None) -> None:
    """Take a file into the database (VOC_DATABASE) and tag it; the same file again changes nothing."""
    from voc.engine import Engine, open_pool
    from voc.intake import take_file
    from voc.tagging import loader, model_identity

    settings = read_settings()
    load = loader(settings.device, settings.precision)
    console = Console(stderr=True)
    with open_database(settings, originals=True) as store:
        store.current = model_identity(settings.model)
        batch = take_file(store, input, name=input.name, mapping=parse_mapping(map), idempotency_key=None, settings=settings)
        console.print(f"batch [bold]{batch.id}[/]: {batch.accepted:,} accepted, {batch.rejected:,} refused")
        engine = Engine(store, open_pool(settings.model, settings.workers, settings.ray_address, load=load))
        engine.start()
        try:
            with progress_bar(console) as progress:
                task = progress.add_task("tagging", total=batch.accepted, rate="")
                while (batch := store.get_batch(batch.id)).status == "tagging":
                    progress.update(task, completed=batch.tagged, rate=rate_of(progress, task))
                    engine.wait_idle(0.5)
                progress.update(task, completed=batch.tagged)
        finally:
            engine.stop(timeout_s=10)
        _tell_outcome(console, batch)


def _tell_outcome(console: Console, batch: Batch) -> None:
    """Say what was tagged and noticed, rows that were set aside included. Raises ModelError where no row could be tagged."""
    for notice in batch.notices:
        show_notice(console, notice.column, notice.message, notice.count)
    console.print(f"{batch.tagged:,} tagged")
    if batch.status == "failed":
        raise ModelError(f"No row of the batch {batch.id} could be tagged; the notes above say why.", code="untaggable")


def parse_mapping(pairs: list[str] | None) -> dict[str, str]:
    """`FIELD=HEADER` pairs as a mapping. Raises InputError for one without an equals sign."""
    mapping = {}
    for pair in pairs or ():
        field, equals, header = pair.partition("=")
        if not (field and equals and header):
            raise InputError(f"--map {pair!r}: write FIELD=HEADER, as in --map text=نظر", field="map")
        mapping[field.strip()] = header.strip()
    return mapping


def _open(input: Path, mapping: dict[str, str], settings: Settings) -> "FeedbackSource":
    from voc.ingest import open_feedback

    if not input.is_file():
        raise InputError(f"There is no file {str(input)!r}.", field="input")
    return open_feedback(
        input,
        name=input.name,
        mapping=mapping or None,
        zone=settings.zone,
        max_text_chars=settings.max_text_chars,
        mask_names=settings.mask_names,
        ees_scale=settings.ees_scale,
    )


@contextmanager
def _tagger(model: str, workers: int, rows: int | None, settings: Settings) -> "Iterator[Tagger | WorkerPool]":
    from voc.tagging import loader, model_identity

    load = loader(settings.device, settings.precision)
    model_identity(model)  # a wrong path is said before any process starts
    if workers == 1 or (rows is not None and rows < FEW_ROWS):
        yield load(model)
        return
    from voc.engine import WorkerPool

    with WorkerPool(model, workers, load=load) as pool:
        yield pool


def _tagged(
    source: "FeedbackSource", tagger: "Tagger | WorkerPool", summary: Summary, rejects: RejectsFile, console: Console
) -> Iterator[TaggedFeedback]:
    from voc.engine import tag_stream

    def refuse(reject: Reject) -> None:
        summary.refuse(reject)
        rejects.write(reject)

    def set_aside(feedback: Feedback, reason: str) -> None:
        refuse(Reject(feedback.line, None, "not_tagged", reason))

    with progress_bar(console) if not console.quiet else nullcontext() as progress:
        task = progress.add_task("tagging", total=source.rows_estimate, rate="") if progress else TaskID(0)
        for feedback, tags in tag_stream(accepted(source, refuse), tagger, set_aside=set_aside):
            summary.add(feedback, tags)
            yield as_record(feedback, tags)
            if progress and summary.rows % 20 == 0:
                progress.update(task, completed=summary.rows + summary.refused, rate=rate_of(progress, task))
        if progress:
            progress.update(task, total=summary.rows + summary.refused, completed=summary.rows + summary.refused)


def accepted(source: Iterable[Feedback | Reject], refuse: Callable[[Reject], None]) -> Iterator[Feedback]:
    """The rows that can be tagged; those that cannot go to `refuse`."""
    for row in source:
        if isinstance(row, Reject):
            refuse(row)
        else:
            yield with_handle_time(row)


def as_record(feedback: Feedback, tags: Tags) -> TaggedFeedback:
    """Without a database a row keeps the id that it came with, or else is known by its line."""
    return TaggedFeedback(feedback.external_id or f"line-{feedback.line}", "", feedback, tags)


def _show_columns(console: Console, input: Path, source: "FeedbackSource") -> None:
    encoding = f" · {source.encoding}" if source.encoding else ""
    table = Table(title=escape(f"{input.name} · {source.format}{encoding}"), title_style="bold")
    table.add_column("column")
    table.add_column("read as", style="cyan")
    table.add_column("", style="dim")
    for column in source.columns:
        table.add_row(*map(Text, (column.header, column.field or "attribute", column.note)))  # headers are no markup
    console.print(table)


def show_notice(console: Console, column: str | None, message: str, count: int) -> None:
    """What was found so often, and where."""
    console.print(f"[yellow]note[/] {escape(f'{column}: {message}' if column else message)} ({count:,})")


def progress_bar(console: Console) -> Progress:
    """How far the tagging is and how fast, which each update says as `rate`."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


def rate_of(progress: Progress, task: TaskID) -> str:
    """Rows per second since the start: rows come in chunks, so that a moment's speed says little."""
    state = progress.tasks[task]
    return f"{state.completed / state.elapsed:,.0f} rows/s" if state.completed and state.elapsed else ""
