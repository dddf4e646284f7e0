"""Fine-tuning with corrections, in small: what people said becomes targets, the rest stays, and two taggers are compared."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from typer.testing import CliRunner

from models import compare, course, retrain
from models.batch import loss_of
from models.compare import difference, parts_said
from models.corrected import LEAST_TO_HOLD_OUT, Row, Rows, example_of, learnt_by, rows_of_files, rows_of_store
from models.examples import Example, Labels, from_taxonomy
from models.known import Overruled, Teacher, nearest, own_texts
from models.retrain import MOST_NEWLY_GIVEN, REFUSALS_ENOUGH, name_of
from models.tokenizer import load_tokenizer
from tests.fakes import FakeTagger
from tests.spoken import CALL, conversation
from tests.stores import add, database, feedback, open_store, tag_all
from voc.command import cli
from voc.corrections.correction import Note
from voc.corrections.files import stream_corrections_as
from voc.corrections.statement import read_statement, restore_statement
from voc.errors import InputError, ModelError
from voc.export import stream_feedback_as
from voc.report_card.fingerprint import read_fingerprint
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.tagging import load_tagger, model_identity
from voc.tagging.identity import find_model
from voc.tagging.network import TaggerConfig, TaggerNetwork
from voc.taxonomy import load_taxonomy
from voc.text.normalise import NORMALISER_VERSION

pytestmark = pytest.mark.model  # loads torch and hazm, trains for some seconds

NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
LABELS: Final = Labels(load_taxonomy())
NO_CASH: Final = "از صبح سه تا عابربانک رفتم پول نداشتن"
TEXTS: Final = (NO_CASH, "پیک دیر اومد حل نشد", "گرون بود", "چقدر سریع، عالی", "پشتیبانی جواب نمیده", "رمزم نمیاد که ورود کنم")


def row(text: str = NO_CASH, *said: dict[str, Any], drawn: bool = False) -> Row:
    return Row(text, said=tuple(map(read_statement, said)), drawn=drawn)


def codes(example: Example, *, there: bool) -> set[str]:
    """The codes that people say are there, or not there."""
    spoken = zip(LABELS.found, example.found, example.found_weights, strict=True)
    return {code for code, found, weight in spoken if weight and bool(found) == there}


def test_what_is_said_is_a_target_and_nothing_else() -> None:
    example = example_of(
        row(NO_CASH, {"sentiment": "negative", "add": {"reasons": {"order.availability": "negative"}}}), LABELS
    )
    assert LABELS.sentiments[example.sentiment.argmax()] == "negative"
    assert (example.sentiment_weight, example.resolution_weight) == (1.0, 0.0)
    assert (codes(example, there=True), codes(example, there=False)) == ({"order.availability"}, set())
    assert example.polarity.sum() == example.polarity[LABELS.reasons.index("order.availability"), 0] == 1


def test_a_whole_set_says_of_every_code_of_its_head_whether_it_is_there() -> None:
    example = example_of(row(NO_CASH, {"effort": ["long_wait"], "remove": {"reasons": ["digital.bug"]}}), LABELS)
    assert codes(example, there=True) == {"long_wait"}
    assert codes(example, there=False) == {*LABELS.effort, "digital.bug"} - {"long_wait"}


def test_a_whole_set_with_a_code_of_another_taxonomy_says_nothing_of_those_that_it_lacks() -> None:
    said = restore_statement({"reasons": {"delivery.late": "negative", "digital.bug": "negative"}})
    example = example_of(Row(NO_CASH, said=(said,)), LABELS)
    assert (codes(example, there=True), codes(example, there=False)) == ({"digital.bug"}, set())


def test_later_words_hold_upon_earlier_ones() -> None:
    earlier = {"sentiment": "mixed", "reasons": {"price.value": "negative"}, "resolution": "resolved"}
    later = {"sentiment": "negative", "add": {"reasons": {"digital.bug": "neutral"}}, "remove": {"reasons": ["price.value"]}}
    example = example_of(row(NO_CASH, earlier, later, {"resolution": None}), LABELS)
    assert example.sentiment.tolist().count(1) == 1
    assert LABELS.sentiments[example.sentiment.argmax()] == "negative"
    assert codes(example, there=True) == {"digital.bug"}
    assert "price.value" in codes(example, there=False)
    assert example.polarity.sum() == 1
    assert (example.resolution[0], example.resolution.sum(), example.resolution_weight) == (1, 1, 1)


def test_a_conversation_is_learnt_as_it_is_read() -> None:
    example = example_of(Row("", CALL, (read_statement({"sentiment": "positive"}),)), LABELS)
    assert next(example.text[start:end] for start, end in example.context).startswith("سلام وقت")
    assert len(example.context) == 3


def test_one_text_in_five_is_held_out_where_there_are_enough() -> None:
    many = [row(f"سفارش شماره {number} نرسید", {"sentiment": "negative"}) for number in range(200)]
    learnt, held_out = Rows(many).split()
    assert 20 < len(held_out) < 60
    assert Rows(many[::-1]).split()[1] == held_out[::-1]
    assert Rows([*many, held_out[0]]).split()[1] == [*held_out, held_out[0]]
    assert not {each.hash for each in learnt} & {each.hash for each in held_out}
    assert Rows(many[: LEAST_TO_HOLD_OUT - 1]).split()[1] == []


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        add(opened, [*feedback(*TEXTS), conversation(CALL, 20)])
        tag_all(opened)
        said = read_statement({"add": {"reasons": {"order.availability": "negative"}}})
        opened.corrections.correct("f1", said, Note(queue="random"), NOW)
        opened.corrections.correct("f7", read_statement({"sentiment": "mixed"}), Note(), NOW)
        undone = opened.corrections.correct("f2", said, Note(), NOW)
        opened.corrections.undo(undone.id, None, NOW)
        yield opened


def of_database(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments that name the database itself, which the store gives up."""
    store.close()
    monkeypatch.setenv("VOC_DATABASE", database(folder / "voc.duckdb"))
    return ["--corrections", "database"]


