"""The shipped weights at work: plain cases that must never fail, and the promises of the model card."""

import itertools
import json
import re
from pathlib import Path

import pytest

from models.conversations import evaluate_conversations
from models.evaluate import evidence_overlap
from models.examples import read_records
from voc.records import Cue, Reason, Tags
from voc.tagging import Tagger, load_tagger, model_identity
from voc.tagging.identity import SHIPPED_MODEL, find_model
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger()


def found(tags: Tags) -> set[str]:
    everything: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
    return {one.code for one in everything}


@pytest.mark.parametrize(
    ("text", "sentiment", "codes"),
    [
        ("سفارشم سه ساعت دیر رسید، خیلی بد بود", "negative", {"delivery.time"}),
        ("سریع به دستم رسید، ممنون", "positive", {"delivery.time"}),
        ("غذا سرد بود و بسته‌بندی‌ش هم پاره شده بود", "negative", {"delivery.packaging"}),
        ("کیفیتش عالیه، پیشنهاد می‌کنم بخرید", "positive", {"product.quality", "recommend"}),
        ("خیلی گرونه نسبت به قیمتش نمی‌ارزه", "negative", {"price.value"}),
        ("برنامه باز نمیشه و مدام ارور میده", "negative", {"digital.bug"}),
        ("رمز یکبار مصرف نمیاد و نمی‌تونم وارد حسابم بشم", "negative", {"digital.login"}),
        ("كيفيت محصول عالي بود", "positive", {"product.quality"}),
    ],
)
def test_plain_cases(tagger: Tagger, text: str, sentiment: str, codes: set[str]) -> None:
    tags = tagger.tag([text])[0]
    assert tags.sentiment == sentiment
    assert codes <= found(tags)


def test_scores_run_as_the_contract_says(tagger: Tagger) -> None:
    good, bad = tagger.tag(["عالی بود، ممنون از شما", "افتضاح بود، پولم رو دور ریختم"])
    assert -1 <= bad.sentiment_score < -0.3 < 0.3 < good.sentiment_score <= 1
    assert all(0.25 < (each.sentiment_probability or 0) <= 1 for each in (good, bad))  # the likeliest of four
    assert (bad.model, bad.taxonomy) == (SHIPPED_MODEL, load_taxonomy().version)


def test_evidence_is_whole_words_and_never_cuts_a_half_space(tagger: Tagger) -> None:
    texts = [text for code in load_taxonomy().reasons for text in code.hits]
    for text, tags in zip(texts, tagger.tag(texts), strict=True):
        everything: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
        for one in everything:
            for start, end in one.evidence:
                assert 0 <= start < end <= len(text)
                assert text[start:end] == text[start:end].strip()
                assert not (start and re.match(r"[\w\u200c]{2}", text[start - 1 : start + 1]))
                assert not (end < len(text) and re.match(r"[\w\u200c]{2}", text[end - 1 : end + 1]))
            assert all(first[1] <= second[0] for first, second in itertools.pairwise(sorted(one.evidence)))


def test_the_weightiest_words_are_those_that_a_reader_marked(tagger: Tagger) -> None:
    records = read_records(Path("data/labels/test_own.jsonl"))
    tags, share = evidence_overlap(records, tagger.tag([record["text"] for record in records])) or (0, 0.0)
    assert len(records) >= 200
    assert tags >= 200
    assert share >= 0.88  # 0.90 in the card


def test_conversations_are_read_from_both_sides(tagger: Tagger) -> None:
    report = evaluate_conversations(tagger, "", read_records(Path("data/labels/test_conversations.jsonl")))
    assert report.scores["agent's moves micro F1"].value >= 0.69  # 0.72 in the card
    assert report.scores["resolution right"].value >= 0.80  # 0.85
    assert report.scores["effort level right"].value >= 0.73  # 0.77


def test_the_end_of_a_long_text_is_read(tagger: Tagger) -> None:
    filler = "دیروز صبح رفتم بیرون و هوا آفتابی بود و کمی قدم زدم. " * 120
    last = "غذا سرد بود و پیک هم خیلی دیر اومد. دیگه ازتون خرید نمی‌کنم"
    tags = tagger.tag([filler + last])[0]
    spans = [span for reason in tags.reasons for span in reason.evidence if reason.code == "delivery.packaging"]
    assert spans
    assert all(start >= len(filler) for start, _ in spans)


def test_equal_texts_get_equal_tags_and_company_changes_nothing(tagger: Tagger) -> None:
    text = "پیک بی‌ادب بود ولی غذا خوشمزه بود"
    alone = tagger.tag([text])[0]
    among = tagger.tag(["عالی", text, "بد " * 200, text])
    assert among[1] == among[3]
    assert found(among[1]) == found(alone)
    assert among[1].sentiment_score == pytest.approx(alone.sentiment_score, abs=0.01)


def test_what_is_no_text_gets_an_answer_too(tagger: Tagger) -> None:
    assert [tags.script for tags in tagger.tag(["", "😀😀", "salam kheili deer resid", "[تلفن]"])][:3] == [
        "none",
        "none",
        "finglish",
    ]


def test_the_folder_holds_what_the_card_promises() -> None:
    folder = find_model()
    config = json.loads((folder / "config.json").read_text("utf-8"))
    taxonomy = load_taxonomy()
    assert (folder / "model.safetensors").stat().st_size < 40_000_000
    assert config["reasons"] == [code.code for code in taxonomy.reasons]
    assert config["taxonomy"] == taxonomy.version
    assert model_identity().name == folder.name
    card = (folder / "README.md").read_text("utf-8")
    assert "| sentiment accuracy |" in card
    assert {path.name for path in Path(folder).iterdir()} == {
        "README.md", "config.json", "fingerprint.json", "kpi_errors.json", "model.safetensors",
       "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
