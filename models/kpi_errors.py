"""How far a KPI from texts is off when the model reads them in place of people: the same computation over both readings."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.kpis import KPIS, KpiRow, compute_kpis
from voc.records import Cue, Feedback, Reason, Tags
from voc.store import Store
from voc.tagging.identity import ModelIdentity

FROM_TEXT: Final = tuple(
    kpi.name for kpi in KPIS if kpi.needs and {*kpi.needs} <= {"sentiment", "resolution", "effort", "loyalty", "reasons"}
)
_SCORES: Final[Mapping[str, float]] = {"positive": 1.0, "negative": -1.0}
_READER: Final = ModelIdentity("reader", "")


def measure_kpis(records: Sequence[dict[str, Any]], tagged: Sequence[Tags]) -> dict[str, tuple[float, float]]:
    """Each KPI that is computed from texts alone, as the model's tags give it and as the labels do; unknown ones left out."""
    by_model, by_people = (_compute(tags) for tags in (tagged, [tags_of(record) for record in records]))
    return {
        name: (by_model[name].value or 0.0, by_people[name].value or 0.0)
        for name in FROM_TEXT
        if by_model[name].value is not None and by_people[name].value is not None
    }


def tags_of(record: Mapping[str, Any]) -> Tags:
    """A label as if a tagger had been sure of it."""
    return Tags(
        sentiment=record["sentiment"],
        sentiment_score=_SCORES.get(record["sentiment"], 0.0),
        reasons=tuple(Reason(code, polarity, 1.0) for code, polarity in record["reasons"].items()),
        effort=tuple(Cue(code, 1.0) for code in record["effort"]),
        effort_score=None,
        loyalty=tuple(Cue(code, 1.0) for code in record["loyalty"]),
        resolution=record["resolution"],
        script="persian",
        model=_READER.name,
        taxonomy=_READER.taxonomy,
    )


def _compute(tags: Sequence[Tags]) -> dict[str, KpiRow]:
    rows = [Feedback(text="–", line=line) for line in range(1, len(tags) + 1)]
    with Store.open(":memory:", zone=ZoneInfo("UTC")) as store:
        store.add_batch(name="labels", content_key="labels", source=rows, columns=(), notices=tuple)
        store.write_tags(list(enumerate(tags, start=1)))
        return {row.name: row for row in compute_kpis(store, FROM_TEXT)}
