"""How much personal data the masker finds, and what it takes for personal by mistake, on texts made up by a fixed seed.

    python -m tests.benchmarks.masking
    python -m tests.benchmarks.masking --seed 7 --cases 1000 --missed   # another draw, and what was missed in it

Numbers carry valid check digits where their kind has any, are written in every way that people write them and stand in
colloquial sentences, glued to letters and marks. A case is a hit where the whole of what was planted gave way to its
placeholder and the sentence around it came through letter for letter. Nothing here knows how the masker works.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.benchmarks import harmless, personal, sentences, spoken
from tests.benchmarks.personal import Random
from voc.conversations.masking import mask_turns
from voc.records import Turn
from voc.text.mask import PLACEHOLDERS, Kind, mask_personal_data

SEED: Final = 1404
CASES: Final = 300  # of each kind: one miss more or less moves a share by 0.3 %
GLUED: Final = 0.15  # of the numbers and addresses stand without a space between the words

# Marks that a hit may leave behind; everything else of what was planted must be gone.
_LEFT_OVER: Final = " \u00a0\u200c\u200e\u200f\u202a\u202c+()-_/.:،"


@dataclass(frozen=True, slots=True)
class Case:
    """`planted` between `before` and `after`; `kind` is None where nothing may be masked."""

    group: str
    kind: Kind | None
    before: str
    planted: str
    after: str

    @property
    def text(self) -> str:
        """The whole text."""
        return self.before + self.planted + self.after


@dataclass(frozen=True, slots=True)
class Share:
    """Of `n` cases of a group, how many went wrong: missed, or masked by mistake; and their texts, all made up here."""

    group: str
    n: int
    wrong: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share that went wrong."""
        return len(self.wrong) / self.n


def positives(seed: int = SEED, count: int = CASES) -> Iterator[Case]:
    """`count` cases of each kind that must be masked, names apart."""
    for group, (kind, make, frames) in _PERSONAL.items():
        chance = random.Random(f"{seed} {group}")  # noqa: S311
        for _ in range(count):
            before, after = _frame(chance, frames)
            if chance.random() < GLUED:
                before = before.rstrip(" ")
                after = after if kind == "url" else after.lstrip(" ")  # a path may go on in Persian letters
            yield Case(group, kind, before, make(chance), after)


def negatives(seed: int = SEED, count: int = CASES) -> Iterator[Case]:
    """`count` cases of each kind of number or word that must stay."""
    for group, make in _HARMLESS.items():
        chance = random.Random(f"{seed} {group}")  # noqa: S311
        for _ in range(count):
            before, after = _frame(chance, sentences.PLAIN)
            yield Case(group, None, before, make(chance), after)


def said(seed: int = SEED, count: int = CASES) -> Iterator[Case]:
    """`count` cases of each kind that must be masked though it is said in words."""
    for group, (kind, make, frames) in _SAID.items():
        chance = random.Random(f"{seed} said {group}")  # noqa: S311
        for _ in range(count):
            before, after = _frame(chance, tuple(frame for frame in frames if not _GLUES.search(frame)))
            yield Case(f"said: {group}", kind, before, make(chance), after)


def said_harmlessly(seed: int = SEED, count: int = CASES) -> Iterator[Case]:
    """`count` cases of each kind of number in words that must stay."""
    for group, make in _SAID_HARMLESSLY.items():
        chance = random.Random(f"{seed} said {group}")  # noqa: S311
        for _ in range(count):
            before, after = _frame(chance, tuple(frame for frame in sentences.PLAIN if not _GLUES.search(frame)))
            yield Case(f"said: {group}", None, before, make(chance), after)


def measure_turns(seed: int = SEED, count: int = CASES) -> tuple[Share, Share]:
    """Of numbers said in parts over several turns, and of turns without any: the share that went wrong."""
    chance = random.Random(f"{seed} turns")  # noqa: S311
    wrong: tuple[list[str], list[str]] = ([], [])
    for _ in range(count):
        kind, parts = spoken.split(chance)
        for number, said in enumerate((parts, spoken.split_harmlessly(chance))):
            turns = tuple(Turn(speaker, text) for speaker, text, _ in said)
            masked = [turn.text.strip(_LEFT_OVER) for turn in mask_turns(turns, mask_personal_data)]
            expected = [PLACEHOLDERS[kind] if is_part else text.strip(_LEFT_OVER) for _, text, is_part in said]
            if masked != expected:
                wrong[number].append(" / ".join(turn.text for turn in turns))
    return Share("split over turns", count, tuple(wrong[0])), Share("order number over turns", count, tuple(wrong[1]))


def names(seed: int = SEED, count: int = CASES) -> Iterator[Case]:
    """`count` texts with a name, in every way that one is said, and as many whose titles and greetings name nobody."""
    chance = random.Random(f"{seed} names")  # noqa: S311
    for _ in range(count):
        before, after = _frame(chance, sentences.NAMED)
        yield Case("name", "name", before, personal.name(chance, before), after)
    for _ in range(count):
        yield Case("no name", None, "", chance.choice(sentences.NAMELESS).replace("{}", chance.choice(sentences.ROLES)), "")


