"""A draft published on the shipped model: what it learns, what it leaves alone to the bit, and the commands around it."""

import json
import tomllib
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner, Result

from models.packs import found_in, read_held_out
from models.train import start_from
from tests.packs import PACKS, write_banking
from voc import command
from voc.drafts import Draft, Plan, plan_of, read_draft
from voc.drafts.examples import examples_of
from voc.drafts.features import labels_of
from voc.drafts.judgement import Judgement, judge
from voc.drafts.learn import Learnt, learn
from voc.drafts.publish import publish
from voc.errors import ConflictError, InputError, ModelError
from voc.records import Tags, Turn
from voc.report_card.fingerprint import read_fingerprint
from voc.tagging import model_identity
from voc.tagging.identity import SHIPPED_MODEL, find_model
from voc.tagging.network import TaggerConfig
from voc.tagging.tagger import TransformerTagger
from voc.taxonomy import load_taxonomy, shipped_taxonomy, taxonomy_of

pytestmark = pytest.mark.model
TAXONOMY = import_module("voc.command.taxonomy")  # the package has a command of that name, too
SPLIT = """
[[split]]
code = "delivery.time"
  [[split.into]]
  code = "delivery.early"
  fa = "زودتر رسیدن"
  en = "Early or fast"
  definition_fa = "زود، سریع یا به‌موقع رسیدن."
  definition_en = "Early, fast or on time."
  hits = [
    "زودتر از موعد رسید", "خیلی سریع آوردن", "یه ساعته رسید دستم", "صبح ثبت کردم عصر رسید سریع بود",
    "به‌موقع تحویل دادن", "سر وقت رسید", "فوری فرستادن سریع رسید", "زود رسید ممنون",
  ]
  near_misses = ["خیلی دیر رسید", "سه روز دیرتر آوردن"]
"""
TURNS = (
    Turn("customer", "سلام برای وام ازدواج اومدم شعبه، میگن دو تا ضامن رسمی بیار"),
    Turn("agent", "سلام وقتتون بخیر، بله دو ضامن لازمه"),
    Turn("customer", "بسته‌ام هم هنوز نرسیده، سه روز دیر شده"),
)


@pytest.fixture(scope="module")
def shipped() -> TransformerTagger:
    return TransformerTagger(find_model())


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_banking(tmp_path_factory.mktemp("draft"), SPLIT)


@pytest.fixture(scope="module")
def plan(draft: Path) -> Plan:
    return plan_of(read_draft(draft), shipped_taxonomy())


@pytest.fixture(scope="module")
def learnt(plan: Plan, shipped: TransformerTagger) -> Learnt:
    return learn(plan, examples_of(plan), shipped, read_held_out("banking").texts)


@pytest.fixture(scope="module")
def learning(draft: Path, plan: Plan, learnt: Learnt) -> tuple[Draft, Plan, Learnt, list[Judgement]]:
    return read_draft(draft), plan, learnt, judge(plan, examples_of(plan), learnt)


