"""Windows, batches, evidence and scores of the tagger, without weights: the numbers are made by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from voc.errors import ModelError
from voc.records import Cue, Span
from voc.tagging.decode import (
    EVIDENCE_PHRASES,
    EVIDENCE_WORDS,
    Decoder,
    evidence_spans,
    heaviest_phrases,
    phrases_of,
    words_of,
)
from voc.tagging.effort import effort_score
from voc.tagging.identity import find_model, model_identity, read_config
from voc.tagging.reading import Reading, merge
from voc.tagging.shape import TaggerShape
from voc.tagging.windows import Window, batches
from voc.text.align import Alignment


def reading(weights: list[float], spans: list[tuple[int, int]], found: float = 0.9) -> Reading:
    return Reading(
        sentiment=np.array([1, 0, 0, 0], dtype=np.float32),
        found=np.array([found], dtype=np.float32),
        polarity=np.array([[1, 0, 0]], dtype=np.float32),
        primary=np.array([found], dtype=np.float32),
        resolution=np.array([1, 0, 0], dtype=np.float32),
        evidence=np.array([weights], dtype=np.float32),
        spans=spans,
    )


def evidence_of(alignment: Alignment, weights: list[float], spans: list[Span]) -> tuple[Span, ...]:
    return evidence_spans(alignment, words_of(alignment.normalised, spans), np.array(weights, dtype=np.float32))


def spans_of_words(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for word in text.split(" "):
        spans.append((at, at + len(word)))
        at += len(word) + 1
    return spans


@pytest.mark.parametrize(
    ("source", "normalised", "weights", "expected"),
    [
        ("غذا خيلي ديرررر رسيد", "غذا خیلی دیر رسید", [0, 0.01, 2.0, 1.5], ["ديرررر رسيد"]),
        ("عالی ، ولی گرون", "عالی، ولی گرون", [0.01, 0.0, 3.0], ["گرون"]),
        ("می خواهم پس بدم!!!", "می‌خواهم پس بدم!!", [0.01, 2.0, 2.0], ["پس بدم"]),
        ("دیر رسید. سرد بود. دیر", "دیر رسید. سرد بود. دیر", [2, 0, 0, 0, 2], ["دیر", "دیر"]),
        ("سرد بود بود دیر", "سرد بود بود دیر", [0, 0, 2.0, 1.0], ["دیر"]),
        ("کیفیت و طعم عالی", "کیفیت و طعم عالی", [2.0, 3.0, 1.5, 0.01], ["کیفیت و طعم"]),
        ("که بود", "که بود", [-1.0, -2.0], ["که"]),
        ("😀", "😀", [1.0], ["😀"]),
    ],
)
def test_evidence_is_whole_words_of_the_source(source: str, normalised: str, weights: list[float], expected: list[str]) -> None:
    alignment = Alignment(source, normalised)
    spans = evidence_of(alignment, weights, spans_of_words(normalised))
    assert [source[start:end] for start, end in spans] == expected


def test_the_weightiest_words_come_first() -> None:
    text = "دیر رسید ولی پیک مودب بود و غذا سرد"
    spans = evidence_of(Alignment(text, text), [1.5, 1.5, 0, 0, 0, 0, 0, 2.0, 2.0], spans_of_words(text))
    assert [text[start:end] for start, end in spans] == ["غذا سرد", "دیر رسید"]


def test_a_phrase_stays_in_its_sentence_and_ends_with_words_that_tell() -> None:
    weights = np.array([0.0, 1.0, 0.3, 0.0, 2.0, 1.5, 0.0, 0.0, 0.02])
    assert heaviest_phrases(weights, *phrases_of(np.array([0, 0, 0, 0, 1, 1, 1, 1, 1]))) == [(4, 5)]
    assert heaviest_phrases(weights, *phrases_of(np.zeros(9, dtype=np.int64))) == [(1, 5)]


def test_no_two_phrases_overlap_and_there_are_few() -> None:
    random = np.random.default_rng(3)
    for _ in range(200):
        weights = random.random(int(random.integers(1, 40)))
        sentences = np.sort(random.integers(0, 4, len(weights)))
        phrases = heaviest_phrases(weights, *phrases_of(sentences))
        words = [word for first, last in phrases for word in range(first, last + 1)]
        assert 1 <= len(phrases) <= EVIDENCE_PHRASES
        assert len(set(words)) == len(words)
        assert all(last - first < EVIDENCE_WORDS and sentences[first] == sentences[last] for first, last in phrases)


def test_tokens_of_one_word_weigh_together() -> None:
    text = "نارضایتی شدید"
    spans = evidence_of(Alignment(text, text), [0.6, 0.6, 1.0], [(0, 4), (4, 8), (9, 13)])
    assert [text[start:end] for start, end in spans] == ["نارضایتی شدید"]


@pytest.mark.parametrize(
    ("cues", "expected"),
    [
        ([], None),
        ([Cue("long_wait", 0.8)], 0.8),
        ([Cue("long_wait", 0.5), Cue("transfer", 0.5)], 0.75),
        ([Cue("easy", 0.9)], -0.9),
        ([Cue("easy", 0.4), Cue("own_work", 0.6)], 0.2),
    ],
)
def test_effort_score(cues: list[Cue], expected: float | None) -> None:
    assert effort_score(cues) == pytest.approx(expected)


def test_batches_hold_every_window_once_within_the_budget() -> None:
    random = np.random.default_rng(5)
    windows = [Window(i, [1] * int(random.integers(0, 500)), [], []) for i in range(300)]
    made = list(batches(windows, 1_000))
    assert sorted(w.text for batch in made for w in batch) == list(range(300))
    assert all(len(batch) == 1 or len(batch) * (max(len(w.ids) for w in batch) + 2) <= 1_000 for batch in made)


def test_the_sentiment_is_as_probable_as_its_share_of_the_text() -> None:
    """Of two windows of 1 and 3 tokens: positive (1·.1 + 3·.6) / 4 = .475, negative (1·.9 + 3·.3) / 4 = .45."""
    shape = TaggerShape(
        sentiments=["negative", "neutral", "positive"], reasons=["delivery.time"], tagger_name="by-hand", taxonomy="v1"
    )
    shares = [([0.9, 0.0, 0.1], [(0, 3)]), ([0.3, 0.1, 0.6], [(4, 7), (8, 11), (12, 15)])]
    windows = [replace(reading([0.0] * len(spans), spans), sentiment=np.array(share, np.float32)) for share, spans in shares]
    tags = Decoder(shape).decode(Alignment("بد، ولی الان خوب شد", "بد، ولی الان خوب شد"), merge(windows))
    assert (tags.sentiment, tags.sentiment_probability) == ("positive", 0.475)


def test_merging_takes_a_cue_from_the_window_where_it_is_clearest() -> None:
    merged = merge([reading([1.0], [(0, 3)], found=0.2), reading([5.0, 1.0], [(4, 6), (7, 9)], found=0.8)])
    assert merged.found[0] == pytest.approx(0.8)
    assert merged.evidence[0].tolist() == [0.0, 5.0, 1.0]
    assert merged.spans == [(0, 3), (4, 6), (7, 9)]


@pytest.mark.parametrize("model", ["./nowhere", "/no/such/folder", "nowhere"])
def test_a_wrong_path_is_an_error_never_the_shipped_model(model: str) -> None:
    with pytest.raises(ModelError, match="no folder"):
        find_model(model)


def test_a_checkpoint_without_our_heads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"'bert' checkpoint without tagging heads.*voc train --base"):
        model_identity(str(tmp_path))


def test_a_folder_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        read_config(tmp_path)
