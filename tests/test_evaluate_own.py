"""`voc evaluate` of a tagger published from a draft: labels know the shipped codes, its answers have those of the draft."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pytest

from models import evaluate
from models.card import write_kpi_errors
from models.conversations import ConversationReport, evaluate_conversations
from models.metrics import AsGiven, Codes
from tests.fakes import FakeTagger
from voc.records import Reason, Tags, Turn
from voc.tagging.reading import Reading
from voc.tagging.shape import TaggerShape
from voc.tagging.tagger import TransformerTagger

SHAPE: Final = TaggerShape(
    sentiments=["negative", "positive", "mixed", "neutral"],
    reasons=[
        *("delivery.time", "delivery.courier", "price.value", "service.access", "digital.bug", "digital.login"),
        *("service.phone", "club.points"),
    ],
    effort=["long_wait"],
    loyalty=[],
    moves=[],
    resolutions=["resolved", "unresolved"],
    own_reasons=2,
    given_as={
        "delivery.time": "delivery.late",
        "price.value": "",
        "digital.bug": "digital.app",
        "digital.login": "digital.app",
        "service.access": "help.access",
    },
    parts={"service.phone": "service.access"},
)
"""Of renames, a merge, a move, a hide, a split and an addition."""


def record(*reasons: str, **more: Any) -> dict[str, Any]:
    said = dict.fromkeys(reasons, "negative")
    return {"sentiment": "negative", "reasons": said, "effort": [], "loyalty": [], "resolution": None, **more}


def answer(*codes: str) -> Tags:
    """Those codes, the first the surest."""
    (plain,) = FakeTagger().tag_conversations([[]])
    reasons = tuple(Reason(code, "negative", 0.9 - at / 10) for at, code in enumerate(codes))
    told = replace(plain.conversation, primary_reason=next(iter(codes), None)) if plain.conversation else None
    return replace(plain, reasons=reasons, conversation=told)


def codes_of(tags: Tags) -> list[str]:
    return [reason.code for reason in tags.reasons]


def test_the_columns_of_reasons_are_the_codes_that_are_given() -> None:
    assert Codes(SHAPE).reasons == [
        *("delivery.late", "delivery.courier", "help.access", "digital.app"),
        *("service.phone", "club.points"),
    ]
    assert Codes(replace(SHAPE, given_as=None)).reasons == SHAPE.reasons


@pytest.mark.parametrize(
    ("reasons", "primary", "given", "told"),
    [
        (["delivery.time", "delivery.courier"], "delivery.time", ["delivery.late", "delivery.courier"], "delivery.late"),
        (["digital.login", "digital.bug"], "digital.bug", ["digital.app"], "digital.app"),
        (["service.access"], "service.access", ["help.access"], "help.access"),
        (["price.value", "delivery.courier"], "price.value", ["delivery.courier"], None),
        (["delivery.late"], "delivery.late", ["delivery.late"], "delivery.late"),
        ([], None, [], None),
    ],
)
def test_labels_get_the_codes_that_the_tagger_gives(
    reasons: list[str], primary: str | None, given: list[str], told: str | None
) -> None:
    each = record(*reasons, primary_reason=primary, words={code: [code] for code in [*reasons, "long_wait"]})
    label = AsGiven(SHAPE, [each]).label(each)
    assert (list(label["reasons"]), label["primary_reason"]) == (given, told)
    assert {code for code in label["words"] if code} == {*given, "long_wait"}
    assert sorted(phrase for phrases in label["words"].values() for phrase in phrases) == sorted([*reasons, "long_wait"])


def test_of_reasons_that_are_one_by_now_the_first_says_what_is_said() -> None:
    each = record() | {"reasons": {"digital.login": "positive", "digital.bug": "negative"}}
    assert AsGiven(SHAPE, [each]).label(each)["reasons"] == {"digital.app": "positive"}


@pytest.mark.parametrize(
    ("labelled", "said", "counted"),
    [
        ("delivery.time", ["club.points", "service.phone", "delivery.late"], ["help.access", "delivery.late"]),
        ("delivery.time", ["help.access", "service.phone"], ["help.access"]),
        ("service.phone", ["club.points", "service.phone"], ["service.phone"]),
        ("club.points", ["club.points", "service.phone"], ["club.points", "help.access"]),
        ("delivery.time", ["club.points"], []),
    ],
)
def test_what_no_label_has_counts_as_what_it_is_a_part_of_or_not_at_all(
    labelled: str, said: list[str], counted: list[str]
) -> None:
    tags = AsGiven(SHAPE, [record(labelled)]).answer(answer(*said))
    assert codes_of(tags) == counted
    assert tags.conversation
    assert tags.conversation.primary_reason == next(iter(counted), None)


def test_what_is_not_measured_is_told() -> None:
    assert AsGiven(SHAPE, [record("delivery.time")]).remark == (
        "not measured: service.phone (no label has it; counts as help.access), club.points (no label has it),"
        " price.value (not given)"
    )
    assert AsGiven(SHAPE, [record("service.phone", "club.points")]).remark == "not measured: price.value (not given)"


def test_of_any_other_tagger_all_stays_as_it_is() -> None:
    plain = AsGiven(replace(SHAPE, own_reasons=0, given_as=None, parts=None), [record("delivery.time")])
    each, tags = record("delivery.time", "price.value", words={"price.value": ["گرون"]}, primary_reason=None), answer("x.y")
    assert plain.label(each) == each
    assert plain.answer(tags) is tags
    assert plain.remark == ""


class _Published:
    """Answers as it is told, and has read each reason as surely as it is said of the network's own codes."""

    config = SHAPE

    def __init__(self, said: Sequence[Tags], read: Sequence[Sequence[str]]) -> None:
        self._said, self._read = said, read

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        return list(self._said[: len(texts)])

    def tag_conversations(self, conversations: Sequence[Any]) -> list[Tags]:
        return list(self._said[: len(conversations)])

    def normalise(self, text: str) -> str:
        return text

    def read(self, texts: Sequence[str]) -> list[Reading]:
        labels = [*(SHAPE.reasons or ()), "long_wait"]
        mood, none = np.array([1, 0, 0, 0], dtype=np.float32), np.zeros(0, dtype=np.float32)
        found = [np.array([code in codes for code in labels], dtype=np.float32) for codes in self._read]
        return [Reading(mood, each, none, none, none, none, []) for each in found[: len(texts)]]


