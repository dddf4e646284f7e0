"""What the texts that a model learnt from look like, in a small file of its folder, and how far other texts are from it.

The file has no text: it counts the most frequent word pieces by their numbers in the model's own tokenizer. Two sets of texts
are as far apart as the Jensen–Shannon divergence of their pieces is (Lin 1991, IEEE Trans. Inf. Theory 37:145), in bits: 0 for
the same, 1 for nothing in common. Even texts of one kind are not at 0, for a sample is small; how far they are is in the file,
too.
"""

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.tagging.identity import find_model

FINGERPRINT_FILE: Final = "fingerprint.json"
FAMILIAR: Final = 5_000
"""Pieces that training texts have often; some 19 of 20 that customers write are among them."""
COMPARED: Final = 1_000
"""The most frequent, on which texts are compared; all others count as one. More would be mostly noise in 500 texts."""
SAMPLE: Final = 500

Counts = NDArray[np.int64]
Split = Callable[[Sequence[str]], list[list[int]]]
"""From texts to the numbers of their pieces."""

_LETTERS: Final = str.maketrans("0123456789يك", "۰۱۲۳۴۵۶۷۸۹یک")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of `texts` training texts: `pieces` by number, the most frequent first, with their `counts`, and how many `others` are.

    `unknown` is the share of pieces that stand for letters which the tokenizer does not know, `median_chars` half of the texts
    are shorter than, `scripts` the share of each. `usual` is the divergence from all that 19 of 20 samples of these very texts
    stay below, which have `usual_pieces` pieces; `domains` is the same for samples of each kind of text among them.
    """

    texts: int
    pieces: tuple[int, ...]
    counts: tuple[int, ...]
    others: int
    unknown: float
    median_chars: float
    scripts: Mapping[str, float]
    usual: float
    usual_pieces: int
    domains: Mapping[str, float]

    @property
    def compared(self) -> Counts:
        """The counts that are compared with those of `Tally.compared`."""
        counts = np.zeros(COMPARED + 1, dtype=np.int64)
        counts[: len(self.counts[:COMPARED])] = self.counts[:COMPARED]
        counts[COMPARED] = sum(self.counts[COMPARED:]) + self.others
        return counts

    def farthest(self, pieces: int) -> float:
        """How far a sample with so many pieces of the farthest kind of text that the model learnt from is from all, at most."""
        return max(self.domains.values(), default=self.usual) + max(0.0, self.noise(pieces) - self.usual)

    def noise(self, pieces: int) -> float:
        """The divergence that a sample with so many pieces has by chance alone, at most: it falls as pieces grow."""
        return self.usual * self.usual_pieces / pieces if pieces else 1.0


@dataclass(frozen=True, slots=True)
class Tally:
    """The pieces of some texts: how many there are, how many of them are unknown or unfamiliar, and the counts to compare."""

    pieces: int
    unknown: int
    unfamiliar: int
    compared: Counts

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.pieces + other.pieces,
            self.unknown + other.unknown,
            self.unfamiliar + other.unfamiliar,
            self.compared + other.compared,
        )


class Counter:
    """Counts pieces as a fingerprint does."""

    def __init__(self, pieces: Sequence[int], split: Split, unknown: int) -> None:
        self._split, self._unknown = split, unknown
        self._place = np.full(max([unknown, *pieces]) + 2, COMPARED, dtype=np.int64)
        self._place[list(pieces[:COMPARED])] = range(len(pieces[:COMPARED]))
        self._known = np.zeros(len(self._place), dtype=bool)
        self._known[list(pieces)] = True

    def count(self, texts: Sequence[str]) -> Tally:
        """The tally of texts."""
        found = [piece for pieces in self._split(texts) for piece in pieces]
        ids = np.minimum(np.array(found, dtype=np.int64), len(self._place) - 1)  # the last is of no piece
        return Tally(
            len(ids),
            int((ids == self._unknown).sum()),
            int((~self._known[ids]).sum()),
            np.bincount(self._place[ids], minlength=COMPARED + 1),
        )


def read_fingerprint(model: str = "") -> Fingerprint | None:
    """The fingerprint of a model; None where its folder has none."""
    path = find_model(model) / FINGERPRINT_FILE
    if not path.exists():
        return None
    stored = json.loads(path.read_text("utf-8"))
    return Fingerprint(**stored | {"pieces": tuple(stored["pieces"]), "counts": tuple(stored["counts"])})


def write_fingerprint(fingerprint: Fingerprint, folder: Path) -> None:
    """Put it into a model's folder."""
    written = json.dumps(asdict(fingerprint), ensure_ascii=False, separators=(",", ":"))
    (folder / FINGERPRINT_FILE).write_text(written + "\n", "utf-8")


def load_split(model: str = "") -> tuple[Split, int]:
    """What splits texts into a model's pieces, without loading it, and the number of the piece that stands for the unknown."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(find_model(model) / "tokenizer.json"))

    def split(texts: Sequence[str]) -> list[list[int]]:
        encoded = tokenizer.encode_batch([as_compared(text) for text in texts], add_special_tokens=False)
        return [each.ids for each in encoded]

    return split, tokenizer.token_to_id("[UNK]") or 0


def as_compared(text: str) -> str:
    """`text` with one form of letters and digits: quicker than what the model reads, and the same on both sides.

    >>> as_compared("كيفيت 20")
    'کیفیت ۲۰'
    """
    return unicodedata.normalize("NFKC", text).translate(_LETTERS)


def divergence(one: Counts, other: Counts) -> float:
    """The Jensen–Shannon divergence of two sets of counts, in bits, from 0 to 1; 0 where either has nothing.

    >>> divergence(np.array([1, 1]), np.array([2, 2])), divergence(np.array([3, 0]), np.array([0, 5]))
    (0.0, 1.0)
    """
    if not one.sum() or not other.sum():
        return 0.0
    first, second = one / one.sum(), other / other.sum()
    middle = (first + second) / 2
    return float(_surprise(first, middle) + _surprise(second, middle)) / 2


def _surprise(shares: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """The Kullback–Leibler divergence, in bits."""
    there = shares > 0
    return float((shares[there] * np.log2(shares[there] / expected[there])).sum())