def measure(cases: Iterator[Case], *, names: bool = False) -> list[Share]:
    """The share of each group that went wrong."""
    groups: dict[str, list[tuple[Case, bool]]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append((case, is_right(case, names=names)))
    return [Share(group, len(tried), tuple(case.text for case, right in tried if not right)) for group, tried in groups.items()]


def is_right(case: Case, *, names: bool = False) -> bool:
    """Whether the planted was masked whole and nothing else, or, where nothing was, whether nothing was masked."""
    masked = mask_personal_data(case.text, names=names)
    if case.kind is None:
        return not masked.found
    text, before, after = masked.text, case.before, case.after
    if [found.kind for found in masked.found] != [case.kind] or not (text.startswith(before) and text.endswith(after)):
        return False
    return text[len(before) : len(text) - len(after)].replace(PLACEHOLDERS[case.kind], "").strip(_LEFT_OVER) == ""


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--cases", type=int, default=CASES, help="of each kind")
    parser.add_argument("--missed", action="store_true", help="print the texts that went wrong")
    given = parser.parse_args()
    found = measure(chain(positives(given.seed, given.cases), said(given.seed, given.cases)))
    left = measure(chain(negatives(given.seed, given.cases), said_harmlessly(given.seed, given.cases)))
    named, nameless = measure(names(given.seed, given.cases), names=True)
    split, unsplit = measure_turns(given.seed, given.cases)
    _print("personal data", "recall", [*found, split, named], right=True)
    _print("harmless", "false alarms", [*left, unsplit, nameless], right=False)
    if given.missed:
        for share in (*found, split, named, *left, unsplit, nameless):
            Console().print(*(f"{share.group}: {text!r}" for text in share.wrong), sep="\n", markup=False)


def _print(title: str, column: str, shares: list[Share], *, right: bool) -> None:
    table = Table(title, "cases", column)
    for share in shares:
        table.add_row(share.group, f"{share.n:,}", f"{1 - share.share if right else share.share:.4f}")
    Console().print(table)


def _frame(chance: Random, frames: tuple[str, ...]) -> tuple[str, str]:
    before, _, after = chance.choice(frames).partition("{}")
    return before, after


_PERSONAL: Final[dict[str, tuple[Kind, Callable[[Random], str], tuple[str, ...]]]] = {
    "mobile": ("phone", personal.mobile, sentences.CALL),
    "landline": ("phone", personal.landline, sentences.CALL),
    "card": ("card", personal.card, sentences.PAY),
    "IBAN with IR": ("iban", personal.iban, (*sentences.PLAIN, *sentences.SHEBA)),
    "IBAN beside «شبا»": ("iban", personal.bare_iban, sentences.SHEBA),
    "national id": ("national_id", personal.national_id, sentences.ID),
    "national id, named": ("national_id", personal.named_national_id, sentences.NAMED_ID),
    "postal code, named": ("postal_code", personal.postal_code, sentences.POST),
    "plate": ("plate", personal.plate, sentences.CAR),
    "e-mail": ("email", personal.email, sentences.MAIL),
    "link": ("url", personal.link, sentences.WEB),
    "link to a page": ("url", personal.social_link, sentences.WEB),
    "handle": ("handle", personal.handle, sentences.WEB),
}
_HARMLESS: Final[dict[str, Callable[[Random], str]]] = {
    "price": harmless.price,
    "date": harmless.date,
    "time": harmless.time,
    "order number": harmless.order_number,
    "quantity or size": harmless.quantity,
    "model or version": harmless.model,
    "share or score": harmless.share_or_score,
    "year": harmless.year,
    "short number": harmless.short_number,
    "card that fails Luhn": harmless.card_that_is_none,
    "id that fails its check": harmless.id_that_is_none,
    "IBAN that fails mod 97": harmless.iban_that_is_none,
    "house, or near a plate": harmless.house,
    "Latin words": harmless.latin_words,
}

_SAID: Final[dict[str, tuple[Kind, Callable[[Random], str], tuple[str, ...]]]] = {
    "mobile": ("phone", spoken.mobile, sentences.CALL),
    "mobile without its zero": ("phone", spoken.bare_mobile, sentences.CALL),
    "landline": ("phone", spoken.landline, sentences.CALL),
    "card": ("card", spoken.card, sentences.PAY),
    "IBAN behind «آی آر»": ("iban", spoken.iban, (*sentences.PLAIN, *sentences.SHEBA)),
    "IBAN beside «شبا»": ("iban", spoken.bare_iban, sentences.SHEBA),
    "national id, named": ("national_id", spoken.national_id, sentences.NAMED_ID),
    "national id, singly": ("national_id", spoken.bare_national_id, sentences.ID),
    "postal code, named": ("postal_code", spoken.postal_code, sentences.POST),
    "plate": ("plate", spoken.plate, sentences.CAR),
}
_SAID_HARMLESSLY: Final[dict[str, Callable[[Random], str]]] = {
    "price": spoken.price,
    "time or day": spoken.time,
    "count or size": spoken.count,
    "order number": spoken.order_number,
    "address": spoken.address,
    "number that fails its check": spoken.number_that_is_none,
    "price or count": lambda chance: f"{spoken.price(chance)} شد {spoken.count(chance)}",
}
_GLUES: Final = re.compile(r"[^\W_]{}|{}[^\W_]")  # words are not glued to words

if __name__ == "__main__":
    main()