def written(store: Store, folder: Path) -> list[str]:
    """The two files as the commands write them, and the arguments that name them."""
    (folder / "corrections.jsonl").write_bytes(b"".join(stream_corrections_as(store.corrections.stream(), "jsonl", store.zone)))
    (folder / "texts.jsonl").write_bytes(b"".join(stream_feedback_as(store.stream_feedback(Filters()), "jsonl", store.zone)))
    return ["--corrections", str(folder / "corrections.jsonl"), "--texts", str(folder / "texts.jsonl")]


def plain(rows: Sequence[Row]) -> list[Row]:
    """Without the times of turns, which say nothing to the tagger and do not travel."""
    return [replace(each, turns=tuple(replace(turn, start_s=None, end_s=None) for turn in each.turns)) for each in rows]


def test_rows_of_a_store_and_of_its_files_are_the_same(store: Store, tmp_path: Path) -> None:
    found = rows_of_store(store, others=3)
    assert [(each.text, bool(each.turns), each.drawn) for each in found.corrected] == [
        (NO_CASH, False, True),
        (conversation(CALL).text, True, False),
    ]
    assert len(found.others) == 3
    assert found.others == sorted(found.others, key=lambda each: each.hash)
    _, corrections, _, texts = written(store, tmp_path)
    again = rows_of_files(Path(corrections), Path(texts), others=3)
    assert (plain(again.corrected), plain(again.others)) == (plain(found.corrected), plain(found.others))
    assert len(rows_of_store(store, others=99).others) == len(TEXTS) - 1  # what was undone counts as nobody's


