"""The client: one method for each thing that is asked of a service."""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from shutil import copyfileobj
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, Unpack, cast
from urllib.parse import quote

from voc.client.bodies import Body, form_body, json_body, records_body
from voc.client.decode import decode
from voc.client.errors import ClientError, not_ours
from voc.client.frames import read_frame
from voc.client.options import (
    CompareOptions,
    CorrectionFilters,
    DriverOptions,
    ExportOptions,
    Filters,
    KpiOptions,
    Several,
    SpikeOptions,
    ThemeOptions,
    TrendOptions,
    as_json,
    query,
)
from voc.client.portions import portions
from voc.client.records import CorrectedSelection, Correction, KpiDefinition, Offer, Queue, Record, Rows, Tagged, Taxonomy
from voc.client.transport import Request, Transport, read_json
from voc.export import format_of, write_whole
from voc.records import Batch, Reject, Turn

if TYPE_CHECKING:
    import pandas

    from voc.kpis import KpiRow
    from voc.trends import Comparison, DriverReport, Scenario, Spike, Theme, TrendRow

T = TypeVar("T")
Source = str | os.PathLike[str] | IO[bytes] | Iterable[Mapping[str, Any]]
"""A path, an open file, or records as `RecordsIn` takes them: our field names or recognised headers → values."""
Progress = Callable[[Batch], None]

ADDRESS: Final = "http://127.0.0.1:8000"
KEY_VARIABLE: Final = "VOC_KEY"
PAGE: Final = 1_000
FIRST_LOOK_S: Final = 0.1  # a small batch is done by then
LONGEST_LOOK_S: Final = 2.0