def test_a_published_tagger_that_is_right_is_found_right() -> None:
    """Without a code that is not there, a missed reason that is hidden, or a false alarm of one that no label can have."""
    pairs = [
        (["delivery.time"], ["delivery.late"]),
        (["digital.bug", "digital.login"], ["digital.app"]),
        (["service.access"], ["service.phone"]),
        (["price.value"], []),
        (["delivery.courier"], ["delivery.courier", "club.points"]),
    ]
    records = [record(*labels, text="دیر", words={code: ["دیر"] for code in labels}) for labels, _ in pairs]
    said = [replace(answer(*codes), sentiment="negative", conversation=None) for _, codes in pairs]
    said = [replace(tags, reasons=tuple(replace(each, evidence=((0, 3),)) for each in tags.reasons)) for tags in said]
    read = [[*labels, *(code for code in codes if code in ("service.phone", "club.points"))] for labels, codes in pairs]
    report = evaluate.evaluate(cast(TransformerTagger, _Published(said, read)), "own.jsonl", records)
    assert report.scores["reasons micro F1"].value == report.scores["reasons with polarity micro F1"].value == 1
    assert {code: n for code, (n, _) in report.by_code.items() if n} == dict.fromkeys(
        ("delivery.late", "delivery.courier", "help.access", "digital.app"), 1
    )
    assert report.calibration["reasons and cues"] == pytest.approx(0)  # of the network's own order, new reasons left out
    assert report.evidence == (4, 1.0)
    assert {figures["reasons micro F1"] for figures in report.noise.values()} == {1.0}
    read_by, said_by = report.kpis["reason_share"]
    assert read_by == said_by


def test_reasons_of_conversations_are_measured_by_the_codes_that_are_given() -> None:
    turns = [{"speaker": "customer", "text": "دیر شد"}]
    arc = {"turns": turns, "sentiment_start": "neutral", "sentiment_end": "neutral"}
    pairs = [
        (record("delivery.time", primary_reason="delivery.time", **arc), ["delivery.late", "club.points"]),
        (record("service.access", "price.value", primary_reason="service.access", **arc), ["club.points", "service.phone"]),
        (record("price.value", "delivery.courier", primary_reason="price.value", **arc), ["delivery.courier"]),
    ]
    quarters = FakeTagger().tag_conversations([[Turn("customer", "دیر شد")]])[0].conversation
    assert quarters
    said = [replace(answer(*codes), conversation=replace(quarters, primary_reason=codes[0])) for _, codes in pairs]
    report = evaluate_conversations(cast(Any, _Published(said, [])), "own.jsonl", [each for each, _ in pairs], SHAPE)
    assert report.scores["reasons micro F1"].value == 1
    assert report.scores["primary reason right"].value == 1


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ({}, {"reason_share", "text_nss"}),
        ({"given_as": {}, "own_reasons": 0}, {"reason_share", "text_nss"}),
        ({"given_as": {"a.b": "a.c"}}, {"text_nss"}),
        ({"own_reasons": 1}, {"text_nss"}),
    ],
)
def test_the_errors_of_reasons_that_a_draft_has_changed_are_not_told(
    tmp_path: Path, config: dict[str, Any], kept: set[str]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    kpis = {"reason_share": (0.4, 0.5), "text_nss": (0.1, 0.2)}
    write_kpi_errors(tmp_path, (), [ConversationReport("c.jsonl", 1, {}, {}, kpis, 1.0)])
    assert json.loads((tmp_path / "kpi_errors.json").read_text("utf-8"))["errors"].keys() == kept