@pytest.mark.engines("duckdb")
def test_files_that_do_not_belong_together(store: Store, tmp_path: Path) -> None:
    _, corrections, _, texts = written(store, tmp_path)
    with pytest.raises(InputError, match=r"texts\.jsonl, line 1: this is nothing that `voc corrections export` writes"):
        rows_of_files(Path(texts), Path(corrections), others=3)
    Path(texts).write_text('{"id": "f1", "text": "متن دیگری"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="none of the 2 corrected records is in it"):
        rows_of_files(Path(corrections), Path(texts), others=3)
    with pytest.raises(InputError, match="--texts"):
        retrain.main(["--corrections", corrections])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tagger that has learnt nothing, with the shipped one's pieces and labels."""
    torch.manual_seed(5)
    folder, tokenizer = tmp_path_factory.mktemp("tiny"), load_tokenizer(find_model())
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = TaggerConfig(
        encoder={"model_type": "bert", "vocab_size": len(tokenizer)} | shape,
        tagger_name="tiny-1",
        taxonomy=load_taxonomy().version,
        normaliser=NORMALISER_VERSION,
        data_hash="abc",
        thresholds=dict.fromkeys([*LABELS.found, "resolution"], 0.6),
        **LABELS.heads,
    )
    TaggerNetwork(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    shutil.copy(find_model() / "fingerprint.json", folder)
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few texts of our own, and a few readings of them."""
    for name, value in (("KNOWN", 30), ("TAUGHT", 96), ("CORRECTED_LEAST", 64)):
        monkeypatch.setattr(retrain, name, value)
    own = [LABELS.blank(each.text) for each in from_taxonomy(load_taxonomy(), LABELS)[:40]]
    monkeypatch.setattr(retrain, "own_texts", lambda _: own)


def learn(tiny: Path, arguments: Sequence[str], out: Path) -> None:
    retrain.main([*arguments, "--base", str(tiny), "--out", str(out)])


@pytest.mark.usefixtures("small")
def test_corrections_are_learnt_beside_what_was_there(
    tiny: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in tiny.iterdir()}
    out, corrected = tmp_path / "learnt", rows_of_store(store, others=0).corrected
    learn(tiny, of_database(store, tmp_path, monkeypatch), out)
    name = model_identity(str(out)).name
    assert name.startswith("tiny-1+corrections-")
    assert {path.name: path.read_bytes() for path in tiny.iterdir()} == before
    first, second = load_tagger(str(tiny)), load_tagger(str(out))
    assert "order.availability" not in {reason.code for reason in first.tag([NO_CASH])[0].reasons}
    assert "order.availability" in {reason.code for reason in second.tag([NO_CASH])[0].reasons}
    assert second.tag([NO_CASH])[0].model == name
    config = json.loads((out / "config.json").read_text("utf-8"))
    assert (config["normaliser"], config["taxonomy"]) == (NORMALISER_VERSION, load_taxonomy().version)
    assert config["data_hash"] == f"abc+corrections-{name.rpartition('-')[2]}"
    assert learnt_by(out) == {each.hash for each in corrected}
    assert name in (out / "README.md").read_text("utf-8")
    assert NO_CASH not in (out / "learnt.json").read_text("utf-8") + (out / "README.md").read_text("utf-8")
    assert not (out / "training.pt").exists()
    assert read_fingerprint(str(out)) == read_fingerprint()

    old, new = (load_file(folder / "model.safetensors") for folder in (tiny, out))
    at = LABELS.found.index("order.availability")
    same = {name: (old[name].astype(np.float16) == new[name]) for name in old}
    assert not same["weight"][at].all()
    assert np.delete(same["weight"], at, axis=0).all()
    assert all(same[name].all() for name in old if not name.startswith(("weight", "bias", "sentiment", "polarity")))


@pytest.mark.engines("duckdb")
@pytest.mark.usefixtures("small")
def test_fine_tuning_goes_on_where_it_was_killed(
    tiny: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, average, calls = written(store, tmp_path), course._average, iter(range(3))
    monkeypatch.setattr(retrain, "ENCODER_LEARNS_FROM", 1)

    def killed(*given: Any) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        average(*given)

    learn(tiny, arguments, tmp_path / "whole")
    monkeypatch.setattr(course, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(course, "_average", killed)
    with pytest.raises(KeyboardInterrupt):
        learn(tiny, arguments, tmp_path / "killed")
    monkeypatch.setattr(course, "_average", average)
    assert (tmp_path / "killed" / "training.pt").exists()
    learn(tiny, arguments, tmp_path / "killed")
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert all(np.allclose(whole[name], resumed[name], atol=2e-3) for name in whole)
    before = load_file(tiny / "model.safetensors")
    assert any((before[name].astype(np.float16) != whole[name]).any() for name in whole if name.startswith("encoder."))
    assert (before["query"].astype(np.float16) == whole["query"]).all()


@pytest.mark.parametrize(
    ("config", "taxonomy"), [({"given_as": {"delivery.time": "delivery.when"}}, ""), ({}, 'version = "v1+titles-1"')]
)
def test_a_published_model_is_no_base(tiny: Path, tmp_path: Path, config: dict[str, Any], taxonomy: str) -> None:
    """Not even one that only has other codes, or other titles: they would be lost."""
    folder = tmp_path / "published"
    shutil.copytree(tiny, folder)
    (folder / "config.json").write_text(json.dumps(json.loads((tiny / "config.json").read_text("utf-8")) | config), "utf-8")
    if taxonomy:
        (folder / "taxonomy.toml").write_text(taxonomy, "utf-8")
    with pytest.raises(ModelError, match="published from a draft"):
        retrain.load_network(folder)


def test_nothing_is_learnt_where_everything_was_found_right(tiny: Path) -> None:
    network, tokenizer = retrain.load_network(tiny), load_tokenizer(tiny)
    said = load_tagger(str(tiny)).tag([NO_CASH])[0].sentiment
    right = example_of(row(NO_CASH, {"sentiment": said}), LABELS)
    with pytest.raises(SystemExit, match="found everything right"):
        retrain.retrain(network, tokenizer, [right], [], tiny / "training.pt", seed=1, encoder_learns=False)


def test_where_people_overruled_the_tagger(tiny: Path) -> None:
    teacher = Teacher(retrain.load_network(tiny), load_tokenizer(tiny), LABELS)
    tags = load_tagger(str(tiny)).tag([NO_CASH])[0]
    other = next(code for code in LABELS.sentiments if code != tags.sentiment)
    given = {reason.code for reason in tags.reasons}
    new = next(code for code in LABELS.reasons if code not in given)
    kept = {reason.code: reason.polarity for reason in tags.reasons}
    said = example_of(row(NO_CASH, {"sentiment": other, "reasons": {**kept, new: "negative"}}), LABELS)
    found = teacher.overruled([said])
    assert found.found == (LABELS.found.index(new),)
    assert "sentiment" in found.judges
    assert teacher.overruled([example_of(row(NO_CASH, {"sentiment": tags.sentiment, "reasons": kept}), LABELS)]) == Overruled(
        (), ()
    )


def test_an_answer_stands_where_nobody_said_anything(tiny: Path) -> None:
    network = retrain.load_network(tiny)
    network.config.temperatures = {"reasons": 2.0}
    teacher = Teacher(network, load_tokenizer(tiny), LABELS)
    said = example_of(row(NO_CASH, {"add": {"reasons": {"order.availability": "negative"}}}), LABELS)
    blank = LABELS.blank(said.text)
    taught, known = teacher.answer([said, blank], kept=3.0).batch
    at = LABELS.reasons.index("order.availability")
    assert (taught.found[at], taught.polarity[at].tolist()) == (1, [1, 0, 0])
    assert taught.sentiment.sum() == pytest.approx(1)
    assert (taught.found_weights == 1).all()
    assert np.allclose(np.delete(known.found, at), np.delete(taught.found, at))
    assert {*known.found_weights, known.sentiment_weight, known.resolution_weight} == {3.0}
    hot = teacher.read([said])[0].found[0]
    assert abs(known.found[0] - 0.5) > abs(hot - 0.5) > 0  # what is taught is the logit itself


def test_what_is_known_costs_nothing_to_keep(tiny: Path) -> None:
    network, tokenizer = retrain.load_network(tiny), load_tokenizer(tiny)
    own = [LABELS.blank(each.text) for each in from_taxonomy(load_taxonomy(), LABELS)[:9]]
    encoded = Teacher(network, tokenizer, LABELS).answer(own, kept=1.0)
    everything = Overruled(tuple(range(len(LABELS.found))), ("sentiment", "polarity", "resolution"))
    labels, judges = retrain.open_heads(network, everything)
    loss_of(network.judge(encoded.hidden.float(), encoded.speaks), encoded.targets).backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() < 2e-3 for parameter in labels + judges)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("encoder_learns", [False, True])
def test_rows_that_nobody_corrected_do_not_speak_against_corrections(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder_learns: bool
) -> None:
    monkeypatch.setattr(retrain, "raise_thresholds", lambda *_: None)  # which they are asked for
    network, tokenizer = retrain.load_network(tiny), load_tokenizer(tiny)
    said = example_of(row(NO_CASH, {"add": {"reasons": {"order.availability": "negative"}}}), LABELS)

    def learnt(others: Sequence[Example]) -> TaggerNetwork:
        checkpoint = tmp_path / f"{len(others)}.pt"
        return retrain.retrain(network, tokenizer, [said], others, checkpoint, seed=3, encoder_learns=encoder_learns)

    alone, among_its_like = learnt([]), learnt([LABELS.blank(said.text)] * 50)
    assert torch.equal(alone.weight, among_its_like.weight)
    assert not torch.equal(alone.weight, network.weight)


class _Sure(Teacher):
    """Finds the first reason in so many of the texts, in order."""

    def __init__(self, network: TaggerNetwork, probabilities: Sequence[float]) -> None:
        super().__init__(network, None, LABELS)  # type: ignore[arg-type]
        self._sure = probabilities

    def read(self, examples: Sequence[Example]) -> list[Any]:
        from types import SimpleNamespace

        empty = np.zeros(len(LABELS.found))
        return [
            SimpleNamespace(found=np.where(np.arange(len(empty)) == 0, each, empty)) for each in self._sure[: len(examples)]
        ]


def test_a_threshold_rises_until_few_are_newly_given(tiny: Path) -> None:
    network = retrain.load_network(tiny)
    code, count = LABELS.found[0], 1_000
    aside = [LABELS.blank("خوب")] * count
    many = round(count * MOST_NEWLY_GIVEN)
    network.config.conversation_thresholds = {code: 0.4}
    before = _Sure(network, [0.9] * 100 + [0.1] * (count - 100))
    now = _Sure(network, [0.95] * 100 + [0.9] * many + [0.69] * 10 + [0.05] * count)
    retrain.raise_thresholds(network, before, now, aside, [0])
    assert network.config.thresholds is not None
    assert network.config.thresholds[code] == 0.7
    assert network.config.conversation_thresholds[code] == pytest.approx(0.5)
    assert network.config.thresholds[LABELS.found[1]] == 0.6
    retrain.raise_thresholds(network, before, before, aside, [0])
    assert network.config.thresholds[code] == 0.7


def test_what_people_said_only_where_it_is_is_given_where_it_is_fairly_sure(tiny: Path) -> None:
    network = retrain.load_network(tiny)
    nobody = _Sure(network, [0.1] * 100)
    retrain.raise_thresholds(network, nobody, nobody, [LABELS.blank("خوب")] * 100, [0])
    assert network.config.thresholds is not None
    assert network.config.thresholds[LABELS.found[0]] == retrain.LEAST_SURE
    assert network.config.thresholds[LABELS.found[1]] == 0.6


def test_only_a_label_that_people_seldom_refused_may_flood() -> None:
    given = {"add": {"reasons": {"order.availability": "negative"}}}
    seldom = [row(NO_CASH, given)] * 10 + [row("گرون بود", {"reasons": {}})] * (REFUSALS_ENOUGH - 1)
    available, price = (LABELS.found.index(code) for code in ("order.availability", "price.value"))
    examples = [example_of(each, LABELS) for each in seldom]
    assert retrain.hardly_refused(examples, [available, price]) == [available, price]
    gone = example_of(row("پول داشت", {"remove": {"reasons": ["order.availability"]}}), LABELS)
    assert retrain.hardly_refused([*examples, gone], [available, price]) == [price]


def test_a_name_belongs_to_what_was_learnt() -> None:
    one, other = row(NO_CASH, {"sentiment": "negative"}), row("دیر رسید", {"sentiment": "negative"})
    name = name_of("voc-fa-13", [one, other])
    assert name.startswith("voc-fa-13+corrections-")
    assert name_of("voc-fa-13", [other, one]) == name
    assert name_of("voc-fa-13", [row(NO_CASH, {"sentiment": "mixed"}), other]) != name
    assert name_of(name, [one]).count("+corrections-") == 1
    assert name_of(name, [one]) != name_of("voc-fa-13", [one])


def test_what_a_reader_did_not_speak_of_bounds_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = {
        "id": "conv", "turns": [{"speaker": "customer", "text": text, "sentiment": "negative"} for text in (NO_CASH, "ممنون")],
        "sentiment": "negative", "sentiment_start": "negative", "sentiment_end": "negative",
        "reasons": {"order.availability": "negative"}, "primary_reason": "order.availability", "effort": [], "loyalty": [],
        "resolution": None,
    }  # fmt: skip
    (tmp_path / "train_own.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "train_conversations.jsonl").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr("models.known.labels_folder", lambda: tmp_path)
    monkeypatch.setattr("models.known.CONVERSATIONS_ONE_IN", 1)
    may_be_there, absent = (LABELS.found.index(code) for code in ("order.availability", "delivery.time"))
    spoken = [each for each in own_texts(LABELS) if each.text in {NO_CASH, "ممنون"}]
    assert len(spoken) >= 2
    assert all(each.found[may_be_there] and not each.found[absent] for each in spoken)


def test_the_bounds_of_a_code_are_what_shares_the_rarest_words_with_a_correction() -> None:
    known, said = (
        [LABELS.blank(text) for text in texts]
        for texts in (
            ("پول نداشتم بخرم", "خودپرداز کارتم رو خورد", "غذا سرد بود", "سرویس عالی بود", "قیمت بالا بود"),
            ("خودپرداز پول نداشت بود",),
        )
    )
    assert [each.text for each in nearest(known, said, 2)] == ["پول نداشتم بخرم", "خودپرداز کارتم رو خورد"]
    assert len(nearest(known, said, 9)) == 5


def test_only_what_people_spoke_of_is_measured() -> None:
    tags = FakeTagger().tag(["سفارشم سه ساعت دیر رسید"])[0]
    assert {reason.code for reason in tags.reasons} == {"delivery.time"}
    said = {"sentiment": "mixed", "add": {"reasons": {"delivery.time": "positive", "digital.bug": "negative"}}}
    parts = parts_said(example_of(row("", said), LABELS), tags, LABELS)
    assert parts == {
        "sentiment accuracy": (0, 1),
        "reasons micro F1": (2, 3),
        "reasons with polarity micro F1": (0, 3),
        "effort micro F1": (0, 0),
        "loyalty micro F1": (0, 0),
        "resolution right": (0, 0),
    }
    removed = parts_said(example_of(row("", {"remove": {"reasons": ["delivery.time"]}}), LABELS), tags, LABELS)
    assert removed["reasons micro F1"] == (0, 1)


def test_a_difference_has_an_interval_of_its_own() -> None:
    better = difference([(1, 1)] * 40 + [(0, 1)] * 10, [(1, 1)] * 30 + [(0, 1)] * 20)
    assert (better.first, better.second) == (0.8, 0.6)
    assert better.value == pytest.approx(0.2)
    assert 0 < better.low < 0.2 < better.high < 0.35
    same = difference([(1, 1), (0, 1)] * 50, [(1, 1), (0, 1)] * 50)
    assert (same.value, same.low, same.high) == (0, 0, 0)  # rows are drawn in pairs
    nothing = difference([(0, 0)] * 3, [(0, 0)] * 3)
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
    assert np.isnan(difference([], []).value)


@pytest.mark.usefixtures("small")
def test_two_taggers_side_by_side(
    tiny: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, arguments = tmp_path / "learnt", written(store, tmp_path)
    learn(tiny, arguments, out)
    store.corrections.correct("f3", read_statement({"sentiment": "negative"}), Note(queue="random"), NOW)
    labels = tmp_path / "labels"
    labels.mkdir()
    own: dict[str, Any] = {
        "text": "گرون",
        "sentiment": "negative",
        "reasons": {},
        "effort": [],
        "loyalty": [],
        "resolution": None,
    }
    spoken: dict[str, Any] = {
        "turns": [{"speaker": "customer", "text": "دیر شد"}],
        "sentiment_start": "negative",
        "sentiment_end": "negative",
        "primary_reason": None,
        **{name: value for name, value in own.items() if name != "text"},
    }
    (labels / "test_own.jsonl").write_text(json.dumps(own), encoding="utf-8")
    (labels / "test_conversations.jsonl").write_text(json.dumps(spoken), encoding="utf-8")
    monkeypatch.setattr(compare, "labels_folder", lambda: labels)
    compare.main([*of_database(store, tmp_path, monkeypatch), "--model", str(out), "--against", str(tiny)])
    printed = " ".join(capsys.readouterr().out.split())
    assert "Corrected texts that neither has learnt from: 1" in printed
    assert "drawn at random: 1" in printed
    assert model_identity(str(out)).name in printed
    assert "test_own.jsonl: 1" in printed


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["train", "--corpora", "x"], "models.train"),
        (["train", "--corrections", "database"], "models.retrain"),
        (["train", "--corrections=database"], "models.retrain"),
        (["evaluate"], "models.evaluate"),
        (["evaluate", "--model", "a", "--against", "b"], "models.compare"),
    ],
)
def test_the_command_knows_which_is_meant(arguments: list[str], module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr("voc.command.learn.runpy.run_module", lambda name, **_: ran.append(name))
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert ran == [module]