@pytest.fixture(scope="module")
def folder(learning: tuple[Draft, Plan, Learnt, list[Judgement]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "own"
    publish(*learning, folder)
    return folder


@pytest.fixture(scope="module")
def own(folder: Path) -> TransformerTagger:
    return TransformerTagger(folder)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [text for code in shipped_taxonomy().codes for text in code.hits[:2]] + ["", "دیر رسید " * 150]


def codes(tags: Tags) -> set[str]:
    return {reason.code for reason in tags.reasons}


def test_what_was_learnt_before_stays_to_the_bit(
    shipped: TransformerTagger, own: TransformerTagger, plan: Plan, texts: Sequence[str]
) -> None:
    touched = {*plan.given_as, *plan.given_as.values(), *plan.parts.values()}
    untouched = {reason.code for reason in shipped_taxonomy().reasons} - touched
    assert len(untouched) > 20
    for one, other in zip(shipped.tag(texts), own.tag(texts), strict=True):
        assert [r for r in one.reasons if r.code in untouched] == [r for r in other.reasons if r.code in untouched]
        for name in ("sentiment", "sentiment_score", "effort", "effort_score", "loyalty", "resolution", "script"):
            assert getattr(one, name) == getattr(other, name)


def test_the_network_s_numbers_stay_to_the_bit(
    shipped: TransformerTagger, own: TransformerTagger, plan: Plan, texts: Sequence[str]
) -> None:
    normalised = [shipped.normalise(text) for text in texts]
    new, old = len(plan.new), len(shipped_taxonomy().reasons)
    for one, other in zip(shipped.read(normalised), own.read(normalised), strict=True):
        kept = np.r_[0:old, old + new : len(other.found)]
        for name in ("found", "evidence"):
            assert np.array_equal(getattr(one, name), getattr(other, name)[kept])
        for name in ("polarity", "primary"):
            assert np.array_equal(getattr(one, name), getattr(other, name)[:old])
        assert np.array_equal(one.sentiment, other.sentiment)
        assert np.array_equal(one.resolution, other.resolution)


def test_the_weights_of_the_shipped_model_are_copied(folder: Path) -> None:
    ours, theirs = load_file(folder / "model.safetensors"), load_file(find_model() / "model.safetensors")
    assert all(np.array_equal(ours[name], values) and ours[name].dtype == values.dtype for name, values in theirs.items())
    assert {name for name in ours if name not in theirs} == {f"own.{n}" for n in ("pieces", "found", "bias", "rarity", "heat")}


@pytest.mark.parametrize(
    ("text", "code", "polarity"),
    [
        ("وام ازدواجم رو نمیدن، چهار ماهه الکی سر میدوونن، افتضاحه", "banking.loan", "negative"),
        ("سه ساعت تو صف شعبه نشستم، فقط یه باجه باز بود", "banking.branch", "negative"),
        ("قسط این ماه رو دادم ولی جریمه دیرکرد بستن", "banking.instalment", "negative"),
        ("افتتاح حساب غیرحضوری سه دقیقه هم نشد، عالی بود", "banking.account", "positive"),
    ],
)
def test_a_new_reason_is_found_with_its_polarity_and_its_words(
    own: TransformerTagger, text: str, code: str, polarity: str
) -> None:
    (tags,) = own.tag([text])
    found = {reason.code: reason for reason in tags.reasons}
    assert found[code].polarity == polarity
    assert found[code].score >= 0.5
    start, end = found[code].evidence[0]
    assert any(word in text[start:end] for word in ("وام", "شعبه", "قسط", "افتتاح حساب"))


def test_what_was_learnt_is_what_serves(own: TransformerTagger, plan: Plan, learnt: Learnt) -> None:
    """The numbers of the fit and those of the network's own pass are the same."""
    text = own.normalise("برای وام به شعبه رفتم و نوبتم نشد")
    (reading,), (ids,) = own.read([text]), own.pieces([text])
    old, new = len(shipped_taxonomy().reasons), len(plan.new)
    labels = np.r_[reading.found[:old], reading.found[old + new :]]
    length = np.sqrt(sum(learnt.rarity[piece] ** 2 for piece in set(ids)))
    words = sum(learnt.rarity[piece] / length * learnt.pieces[piece] for piece in set(ids))
    expected = 1 / (1 + np.exp(-(words + learnt.found @ labels_of(labels) + learnt.bias)))
    assert reading.found[old : old + new] == pytest.approx(expected, abs=1e-3)


def test_a_draft_is_learnt_alike_again(plan: Plan, learnt: Learnt, shipped: TransformerTagger) -> None:
    again = learn(plan, examples_of(plan), shipped, read_held_out("banking").texts)
    assert np.array_equal(again.pieces, learnt.pieces)
    assert np.array_equal(again.given, learnt.given)


def test_the_pack_is_trusted_and_holds_on_texts_of_another_writer(
    learning: tuple[Draft, Plan, Learnt, list[Judgement]], shipped: TransformerTagger
) -> None:
    _, plan, learnt, judgements = learning
    assert [judgement.code for judgement in judgements if not judgement.trusted and judgement.code != "delivery.early"] == []
    held_out = read_held_out("banking")
    given = found_in(learnt, held_out.texts, shipped)
    bank = [(at, code.code) for at, code in enumerate(plan.new) if code.code.startswith("banking.")]
    pairs = [(row[at], code in codes) for row, codes in zip(given, held_out.codes, strict=True) for at, code in bank]
    right, said, true = (
        sum(map(bool, each)) for each in ([a and b for a, b in pairs], [a for a, _ in pairs], [b for _, b in pairs])
    )
    assert 2 * right / (said + true) > 0.5


def test_hides_moves_merges_and_splits_deal_out_what_was_there(
    shipped: TransformerTagger, own: TransformerTagger, texts: Sequence[str]
) -> None:
    seen: set[str] = set()
    for one, other in zip(shipped.tag(texts), own.tag(texts), strict=True):
        before, after = codes(one), codes(other)
        seen |= before
        assert not after & {"order.availability", "digital.bug", "billing.fee"}
        assert ("billing.fee" in before) == ("price.fee" in after)
        assert bool(before & {"digital.bug", "digital.usability"}) == ("digital.usability" in after)
        assert ("delivery.time" in before) == bool(after & {"delivery.time", "delivery.early"})
        assert not {"delivery.time", "delivery.early"} <= after
    assert {"order.availability", "billing.fee", "digital.bug", "digital.usability", "delivery.time"} <= seen
    assert "delivery.early" in codes(own.tag(["خیلی سریع و زودتر از موعد رسید"])[0])


def test_a_conversation_has_the_new_reasons_of_its_customer(own: TransformerTagger, shipped: TransformerTagger) -> None:
    (tags,), (before,) = own.tag_conversations([TURNS]), shipped.tag_conversations([TURNS])
    assert "banking.loan" in codes(tags)
    assert tags.effort == before.effort
    assert tags.conversation
    assert before.conversation
    assert tags.conversation.turns == before.conversation.turns
    assert tags.conversation.moves == before.conversation.moves


def test_the_folder_is_a_model_of_its_own(folder: Path, own: TransformerTagger) -> None:
    assert model_identity(str(folder)) == own.identity
    assert (own.identity.name, own.identity.taxonomy) == (f"{SHIPPED_MODEL}+banking-1", "v1+banking-1")
    assert own.tag(["سلام"])[0].model == own.identity.name
    assert taxonomy_of(str(folder)).version == "v1+banking-1"
    assert "banking.loan" in (folder / "README.md").read_text("utf-8")
    assert (folder / "draft.toml").exists()
    assert read_fingerprint(str(folder)) == read_fingerprint()
    measured = json.loads((folder / "kpi_errors.json").read_text("utf-8"))["errors"]
    assert "text_churn" in measured
    assert not [name for name in measured if name.startswith("reason_")]


def test_a_moved_reason_keeps_its_threshold_under_its_new_code(own: TransformerTagger) -> None:
    thresholds = own.config.thresholds or {}
    assert thresholds["price.fee"] == thresholds["billing.fee"]


def test_whoever_sets_the_model_has_its_taxonomy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_MODEL", str(folder))
    load_taxonomy.cache_clear()
    try:
        assert load_taxonomy().titles_fa["banking.loan"] == "وام و تسهیلات"
    finally:
        monkeypatch.undo()
        load_taxonomy.cache_clear()
    assert load_taxonomy() == shipped_taxonomy()


def test_a_folder_is_written_whole_or_not_at_all(
    learning: tuple[Draft, Plan, Learnt, list[Judgement]], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConflictError, match="a folder of its own"):
        publish(*learning, folder)
    monkeypatch.setattr("voc.drafts.publish.taxonomy_toml", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(*learning, tmp_path / "models" / "own")
    assert not list((tmp_path / "models").iterdir())


def test_a_draft_that_only_renames_needs_no_weights(tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text('base = "v1"\nname = "names"\nversion = "1"\n[[rename]]\ncode = "delivery.time"\nto = "delivery.when"\n')
    voc_("taxonomy", "publish", str(draft), "-o", str(tmp_path / "model"))
    (tags,) = TransformerTagger(tmp_path / "model").tag(["بسته‌ام سه روز دیر رسید"])
    assert "delivery.when" in codes(tags)


def test_a_published_model_is_no_base_to_train_on(folder: Path) -> None:
    with pytest.raises(ModelError, match="shipped"):
        start_from(folder, TaggerConfig.from_pretrained(folder))


def voc_(*arguments: str) -> Result:
    result = CliRunner().invoke(command.cli, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_check_says_how_sure_where_and_what_it_changes(
    draft: Path, learning: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TAXONOMY, "_learnt", lambda *_: learning)
    rows = tmp_path / "rows.csv"
    rows.write_text("متن\nواسه وام ضامن رسمی میخوان\nصف شعبه تا خیابون بود\nبسته دیر رسید\nکد تخفیف کار نکرد\n", "utf-8")
    said = voc_("taxonomy", "check", str(draft), "--rows", str(rows)).stdout
    for words in (
        "v1+banking-1: 6 new contact reasons, 4 rows looked at",
        "banking.branch: 22 hits, 5 near misses",
        "cross-validated: precision",
        "found in 1 row of 4",
        "it is in 25% of the rows: read them",
        "واسه وام ضامن رسمی میخوان",
        "→ usable for trends",
        "billing.fee is given as price.fee: 0 rows of 4",
        "in all ",
    ):
        assert words in said


def test_compare_shows_what_moved(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("متن\nواسه وام ضامن رسمی و سفته میخوان\nبسته دیر رسید\n", "utf-8")
    said = voc_("taxonomy", "compare", "shipped", str(folder), "--rows", str(rows)).stdout
    assert f"2 rows by {SHIPPED_MODEL} and {SHIPPED_MODEL}+banking-1" in said
    assert "→ banking.loan in 1 row" in said


def test_compare_says_where_rows_come_from(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_DATABASE", str(tmp_path / "none.duckdb"))
    with pytest.raises(InputError, match="--rows"):
        voc_("taxonomy", "compare", "shipped", str(folder))
    assert not (tmp_path / "none.duckdb").exists()


def test_examples_are_offered_as_a_draft_has_them(draft: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("متن\nپیتزا سرد بود\nبرای تسهیلات ازدواج ضامن ندارم\nکد تخفیف کار نکرد\n", "utf-8")
    said = voc_("taxonomy", "examples", str(draft), "banking.loan", "--rows", str(rows), "--show", "1").stdout
    assert tomllib.loads(said) == {"hits": ["برای تسهیلات ازدواج ضامن ندارم"]}
    said = voc_("taxonomy", "examples", str(draft), "banking.loan", "--rows", str(rows), "--search", "كد").stdout
    assert tomllib.loads(said) == {"hits": ["کد تخفیف کار نکرد"]}
    monkeypatch.setenv("VOC_DATABASE", str(tmp_path / "none.duckdb"))
    with pytest.raises(InputError, match="no database"):
        voc_("taxonomy", "examples", str(draft), "banking.loan", "--corrected")


def test_show_lists_the_reasons_of_a_model(folder: Path) -> None:
    assert "banking.loan  وام و تسهیلات · Loans" in voc_("taxonomy", "show", str(folder)).stdout
    assert "banking.loan" not in voc_("taxonomy", "show").stdout
    with pytest.raises(ModelError, match=r"no readable config\.json"):
        voc_("taxonomy", "show", str(PACKS))


def test_a_weak_reason_is_published_only_when_asked_twice(
    draft: Path, learning: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TAXONOMY, "_learnt", lambda *_: learning)
    monkeypatch.setattr("voc.drafts.judgement.LEAST_F1", 0.99)
    with pytest.raises(InputError, match=r"below 0\.99 for banking\.loan"):
        voc_("taxonomy", "publish", str(draft), "-o", str(tmp_path / "model"))
    assert not (tmp_path / "model").exists()
    voc_("taxonomy", "publish", str(draft), "-o", str(tmp_path / "model"), "--anyway")
    assert (tmp_path / "model" / "config.json").exists()
    with pytest.raises(ConflictError):
        voc_("taxonomy", "publish", str(draft), "-o", str(tmp_path / "model"))


def test_a_first_draft_is_never_written_over(tmp_path: Path) -> None:
    voc_("taxonomy", "new", str(tmp_path / "shop.toml"))
    assert read_draft(tmp_path / "shop.toml").name == "shop"
    with pytest.raises(ConflictError):
        voc_("taxonomy", "new", str(tmp_path / "shop.toml"))


def test_where_nothing_can_be_written_is_said_before_anything_is_learnt(draft: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Cannot write"):
        voc_("taxonomy", "new", str(tmp_path / "nowhere" / "shop.toml"))
    with pytest.raises(InputError, match="Cannot write"):
        voc_("taxonomy", "publish", str(draft), "-o", str(tmp_path / "file" / "model"))


def test_tag_names_the_reasons_of_the_model_that_it_is_given(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("متن\nواسه وام ضامن رسمی میخوان\n", "utf-8")
    said = voc_("tag", str(rows), "-o", str(tmp_path / "out.jsonl"), "--model", str(folder)).stderr
    assert "وام و تسهیلات" in said
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8"))["taxonomy"] == "v1+banking-1"
