"""The sets that are worked out when they are asked for: trends, KPIs and what KPIs and codes mean.

The figures are those of `voc.trends` and `voc.kpis`; here they get an id, the days of their bucket and one level.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from voc.calendars import BucketSize, Calendar, bucket_bounds
from voc.kpis import KPIS as ALL_KPIS
from voc.kpis import KpiRow
from voc.odata.model import EntitySet, Kind, Property
from voc.taxonomy import Code, load_taxonomy
from voc.trends import TrendRow

Figures = Sequence[Sequence[Any]]


def _set(name: str, type_name: str, always: Mapping[str, Kind], maybe: Mapping[str, Kind]) -> EntitySet:
    properties = (
        *(Property(each, kind, f'f."{each}"', always=True) for each, kind in always.items()),
        *(Property(each, kind, f'f."{each}"') for each, kind in maybe.items()),
    )
    return EntitySet(name, type_name, properties, "figure f", ("f.place", "f.mark"))


_SPAN: Final[Mapping[str, Kind]] = {"bucket": "text", "start": "day", "end": "day", "hour": "whole"}

TRENDS: Final = _set(
    "Trends",
    "Trend",
    {"id": "text", "measure": "text", "n": "whole", "partial": "flag"},
    {**_SPAN, "code": "text", "group": "text", "share": "number", "ci_low": "number", "ci_high": "number", "change": "number"}
    | {"change_low": "number", "change_high": "number"},
)
KPIS: Final = _set(
    "Kpis",
    "Kpi",
    {"id": "text", "name": "text", "n": "whole", "unit": "text", "method": "text"},
    {**_SPAN, "group": "text", "value": "number", "ci_low": "number", "ci_high": "number", "null_reason": "text"}
    | {"missing": "text", "rank": "whole", "target": "number", "on_target": "flag", "model_error": "number"},
)
KPI_DEFINITIONS: Final = _set(
    "KpiDefinitions",
    "KpiDefinition",
    dict.fromkeys(
        ("name", "title_fa", "title_en", "unit", "better", "definition_fa", "definition_en", "formula", "method"), "text"
    ),
    {},
)
TAXONOMY: Final = _set(
    "Taxonomy",
    "Code",
    dict.fromkeys(("code", "kind", "title_fa", "title_en"), "text"),
    dict.fromkeys(("group", "direction", "definition_fa", "definition_en"), "text"),
)
FIGURES: Final = (TRENDS, KPIS, KPI_DEFINITIONS, TAXONOMY)


def trend_figures(rows: Mapping[str, Iterable[TrendRow]], size: BucketSize | None, calendar: Calendar) -> Figures:
    """The rows of trends by measure, as `TRENDS` has them."""
    return [
        (
            _id(measure, row.bucket, row.code or "", row.group), measure, row.n, row.partial,
            *_span(row.bucket, size, calendar), row.code, row.group, row.share, row.ci_low, row.ci_high,
            row.change, row.change_low, row.change_high,
        )
        for measure, found in rows.items()
        for row in found
    ]  # fmt: skip


def kpi_figures(rows: Iterable[KpiRow], size: BucketSize | None, calendar: Calendar) -> Figures:
    """Values of KPIs, as `KPIS` has them."""
    return [
        (
            _id(row.name, row.bucket, row.group), row.name, row.n, row.unit, row.method,
            *_span(row.bucket, size, calendar), row.group, row.value, row.ci_low, row.ci_high, row.null_reason,
            "|".join(row.missing), row.rank, row.target, row.on_target, row.model_error,
        )
        for row in rows
    ]  # fmt: skip


def definitions(entity_set: EntitySet) -> Figures:
    """What every KPI means, or every code, as `KPI_DEFINITIONS` or `TAXONOMY` has it."""
    if entity_set is TAXONOMY:
        return list(_codes())
    return [[getattr(kpi, each.name) for each in KPI_DEFINITIONS.properties] for kpi in ALL_KPIS]


def _id(first: str, bucket: str | None, *rest: str | None) -> str:
    """What tells a figure apart among those of one answer; a group, which may hold a slash, comes last and may be missing."""
    return "/".join((first, bucket or "", *(each for each in rest if each is not None)))


def _span(
    bucket: str | None, size: BucketSize | None, calendar: Calendar
) -> tuple[str | None, date | None, date | None, int | None]:
    if bucket is None or size is None:
        return None, None, None, None
    return bucket, *bucket_bounds(bucket, size, calendar), int(bucket[-2:]) if size == "hour" else None


def _codes() -> Iterator[Sequence[Any]]:
    taxonomy = load_taxonomy()
    for group in taxonomy.groups:
        yield group.code, "reason_group", group.fa, group.en, None, None, None, None
    kinds: dict[str, tuple[Code, ...]] = {
        "sentiment": taxonomy.sentiments,
        "reason": taxonomy.reasons,
        "effort": taxonomy.effort,
        "loyalty": taxonomy.loyalty,
        "resolution": taxonomy.resolutions,
        "move": taxonomy.moves,
    }
    for kind, codes in kinds.items():
        for each in codes:
            of = each.code.split(".")[0] if kind == "reason" else None
            yield each.code, kind, each.fa, each.en, of, each.direction or None, each.definition_fa, each.definition_en
