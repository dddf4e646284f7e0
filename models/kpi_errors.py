"""How far a KPI from texts is off when the model reads them in place of people: the same computation over both readings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.kpis import KPIS, KpiRow, compute_kpis
from voc.records import ConversationTags, Cue, Feedback, Mood, Move, Reason, Tags, Turn
from voc.store import Store
from voc.tagging.effort import effort_level
from voc.tagging.identity import ModelIdentity

FROM_TEXT: Final = tuple(
    kpi.name for kpi in KPIS if kpi.needs and {*kpi.needs} <= {"sentiment", "resolution", "effort", "loyalty", "reasons"}
)
FROM_CONVERSATIONS: Final = tuple(kpi.name for kpi in KPIS if kpi.needs and {*kpi.needs} <= {"sentiment_start", "moves"})
_SCORES: Final[Mapping[str, float]] = {"positive": 1.0, "negative": -1.0}
_READER: Final = ModelIdentity("reader", "")


def measure_kpis(records: Sequence[dict[str, Any]], tagged: Sequence[Tags]) -> dict[str, tuple[float, float]]:
    """Each KPI that is computed from texts alone, as the model's tags give it and as the labels do; unknown ones left out."""
    return _both(FROM_TEXT, [()] * len(records), tagged, [tags_of(record) for record in records])


def measure_conversation_kpis(records: Sequence[dict[str, Any]], tagged: Sequence[Tags]) -> dict[str, tuple[float, float]]:
    """The same for what conversations alone tell."""
    turns = [tuple(Turn(turn["speaker"], turn["text"]) for turn in record["turns"]) for record in records]
    return _both(FROM_CONVERSATIONS, turns, tagged, [conversation_tags_of(record) for record in records])


def conversation_tags_of(record: Mapping[str, Any]) -> Tags:
    """The labels of a conversation as if a tagger had been sure of them."""
    tags = tags_of(record)
    moods = [Mood(code, _SCORES.get(code, 0.0)) for code in (record["sentiment_start"], record["sentiment_end"])]
    moves = dict.fromkeys(code for turn in record["turns"] for code in turn.get("moves", ()))
    conversation = ConversationTags(
        primary_reason=record["primary_reason"],
        effort_level=effort_level(tags.effort),
        quarters=tuple(moods),
        turns=(None,) * len(record["turns"]),
        moves=tuple(Move(code, 1.0, ()) for code in moves),
    )
    return replace(tags, conversation=conversation)


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


def _both(
    names: Sequence[str], turns: Sequence[tuple[Turn, ...]], by_model: Sequence[Tags], by_people: Sequence[Tags]
) -> dict[str, tuple[float, float]]:
    read, said = (_compute(names, turns, tags) for tags in (by_model, by_people))
    return {
        name: (read[name].value or 0.0, said[name].value or 0.0)
        for name in names
        if read[name].value is not None and said[name].value is not None
    }


def _compute(names: Sequence[str], turns: Sequence[tuple[Turn, ...]], tags: Sequence[Tags]) -> dict[str, KpiRow]:
    rows = [Feedback(text="–", line=line, turns=each) for line, each in enumerate(turns, start=1)]
    with Store.open(":memory:", zone=ZoneInfo("UTC")) as store:
        store.add_batch(name="labels", content_key="labels", source=rows, columns=(), notices=tuple)
        store.write_tags(list(enumerate(tags, start=1)))
        return {row.name: row for row in compute_kpis(store, names)}