class Client:
    """Asks one service; threads may share it. `key` is that of the variable VOC_KEY where it is not given.

    `timeout_s` is how long it waits for a sign of life, also while a large upload is being stored. Every method raises
    ClientError where the service refuses, and repeats what can be repeated up to `retries` times.
    """

    def __init__(self, base_url: str = ADDRESS, key: str | None = None, *, timeout_s: float = 120.0, retries: int = 4) -> None:
        self._base_url = base_url
        self._transport = Transport(base_url, key or os.environ.get(KEY_VARIABLE) or None, timeout_s, retries)

    def __repr__(self) -> str:
        return f"Client({self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; a later call connects again."""
        self._transport.close()

    def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        mapping: Mapping[str, str] | None = None,
        wait: bool = True,
        progress: Progress | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """The batch that a file or records became, all of it tagged, or with `wait=False` as soon as its rows are durable.

        The same content again is the same batch; an `idempotency_key` is refused with other content than it came with before.
        `mapping` is our field → their header, as {"text": "نظر مشتری"}; `progress` is called with the batch now and then.
        """
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        with _body_of(source, name, mapping) as body:
            batch = _decoded(Batch, self._send(Request("POST", "/v1/batches", body, headers)))
        return self.wait(batch, progress=progress) if wait else batch

    def wait(self, batch: Batch | str, *, progress: Progress | None = None, timeout_s: float | None = None) -> Batch:
        """The batch, or that with this id, when all of it is tagged.

        Raises ClientError where that takes longer than `timeout_s`, or where none of it could be tagged.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        pause_s = FIRST_LOOK_S
        while True:
            found = self._get(Batch, f"/v1/batches/{_id(batch)}")
            if progress:
                progress(found)
            if found.status != "tagging":
                return _not_failed(found)
            if until is not None and time.monotonic() + pause_s > until:
                raise ClientError(f"Batch {found.id} has {found.tagged} of {found.accepted} rows tagged.", code="timeout")
            time.sleep(pause_s)
            pause_s = _next_look_s(found, pause_s)

    def batches(self) -> Iterator[Batch]:
        """All batches, the newest first."""
        return self._pages(Batch, "/v1/batches", {})

    def rejects(self, batch: Batch | str) -> Iterator[Reject]:
        """The rows of a batch that were refused, and why, in the order of the source."""
        return self._pages(Reject, f"/v1/batches/{_id(batch)}/rejects", {})

    def delete_batch(self, batch: Batch | str) -> None:
        """Removes a batch and all that came from it."""
        self._send(Request("DELETE", f"/v1/batches/{_id(batch)}", repeatable=False))

    def erase_customer(self, customer_id: str) -> int:
        """Erases a customer; how many rows that were."""
        answer = self._send(Request("DELETE", f"/v1/customers/{quote(customer_id, safe='')}", repeatable=False))
        return int(answer["rows"])

    def tag(self, items: Iterable[str | Sequence[Turn]]) -> Rows[Tagged]:
        """Texts, conversations or both, tagged at once, in their order and masked; nothing is stored."""
        given = [items] if isinstance(items, str) else list(items)
        return Rows(Tagged, (tagged for portion in portions(given) for tagged in self._tag(portion)))

    def feedback(self, **filters: Unpack[Filters]) -> Iterator[Record]:
        """All tagged records that pass the filters, the last arrived first; conversations come without their turns."""
        return self._pages(Record, "/v1/feedback", filters)

    def get_feedback(self, feedback_id: str) -> Record:
        """The record with this id; of a conversation, with its turns."""
        return self._get(Record, f"/v1/feedback/{_id(feedback_id)}")

    def feedback_frame(self, **filters: Unpack[Filters]) -> "pandas.DataFrame":
        """The same as a DataFrame, in order of arrival, with the columns and types of the Parquet export."""
        with tempfile.TemporaryDirectory(prefix="voc-") as folder:
            path = Path(folder) / "feedback.parquet"
            self.export(path, **filters)
            return read_frame(path)

    def correct(
        self,
        record: Record | str,
        changed: Mapping[str, Any],
        *,
        why: str = "",
        queue: Queue | None = None,
        seed: str | None = None,
    ) -> Correction:
        """Lets what is said of a record hold in place of the model's answer, from now on and everywhere.

        `changed` has what is spoken of, as {"sentiment": "negative", "reasons": {"delivery.time": "negative"}}; `queue` is the
        one that offered the record, `seed` that of the draw where it is not this week's.
        """
        body = {"changed": changed, "why": why, "queue": queue, "seed": seed}
        return self._post(Correction, f"/v1/feedback/{_id(record)}/corrections", body)

    def confirm(
        self, record: Record | str, *, why: str = "", queue: Queue | None = None, seed: str | None = None
    ) -> Correction:
        """Says that a record has been seen and is right as it is."""
        return self.correct(record, {}, why=why, queue=queue, seed=seed)

    def correct_all(
        self,
        changed: Mapping[str, Any],
        *,
        ids: Sequence[str] = (),
        filters: Filters | None = None,
        expected: int | None = None,
        why: str = "",
    ) -> CorrectedSelection:
        """The same of several records, all or none: those with these ids, or as many as `expected` that pass the filters."""
        chosen = {"ids": list(ids)} if filters is None else {"filters": as_json(filters), "expected": expected}
        return self._post(CorrectedSelection, "/v1/corrections", {"changed": changed, "why": why, **chosen})

    def undo(self, correction: Correction | CorrectedSelection | str) -> int:
        """Takes back a correction, or with the id of a selection all of it; how many held until now."""
        if isinstance(correction, CorrectedSelection):
            if correction.selection is None:
                return 0
            correction = correction.selection
        return int(self._send(Request("DELETE", f"/v1/corrections/{_id(correction)}"))["undone"])

    def corrections(self, record: Record | str | None = None, **filters: Unpack[CorrectionFilters]) -> Iterator[Correction]:
        """All that was said, or all that was said of a record, the newest first, the undone ones too."""
        path = "/v1/corrections" if record is None else f"/v1/feedback/{_id(record)}/corrections"
        return self._pages(Correction, path, filters)

    def review(self, queue: Queue = "uncertain", *, seed: str | None = None, **filters: Unpack[Filters]) -> Iterator[Offer]:
        """The records that are worth a look, the most worth it first; `seed` is that of another week's random queue."""
        return self._pages(Offer, "/v1/review", {"queue": queue, "seed": seed, **filters})

    def trends(self, measure: str = "reasons", **options: Unpack[TrendOptions]) -> "Rows[TrendRow]":
        """A measure over time; `bucket=None` takes the whole time as one."""
        from voc.trends import TrendRow

        return self._rows(TrendRow, "/v1/trends", {"measure": measure, **_spelled(options)})

    def kpis(self, names: Several = (), **options: Unpack[KpiOptions]) -> "Rows[KpiRow]":
        """The KPIs with these names, all without any; with `bucket`, over time."""
        from voc.kpis import KpiRow

        return self._rows(KpiRow, "/v1/kpis", {"names": _joined(names), **options})

    def definitions(self) -> Rows[KpiDefinition]:
        """What each KPI means."""
        return self._rows(KpiDefinition, "/v1/kpis/definitions", {})

    def spikes(self, **options: Unpack[SpikeOptions]) -> "Rows[Spike]":
        """What rose or fell beyond chance, the surest first."""
        from voc.trends import Spike

        return self._rows(Spike, "/v1/spikes", options)

    def drivers(self, target: str = "sentiment", **options: Unpack[DriverOptions]) -> "DriverReport":
        """What nps, csat, ces or sentiment is associated with."""
        from voc.trends import DriverReport

        return self._get(DriverReport, "/v1/drivers", {"target": target, **options})

    def compare(self, **options: Unpack[CompareOptions]) -> "Comparison":
        """Two sides: `first={"channel": "phone"}, second={"channel": "app"}`; `from_` and `to` alone: with the time before."""
        from voc.trends import Comparison

        return self._get(Comparison, "/v1/compare", options)

    def themes(self, **options: Unpack[ThemeOptions]) -> "Rows[Theme]":
        """What no contact reason covers yet; `from_` and `to` are needed."""
        from voc.trends import Theme

        return self._rows(Theme, "/v1/themes", options)

    def what_if(self, **filters: Unpack[Filters]) -> "Rows[Scenario]":
        """Expected retention now, and were service better."""
        from voc.trends import Scenario

        return self._rows(Scenario, "/v1/what-if", filters)

    def taxonomy(self) -> Taxonomy:
        """All codes with titles and definitions."""
        return self._get(Taxonomy, "/v1/taxonomy")

    def export(
        self,
        path: str | os.PathLike[str],
        what: Literal["feedback", "conversations", "trends", "kpis"] = "feedback",
        *,
        format: str | None = None,
        **options: Unpack[ExportOptions],
    ) -> Path:
        """The file, written while it comes, whole or not at all; its ending says the format where `format` does not.

        Options are the filters and those of `trends` or `kpis`. Raises InputError where the file cannot be written.
        """
        target = Path(path)
        spelled = _spelled(options) if what == "trends" else options
        asked = {**spelled, "names": _joined(options.get("names", ())), "format": format or format_of(target)}
        request = Request("GET", f"/v1/export/{what}{query(asked)}")
        self._transport.send(request, lambda pieces: write_whole(target, pieces))
        return target

    def _tag(self, portion: Sequence[str | Sequence[Turn]]) -> Iterator[Tagged]:
        texts = [item for item in portion if isinstance(item, str)]
        conversations = [{"turns": [asdict(turn) for turn in item]} for item in portion if not isinstance(item, str)]
        body = json_body({"texts": texts, "conversations": conversations})
        answer = self._send(Request("POST", "/v1/tag", body))
        of_texts, of_conversations = (iter(_items(Tagged, answer, key)) for key in ("items", "conversations"))
        return (next(of_texts if isinstance(item, str) else of_conversations) for item in portion)

    def _pages(self, record: type[T], path: str, options: Mapping[str, object]) -> Iterator[T]:
        cursor: str | None = None
        while True:
            answer = self._send(Request("GET", path + query({**options, "limit": PAGE, "cursor": cursor})))
            yield from _items(record, answer)
            if (cursor := answer.get("next")) is None:
                return

    def _rows(self, record: type[T], path: str, options: Mapping[str, object]) -> Rows[T]:
        return _items(record, self._send(Request("GET", path + query(options))))

    def _get(self, record: type[T], path: str, options: Mapping[str, object] | None = None) -> T:
        return _decoded(record, self._send(Request("GET", path + query(options or {}))))

    def _post(self, record: type[T], path: str, value: Mapping[str, object]) -> T:
        """What an act came to; it is not repeated where the connection broke, for it would be done twice."""
        said = {name: given for name, given in value.items() if given not in (None, "")}
        return _decoded(record, self._send(Request("POST", path, json_body(said), repeatable=False)))

    def _send(self, request: Request) -> Any:
        return self._transport.send(request, read_json)


