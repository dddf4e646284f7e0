"""Drafts of a taxonomy without weights: what is read, what is refused and where, what they make of the shipped codes."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.fakes import FakeTagger
from tests.packs import PACKS
from voc.corrections.fold import fold
from voc.corrections.statement import as_known_now, read_statement, restore_statement, statement_of, write_statement
from voc.drafts import Draft, Plan, plan_of, read_draft
from voc.drafts.candidates import corrected, not_in, reason_of, with_words
from voc.drafts.compare import changed, moves, reach, shifts
from voc.drafts.cuts import choose_cuts, sooner
from voc.drafts.examples import FOLDS, NO_FOLD, Examples, examples_of
from voc.drafts.judgement import judge
from voc.drafts.learn import Learnt, _possible
from voc.drafts.template import first_draft
from voc.drafts.toml_text import taxonomy_toml
from voc.errors import InputError
from voc.records import Corrected, Feedback, Reason, TaggedFeedback, Tags
from voc.store.judged import read_said
from voc.tagging.decode import Decoder, clearest
from voc.tagging.network import TaggerConfig
from voc.tagging.own import OwnReasons, nearness, word_shares
from voc.tagging.reading import Reading
from voc.taxonomy import read_taxonomy, shipped_taxonomy, taxonomy_of
from voc.text.align import Alignment

HEAD = 'base = "v1"\nname = "shop"\nversion = "3"\n'
GROUP = '[[group]]\ncode = "club"\nfa = "باشگاه"\nen = "Club"\n'
NUMBERS = ("یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت")
HITS = [f"امتیاز باشگاهم شماره {number} صفر شد" for number in NUMBERS]
TITLES = 'fa = "امتیاز"\nen = "Points"\ndefinition_fa = "امتیازهای باشگاه"\ndefinition_en = "Points of the club"\n'
MERGE_NEW = f'[[merge]]\ncodes = ["digital.bug", "digital.usability"]\ninto = "digital.app"\n{TITLES}'


def block(kind: str, code: str, hits: list[str] = HITS, more: str = "") -> str:
    listed = "".join(f'  "{text}",\n' for text in hits)
    return f'[[{kind}]]\ncode = "{code}"\n{TITLES}hits = [\n{listed}]\n{more}\n'


HIDE_AND_MOVE = '[[hide]]\ncode = "trust.fraud"\n[[move]]\ncode = "billing.fee"\ngroup = "price"\n'
SPLIT = f'[[split]]\ncode = "service.access"\n{block("split.into", "service.phone")}'


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "draft.toml"


def draft_of(path: Path, *parts: str) -> Draft:
    path.write_text("\n".join((HEAD, *parts)), "utf-8")
    return read_draft(path)


def made(path: Path, *parts: str) -> Plan:
    return plan_of(draft_of(path, *parts), shipped_taxonomy())


def codes(plan: Plan) -> list[str]:
    return [reason.code for reason in plan.taxonomy.reasons]


@pytest.mark.parametrize("pack", sorted(PACKS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_pack_is_a_draft_with_enough_examples(pack: Path) -> None:
    plan = plan_of(read_draft(pack), shipped_taxonomy())
    assert 4 <= len(plan.new) <= 6
    for code in plan.new:
        assert len(code.hits) >= 10, code.code
        assert len(code.near_misses) >= 4, code.code
        assert all(miss.why for miss in code.near_misses), code.code


def test_the_first_draft_can_be_checked_as_it_stands(written: Path) -> None:
    written.write_text(first_draft("draft.toml", "shop", shipped_taxonomy().version), "utf-8")
    plan = plan_of(read_draft(written), shipped_taxonomy())
    assert [code.code for code in plan.new] == ["club.points"]
    assert plan.taxonomy.version == "v1+shop-1"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((GROUP, block("add", "club.points", HITS[:7])), r"line 10: \[\[add\]\] club.points: 7 hits are too few"),
        ((block("add", "club.points"),), r"line 5: \[\[add\]\] club.points: there is no such group"),
        ((GROUP, block("add", "delivery.time")), r"line 10: \[\[add\]\] delivery.time: a new code"),
        ((GROUP, block("add", "club.Points")), "small Latin letters"),
        ((GROUP, block("add", "club.points", more=f'near_misses = ["{HITS[0]}"]')), "near miss 1 is a hit as well"),
        ((GROUP, block("add", "club.points", more='near_misses = [{ text = "نه", instead = "x.y" }]')), "names 'x.y' instead"),
        ((GROUP, block("add", "club.points"), block("add", "club.points")), "is not there yet"),
        (('[[hide]]\ncode = "long_wait"\n',), "KPIs rest on it"),
        (('[[hide]]\ncode = "delivery.tim"\n',), "there is no such contact reason"),
        (('[[move]]\ncode = "billing.fee"\ngroup = "bank"\n',), "there is no group 'bank'"),
        (('[[merge]]\ncodes = ["digital.bug"]\ninto = "digital.bug"\n',), "two codes or more"),
        (('[[merge]]\ncodes = ["digital.bug", "digital.login"]\ninto = "digital.app"\n',), "a new code needs fa"),
        (('[[merge]]\ncodes = ["digital.bug", "digital.login"]\ninto = "order.availability"\n',), "it is another reason"),
        (('[[merge]]\ncodes = ["digital.bug", "digital.login"]\ninto = ["digital.bug"]\n',), "into is a text"),
        (('[[hide]]\ncode = "digital.bug"\n', MERGE_NEW), "digital.bug is changed in two ways"),
        (('[[rename]]\ncode = "digital.bug"\nto = "digital.login"\n',), "digital.login was another reason's code"),
        (
            ('[[rename]]\ncode = "digital.bug"\nto = "digital.login"\n', '[[hide]]\ncode = "digital.login"\n'),
            "digital.login was another reason's code",
        ),
        (
            (
                '[[rename]]\ncode = "digital.bug"\nto = "digital.app"\n',
                '[[rename]]\ncode = "trust.fraud"\nto = "digital.app"\n',
            ),
            "two reasons would have the code digital.app",
        ),
        (('[[rename]]\ncode = "product"\nto = "after_sales"\n',), "two groups would have the code after_sales"),
        ((GROUP, GROUP), "two groups would have the code club"),
        ((GROUP, '[[rename]]\ncode = "trust"\nto = "club"\n'), "two groups would have the code club"),
        (('[[rename]]\ncode = "digital.bug"\nto = "x.login"\n',), "would stand in a group that is not there"),
        (('[[hide]]\ncode = "digital.bug"\nwhy = "x"\n',), r"\[\[hide\]\] digital.bug: there is no 'why' here"),
        (('[[rename]]\nfa = "x"\n',), r"line 5: \[\[rename\]\]: code is missing"),
        (('[hide]\ncode = "digital.bug"\n',), r"blocks that begin with \[\[hide\]\]"),
        (("[[hide]]\ncode = 3\n",), "code is a text in quotation marks"),
        (('hidden = "digital.bug"\n',), "there is no 'hidden' in a draft"),
        (("[[hide\n",), "is no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(written: Path, parts: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        made(written, *parts)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('name = "shop"\nversion = "1"\n', "base is missing"),
        ('base = "v1"\nname = "Shop one"\nversion = "1"\n', "part of the model's name"),
        ('base = "v9"\nname = "shop"\nversion = "1"\n', "this release has 'v1'"),
    ],
)
def test_a_draft_says_what_it_is_of(written: Path, head: str, said: str) -> None:
    written.write_text(head, "utf-8")
    with pytest.raises(InputError, match=said):
        plan_of(read_draft(written), shipped_taxonomy())


def test_a_missing_draft_is_told_how_to_begin(written: Path) -> None:
    with pytest.raises(InputError, match="voc taxonomy new"):
        read_draft(written)


def test_errors_quote_no_examples(written: Path) -> None:
    with pytest.raises(InputError) as error:
        made(written, GROUP, block("add", "club.points", more=f'near_misses = ["{HITS[0]}"]'))
    assert "امتیاز" not in error.value.message


def test_an_added_code_stands_behind_those_of_its_group(written: Path) -> None:
    plan = made(written, block("add", "digital.points"))
    now = codes(plan)
    assert now.index("digital.points") == now.index("digital.feature") + 1
    assert len(now) == len(shipped_taxonomy().reasons) + 1
    assert (plan.given_as, plan.parts) == ({}, {})


def test_a_rename_changes_titles_or_code(written: Path) -> None:
    plan = made(
        written,
        '[[rename]]\ncode = "digital.bug"\nto = "digital.error"\nfa = "خطا"\n',
        '[[rename]]\ncode = "trust"\nto = "safety"\nfa = "امنیت"\n',
    )
    assert plan.given_as == {"digital.bug": "digital.error", "trust.fraud": "safety.fraud"}
    assert plan.taxonomy.titles_fa["digital.error"] == "خطا"
    assert plan.taxonomy.titles_fa["safety"] == "امنیت"
    assert plan.taxonomy.get_reason("digital.error").hits == shipped_taxonomy().get_reason("digital.bug").hits
    assert "digital.bug" not in codes(plan)
    named = {miss.instead for reason in plan.taxonomy.reasons for miss in reason.near_misses}
    assert "digital.error" in named
    assert "digital.bug" not in named


def test_a_move_takes_a_code_to_another_group(written: Path) -> None:
    plan = made(written, '[[move]]\ncode = "billing.fee"\ngroup = "price"\n')
    assert plan.given_as == {"billing.fee": "price.fee"}
    assert plan.taxonomy.get_reason("price.fee").fa == shipped_taxonomy().get_reason("billing.fee").fa


def test_a_merge_is_one_code_with_the_examples_of_all(written: Path) -> None:
    plan = made(written, MERGE_NEW)
    old = shipped_taxonomy()
    assert plan.given_as == {"digital.bug": "digital.app", "digital.usability": "digital.app"}
    assert plan.taxonomy.get_reason("digital.app").fa == "امتیاز"
    both = old.get_reason("digital.bug").hits + old.get_reason("digital.usability").hits
    assert plan.taxonomy.get_reason("digital.app").hits == both
    assert all(miss.instead != "digital.app" for miss in plan.taxonomy.get_reason("digital.app").near_misses)


def test_a_merge_into_one_of_them_keeps_its_titles(written: Path) -> None:
    plan = made(written, '[[merge]]\ncodes = ["digital.bug", "digital.usability"]\ninto = "digital.bug"\n')
    assert plan.given_as == {"digital.usability": "digital.bug"}
    assert plan.taxonomy.titles_fa["digital.bug"] == shipped_taxonomy().titles_fa["digital.bug"]


def test_what_is_hidden_is_gone_and_an_empty_group_with_it(written: Path) -> None:
    plan = made(written, '[[hide]]\ncode = "digital.bug"\n', '[[hide]]\ncode = "trust"\n')
    assert plan.given_as == {"digital.bug": "", "trust.fraud": ""}
    assert "trust" not in {group.code for group in plan.taxonomy.groups}
    assert not {"digital.bug", "trust.fraud"} & set(codes(plan))


@pytest.mark.parametrize(
    ("said", "now"),
    [
        ({"reasons": {"digital.bug": "negative"}}, {"reasons": {"digital.app": "negative"}}),
        ({"reasons": {"trust.fraud": "negative"}}, {"reasons": {}}),
        (
            {"add": {"reasons": {"billing.fee": "negative"}}, "remove": {"reasons": ["trust.fraud", "digital.usability"]}},
            {"add": {"reasons": {"price.fee": "negative"}}, "remove": {"reasons": ["digital.app"]}},
        ),
        (
            {"sentiment": "mixed", "reasons": {"price.fee": "neutral"}},
            {"sentiment": "mixed", "reasons": {"price.fee": "neutral"}},
        ),
        ({"reasons": {"delivery.late": "negative"}}, {}),  # said where there were other codes, so not that there is no reason
        (
            {"reasons": {"delivery.late": "negative", "digital.bug": "negative", "trust.fraud": "negative"}},
            {"add": {"reasons": {"digital.app": "negative"}}},
        ),
    ],
)
def test_what_people_said_holds_by_the_codes_that_reasons_have_now(
    written: Path, said: dict[str, Any], now: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    taxonomy = made(written, MERGE_NEW, HIDE_AND_MOVE).taxonomy
    monkeypatch.setattr("voc.corrections.statement.load_taxonomy", lambda: taxonomy)
    assert write_statement(as_known_now(restore_statement(said))) == now


def test_a_confirmed_record_keeps_its_reasons_where_the_taxonomy_goes_back_or_on(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (f'[[rename]]\ncode = "delivery.time"\nto = "delivery.{name}"\n' for name in ("late", "slow"))
    (tags,) = tagged("delivery.late")
    confirmed = statement_of(replace(tags, taxonomy=made(written, first).taxonomy.version))
    for taxonomy, code in ((shipped_taxonomy(), "delivery.time"), (made(written, second).taxonomy, "delivery.slow")):
        monkeypatch.setattr("voc.corrections.statement.load_taxonomy", lambda now=taxonomy: now)
        monkeypatch.setattr("voc.corrections.fold.load_taxonomy", lambda now=taxonomy: now)
        (answer,) = (replace(each, taxonomy=taxonomy.version) for each in tagged(code))
        assert fold(answer, [confirmed]) == answer
        assert fold(answer, [restore_statement({"reasons": {}}), confirmed]).reasons == ()


def test_what_was_judged_keeps_the_codes_that_are_still_there(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taxonomy = made(written, MERGE_NEW, HIDE_AND_MOVE).taxonomy
    monkeypatch.setattr("voc.corrections.statement.load_taxonomy", lambda: taxonomy)
    monkeypatch.setattr("voc.store.judged.load_taxonomy", lambda: taxonomy)
    said = {"sentiment": "mixed", "reasons": {"delivery.late": "negative", "digital.bug": "negative"}}
    assert read_said(json.dumps(said)).reasons == {"digital.app": "negative"}


def test_a_correction_may_name_a_code_as_it_was(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taxonomy = made(written, MERGE_NEW, HIDE_AND_MOVE).taxonomy
    monkeypatch.setattr("voc.corrections.statement.load_taxonomy", lambda: taxonomy)
    assert read_statement({"reasons": {"digital.bug": "negative"}}).reasons == {"digital.bug": "negative"}
    with pytest.raises(InputError, match=r"no code 'trust\.fraud'"):
        read_statement({"reasons": {"trust.fraud": "negative"}})


def test_a_split_keeps_the_whole_for_the_rest(written: Path) -> None:
    plan = made(written, SPLIT)
    assert plan.parts == {"service.phone": "service.access"}
    assert {"service.phone", "service.access"} <= set(codes(plan))


def test_a_taxonomy_comes_back_from_its_file(written: Path, tmp_path: Path) -> None:
    for taxonomy in (shipped_taxonomy(), made(written, MERGE_NEW, GROUP, block("add", "club.points")).taxonomy):
        path = tmp_path / "taxonomy.toml"
        path.write_text(taxonomy_toml(taxonomy), "utf-8")
        assert read_taxonomy(path) == taxonomy


def test_a_model_folder_without_a_taxonomy_has_the_shipped_one(tmp_path: Path, written: Path) -> None:
    bare, own = tmp_path / "bare", tmp_path / "own"
    bare.mkdir()
    own.mkdir()
    taxonomy = made(written, MERGE_NEW).taxonomy
    (own / "taxonomy.toml").write_text(taxonomy_toml(taxonomy), "utf-8")
    assert taxonomy_of(str(bare)) == taxonomy_of("") == shipped_taxonomy()
    assert taxonomy_of(str(own)) == taxonomy


def test_examples_are_dealt_out_and_count_by_who_wrote_them(written: Path) -> None:
    near = 'near_misses = [{ text = "به پیک امتیاز دادم" }, { text = "موجودی کارت", instead = "club.card" }]'
    plan = made(written, GROUP, block("add", "club.points", more=near), block("add", "club.card"))
    examples = examples_of(plan)
    rows = {text: at for at, text in enumerate(examples.texts)}
    assert examples.has[rows[HITS[0]]].tolist() == [True, True]
    assert examples.has[rows["موجودی کارت"]].tolist() == [False, True]
    assert examples.has[rows["به پیک امتیاز دادم"]].tolist() == [False, False]
    assert examples.folds[rows["امتیازهای باشگاه"]] == NO_FOLD
    shipped = shipped_taxonomy().reasons[0].hits[0]
    assert examples.weights[rows[shipped]].max() < examples.weights[rows[HITS[0]]].min()
    dealt = np.bincount([examples.folds[rows[text]] for text in HITS], minlength=FOLDS)
    assert dealt.max() - dealt.min() <= 1


def test_a_whole_without_a_threshold_of_its_own_has_the_usual_one(written: Path) -> None:
    plan = made(written, SPLIT)
    config = TaggerConfig(reasons=["service.access", "price.value"], thresholds={"price.value": 0.3})
    tagger = SimpleNamespace(config=config)
    possible = _possible(plan, np.array([[0.6, 0.0], [0.4, 0.9]]), tagger)  # type: ignore[arg-type]
    assert [code.code for code in plan.new] == ["service.phone"]
    assert possible.tolist() == [[True], [False]]


def test_the_hits_of_a_whole_say_nothing_of_its_parts(written: Path) -> None:
    examples = examples_of(made(written, SPLIT, GROUP, block("add", "club.points", [text + "!" for text in HITS])))
    row = examples.texts.index(shipped_taxonomy().get_reason("service.access").hits[0])
    added, part = examples.weights[row]
    assert part == 0 < added


def example_of_learning(has: list[int], given: list[int]) -> tuple[Examples, Learnt]:
    size, probabilities = len(has), np.array(given, dtype=np.float64)[:, None]
    examples = Examples(
        tuple(HITS[:size]),
        tuple("hit" if each else "shipped" for each in has),
        np.array(has, dtype=bool)[:, None],
        np.ones((size, 1)),
        np.arange(size) % FOLDS,
    )
    nothing = np.zeros((0, 1))
    return examples, Learnt(nothing, nothing.T, np.zeros(1), np.zeros(0), probabilities, probabilities > 0)


def test_a_reason_is_judged_by_what_it_missed_and_took(written: Path) -> None:
    plan = made(written, GROUP, block("add", "club.points"))
    (judgement,) = judge(plan, *example_of_learning([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 1, 0]))
    assert (judgement.precision.value, judgement.recall.value) == (0.75, 0.75)
    assert judgement.f1.value == pytest.approx(0.75)
    assert judgement.missed == (HITS[3],)
    assert judgement.strangers == (HITS[4],)
    assert judgement.trusted
    assert "usable for trends" in judgement.verdict


@pytest.mark.parametrize(
    ("given", "trust", "advice"),
    [
        ([1, 1, 0, 0, 0, 0], "for a first look only", "some 24 in all, would help"),
        ([1, 0, 0, 0, 0, 0], "not to be trusted yet", "some 24 in all, would help"),
        ([1, 1, 1, 1, 1, 1], "usable for trends", "takes texts of other codes"),
    ],
)
def test_the_verdict_says_what_would_help(written: Path, given: list[int], trust: str, advice: str) -> None:
    plan = made(written, GROUP, block("add", "club.points"))
    (judgement,) = judge(plan, *example_of_learning([1, 1, 1, 1, 0, 0], given))
    assert trust in judgement.verdict
    assert advice in judgement.verdict


def test_a_cut_is_chosen_by_what_is_known() -> None:
    scores = np.array([[2.0], [1.0], [-1.0], [-6.0]])
    examples, _ = example_of_learning([1, 1, 0, 0], [0] * 4)
    (cut,) = choose_cuts(scores, examples, np.ones((4, 1), dtype=bool), np.ones(4, dtype=bool))
    assert -1.0 < cut <= 1.0


def scores_and_rows(share: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Logits of 40 hits and 400 others, far apart but for a few, and of 500 rows of which so many look like hits."""
    random = np.random.default_rng(0)
    examples = np.concatenate([random.normal(-1.0, 1.5, 40), random.normal(-6.0, 1.5, 400)])
    rows = np.concatenate([random.normal(-1.0, 1.5, int(500 * share)), random.normal(-6.0, 1.5, 500 - int(500 * share))])
    return examples[:, None], rows[:, None]


