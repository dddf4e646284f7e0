"""The text that Prometheus reads, and what stands in it: the health of the service, and nothing of any customer.

https://prometheus.io/docs/instrumenting/exposition_formats. Names end with their unit, counters with `_total`; labels have
values that the code knows, so that there are never more series than it makes.
"""

import math
import os
import resource
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from api.requests import BOUNDS_S, LEVELS, Kind, LogCounts, RequestTimes, Times
from api.service import Service
from voc.engine import Pool
from voc.store.backup import find_last_backup
from voc.store.work import Work

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STARTED_AT: Final = time.time()

Type = Literal["counter", "gauge", "histogram"]
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A value; `suffix` is put behind the name of its metric, as a histogram needs it."""

    value: float
    labels: Labels
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its samples; one without any is not written."""

    name: str
    type: Type
    help: str
    samples: tuple[Sample, ...]


def write_metrics(metrics: Iterable[Metric]) -> str:
    r"""The text of these metrics.

    >>> write_metrics([gauge("voc_rows", "All rows.", 3)])
    '# HELP voc_rows All rows.\n# TYPE voc_rows gauge\nvoc_rows 3\n'
    """
    return "".join(line + "\n" for metric in metrics if metric.samples for line in _lines(metric))


def gauge(name: str, help: str, value: float | None, **labels: str) -> Metric:
    """A value that goes up and down; None where it is not known."""
    return Metric(name, "gauge", help, () if value is None else (Sample(value, labels),))


def counter(name: str, help: str, value: float | None) -> Metric:
    """A value that only grows while the service runs."""
    return Metric(name, "counter", help, () if value is None else (Sample(value, {}),))


def list_metrics(service: Service, work: Work, times: RequestTimes, logs: LogCounts, version: str) -> Iterator[Metric]:
    """Everything that is told of a running service."""
    identity = {"model": service.identity.name, "taxonomy": service.identity.taxonomy}
    yield gauge("voc_build_info", "What runs, in its labels.", 1, version=version, **identity)
    yield from _of_tagging(service)
    yield from _of_work(work)
    yield from _of_storage(service)
    yield from _of_calls(times, logs)
    yield from _of_process()


def _of_tagging(service: Service) -> Iterator[Metric]:
    pool = service.tagger if isinstance(service.tagger, Pool) else None
    progress = service.engine.progress
    yield gauge("voc_model_loaded", "Whether the model has answered.", service.model_loaded())
    yield gauge("voc_tagging_stopped", "Whether nothing can be tagged; /readyz says why.", service.engine.problem is not None)
    yield counter("voc_tagged_rows_total", "Rows tagged and stored since the start.", progress.tagged)
    yield gauge(
        "voc_tagging_rows_per_second", "Speed of tagging in the last half minute of work; 0 at rest.", progress.rows_per_s or 0
    )
    yield gauge("voc_workers", "Tagging processes.", pool.workers if pool else 1)
    yield counter(
        "voc_worker_restarts_total", "Tagging processes that were replaced since the start.", pool.restarts if pool else 0
    )


def _of_work(work: Work) -> Iterator[Metric]:
    yield gauge("voc_feedback_rows", "Rows that are stored.", work.rows)
    yield gauge("voc_feedback_tagged_rows", "Rows with tags of the current model.", work.tagged)
    yield gauge("voc_feedback_waiting_rows", "Rows that wait for the current model.", work.waiting)
    yield gauge("voc_feedback_set_aside_rows", "Rows that the current model cannot tag.", work.set_aside)
    states = tuple(Sample(count, {"state": state}) for state, count in work.batches.items())
    yield Metric("voc_batches", "gauge", "Batches by how far they are.", states)


def _of_storage(service: Service) -> Iterator[Metric]:
    folder, log = service.settings.backup_dir, service.store.log_size_bytes()
    yield gauge("voc_database_size_bytes", "Size of the database.", service.store.size_bytes())
    yield gauge("voc_database_log_size_bytes", "Size of what is committed and not in the file yet; absent on a server.", log)
    due = service.store.rewrite_due_since()
    yield gauge(
        "voc_database_rewrite_due_timestamp_seconds",
        "Since when erased words wait to leave the file; absent if none.",
        _seconds(due),
    )
    backup = find_last_backup(Path(folder)) if folder else None
    yield gauge("voc_last_backup_timestamp_seconds", "When the newest backup in VOC_BACKUP_DIR was made.", _seconds(backup))
    yield gauge(
        "voc_last_retention_sweep_timestamp_seconds",
        "When rows beyond VOC_RETENTION_DAYS were last looked for and erased; absent where all are kept.",
        _seconds(service.keeper.swept_at if service.settings.retention_days else None),
    )


def _of_calls(times: RequestTimes, logs: LogCounts) -> Iterator[Metric]:
    samples = tuple(sample for kind, found in times.read().items() for sample in _histogram(kind, found))
    help = "Time until the answer begins, by route and status."
    yield Metric("voc_http_request_duration_seconds", "histogram", help, samples)
    messages = tuple(Sample(logs.counts[level], {"level": level}) for level in LEVELS)
    yield Metric("voc_log_messages_total", "counter", "Warnings and errors logged since the start.", messages)


def _of_process() -> Iterator[Metric]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield gauge("process_start_time_seconds", "When the service started.", _STARTED_AT)
    yield counter("process_cpu_seconds_total", "Processor time used, without the workers'.", used.ru_utime + used.ru_stime)
    yield gauge("process_resident_memory_bytes", "Memory held, without the workers'.", _resident_bytes())


def _histogram(kind: Kind, times: Times) -> Iterator[Sample]:
    labels = {"method": kind.method, "route": kind.route, "status": str(kind.status)}
    for bound, count in zip((*BOUNDS_S, math.inf), times.cumulated, strict=True):
        yield Sample(count, labels | {"le": _number(bound)}, "_bucket")
    yield Sample(times.total_s, labels, "_sum")
    yield Sample(times.cumulated[-1], labels, "_count")


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {_escaped(metric.help)}"
    yield f"# TYPE {metric.name} {metric.type}"
    for sample in metric.samples:
        labels = ",".join(f'{name}="{_escaped(value, quoted=True)}"' for name, value in sample.labels.items())
        yield f"{metric.name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}"


def _escaped(text: str, *, quoted: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quoted else escaped


def _number(value: float) -> str:
    """As Go reads it: whole numbers without a point."""
    if math.isinf(value):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _resident_bytes() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # where there is no /proc
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
