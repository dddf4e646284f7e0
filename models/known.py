"""What a tagger says already, as examples to learn beside corrections, so that it goes on saying it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from models.batch import Targets, targets_of
from models.course import LONGEST_TOKENS
from models.examples import Example, Floats, Labels, from_taxonomy, labels_folder, read_labelled
from models.noise import Noise, spoiled
from voc.report_card.figures import Bools
from voc.tagging.identity import Thresholds
from voc.tagging.network import TaggerNetwork
from voc.tagging.reading import FOUND, Reading, read_texts
from voc.taxonomy import load_taxonomy

CONVERSATIONS_ONE_IN: Final = 8  # of the pieces of our conversations
NOISY: Final = 0.3
WORDS_LEFT_OUT: Final = 0.3  # of half of the readings of corrected texts: no single word is to carry what is learnt
VERDICTS: Final = ("sentiment", "polarity", "resolution")


@dataclass(frozen=True, slots=True)
class Overruled:
    """Where people said something else than a tagger: places of labels that are found, and heads that judge."""

    found: tuple[int, ...]
    judges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch of examples with a tagger's answers, its tokens encoded in half precision, and which of them labels look at."""

    batch: list[Example]
    hidden: Tensor
    speaks: Tensor
    targets: Targets


class Teacher:
    """A tagger's network, and what it says of texts."""

    def __init__(self, network: TaggerNetwork, tokenizer: PreTrainedTokenizerFast, labels: Labels) -> None:
        self._network, self._tokenizer, self.labels = network, tokenizer, labels
        self._thresholds = Thresholds(network.config.thresholds or {}, network.config.conversation_thresholds or {})

    @torch.no_grad()
    def answer(self, batch: Sequence[Example], kept: float) -> Encoded:
        """The examples with what the tagger says wherever nobody said anything, read as they will be learnt: by one window.

        Those of which nobody said anything at all weigh `kept`, the others 1.
        """
        noise = Noise(self._tokenizer, np.random.default_rng())
        ids, mask, context, ranges = noise.encode(batch, LONGEST_TOKENS, steady=True)
        hidden, speaks = self._network.encode(ids, mask, context if context.any() else None), mask * (1 - context)
        output = self._network.judge(hidden, speaks)
        sentiment, polarity, resolution = (getattr(output, name).softmax(-1).numpy() for name in VERDICTS)
        found = torch.cat([getattr(output, head) for head in FOUND], dim=1).sigmoid().numpy()
        rows = zip(batch, sentiment, found, polarity, resolution, strict=True)
        answered = [_with_answer(*row, kept) for row in rows]
        return Encoded(answered, hidden.half(), speaks, targets_of(answered, ranges))

    def overruled(self, said: Sequence[Example]) -> Overruled:
        """The labels that people gave or took away against it, and the heads whose verdict they changed."""
        found, judges = np.zeros(len(self.labels.found), dtype=bool), set[str]()
        for example, reading in zip(said, self.read(said), strict=True):
            found |= (self.gives(example, reading) != (example.found > 0)) & (example.found_weights > 0)
            judges |= set(self._misjudged(example, reading))
        return Overruled(tuple(map(int, np.flatnonzero(found))), tuple(sorted(judges)))

    def gives(self, example: Example, reading: Reading) -> Bools:
        """Which labels it gives [R + E + L + M]."""
        return reading.found >= [self._least(example, code) for code in self.labels.found]

    def read(self, examples: Sequence[Example]) -> list[Reading]:
        """What the network says of texts and, where they have context, of conversations; in their order."""
        texts, spoken = ([at for at, each in enumerate(examples) if bool(each.context) == side] for side in (False, True))
        contexts = [examples[at].context for at in spoken]
        read = read_texts(self._network, self._tokenizer, [examples[at].text for at in texts])
        read += read_texts(self._network, self._tokenizer, [examples[at].text for at in spoken], contexts) if spoken else []
        return [reading for _, reading in sorted(zip(texts + spoken, read, strict=True), key=lambda pair: pair[0])]

    def _least(self, example: Example, label: str) -> float:
        return self._thresholds.of_conversation(label) if example.context else self._thresholds.of_text(label)

    def _misjudged(self, example: Example, reading: Reading) -> Iterator[str]:
        if example.sentiment_weight and example.sentiment.argmax() != reading.sentiment.argmax():
            yield "sentiment"
        judged = example.polarity.any(1)
        if (example.polarity.argmax(1) != reading.polarity.argmax(1))[judged].any():
            yield "polarity"
        settled = reading.resolution[1:].sum() >= self._least(example, "resolution")
        if example.resolution_weight and example.resolution.argmax() != settled * (1 + reading.resolution[1:].argmax()):
            yield "resolution"


