"""How far a draft's new reasons can be trusted, from what cross-validation says of its own examples.

The texts that a draft's author wrote resemble each other more than they do what customers write: on texts of another writer the
figures are up to 0.2 lower (`python -m models.packs`, docs/own-taxonomy.md), and the sentences say so.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from voc.drafts.examples import NO_FOLD, Examples
from voc.drafts.learn import Learnt
from voc.drafts.plan import Plan
from voc.kpis.intervals import share
from voc.kpis.kpi import Estimate
from voc.report_card.figures import f1_of

LEAST_F1: Final = 0.5  # below it more is wrong than right
GOOD_F1: Final = 0.7
GOOD_HITS: Final = 24


@dataclass(frozen=True, slots=True)
class Judgement:
    """A new reason, judged on texts that it was not learnt from.

    `hits` are its own and `missed` those of them that were not found; `near_misses` are its near misses and `taken` those that
    were given it all the same; `strangers` are texts of other codes that were given it, the surest first.
    """

    code: str
    hits: int
    near_misses: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    missed: tuple[str, ...]
    taken: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether it may be published without being asked twice."""
        return self.f1.value is not None and self.f1.value >= LEAST_F1

    @property
    def verdict(self) -> str:
        """One plain sentence: can it be trusted, and what would help."""
        f1 = self.f1.value or 0.0
        trust = (
            "usable for trends if the rows that it finds read right; unless its hits are customers' texts, expect 0.2 less"
            if f1 >= GOOD_F1
            else "for a first look only: on customers' texts half of it may be wrong"
            if f1 >= LEAST_F1
            else "not to be trusted yet"
        )
        return f"{trust}. {self._advice()}"

    def _advice(self) -> str:
        """What would help: other near misses where it takes too much, other hits where it finds too little."""
        if len(self.taken) + len(self.strangers) > len(self.missed):
            if len(self.strangers) >= len(self.taken):
                return "It takes texts of other codes: make those that belong to it hits, and the others near misses."
            return "It takes its near misses: add hits that say in other words what sets it apart from them."
        more = f"More hits, some {GOOD_HITS} in all," if self.hits < GOOD_HITS else "More hits"
        return f"{more} would help, in customers' own words, first of the kind that is missed."


def judge(plan: Plan, examples: Examples, learnt: Learnt) -> list[Judgement]:
    """Each of the plan's new reasons, in order."""
    return [_judge(plan, examples, learnt, column) for column in range(len(plan.new))]


def _judge(plan: Plan, examples: Examples, learnt: Learnt, column: int) -> Judgement:
    said = (examples.folds != NO_FOLD) & (examples.weights[:, column] > 0)
    has, given = examples.has[:, column], learnt.given[:, column]
    found, missed, wrong = said & has & given, said & has & ~given, said & ~has & given
    near = {miss.text for miss in plan.new[column].near_misses}
    surest = [int(at) for at in np.argsort(-learnt.held_out[:, column], kind="stable")]
    mistaken = [examples.texts[at] for at in surest if wrong[at]]
    both, of_given, of_true = (int(each.sum()) for each in (found, found | wrong, found | missed))
    return Judgement(
        code=plan.new[column].code,
        hits=of_true,
        near_misses=len(near),
        precision=share(both, of_given),
        recall=share(both, of_true),
        f1=f1_of(both, of_given, of_true),
        missed=tuple(examples.texts[at] for at in np.flatnonzero(missed)),
        taken=tuple(text for text in mistaken if text in near),
        strangers=tuple(text for text in mistaken if text not in near),
    )
