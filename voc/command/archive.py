"""`voc tag --engine ray`: archives that are too big for one machine, Parquet in and Parquet out, by Ray Data.

A file is cut into parts of so many rows. One worker of the cluster reads, tags and writes a part just as `voc tag` does a file,
and the part appears under its name when it is whole. What is there already is done, so the work goes on where it was killed.
Folders are local and shared by all nodes, or any that pyarrow has a file system for, as `s3://bucket/folder`.
"""

import json
import logging
import pickle
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from voc.command.rejects import as_csv
from voc.command.summary import Summary
from voc.command.tag import accepted, as_record, progress_bar, rate_of, show_notice
from voc.engine import WorkerPool, tag_stream
from voc.engine.worker import Load
from voc.errors import ClusterError, InputError, VocError, whereabouts
from voc.export import stream_feedback_as
from voc.records import EesScale, Feedback, Notice, Reject, TaggedFeedback
from voc.tagging import ModelIdentity, load_tagger
from voc.taxonomy import taxonomy_of

if TYPE_CHECKING:
    from voc.ingest import FeedbackSource

PART_ROWS: Final = 50_000  # some five minutes of one core, which is what a kill costs at most
BEGUN_AS: Final = "_voc.json"
PARTIAL: Final = ".partial"
REJECTS: Final = ".rejects.csv"
SHOWN: Final = 5

_PART_NAME: Final = re.compile(rf"(?P<stem>.+)-\d{{5,}}-of-\d{{5,}}\.parquet(?:{re.escape(REJECTS)})?")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for all parts, and must be when the work is taken up again."""

    identity: ModelIdentity
    mapping: Mapping[str, str]
    timezone: str
    max_text_chars: int
    mask_names: bool
    ees_scale: EesScale
    part_rows: int = PART_ROWS


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder in a file system of pyarrow's, which every node can reach."""

    files: Any
    path: str

    def __str__(self) -> str:
        return self.path

    def inside(self, name: str) -> "Place":
        """What is called so in this folder."""
        return Place(self.files, f"{self.path.rstrip('/')}/{name}")

    def beside(self, ending: str) -> "Place":
        """What is called like this, with an ending more."""
        return Place(self.files, self.path + ending)


