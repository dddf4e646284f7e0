"""The whole road of the model in small: corpora → pre-training (killed, resumed) → training → a folder that serves."""

import gzip
import json
import math
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from transformers import AutoModel, BertConfig, BertModel, BertTokenizer, ModernBertForMaskedLM

from models import agreement, average, course, curves, evaluate, noise, pretrain, teach, train, tune
from models.batch import evidence_loss, primary_loss, targets_of
from models.corpora import read_texts, text_id
from models.examples import Example, Labels, from_taxonomy, read_feedback, read_labelled, read_records, weak_verdict
from models.noise import SPOILERS, Noise, spoiled
from models.tokenizer import load_tokenizer
from voc.errors import ModelError
from voc.records import Reason, Tags
from voc.tagging import load_tagger, model_identity
from voc.tagging.network import TaggerConfig, TaggerNetwork, sight
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.model  # loads torch and hazm, trains for some seconds


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The taxonomy's own sentences as a public corpus with ratings."""
    folder = tmp_path_factory.mktemp("corpora")
    with gzip.open(folder / "own.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, code in enumerate(load_taxonomy().codes):
            for text in code.hits:
                file.write(json.dumps({"text": text, "stars": 1 + number % 5}, ensure_ascii=False) + "\n")
    return folder


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Label files without text, as they are kept in the project."""
    folder = tmp_path_factory.mktemp("labels")
    for name, entries in (("train", load_taxonomy().reasons[:20]), ("dev", load_taxonomy().reasons[20:])):
        lines = [
            {"id": text_id(text), "domain": "retail", "sentiment": "negative", "reasons": {entry.code: "negative"},
             "effort": ["long_wait"], "loyalty": [], "resolution": "unresolved"}
            for entry in entries
            for text in entry.hits
        ]  # fmt: skip
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pretrained(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrain, "CHECKPOINT_S", 0.0)
        out = tmp_path_factory.mktemp("pretrained")
        tokenizer, pieces, starts = pretrain.prepare(read_texts(corpora), out)

        def go_on(tokens: float) -> None:
            model = ModernBertForMaskedLM(pretrain.encoder_config(tokenizer, layers=2, hidden=64))
            pretrain.pretrain(model, tokenizer, pieces, starts, out, tokens=tokens)

        go_on(10_000)
        half_way = json.loads((out / "progress.json").read_text("utf-8"))
        go_on(20_000)
        went_on = json.loads((out / "progress.json").read_text("utf-8"))
    assert 10_000 <= half_way["pieces"] < 20_000 <= went_on["pieces"]
    return out


@pytest.fixture(scope="module")
def model(pretrained: Path, corpora: Path, labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    train.main(
        ["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(labels), "--out", str(out),
         "--name", "tiny", "--epochs", "1"]
    )  # fmt: skip
    return out


def test_a_trained_folder_serves(model: Path) -> None:
    assert model_identity(str(model)).name == "tiny"
    tagger = load_tagger(str(model))
    texts = ["سفارشم سه روز دیر رسید", "", "ok " * 2_000, "سفارشم سه روز دیر رسید"]
    tags = tagger.tag(texts)
    assert [one.model for one in tags] == ["tiny"] * 4
    assert tags[0] == tags[3]
    assert {path.name for path in model.iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json"}


def test_a_tagger_learns_from_what_finished_taggers_say(
    model: Path, pretrained: Path, corpora: Path, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teach, "PART_TEXTS", 40)
    taught = tmp_path / "taught"
    arguments = ["--teachers", str(model), str(model), "--corpora", str(corpora), "--labels", str(labels), "--out", str(taught)]
    teach.main(arguments)
    parts = {path: path.stat().st_mtime_ns for path in taught.iterdir()}
    targets = Labels(load_taxonomy())
    examples = list(teach.read_taught(taught, [corpora], targets, without=set()))
    labelled = {record["id"] for path in labels.glob("*.jsonl") for record in read_records(path)}
    assert len(parts) > 1
    assert len(examples) == sum(key not in labelled for key, _ in read_feedback([corpora], without=set()))
    assert all(example.sentiment.sum() == pytest.approx(1, abs=0.01) for example in examples)
    assert all(0 <= example.found.min() <= example.found.max() <= 1 for example in examples)
    teach.main(arguments)
    assert {path: path.stat().st_mtime_ns for path in taught.iterdir()} == parts
    train.main(
        ["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(labels), "--out", str(tmp_path / "model"),
         "--taught", str(taught), "--epochs", "1"]
    )  # fmt: skip
    assert load_tagger(str(tmp_path / "model")).tag(["دیر رسید"])


def test_ratings_held_out_for_measuring_are_never_learnt_from(tmp_path: Path) -> None:
    for name, texts in (
        ("snappfood_dev", ["سرد بود", "عالی بود"]),
        ("shop", ["سرد بود", "دیر رسید"]),
        ("more_text", ["خبر روز"]),
    ):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text, "sentiment": "negative"}) + "\n" for text in texts)
    assert [record["text"] for _, record in read_feedback([tmp_path], without=set())] == ["دیر رسید"]


def test_a_rating_has_its_say_in_what_is_taught() -> None:
    targets = Labels(load_taxonomy())
    one_star, unrated = ({"text": "بد نبود", **rating} for rating in ({"stars": 1}, {}))
    likely = dict(zip(targets.sentiments, teach.rating_likelihood(weak_verdict(one_star), targets), strict=True))
    assert likely["negative"] > likely["mixed"] > likely["positive"] > 0
    assert set(teach.rating_likelihood(weak_verdict(unrated), targets)) == {1.0}


def test_a_tagger_goes_on_learning(model: Path, corpora: Path, labels: Path, tmp_path: Path) -> None:
    train.main(
        ["--base", str(model), "--corpora", str(corpora), "--labels", str(labels), "--out", str(tmp_path),
         "--name", "second", "--epochs", "1", "--weak-share", "0"]
    )  # fmt: skip
    text = "سفارشم سه روز دیر رسید"
    first, second = load_tagger(str(model)).tag([text])[0], load_tagger(str(tmp_path)).tag([text])[0]
    assert (first.model, second.model) == ("tiny", "second")
    assert replace(first, model="second") != second


def test_each_pass_reads_another_share_of_a_label_file() -> None:
    labels = Labels(load_taxonomy())
    examples = [labels.blank(str(number)) for number in range(40)]
    drawn = [[each.text for each in train.some_of(examples, 0.25, seed)] for seed in (1, 1, 2)]
    assert len(set(drawn[0])) == 10
    assert drawn[0] == drawn[1] != drawn[2]
    times = Counter(each.text for each in train.some_of(examples, 2.25, 1))
    assert sorted(times.values()) == [2] * 30 + [3] * 10


def test_a_share_of_a_label_file_that_is_not_there_is_refused(
    pretrained: Path, corpora: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        train.main(["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(labels), "--out", str(tmp_path),
                    "--share", "trainn=2"])  # fmt: skip
    assert "no trainn among train" in capsys.readouterr().err


def test_training_goes_on_where_it_was_killed(
    pretrained: Path, corpora: Path, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str) -> None:
        train.main(["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(labels),
                    "--out", str(tmp_path / name), "--epochs", "1"])  # fmt: skip

    average, calls = course._average, iter(range(9))

    def killed(*arguments: Any) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        average(*arguments)

    monkeypatch.setattr(noise, "SPLIT_PIECES", 0.0)  # the tokenizer draws these by a chance of its own
    run("whole")
    monkeypatch.setattr(course, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(course, "_average", killed)
    with pytest.raises(KeyboardInterrupt):
        run("killed")
    monkeypatch.setattr(course, "_average", average)
    assert (tmp_path / "killed" / "training.pt").exists()
    run("killed")
    assert not (tmp_path / "killed" / "training.pt").exists()
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert all(np.allclose(whole[name], resumed[name], atol=2e-3) for name in whole)


def test_a_loss_that_is_no_number_ends_the_training(
    pretrained: Path, corpora: Path, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "REPORT_STEPS", 1)
    monkeypatch.setattr(course, "loss_of", lambda output, _: output.sentiment.sum() * torch.nan)
    with pytest.raises(SystemExit, match="no number"):
        train.main(["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(labels), "--out", str(tmp_path)])
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(("minutes", "share"), [(math.inf, 1.0), (1e-4, 0.0)])
def test_a_course_is_learnt_to_its_end_or_to_the_end_of_its_minutes(
    pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: float, share: float
) -> None:
    targets, steps = Labels(load_taxonomy()), list[int]()
    config = TaggerConfig(encoder=json.loads((pretrained / "config.json").read_text("utf-8")), **targets.heads)
    batches = [from_taxonomy(load_taxonomy(), targets)[:2]] * 30
    monkeypatch.setattr(course, "REPORT_STEPS", 1)
    monkeypatch.setattr(course, "_average", lambda *_: steps.append(1))
    whole = course.Course(batches, load_tokenizer(pretrained), seed=1)
    course.fit(TaggerNetwork(config), whole, tmp_path / "training.pt", minutes=minutes)
    assert len(steps) == 30 if share == 1 else len(steps) < 10


def test_minutes_count_on_from_the_last_checkpoint(pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    targets, steps = Labels(load_taxonomy()), list[int]()
    config = TaggerConfig(encoder=json.loads((pretrained / "config.json").read_text("utf-8")), **targets.heads)
    whole = course.Course([from_taxonomy(load_taxonomy(), targets)[:2]] * 6, load_tokenizer(pretrained), seed=1)
    monkeypatch.setattr(course, "CHECKPOINT_S", 0.0)
    course.fit(TaggerNetwork(config), whole, tmp_path / "training.pt")
    state = torch.load(tmp_path / "training.pt", weights_only=True)
    assert 0 < state["spent_s"] < 600
    torch.save({**state, "done": 3, "spent_s": 3600.0}, tmp_path / "training.pt")
    monkeypatch.setattr(course, "_average", lambda *_: steps.append(1))
    course.fit(TaggerNetwork(config), whole, tmp_path / "training.pt", minutes=60)
    assert not steps


def test_a_loss_that_is_no_number_at_the_very_end_is_not_kept(
    pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = Labels(load_taxonomy())
    config = TaggerConfig(encoder=json.loads((pretrained / "config.json").read_text("utf-8")), **targets.heads)
    whole = course.Course([from_taxonomy(load_taxonomy(), targets)[:2]] * 3, load_tokenizer(pretrained), seed=1)
    monkeypatch.setattr(course, "loss_of", lambda output, _: output.sentiment.sum() * torch.nan)
    with pytest.raises(SystemExit, match="no number"):
        course.fit(TaggerNetwork(config), whole, tmp_path / "training.pt")


def test_without_the_texts_that_set_thresholds_nothing_is_trained(
    pretrained: Path, corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "dev.jsonl").write_text(json.dumps({"id": "0" * 12, "reasons": {}}), encoding="utf-8")
    given = ["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(tmp_path / "labels")]
    with pytest.raises(SystemExit):
        train.main([*given, "--out", str(tmp_path / "out")])
    assert "dev*.jsonl" in capsys.readouterr().err


def test_a_course_of_another_length_is_not_taken_up(pretrained: Path, corpora: Path, labels: Path, tmp_path: Path) -> None:
    torch.save({"steps": 1, "done": 1}, tmp_path / "training.pt")
    with pytest.raises(SystemExit, match="Delete it first"):
        train.main(["--base", str(pretrained), "--corpora", str(corpora), "--labels", str(labels), "--out", str(tmp_path)])


def test_texts_of_our_own_stand_in_the_label_file(tmp_path: Path) -> None:
    record: dict[str, Any] = {"id": "own-1", "text": "سفارشم نرسیییید", "sentiment": "negative",
              "reasons": {"delivery.missing": "negative"}, "effort": [], "loyalty": [], "resolution": None,
              "words": {"delivery.missing": ["نرسیییید", "سفارشم"]}}  # fmt: skip
    (tmp_path / "own.jsonl").write_text(json.dumps(record), encoding="utf-8")
    targets = Labels(load_taxonomy())
    (example,) = read_labelled(tmp_path / "own.jsonl", {}, targets)
    at = targets.found.index("delivery.missing")
    assert example.text == "سفارشم نرسید^"
    assert example.found[at] == 1
    assert example.words == ((at, ((7, 13), (0, 6))),)


def test_evidence_is_drawn_to_the_marked_words() -> None:
    example = replace(Labels(load_taxonomy()).blank("دیر رسید"), words=((1, ((4, 8),)),))
    ranges = torch.tensor([[[0, 0], [0, 3], [4, 8], [0, 0]]])
    evidence = torch.zeros(1, 2, 4)

    def surprise(example: Example) -> float:
        return evidence_loss(evidence, targets_of([example], ranges)).item()

    even = surprise(example)
    evidence[0, 1, 2] = 3.0
    assert surprise(example) < even
    assert even == pytest.approx(np.log(4))
    assert surprise(replace(example, words=((1, ((0, 3), (4, 8))),))) < 0.5
    assert surprise(replace(example, words=())) == 0


def test_a_rare_code_takes_the_threshold_of_its_head() -> None:
    random = np.random.default_rng(0)
    gold = random.random((400, 3)) < (0.5, 0.5, 0.0)
    sure = np.where(gold, 0.45, 0.25)
    sure[:, 0] += 0.2
    thresholds = tune.thresholds_of(["often", "other", "never"], sure + random.normal(0, 0.02, sure.shape), gold)
    assert thresholds["often"] > 0.46 > thresholds["other"] > 0.25
    assert thresholds["other"] <= thresholds["never"] < thresholds["often"]


def test_a_threshold_strays_from_the_usual_only_where_that_pays() -> None:
    gold = np.arange(200)[:, None] < (1, 100)
    sure = np.where(gold, (0.28, 0.28), 0.1)
    rare, common = tune.thresholds_of(["rare", "common"], sure, gold, 0.0).values()
    assert max(rare, common) <= 0.28
    sure[:, 1] = np.where(gold[:, 1], 0.5, 0.1)
    rare, common = tune.thresholds_of(["rare", "common"], sure, gold).values()
    assert rare == common == tune.USUAL  # one example does not say that it lies elsewhere
    rare, common = tune.thresholds_of(["rare", "common"], np.where(gold, 0.6, 0.52), gold).values()
    assert min(rare, common) > 0.5


@pytest.mark.parametrize("name", sorted(SPOILERS))
def test_noise_changes_the_spelling_and_keeps_the_words(name: str) -> None:
    text = "سفارشم سه روز دیر رسید، کتاب‌ها خیس بود و هنوز کسی جواب نداده است"
    spoiled = SPOILERS[name](text * 3, np.random.default_rng(0))
    assert spoiled != text * 3
    assert abs(len(spoiled) - len(text) * 3) < len(text)


def test_any_encoder_with_a_fast_tokenizer_can_be_the_base(corpora: Path, labels: Path, tmp_path: Path) -> None:
    base, out = tmp_path / "bert", tmp_path / "tagger"
    words = sorted({word for code in load_taxonomy().codes for text in code.hits for word in text.split()})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    base.mkdir()
    (base / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    BertTokenizer(str(base / "vocab.txt")).save_pretrained(base)
    shape = BertConfig(vocab_size=len(pieces), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertModel(shape).save_pretrained(base)
    train.main(
        ["--base", str(base), "--corpora", str(corpora), "--labels", str(labels), "--out", str(out),
         "--name", "on-bert", "--epochs", "1"]
    )  # fmt: skip
    assert load_tagger(str(out)).tag(["سفارشم دیر رسید"])[0].model == "on-bert"


def test_evaluation_prints_every_figure(model: Path, corpora: Path, labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (model / "README.md").write_text("# fine-tuned\n\nWith corrections.\n\n## Limits\n\n- Few.\n", encoding="utf-8")
    for _ in range(2):
        evaluate.main([str(labels / "dev.jsonl"), "--corpora", str(corpora), "--model", str(model), "--card"])
    printed = capsys.readouterr().out
    for figure in ("sentiment accuracy", "reasons micro F1", "resolution F1", "calibration error", "texts a second"):
        assert figure in printed
    card = (model / "README.md").read_text("utf-8")
    assert card.startswith("# fine-tuned\n\nWith corrections.\n\n## Limits\n\n- Few.\n\n## How good it is")
    assert card.count("## How good it is") == card.count("| sentiment accuracy |") == 1


def test_evaluation_passes_over_files_without_their_texts(
    model: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own: dict[str, Any] = {"id": "own-1", "text": "سفارشم هنوز نرسیده است", "domain": "retail", "sentiment": "negative",
           "reasons": {"delivery.missing": "negative"}, "effort": [], "loyalty": [], "resolution": None,
           "words": {"delivery.missing": ["هنوز نرسیده"]}}  # fmt: skip
    (tmp_path / "own.jsonl").write_text(json.dumps(own, ensure_ascii=False), encoding="utf-8")
    evaluate.main([str(labels / "dev.jsonl"), str(tmp_path / "own.jsonl"), "--model", str(model)])
    printed = capsys.readouterr().out
    assert "none of its texts is here" in printed
    assert "own.jsonl (1 texts)" in printed
    with pytest.raises(SystemExit, match="Nothing to measure"):
        evaluate.main([str(labels / "dev.jsonl"), "--model", str(model)])


def test_evidence_is_measured_by_its_weightiest_words() -> None:
    record = {"text": "دیر رسید و سرد بود", "words": {"delivery.time": ["دیر", "رسید"], "delivery.packaging": ["سرد"]}}
    reasons = (
        Reason("delivery.time", "negative", 0.9, ((4, 8), (11, 14))),
        Reason("delivery.packaging", "negative", 0.9, ((0, 3),)),
    )
    blank = Tags("negative", -0.9, reasons, (), None, (), None, "persian", "m", "v1")
    assert evaluate.evidence_overlap([record], [blank]) == (2, 0.5)
    assert evaluate.evidence_overlap([{"text": "خوب"}], [blank]) is None


def test_a_tagger_without_weights_that_this_release_needs_is_refused(model: Path, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    folder = tmp_path / "older"
    shutil.copytree(model, folder)
    weights = load_file(folder / "model.safetensors")
    save_file({name: each for name, each in weights.items() if not name.startswith("primary")}, folder / "model.safetensors")
    with pytest.raises(ModelError, match=r"lacks the weights primary\.0\.bias"):
        load_tagger(str(folder))


def test_agreement_compares_two_readings(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (labels / "dev.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "dev.jsonl").write_text("\n".join(lines), encoding="utf-8")
    changed = [json.loads(line) | {"sentiment": "positive"} for line in lines[:4]] + list(map(json.loads, lines[4:8]))
    (tmp_path / "second_dev.jsonl").write_text("\n".join(map(json.dumps, changed)), encoding="utf-8")
    agreement.main(["--labels", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "8 texts read twice" in printed
    assert "sentiment accuracy               │ 0.500" in printed
    assert "reasons micro F1                 │ 1.000" in printed


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        ({"stars": 5}, "positive"),
        ({"stars": 0.0, "recommendation": "recommended"}, "positive"),
        ({"stars": 3.0, "recommendation": "recommended"}, None),
        ({"stars": 0.0}, None),
        ({"rating10": 0}, "negative"),
        ({"rating10": 8}, None),
        ({"sentiment": "neutral"}, "neutral"),
        ({"text": "بدون امتیاز"}, None),
    ],
)
def test_weak_verdicts(record: dict[str, Any], verdict: str | None) -> None:
    assert weak_verdict(record) == verdict


def tiny_tagger(moves: list[str], reasons: Sequence[str] = ("r",)) -> TaggerNetwork:
    shape = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = TaggerConfig(
        encoder={"model_type": "bert"} | shape,
        sentiments=["a", "b"],
        reasons=[*reasons],
        effort=["e"],
        loyalty=["l"],
        resolutions=["x"],
        moves=moves,
    )
    return TaggerNetwork(config)


def test_a_tagger_learns_on_where_a_head_is_new() -> None:
    old = tiny_tagger([])
    new = tiny_tagger(["m", "n"])
    train.take_over(new, old)
    ids, mask = torch.tensor([[1, 7, 9, 2]]), torch.ones(1, 4)
    old.train(mode=False)
    new.train(mode=False)
    before, after = old(ids, mask), new(ids, mask)
    for head in ("sentiment", "reasons", "polarity", "effort", "loyalty", "resolution"):
        assert torch.allclose(getattr(before, head), getattr(after, head), atol=1e-5), head
    assert after.moves.shape == (1, 2)


def test_labels_take_over_what_those_of_their_code_know_wherever_they_stand() -> None:
    old, new = tiny_tagger(["m"], ["p", "r"]), tiny_tagger(["l", "m"], ["p", "q", "r"])
    train.take_over(new, old)
    ids, mask = torch.tensor([[1, 7, 9, 2]]), torch.ones(1, 4)
    before, after = old.train(mode=False)(ids, mask), new.train(mode=False)(ids, mask)
    for head, places in (("reasons", [0, 2]), ("polarity", [0, 2]), ("effort", [0]), ("loyalty", [0]), ("moves", [1])):
        assert torch.allclose(getattr(before, head), getattr(after, head)[:, places], atol=1e-5), head
    hidden, polarities = 16, 3
    inside = [*range(2 * hidden + polarities), *range(2 * hidden + 2 * polarities, 2 * hidden + 3 * polarities + 2)]
    known, mine = (each.state_dict()["sentiment.0.weight"] for each in (old, new))
    assert torch.equal(mine[:, inside], known)
    assert after.sentiment.shape == before.sentiment.shape


def test_agreement_on_conversations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoken = {
        "turns": [{"speaker": "customer", "text": "کارتم نیومد"}, {"speaker": "agent", "text": "ببخشید", "moves": ["apology"]}],
        "sentiment": "negative", "sentiment_start": "negative", "sentiment_end": "negative",
        "reasons": {"delivery.missing": "negative"}, "primary_reason": "delivery.missing", "effort": [], "loyalty": [],
        "resolution": "unresolved",
    }  # fmt: skip
    first = [spoken | {"id": str(number)} for number in range(4)]
    turns = [{"speaker": "customer"}, {"speaker": "agent", "moves": ["apology"]}]
    second = [{**record, "turns": turns, "resolution": None if record["id"] == "0" else "unresolved"} for record in first]
    for name, records in (("test_conversations", first), ("second_test_conversations", second)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    agreement.main(["--labels", str(tmp_path)])
    printed = " ".join(capsys.readouterr().out.split())
    assert "agent's moves micro F1 │ 1.000" in printed
    assert "resolution right │ 0.750" in printed


def test_an_average_lies_between_and_keeps_new_labels() -> None:
    older = tiny_tagger([])
    newer = tiny_tagger(["m"])
    older.bias.data, newer.bias.data = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([4.0, 1.0, 0.0, 7.0])
    assert average.averaged(older, newer, 0.75).bias.tolist() == [3.0, 1.0, 0.5, 7.0]
    assert newer.bias.tolist() == [4.0, 1.0, 0.0, 7.0]


def test_conversations_teach_both_sides(tmp_path: Path) -> None:
    record = {
        "id": "conv", "turns": [
            {"speaker": "agent", "text": "سلام بفرمایید", "moves": ["greeting"]},
            {"speaker": "customer", "text": "پولم برنگشته هنوز", "sentiment": "negative"},
            {"speaker": "agent", "text": "ببخشید، الان خودم پیگیری می‌کنم", "moves": ["apology", "ownership"]},
            {"speaker": "customer", "text": "مرسی نشست به حسابم", "sentiment": "positive"},
        ],
        "sentiment": "mixed", "sentiment_start": "negative", "sentiment_end": "positive",
        "reasons": {"after_sales.refund": "negative"}, "primary_reason": "after_sales.refund",
        "effort": [], "loyalty": [], "resolution": "resolved",
    }  # fmt: skip
    path = tmp_path / "train_conversations.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    targets = Labels(load_taxonomy())
    examples = read_labelled(path, {}, targets)
    whole, *agents = read_labelled(path, {}, targets, held_out=True)
    of_customer = len(targets.of_customer)
    assert [int(example.found[of_customer:].sum()) for example in agents] == [1, 2]
    assert all(not example.found_weights[:of_customer].any() and not example.sentiment_weight for example in agents)
    assert whole.text == "سلام بفرمایید پولم برنگشته هنوز ببخشید، الان خودم پیگیری می‌کنم مرسی نشست به حسابم"
    assert [whole.text[start:end] for start, end in whole.context] == ["سلام بفرمایید", "ببخشید، الان خودم پیگیری می‌کنم"]
    assert targets.reasons[whole.primary] == "after_sales.refund"

    taught = [example.text for example in examples[-3 * len(agents) :]]
    assert taught == [text for example in agents for text in [example.text] * 3]
    *wholes, alone, first, last, _, _ = examples[: -3 * len(agents)]
    assert [example.text for example in wholes] == [whole.text] * 3
    assert (alone.text, alone.context) == ("پولم برنگشته هنوز مرسی نشست به حسابم", ())
    assert [targets.sentiments[example.sentiment.argmax()] for example in (first, last)] == ["negative", "positive"]
    refund, other = (targets.found.index(code) for code in ("after_sales.refund", "delivery.time"))
    assert all(example.found[refund] for example in (*wholes, alone))
    assert (first.found_weights[refund], first.found_weights[other]) == (
        0,
        1,
    )  # the refund may be in any part, the other in none
    assert not any(example.found_weights[of_customer:].any() for example in (*wholes, alone, first, last))


def test_stretches_of_a_conversation_have_the_labels_that_are_said_in_them(tmp_path: Path) -> None:
    turns = [
        {"speaker": "customer", "text": "سلام وقت بخیر", "sentiment": "neutral"},
        {"speaker": "agent", "text": "سلام بفرمایید", "moves": ["greeting"]},
        {"speaker": "customer", "text": "پیکتون سه ساعت دیر کرد", "sentiment": "negative"},
        {"speaker": "agent", "text": "عذر می‌خوام", "moves": ["apology"]},
        {"speaker": "customer", "text": "دفعه سومه زنگ می‌زنم", "sentiment": "negative"},
        {"speaker": "customer", "text": "خداحافظ", "sentiment": "neutral"},
    ]
    record = {
        "id": "conv", "turns": turns, "sentiment": "negative", "sentiment_start": "neutral", "sentiment_end": "neutral",
        "reasons": {"delivery.time": "negative"}, "primary_reason": "delivery.time",
        "effort": ["repeat_contact"], "loyalty": [], "resolution": None,
        "said": {"delivery.time": [2], "repeat_contact": [4]},
    }  # fmt: skip
    path = tmp_path / "train_conversations.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    targets = Labels(load_taxonomy())
    late, again = (targets.found.index(code) for code in ("delivery.time", "repeat_contact"))
    whole, _, _, *stretches = read_labelled(path, {}, targets)[:5]
    odd = tmp_path / "odd.jsonl"
    odd.write_text(json.dumps(record | {"turns": turns[:5]}), encoding="utf-8")
    assert [each.text.split()[-1] for each in read_labelled(odd, {}, targets)[3:5]] == ["می‌خوام", "می‌زنم"]
    assert [(label, [whole.text[start:end] for start, end in spans]) for label, spans in whole.words] == [
        (late, ["پیکتون سه ساعت دیر کرد"]), (again, ["دفعه سومه زنگ می‌زنم"])
    ]  # fmt: skip
    assert [(each.found[late], each.found[again]) for each in stretches] == [(1, 0), (1, 1)]
    assert [each.text.split()[0] for each in stretches] == ["سلام", "پیکتون"]
    assert all(not each.sentiment_weight and not each.resolution_weight and each.found_weights[late] for each in stretches)


def test_turns_left_out_of_a_conversation_take_their_labels_with_them(tmp_path: Path) -> None:
    said = ["پیکتون سه ساعت دیر کرد", "دفعه سومه زنگ می‌زنم", "تقصیر شما نیست", "باشه ممنون"]
    record = {
        "id": "conv", "turns": [{"speaker": "customer", "text": text, "sentiment": "neutral"} for text in said],
        "sentiment": "negative", "sentiment_start": "neutral", "sentiment_end": "neutral",
        "reasons": {"delivery.time": "negative"}, "primary_reason": "delivery.time",
        "effort": ["repeat_contact"], "loyalty": [], "resolution": None,
        "said": {"delivery.time": [0], "repeat_contact": [1]},
    }  # fmt: skip
    path = tmp_path / "train_conversations.jsonl"
    path.write_text("\n".join(json.dumps(record | {"id": f"conv-{number}"}) for number in range(20)), encoding="utf-8")
    targets = Labels(load_taxonomy())
    late, again = (targets.found.index(code) for code in ("delivery.time", "repeat_contact"))
    whole, *_ = examples = read_labelled(path, {}, targets)
    parts = [each for each in examples if not each.sentiment_weight and each.text != whole.text]
    for part in parts:
        assert bool(part.found[late]) == ("سه ساعت دیر کرد" in part.text)
        assert bool(part.found[again]) == ("دفعه سومه" in part.text)
        assert part.primary in (-1, targets.reasons.index("delivery.time"))
        assert part.primary == -1 or part.found[late]
    assert len({part.text for part in parts}) > 6


def test_some_pieces_are_hidden_from_every_second_text(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    texts = [Labels(load_taxonomy()).blank("سفارشم سه روز دیر رسید و کسی جواب نداد " * 5)] * 200
    hidden = [
        Noise(tokenizer, np.random.default_rng(0)).encode(texts, 256, steady=steady)[0] == tokenizer.mask_token_id
        for steady in (True, False)
    ]
    shares = hidden[1].float().mean(1)
    assert not hidden[0].any()
    assert 70 < (shares > 0).sum() < 130
    assert shares[shares > 0].mean() == pytest.approx(noise.HIDDEN_PIECES, abs=0.03)
    assert not hidden[1][:, [0, -1]].all(0).any()


def test_a_text_of_a_packed_row_sees_no_other(pretrained: Path) -> None:
    tokenizer = load_tokenizer(pretrained)
    model = ModernBertForMaskedLM(pretrain.encoder_config(tokenizer, layers=2, hidden=64)).eval()
    ids = torch.randint(20, 60, (1, pretrain.ROW_TOKENS))
    texts = (torch.arange(pretrain.ROW_TOKENS) >= 50).long()[None]
    places = torch.arange(10)[None]  # all in the first text
    other = ids.clone()
    other[:, 50:] = torch.randint(20, 60, (1, pretrain.ROW_TOKENS - 50))
    one, same = (pretrain.restoring_loss(model, pretrain.Rows(each, texts, places, ids[:, :10])) for each in (ids, other))
    assert torch.equal(one, same)
    joined = pretrain.restoring_loss(model, pretrain.Rows(other, torch.zeros_like(texts), places, ids[:, :10]))
    assert not torch.equal(one, joined)


def test_what_tokens_see_on_a_card_is_what_they_see_here(pretrained: Path) -> None:
    encoder = AutoModel.from_pretrained(pretrained).eval()
    mask = (torch.arange(200) < torch.tensor([[200], [150], [3]])).long()
    ids = torch.randint(20, 60, mask.shape)
    seen = sight(encoder.config, mask)
    assert isinstance(seen, dict)
    assert all(each.any(-1).all() for each in seen.values())
    here, there = (encoder(input_ids=ids, attention_mask=each).last_hidden_state for each in (mask, seen))
    assert torch.allclose(here[mask > 0], there[mask > 0], atol=1e-5)


def test_packing_keeps_every_text_whole_between_its_marks(pretrained: Path) -> None:
    tokenizer = load_tokenizer(pretrained)
    chunks = [torch.randint(20, 60, (length,)) for length in (1, 126, 7, 30, 90, 4, 50)]
    starts = torch.tensor([0, *map(len, chunks)]).cumsum(0)
    ids, texts = pretrain.packed(torch.cat(chunks).int(), starts, tokenizer)
    flat = ids.flatten().tolist()
    assert ids.shape == texts.shape == (2, pretrain.ROW_TOKENS)
    marked = [[tokenizer.cls_token_id, *chunk.tolist(), tokenizer.sep_token_id] for chunk in chunks]
    numbers = texts.flatten().tolist()
    for number in range(max(numbers)):  # the last may be cut off
        assert [piece for piece, text in zip(flat, numbers, strict=True) if text == number] in marked


def test_slips_leave_context_and_marked_words_where_they_are() -> None:
    text = "سلام بفرمایید پولم برنگشته هنوز خودم پیگیری می‌کنم مرسی"
    example = replace(Labels(load_taxonomy()).blank(text), context=((0, 13), (32, 50)), words=((4, ((14, 26),)),))
    random = np.random.default_rng(3)
    for _ in range(50):
        heard = spoiled(example, random)
        (first, second) = (heard.text[start:end] for start, end in heard.context)
        [(label, [(start, end)])] = heard.words
        assert label == 4
        assert heard.text[start:end][:1] in "پچوخ"
        assert first.startswith(("س", "ص", "ث", "ش", "ی", "ل"))
        assert "برنگ" not in first + second
        assert heard.context[0][0] == 0
        assert heard.context[1][1] <= len(heard.text)


def test_only_the_customer_speaks_for_a_label() -> None:
    network = tiny_tagger(["m"])
    network.train(mode=False)
    ids, mask = torch.tensor([[2, 5, 6, 7, 3]]), torch.ones(1, 5, dtype=torch.long)
    context = torch.tensor([[0, 1, 1, 0, 0]])
    network.context.data.fill_(0.5)
    heard = network(ids, mask, context)
    assert heard.evidence[0, :, 1:3].abs().max() == 0
    assert heard.evidence[0, :, 3].abs().max() > 0
    other_words = network(torch.tensor([[2, 8, 6, 7, 3]]), mask, context)
    assert not torch.equal(heard.reasons, other_words.reasons)  # yet the agent's words are read


def test_what_they_came_for_is_learnt_among_all_reasons() -> None:
    targets = Labels(load_taxonomy())
    example, others = targets.blank(""), len(targets.reasons) - 1
    logits = torch.zeros(2, len(targets.reasons))
    logits[0, 4] = math.log(3 * others)
    targets_of_both = targets_of([replace(example, primary=4), example], torch.zeros(2, 3, 2))
    loss = primary_loss(logits, targets_of_both)
    assert loss.item() == pytest.approx(-math.log(0.75))


def test_a_text_with_a_single_reason_came_for_it(tmp_path: Path) -> None:
    record: dict[str, object] = {"sentiment": "negative", "effort": [], "loyalty": [], "resolution": None}
    reasons: tuple[dict[str, str], ...] = (
        {"price.value": "negative"},
        {"price.value": "negative", "delivery.time": "negative"},
        {},
    )
    path = tmp_path / "train.jsonl"
    lines = [json.dumps({**record, "id": str(at), "text": "گرونه", "reasons": each}) for at, each in enumerate(reasons)]
    path.write_text("\n".join(lines), encoding="utf-8")
    targets = Labels(load_taxonomy())
    came_for = [example.primary for example in read_labelled(path, {}, targets)]
    assert came_for == [targets.reasons.index("price.value"), -1, -1]


def test_what_is_not_found_is_hardly_what_they_came_for(model: Path) -> None:
    network = TaggerNetwork.from_pretrained(model, dtype=torch.float32)
    for parameter in network.primary[-1].parameters():
        torch.nn.init.zeros_(parameter)
    ids = torch.tensor([[2, 5, 6, 7, 3]])
    with torch.no_grad():
        output = network(ids, torch.ones_like(ids))
    assert torch.equal(output.primary, output.reasons)


def test_each_curve_changes_one_thing(tmp_path: Path) -> None:
    bases = [tmp_path / "short", tmp_path / "long"]
    for pieces, base in enumerate(bases, start=1):
        base.mkdir()
        (base / "progress.json").write_text(json.dumps({"pieces": pieces}), encoding="utf-8")
    shared, *others = curves.points(bases)
    assert shared == curves.Point(str(bases[1]), 2)
    for point in others:
        changed = [(point.base, point.pieces) != (shared.base, shared.pieces), point.labels != 0, point.layers != 0]
        assert sum(changed) == 1