@pytest.mark.parametrize(("share", "lower"), [(0.4, True), (0.01, False)])
def test_a_reason_is_given_sooner_where_the_rows_have_it_often(share: float, lower: bool) -> None:
    scores, rows = scores_and_rows(share)
    has = np.arange(440)[:, None] < 40
    examples = Examples((), (), has, np.ones_like(scores), np.arange(440) % FOLDS)
    (cut,) = sooner(np.array([-2.5]), scores, examples, rows)
    assert (cut < -2.9) if lower else (cut == -2.5)
    assert cut > -6.0
    assert sooner(np.array([-2.5]), scores, examples, rows[:10]) == [-2.5]


def test_what_people_corrected_becomes_hits_and_near_misses() -> None:
    (plain_tags,) = tagged("a")
    other, both = tagged("b", "a b")
    rows = [(plain_tags, other), (other, plain_tags), (both, other), (plain_tags, None)]
    at = datetime(2026, 5, 4, tzinfo=UTC)
    records = [
        TaggedFeedback(f"f{line}", "b1", Feedback(text, line), tags, Corrected(at, None, (), "", model) if model else None)
        for line, (text, (tags, model)) in enumerate(zip(HITS, rows, strict=False))
    ]
    found = corrected("a", records)
    assert (found.hits, found.near_misses) == ((HITS[0], HITS[2]), (HITS[1],))