def own_texts(labels: Labels) -> list[Example]:
    """Texts of our own and of the taxonomy, and a part of our conversations, whole and in pieces.

    Of none is anything said: `found` is what their readers found or did not speak of, and weighs nothing.
    """
    own, spoken = (read_labelled(labels_folder() / f"train_{name}.jsonl", {}, labels) for name in ("own", "conversations"))
    known = own + from_taxonomy(load_taxonomy(), labels) + spoken[::CONVERSATIONS_ONE_IN]
    return [
        replace(labels.blank(each.text), found=np.where(each.found_weights > 0, each.found, 1.0), context=each.context)
        for each in known
    ]


def draw(examples: Sequence[Example], count: int, random: np.random.Generator) -> list[Example]:
    """So many of the examples: each once before any comes again."""
    times = -(-count // len(examples)) if examples else 0
    order = [at for _ in range(times) for at in random.permutation(len(examples))]
    return [examples[at] for at in order[:count]]


def nearest(examples: Sequence[Example], said: Sequence[Example], count: int) -> list[Example]:
    """So many of the examples, or all: those that share most with one of what was said, a word the more the rarer it is."""
    words = [frozenset(each.text.split()) for each in examples]
    seen = Counter(word for each in words for word in each)
    worth = {word: math.log(len(words) / times) ** 2 for word, times in seen.items()}

    def length(text: frozenset[str]) -> float:
        return math.sqrt(sum(worth.get(word, 0.0) for word in text)) or 1.0

    corrected = [(text, length(text)) for text in {frozenset(each.text.split()) for each in said}]
    likeness = [
        max(sum(worth[word] for word in text & other) / its_length for other, its_length in corrected) / length(text)
        for text in words
    ]
    return [examples[at] for at in np.argsort(likeness, kind="stable")[::-1][:count]]


def typed(examples: Sequence[Example], random: np.random.Generator) -> list[Example]:
    """The examples as people type, a part of them with slips."""
    return [spoiled(each, random) if random.random() < NOISY else each for each in examples]


def left_out(example: Example, random: np.random.Generator) -> Example:
    """The example, every second time without some of its words. A conversation stays whole."""
    if example.context or random.random() < 0.5:
        return example
    words = example.text.split(" ")
    kept = [word for word in words if random.random() >= WORDS_LEFT_OUT]
    return replace(example, text=" ".join(kept or words))


def _with_answer(
    example: Example, sentiment: Floats, found: Floats, polarity: Floats, resolution: Floats, kept: float
) -> Example:
    """The example with an answer in place of what nobody said."""
    said, of_reasons = example.found_weights > 0, slice(len(polarity))
    weight = 1.0 if said.any() or example.sentiment_weight or example.resolution_weight else kept
    return replace(
        example,
        sentiment=example.sentiment if example.sentiment_weight else sentiment,
        found=np.where(said, example.found, found),
        polarity=weight * np.where(said[of_reasons, None], example.polarity, polarity * found[of_reasons, None]),
        resolution=example.resolution if example.resolution_weight else resolution,
        sentiment_weight=weight,
        resolution_weight=weight,
        found_weights=np.full_like(found, weight),
    )
