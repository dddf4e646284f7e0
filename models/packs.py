"""What the packs of `data/packs` are worth, and what more examples buy, as the tables of docs/own-taxonomy.md.

    python -m models.packs

Cross-validated on the packs' own examples and, for two packs, on texts of our own by another writer. Those (`held_out.jsonl`)
the packs' author read once, long ones by their beginning, for every code but `insurance.motor`, and before the last hits
were written. What was read of them is not learnt from; they stand beside as the rows that are to be tagged.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from voc.drafts import Plan, plan_of, read_draft
from voc.drafts.examples import examples_of
from voc.drafts.features import labels_of
from voc.drafts.judgement import judge
from voc.drafts.learn import Learnt, learn
from voc.kpis.kpi import Estimate
from voc.report_card.figures import Bools, f1_of
from voc.tagging.identity import find_model
from voc.tagging.own import word_shares
from voc.tagging.tagger import TransformerTagger
from voc.taxonomy import shipped_taxonomy

PACKS: Final = Path("data/packs")
OWN_TEXTS: Final = (Path("data/labels/train_own.jsonl"), Path("data/labels/test_own.jsonl"))
HELD_OUT_OF: Final = ("banking", "insurance")
UNREAD: Final = ("insurance.motor",)
COUNTS: Final = (8, 16, 32)
DRAWS: Final = 3
CURVE_OF: Final = "insurance.claim"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Texts that were read for a pack's codes, and the codes of each."""

    texts: list[str]
    codes: list[set[str]]


def main() -> None:
    """Print all tables."""
    tagger = TransformerTagger(find_model())
    tagger.tag(["سلام"])
    print("| reason | hits | cross-validated F1 | F1 on texts of another writer | were all given it |\n|---|--:|--:|--:|--:|")
    for path in sorted(PACKS.glob("*.toml")):
        for line in _pack_lines(plan_of(read_draft(path), shipped_taxonomy()), tagger):
            print(line)
    print("\n| hits of each reason | cross-validated F1 | F1 on texts of another writer |\n|--:|--:|--:|")
    for line in _curve_of_packs(tagger):
        print(line)
    print(f"\n| hits of `{CURVE_OF}`, of the other writer | F1 on the rest of all trades | were all given it |\n|--:|--:|--:|")
    for line in _curve_of_rows(tagger):
        print(line)


def read_held_out(pack: str) -> HeldOut:
    """The texts that were read for a pack."""
    texts = {record["id"]: record["text"] for path in OWN_TEXTS for record in _records(path)}
    read = [record for record in _records(PACKS / "held_out.jsonl") if record["pack"] == pack]
    return HeldOut([texts[record["id"]] for record in read], [set(record["reasons"]) for record in read])


def found_in(learnt: Learnt, texts: Sequence[str], tagger: TransformerTagger) -> Bools:
    """Which of the learnt reasons each text is given [N, C]."""
    normalised, rarity = [tagger.normalise(text) for text in texts], torch.from_numpy(learnt.rarity)
    words = np.stack(
        [
            word_shares(torch.tensor([ids]), torch.ones(1, len(ids)), rarity)[0].numpy() @ learnt.pieces[ids]
            for ids in tagger.pieces(normalised)
        ]
    )
    labels = np.stack([reading.found for reading in tagger.read(normalised)])
    given: Bools = words + labels_of(labels) @ learnt.found.T + learnt.bias >= 0
    return given


def _pack_lines(plan: Plan, tagger: TransformerTagger) -> Iterator[str]:
    pack = plan.new[0].code.partition(".")[0]
    began = time.perf_counter()
    examples = examples_of(plan)
    learnt = learn(plan, examples, tagger, read_held_out(pack).texts)
    seconds = time.perf_counter() - began
    outside = _on_held_out(plan, learnt, tagger) if pack in HELD_OUT_OF else {}
    for each in judge(plan, examples, learnt):
        yield f"| `{each.code}` | {each.hits} | {_shown(each.f1)} | {_shown(outside.get(each.code))} | {_of_all(each.code)} |"
    inside = _inside(learnt, examples.has, examples.folds >= 0)
    yield f"| **{pack}**, learnt in {seconds:.0f} s | | {_shown(inside)} | {_shown(outside.get(''))} | |"