def _items(record: type[T], answer: Any, key: str = "items") -> Rows[T]:
    if not isinstance(answer, dict) or not isinstance(answer.get(key), list):
        raise not_ours()
    return Rows(record, (_decoded(record, item) for item in answer[key]))


def _decoded(record: type[T], item: Any) -> T:
    try:
        return decode(record, item)
    except (TypeError, ValueError):
        raise not_ours() from None


@contextmanager
def _body_of(source: Source, name: str | None, mapping: Mapping[str, str] | None) -> Iterator[Body]:
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield form_body(file, name, mapping)
    elif hasattr(source, "read"):
        with _rewindable(cast(IO[bytes], source)) as file:
            yield form_body(file, name, mapping)
    else:
        yield records_body(source, name, mapping)


@contextmanager
def _rewindable(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """The file, or where it is a pipe, which cannot go back for another try, a copy."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        copyfileobj(file, copy)
        copy.seek(0)
        yield copy


def _id(meant: Batch | Record | Correction | str) -> str:
    return quote(meant if isinstance(meant, str) else meant.id, safe="")


def _not_failed(batch: Batch) -> Batch:
    if batch.status == "failed":
        raise ClientError(f"None of batch {batch.id} could be tagged; the service's log says why.", code="batch_failed")
    return batch


def _next_look_s(batch: Batch, last_s: float) -> float:
    """The seconds until it is worth looking again: less and less often, and more often towards the end, where that is known."""
    wished_s = 1.5 * last_s if batch.eta_s is None else batch.eta_s / 4
    return min(max(wished_s, FIRST_LOOK_S), LONGEST_LOOK_S)


def _joined(names: Several) -> str | None:
    return names or None if isinstance(names, str) else ",".join(names) or None


def _spelled(options: Mapping[str, object]) -> dict[str, object]:
    """The options of a trend with the API's word for no bucket; KPIs have none where none is asked for."""
    return {name: "none" if name == "bucket" and value is None else value for name, value in options.items()}