def test_candidates_are_looked_for_by_words_and_are_new(written: Path) -> None:
    draft = draft_of(written, GROUP, block("add", "club.points", HITS[:1], more='near_misses = ["به پیک امتیاز دادم"]'))
    reason = reason_of(draft, "club.points")
    rows = ["امتيازم کو؟", HITS[0], "دیر رسید", "به پیک امتیاز دادم", "امتيازم کو؟"]
    assert with_words("امتیاز", not_in(reason, rows)) == ["امتيازم کو؟"]
    with pytest.raises(InputError, match=r"adds no reason 'club\.card'"):
        reason_of(draft, "club.card")


def test_words_count_once_and_a_text_has_length_one() -> None:
    rarity = torch.tensor([0.0, 3.0, 4.0])
    shares = word_shares(torch.tensor([[1, 2, 0, 1]]), torch.tensor([[1, 1, 1, 1]]), rarity)[0]
    assert shares.tolist() == pytest.approx([0.3, 0.8, 0.0, 0.3])
    muted = word_shares(torch.tensor([[1, 2, 0, 1]]), torch.tensor([[1, 0, 1, 1]]), rarity)[0]
    assert muted.tolist() == pytest.approx([0.5, 0.0, 0.0, 0.5])


def test_evidence_adds_up_to_the_logit() -> None:
    torch.manual_seed(0)
    own = OwnReasons(vocabulary=7, found=3, reasons=2)
    own.load_state_dict({name: torch.rand_like(values) for name, values in own.state_dict().items()})
    ids, speaks = torch.tensor([[1, 4, 4, 6]]), torch.ones(1, 4)
    focus, found = torch.rand(1, 3, 4).softmax(-1), torch.randn(1, 3)
    logits, evidence = own(ids, speaks, found, focus)
    assert torch.allclose(logits, evidence.sum(-1) + own.bias)
    by_hand = (
        word_shares(ids, speaks, own.rarity)[0] @ own.pieces[ids[0]] + own.found @ nearness(found[0] / own.heat) + own.bias
    )
    assert torch.allclose(logits[0], by_hand)


