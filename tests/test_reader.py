"""The network that reads says what the network that learnt says, weight for weight; loading it needs no transformers."""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import ModernBertConfig, PreTrainedTokenizerFast

from voc.errors import ModelError
from voc.records import Cue, Reason, Tags
from voc.tagging.decode import Decoder
from voc.tagging.device import find_device
from voc.tagging.encoder import can_read
from voc.tagging.heads import TaggerOutput
from voc.tagging.identity import Precision, find_model
from voc.tagging.loading import load_parts
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.tagging.reader import PackedLinear, ReaderNetwork
from voc.tagging.reading import read_texts, read_windows
from voc.tagging.shape import TaggerShape
from voc.tagging.tagger import TransformerTagger
from voc.tagging.tokenizer import TextTokenizer
from voc.tagging.windows import Window
from voc.text.align import Alignment
from voc.text.normalise import normaliser

TEXTS = ["سه بار زنگ زدم کسی جواب نداد", "عالی^ بود", "", "پیکش دیر اومد ولی غذا گرم بود😋 مرسی", "کد [تلفن] رو زدم نشد!!"]
LOCAL = 16


def small_config() -> TaggerConfig:
    shape: dict[str, Any] = {
        "vocab_size": 90,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "local_attention": LOCAL,
        "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
        "max_position_embeddings": 64,
        "pad_token_id": 0,
    }
    return TaggerConfig(
        encoder=ModernBertConfig(**shape).to_dict(),
        sentiments=["negative", "neutral", "positive"],
        reasons=["delivery.time", "price.value", "own.one"],
        effort=["no_answer"],
        loyalty=["recommend"],
        moves=["apology"],
        resolutions=["resolved", "unresolved"],
        own_reasons=1,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tagger of random weights as training writes it."""
    torch.manual_seed(5)
    network = TaggerNetwork(small_config())
    for each in network.parameters():
        torch.nn.init.normal_(each, std=0.3)
    network.own.rarity.uniform_(0.5, 3)
    network.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(find_model() / name, tmp_path / name)
    return tmp_path


def batch(rows: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and context of texts of unlike lengths."""
    chance = torch.Generator().manual_seed(rows * 1_000 + tokens)
    ids = torch.randint(5, 90, (rows, tokens), generator=chance)
    mask = (torch.arange(tokens) < torch.randint(1, tokens + 1, (rows, 1), generator=chance)).long()
    mask[0] = 1
    return ids * mask, mask, torch.randint(0, 2, (rows, tokens), generator=chance) * mask


@pytest.mark.parametrize(("rows", "tokens"), [(1, 3), (4, LOCAL // 2), (4, LOCAL // 2 + 2), (3, 50)])
@pytest.mark.parametrize("with_context", [False, True])
def test_the_reader_says_what_the_learner_says(folder: Path, rows: int, tokens: int, with_context: bool) -> None:
    learner: Any = TaggerNetwork.from_pretrained(folder).train(mode=False)
    reader, _ = load_parts(folder, "cpu")
    assert isinstance(reader, ReaderNetwork)
    ids, mask, context = batch(rows, tokens)
    given = (ids, mask, context) if with_context else (ids, mask)
    with torch.inference_mode():
        said, expected = reader(*given), learner(*given)
    for name in TaggerOutput.__slots__:
        torch.testing.assert_close(getattr(said, name), getattr(expected, name), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("precision", ["full", "half"])
def test_padding_far_behind_a_text_sees_itself(folder: Path, precision: Precision) -> None:
    """Of attention to nothing at all becomes no number, and the next layer would read it."""
    reader, _ = load_parts(folder, "cpu", precision)
    ids, mask, _ = batch(3, 50)
    mask[1, 4:] = 0
    for each in reader.encoder._masks(mask, reader.dtype).values():
        assert each.max(-1).values.eq(0).all()
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH):
        assert reader(ids, mask).reasons.isfinite().all()


def test_onednn_computes_the_linear_layers_where_it_is_faster(folder: Path) -> None:
    reader, _ = load_parts(folder, "cpu")
    packed = any(isinstance(module, PackedLinear) for module in reader.modules())
    assert packed == (torch.backends.cpu.get_cpu_capability() == "AVX512")
    assert packed != any(isinstance(module, torch.nn.Linear) for module in reader.modules())


def test_half_precision_is_near(folder: Path) -> None:
    (full, _), (half, _) = load_parts(folder, "cpu", "full"), load_parts(folder, "cpu", "half")
    assert (full.dtype, half.dtype) == (torch.float32, torch.bfloat16)
    ids, mask, _ = batch(6, 40)
    with torch.inference_mode():
        found, nearly = full(ids, mask).reasons.sigmoid(), half(ids, mask).reasons.float().sigmoid()
    assert 0 < (found - nearly).abs().max() < 0.1


@pytest.mark.parametrize("with_context", [False, True])
def test_the_network_makes_nothing_on_another_device_than_its_own(folder: Path, with_context: bool) -> None:
    """As on a GPU in half precision: torch refuses to reckon with numbers of two devices, the one without numbers too."""
    reader = ReaderNetwork(TaggerShape.of(json.loads((folder / "config.json").read_text("utf-8")))).to("meta", torch.float16)
    ids, mask, context = (each.to("meta") for each in batch(4, 40))
    said = reader(ids, mask, context) if with_context else reader(ids, mask)
    for name in TaggerOutput.__slots__:
        assert getattr(said, name).device.type == "meta"
        assert getattr(said, name).dtype == torch.float16
    assert said.evidence.shape == (4, 6, 40)


def test_a_network_of_another_encoder_is_read_by_transformers(folder: Path) -> None:
    other = {
        "model_type": "bert",
        "vocab_size": 90,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    config = small_config()
    config.encoder = other
    network = TaggerNetwork(config)
    network.save_pretrained(folder)
    read, _ = load_parts(folder, "cpu")
    assert isinstance(read, TaggerNetwork)
    ids, mask, _ = batch(3, 20)
    with torch.inference_mode():
        torch.testing.assert_close(read(ids, mask).reasons, network.train(mode=False)(ids, mask).reasons, rtol=1e-4, atol=1e-4)


def test_the_probability_of_the_sentiment_is_that_behind_the_temperature(folder: Path) -> None:
    reader, tokenizer = load_parts(folder, "cpu")
    spans_of_words = [(0, 2), (3, 6), (7, 10)]

    def read(heat: float) -> tuple[Sequence[float], float | None]:
        reader.config.temperatures = {"sentiment": heat}
        (found,) = read_windows(reader, tokenizer, [Window(0, [17, 40, 8], spans_of_words, [False] * 3)])
        tags = Decoder(reader.config).decode(Alignment(TEXTS[0], TEXTS[0]), found)
        return found.sentiment.tolist(), tags.sentiment_probability

    (sharp, given), (flat, given_hot) = read(1.0), read(4.0)
    cooled = [share**0.25 for share in sharp]
    assert flat == pytest.approx([share / sum(cooled) for share in cooled], abs=1e-5)
    assert (given, given_hot) == (round(max(sharp), 3), round(max(flat), 3))
    assert given_hot != given


@pytest.mark.model
def test_the_shipped_model_gives_the_tags_that_it_gave_by_transformers() -> None:
    with (files("data") / "samples" / "feedback.csv").open(encoding="utf-8-sig") as sample:
        texts = [row["متن"] for row in csv.DictReader(sample)][::3]
    tagger = TransformerTagger(find_model(), "cpu", "full")
    learner: Any = TaggerNetwork.from_pretrained(find_model(), dtype=torch.float32).train(mode=False)
    aligned = [normaliser().align(text) for text in texts]
    readings = read_texts(learner, PreTrainedTokenizerFast.from_pretrained(find_model()), [each.normalised for each in aligned])
    decoder = Decoder(learner.config)
    expected = [decoder.decode(alignment, reading) for alignment, reading in zip(aligned, readings, strict=True)]
    assert len(texts) > 150
    for tags, golden in zip(tagger.tag(texts), expected, strict=True):
        assert without_scores(tags) == without_scores(golden)
        scores = [(found.score, known.score) for found, known in zip(all_found(tags), all_found(golden), strict=True)]
        assert all(abs(found - known) < 0.0015 for found, known in scores)  # they are rounded to three digits


def all_found(tags: Tags) -> list[Reason | Cue]:
    return [*tags.reasons, *tags.effort, *tags.loyalty]


def without_scores(tags: Tags) -> tuple[object, ...]:
    """All that a text is said to be and why, in order."""
    found = [(each.code, getattr(each, "polarity", ""), each.evidence) for each in all_found(tags)]
    return tags.sentiment, tags.resolution, tags.script, found


@pytest.mark.parametrize("unknown", [{"attention_bias": True}, {"hidden_activation": "relu"}, {"model_type": "bert"}])
def test_encoders_that_differ_are_not_taken_for_ours(unknown: dict[str, object]) -> None:
    shipped = json.loads((find_model() / "config.json").read_text("utf-8"))["encoder"]
    assert can_read(shipped)
    assert not can_read(shipped | unknown)


def test_the_tokenizer_is_that_of_transformers() -> None:
    ours, theirs = TextTokenizer(find_model()), PreTrainedTokenizerFast.from_pretrained(find_model())
    options = {"add_special_tokens": False, "return_offsets_mapping": True, "verbose": False}
    for name in ("input_ids", "offset_mapping"):
        assert ours(TEXTS, **options)[name] == theirs(TEXTS, **options)[name]
    for mark in ("pad_token_id", "cls_token_id", "sep_token_id"):
        assert getattr(ours, mark) == getattr(theirs, mark)
    assert set(ours.all_special_ids) == set(theirs.all_special_ids)


def test_damaged_folders_are_refused(folder: Path) -> None:
    tokenizer = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json holds no tokenizer"):
        load_parts(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer)
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match=r"model\.safetensors is damaged"):
        load_parts(folder)


def test_a_device_that_is_not_there_is_refused() -> None:
    assert find_device("cpu") == torch.device("cpu")
    for name in ("cuda:99", "abacus"):
        with pytest.raises(ModelError, match="VOC_DEVICE: torch cannot run on") as refused:
            find_device(name)
        assert "cpu" in refused.value.options


def test_reading_loads_no_transformers() -> None:
    code = (
        "import sys; from voc.tagging.loading import load_parts; from voc.tagging.identity import Precision, find_model;"
        "import voc.tagging.reading, voc.tagging.decode; load_parts(find_model()); print('transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