def _on_held_out(plan: Plan, learnt: Learnt, tagger: TransformerTagger) -> dict[str, Estimate]:
    """F1 by code, and that of all together under the empty code."""
    held_out = read_held_out(plan.new[0].code.partition(".")[0])
    read = [(at, code.code) for at, code in enumerate(plan.new) if code.code not in UNREAD]
    given = found_in(learnt, held_out.texts, tagger)[:, [at for at, _ in read]]
    has = np.array([[code in codes for _, code in read] for codes in held_out.codes])
    return {code: _figure(given[:, at], has[:, at]) for at, (_, code) in enumerate(read)} | {"": _figure(given, has)}


def _of_all(code: str) -> str:
    """The F1 of giving the code to every text that was read for its pack: what a figure is to be measured by."""
    pack = code.partition(".")[0]
    if pack not in HELD_OUT_OF or code in UNREAD:
        return "–"
    codes = read_held_out(pack).codes
    has = sum(code in each for each in codes)
    return f"{f1_of(has, len(codes), has).value or 0:.2f}"


def _inside(learnt: Learnt, has: Bools, said: Bools) -> Estimate:
    return _figure(learnt.given[said], has[said])


def _curve_of_packs(tagger: TransformerTagger) -> Iterator[str]:
    """Both figures with so many hits of each reason, drawn a few times; where a reason has fewer, all of them."""
    wholes = [plan_of(read_draft(PACKS / f"{pack}.toml"), shipped_taxonomy()) for pack in HELD_OUT_OF]
    for count in COUNTS:
        inside, outside = [], []
        for whole, draw in ((whole, draw) for whole in wholes for draw in range(DRAWS)):
            plan = replace(whole, new=tuple(replace(code, hits=_drawn(code.hits, count, draw)) for code in whole.new))
            examples = examples_of(plan)
            learnt = learn(plan, examples, tagger, read_held_out(plan.new[0].code.partition(".")[0]).texts)
            inside.append(_inside(learnt, examples.has, examples.folds >= 0).value or 0.0)
            outside.append(_on_held_out(plan, learnt, tagger)[""].value or 0.0)
        yield f"| {count} | {np.mean(inside):.2f} | {np.mean(outside):.2f} |"


def _curve_of_rows(tagger: TransformerTagger) -> Iterator[str]:
    """A reason whose hits are texts of the other writer; all counts are measured on what the largest of them leaves over.

    Texts of other trades were not read for it and count as without it: within its own trade it is so common that giving it to
    every text would score well.
    """
    whole = plan_of(read_draft(PACKS / "insurance.toml"), shipped_taxonomy())
    (code,) = (each for each in whole.new if each.code == CURVE_OF)
    held_out, everything = read_held_out("insurance"), [record["text"] for path in OWN_TEXTS for record in _records(path)]
    own = {text for text, codes in zip(held_out.texts, held_out.codes, strict=True) if CURVE_OF in codes}
    for count in COUNTS:
        figures, of_all = [], []
        for draw in range(DRAWS):
            plan = replace(whole, new=(replace(code, hits=_drawn(sorted(own), count, draw), near_misses=()),))
            left = [text for text in everything if text not in _drawn(sorted(own), max(COUNTS), draw)]
            learnt = learn(plan, examples_of(plan), tagger, left)
            has = np.array([text in own for text in left])
            figures.append(_figure(found_in(learnt, left, tagger)[:, 0], has).value or 0.0)
            of_all.append(_figure(np.ones_like(has), has).value or 0.0)
        yield f"| {count} | {np.mean(figures):.2f} | {np.mean(of_all):.2f} |"


def _drawn(texts: Sequence[str], count: int, draw: int) -> tuple[str, ...]:
    order = np.random.default_rng(draw).permutation(len(texts))
    return tuple(texts[at] for at in order[:count])


def _figure(given: Bools, has: Bools) -> Estimate:
    return f1_of(int((given & has).sum()), int(given.sum()), int(has.sum()))


def _shown(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return "–"
    return f"{estimate.value:.2f} ({estimate.ci_low or 0:.2f}…{estimate.ci_high or 0:.2f})"


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