def config(**own: Any) -> TaggerConfig:
    return TaggerConfig(
        sentiments=["negative", "positive", "mixed", "neutral"],
        reasons=["a.whole", "a.other", "a.part"],
        effort=[], loyalty=[], moves=[], resolutions=["resolved"], own_reasons=1, **own,
    )  # fmt: skip


def reading(found: list[float]) -> Reading:
    return Reading(
        sentiment=np.array([1, 0, 0, 0], dtype=np.float32),
        found=np.array(found, dtype=np.float32),
        polarity=np.eye(3, dtype=np.float32),
        primary=np.array([1, 2, 3], dtype=np.float32),
        resolution=np.array([1, 0], dtype=np.float32),
        evidence=np.zeros((3, 1), dtype=np.float32),
        spans=[(0, 3)],
    )


@pytest.mark.parametrize(
    ("found", "given"),
    [
        ([0.9, 0.1, 0.8], {"a.part"}),
        ([0.9, 0.1, 0.2], {"a.whole"}),
        ([0.2, 0.1, 0.8], set()),
        ([0.9, 0.9, 0.2], {"a.whole", "a.other"}),
    ],
)
def test_a_split_deals_out_what_the_whole_has(found: list[float], given: set[str]) -> None:
    tags = Decoder(config(parts={"a.part": "a.whole"})).decode(Alignment("دیر", "دیر"), reading(found))
    assert {reason.code for reason in tags.reasons} == given