Found = list[tuple[Place, float]]
"""Files, each with the moment of its last change, in seconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows from `start` to before `stop` of a file that `changed` last then, and where they go when they are tagged."""

    source: Place
    target: Place
    start: int
    stop: int
    changed: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a part, or of a file that was to be counted; `error` says why nothing did."""

    where: Place
    rows: int = 0
    summary: Summary | None = None
    notices: tuple[Notice, ...] = ()
    error: str = ""


def tag_archive(
    inputs: Sequence[str],
    folder: str,
    plan: Plan,
    *,
    model: str,
    workers: int,
    address: str,
    console: Console,
    load: Load = load_tagger,
) -> None:
    """Tag all rows of Parquet files into parts in `folder`. `address` is that of a Ray cluster, or `local`.

    Raises InputError for what cannot be read or written, after all else is tagged, and ClusterError where Ray gives up.
    """
    from voc.engine.foreman import connect

    files, target = _find_files(inputs), place(folder)
    _prepare(target, plan)
    ray = connect(address)
    try:
        _run(_Jobs(plan, model, workers, load), files, target, console)
    except ray.exceptions.RayError as error:
        raise ClusterError(f"Ray gave up ({type(error).__name__}); the same command goes on where it was.") from error
    finally:
        ray.shutdown()


def _run(jobs: "_Jobs", files: Found, folder: Place, console: Console) -> None:
    counted = list(jobs.count([file for file, _ in files]))
    failed = [each for each in counted if each.error]
    changed = {file.path: moment for file, moment in files}
    parts = [
        part
        for each in counted
        if not each.error
        for part in _cut(each.where, each.rows, changed[each.where.path], folder, jobs.plan.part_rows)
    ]
    written = {part.path: moment for part, moment in _list(folder, "*.parquet")}
    waiting = [part for part in parts if written.get(part.target.path, -1.0) < part.changed]
    if done := len(parts) - len(waiting):
        console.print(f"{done:,} of {len(parts):,} parts were tagged before")
    summary, notices = Summary(taxonomy_of(jobs.model)), Counter[tuple[str | None, str]]()
    with progress_bar(console) as progress:
        task = progress.add_task("tagging", total=sum(part.stop - part.start for part in waiting), rate="")
        for outcome in jobs.tag(waiting):
            if outcome.summary is None:
                failed.append(outcome)
                continue
            summary.merge(outcome.summary)
            notices.update({(notice.column, notice.message): notice.count for notice in outcome.notices})
            progress.update(task, advance=outcome.rows, rate=rate_of(progress, task))
    broken = {each.where.path for each in failed}
    unfinished = {part.source.path for part in parts if part.target.path in broken}
    _remove_older([part for part in parts if part.source.path not in unfinished], folder, keep=changed.keys())
    for (column, message), count in notices.items():
        show_notice(console, column, message, count)
    summary.show(console)
    refused = f" · {summary.refused:,} refused → PART.rejects.csv" if summary.refused else ""
    console.print(f"[bold]{summary.rows:,}[/] tagged → [bold]{escape(str(folder))}[/] in {len(waiting):,} parts{refused}")
    if failed:
        shown = "; ".join(f"{each.where}: {each.error}" for each in failed[:SHOWN])
        raise InputError(f"{len(failed):,} could not be tagged: {shown} The same command tries these again.", field="input")


class _Jobs:
    """What Ray Data does over the cluster."""

    def __init__(self, plan: Plan, model: str, workers: int, load: Load) -> None:
        from ray import data

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        self._data = data
        self.plan, self.model = plan, model
        self._workers = workers
        self._load = load

    def count(self, files: Sequence[Place]) -> Iterator[Outcome]:
        """Each file with the number of rows that it is read as."""
        given = self._data.from_items([{"given": pickle.dumps(file)} for file in files], override_num_blocks=len(files))
        return _outcomes(given.map(_count, fn_args=(self.plan,)))

    def tag(self, parts: Sequence[Part]) -> Iterator[Outcome]:
        """What became of each part, in the order in which they get done."""
        if not parts:
            return iter(())
        given = self._data.from_items([{"given": pickle.dumps(part)} for part in parts], override_num_blocks=len(parts))
        crew = self._data.ActorPoolStrategy(min_size=1, max_size=self._workers or None, max_tasks_in_flight_per_actor=1)
        made_of = (self.plan, self.model, self._load)
        return _outcomes(given.map(PartTagger, fn_constructor_args=made_of, compute=crew, num_cpus=1))


def _outcomes(rows: Any) -> Iterator[Outcome]:
    for row in rows.iter_rows():
        yield pickle.loads(row["outcome"])  # noqa: S301  # our own, from one of the two below


def _count(row: Mapping[str, bytes], plan: Plan) -> dict[str, bytes]:
    where: Place = pickle.loads(row["given"])  # noqa: S301  # our own, from `_Jobs.count`
    try:
        with _opened(where, plan) as source:
            outcome = Outcome(where, source.rows_estimate or 0)
    except Exception as error:  # raised, it would end all other work, and its message might quote a customer
        outcome = Outcome(where, error=_said(error))
    return {"outcome": pickle.dumps(outcome)}


class PartTagger:
    """A worker of the cluster. Its tagger is a process of its own, so that a row that kills it is found and set aside."""

    def __init__(self, plan: Plan, model: str, load: Load) -> None:
        self._plan = plan
        self._model = model
        self._pool = WorkerPool(model, 1, load=load, identity=plan.identity)

    def __call__(self, row: Mapping[str, bytes]) -> dict[str, bytes]:
        """The outcome of a part; both are pickled."""
        part: Part = pickle.loads(row["given"])  # noqa: S301  # our own, from `_Jobs.tag`
        try:
            outcome = self._tag(part)
        except Exception as error:  # as in `_count`
            outcome = Outcome(part.target, error=_said(error))
        return {"outcome": pickle.dumps(outcome)}

    def _tag(self, part: Part) -> Outcome:
        summary, rejects = Summary(taxonomy_of(self._model)), list[Reject]()

        def refuse(reject: Reject) -> None:
            summary.refuse(reject)
            rejects.append(reject)

        def set_aside(feedback: Feedback, reason: str) -> None:
            refuse(Reject(feedback.line, None, "not_tagged", reason))

        def tagged(source: "FeedbackSource") -> Iterator[TaggedFeedback]:
            rows = accepted(source.rows(part.start, part.stop), refuse)
            for feedback, tags in tag_stream(rows, self._pool, set_aside=set_aside):
                summary.add(feedback, tags)
                yield as_record(feedback, tags)

        zone = ZoneInfo(self._plan.timezone)
        with _opened(part.source, self._plan) as source:
            with _writing(part.target) as file:
                file.writelines(stream_feedback_as(tagged(source), "parquet", zone))
                _check_unchanged(part)  # else it would count as done, and be of rows that are not there any more
                _write_rejects(part, rejects)  # before the part, which says that all is done
            return Outcome(part.target, part.stop - part.start, summary, source.notices)


def _check_unchanged(part: Part) -> None:
    if part.source.files.get_file_info(part.source.path).mtime_ns / 1e9 != part.changed:
        raise InputError("The file changed while it was being tagged.", field="input")


def _write_rejects(part: Part, rejects: Sequence[Reject]) -> None:
    """The refused rows of a part beside it; where there are none, those of the last time go."""
    beside = part.target.beside(REJECTS)
    if rejects:
        with _writing(beside) as file:
            file.write(as_csv(rejects))
    elif beside.files.get_file_info(beside.path).is_file:
        beside.files.delete_file(beside.path)


def _remove_older(parts: Sequence[Part], folder: Place, *, keep: Collection[str]) -> None:
    """Remove what files were cut into when they had more rows, or fewer, once their `parts` of now are whole.

    A reader of the folder would see their rows twice. Files that are called otherwise stay, and paths in `keep`.
    """
    whole, stems = {part.target.path for part in parts}, {_stem(part.source) for part in parts}
    for file, _ in _list(folder, "*"):
        name = _PART_NAME.fullmatch(PurePosixPath(file.path).name)
        if name and name["stem"] in stems and file.path.removesuffix(REJECTS) not in whole and file.path not in keep:
            file.files.delete_file(file.path)


def _said(error: Exception) -> str:
    return error.message if isinstance(error, VocError) else f"{whereabouts(error)}."


def _cut(source: Place, rows: int, changed: float, folder: Place, part_rows: int) -> Iterator[Part]:
    count = max(1, -(-rows // part_rows))
    for number in range(count):
        start = number * part_rows
        name = f"{_stem(source)}-{number + 1:05}-of-{count:05}.parquet"
        yield Part(source, folder.inside(name), start, min(rows, start + part_rows), changed)


def place(given: str) -> Place:
    """The place that is called so: a path of this machine, or an address as `s3://…`. Raises InputError for one of no kind."""
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" not in given:
        return Place(LocalFileSystem(), str(Path(given).absolute()))
    try:
        return Place(*FileSystem.from_uri(given))
    except (OSError, ValueError) as error:
        raise InputError(f"{given!r} is in no file system that pyarrow knows.", field="input") from error


def _find_files(inputs: Sequence[str]) -> Found:
    """The Parquet files that are meant by names, folders and patterns."""
    found = list({each[0].path: each for given in inputs for each in _find(given)}.values())
    if other := [each.path for each, _ in found if not each.path.endswith(".parquet")]:
        raise InputError(f"Ray tags Parquet files, and {other[0]!r} is called otherwise.", field="input")
    stems = Counter(_stem(file) for file, _ in found)
    if twice := [stem for stem, count in stems.items() if count > 1]:
        raise InputError(f"Two files are called {twice[0]!r}; tag them into folders of their own.", field="input")
    return found


def _find(given: str) -> Found:
    from pyarrow.fs import FileType

    named = place(given)
    folder, _, name = named.path.rpartition("/")
    if "*" in name:
        found = _list(Place(named.files, folder), name)
    elif named.files.get_file_info(named.path).type == FileType.Directory:
        found = _list(named, "*.parquet")
    else:
        info = named.files.get_file_info(named.path)
        found = [(named, info.mtime_ns / 1e9)] if info.is_file else []
    if not found:
        raise InputError(f"There is no file {given!r}.", field="input")
    return found


def _list(folder: Place, pattern: str) -> Found:
    """The files of a folder, by name, with the moments of their last change; none where it is not there."""
    from pyarrow.fs import FileSelector

    inside = folder.files.get_file_info(FileSelector(folder.path, allow_not_found=True))
    fitting = sorted(
        (each for each in inside if each.is_file and fnmatchcase(each.base_name, pattern)), key=lambda each: each.path
    )
    return [(Place(folder.files, each.path), each.mtime_ns / 1e9) for each in fitting]


def _stem(file: Place) -> str:
    return PurePosixPath(file.path).stem


def _prepare(folder: Place, plan: Plan) -> None:
    """Make the folder, clear what a kill left half-written, and see that all its parts are made alike."""
    told = json.dumps(asdict(plan), ensure_ascii=False, indent=1, sort_keys=True).encode()
    begun = folder.inside(BEGUN_AS)
    try:
        folder.files.create_dir(folder.path)
        for partial, _ in _list(folder, f"*{PARTIAL}"):
            partial.files.delete_file(partial.path)
        if not _list(folder, BEGUN_AS):
            with _writing(begun) as file:
                file.write(told)
        with begun.files.open_input_stream(begun.path) as file:
            before = file.read()
    except OSError as error:
        raise InputError(f"Cannot write into {str(folder)!r} ({type(error).__name__}).", field="output") from error
    if before != told:
        differing = sorted(name for name, value in json.loads(told).items() if json.loads(before).get(name) != value)
        raise InputError(
            f"{str(folder)!r} was begun with another {', '.join(differing)} ({BEGUN_AS} says which). Take another folder.",
            field="output",
        )


@contextmanager
def _writing(target: Place) -> Iterator[Any]:
    """A file that is under its name when it is whole, or not at all."""
    partial = target.beside(f".{uuid4().hex}{PARTIAL}")  # another worker may be at the same part, where a node is only cut off
    with partial.files.open_output_stream(partial.path) as file:
        yield file
    partial.files.move(partial.path, target.path)


@contextmanager
def _opened(file: Place, plan: Plan) -> "Iterator[FeedbackSource]":
    """A file as rows. One that is elsewhere is fetched into a file without a name, which goes with this process."""
    from pyarrow.fs import LocalFileSystem

    from voc.ingest import open_feedback

    with tempfile.TemporaryFile() as copy:
        path = Path(file.path)
        if not isinstance(file.files, LocalFileSystem):
            with file.files.open_input_stream(file.path) as fetched:
                shutil.copyfileobj(fetched, copy)
            copy.flush()
            path = Path(f"/proc/self/fd/{copy.fileno()}")
        yield open_feedback(
            path,
            name=PurePosixPath(file.path).name,
            mapping=plan.mapping or None,
            zone=ZoneInfo(plan.timezone),
            max_text_chars=plan.max_text_chars,
            mask_names=plan.mask_names,
            ees_scale=plan.ees_scale,
        )