def test_what_is_given_as_one_code_is_given_once_as_the_clearest() -> None:
    decoder = Decoder(config(given_as={"a.whole": "b.one", "a.other": "b.one", "a.part": ""}))
    tags = decoder.decode(Alignment("دیر", "دیر"), reading([0.6, 0.9, 0.9]))
    assert [(reason.code, reason.polarity, reason.score) for reason in tags.reasons] == [("b.one", "positive", 0.9)]
    assert decoder.primary(reading([0.6, 0.9, 0.9])) == "b.one"
    assert decoder.primary(reading([0.1, 0.1, 0.9])) is None
    assert clearest([Reason("x", "negative", 0.5), Reason("y", "negative", 0.7), Reason("x", "positive", 0.6)]) == (
        Reason("y", "negative", 0.7),
        Reason("x", "positive", 0.6),
    )


def tagged(*sets: str) -> list[Tags]:
    """Rows with these codes; the first row is the surest."""
    (plain,) = FakeTagger().tag(["سلام"])
    return [
        replace(plain, reasons=tuple(Reason(code, "negative", 0.9 - row / 10) for code in each.split()))
        for row, each in enumerate(sets)
    ]


def test_two_models_side_by_side() -> None:
    before, after = tagged("a", "a b", "", "c"), tagged("n", "a b", "n", "c")
    assert changed(before, after) == 2
    assert [(s.code, s.before, s.after, s.both) for s in shifts(before, after)] == [
        ("n", 0, 2, 0), ("a", 2, 1, 1), ("b", 1, 1, 1), ("c", 1, 1, 1),
    ]  # fmt: skip
    assert moves(before, after) == [("a", "n", 1), ("–", "n", 1)]


def test_what_a_new_code_reaches() -> None:
    before, after = tagged("a", "a b", "", "c"), tagged("n", "n b", "n", "c b")
    found = reach("n", before, after)
    assert (found.rows, found.without) == (3, 1)
    assert found.taken_from == (("a", 2),)
    assert [(each.code, each.rows, round(each.share, 2)) for each in found.overlaps] == [("b", 1, 0.25)]
    assert [(at, round(score, 2)) for at, score in found.examples] == [(0, 0.9), (1, 0.8), (2, 0.7)]
